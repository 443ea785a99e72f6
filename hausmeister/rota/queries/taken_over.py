"""Which duties, or parts of one, somebody has by an override: nobody planned them for this person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hausmeister.rota.models import Override
from hausmeister.rota.queries import Book, PostNow, Segment
from hausmeister.rota.rules.slots import Post
from hausmeister.team.models import Person, Team

_AHEAD = timedelta(days=366)


@dataclass(frozen=True)
class TakenOver:
    """A duty, or a part of one, that is somebody's by an override; `instead_of` is whoever was planned, if anybody."""

    team: Team
    title: str
    post: Post
    turn_starts_at: datetime
    starts_at: datetime
    ends_at: datetime
    why: str
    instead_of: Person | None


def taken_over(person: Person, *, now: datetime) -> list[TakenOver]:
    """Return what `person` has by overrides now or in the coming year, the soonest first. Raises TooFarAhead.

    Said as the rota answers: what a newer override gave on to others is not among it.
    """
    overrides = Override.objects.touching(now, now + _AHEAD).filter(person=person).select_related("team")
    by_team: dict[Team, list[Override]] = {}
    for one in overrides:
        by_team.setdefault(one.team, []).append(one)
    found = [part for team, theirs in by_team.items() for part in _of_team(team, theirs, person)]
    return sorted((one for one in found if one.ends_at > now), key=lambda one: (one.starts_at, one.team.pk, one.post))


def _of_team(team: Team, overrides: Sequence[Override], person: Person) -> list[TakenOver]:
    starts_at = min(one.starts_at for one in overrides)
    ends_at = min(max(one.ends_at for one in overrides), starts_at + 2 * _AHEAD)
    book = Book.load(team, starts_at=starts_at, ends_at=ends_at)
    parts: list[TakenOver] = []
    for segment in book.timeline(starts_at, ends_at):
        for one in _held(segment, book, person):
            last = next((part for part in parts if _continues(one, part)), None)
            if last is None:
                parts.append(one)
            else:
                parts[parts.index(last)] = _joined(last, one)
    return parts


def _held(segment: Segment, book: Book, person: Person) -> Iterator[TakenOver]:
    duty = segment.duty
    for post, held in ((Post.PRIMARY, duty.primary), (Post.BACKSTOP, duty.backstop)):
        if held.person != person or not _is_decided(segment, post, book, person):
            continue
        planned = next(
            (
                one.person_id for one in book.facts.planned
                if one.post is post and (one.slot.duty, one.slot.starts_at) == (duty.duty, duty.starts_at)
            ),
            None,
        )  # fmt: skip
        if planned != person.pk:
            yield _part(segment, post, held, book.people.get(planned) if planned is not None else None)


def _is_decided(segment: Segment, post: Post, book: Book, person: Person) -> bool:
    """Say whether an override gives the post to `person` here; who stands in for somebody away took nothing over."""
    return any(
        one.post is post and one.person_id == person.pk and one.contains(segment.starts_at)
        for one in book.facts.substitutions
    )


def _part(segment: Segment, post: Post, held: PostNow, instead_of: Person | None) -> TakenOver:
    return TakenOver(
        segment.duty.team, held.title, post, segment.duty.starts_at, segment.starts_at, segment.ends_at, held.why,
        instead_of,
    )  # fmt: skip


def _continues(one: TakenOver, before: TakenOver) -> bool:
    return (before.ends_at, before.post, before.turn_starts_at, before.why) == (
        one.starts_at, one.post, one.turn_starts_at, one.why,
    )  # fmt: skip


def _joined(one: TakenOver, after: TakenOver) -> TakenOver:
    return TakenOver(
        one.team, one.title, one.post, one.turn_starts_at, one.starts_at, after.ends_at, one.why, one.instead_of
    )  # fmt: skip
