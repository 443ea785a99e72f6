"""Escalation help (L3): the backstop is suggested to whoever is stuck, by one message and a line on their screens.

What is held is read from the record: acknowledged pages, and problems of the inbox that somebody took; what they
did with them, from the journal. Nobody is called by any of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hausmeister.base import database, log
from hausmeister.base.words import duration
from hausmeister.journal import queries as journal
from hausmeister.journal.models import Entry
from hausmeister.outbox import operations as outbox
from hausmeister.pager.models import Page
from hausmeister.rota import queries as rota
from hausmeister.team.models import Person, Team
from hausmeister.triage.models import Hint, Item
from hausmeister.triage.operations import telling
from hausmeister.triage.operations.desk import Desk
from hausmeister.triage.rules import help as rules
from hausmeister.triage.rules.help import Due, Held, Limits, Reason
from hausmeister.triage.rules.states import ItemKind

# what somebody did that moves a thing on; taking it is not
_PROGRESS = frozenset({
    "page.noted", "page.snoozed", "page.escalated", "page.raised", "item.answered", "item.followed_up",
    "item.reclassified", "item.assigned", "item.handed_on", "page.released",
})  # fmt: skip
# after a restore nobody is told anything until somebody says that this is the real installation
_HELD_BACK, _LET_GO = "page.held", "page.released"
_HELP = frozenset({"page.escalated"})
_BACK = frozenset({"page.unacknowledged", "item.released"})
_TAKEN = frozenset({"page.acknowledged", "page.reassigned", "item.claimed", "item.assigned", "item.handed_on"})

_log = log.get(__name__)


def suggest(now: datetime) -> int:
    """Look at what everybody holds, suggest help where it is due, end what is not so any more; return how many."""
    done = 0
    held = _held()
    stale = set(Hint.objects.filter(over_at=None).values_list("team_id", flat=True))
    for team in Team.objects.filter(pk__in={*held, *stale}).order_by("id"):
        try:
            done += _suggest_in(team, held.get(team.pk, []), now=now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - one team that cannot be computed must not stop the others
            _log.error("help.not_suggested", team=team.pk, error=f"{type(error).__name__}: {error}"[:500])
    return done


def _held() -> dict[int, list[Held]]:
    """Return by team what people hold now."""
    pages = Page.objects.open().filter(acked_by__isnull=False, is_test=False).order_by("id")
    items = Item.objects.unfinished().filter(holder__isnull=False, kind__in=[ItemKind.ISSUE, ItemKind.INCIDENT])
    things: list[tuple[int, str, str, int, datetime]] = [
        (one.team_id, one.subject, one.title, one.acked_by_id or 0, one.acked_at or one.opened_at) for one in pages
    ]
    things += [
        (one.team_id, one.subject, one.title, one.holder_id or 0, one.claimed_at or one.opened_at)
        for one in items.order_by("id")
    ]
    entries: dict[str, list[Entry]] = defaultdict(list)
    for entry in journal.about_any(
        [subject for _team, subject, *_rest in things], verbs=_PROGRESS | _BACK | _TAKEN | {_HELD_BACK}
    ):
        entries[entry.subject].append(entry)
    found: dict[int, list[Held]] = defaultdict(list)
    for team_id, subject, title, person_id, taken_at in things:
        restored = [entry.verb for entry in entries[subject] if entry.verb in {_HELD_BACK, _LET_GO}]
        if restored[-1:] == [_HELD_BACK]:
            continue
        found[team_id].append(_as_held(subject, title, person_id, taken_at, entries[subject]))
    return found


def _as_held(subject: str, title: str, person_id: int, taken_at: datetime, entries: Sequence[Entry]) -> Held:
    """Return what the record says; `entries` are the oldest first.

    An acknowledgement that ran out and was given again is no new beginning: the hour goes on.
    """
    since = taken_at
    for entry in reversed(entries):
        if entry.verb in _BACK or (entry.verb in _TAKEN and entry.actor_id != person_id):
            break
        if entry.verb in _TAKEN and entry.actor_id == person_id:
            since = min(since, entry.at)
    progress = [entry.at for entry in entries if entry.verb in _PROGRESS]
    return Held(
        subject=subject,
        title=title,
        person_id=person_id,
        since_at=since,
        progress_at=max(progress, default=since),
        given_back=len({entry.actor_id for entry in entries if entry.verb in _BACK}),
        has_help=any(entry.verb in _HELP for entry in entries),
    )


@database.tried_again
@transaction.atomic
def _suggest_in(team: Team, held: Sequence[Held], *, now: datetime) -> int:
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    desk = Desk.of(team, now=now)
    rule = desk.policy.escalation_help
    limits = Limits(rule.without_progress, rule.several_at_once, rule.given_back)
    wanted = rules.due(
        [one for one in held if one.subject.startswith("page:") or desk.hours.contains(now)], limits, now=now
    )
    _end_others(team, wanted, now=now)
    known = {
        (one.subject, one.person_id, one.reason, one.since_at): one
        for one in Hint.objects.filter(team=team, subject__in=[due.held.subject for due in wanted])
    }
    fresh = []
    for due in wanted:
        hint = known.get((due.held.subject, due.held.person_id, due.reason, due.since_at))
        if hint is None:
            fresh.append(due)
        elif hint.over_at is not None:
            # it is so again: the line comes back, the message does not
            Hint.objects.filter(pk=hint.pk).update(over_at=None)
    people = Person.objects.in_bulk([due.held.person_id for due in fresh])
    behind = rota.on_duty(team, at=now).backstop.person if fresh else None
    for due in fresh:
        _tell(desk, due, people[due.held.person_id], behind)
    return len(fresh)


def _end_others(team: Team, wanted: Iterable[Due], *, now: datetime) -> None:
    """Let hints be over whose reason is gone."""
    standing = {(due.held.subject, due.held.person_id, due.reason.value) for due in wanted}
    for hint in Hint.objects.filter(team=team, over_at=None):
        if (hint.subject, hint.person_id, hint.reason) not in standing:
            Hint.objects.filter(pk=hint.pk).update(over_at=now)


def _tell(desk: Desk, due: Due, person: Person, behind: Person | None) -> None:
    text = _sentence(due, desk.now)
    Hint.objects.create(
        team=desk.team, subject=due.held.subject, person=person, reason=due.reason, text=text[:300], at=desk.now,
        since_at=due.since_at,
    )  # fmt: skip
    who = behind.name if behind is not None and behind != person else _("whoever is next")
    lines = [
        text,
        _("It may be time to get help: %(who)s is behind you. Nobody is called unless you escalate it.") % {"who": who},
    ]
    key = f"hint-{due.held.subject}-{person.pk}-{due.reason}-{due.since_at.isoformat()}"[:120]
    draft = telling.to_person(
        desk, person, text, lines, subject=f"{due.held.subject}:help", link=address(due.held.subject), key=key
    )  # fmt: skip
    outbox.enqueue([draft], now=desk.now)


def _sentence(due: Due, now: datetime) -> str:
    facts = {"title": due.held.title[:150], "number": due.number, "length": duration(now - due.since_at)}
    if due.reason is Reason.NO_PROGRESS:
        return _("%(length)s without progress: %(title)s") % facts
    if due.reason is Reason.SEVERAL:
        return _("You hold %(number)s at once, the oldest: %(title)s") % facts
    return (
        ngettext(
            "%(number)s person took this and gave it back: %(title)s",
            "%(number)s people took this and gave it back: %(title)s",
            due.number,
        )
        % facts
    )


def address(subject: str) -> str:
    """Return the screen of "page:12" or "item:3"."""
    return f"{settings.HAUSMEISTER_BASE_URL}{Hint(subject=subject).path}"


def standing(person: Person, *, subject: str = "") -> list[Hint]:
    """Return what is suggested to `person` now, the oldest first; of one thing where `subject` is given."""
    found = Hint.objects.filter(person=person, over_at=None).order_by("id")
    return list(found.filter(subject=subject) if subject else found[:10])


EVERY = timedelta(minutes=1)
