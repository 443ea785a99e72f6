"""What the API takes for schedules, and how it becomes what the rules check."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Annotated

from ninja import Schema
from pydantic import ConfigDict, Field

from hausmeister.base.untrusted import storable
from hausmeister.rota.rules.definitions import (
    BadDefinition,
    Content,
    LayerDraft,
    ScheduleDraft,
    read_clock,
    read_wall,
    read_weekday,
    read_window,
)
from hausmeister.rota.rules.layers import Held, Kind
from hausmeister.rota.rules.rotations import NOBODY, Unit, Who
from hausmeister.rota.rules.slots import Post
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability, Role

Email = Annotated[str, Field(min_length=1, max_length=254)]
Wall = Annotated[
    str, Field(max_length=40, description="Wall-clock time in the schedule's zone, such as 2026-11-30 11:00.")
]
MomentIn = Annotated[str, Field(max_length=80, description='A moment: ISO 8601, "fri 18:00", "in 3h".')]


class Body(Schema):
    """A body with nothing in it that is not named here."""

    model_config = ConfigDict(extra="forbid")


class EntryIn(Body):
    """An explicit duty of a plan."""

    person: Email
    starts_at: datetime = Field(description="ISO 8601 with an offset.")
    ends_at: datetime


Participants = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=260)]],
    Field(max_length=200, description='In order: e-mail addresses of the team, "team:NAME" or "nobody".'),
]
Entries = Annotated[list[EntryIn], Field(max_length=5_000)]


class LayerIn(Body):
    """A layer: a rotation, one of the team's duties as planned, or entries with dates. Later ones lie on top."""

    name: str = Field(min_length=1, max_length=100)
    content: Content = Content.ROTATION
    starts: Wall = ""
    ends: Wall = ""
    only: list[Annotated[str, Field(max_length=60)]] = Field(
        default=[],
        max_length=60,
        description='When it applies: "09:00-17:00", "mon 09:00-17:00", "fri 17:00 - mon 09:00"; none: always.',
    )
    every: Unit = Field(Unit.WEEKLY, description="What a turn of a rotation is counted in.")
    length: int = Field(1, ge=-1_000_000, le=1_000_000, description="So many of them make a turn.")
    hand_off: str = Field("09:00", max_length=10, description="Time of day of the hand-off.")
    day: str = Field("", max_length=10, description="Weekly: mon to sun. Monthly: 1 to 31.")
    participants: Participants = []
    duty: str = Field("", max_length=40, description="Whose planned shifts a layer of a duty reads.")
    post: Post = Post.PRIMARY
    entries: Entries = []


class ScheduleIn(Body):
    """A schedule with its layers."""

    slug: str = Field(min_length=1, max_length=60, description="Small letters, digits and single hyphens.")
    name: str = Field(min_length=1, max_length=100)
    zone: str = Field("", max_length=60, description="IANA zone; the team's if left out.")
    description: str = Field("", max_length=500)
    beside_duties: bool = Field(
        default=False, description="Somebody may be on by it and have a duty at once; else that is a finding."
    )
    layers: list[LayerIn] = Field(default=[], max_length=20)


class ScheduleChangeIn(Body):
    """How a schedule is called, and in which zone its wall-clock times are read."""

    name: str = Field(min_length=1, max_length=100)
    zone: str = Field(min_length=1, max_length=60)
    description: str = Field("", max_length=500)
    beside_duties: bool | None = Field(
        default=None, description="Somebody may be on by it and have a duty at once; left out: as it is."
    )


class ParticipantsIn(Body):
    """Who takes turns, in order, from a moment on."""

    participants: Participants
    from_: MomentIn = Field("now", alias="from", max_length=80)


class EntriesIn(Body):
    """All that a plan holds."""

    entries: Entries


class TemplateIn(Body):
    """What a template is filled with."""

    people: list[Email] = Field(default=[], max_length=100, description="E-mail addresses of the team, in order.")
    slug: str = Field("", max_length=60)
    name: str = Field("", max_length=100)
    zone: str = Field("", max_length=60, description="IANA zone; the team's if left out.")
    hand_off: str = Field("09:00", max_length=10)


class GiveIn(Body):
    """A turn of one's own, or a part of it, and who takes it."""

    to: Email = Field(description="Who takes it: there, not on, and without a duty then.")
    from_: MomentIn = Field("now", alias="from", max_length=80)
    until: MomentIn
    reason: str = Field("", max_length=200)


class OverrideIn(Body):
    """An override of one schedule, or without one of all that the team has, its duties among them."""

    schedule: str = Field("", max_length=60, description="The schedule's short name; empty: all of the team's.")
    kind: Kind = Kind.REPLACE
    person: str = Field("", max_length=254, description="Who is on by it: e-mail address.")
    instead_of: str = Field(
        "", max_length=254, description="Who is not: e-mail address. A replacement without one is for whoever is on."
    )
    from_: MomentIn = Field("now", alias="from", max_length=80)
    until: MomentIn
    reason: str = Field("", max_length=200)
    even_if_outranked: bool = Field(
        False, description="Let a backstop of the duties have less experience than the person backed."
    )


# ---- into drafts ----


def people_named(team: Team, emails: Sequence[str], field: str = "people") -> list[Person]:
    """Return the members of `team` with these addresses, in order. Raises BadDefinition for the first unknown one."""
    known = {one.person.email.lower(): one.person for one in team_queries.members(team.pk) if one.role != Role.VIEWER}
    found = []
    for email in emails:
        person = known.get(email.strip().lower())
        if person is None:
            raise BadDefinition(f"{storable(email)[:80]!r} is no address of a responder of {team.name}.", field)
        found.append(person)
    return found


def somebody_named(team: Team, email: str, field: str) -> int | None:
    """Return the number of the member with this address, None for an empty one. Raises BadDefinition."""
    return people_named(team, [email], field)[0].pk if email.strip() else None


def participants_named(team: Team, named: Sequence[str], *, by: Person) -> tuple[Who, ...]:
    """Return who is meant by "a@example.org", "team:NAME" and "nobody". Raises BadDefinition.

    A team that `by` may not look at does not exist for them.
    """
    return tuple(_who(team, text, by) for text in named)


def _who(team: Team, text: str, by: Person) -> Who:
    if text.strip().lower() == "nobody":
        return NOBODY
    if not text.startswith("team:"):
        return Who(person_id=people_named(team, [text], "participants")[0].pk)
    slug = text.removeprefix("team:").strip()
    other = next((one for one in permissions.teams(by, Capability.SEE_STATUS) if one.slug == slug), None)
    if other is None:
        raise BadDefinition(f"There is no team {storable(slug)[:80]!r}.", "participants")
    return Who(team_id=other.pk)


def entries_of(team: Team, entries: Sequence[EntryIn]) -> tuple[Held, ...]:
    """Return the entries of a plan. Raises BadDefinition."""
    return tuple(_entry(team, one) for one in entries)


def _entry(team: Team, one: EntryIn) -> Held:
    for moment in (one.starts_at, one.ends_at):
        if moment.tzinfo is None or not 2000 <= moment.year <= 2200:
            raise BadDefinition("An entry's times need an offset, such as 2026-11-30T11:00+01:00.", "entries")
    (person,) = people_named(team, [one.person], "entries")
    return Held(one.starts_at, one.ends_at, frozenset({person.pk}))


def layer_draft(team: Team, given: LayerIn, *, by: Person) -> LayerDraft:
    """Return a layer as the rules check it. Raises BadDefinition."""
    return LayerDraft(
        name=storable(given.name),
        content=given.content,
        starts=read_wall(given.starts, "starts") if given.starts else None,
        ends=read_wall(given.ends, "ends") if given.ends else None,
        windows=tuple(read_window(text) for text in given.only),
        unit=given.every,
        length=given.length,
        hand_off=read_clock(given.hand_off, "hand_off") if given.hand_off else time(9),
        day=_day(given),
        participants=participants_named(team, given.participants, by=by),
        duty=given.duty,
        post=given.post,
        entries=entries_of(team, given.entries),
    )


def _day(given: LayerIn) -> int:
    if given.every is Unit.WEEKLY:
        return read_weekday(given.day, "day") if given.day else 0
    if given.every is not Unit.MONTHLY:
        return 0
    if given.day and not (given.day.isascii() and given.day.isdecimal()):
        raise BadDefinition(f"{storable(given.day)!r} is no day of the month; write 1 to 31.", "day")
    return int(given.day or 1)


def schedule_draft(team: Team, given: ScheduleIn, *, by: Person) -> ScheduleDraft:
    """Return a schedule as the rules check it. Raises BadDefinition."""
    return ScheduleDraft(
        slug=given.slug,
        name=storable(given.name),
        zone_name=given.zone or team.zone_name,
        description=storable(given.description),
        layers=tuple(layer_draft(team, layer, by=by) for layer in given.layers),
        beside_duties=given.beside_duties,
    )
