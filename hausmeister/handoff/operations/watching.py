"""What the engine does: it drafts what comes, moves what is due, and tells the backstop of what nobody accepted."""

from datetime import datetime, timedelta

from django.db import transaction

from hausmeister.base import database
from hausmeister.handoff.coming import Coming, Duty
from hausmeister.handoff.models import Handoff, Watch
from hausmeister.handoff.operations import drafting, moving, reporting, telling
from hausmeister.handoff.rules.changes import has_passed_over
from hausmeister.journal.rules import ENGINE
from hausmeister.pager.operations import letters
from hausmeister.team.models import Person, Team

EVERY = timedelta(seconds=30)
# a standstill may last; further back nobody can say any more who had the duty
_LONGEST_AGO = timedelta(days=7)


def look(team_id: int, *, now: datetime) -> int:
    """Do what is due for one team; return how much was done."""
    watch, _is_new = Watch.objects.get_or_create(team_id=team_id, defaults={"looked_at": now})
    duty = Duty.read(team_id, now=now)
    # a clock that ran ahead and was set back must not hide the changes until it has caught up
    since = max(min(watch.looked_at, now), now - _LONGEST_AGO)
    ahead = now + duty.policy.handoff.draft_before
    coming = duty.between(since, ahead)
    done = _draft(duty, coming, now=now)
    done += _move(duty, coming, now=now)
    done += _sudden(duty, now=now)
    done += _hand_on(team_id, now=now)
    done += _raise(duty.team, now=now)
    Watch.objects.filter(team_id=team_id).update(looked_at=now)
    return done


def _draft(duty: Duty, coming: list[Coming], *, now: datetime) -> int:
    """Write a draft for each change that has none; what a later change overtook while nothing ran is only kept."""
    known = set(Handoff.objects.standing().filter(team=duty.team).order_by("-at").values_list("at", flat=True)[:50])
    changes = [one.change for one in coming]
    done = 0
    for one in coming:
        if one.change.at in known:
            continue
        drafting.draft(duty, one, now=now, is_over=has_passed_over(changes, one.change, now=now))
        if one.change.ends_the_day_shift:
            reporting.draft(duty.team, ends_at=one.change.at, now=now)
        done += 1
    return done


def _move(duty: Duty, coming: list[Coming], *, now: datetime) -> int:
    """Bring drafts up to date, take back those whose change is no more, and move those whose time has come."""
    by_time = {one.change.at: one for one in coming}
    done = 0
    for handoff in Handoff.objects.unmoved().filter(team=duty.team).order_by("at", "id"):
        one = by_time.get(handoff.at) or _read_anew(duty, handoff.at)
        if one is None and handoff.at > now - _LONGEST_AGO:
            done += _cancel(handoff.pk, now=now)
        elif handoff.at <= now:
            moving.move(handoff.pk, duty, one, now=now)
            done += 1
        elif one is not None and handoff.at in by_time:
            drafting.refresh(handoff.pk, duty, one, now=now)
    return done


def _read_anew(duty: Duty, at: datetime) -> Coming | None:
    """Return the change at `at`, also one that was drafted early by hand, or looked at already."""
    moment = timedelta(microseconds=1)
    return next(iter(duty.between(at - moment, at)), None)


@database.tried_again
@transaction.atomic
def _cancel(handoff_id: int, *, now: datetime) -> int:
    handoff = drafting.lock(handoff_id)
    if handoff.moved_at is not None or handoff.cancelled_at is not None:
        return 0
    Handoff.objects.filter(pk=handoff.pk).update(cancelled_at=now)
    drafting.tell(handoff, "handoff.cancelled", ENGINE, now, reason="the rota has no change of duty there any more")
    return 1


def _sudden(duty: Duty, *, now: datetime) -> int:
    """Write and move at once what no plan foresaw: the person on duty is another one than the last hand-off says."""
    last = Handoff.objects.standing().filter(team=duty.team, moved_at__isnull=False).newest_first().first()
    if last is None or last.at >= now:
        return 0
    one = duty.sudden(last.incoming_id, at=now)
    if one is None:
        return 0
    made = drafting.draft(duty, one, now=now)
    moving.move(made.pk, duty, one, now=now)
    return 1


def _hand_on(team_id: int, *, now: datetime) -> int:
    """Give away what goes along with the newest change; older ones have been overtaken."""
    newest = Handoff.objects.standing().filter(team_id=team_id, moved_at__isnull=False, overtaken_at=None)
    handoff = newest.newest_first().first()
    return moving.hand_on(handoff, now=now) if handoff is not None else 0


def _raise(team: Team, *, now: datetime) -> int:
    due = Handoff.objects.to_raise(now).filter(team=team).values_list("id", flat=True)
    return sum(_raise_one(handoff_id, now=now) for handoff_id in list(due))


@database.tried_again
@transaction.atomic
def _raise_one(handoff_id: int, *, now: datetime) -> int:
    """Tell the backstop, and the leads where there is none or the backstop is the incoming person."""
    handoff = drafting.lock(handoff_id)
    if not Handoff.objects.to_raise(now).filter(pk=handoff_id).update(raised_at=now):
        return 0
    handoff.raised_at = now
    behind = handoff.backstop
    people: list[Person] = [behind] if behind is not None and behind.pk != handoff.incoming_id else []
    people = letters.readers(people or letters.leads_of(handoff.team_id))
    drafting.tell(handoff, "handoff.raised", ENGINE, now, to=", ".join(one.name for one in people))
    telling.of_raise(handoff, people, now=now)
    return 1
