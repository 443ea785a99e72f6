"""A calendar, fetched by its secret address: no sign-in, no cookie, nothing but names and times (S14)."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from hausmeister.base import clock
from hausmeister.rota.calendars import serving
from hausmeister.rota.calendars.schedule_turns import Unreadable
from hausmeister.team.rules import Capability
from hausmeister.web.access import needs

_ALWAYS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    # a calendar program may keep it, and must ask before it shows it again: that is what the ETag is for
    "Cache-Control": "private, no-cache",
}


@needs(Capability.PUBLIC)
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponseBase:
    """Answer with the calendar; 304 to whoever has it already. Looking counts, and changes nothing else (S10)."""
    try:
        found = serving.fetch(token, now=clock.now())
    except serving.NoSuchFeed:
        return _said("There is no calendar at this address.\n", status=404)
    except serving.FetchedTooOften as problem:
        return _said(f"{problem}\n", status=429, **{"Retry-After": str(problem.retry_after_s)})
    except Unreadable as problem:
        # whoever has the calendar keeps it as it was
        return _said(f"{problem}\n", status=503, **{"Retry-After": "3600"})
    answer = HttpResponse(found.body, content_type="text/calendar; charset=utf-8", headers=_ALWAYS)
    answer["ETag"] = found.etag
    answer["Last-Modified"] = f"{found.changed_at:%a, %d %b %Y %H:%M:%S} GMT"
    answer["Content-Disposition"] = 'inline; filename="hausmeister.ics"'
    conditional: HttpResponseBase | None = get_conditional_response(
        request, etag=found.etag, last_modified=int(found.changed_at.timestamp()), response=answer
    )
    return answer if conditional is None else conditional


def _said(text: str, *, status: int, **headers: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8", headers={**_ALWAYS, **headers})
