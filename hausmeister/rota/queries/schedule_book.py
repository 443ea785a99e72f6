"""Everything that some schedules of one team need to be resolved over a span, read once.

Layers that follow the team's duties, and teams that take turns, are answered by the duties' own resolver
(`Book`): there is no second truth.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time

from hausmeister.rota.models import Layer, PlanEntry, Schedule, ScheduleOverride
from hausmeister.rota.queries import Book
from hausmeister.rota.rules import layers as rules
from hausmeister.rota.rules.definitions import Content
from hausmeister.rota.rules.layers import Change, Held, Kind, Resolved
from hausmeister.rota.rules.restrictions import Window
from hausmeister.rota.rules.rotations import Participant as ListedParticipant
from hausmeister.rota.rules.rotations import Rotation, Unit, Who
from hausmeister.rota.rules.slots import Post
from hausmeister.rota.rules.wall import WallMoment
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team


def follows_duties(layers: Iterable[Layer]) -> bool:
    """Say whether a schedule of these layers is nothing but the team's duties: they are changed on the rota."""
    contents = {layer.content for layer in layers}
    return contents == {Content.DUTY}


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

    def turns(self, schedule: Schedule) -> int:
        """Return how many turns and entries the schedule's layers have in the span, about."""
        contents = [layer.content for layer in self.layers[schedule.pk]]
        return sum(
            one.number_at(self.ends_at) - one.number_at(self.starts_at) if isinstance(one, Rotation) else len(one)
            for one in contents
        )

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
