"""What the frame of every screen shows of the moment: how many pages call me, and which hard ones are new."""

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from hausmeister.base.priority import Priority
from hausmeister.pager import queries as pager
from hausmeister.pager.models import PageState
from hausmeister.team.rules import Capability
from hausmeister.web import when
from hausmeister.web.access import Request, needs


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Tell the number for the navigation and the title, and the hard pages that call this person."""
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
        }
    )
