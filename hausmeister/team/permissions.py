"""The one place that decides who may do what (S28, S30). Everything else asks here.

A view says which capability it needs; the object's team decides whether the person has it.
"""

from collections.abc import Iterable

from hausmeister.team.models import Membership, Person, Team
from hausmeister.team.rules import ALLOWED, Capability, Role


class NotAllowed(Exception):
    """The person may not do this; the text says what is missing."""


def remember_roles(person: Person) -> None:
    """Read the person's roles now, and let this object answer from them: for one request, never longer."""
    person.roles_now = None
    person.roles_now = roles_of(person)


def roles_of(person: Person) -> dict[int, Role]:
    """Return the person's role in each team, by the team's id."""
    if not person.is_active:
        return {}
    if person.roles_now is not None:
        return person.roles_now
    return {
        team_id: Role(role)
        for team_id, role in Membership.objects.filter(person=person, left_on=None).values_list("team_id", "role")
    }


def can(person: Person, capability: Capability, *, team_id: int | None = None) -> bool:
    """Say whether `person` may do `capability`, for that team where one is given.

    Without a team: in any of theirs. Admins may do everything except act in somebody else's name.
    """
    if capability is Capability.PUBLIC:
        return True
    if not person.is_active:
        return False
    if person.is_admin or capability is Capability.OWN_PROFILE:
        return True
    if capability is Capability.ADMINISTER:
        return False
    roles = roles_of(person)
    held: Iterable[Role] = roles.values() if team_id is None else filter(None, [roles.get(team_id)])
    return any(capability in ALLOWED[role] for role in held)


def check(person: Person, capability: Capability, *, team_id: int | None = None) -> None:
    """Raise NotAllowed unless `person` may do `capability`."""
    if not can(person, capability, team_id=team_id):
        raise NotAllowed(f"{person.name} may not {capability.value} here.")


def team_ids(person: Person, capability: Capability) -> frozenset[int] | None:
    """Return the teams for which `person` has `capability`; None means every team."""
    if person.is_active and person.is_admin:
        return None
    return frozenset(team for team, role in roles_of(person).items() if capability in ALLOWED[role])


def teams(person: Person, capability: Capability) -> list[Team]:
    """Return the teams for which `person` has `capability`, by name."""
    ids = team_ids(person, capability)
    found = Team.objects.order_by("name", "id")
    return list(found if ids is None else found.filter(id__in=ids))
