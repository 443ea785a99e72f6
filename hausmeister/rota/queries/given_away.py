"""Which parts of somebody's planned duties another one has: by override, swap, cover or leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hausmeister.rota.models import Shift
from hausmeister.rota.queries import Book, Segment
from hausmeister.rota.rules.slots import Post
from hausmeister.team.models import Person


@dataclass(frozen=True)
class GivenAway:
    """A part of a planned duty, and who has it instead; nobody where `person` is None."""

    starts_at: datetime
    ends_at: datetime
    person: Person | None


def given_away(shifts: Sequence[Shift]) -> dict[int, list[GivenAway]]:
    """Return, by the key of each planned duty, the parts that its person does not have. Raises TooFarAhead."""
    found: dict[int, list[GivenAway]] = {}
    for team in {shift.team for shift in shifts}:
        theirs = [shift for shift in shifts if shift.team_id == team.pk]
        starts_at, ends_at = min(one.starts_at for one in theirs), max(one.ends_at for one in theirs)
        book = Book.load(team, starts_at=starts_at, ends_at=ends_at)
        for shift in theirs:
            found[shift.pk] = _parts(shift, book.timeline(shift.starts_at, shift.ends_at))
    return found


def _parts(shift: Shift, segments: Sequence[Segment]) -> list[GivenAway]:
    parts: list[GivenAway] = []
    for one in segments:
        person = (one.duty.primary if Post(shift.post) is Post.PRIMARY else one.duty.backstop).person
        if person is not None and person.pk == shift.person_id:
            continue
        last = parts[-1] if parts else None
        if last and (last.ends_at, last.person) == (one.starts_at, person):
            parts[-1] = GivenAway(last.starts_at, one.ends_at, person)
        else:
            parts.append(GivenAway(one.starts_at, one.ends_at, person))
    return parts
