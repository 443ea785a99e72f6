"""Reading everything the planner needs of a team, once: the inputs of a draft, which never change afterwards."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from hausmeister.base.wall_time import monday_of
from hausmeister.rota import queries as rota
from hausmeister.rota.models import Shift
from hausmeister.rota.models.planning import DutyTerms, Wish
from hausmeister.rota.planner import files
from hausmeister.rota.planner.instance import Instance, Plan, Role, Rule, Slot, Waiver
from hausmeister.rota.planning import agreed, familiar, holidays
from hausmeister.rota.planning.rules import history
from hausmeister.rota.planning.rules.history import WEEKS_BACK, Presence, Served
from hausmeister.rota.planning.rules.horizon import Horizon, horizon
from hausmeister.rota.planning.rules.instance import (
    HOLIDAY,
    LONG_LEAVE,
    MUST_NOT,
    Candidate,
    Days,
    Frame,
    instance,
    key_of,
    years,
)
from hausmeister.rota.planning.rules.roles import CannotPlan, Roles, roles_of
from hausmeister.rota.planning.rules.terms import Terms
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Leave, Membership, Team
from hausmeister.team.policy.shape import Policy
from hausmeister.team.rules import Role as TeamRole

USUAL = Terms()

# a rule that a draft bends, something agreed that it sets aside, or an absence that it imagines:
# {"kind": "gap" | "waive" | "agreed" | "absence" | "leave", …}
Bend = dict[str, Any]


@dataclass(frozen=True)
class Inputs:
    """What a draft is made from: the planner's instance, all that stands in its weeks, and how people read it."""

    instance: Instance
    # also tentative weeks, which a plan may change at no price
    stands: Plan
    names: dict[str, str]
    titles: dict[str, str]

    @property
    def hash(self) -> str:
        """The name of these inputs: the same facts give the same one."""
        return files.fingerprint(self.instance)

    def as_json(self) -> dict[str, Any]:
        """Return the inputs as a draft keeps them."""
        return {"instance": files.instance_document(self.instance), "names": self.names, "titles": self.titles}


def policy_in_force(team: Team) -> Policy:
    """Return the policy in force for `team`."""
    return team_queries.policy_of(team.pk)


def horizon_of(team: Team, policy: Policy, *, now: datetime) -> Horizon:
    """Return which weeks of `team` are frozen, published and tentative."""
    today = now.astimezone(team.zone).date()
    return horizon(today, frozen_weeks=policy.rota.frozen_weeks, published_weeks=policy.rota.weeks_ahead)


def roles_of_team(policy: Policy) -> Roles:
    """Return the planner's roles for a policy. Raises CannotPlan."""
    if not policy.rota.strictly_more_experience:
        raise CannotPlan(
            "The planner gives each duty a backstop with strictly more experience; this policy allows equals"
            " (rota.strictly_more_experience). The simple rotation goes on."
        )
    return roles_of(rota.weekly_duties(policy))


def inputs(
    team: Team, *, first_week: date, weeks: int, now: datetime, bends: Sequence[Bend] = ()
) -> Inputs:  # fmt: skip
    """Return what the planner is asked for these weeks, as the facts are now, with `bends` applied.

    Raises CannotPlan when the team's policy has weeks that the planner does not know, or when nobody shares them.
    """
    policy = team_queries.policy_of(team.pk)
    firm = horizon_of(team, policy, now=now)
    frame = frame_of(team, policy, first_week=first_week, weeks=weeks, thaws_on=firm.thaws_on, bends=bends)
    people = familiar.known_by_work(team, candidates(team, policy, frame, bends=bends), now=now)
    if not people:
        raise CannotPlan(f"Nobody of {team.name} takes duties; say under People who does.")
    calendars = {one.terms.calendar: calendar(one.terms, policy, years(frame)) for one in people}
    stands = standing(team, frame)
    priced = {slot: who for slot, who in stands.items() if frame.monday(slot.week) < firm.tentative_on}
    found = instance(frame, people, holidays=calendars, current=priced, waivers=waivers_of(bends))
    free = {Slot(one["week"], Role(one["role"])) for one in bends if one["kind"] == "agreed"}
    found = replace(found, pins=agreed.pins(team, found, stands, free=free))
    return Inputs(found, Plan.of({slot: key_of(who) for slot, who in stands.items()}), names(team), titles(policy))


def frame_of(
    team: Team, policy: Policy, *, first_week: date, weeks: int, thaws_on: date, bends: Sequence[Bend] = ()
) -> Frame:  # fmt: skip
    """Return whose weeks are planned, and by which rules. Raises CannotPlan."""
    gaps = [int(one["min_gap"]) for one in bends if one["kind"] == "gap"]
    min_gap = min([policy.rota.weeks_between + 1, *gaps])
    return Frame(
        team.name, team.zone, roles_of_team(policy), first_week, weeks,
        min_gap=min_gap,
        ideal_gap=max(min_gap, policy.rota.ideal_weeks_between + 1),
        frozen_weeks=min(weeks, max(0, (thaws_on - first_week).days // 7)),
    )  # fmt: skip


def waivers_of(bends: Sequence[Bend]) -> list[Waiver]:
    """Return the rules that `bends` switch off for a week."""
    return [Waiver(Rule(one["rule"]), one["week"], one.get("person")) for one in bends if one["kind"] == "waive"]


def names(team: Team) -> dict[str, str]:
    """Return the name of everybody who is or was of the team, as an instance calls them."""
    found = Membership.objects.filter(team=team).values_list("person_id", "person__name")
    return {key_of(person_id): name for person_id, name in found}


def titles(policy: Policy) -> dict[str, str]:
    """Return what each role is called. Raises CannotPlan."""
    roles = roles_of_team(policy)
    found = {role.value: policy.duty_title(roles.duty(role).name, roles.post(role)) for role in Role}
    for role, duty in (("BD", roles.first), ("BW", roles.second)):
        found[role] = f"{found[role]} ({policy.duty_title(duty.name, 'primary').lower()})"
    return found


def calendar(terms: Terms, policy: Policy, in_years: Iterable[int]) -> frozenset[date]:
    """Return the days off of somebody's country, and the team's own."""
    return holidays.between(terms.country, terms.subdivision, in_years) | policy.days_off


def candidates(
    team: Team, policy: Policy, frame: Frame, *, bends: Sequence[Bend] = ()
) -> list[Candidate]:  # fmt: skip
    """Return the people who share the duties, each with absences, wishes and what they have served."""
    members = [one for one in team_queries.members(team.pk) if one.takes_duty and one.role != TeamRole.VIEWER]
    terms = terms_of(members)
    absences = _absences(members, policy, since=frame.first_week - timedelta(weeks=WEEKS_BACK), bends=bends)
    wishes = _wishes(members, ignored={one["wish"] for one in bends if one["kind"] == "absence" and "wish" in one})
    found = []
    for member in members:
        own = terms[member.pk]
        must_not = [Days(one.starts_on, one.ends_on, MUST_NOT) for one in wishes[member.pk] if one.must]
        found.append(
            Candidate(
                member.person_id, member.person.name, member.experience, member.person.zone, own,
                from_on=max(filter(None, (member.joined_on, own.from_on))),
                until_on=own.until_on,
                absences=(*absences[member.person_id], *must_not),
                prefers_not=tuple((one.starts_on, one.ends_on) for one in wishes[member.pk] if not one.must),
            )
        )  # fmt: skip
    records = _records(team, policy, frame, found)
    return [replace(one, record=records[one.person_id]) for one in found]


def terms_of(members: Sequence[Membership]) -> dict[int, Terms]:
    """Return the terms of each membership, by its id."""
    stored = {one.pk: one.values for one in DutyTerms.objects.filter(membership__in=[m.pk for m in members])}
    return {member.pk: stored.get(member.pk, USUAL) for member in members}


def _wishes(members: Sequence[Membership], *, ignored: Collection[int]) -> dict[int, list[Wish]]:
    found: dict[int, list[Wish]] = {member.pk: [] for member in members}
    for one in Wish.objects.standing().filter(membership__in=list(found)).exclude(pk__in=list(ignored)):
        found[one.membership_id].append(one)
    return found


def _absences(
    members: Sequence[Membership], policy: Policy, *, since: date, bends: Sequence[Bend]
) -> dict[int, list[Days]]:
    ignored = {one["leave"] for one in bends if one["kind"] == "absence" and "leave" in one}
    found: dict[int, list[Days]] = {member.person_id: [] for member in members}
    leaves = Leave.objects.filter(person_id__in=list(found), cancelled_at=None, ends_on__gte=since)
    for leave in leaves.order_by("starts_on", "id"):
        if leave.pk not in ignored:
            found[leave.person_id].append(_days(leave.starts_on, leave.ends_on, policy))
    for bend in bends:
        if bend["kind"] == "leave" and bend["person"] in found:
            first, last = (date.fromisoformat(bend[end]) for end in ("from", "to"))
            found[bend["person"]].append(_days(first, last, policy))
    return found


def _days(first: date, last: date, policy: Policy) -> Days:
    is_long = (last - first).days + 1 >= policy.rota.long_leave_days
    return Days(first, last, LONG_LEAVE if is_long else HOLIDAY)


def _records(
    team: Team, policy: Policy, frame: Frame, people: Sequence[Candidate]
) -> dict[int, history.Record]:  # fmt: skip
    in_years = range(frame.first_week.year - 2, frame.first_week.year + 1)
    presences = {
        one.person_id: Presence(
            one.from_on,
            one.until_on,
            tuple((span.first, span.last) for span in one.absences if span.kind == LONG_LEAVE),
            calendar(one.terms, policy, in_years),
        )
        for one in people
    }
    return history.records(served(team, frame.roles), presences, first_week=frame.first_week)


def served(team: Team, roles: Roles) -> list[Served]:
    """Return every turn with the person who has, or had, most of it: overrides count for who really served."""
    found = []
    for turn in rota.turns_served(team):
        role = roles.role(turn.slot.duty, turn.post)
        if role is not None:
            found.append(Served(turn.slot.week, role, turn.person_id))
    return found


def standing(team: Team, frame: Frame) -> dict[Slot, int]:
    """Return who has which slot of `frame` now."""
    shifts = Shift.objects.filter(
        team=team, week__gte=frame.first_week, week__lt=frame.monday(frame.weeks), person__isnull=False
    )
    found: dict[Slot, int] = {}
    for shift in shifts:
        role = frame.roles.role(shift.duty, shift.post)
        if role is not None and shift.person_id is not None:
            found[Slot((shift.week - frame.first_week).days // 7, Role(role))] = shift.person_id
    return found


def next_week(team: Team, *, now: datetime) -> date:
    """Return the Monday after the running week: the first that a plan can begin with."""
    return monday_of(now.astimezone(team.zone).date()) + timedelta(weeks=1)
