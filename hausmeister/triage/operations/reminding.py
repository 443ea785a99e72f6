"""The clocks' part: whoever holds an item is reminded before its promise breaks, the backstop hears of it after.

Each once for each clock, and only in hours in which questions are taken: outside them nothing is said (H1, H3).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from hausmeister.base import database, log
from hausmeister.journal.rules import ENGINE
from hausmeister.outbox import operations as outbox
from hausmeister.rota import queries as rota
from hausmeister.rota.queries import DutyNow
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person
from hausmeister.triage.models import Item, Said
from hausmeister.triage.operations import talking, telling
from hausmeister.triage.operations.desk import Desk
from hausmeister.triage.rules.states import State

AT_ONCE = 100
# a message that belongs to nothing is kept so long, for a question whose beginning comes late
KEPT = timedelta(days=30)
# an answer that nobody comes back to for so long was enough
QUIET_FOR = timedelta(days=7)

_log = log.get(__name__)


def remind(now: datetime) -> int:
    """Send every reminder that is due; return how many. One that fails stops no other."""
    done = 0
    for item_id in list(Item.objects.to_nudge(now).values_list("pk", flat=True)[:AT_ONCE]):
        done += _tried(nudge, item_id, now)
    for item_id in list(Item.objects.to_raise(now).values_list("pk", flat=True)[:AT_ONCE]):
        done += _tried(raise_to_backstop, item_id, now)
    return done


def _tried(work: Callable[[int, datetime], bool], item_id: int, now: datetime) -> int:
    try:
        return int(work(item_id, now))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - one item that cannot be computed must not stop the others
        _log.error("item.reminder_failed", item=item_id, error=f"{type(error).__name__}: {error}"[:500])
        later = now + timedelta(minutes=1)
        Item.objects.filter(pk=item_id, nudge_at__lte=now).update(nudge_at=later)
        Item.objects.filter(pk=item_id, raise_at__lte=now).update(raise_at=later)
        return 0


def _locked(item_id: int) -> Item:
    return Item.objects.select_for_update(of=("self",)).select_related("team").get(pk=item_id)


@database.tried_again
@transaction.atomic
def nudge(item_id: int, now: datetime) -> bool:
    """Remind whoever has the item, or is to take it, that its promise ends soon; say whether it was done."""
    item = _locked(item_id)
    if item.nudge_at is None or item.nudge_at > now:
        return False
    desk = Desk.of(item.team, now=now)
    if not desk.hours.contains(now):
        Item.objects.filter(pk=item.pk).update(nudge_at=desk.hours.next_at(now))
        return False
    person = item.holder or _on_duty(desk).primary.person
    Item.objects.filter(pk=item.pk).update(nudge_at=None, nudged_at=now)
    if person is None:
        return False
    headline = _("%(until)s: %(title)s") % {"until": _until(item, person, now), "title": item.title}
    lines = [headline, _who(item), _("Nobody has answered yet.") if item.answered_at is None else _("It lies idle.")]
    draft = telling.personal(
        desk, item, person, headline, lines, key=_key(item, "nudge"), buttons=item.holder_id is None
    )  # fmt: skip
    outbox.enqueue([draft], now=now)
    desk.tell(item, "item.nudged", ENGINE, to=person.name)
    return True


@database.tried_again
@transaction.atomic
def raise_to_backstop(item_id: int, now: datetime) -> bool:
    """Tell the backstop that the promise is broken; say whether it was done."""
    item = _locked(item_id)
    if item.raise_at is None or item.raise_at > now:
        return False
    desk = Desk.of(item.team, now=now)
    if not desk.hours.contains(now):
        Item.objects.filter(pk=item.pk).update(raise_at=desk.hours.next_at(now))
        return False
    Item.objects.filter(pk=item.pk).update(raise_at=None, raised_at=now)
    person = _behind(desk, item)
    if person is None:
        return False
    holder = item.holder.name if item.holder else _("nobody")
    headline = _("Late: %(title)s") % {"title": item.title}
    lines = [
        _("%(title)s: %(until)s, with %(holder)s.")
        % {"title": item.title, "until": _until(item, person, now), "holder": holder},
        _who(item),
    ]
    draft = telling.personal(desk, item, person, headline, lines, key=_key(item, "late"))
    outbox.enqueue([draft], now=now)
    desk.tell(item, "item.raised", ENGINE, to=person.name)
    return True


def _on_duty(desk: Desk) -> DutyNow:
    return rota.on_duty(desk.team, at=desk.now)


def _behind(desk: Desk, item: Item) -> Person | None:
    """Return the backstop; where that is whoever has it, or nobody, the first of the leads."""
    backstop = _on_duty(desk).backstop.person
    if backstop is not None and backstop.pk != item.holder_id:
        return backstop
    return next((lead for lead in team_queries.leads(desk.team.pk) if lead.pk != item.holder_id), None)


def _until(item: Item, person: Person, now: datetime) -> str:
    moment = telling.when(item.due_at, person) if item.due_at else ""
    return (_("Due %(when)s") if item.due_at and item.due_at > now else _("Was due %(when)s")) % {"when": moment}


def _who(item: Item) -> str:
    return _("From %(name)s, %(place)s.") % {"name": item.asker_name or _("nobody named"), "place": item.place or "–"}


def _key(item: Item, what: str) -> str:
    since = item.clock_since.isoformat() if item.clock_since else ""
    return f"item-{item.pk}-{what}-{since}"


def close_quiet(now: datetime) -> int:
    """Close what was answered, or waits for its asker, and where nobody has said a word for a week."""
    old = Item.objects.not_closed().filter(
        state__in=[State.ANSWERED, State.WAITING], answered_at__lt=now - QUIET_FOR, asked_at__lt=now - QUIET_FOR
    )
    return sum(_tried(_close_quiet, item_id, now) for item_id in list(old.values_list("pk", flat=True)[:AT_ONCE]))


@database.tried_again
@transaction.atomic
def _close_quiet(item_id: int, now: datetime) -> bool:
    item = _locked(item_id)
    if item.state not in {State.ANSWERED, State.WAITING}:
        return False
    desk = Desk.of(item.team, now=now)
    reason = "nobody asked again" if item.state == State.ANSWERED else "the asker did not come back"
    talking.close(desk, item, reason=reason, by=ENGINE)
    item.version, item.before = item.version + 1, None
    item.save()
    telling.update(desk, item)
    return True


def forget(now: datetime) -> int:
    """Forget messages that belong to no item and are older than a month."""
    old = list(Said.objects.filter(item=None, at__lt=now - KEPT).values_list("pk", flat=True)[:5000])
    return Said.objects.filter(pk__in=old, item=None).delete()[0] if old else 0
