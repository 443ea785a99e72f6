"""Which team a screen is about, for people who are in several: the address says it, else the last choice."""

from collections.abc import Sequence

from django.http import Http404

from hausmeister.team.models import Membership, Person, Team
from hausmeister.web.access import Request

_LAST = "last_team"


def chosen(request: Request, teams: Sequence[Team]) -> Team:
    """Return the team that the address asks for, else the one looked at last, else the first.

    Raises Http404 when there is none, or when the address names one that is not among `teams`.
    """
    asked = request.GET.get("team", "")
    if asked:
        team = next((one for one in teams if one.slug == asked), None)
        if team is None:
            raise Http404
        if len(teams) > 1 and request.session.get(_LAST) != team.pk:
            request.session[_LAST] = team.pk
        return team
    last = request.session.get(_LAST) if len(teams) > 1 else None
    if len(teams) > 1 and last is None:
        last = _on_whose_rota(request.user)
    found = next((one for one in teams if one.pk == last), None) or next(iter(teams), None)
    if found is None:
        raise Http404
    return found


def _on_whose_rota(person: Person) -> int | None:
    """Return the team whose duties the person shares, None for nobody's: what they most likely look for."""
    mine = Membership.objects.filter(person=person, left_on=None, takes_duty=True).order_by("id")
    return mine.values_list("team_id", flat=True).first()
