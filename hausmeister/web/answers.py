"""The few forms in which screens answer: to a browser a redirect, to htmx a fragment with a toast."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme

UNDO = "undo "


@dataclass(frozen=True)
class Toast:
    """What was done, in a sentence. `undo` is the address that takes it back; a problem stays until closed."""

    text: str
    undo: str = ""
    is_problem: bool = False


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """Send somebody unknown to the sign-in, and from there back to what they asked for."""
    if request.headers.get("Accept") == "application/json":
        return HttpResponse(status=401)
    wanted = request.get_full_path() if request.method in {"GET", "HEAD"} else back(request, "/")
    if request.headers.get("HX-Request"):
        wanted = back(request, "/")
    target = f"{settings.LOGIN_URL}?{urlencode({'next': wanted})}" if wanted != "/" else settings.LOGIN_URL
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)


def see(request: HttpRequest, address: str, toast: Toast | None = None) -> HttpResponse:
    """Send the browser on with 303, so that reloading repeats nothing; the next screen shows `toast`."""
    if toast is not None:
        _keep(request, toast)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": iri_to_uri(address)})
    answer = HttpResponseRedirect(address)
    answer.status_code = 303
    return answer


@dataclass(frozen=True)
class Asked:
    """What is asked before something that cannot be undone: the title is the question, the button the verb."""

    question: str
    consequence: str
    verb: str
    back: str


def first_ask(request: HttpRequest, asked: Asked) -> HttpResponse | None:
    """Return the screen that asks, None once the question has been answered; only for what cannot be undone."""
    if request.POST.get("sure") == "yes":
        return None
    return render(request, "web/sure.html", {"asked": asked})


def back(request: HttpRequest, default: str) -> str:
    """Return where a form says it was drawn (`next`), if that is one of our own screens (S23)."""
    given = request.POST.get("next", "") or request.GET.get("next", "") or _path(request.headers.get("HX-Current-URL"))
    return given if is_ours(given) else default


def screen_of(request: HttpRequest) -> str:
    """Return the address of the screen that this request is part of."""
    address = _path(request.headers.get("HX-Current-URL")) or request.get_full_path()
    return address if is_ours(address) else "/"


def is_ours(address: str) -> bool:
    """Say whether `address` is a path on this site and nothing cleverer."""
    # a line end would end the header that the address is written into
    is_one_line = address.isprintable()
    return is_one_line and address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)


def _path(url: str | None) -> str:
    rest = (url or "").partition("://")[2]
    return "/" + rest.partition("/")[2] if rest else ""


def fragment(request: HttpRequest, template: str, context: dict[str, Any], toast: Toast | None = None) -> HttpResponse:
    """Answer htmx with one partial, and with the toast beside it."""
    return render(request, "web/fragment.html", {**context, "partial": template, "toast": toast})


def _keep(request: HttpRequest, toast: Toast) -> None:
    level = messages.ERROR if toast.is_problem else messages.SUCCESS
    messages.add_message(request, level, toast.text, extra_tags=UNDO + toast.undo if toast.undo else "")


def kept_toast(request: HttpRequest) -> Toast | None:
    """Return what the screen before left to be said, the newest alone."""
    kept = list(messages.get_messages(request))
    if not kept:
        return None
    newest = kept[-1]
    undo = newest.extra_tags.removeprefix(UNDO) if (newest.extra_tags or "").startswith(UNDO) else ""
    return Toast(str(newest.message), undo=undo, is_problem=newest.level == messages.ERROR)
