"""What is kept in memory of a team's passages: the bits of their vectors, read again when the shelf's marks move."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
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


# rows that are Python objects at the same time
_A_PART = 5000
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
        later = Near.of(_bits(rows.filter(id__gt=int(before.near.ids[-1]))), model.dimensions)
        if len(before.near.ids) + len(later.ids) == rows.count():
            return _Kept(model.name, shelf.vectors_changed, before.near.with_more(later))
    # a million rows as Python objects would take three times what is kept of them
    bits = iter(rows.iterator(chunk_size=_A_PART))
    parts = [Near.of([], model.dimensions)]
    while some := _bits(islice(bits, _A_PART)):
        parts.append(Near.of(some, model.dimensions))
    return _Kept(model.name, shelf.vectors_changed, parts[0].with_more(*parts[1:]))


def _bits(rows: Iterable[tuple[int, bytes | memoryview | None]]) -> list[tuple[int, bytes]]:
    """Return number and bits of each row; rows of an encoder have bits, always."""
    return [(number, bytes(signs or b"")) for number, signs in rows]


def forget() -> None:
    """Forget everything; for tests, whose databases come and go."""
    _kept.clear()
