"""Which team a command is about, and who gives it."""

from typing import TYPE_CHECKING

import click

from hausmeister.console.deployment import NotReady

if TYPE_CHECKING:
    from hausmeister.team.models import Person, Team
    from hausmeister.team.rules import Capability

team_option = click.option("--team", "slug", default="", help="The team's short name; the first team if left out.")
as_option = click.option("--as", "email", required=True, help="E-mail address of the person who does it.")


def chosen_team(slug: str) -> "Team":
    """Return the team called `slug`, the first one for "". Raises NotReady, naming the ones there are."""
    from hausmeister.team import queries
    from hausmeister.team.models import Team

    try:
        return queries.team_named(slug)
    except Team.DoesNotExist:
        pass
    known = list(Team.objects.order_by("id").values_list("slug", flat=True))
    if not known:
        raise NotReady(
            "There is no team yet. Follow the link that Hausmeister (`./run --empty`, `hausmeister up` or `web`)"
            " prints at its start."
        )
    raise NotReady(f"There is no team {slug!r}; there are: {', '.join(known)}.")


def person_named(email: str) -> "Person":
    """Return the active person with this address. Raises NotReady."""
    from hausmeister.team.models import Person

    person = Person.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if person is None:
        raise NotReady(f"Nobody here has the address {email!r}; `hausmeister people` lists who there is.")
    return person


def check(person: "Person", capability: "Capability", *, team: "Team") -> None:
    """Raise NotReady unless `person` may do this for `team`."""
    from hausmeister.team import permissions

    if not permissions.can(person, capability, team_id=team.pk):
        raise NotReady(f"{person.name} may not {capability.value} of {team.name}.")
