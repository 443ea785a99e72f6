"""Schedules as API and console word them."""

from datetime import datetime

from ninja import Schema
from pydantic import Field

from hausmeister.base.wall_time import WEEKDAYS
from hausmeister.rota.models import Layer, Participant, Schedule, ScheduleOverride
from hausmeister.rota.queries import schedules as queries
from hausmeister.rota.queries.schedule_book import follows_duties, windows_of
from hausmeister.rota.queries.schedules import Lane, On, ScheduleTimeline
from hausmeister.rota.rules.definitions import Content
from hausmeister.rota.rules.rotations import Unit
from hausmeister.team.models import Person


class SomebodyOut(Schema):
    """A person, as everybody may see them."""

    person: int
    name: str
    email: str

    @staticmethod
    def of(person: Person) -> "SomebodyOut":
        """Return `person` as the API words it."""
        return SomebodyOut(person=person.pk, name=person.name, email=person.email)


class OnOut(Schema):
    """A stretch in which the same people are on for the same reason. Nobody: `people` is empty."""

    starts_at: datetime
    ends_at: datetime
    people: list[SomebodyOut]
    layer: str = Field(description="The layer that decides, before overrides.")
    why: str
    overrides: list[int] = Field(description="The overrides that change who is on.")
    turn_starts_at: datetime | None = Field(description="The bounds of the whole turn, where there is one.")
    turn_ends_at: datetime | None

    @staticmethod
    def of(one: On) -> "OnOut":
        """Return a stretch as the API words it."""
        return OnOut(
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            people=[SomebodyOut.of(person) for person in one.people],
            layer=one.layer,
            why=one.why,
            overrides=list(one.overrides),
            turn_starts_at=one.turn[0] if one.turn else None,
            turn_ends_at=one.turn[1] if one.turn else None,
        )


class ScheduleOnCallOut(Schema):
    """Who is on by a schedule at `at`. The answer stays the same until `until`, at least."""

    schedule: str
    zone: str
    at: datetime
    until: datetime
    people: list[SomebodyOut]
    layer: str
    why: str

    @staticmethod
    def of(schedule: Schedule, one: On, *, at: datetime) -> "ScheduleOnCallOut":
        """Return the answer as the API words it."""
        return ScheduleOnCallOut(
            schedule=schedule.slug,
            zone=schedule.zone_name,
            at=at,
            until=one.ends_at,
            people=[SomebodyOut.of(person) for person in one.people],
            layer=one.layer,
            why=one.why,
        )


class LaneOut(Schema):
    """One layer alone, over the span."""

    layer: int
    name: str
    stretches: list[OnOut]

    @staticmethod
    def of(lane: Lane) -> "LaneOut":
        """Return a lane as the API words it."""
        return LaneOut(layer=lane.number, name=lane.name, stretches=[OnOut.of(one) for one in lane.stretches])


class ScheduleOverrideOut(Schema):
    """An override of a schedule, or of all that the team has (`schedule` is empty)."""

    override: int
    schedule: str
    kind: str
    person: SomebodyOut | None
    instead_of: SomebodyOut | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    words: str

    @staticmethod
    def of(one: ScheduleOverride) -> "ScheduleOverrideOut":
        """Return an override as the API words it."""
        return ScheduleOverrideOut(
            override=one.pk,
            schedule=one.schedule.slug if one.schedule else "",
            kind=one.kind,
            person=SomebodyOut.of(one.person) if one.person else None,
            instead_of=SomebodyOut.of(one.instead_of) if one.instead_of else None,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            reason=one.reason,
            words=queries.override_words(one),
        )


class ScheduleTimelineOut(Schema):
    """A schedule over a span: what holds in the end, and each layer alone, the last on top. No gap, no overlap."""

    schedule: str
    zone: str
    final: list[OnOut]
    layers: list[LaneOut]
    overrides: list[ScheduleOverrideOut]

    @staticmethod
    def of(told: ScheduleTimeline) -> "ScheduleTimelineOut":
        """Return a timeline as the API words it."""
        return ScheduleTimelineOut(
            schedule=told.schedule.slug,
            zone=told.schedule.zone_name,
            final=[OnOut.of(one) for one in told.final],
            layers=[LaneOut.of(lane) for lane in told.lanes],
            overrides=[ScheduleOverrideOut.of(one) for one in told.overrides],
        )


class LayerOut(Schema):
    """A layer as it stands now, in the form that creating one takes."""

    layer: int
    name: str
    content: str
    starts: str = Field(description="Wall-clock time in the schedule's zone; empty: always.")
    ends: str
    only: list[str] = Field(description="Restrictions by time of day or of the week; none: at any hour.")
    every: str
    length: int
    hand_off: str
    day: str
    participants: list[str]
    duty: str
    post: str

    @staticmethod
    def of(layer: Layer, *, now: datetime) -> "LayerOut":
        """Return a layer as the API words it."""
        is_rotation = layer.content == Content.ROTATION
        listed = queries.listed_at(layer, now) if is_rotation else []
        return LayerOut(
            layer=layer.pk,
            name=layer.name,
            content=layer.content,
            starts=f"{layer.starts_on:%Y-%m-%d} {layer.starts:%H:%M}" if layer.starts_on else "",
            ends=f"{layer.ends_on:%Y-%m-%d} {layer.ends:%H:%M}" if layer.ends_on else "",
            only=[str(window) for window in windows_of(layer)],
            every=layer.unit,
            length=layer.length,
            hand_off=f"{layer.hand_off:%H:%M}" if layer.hand_off is not None else "",
            day=_day(layer),
            participants=[_participant(one) for one in listed],
            duty=layer.duty,
            post=layer.post,
        )


def _day(layer: Layer) -> str:
    if layer.unit == Unit.WEEKLY:
        return WEEKDAYS[layer.day]
    return str(layer.day) if layer.unit == Unit.MONTHLY else ""


def _participant(one: Participant) -> str:
    if one.person is not None:
        return one.person.email
    return f"team:{one.team.slug}" if one.team is not None else "nobody"


class ScheduleOut(Schema):
    """A schedule: what it is, and who is on now."""

    slug: str
    name: str
    zone: str
    description: str
    follows_duties: bool = Field(description="It is the team's duties and nothing else: change those on the rota.")
    beside_duties: bool = Field(description="Somebody may be on by it and have a duty at once.")
    now: ScheduleOnCallOut
    layers: list[LayerOut]

    @staticmethod
    def of(schedule: Schedule, on: On, *, now: datetime) -> "ScheduleOut":
        """Return a schedule as the API words it."""
        layers = queries.layers_in_force(schedule, now=now)
        return ScheduleOut(
            slug=schedule.slug,
            name=schedule.name,
            zone=schedule.zone_name,
            description=schedule.description,
            follows_duties=follows_duties(layers),
            beside_duties=schedule.beside_duties,
            now=ScheduleOnCallOut.of(schedule, on, at=now),
            layers=[LayerOut.of(layer, now=now) for layer in layers],
        )


class SchedulesOut(Schema):
    """The team's schedules, by name."""

    items: list[ScheduleOut]
