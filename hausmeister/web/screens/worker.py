"""The worker script that keeps Now and open pages readable offline, and the screen that says so."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hausmeister.team.rules import Capability
from hausmeister.web import assets
from hausmeister.web.access import needs

_FILE = Path(__file__).resolve().parent.parent / "static" / "web" / "js" / "worker.js"


@needs(Capability.PUBLIC)
@require_safe
def script(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Serve the worker from the root, which is what it may watch over. Never cached: a bad one must be replaceable."""
    text = assets.without_comments(_FILE.read_text(encoding="utf-8"))
    return HttpResponse(text, content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


@needs(Capability.PUBLIC)
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Show what to do without a connection; the worker keeps this one answer."""
    return render(request, "web/offline.html")
