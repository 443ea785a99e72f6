"""The week line, the mark of the house: Monday to Sunday in one strip. Pure geometry, in per cent of its width.

The weekday duty is solid, the duty that takes pages only is hatched; ticks at the hand-offs, a needle at now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _

from hausmeister.base.wall_time import instant, monday_of
from hausmeister.rota.rules.slots import WeeklyDuty, slots_between

# closer than this, two labels would run into each other on a phone
_APART = 10.0


@dataclass(frozen=True)
class Stretch:
    """A part of the strip; `is_work` ones are solid."""

    x: str
    width: str
    is_work: bool


@dataclass(frozen=True)
class Mark:
    """A label at a place."""

    x: str
    words: str


@dataclass(frozen=True)
class WeekLine:
    """Everything the template draws."""

    stretches: tuple[Stretch, ...]
    days: tuple[Mark, ...]
    seams: tuple[str, ...]
    ticks: tuple[Mark, ...]
    needle: Mark
    says: str


def week_line(duties: Sequence[WeeklyDuty], *, of: ZoneInfo, zone: ZoneInfo, now: datetime) -> WeekLine:
    """Return the week that holds `now`, as clocks in `zone` show it; the duties keep the clocks of `of`.

    A week of a clock change is drawn true.
    """
    monday = monday_of(now.astimezone(zone).date())
    midnights = [instant(monday + timedelta(days=number), time(0), zone) for number in range(8)]
    starts_at, ends_at = midnights[0], midnights[-1]
    whole = ends_at - starts_at

    def place(moment: datetime) -> float:
        return 100 * ((moment - starts_at) / whole)

    slots = list(slots_between(tuple(duties), of, starts_at, ends_at))
    takes_triage = {duty.name for duty in duties if duty.triage}
    stretches = tuple(
        Stretch(
            _percent(place(max(slot.starts_at, starts_at))),
            _percent(place(min(slot.ends_at, ends_at)) - place(max(slot.starts_at, starts_at))),
            slot.duty in takes_triage,
        )
        for slot in slots
    )
    handoffs = [slot.starts_at for slot in slots if slot.starts_at > starts_at]
    needle = place(now)
    return WeekLine(
        stretches=stretches,
        days=tuple(
            Mark(_percent(place(midnight)), formatted(midnight.astimezone(zone), "D")) for midnight in midnights[:-1]
        ),
        seams=tuple(_percent(place(midnight)) for midnight in midnights[1:-1]),
        ticks=tuple(
            Mark(_percent(place(moment)), _clock(moment, zone))
            for moment in handoffs
            if abs(place(moment) - needle) >= _APART
        ),
        needle=Mark(_percent(needle), _clock(now, zone)),
        says=_("This week: hand-offs %(handoffs)s. Now: %(now)s.")
        % {
            "handoffs": ", ".join(formatted(moment.astimezone(zone), "D H:i") for moment in handoffs),
            "now": formatted(now.astimezone(zone), "D H:i"),
        },
    )


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return formatted(moment.astimezone(zone), "H:i")


def _percent(value: float) -> str:
    return f"{value:.2f}%"
