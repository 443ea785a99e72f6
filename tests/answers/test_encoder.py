"""The sentence encoder, where its package is installed."""

import numpy as np
import pytest

from hausmeister.answers import encoder
from hausmeister.answers.encoder import minilm

pytestmark = pytest.mark.counterpart("encoder")


def test_texts_that_mean_alike_are_near_and_a_batch_gives_what_each_alone_gives():
    texts = ["How do I delete a table?", "Removing a table for good", "The weather in spring", "x" * 3000, ""]
    model = encoder.best()
    together = model.encode(texts)
    assert together.shape == (5, 384)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-4)
    assert together[0] @ together[1] > together[0] @ together[2] + 0.3
    alone = np.vstack([model.encode([text])[0] for text in texts])
    assert np.allclose(together, alone, atol=1e-4)
    assert model.encode([]).shape == (0, 384)


def test_the_published_example_of_the_model_comes_out():
    # the model's own card gives these sentences; values as sentence-transformers computes them, to two digits
    model = encoder.best()
    near = model.encode(["That is a happy person", "That is a happy dog", "Today is a sunny day"])
    assert abs(near[0] @ near[1] - 0.695) < 0.01
    assert abs(near[0] @ near[2] - 0.257) < 0.01


def test_a_model_of_another_kind_is_refused(tmp_path):
    header = b'{"w": {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]}}'
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0\0")
    with pytest.raises(ValueError, match="F16"):
        minilm.read_safetensors(path)
