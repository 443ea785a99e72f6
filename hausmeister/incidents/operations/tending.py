"""The engine's part: reminding comms before news are due, point and backstop after. Each once for each interval."""

from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from hausmeister.base import database, log
from hausmeister.incidents import queries, telling
from hausmeister.incidents.models import Incident, Timer
from hausmeister.incidents.operations import changing, opening
from hausmeister.incidents.rules import timers
from hausmeister.incidents.rules.kinds import TimerKind
from hausmeister.incidents.rules.timers import Reminder
from hausmeister.journal.rules import ENGINE
from hausmeister.outbox import chat
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.operations import Draft
from hausmeister.outbox.rules import State
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person

_log = log.get(__name__)

MOST_AT_ONCE = 100
PUT_OFF = timedelta(minutes=1)


def remind(now: datetime) -> int:
    """Send every reminder that is due; return how many timers were served. One that fails stops no other."""
    due = Timer.objects.filter(reminder_at__lte=now).order_by("reminder_at", "id")
    served = 0
    for timer_id in list(due.values_list("id", flat=True)[:MOST_AT_ONCE]):
        try:
            served += remind_of(timer_id, now=now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - one poisoned row must not stop the others
            _log.error("incident.not_reminded", timer=timer_id, error=f"{type(error).__name__}: {error}"[:500])
            Timer.objects.filter(pk=timer_id).update(reminder_at=now + PUT_OFF)
    return served


@database.tried_again
@transaction.atomic
def remind_of(timer_id: int, *, now: datetime) -> int:
    """Send the reminder that the timer stands at, and set it to the next; nothing when another engine was faster."""
    found = Timer.objects.filter(pk=timer_id).values_list("incident_id", flat=True).first()
    if found is None:
        return 0
    incident = changing.lock(found)
    timer = Timer.objects.filter(pk=timer_id, reminder_at__lte=now).first()
    if timer is None or incident.over_at is not None:
        return 0
    reminder = Reminder(timer.reminder_at, timer.is_late, timer.interval_ends_at)
    is_late = timers.said(reminder, now=now)
    people = _after(incident, now) if is_late else _before(incident, now)
    sentence = telling.reminder_sentence(incident, timer, is_late=is_late, now=now)
    drafts = telling.reminders(incident, timer, sentence, to=people, now=now)
    outbox.enqueue([*drafts, *_in_the_thread(incident, timer, sentence, people, now)], now=now)
    changing.tell(
        incident, "incident.reminded", ENGINE, now, what=timer.kind, late=is_late, to=[one.name for one in people]
    )  # fmt: skip
    _advance(timer, reminder, incident, is_late=is_late, now=now)
    changing.store(incident)
    return 1


def _in_the_thread(
    incident: Incident, timer: Timer, sentence: str, people: list[Person], now: datetime
) -> list[Draft]:  # fmt: skip
    """Return the reminder for the crash channel's thread, where whoever is at it looks anyway."""
    said = queries.crash_message(incident)
    if said is None or said.state == State.FAILED:
        return []
    words = chat.Words(headline=f"{', '.join(one.name for one in people)}: {sentence}")
    about = telling.about(incident, f"{telling.reminder_key(incident, timer)}-chat")
    return [chat.say(telling.crash_thread(incident, said), words, about, due_at=now)]


def _before(incident: Incident, now: datetime) -> list[Person]:
    """Return who is to tell: comms, or whoever stands in where their account has ended."""
    return [incident.teller] if incident.teller.is_active else _after(incident, now)


def _after(incident: Incident, now: datetime) -> list[Person]:
    """Return who hears that it is late: point and the backstop; whoever is on duty, or leads, where neither is left."""
    primary, behind = opening.on_duty(incident.team, now=now)
    named = {one.pk: one for one in (incident.point, behind) if one is not None and one.is_active}
    return list(named.values()) or ([primary] if primary is not None else team_queries.leads(incident.team_id))


def _advance(timer: Timer, reminder: Reminder, incident: Incident, *, is_late: bool, now: datetime) -> None:
    if timer.kind == TimerKind.ANNOUNCE and is_late:
        # whether clients notice is for people to judge: said once, it is theirs
        timer.delete()
        return
    seconds = incident.update_every_s if timer.kind == TimerKind.UPDATE else incident.announce_within_s
    following = timers.following(reminder, every=timedelta(seconds=seconds or 3600), now=now)
    timer.reminder_at, timer.is_late = following.at, following.is_late
    timer.interval_ends_at = following.interval_ends_at
    timer.save(update_fields=["reminder_at", "is_late", "interval_ends_at"])
