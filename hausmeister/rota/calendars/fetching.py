"""Getting calendars from the addresses that people typed, through the one guarded door (S43 to S45)."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import Error as DatabaseError

from hausmeister.base import guard, log
from hausmeister.base.one_at_a_time import Begin, OneAtATime
from hausmeister.base.outgoing import Answer, Client, Limits
from hausmeister.journal.rules import Actor
from hausmeister.rota.calendars import imports, reader
from hausmeister.rota.calendars.imports import Emptied, Seen
from hausmeister.rota.calendars.models import CalendarImport
from hausmeister.rota.rules.calendars.importing import MOST_BYTES, BadCalendar, ImportKind, span_of_reading

_log = log.get(__name__)

EVERY = timedelta(minutes=1)
# so many in one round, so that a round ends; the longest waiting come first
AT_A_TIME = 20
_TIME_LIMITS = Limits(connect_s=5.0, total_s=20.0, read_bytes=MOST_BYTES)

Get = Callable[[str, dict[str, str]], Answer]


def guarded() -> Get:
    """Return the way out that this installation's settings allow."""
    client = Client(guard=guard.of_settings(), limits=_TIME_LIMITS)
    return lambda url, headers: client.request("GET", url, headers={"Accept": "text/calendar, */*;q=0.1", **headers})


def look(one: CalendarImport, *, now: datetime, get: Get | None = None, by: Actor = imports.READER) -> None:
    """Get the calendar of `one` and take what it says; whatever is wrong with it is told on the import and stays there.

    Once a day the whole is read even if nothing changed: the days ahead that are looked at have moved on.
    """
    is_of_today = one.taken_at is not None and one.taken_at.date() == now.date()
    is_known = is_of_today and not one.problem and not one.may_be_empty
    try:
        answer = _get(one, get or guarded(), is_known=is_known)
        if answer.status == 304 and is_known:
            imports.unchanged(one, now=now)
            return
        body = _body(answer)
        seen = Seen(
            answer.headers.get("etag", ""), answer.headers.get("last-modified", ""), hashlib.sha256(body).hexdigest()
        )
        if is_known and seen.digest == one.digest:
            imports.unchanged(one, now=now)
            return
        take_body(one, body, seen=seen, now=now, by=by)
    except BadCalendar as problem:
        imports.refuse(one, str(problem), now=now, awaits_word=isinstance(problem, Emptied))


def take_body(
    one: CalendarImport,
    body: bytes,
    *,
    now: datetime,
    seen: Seen | None = None,
    by: Actor = imports.READER,
) -> None:
    """Read a calendar that is there, such as a file somebody chose, and take what it says. Raises BadCalendar."""
    since, until = span_of_reading(now)
    reading = reader.read(body, since=since, until=until, zone_name=_zone_name(one))
    imports.take(one, reading, seen=seen or Seen(), now=now, by=by)


def _zone_name(one: CalendarImport) -> str:
    owner = one.person if one.kind == ImportKind.LEAVE else one.team
    return owner.zone_name if owner is not None else "UTC"


def _get(one: CalendarImport, get: Get, *, is_known: bool) -> Answer:
    headers = {}
    if is_known and one.etag.isascii() and one.etag:
        headers["If-None-Match"] = one.etag
    elif is_known and one.last_modified.isascii() and one.last_modified:
        headers["If-Modified-Since"] = one.last_modified
    try:
        return get(one.url, headers)
    except guard.Forbidden as problem:
        raise BadCalendar(str(problem)) from problem
    except guard.NoAnswer as problem:
        raise BadCalendar(f"The calendar's server gave no answer: {problem}.") from problem


def _body(answer: Answer) -> bytes:
    """Return what came. Raises BadCalendar; of the far side's words nothing is repeated (S45)."""
    if answer.status != 200:
        raise BadCalendar(_refusal(answer.status))
    if not answer.is_whole:
        is_full = len(answer.body) >= MOST_BYTES
        most = f"The calendar is larger than {MOST_BYTES // 1024**2} MiB."
        raise BadCalendar(most if is_full else "The calendar breaks off: its server ended before it was whole.")
    return answer.body


def _refusal(status: int) -> str:
    if 300 <= status < 400:
        return f"The calendar's server points to another address ({status}); type that one instead."
    if status in {401, 403}:
        return f"The calendar's server wants a sign-in ({status}); use the calendar's secret address."
    if status in {404, 410}:
        return f"There is no calendar at this address any more ({status})."
    return f"The calendar's server answered {status}."


class Round:
    """Looks at the calendars whose time has come, beside the engine: a slow server must not hold up a page."""

    def __init__(self, *, begin: Begin, get: Get | None = None) -> None:
        self._rounds = OneAtATime(begin, event="calendar.round_failed")
        self._get = get

    def run(self, now: datetime) -> int:
        """Begin a round if any calendar is due, unless one is still going on; return how many were begun."""
        return self._rounds.begin(lambda: self._go_round(now)) if CalendarImport.objects.due(now).exists() else 0

    def _go_round(self, now: datetime) -> None:
        for one in CalendarImport.objects.due(now).select_related("person", "team")[:AT_A_TIME]:
            if _claim(one, now=now):
                self._look(one, now)

    def _look(self, one: CalendarImport, now: datetime) -> None:
        """Look at one; whatever goes wrong with it does not stop the others."""
        try:
            look(one, now=now, get=self._get)
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001 - logged once at the edge; the next look comes
            _log.error("calendar.look_failed", calendar=one.pk, error=f"{type(error).__name__}: {error}"[:300])


def _claim(one: CalendarImport, *, now: datetime) -> bool:
    """Take the look that is due; of two engines one gets it."""
    mine = CalendarImport.objects.filter(pk=one.pk, next_read_at=one.next_read_at)
    return bool(mine.update(next_read_at=now + imports.interval()))
