"""The sentence encoder all-MiniLM-L6-v2, run by numpy alone: no torch, no compiled tokeniser.

Six layers of BERT, 384 wide, 12 heads; the mean of the last layer over the text's pieces, at length 1. The weights
are read where they lie, mapped into memory: of the 47 MB of word vectors only the pages of words in use are loaded.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hausmeister.answers.encoder.wordpiece import WordPiece

Floats = NDArray[np.float32]
_HEADS, _LAYERS, _EPSILON = 12, 6, 1e-12
# longer texts are cut: attention costs the square of the length, and what a text is about stands in its beginning
MOST_PIECES = 128
# pieces that one pass takes together
_BATCH_PIECES = 2048


def read_safetensors(path: Path) -> dict[str, Floats]:
    """Return the tensors of a safetensors file, mapped from the disk.

    Source: the format's description: 8 bytes of length, little endian, a JSON header, the arrays.
    Raises ValueError when a tensor is of another type than 32-bit floats.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    tensors: dict[str, Floats] = {}
    for name, told in header.items():
        if name == "__metadata__":
            continue
        if told["dtype"] not in {"F32", "I64"}:
            raise ValueError(f"{path.name} holds {name} as {told['dtype']}; 32-bit floats (F32) are read.")
        if told["dtype"] == "F32":
            start = 8 + length + told["data_offsets"][0]
            tensors[name] = np.memmap(path, dtype="<f4", mode="r", offset=start, shape=tuple(told["shape"]))
    return tensors


class MiniLM:
    """Turns texts into vectors: two texts that mean alike have a large inner product, at most 1."""

    dimensions = 384

    def __init__(self, folder: Path, *, name: str) -> None:
        self.name = name
        lines = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
        self._pieces = WordPiece([line.rstrip("\r") for line in lines if line])
        self._weights: dict[str, Any] = read_safetensors(folder / "model.safetensors")

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return one row of 384 numbers, of length 1, for each text."""
        pieces = [self._pieces.ids(text, most=MOST_PIECES) for text in texts]
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        # texts of like length go together: little is computed for padding
        order = sorted(range(len(texts)), key=lambda number: len(pieces[number]))
        while order:
            longest = len(pieces[order[-1]])
            batch = order[-max(1, _BATCH_PIECES // longest) :]
            del order[-len(batch) :]
            rows[batch] = self._pooled([pieces[number] for number in batch])
        return rows

    def _pooled(self, batch: list[list[int]]) -> Floats:
        longest = max(len(ids) for ids in batch)
        ids = np.zeros((len(batch), longest), dtype=np.int64)
        mask = np.zeros((len(batch), longest), dtype=np.float32)
        for row, numbers in enumerate(batch):
            ids[row, : len(numbers)] = numbers
            mask[row, : len(numbers)] = 1
        hidden = self._embedded(ids)
        away = ((1 - mask) * -1e9)[:, None, None, :]
        for layer in range(_LAYERS):
            hidden = self._layer(hidden, away, f"encoder.layer.{layer}.")
        summed: Floats = (hidden * mask[:, :, None]).sum(axis=1)
        unit: Floats = summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-9)
        return unit

    def _embedded(self, ids: NDArray[np.int64]) -> Floats:
        table = "embeddings."
        summed = (
            self._weights[table + "word_embeddings.weight"][ids]
            + self._weights[table + "position_embeddings.weight"][None, : ids.shape[1]]
            + self._weights[table + "token_type_embeddings.weight"][0]
        )
        return self._normed(summed, table + "LayerNorm")

    def _layer(self, hidden: Floats, away: Floats, name: str) -> Floats:
        attended = self._linear(
            self._attention(hidden, away, name + "attention.self."), name + "attention.output.dense"
        )
        hidden = self._normed(hidden + attended, name + "attention.output.LayerNorm")
        inner = _gelu(self._linear(hidden, name + "intermediate.dense"))
        return self._normed(hidden + self._linear(inner, name + "output.dense"), name + "output.LayerNorm")

    def _attention(self, hidden: Floats, away: Floats, name: str) -> Floats:
        texts, length, width = hidden.shape

        def heads(part: str) -> Floats:
            split = self._linear(hidden, name + part).reshape(texts, length, _HEADS, width // _HEADS)
            return split.transpose(0, 2, 1, 3)

        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) / math.sqrt(width // _HEADS) + away
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed: Floats = (scores @ heads("value")).transpose(0, 2, 1, 3).reshape(texts, length, width)
        return mixed

    def _linear(self, values: Floats, name: str) -> Floats:
        result: Floats = values @ self._weights[name + ".weight"].T + self._weights[name + ".bias"]
        return result

    def _normed(self, values: Floats, name: str) -> Floats:
        centred = values - values.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + _EPSILON)
        result: Floats = scaled * self._weights[name + ".weight"] + self._weights[name + ".bias"]
        return result


def _gelu(values: Floats) -> Floats:
    """Return x·Φ(x); Φ by the error function after Abramowitz and Stegun 7.1.26, exact to 1.5e-7."""
    scaled = np.abs(values) * np.float32(math.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * scaled)
    polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    error = np.sign(values) * (1 - polynomial * np.exp(-scaled * scaled))
    result: Floats = np.float32(0.5) * values * (1 + error)
    return result.astype(np.float32, copy=False)
