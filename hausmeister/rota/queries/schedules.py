"""Who is on by a schedule, and why in words: asked here by every surface, decided by `rules/layers.py`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hausmeister.base import log
from hausmeister.base.words import listed
from hausmeister.rota.models import Layer, Participant, Schedule, ScheduleOverride, ZoneIsGone
from hausmeister.rota.queries import TooFarAhead
from hausmeister.rota.queries.schedule_book import ScheduleBook
from hausmeister.rota.rules import layers as rules
from hausmeister.rota.rules.layers import Kind, Stretch
from hausmeister.rota.rules.rotations import Rotation
from hausmeister.team.models import Person, Team

_log = log.get(__name__)

LOOK_AHEAD = timedelta(days=9)
# a year of one layer that changes hands each hour has 8,784
MOST_TURNS = 30_000
# how a policy's step names a schedule
CALL = "schedule "


class TooManyTurns(Exception):
    """The span holds more turns than anybody can read; a shorter one is answered."""


@dataclass(frozen=True)
class On:
    """A stretch of the schedule of this name: who is on, by which layer, and why. `people` are by name."""

    schedule: str
    starts_at: datetime
    ends_at: datetime
    people: tuple[Person, ...]
    layer: str
    why: str
    overrides: tuple[int, ...] = ()
    turn: tuple[datetime, datetime] | None = None

    @property
    def names(self) -> str:
        """The people in words, "nobody" for none."""
        return listed([person.name for person in self.people]) or "nobody"


@dataclass(frozen=True)
class Lane:
    """One layer over a span. `number` is the layer's."""

    number: int
    name: str
    stretches: tuple[On, ...]


@dataclass(frozen=True)
class ScheduleTimeline:
    """A schedule over a span: what holds in the end, each layer alone (the last on top), the overrides."""

    schedule: Schedule
    starts_at: datetime
    ends_at: datetime
    final: tuple[On, ...]
    lanes: tuple[Lane, ...]
    overrides: tuple[ScheduleOverride, ...]

    def at(self, moment: datetime) -> On:
        """Return the stretch of the final answer that holds `moment`, inside the span."""
        return next(one for one in self.final if one.starts_at <= moment < one.ends_at)


def schedules_of(team: Team) -> list[Schedule]:
    """Return the team's schedules, by name."""
    return list(Schedule.objects.filter(team=team).select_related("team").order_by("name", "id"))


def schedule_on_call(schedule: Schedule, *, at: datetime) -> On:
    """Return who is on by `schedule` at `at`, why, and until when it surely stays so (nine days at most).

    Raises TooFarAhead where a layer follows duties that nobody can know yet.
    """
    return on_call([schedule], at=at)[schedule.pk]


def on_call(schedules: Sequence[Schedule], *, at: datetime) -> dict[int, On]:
    """Return who is on by each of `schedules`, all of one team, by the schedule's id. Raises TooFarAhead."""
    if not schedules:
        return {}
    book = ScheduleBook.load(schedules, starts_at=at, ends_at=at + LOOK_AHEAD)
    return {one.pk: _timeline(book, one).final[0] for one in schedules}


def schedule_timeline(schedule: Schedule, *, starts_at: datetime, ends_at: datetime) -> ScheduleTimeline:
    """Return who is on by `schedule` from `starts_at` up to `ends_at`. Raises TooFarAhead, TooManyTurns."""
    book = ScheduleBook.load([schedule], starts_at=starts_at, ends_at=ends_at)
    turns = book.turns(schedule)
    if turns > MOST_TURNS:
        raise TooManyTurns(f"This span holds {turns} turns; ask for a shorter one, of at most {MOST_TURNS}.")
    return _timeline(book, schedule)


def layers_in_force(schedule: Schedule, *, now: datetime) -> list[Layer]:
    """Return the layers that stand in the schedule now, the last on top."""
    rows = schedule.layers.prefetch_related("participants__person", "participants__team")
    return [one for one in rows if one.until_at is None or one.until_at > now]


def listed_at(layer: Layer, at: datetime) -> list[Participant]:
    """Return who is in the layer's list at `at`, or will be, in order."""
    return [one for one in layer.participants.all() if one.leaves_at is None or one.leaves_at > at]


def _timeline(book: ScheduleBook, schedule: Schedule) -> ScheduleTimeline:
    """Return one of the book's schedules over its span, in people and words."""
    resolved = book.resolved(schedule)
    layers = book.layers[schedule.pk]
    worded = _Words(schedule, {one.number: one for one in layers}, book)
    return ScheduleTimeline(
        schedule,
        book.starts_at,
        book.ends_at,
        tuple(worded.on(one) for one in resolved.final),
        tuple(
            Lane(layer.number, layer.name, tuple(worded.on(one) for one in stretches))
            for layer, stretches in zip(layers, resolved.layers, strict=True)
        ),
        tuple(book.overrides[schedule.pk]),
    )


@dataclass(frozen=True)
class _Words:
    """Puts what the rules decided into people and words."""

    schedule: Schedule
    layers: dict[int, rules.Layer]
    book: ScheduleBook

    def on(self, one: Stretch) -> On:
        """Return a stretch with its people and its reason."""
        people = sorted((self.book.people[pk] for pk in one.people), key=lambda person: (person.name, person.pk))
        because = one.because
        layer = self.layers[because.layer].name if because.layer is not None else ""
        whole = because.turns[0] if len(because.turns) == 1 else None
        return On(
            self.schedule.name, one.starts_at, one.ends_at, tuple(people), layer, self._why(one), because.overrides,
            (whole.starts_at, whole.ends_at) if whole else None,
        )  # fmt: skip

    def _why(self, one: Stretch) -> str:
        overrides = {row.pk: row for row in self.book.overrides[self.schedule.pk]}
        told = [self._base(one), *(override_words(overrides[pk]) for pk in one.because.overrides)]
        return "; ".join(filter(None, told))

    def _base(self, one: Stretch) -> str:
        because = one.because
        if because.layer is None:
            return "no layer has anybody here"
        layer = self.layers[because.layer]
        said = listed(list(dict.fromkeys(turn.why for turn in because.turns if turn.why)))
        kind = "by turn" if isinstance(layer.content, Rotation) else "" if said else "by plan"
        return f"{layer.name}: {', '.join(filter(None, (kind, said)))}"


def override_words(one: ScheduleOverride) -> str:
    """Return what an override does, in words."""
    new = one.person.name if one.person else ""
    old = one.instead_of.name if one.instead_of else ""
    text = {
        Kind.ADD: f"{new} as well",
        Kind.REMOVE: f"without {old}",
        Kind.REPLACE: f"{new} for {old}" if old else f"{new} instead of the plan",
    }[Kind(one.kind)]
    return f"an override, {text}" + (f": {one.reason}" if one.reason else "")


# ---- for the pager, and for checking what a policy names ----


def named_in(policy_calls: Iterable[str]) -> list[str]:
    """Return the schedules' short names among the calls of a policy's ladders."""
    return list(dict.fromkeys(call.removeprefix(CALL) for call in policy_calls if call.startswith(CALL)))


def called_now(team: Team, slugs: Sequence[str], *, at: datetime) -> dict[str, On]:
    """Return who is on by the schedules with these short names; one that is gone or unreadable is not among them.

    The pager asks: one schedule that nobody can read must not keep a ladder from climbing on.
    """
    answers = {}
    for one in Schedule.objects.filter(team=team, slug__in=slugs).select_related("team"):
        try:
            answers[one.slug] = schedule_on_call(one, at=at)
        except (TooFarAhead, ZoneIsGone) as error:
            _log.error("schedule.unreadable", schedule=one.slug, team=team.slug, reason=str(error))
    return answers
