"""The backlog week (L8): the week after somebody's week on duty goes to the hausmeister backlog."""

from datetime import date, timedelta

from hausmeister.rota import queries
from hausmeister.rota.models import Shift
from hausmeister.rota.planning import snapshot
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.rota.rules.slots import Post
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.policy.shape import Policy


def weeks(team: Team, *, first: date, weeks: int) -> dict[date, Person]:
    """Return whose backlog week it is, by the Monday, for `weeks` from `first`; {} where the policy has none.

    It is theirs who had most of the duty with triage in the week before, overrides taken in.
    """
    policy = team_queries.policy_of(team.pk)
    if not policy.rota.backlog_week:
        return {}
    triage = {one.name for one in policy.duties if one.triage}
    before, week = timedelta(weeks=1), first - timedelta(days=first.weekday())
    last = week + timedelta(weeks=weeks)
    found = {
        turn.slot.week + before: turn.person_id
        for turn in queries.turns_served(team)
        if turn.slot.duty in triage and turn.post is Post.PRIMARY and week <= turn.slot.week + before < last
    }
    people = team_queries.people_by_id(set(found.values()))
    return {monday: people[who] for monday, who in sorted(found.items()) if who in people}


def role_of(policy: Policy, shift: Shift) -> str:
    """Return the planner's role of a shift, "" where the planner does not know the policy's weeks."""
    try:
        return snapshot.roles_of_team(policy).role(shift.duty, shift.post) or ""
    except CannotPlan:
        return ""
