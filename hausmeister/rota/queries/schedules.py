"""Who is on by a schedule: read here for every surface, decided by `rules/layers.py`.

Layers that follow the team's duties, and teams that take turns, are answered by the duties' own resolver
(`Book`): there is no second truth.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from hausmeister.base import log
from hausmeister.base.words import listed
from hausmeister.rota.models import Layer, Participant, PlanEntry, Schedule, ScheduleOverride, ZoneIsGone
from hausmeister.rota.queries import Book, TooFarAhead
from hausmeister.rota.rules import layers as rules
from hausmeister.rota.rules.definitions import Content
from hausmeister.rota.rules.layers import Change, Held, Kind, Resolved, Stretch
from hausmeister.rota.rules.restrictions import Window
from hausmeister.rota.rules.rotations import Participant as ListedParticipant
from hausmeister.rota.rules.rotations import Rotation, Unit, Who
from hausmeister.rota.rules.slots import Post
from hausmeister.rota.rules.wall import WallMoment
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team

_log = log.get(__name__)

LOOK_AHEAD = timedelta(days=9)
# how a policy's step names a schedule
CALL = "schedule "


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
    return list(Schedule.objects.filter(team=team).order_by("name", "id"))


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
    return {one.pk: book.timeline(one).final[0] for one in schedules}


def schedule_timeline(schedule: Schedule, *, starts_at: datetime, ends_at: datetime) -> ScheduleTimeline:
    """Return who is on by `schedule` from `starts_at` up to `ends_at`. Raises TooFarAhead."""
    return ScheduleBook.load([schedule], starts_at=starts_at, ends_at=ends_at).timeline(schedule)


def layers_in_force(schedule: Schedule, *, now: datetime) -> list[Layer]:
    """Return the layers that stand in the schedule now, the last on top."""
    rows = schedule.layers.prefetch_related("participants__person", "participants__team")
    return [one for one in rows if one.until_at is None or one.until_at > now]


def follows_duties(layers: Iterable[Layer]) -> bool:
    """Say whether a schedule of these layers is nothing but the team's duties: they are changed on the rota."""
    contents = {layer.content for layer in layers}
    return contents == {Content.DUTY}


def listed_at(layer: Layer, at: datetime) -> list[Participant]:
    """Return who is in the layer's list at `at`, or will be, in order."""
    return [one for one in layer.participants.all() if one.leaves_at is None or one.leaves_at > at]


def windows_of(layer: Layer) -> tuple[Window, ...]:
    """Return the layer's restrictions."""
    return tuple(
        Window(time.fromisoformat(starts), time.fromisoformat(ends), first, last)
        for starts, ends, first, last in layer.windows
    )


def _wall(layer: Layer) -> tuple[WallMoment | None, WallMoment | None]:
    starts = WallMoment(layer.starts_on, layer.starts) if layer.starts_on and layer.starts is not None else None
    ends = WallMoment(layer.ends_on, layer.ends) if layer.ends_on and layer.ends is not None else None
    return starts, ends


@dataclass(frozen=True)
class ScheduleBook:
    """Everything needed to resolve some schedules of one team over a span, loaded once."""

    starts_at: datetime
    ends_at: datetime
    layers: dict[int, list[rules.Layer]]
    overrides: dict[int, list[ScheduleOverride]]
    people: dict[int, Person]
    teams: dict[int, list[Held]] = field(default_factory=dict)

    @staticmethod
    def load(schedules: Sequence[Schedule], *, starts_at: datetime, ends_at: datetime) -> "ScheduleBook":
        """Return the book of `schedules`, all of one team, for the span. Raises TooFarAhead."""
        rows: dict[int, list[Layer]] = defaultdict(list)
        found = Layer.objects.filter(schedule__in=schedules)
        for row in found.order_by("position", "id").prefetch_related("participants"):
            if (row.since_at is None or row.since_at < ends_at) and (row.until_at is None or row.until_at > starts_at):
                rows[row.schedule_id].append(row)
        every = [row for found_rows in rows.values() for row in found_rows]
        entries = _entries(every, starts_at, ends_at)
        duties = _Duties(schedules[0].team, starts_at, ends_at)
        layers = {
            one.pk: [_layer(row, one, entries.get(row.pk, ()), duties) for row in rows.get(one.pk, ())]
            for one in schedules
        }
        teams = {
            one.team_id: duties.held_by_team(one.team_id)
            for row in every
            for one in row.participants.all()
            if one.team_id is not None
        }
        overrides = _overrides(schedules, rows, starts_at, ends_at)
        ids = set(_people_of(layers, overrides, teams))
        people = {pk: person for pk, person in duties.people.items() if pk in ids}
        people.update(team_queries.people_by_id(ids - people.keys()))
        return ScheduleBook(starts_at, ends_at, layers, overrides, people, teams)

    def resolved(self, schedule: Schedule) -> Resolved:
        """Return what the rules decide for one of the book's schedules."""
        return rules.resolve_schedule(
            self.layers[schedule.pk],
            [change_of(one) for one in self.overrides[schedule.pk]],
            zone=schedule.zone,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            teams=self.teams,
        )

    def timeline(self, schedule: Schedule) -> ScheduleTimeline:
        """Return one of the book's schedules over its span."""
        resolved = self.resolved(schedule)
        layers = self.layers[schedule.pk]
        worded = _Words(schedule, {one.number: one for one in layers}, self)
        return ScheduleTimeline(
            schedule,
            self.starts_at,
            self.ends_at,
            tuple(worded.on(one) for one in resolved.final),
            tuple(
                Lane(layer.number, layer.name, tuple(worded.on(one) for one in stretches))
                for layer, stretches in zip(layers, resolved.layers, strict=True)
            ),
            tuple(self.overrides[schedule.pk]),
        )


@dataclass
class _Duties:
    """The duties of the teams that a book asks for, each read once."""

    team: Team
    starts_at: datetime
    ends_at: datetime
    books: dict[int, Book] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)

    def _book(self, team_id: int) -> Book:
        if team_id not in self.books:
            team = self.team if team_id == self.team.pk else Team.objects.get(pk=team_id)
            self.books[team_id] = Book.load(team, starts_at=self.starts_at, ends_at=self.ends_at)
            self.people.update(self.books[team_id].people)
        return self.books[team_id]

    def held_by_team(self, team_id: int) -> list[Held]:
        """Return who is on duty in a team over the span, whichever duty it is."""
        segments = self._book(team_id).timeline(self.starts_at, self.ends_at)
        return [
            Held(one.starts_at, one.ends_at, _only(one.duty.primary.person), one.duty.primary.why) for one in segments
        ]

    def held_by_duty(self, duty: str, post: Post) -> tuple[Held, ...]:
        """Return who holds a post of one of the team's duties, over the span; outside the duty nothing is held."""
        segments = self._book(self.team.pk).timeline(self.starts_at, self.ends_at)
        found = []
        for one in segments:
            if one.duty.duty == duty:
                holder = one.duty.primary if post is Post.PRIMARY else one.duty.backstop
                whole = (one.duty.starts_at, one.duty.ends_at)
                found.append(Held(one.starts_at, one.ends_at, _only(holder.person), holder.why, whole))
        return tuple(found)


def _only(person: Person | None) -> frozenset[int]:
    return frozenset({person.pk} if person is not None else ())


def _entries(rows: Sequence[Layer], starts_at: datetime, ends_at: datetime) -> dict[int, list[Held]]:
    wanted = [row.pk for row in rows if row.content == Content.ENTRIES]
    found: dict[int, list[Held]] = defaultdict(list)
    if wanted:
        touching = PlanEntry.objects.filter(layer_id__in=wanted, starts_at__lt=ends_at, ends_at__gt=starts_at)
        for one in touching.order_by("starts_at", "id"):
            found[one.layer_id].append(Held(one.starts_at, one.ends_at, frozenset({one.person_id})))
    return found


def _layer(row: Layer, schedule: Schedule, entries: Iterable[Held], duties: _Duties) -> rules.Layer:
    starts, ends = _wall(row)
    content: Rotation | tuple[Held, ...]
    if row.content == Content.ROTATION:
        content = rotation_of(row, schedule)
    elif row.content == Content.DUTY:
        content = duties.held_by_duty(row.duty, Post(row.post))
    else:
        content = tuple(entries)
    return rules.Layer(row.pk, row.name, content, starts, ends, windows_of(row), row.since_at, row.until_at)


def rotation_of(row: Layer, schedule: Schedule) -> Rotation:
    """Return the rotation that a layer's row holds."""
    starts, _ends = _wall(row)
    if starts is None or row.hand_off is None:
        raise ValueError(f"the layer {row.pk} is no rotation")
    listed_ones = tuple(
        ListedParticipant(Who(one.person_id, one.team_id), one.joins_at, one.leaves_at)
        for one in row.participants.all()
    )
    return Rotation(Unit(row.unit), row.length, row.hand_off, starts, listed_ones, schedule.zone, row.day)


def _overrides(
    schedules: Sequence[Schedule], rows: dict[int, list[Layer]], starts_at: datetime, ends_at: datetime
) -> dict[int, list[ScheduleOverride]]:
    """Return the overrides of each schedule; one for all of the team's reaches what follows duties through them."""
    found: dict[int, list[ScheduleOverride]] = {one.pk: [] for one in schedules}
    touching = ScheduleOverride.objects.filter(team_id=schedules[0].team_id).touching(starts_at, ends_at)
    for override in touching.select_related("person", "instead_of", "created_by"):
        for one in schedules:
            is_for_all = override.schedule_id is None and not follows_duties(rows.get(one.pk, ()))
            if override.schedule_id == one.pk or is_for_all:
                found[one.pk].append(override)
    return found


def change_of(one: ScheduleOverride) -> Change:
    """Return an override as the rules take it."""
    return Change(one.pk, Kind(one.kind), one.starts_at, one.ends_at, one.person_id, one.instead_of_id)


def _people_of(
    layers: dict[int, list[rules.Layer]], overrides: dict[int, list[ScheduleOverride]], teams: dict[int, list[Held]]
) -> Iterable[int]:
    for found in layers.values():
        for layer in found:
            if isinstance(layer.content, Rotation):
                yield from (one.who.person_id for one in layer.content.participants if one.who.person_id is not None)
            else:
                yield from (pk for held in layer.content for pk in held.people)
    yield from (pk for held in teams.values() for one in held for pk in one.people)
    yield from (one.person_id for found in overrides.values() for one in found if one.person_id is not None)


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
