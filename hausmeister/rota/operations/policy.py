"""Putting a policy in force whose ladders may call whoever is on by a schedule."""

from datetime import datetime

from django.db import transaction

from hausmeister.journal.rules import Actor
from hausmeister.rota.queries import policy as queries
from hausmeister.team import operations as team_operations
from hausmeister.team.models import Person, PolicyVersion, Team
from hausmeister.team.policy.reading import BadPolicy


@transaction.atomic
def apply_policy(
    team: Team,
    *,
    text: str,
    file: str,
    by: Actor,
    now: datetime,
    person: Person | None = None,
    based_on: int | None = None,
) -> PolicyVersion:
    """Put a new policy in force for `team`, whole, as `team.operations.apply_policy` does.

    Raises BadPolicy also where a ladder names a schedule that the team does not have.
    """
    # the row is locked, so that a schedule named here is not removed meanwhile
    Team.objects.select_for_update().get(pk=team.pk)
    problems = queries.unknown_schedules(team, text=text, file=file)
    if problems:
        raise BadPolicy(problems)
    return team_operations.apply_policy(
        team, text=text, file=file, by=by, now=now, person=person, based_on=based_on
    )  # fmt: skip
