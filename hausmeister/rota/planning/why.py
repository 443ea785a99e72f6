"""Why a duty is with whom it is: for a draft, and for what stands, whoever decided it."""

from dataclasses import dataclass
from datetime import date, datetime

from hausmeister.base.wall_time import monday_of
from hausmeister.rota.models import Shift
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planner.instance import Role, Slot
from hausmeister.rota.planning import snapshot
from hausmeister.rota.planning.publishing import preview
from hausmeister.rota.planning.rules import reasons, stored
from hausmeister.rota.planning.rules.instance import id_of
from hausmeister.rota.planning.rules.reasons import SlotReasons
from hausmeister.rota.planning.rules.states import DraftState
from hausmeister.team.models import Team


class NothingToExplain(Exception):
    """There is no such duty, or it is over; the text says which."""


@dataclass(frozen=True)
class Why:
    """Why a slot is with whom it is. `decided` says who decided it, and when: a plan, the rotation, the safety net."""

    title: str
    week: date
    reasons: SlotReasons
    decided: tuple[str, ...]


def of_draft(draft: Draft, *, week: int, role: str, now: datetime) -> Why:
    """Return why the draft gives this slot to whom it does.

    Raises NothingToExplain, CannotPlan, PublishRefused when the draft has no plan.
    """
    found = preview(draft, now=now)
    slot = _slot(week, role, draft.weeks)
    told = reasons.of_slot(found.inputs.instance, found.plan, slot, found.inputs.titles)
    return Why(found.inputs.titles[slot.role.value], found.inputs.instance.monday(week), told, ())


def of_standing(team: Team, *, monday: date, role: str, now: datetime) -> Why:
    """Return why the duty of that week is with whom it stands.

    Raises NothingToExplain for weeks that are over or not planned, CannotPlan.
    """
    this_week = monday_of(now.astimezone(team.zone).date())
    if monday.weekday() or not this_week <= monday:
        raise NothingToExplain("Only this week and those ahead can be explained; name the week by its Monday.")
    weeks = (monday - this_week).days // 7 + 1
    if weeks > 52:
        raise NothingToExplain("So far ahead nothing is planned.")
    slot = _slot(weeks - 1, role, weeks)
    found = snapshot.inputs(team, first_week=this_week, weeks=min(52, weeks + 8), now=now)
    if slot not in found.stands.holders:
        raise NothingToExplain("Nobody is planned for it yet.")
    roles = snapshot.roles_of_team(snapshot.policy_in_force(team))
    shift = Shift.objects.get(team=team, week=monday, duty=roles.duty(role).name, post=roles.post(role).value)
    told = reasons.of_slot(found.instance, found.stands, slot, found.titles)
    return Why(found.titles[role], monday, told, tuple(_decided(team, shift, role)))


def _slot(week: int, role: str, weeks: int) -> Slot:
    if role not in {one.value for one in Role}:
        raise NothingToExplain(f"{role!r} is no duty of a week; there are D, W, BD and BW.")
    if not 0 <= week < weeks:
        raise NothingToExplain("The plan has no such week.")
    return Slot(week, Role(role))


def _decided(team: Team, shift: Shift, role: str) -> list[str]:
    """Return in sentences who decided it: the newest plan that gave it to this person, else the simple rotation."""
    for draft in Draft.objects.plans().filter(team=team, state=DraftState.PUBLISHED, first_week__lte=shift.week)[:20]:
        week = (shift.week - draft.first_week).days // 7
        if week >= draft.weeks:
            continue
        holder = stored.plan_of((draft.result or {})["assignments"]).holders.get(Slot(week, Role(role)))
        if holder is not None and id_of(holder) == shift.person_id:
            return [f"By the plan of {draft.published_at:%d %b %Y}, inputs {draft.inputs_hash[:12]}."]
        return ["Moved since the last plan: by the safety net, so that it does not stay empty, or by hand."]
    told = [f"By the simple rotation, which takes who has served least: {shift.served_before} of these duties before."]
    return told + [f"It could not keep: {one}." for one in shift.bent]
