"""What the frame of every screen shows of the moment: how many pages call me, and which hard ones are new."""

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from hausmeister.base.priority import Priority
from hausmeister.pager import queries as pager
from hausmeister.pager.models import PageState
from hausmeister.team.rules import Capability
from hausmeister.web import changes, listeners, when
from hausmeister.web.access import Request, needs


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Tell the number for the navigation and the title, and the hard pages that call this person.

    With `since` (seconds since 1970) also what changed from then on, in the stream's lines: a tab that listens to
    another tab's stream asks once for what happened between its drawing and that moment.
    """
    firing = pager.firing_for(request.user)
    calling = [page for page in pager.needs(request.user) if page.state is PageState.FIRING and page.is_hard]
    return JsonResponse(
        {
            "firing": firing,
            "shown": when.count(firing),
            "prefix": ngettext("%(n)s firing · ", "%(n)s firing · ", firing) % {"n": when.count(firing)}
            if firing
            else "",
            "hard": [
                {
                    "page": page.pk,
                    "opened": int(page.opened_at.timestamp()),
                    "urgent": page.rank is Priority.P4,
                    "words": _("New page: %(rank)s, %(title)s") % {"rank": page.rank.label, "title": page.title},
                }
                for page in calling
            ],
            **_changes(request),
        }
    )


def _changes(request: Request) -> dict[str, list[str]]:
    moment = changes.moment_of(request.GET.get("since", ""))
    if moment is None:
        return {}
    rights = listeners.rights_of([request.user.pk])[request.user.pk]
    return {"changes": changes.lines_for(rights, changes.since(moment))}
