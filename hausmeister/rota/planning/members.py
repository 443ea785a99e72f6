"""Changing what planning knows of a member: terms by leads, wishes by the person."""

from datetime import date, datetime

from django.db import transaction

from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.rota import operations as rota
from hausmeister.rota.models import Shift
from hausmeister.rota.models.planning import DutyTerms, Wish
from hausmeister.rota.planning import holidays, snapshot
from hausmeister.rota.planning.rules.horizon import Firmness
from hausmeister.rota.planning.rules.terms import BadTerms, Terms, checked
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Membership
from hausmeister.team.rules import away, wrong_with_days

MOST_WISHES = 40
LONGEST_WISH_DAYS = 60


class WishRefused(Exception):
    """The wish makes no sense, or comes too late; the text says why."""


@transaction.atomic
def change_terms(membership: Membership, terms: Terms, *, by: Actor, now: datetime) -> list[Shift]:
    """Store on what terms a member shares the duties, and settle those they no longer take; return those that moved.

    Raises BadTerms.
    """
    try:
        country, subdivision = holidays.codes(terms.country.strip(), terms.subdivision.strip())
    except holidays.NoSuchCalendar as error:
        field = "country" if not terms.subdivision or not terms.country else "subdivision"
        raise BadTerms(field, str(error)) from error
    good = checked(terms)
    before = snapshot.terms_of([membership])[membership.pk]
    DutyTerms.objects.update_or_create(
        membership=membership,
        defaults={
            "fte_percent": good.fte_percent,
            "off_weekdays": list(good.off_weekdays),
            "country": country,
            "subdivision": subdivision,
            "knows": list(good.knows),
            "learns": [{"area": goal.area, "times": goal.times} for goal in good.learns],
            "from_on": good.from_on,
            "until_on": good.until_on,
        },
    )
    facts = {"name": membership.person.name, "share": good.fte_percent, "calendar": good.calendar}
    journal.record(Fact(now, "terms.changed", f"person:{membership.person_id}", by, membership.team_id, facts))
    if (before.from_on, before.until_on) == (good.from_on, good.until_on):
        return []
    return rota.settle(
        membership.team, now=now, by=by, reason=f"{membership.person.name} takes duties at other times"
    )  # fmt: skip


@transaction.atomic
def add_wish(
    membership: Membership, *, must: bool, starts_on: date, ends_on: date, reason: str, by: Actor, now: datetime
) -> Wish:
    """Store days on which a member would rather have no duty, or must not have one. Raises WishRefused.

    A must-not comes too late for a week that is published and in which the person has a duty.
    """
    today = now.astimezone(membership.person.zone).date()
    wrong = wrong_with_days(starts_on, ends_on)
    if wrong:
        raise WishRefused(wrong)
    if ends_on < today:
        raise WishRefused("These days are over.")
    if (ends_on - starts_on).days + 1 > LONGEST_WISH_DAYS:
        raise WishRefused(f"A wish is for {LONGEST_WISH_DAYS} days at most; for more, say that you are away.")
    if Wish.objects.standing().filter(membership=membership, ends_on__gte=today).count() >= MOST_WISHES:
        raise WishRefused(f"There are {MOST_WISHES} wishes already; take some back first.")
    if must:
        _refuse_late(membership, starts_on, ends_on, now=now)
    wish = Wish.objects.create(
        membership=membership, must=must, starts_on=starts_on, ends_on=ends_on, reason=reason[:200], created_at=now
    )
    # the reason is private: the journal does not have it
    facts = {"from": starts_on.isoformat(), "to": ends_on.isoformat(), "must": must}
    journal.record(Fact(now, "wish.added", f"person:{membership.person_id}", by, membership.team_id, facts))
    return wish


def _refuse_late(membership: Membership, starts_on: date, ends_on: date, *, now: datetime) -> None:
    span = away(starts_on, ends_on, membership.person.zone)
    firm = snapshot.horizon_of(membership.team, team_queries.policy_of(membership.team_id), now=now)
    held = Shift.objects.filter(team=membership.team, person=membership.person)
    for shift in held.touching(span.starts_at, span.ends_at):
        if firm.of(shift.week) is not Firmness.TENTATIVE:
            raise WishRefused(
                f"You have a duty in the week of {shift.week:%d %b}, which is published. Ask for cover, or say that"
                " you are away."
            )


@transaction.atomic
def take_back_wish(wish: Wish, *, by: Actor, now: datetime) -> None:
    """Take a wish back; a second time changes nothing."""
    if Wish.objects.filter(pk=wish.pk, cancelled_at=None).update(cancelled_at=now):
        facts = {"from": wish.starts_on.isoformat(), "to": wish.ends_on.isoformat()}
        team_id, person_id = wish.membership.team_id, wish.membership.person_id
        journal.record(Fact(now, "wish.taken_back", f"person:{person_id}", by, team_id, facts))
