"""How the line to a chat stands. Written when it changes, and at most twice a minute while things come."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from hausmeister.base import log
from hausmeister.base.untrusted import one_line
from hausmeister.chat.models import Line, LineState
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import ENGINE, Fact

_log = log.get(__name__)

# a sign of life is stored no oftener
EVERY = timedelta(seconds=30)


def up(service: str, *, now: datetime) -> None:
    """Say that the line stands."""
    _set(service, LineState.UP, "", now)


def down(service: str, *, reason: str, now: datetime) -> None:
    """Say that the line is broken and is being mended by itself. A refusal stays one until the line stands again."""
    if Line.objects.filter(pk=service, state=LineState.REFUSED).exists():
        return
    _set(service, LineState.DOWN, reason, now)


def refused(service: str, *, reason: str, now: datetime) -> None:
    """Say that the chat refuses us until somebody mends it."""
    _set(service, LineState.REFUSED, reason, now)


def heard(service: str, *, now: datetime) -> None:
    """Say that something came. That is a sign that the line stands."""
    recent = Line.objects.filter(pk=service, state=LineState.UP, heard_at__gt=now - EVERY)
    if recent.exists():
        return
    up(service, now=now)
    Line.objects.filter(pk=service).filter(Q(heard_at=None) | Q(heard_at__lt=now)).update(heard_at=now)


@transaction.atomic
def _set(service: str, state: LineState, reason: str, now: datetime) -> None:
    text = one_line(reason, 300)
    line, made = Line.objects.get_or_create(pk=service, defaults={"state": state, "reason": text, "since_at": now})
    if not made and line.state == state:
        if line.reason != text:
            Line.objects.filter(pk=service).update(reason=text)
        return
    Line.objects.filter(pk=service).update(state=state, reason=text, since_at=now)
    journal.record(Fact(now, f"line.{state}", f"line:{service}", ENGINE, None, {"reason": text} if text else {}))
    tell = _log.info if state == LineState.UP else _log.warning
    tell("chat.line", service=service, state=str(state), reason=text)


def of(service: str) -> Line | None:
    """Return how the line stands, None when it was never tried."""
    return Line.objects.filter(pk=service).first()


def mark(service: str) -> str:
    """Return up to where the chat was read, "" before the first time."""
    return Line.objects.filter(pk=service).values_list("mark", flat=True).first() or ""


def move_mark(service: str, to: str, *, now: datetime) -> None:
    """Say up to where the chat was read, all of it stored. That is a sign that the line stands."""
    if not Line.objects.filter(pk=service, state=LineState.UP).exists():
        up(service, now=now)
    Line.objects.filter(pk=service).exclude(mark=to).update(mark=to)
