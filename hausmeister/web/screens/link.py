"""The signed link: one page for one person, without sign-in. Opening it only shows; its buttons act (S10).

One answer with its own style sheet, no script, no cookie. Every cause of a dead link looks the same (S11).
"""

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from hausmeister.alerts import operations as alerts
from hausmeister.base import clock
from hausmeister.base.untrusted import one_line
from hausmeister.pager import links
from hausmeister.pager import queries as pager
from hausmeister.pager.context import TeamContext
from hausmeister.pager.links import Link, LinkIsDead
from hausmeister.pager.operations import acting, answering
from hausmeister.pager.operations.answering import Answer
from hausmeister.team import operations as team_operations
from hausmeister.team.rules import Capability
from hausmeister.web import assets, limits
from hausmeister.web.access import needs
from hausmeister.web.forms import whole_number
from hausmeister.web.screens import runbooks
from hausmeister.web.screens.page import calls

POSTS_A_MINUTE = 30
BAD_TOKENS_A_MINUTE = 20
STYLES = ("tokens", "base", "buttons", "badges", "steps", "signed")
_STYLE_HERE = b"/* style */"


# a form on a page with `no-referrer` is sent without an origin, and no cookie gives it any right: the token does
@csrf_exempt
@needs(Capability.PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def screen(request: HttpRequest, token: str) -> HttpResponse:
    """Show the page of this link; a POST answers it."""
    now = clock.now()
    try:
        link = links.read(token, now=now)
        # counted for links that live alone: whoever makes tokens up must not fill the table of counters
        if request.method == "POST" and not limits.take(f"link {token}", most=POSTS_A_MINUTE, now=now):
            return _shown(request, "web/link/too_many.html", {}, status=429)
        with timezone.override(link.person.zone):
            return _post(request, link, now) if request.method == "POST" else _get(request, link, now)
    except (LinkIsDead, acting.PageIsClosed):
        return _dead(request, now)


def _dead(request: HttpRequest, now: datetime) -> HttpResponse:
    address = str(request.META.get("REMOTE_ADDR", ""))
    if not limits.take(f"bad link {address}", most=BAD_TOKENS_A_MINUTE, now=now):
        return _shown(request, "web/link/too_many.html", {}, status=429)
    return _shown(request, "web/link/dead.html", {}, status=410)


def _get(request: HttpRequest, link: Link, now: datetime, *, problem: str = "") -> HttpResponse:
    team = TeamContext.load(link.page.team_id, at=now)
    context = {
        "link": link,
        "page": link.page,
        "shows_details": team.policy.pager.links_show_details,
        "is_mine": link.page.acked_by_id == link.person.pk,
        "helper": _helper(link, team),
        "calls": calls(link.page),
        "plan": pager.plan(link.page, now=now, context=team),
        "problem": problem,
        **(runbooks.beside(link.page, None, team, most=4_000) if team.policy.pager.links_show_details else {}),
    }
    return _shown(request, "web/link/link.html", context)


def _helper(link: Link, team: TeamContext) -> str:
    """Return who a call for help reaches first, "" when that cannot be said."""
    person = team.timeline(timedelta(seconds=1))[0].duty.backstop.person
    return person.first_name if person is not None and person != link.person else ""


def _post(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    asked = request.POST.get("do", "")
    if asked not in _ACTS:
        return _get(request, link, now)
    try:
        answer = _ACTS[Answer(asked)](request, link, now)
    except (acting.PageAlreadyTaken, acting.NobodyToAsk) as problem:
        return _get(request, links.read(_token(request), now=now), now, problem=str(problem))
    if answer is not None:
        return answer
    # so that reloading shows, and does not ask whether to send again
    return HttpResponse(status=303, headers={"Location": request.path, **_headers()})


def _token(request: HttpRequest) -> str:
    return request.path.rpartition("/")[2]


def _acknowledge(request: HttpRequest, link: Link, now: datetime) -> None:
    answering.acknowledge(link, now=now, address=_address(request))


def _escalate(request: HttpRequest, link: Link, now: datetime) -> None:
    seen = whole_number(request.POST.get("steps", ""))
    answering.escalate(link, now=now, address=_address(request), seen_steps=seen)


def _close(request: HttpRequest, link: Link, now: datetime) -> HttpResponse | None:
    """End the page, for whoever has taken it; the link dies with it, so the answer itself says so."""
    if link.page.acked_by_id != link.person.pk:
        return None
    reason = one_line(request.POST.get("reason", ""), 200) or _("done")
    alerts.close_page(
        link.page.pk,
        by=team_operations.as_actor(link.person),
        person=link.person,
        reason=reason,
        now=now,
        via=link.method.label,
    )
    answering.record_use(link, Answer.CLOSE, now=now, address=_address(request))
    return _shown(request, "web/link/closed.html", {"link": link, "reason": reason})


_ACTS: dict[str, Callable[[HttpRequest, Link, datetime], HttpResponse | None]] = {
    Answer.ACKNOWLEDGE: _acknowledge,
    Answer.ESCALATE: _escalate,
    Answer.CLOSE: _close,
}


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


# ---- the answer: one file, its own style sheet named by its hash ----


@lru_cache(maxsize=1)
def style() -> tuple[bytes, str]:
    """Return the style sheet of this screen, and the Content-Security-Policy that allows it and nothing else."""
    text = assets.style_sheet(STYLES).encode()
    digest = base64.b64encode(hashlib.sha256(text).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    return text, policy


def _headers() -> dict[str, str]:
    return {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
        "Content-Security-Policy": style()[1],
    }


def _shown(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    answer = render(request, template, context, status=status)
    answer.content = answer.content.replace(_STYLE_HERE, style()[0], 1)
    for name, value in _headers().items():
        answer[name] = value
    return answer
