"""How we stand with the chat: the way in, the line, the rooms, who is linked, what is missing; for people to read."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from hausmeister.base.words import duration
from hausmeister.chat import line
from hausmeister.chat.models import Line, LineState
from hausmeister.chat.shapes import service_label
from hausmeister.team import queries as team_queries
from hausmeister.team.models import ContactMethod, Team
from hausmeister.team.rules import Role
from hausmeister.triage.models import WatchedRoom
from hausmeister.triage.rules.states import RoomState

# a line that is being mended for so long is somebody's business
MENDS_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True)
class Standing:
    """One chat, seen by one team or by all. `problems` must be mended, `hints` could be."""

    service: str
    hears: bool
    line: Line | None
    rooms: tuple[WatchedRoom, ...]
    linked: int
    people: int
    problems: tuple[str, ...]
    hints: tuple[str, ...]

    @property
    def label(self) -> str:
        """The chat's name as people read it."""
        return service_label(self.service)

    @property
    def lost(self) -> tuple[WatchedRoom, ...]:
        """The rooms that ought to be heard and are not."""
        return tuple(one for one in self.rooms if self.hears and one.state != RoomState.WATCHING)


def standing(team: Team, *, now: datetime) -> Standing | None:
    """Return how the team stands with the chat, None where no chat is set up."""
    service = str(settings.HAUSMEISTER_CHAT)
    if not service:
        return None
    found = line.of(service)
    rooms = tuple(WatchedRoom.objects.filter(team=team, service=service).order_by("name"))
    people = [one.person_id for one in team_queries.members(team.pk) if one.role != Role.VIEWER]
    linked = ContactMethod.objects.usable().filter(channel=service, person_id__in=people)
    count = linked.values("person_id").distinct().count()
    hears = bool(settings.HAUSMEISTER_CHAT_HEARS)
    return Standing(
        service, hears, found, rooms, count, len(people),
        problems=tuple(_problems(service, found, rooms, hears=hears, now=now)),
        hints=tuple(_hints(service, count, len(people), hears=hears)),
    )  # fmt: skip


def line_words(service: str, found: Line | None, *, now: datetime) -> str:
    """Return in a sentence how the line stands."""
    label = service_label(service)
    if found is None:
        return f"Nothing has come from {label} yet."
    since = duration(now - found.since_at)
    if found.state == LineState.UP:
        return f"The line to {label} stands, for {since}."
    state = "refuses us" if found.state == LineState.REFUSED else "does not answer"
    label = label[:1].upper() + label[1:]
    return f"{label} {state}, for {since}: {found.reason}"


def line_problem(service: str, found: Line | None, *, now: datetime) -> str:
    """Return what is wrong with the line, "" when nothing is, or when it is being mended since a moment."""
    if found is None or found.state == LineState.UP:
        return ""
    if found.state == LineState.DOWN and now - found.since_at < MENDS_WITHIN:
        return ""
    return line_words(service, found, now=now)


def _problems(
    service: str, found: Line | None, rooms: tuple[WatchedRoom, ...], *, hears: bool, now: datetime
) -> list[str]:
    told = [line_problem(service, found, now=now)]
    if hears:
        told += [f"#{one.name} is not heard. {one.problem}" for one in rooms if one.state != RoomState.WATCHING]
    return [one for one in told if one]


def _hints(service: str, linked: int, people: int, *, hears: bool) -> list[str]:
    label, told = service_label(service), []
    if not hears:
        told.append(f"We only write into {label}. For buttons, commands and the inbox, set up the app.")
    if linked < people:
        missing = people - linked
        told.append(f"{missing} of {people} responders are not linked: they add {label} under Contact methods.")
    return told
