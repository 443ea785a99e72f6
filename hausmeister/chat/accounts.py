"""Who a member of a chat is for us. A contact method that was verified there links the two: its code went to them.

What they may do follows our roles, as everywhere (S28).
"""

from django.conf import settings

from hausmeister.chat.shapes import Answer, Member, service_label
from hausmeister.outbox.chat import Link, Words
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import ContactMethod, Person, Team
from hausmeister.team.rules import Capability, Channel


def person_of(member: Member) -> Person | None:
    """Return whom `member` is linked to, None for nobody, or when two accounts claim the same member."""
    if member.service not in set(Channel):
        return None
    found = {
        method.person_id: method.person for method in team_queries.usable_methods(Channel(member.service), member.id)
    }
    return next(iter(found.values())) if len(found) == 1 else None


def members_of(service: str, person_ids: list[int]) -> dict[int, str]:
    """Return each person's member id in the chat; who is not linked is not among them."""
    methods = ContactMethod.objects.usable().filter(channel=service, person_id__in=person_ids, person__is_active=True)
    return dict(methods.order_by("-id").values_list("person_id", "address"))


def how_to_link(member: Member) -> Answer:
    """Return the sentence for somebody we do not know: how they link their account."""
    chat = service_label(member.service)
    return Answer(
        Words(
            f"I do not know yet who you are here. Add {chat} under Contact methods, with the member id {member.id}; you"
            " get a code by direct message. After that, this works.",
            links=(Link("Contact methods", f"{settings.HAUSMEISTER_BASE_URL}/profile"),),
        )
    )


def teams_of(person: Person, capability: Capability) -> list[Team]:
    """Return the teams for which the person may do it, the one on whose rota they are first."""
    found = permissions.teams(person, capability)
    mine = set(person.memberships.filter(left_on=None, takes_duty=True).values_list("team_id", flat=True))
    return sorted(found, key=lambda team: (team.pk not in mine, team.name))


def teams_of_room(name: str) -> list[Team]:
    """Return the teams whose policy names the chat room `name` ("#data-help")."""
    if not name:
        return []
    teams = {team.pk: team for team in Team.objects.order_by("name", "id")}
    policies = team_queries.policies(list(teams))
    return [teams[pk] for pk, policy in policies.items() if name in policy.chat_rooms()]
