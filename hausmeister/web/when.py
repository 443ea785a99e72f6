"""Times in words, as every screen writes them (UI, section 10). Pure: the moment `now` and the zone come in.

Today 19:08 · within six days Wed 19:08 · else 25 Nov 19:08, with the year if it is another one.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hausmeister.base.words import duration

_NEAR = timedelta(days=6)


def at(moment: datetime, *, now: datetime, zone: ZoneInfo, seconds: bool = False) -> str:
    """Return when `moment` is: "19:08" today, "Wed 19:08" near today, else "25 Nov 19:08"."""
    local = moment.astimezone(zone)
    clock = formatted(local, "H:i:s" if seconds else "H:i")
    day = day_of(local.date(), today=now.astimezone(zone).date())
    return f"{day} {clock}" if day else clock


def day_of(day: date, *, today: date) -> str:
    """Return the day in words, "" for today itself."""
    if day == today:
        return ""
    if abs(day - today) <= _NEAR:
        return formatted(day, "D")
    return short_date(day, today=today)


def short_date(day: date, *, today: date) -> str:
    """Return "25 Nov", and the year if it is another one."""
    return formatted(day, "j M" if day.year == today.year else "j M Y")


def until(moment: datetime, *, now: datetime, zone: ZoneInfo) -> str:
    """Return an end, which always names its day: "today 19:08", "Fri 17:00"."""
    words = at(moment, now=now, zone=zone)
    return words if " " in words else _("today %(clock)s") % {"clock": words}


def long_until(moment: datetime, *, now: datetime, zone: ZoneInfo) -> str:
    """Return an end for the duty sentence: the day is written out."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    clock = formatted(local, "H:i")
    if local.date() == today:
        return _("today %(clock)s") % {"clock": clock}
    if abs(local.date() - today) <= _NEAR:
        return f"{formatted(local, 'l')} {clock}"
    return f"{short_date(local.date(), today=today)} {clock}"


def ago(moment: datetime, *, now: datetime) -> str:
    """Return how long ago, for the last 24 hours; "" before that, when the date says more, and for what is ahead."""
    if not timedelta(0) <= now - moment < timedelta(hours=24):
        return ""
    return _("%(duration)s ago") % {"duration": duration(now - moment)}


def left(moment: datetime, *, now: datetime) -> str:
    """Return how much time is left, rounded down."""
    return duration(moment - now)


def span(starts_on: date, ends_on: date, *, today: date) -> str:
    """Return a span of days: "4 Jan", "4–8 Jan", "28 Dec – 3 Jan"."""
    if starts_on == ends_on:
        return short_date(starts_on, today=today)
    if (starts_on.year, starts_on.month) == (ends_on.year, ends_on.month):
        return f"{starts_on.day}–{short_date(ends_on, today=today)}"
    return f"{short_date(starts_on, today=today)} – {short_date(ends_on, today=today)}"


def count(number: int) -> str:
    """Return a count as it stands beside a word: it stops at 999+."""
    return str(number) if number <= 999 else "999+"


def age(moment: datetime, *, now: datetime) -> str:
    """Return how old something is, roughly, as a list of what lies about says it: "4 min", "11 days", "2 months"."""
    length = max(now - moment, timedelta(0))
    days = length.days
    if days < 2:
        return duration(length) if days < 1 else _("1 day")
    if days < 14:
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    if days < 60:
        return ngettext("%(n)d week", "%(n)d weeks", days // 7) % {"n": days // 7}
    if days < 730:
        return ngettext("%(n)d month", "%(n)d months", days // 30) % {"n": days // 30}
    return ngettext("%(n)d year", "%(n)d years", days // 365) % {"n": days // 365}
