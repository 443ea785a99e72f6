"""Schedules: layers over one another, overrides on top; from definitions to stretches. No gap, no overlap.

A later layer wins over an earlier one wherever it has somebody. Every stretch says who is on and why: which layer,
which turn, which overrides.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from hausmeister.rota.rules.restrictions import Span, Window, open_spans
from hausmeister.rota.rules.rotations import Rotation, RotationTurn
from hausmeister.rota.rules.wall import WallMoment


@dataclass(frozen=True)
class Held:
    """From `starts_at` to `ends_at` these people hold something; `why` in words, "" where there is no more to say.

    `whole` are the bounds of the duty that this is a part of, where it is only a part.
    """

    starts_at: datetime
    ends_at: datetime
    people: frozenset[int]
    why: str = ""
    whole: Span | None = None


@dataclass(frozen=True)
class Layer:
    """One layer of a schedule: a rotation, or a plan, which is what is `Held`, overlapping or not.

    It is in force from `starts` up to `ends` (None: for good), within its windows if it has any, and within the
    instants `since_at` and `until_at` between which it stood in the schedule like this.
    """

    number: int
    name: str
    content: Rotation | tuple[Held, ...]
    starts: WallMoment | None = None
    ends: WallMoment | None = None
    windows: tuple[Window, ...] = ()
    since_at: datetime | None = None
    until_at: datetime | None = None

    def in_force(self, zone: ZoneInfo, starts_at: datetime, ends_at: datetime) -> Span:
        """Return the part of the span in which it counts; one that ends before it begins is empty."""
        begins = [starts_at, self.since_at, self.starts.instant(zone) if self.starts else None]
        ends = [ends_at, self.until_at, self.ends.instant(zone) if self.ends else None]
        return max(one for one in begins if one is not None), min(one for one in ends if one is not None)


class Kind(StrEnum):
    """What an override does."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


@dataclass(frozen=True)
class Change:
    """An override. Add: `person_id` is on as well. Remove: `instead_of` is not on.

    Replace: `person_id` is on instead of `instead_of`, but only while that one would be; without an
    `instead_of` it is instead of whoever is on, and also where nobody is.
    """

    id: int
    kind: Kind
    starts_at: datetime
    ends_at: datetime
    person_id: int | None = None
    instead_of: int | None = None

    @property
    def decides_about(self) -> frozenset[int]:
        """The people whose being on it decides about; empty for everybody's."""
        if self.kind is Kind.REPLACE and self.instead_of is None:
            return frozenset()
        return frozenset(one for one in (self.person_id, self.instead_of) if one is not None)

    def clashes_with(self, other: "Change") -> bool:
        """Say whether the order of the two would matter: they overlap and decide about the same person."""
        if not (self.starts_at < other.ends_at and other.starts_at < self.ends_at):
            return False
        mine, theirs = self.decides_about, other.decides_about
        return not mine or not theirs or bool(mine & theirs)

    def applied_to(self, people: frozenset[int]) -> frozenset[int]:
        """Return who is on once this override is taken in."""
        new = frozenset({self.person_id} if self.person_id is not None else ())
        if self.kind is Kind.ADD:
            return people | new
        if self.kind is Kind.REMOVE:
            return people - {self.instead_of}
        if self.instead_of is None:
            return new
        return people - {self.instead_of} | new if self.instead_of in people else people


@dataclass(frozen=True)
class Turn:
    """The whole of what a stretch is a part of. `number` counts a rotation's turns from 0; None in a plan."""

    starts_at: datetime
    ends_at: datetime
    number: int | None = None
    why: str = ""


@dataclass(frozen=True)
class Because:
    """Why these people: the layer's number and its turns, and the overrides that changed it."""

    layer: int | None = None
    turns: tuple[Turn, ...] = ()
    overrides: tuple[int, ...] = ()


@dataclass(frozen=True)
class Stretch:
    """A span in which the same people are on for the same reason; empty `people`: nobody."""

    starts_at: datetime
    ends_at: datetime
    people: frozenset[int]
    because: Because


@dataclass(frozen=True)
class Resolved:
    """The stretches of a span: per layer in their order, and what holds in the end. Each list covers the span."""

    layers: tuple[tuple[Stretch, ...], ...]
    final: tuple[Stretch, ...]


# what is held by "whoever is on duty in a team", by the team's id
Teams = Mapping[int, Sequence[Held]]


def resolve_schedule(
    layers: Sequence[Layer],
    changes: Iterable[Change],
    *,
    zone: ZoneInfo,
    starts_at: datetime,
    ends_at: datetime,
    teams: Teams | None = None,
) -> Resolved:
    """Return who is on from `starts_at` up to `ends_at`; `layers` are in order, the last one on top."""
    lanes = tuple(
        layer_stretches(layer, zone=zone, starts_at=starts_at, ends_at=ends_at, teams=teams or {}) for layer in layers
    )
    return Resolved(lanes, final_stretches(lanes, changes, starts_at=starts_at, ends_at=ends_at))


@dataclass(frozen=True)
class _Piece:
    starts_at: datetime
    ends_at: datetime
    people: frozenset[int]
    turn: Turn


def layer_stretches(
    layer: Layer, *, zone: ZoneInfo, starts_at: datetime, ends_at: datetime, teams: Teams
) -> tuple[Stretch, ...]:
    """Return who is on by this layer alone, over the whole span; where it does not apply nobody is."""
    begin, end = layer.in_force(zone, starts_at, ends_at)
    if begin >= end:
        return (Stretch(starts_at, ends_at, frozenset(), Because()),)
    open_now = open_spans(layer.windows, zone, begin, end)
    clipped = [part for one in _pieces(layer.content, begin, end, teams) for part in _clipped(one, open_now)]
    return _swept(clipped, layer.number, starts_at, ends_at)


def _clipped(piece: "_Piece", spans: Sequence[Span]) -> Iterator["_Piece"]:
    """Yield the parts of `piece` that lie within `spans`, which are in order and apart."""
    place = max(0, bisect_right(spans, piece.starts_at, key=lambda span: span[0]) - 1)
    while place < len(spans) and spans[place][0] < piece.ends_at:
        begin, end = max(piece.starts_at, spans[place][0]), min(piece.ends_at, spans[place][1])
        if begin < end:
            yield _Piece(begin, end, piece.people, piece.turn)
        place += 1


def _pieces(
    content: Rotation | tuple[Held, ...], starts_at: datetime, ends_at: datetime, teams: Teams
) -> Iterable[_Piece]:
    if isinstance(content, Rotation):
        for turn in content.turns(starts_at, ends_at):
            yield from _of_turn(turn, teams)
        return
    for one in content:
        whole = one.whole or (one.starts_at, one.ends_at)
        yield _Piece(one.starts_at, one.ends_at, one.people, Turn(*whole, None, one.why))


def _of_turn(turn: RotationTurn, teams: Teams) -> Iterable[_Piece]:
    whole = Turn(turn.starts_at, turn.ends_at, turn.number)
    if turn.who.person_id is not None:
        yield _Piece(turn.starts_at, turn.ends_at, frozenset({turn.who.person_id}), whole)
    elif turn.who.team_id is not None:
        for held in teams.get(turn.who.team_id, ()):
            begin, end = max(turn.starts_at, held.starts_at), min(turn.ends_at, held.ends_at)
            if begin < end:
                yield _Piece(begin, end, held.people, Turn(turn.starts_at, turn.ends_at, turn.number, held.why))
    else:
        yield _Piece(turn.starts_at, turn.ends_at, frozenset(), whole)


def _swept(pieces: Sequence[_Piece], layer: int, starts_at: datetime, ends_at: datetime) -> tuple[Stretch, ...]:
    """Return the pieces side by side, cut wherever one begins or ends; who holds several at once is on once."""
    ordered = sorted(pieces, key=lambda one: (one.starts_at, one.ends_at, sorted(one.people)))
    cuts = sorted(
        {starts_at, ends_at}
        | {cut for one in ordered for cut in (one.starts_at, one.ends_at) if starts_at < cut < ends_at}
    )
    found: list[Stretch] = []
    running: list[_Piece] = []
    place = 0
    for begin, end in pairwise(cuts):
        running = [one for one in running if one.ends_at > begin]
        while place < len(ordered) and ordered[place].starts_at <= begin:
            if ordered[place].ends_at > begin:
                running.append(ordered[place])
            place += 1
        people = frozenset().union(*(one.people for one in running))
        # in an order that does not depend on where the span was cut
        turns = tuple(sorted({one.turn for one in running}, key=_in_order))
        found.append(Stretch(begin, end, people, Because(layer, turns) if running else Because()))
    return _joined(found)


def _in_order(turn: Turn) -> tuple[datetime, datetime, int, str]:
    return turn.starts_at, turn.ends_at, turn.number or 0, turn.why


def final_stretches(
    lanes: Sequence[Sequence[Stretch]], changes: Iterable[Change], *, starts_at: datetime, ends_at: datetime
) -> tuple[Stretch, ...]:
    """Return what holds in the end: the topmost layer that has somebody, then the overrides."""
    inside = sorted(
        (one for one in changes if one.starts_at < ends_at and starts_at < one.ends_at), key=lambda one: one.id
    )
    cuts = sorted(
        {starts_at, ends_at}
        | {one.starts_at for lane in lanes for one in lane}
        | {cut for one in inside for cut in (one.starts_at, one.ends_at) if starts_at < cut < ends_at}
    )
    found = []
    for begin, end in pairwise(cuts):
        base = _topmost(lanes, begin)
        people, used = base.people, []
        for one in inside:
            if one.starts_at <= begin < one.ends_at:
                changed = one.applied_to(people)
                if changed != people:
                    used.append(one.id)
                people = changed
        found.append(Stretch(begin, end, people, Because(base.because.layer, base.because.turns, tuple(used))))
    return _joined(found)


def _topmost(lanes: Sequence[Sequence[Stretch]], at: datetime) -> Stretch:
    for lane in reversed(lanes):
        one = at_instant(lane, at)
        if one.people:
            return one
    return Stretch(at, at, frozenset(), Because())


def at_instant(stretches: Sequence[Stretch], at: datetime) -> Stretch:
    """Return the stretch that holds `at`, of stretches that cover it."""
    return stretches[bisect_right(stretches, at, key=lambda one: one.starts_at) - 1]


def _joined(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Join neighbours with the same people for the same reason. A turn is never joined with the next one."""
    joined: list[Stretch] = []
    for one in stretches:
        last = joined[-1] if joined else None
        if last and (last.people, last.because) == (one.people, one.because):
            joined[-1] = Stretch(last.starts_at, one.ends_at, one.people, one.because)
        else:
            joined.append(one)
    return tuple(joined)
