"""Taking letters: each is stored, goes where its address says, and moves the place up to which the folder was read.

All of that is one transaction: a letter is either taken or will be read again, whatever happens in between.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from hausmeister.base import database, log
from hausmeister.base.untrusted import one_line
from hausmeister.mailbox import delivering, rules
from hausmeister.mailbox.models import Arrival, Outcome, Reading
from hausmeister.mailbox.rules import Goal, GoalKind
from hausmeister.mailbox.shapes import Folder, Letter

_log = log.get(__name__)

# after a new numbering what arrived so long before the newest letter is looked at again: clocks differ, mail waits
LOOK_BACK = timedelta(days=2)
KEPT = timedelta(days=90)


@transaction.atomic
def begin(folder: Folder, *, now: datetime) -> Reading:
    """Return from where to read. The first time that is the folder's end: what is older is nobody's question now.

    A new numbering begins at its first letter, for those that arrived since shortly before the newest known one;
    their digests keep them from being taken twice.
    """
    reading, made = Reading.objects.select_for_update().get_or_create(
        pk=1, defaults={"validity": folder.validity, "uid": folder.next_uid - 1, "read_at": now}
    )
    if made or reading.validity == folder.validity:
        return reading
    _log.warning("mailbox.renumbered", was=reading.validity, now=folder.validity)
    reading.since_at = (reading.heard_at or reading.read_at) - LOOK_BACK
    reading.validity, reading.uid, reading.renumbered_at = folder.validity, 0, now
    reading.save()
    return reading


@transaction.atomic
def finish(folder: Folder, *, now: datetime) -> None:
    """Say that the folder, as it was when it was opened, is read to its end; forget letters of long ago."""
    mine = Reading.objects.filter(pk=1, validity=folder.validity)
    mine.filter(uid__lt=folder.next_uid - 1).update(uid=folder.next_uid - 1)
    mine.update(since_at=None, read_at=now)
    Arrival.objects.filter(taken_at__lt=now - KEPT).delete()


@transaction.atomic
def gone(uid: int, *, validity: int) -> None:
    """Say that the letter with this number is there no more: somebody deleted it before it was read."""
    Reading.objects.filter(pk=1, validity=validity, uid__lt=uid).update(uid=uid)


@database.tried_again
@transaction.atomic
def take(letter: Letter, *, uid: int, validity: int, now: datetime) -> Outcome | None:
    """Take the letter with this number; None when it was taken before, by its number or by its digest."""
    reading = Reading.objects.select_for_update().get(pk=1)
    if reading.validity != validity or uid <= reading.uid:
        return None
    reading.uid, reading.heard_at = uid, max(reading.heard_at or letter.arrived_at, letter.arrived_at)
    reading.save(update_fields=["uid", "heard_at"])
    if Arrival.objects.filter(digest=letter.digest).exists():
        return None
    outcome, why = _delivered(letter, now)
    Arrival.objects.create(
        digest=letter.digest, sender=letter.sender[:254], subject=one_line(letter.subject, 200), outcome=outcome,
        why=one_line(why, 300), arrived_at=letter.arrived_at, taken_at=now,
    )  # fmt: skip
    _log.info("mailbox.letter", outcome=str(outcome), why=why[:200], size=letter.size_bytes)
    return outcome


def _delivered(letter: Letter, now: datetime) -> tuple[Outcome, str]:
    """Deliver the letter everywhere it goes; return what became of it, and why where it was passed over."""
    ours = str(settings.HAUSMEISTER_MAILBOX_ADDRESS)
    found = rules.goals(letter.recipients, ours) or [Goal(GoalKind.TEAM, "", "", ours)]
    try:
        with transaction.atomic():
            told = [_WAYS[goal.kind](letter, goal, now) for goal in found]
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - one letter that breaks us must neither stop the others nor vanish
        _log.error("mailbox.not_taken", error=f"{type(error).__name__}: {error}"[:500])
        delivering.unreadable(letter, now=now)
        return Outcome.NOT_READ, f"{type(error).__name__}: it could not be taken; an item says that it came"
    passed = [one for one in told if one]
    return (Outcome.PASSED_OVER, "; ".join(passed)) if len(passed) == len(told) else (Outcome.TAKEN, "; ".join(passed))


# each returns "" when the letter was taken there, else why it was passed over
_WAYS: dict[GoalKind, Callable[[Letter, Goal, datetime], str]] = {
    GoalKind.TEAM: delivering.to_team,
    GoalKind.BEAT: delivering.to_heartbeat,
    GoalKind.ALERT: delivering.to_alerts,
}
