"""What is kept in memory of a team's passages: the bits of their vectors, read again when the shelf's marks move."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hausmeister.answers.models import Passage, Shelf

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hausmeister.answers.encoder import Encoder
    from hausmeister.answers.encoder.kept import Near


@dataclass(frozen=True)
class _Kept:
    model: str
    mark: int
    near: "Near"


_kept: dict[int, _Kept] = {}
_reading = threading.Lock()


def nearest(shelf: Shelf, model: "Encoder", vector: "NDArray[np.float32]", *, most: int) -> list[int]:
    """Return the numbers of the passages that are nearest by meaning; some may be gone by now."""
    kept = _kept.get(shelf.pk)
    if kept is None or (kept.model, kept.mark) != (model.name, shelf.vectors_changed):
        with _reading:
            kept = _kept[shelf.pk] = _read(shelf, model, _kept.get(shelf.pk))
    return kept.near.nearest(vector, most)


def _read(shelf: Shelf, model: "Encoder", before: _Kept | None) -> _Kept:
    """Return the bits of the team's passages: those since the last reading added to it, unless numbers do not agree."""
    from hausmeister.answers.encoder.kept import Near

    rows = Passage.objects.filter(team_id=shelf.team_id, encoder=model.name).order_by("id").values_list("id", "signs")
    if before is not None and before.model == model.name and len(before.near.ids):
        later = _bits(rows.filter(id__gt=int(before.near.ids[-1])))
        if len(before.near.ids) + len(later) == rows.count():
            more = Near.of(later, model.dimensions)
            return _Kept(model.name, shelf.vectors_changed, before.near.with_more(more))
    made = Near.of(_bits(rows.iterator(chunk_size=5000)), model.dimensions)
    return _Kept(model.name, shelf.vectors_changed, made)


def _bits(rows: Iterable[tuple[int, bytes | memoryview | None]]) -> list[tuple[int, bytes]]:
    return [(number, bytes(signs)) for number, signs in rows if signs is not None]


def forget() -> None:
    """Forget everything; for tests, whose databases come and go."""
    _kept.clear()
