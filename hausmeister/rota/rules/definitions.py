"""What people write down of a schedule, before it is stored, and everything that can be wrong with it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import WEEKDAYS, zone_named
from hausmeister.rota.rules.layers import Held
from hausmeister.rota.rules.restrictions import Window
from hausmeister.rota.rules.rotations import Unit, Who
from hausmeister.rota.rules.slots import Post
from hausmeister.rota.rules.wall import WallMoment

MOST_LAYERS, MOST_PARTICIPANTS, MOST_WINDOWS, MOST_ENTRIES = 20, 100, 50, 5_000
LONGEST_LENGTH = 1_000
LONGEST_OVERRIDE = timedelta(days=366)

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Content(StrEnum):
    """What a layer is made of: turns, one of the team's own duties, or entries with dates."""

    ROTATION = "rotation"
    DUTY = "duty"
    ENTRIES = "entries"


class BadDefinition(Exception):
    """The definition cannot be used. `field` names the part at fault; the text says what came and what may."""

    def __init__(self, text: str, field_name: str = "") -> None:
        super().__init__(text)
        self.field = field_name


@dataclass(frozen=True)
class LayerDraft:
    """A layer as it is written down. Which fields count depends on `content`."""

    name: str
    content: Content
    starts: WallMoment | None = None
    ends: WallMoment | None = None
    windows: tuple[Window, ...] = ()
    unit: Unit = Unit.WEEKLY
    length: int = 1
    hand_off: time = time(9)
    day: int = 0
    participants: tuple[Who, ...] = ()
    duty: str = ""
    post: Post = Post.PRIMARY
    entries: tuple[Held, ...] = ()


@dataclass(frozen=True)
class ScheduleDraft:
    """A schedule as it is written down, its layers in order, the last one on top.

    `beside_duties`: who has a duty may be on by it at the same time.
    """

    slug: str
    name: str
    zone_name: str
    description: str = ""
    layers: tuple[LayerDraft, ...] = field(default=())
    beside_duties: bool = False


def check_slug(slug: str) -> None:
    """Raise BadDefinition unless `slug` can stand in an address and in a policy."""
    if len(slug) > 60 or not _SLUG.fullmatch(slug):
        raise BadDefinition(
            f"The short name is {slug[:80]!r}; it must be small letters, digits and single hyphens, at most 60.", "slug"
        )


def check_zone(name: str) -> ZoneInfo:
    """Return the zone. Raises BadDefinition when there is none of that name, or no longer."""
    try:
        return zone_named(name)
    except ValueError as error:
        raise BadDefinition(f"{error}.", "zone") from error


def check_schedule(draft: ScheduleDraft, *, duties: Sequence[str]) -> None:
    """Raise BadDefinition for the first thing that is wrong; `duties` are the names of the team's duties."""
    check_slug(draft.slug)
    check_name(draft.name)
    check_zone(draft.zone_name)
    if len(draft.description) > 500:
        raise BadDefinition("The description is longer than 500 characters.", "description")
    if len(draft.layers) > MOST_LAYERS:
        raise BadDefinition(f"There are {len(draft.layers)} layers; at most {MOST_LAYERS} are allowed.", "layers")
    for layer in draft.layers:
        check_layer(layer, duties=duties)


def check_name(name: str) -> None:
    """Raise BadDefinition unless a schedule may be called `name`."""
    if not name.strip() or len(name) > 100:
        raise BadDefinition("The name must have from 1 to 100 characters.", "name")


def check_layer(layer: LayerDraft, *, duties: Sequence[str]) -> None:
    """Raise BadDefinition for the first thing that is wrong with `layer`."""
    if not layer.name.strip() or len(layer.name) > 100:
        raise BadDefinition("A layer's name must have from 1 to 100 characters.", "name")
    if layer.starts and layer.ends and layer.ends <= layer.starts:
        raise BadDefinition(
            f"The layer {layer.name} ends at {layer.ends}, but begins at {layer.starts}; it must end later.", "ends"
        )
    if len(layer.windows) > MOST_WINDOWS:
        raise BadDefinition(f"There are {len(layer.windows)} restrictions; at most {MOST_WINDOWS} are allowed.", "only")
    for window in layer.windows:
        _check_window(window)
    _CHECKS[layer.content](layer, duties)


def _check_window(window: Window) -> None:
    days = (window.starts_day, window.ends_day)
    if (days[0] is None) != (days[1] is None):
        raise BadDefinition("A restriction names both days of the week, or none of them.", "only")
    if any(day is not None and not 0 <= day <= 6 for day in days):
        raise BadDefinition("A restriction's days must be from mon to sun.", "only")


def _check_rotation(layer: LayerDraft, _duties: Sequence[str]) -> None:
    if layer.starts is None:
        raise BadDefinition(f"The rotation {layer.name} has no start; say from when its turns count.", "starts")
    if not 1 <= layer.length <= LONGEST_LENGTH:
        raise BadDefinition(
            f"A turn of {layer.name} lasts {layer.length} times {layer.unit.value}; it must be from 1 to"
            f" {LONGEST_LENGTH}.",
            "length",
        )
    if layer.unit is Unit.WEEKLY and not 0 <= layer.day <= 6:
        raise BadDefinition("A weekly hand-off is on a day from mon to sun.", "day")
    if layer.unit is Unit.MONTHLY and not 1 <= layer.day <= 31:
        raise BadDefinition(
            f"A monthly hand-off is on a day from 1 to 31, not {layer.day}; in a shorter month it is the last day.",
            "day",
        )
    check_participants(layer.participants, name=layer.name)


def check_participants(participants: Sequence[Who], *, name: str) -> None:
    """Raise BadDefinition unless these may take turns in the layer called `name`."""
    if not participants:
        raise BadDefinition(f"The rotation {name} has no participants; name at least one.", "participants")
    if len(participants) > MOST_PARTICIPANTS:
        raise BadDefinition(
            f"There are {len(participants)} participants; at most {MOST_PARTICIPANTS} are allowed.", "participants"
        )


def _check_duty(layer: LayerDraft, duties: Sequence[str]) -> None:
    if layer.duty not in duties:
        raise BadDefinition(f"The team has no duty {layer.duty[:80]!r}; its policy names {', '.join(duties)}.", "duty")


def _check_entries(layer: LayerDraft, _duties: Sequence[str]) -> None:
    if len(layer.entries) > MOST_ENTRIES:
        raise BadDefinition(f"There are {len(layer.entries)} entries; at most {MOST_ENTRIES} are allowed.", "entries")
    for entry in layer.entries:
        if entry.ends_at <= entry.starts_at:
            raise BadDefinition(
                f"An entry ends at {entry.ends_at.isoformat()}, but begins at {entry.starts_at.isoformat()};"
                " it must end later.",
                "entries",
            )


_CHECKS = {Content.ROTATION: _check_rotation, Content.DUTY: _check_duty, Content.ENTRIES: _check_entries}


# ---- as text: what API, console and tables write ----


def read_clock(text: str, field_name: str) -> time:
    """Return the time of day that "HH:MM" names. Raises BadDefinition."""
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", text.strip())
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise BadDefinition(f"{text[:80]!r} is no time of day; write for example 09:00.", field_name)
    return time(int(match[1]), int(match[2]))


def read_wall(text: str, field_name: str) -> WallMoment:
    """Return the wall-clock moment that "2026-11-30 11:00" names; without a time its midnight.

    Raises BadDefinition; an offset has no place here, for the schedule has a zone.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadDefinition(
            f"{text[:80]!r} is no date with a time; write for example 2026-11-30 11:00.", field_name
        ) from error
    if moment.tzinfo is not None:
        raise BadDefinition(
            f"{text[:80]!r} has an offset; write the time as clocks in the schedule's zone show it.", field_name
        )
    if not 2000 <= moment.year <= 2200:
        raise BadDefinition(f"{text[:80]!r} is a year that no schedule knows.", field_name)
    return WallMoment(moment.date(), time(moment.hour, moment.minute))


def read_weekday(text: str, field_name: str) -> int:
    """Return the number of a weekday, 0 for Monday. Raises BadDefinition."""
    word = text.strip().lower()
    found = [number for number, short in enumerate(WEEKDAYS) if len(word) >= 3 and word[:3] == short]
    if not found:
        raise BadDefinition(
            f"{text[:80]!r} is no day of the week; write mon, tue, wed, thu, fri, sat or sun.", field_name
        )
    return found[0]


def read_window(text: str) -> Window:
    """Return the restriction that "09:00-17:00" or "mon 09:00 - fri 17:00" names. Raises BadDefinition."""
    match = re.fullmatch(
        r"\s*(?:([a-zA-Z]{3,9})\s+)?(\d{1,2}:\d{2})\s*[-–]\s*(?:([a-zA-Z]{3,9})\s+)?(\d{1,2}:\d{2})\s*", text
    )
    if match is None or (match[3] and not match[1]):
        raise BadDefinition(
            f"{text[:80]!r} is no restriction; write for example 09:00-17:00, mon 09:00-17:00 or"
            " fri 17:00 - mon 09:00.",
            "only",
        )
    starts, ends = read_clock(match[2], "only"), read_clock(match[4], "only")
    if not match[1]:
        return Window(starts, ends)
    first = read_weekday(match[1], "only")
    last = read_weekday(match[3], "only") if match[3] else (first if ends > starts else (first + 1) % 7)
    return Window(starts, ends, first, last)
