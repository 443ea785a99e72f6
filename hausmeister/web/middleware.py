"""What happens around every screen: a number to quote when something breaks, and the end of old sessions."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from hausmeister.base import chance, clock
from hausmeister.web import accounts

LONGEST_SESSION = timedelta(days=30)
# a session in use is stored again this often, so that it ends twelve hours after its last use and not its first
STORED_EVERY = timedelta(minutes=10)

# what a session's key looks like; anything else in the cookie names none, and PostgreSQL refuses to be asked for NUL
SESSION_KEY = re.compile("[a-z0-9]{32}")

GetResponse = Callable[[HttpRequest], HttpResponse]


def numbered(get_response: GetResponse) -> GetResponse:
    """Give each request a number; the error page quotes it, and every log line of the request carries it (S50)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        number = chance.text(8)
        request.META["HAUSMEISTER_REQUEST"] = number
        with structlog.contextvars.bound_contextvars(request=number):
            response = get_response(request)
        if not response.has_header("Cache-Control"):
            # a signed-in page must not come back from the cache after somebody else signed in (S24)
            response["Cache-Control"] = "no-store"
        return response

    return middleware


def plain_cookies(get_response: GetResponse) -> GetResponse:
    """Leave out a session cookie that no session can have: whoever sends one is a stranger."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not SESSION_KEY.fullmatch(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        return get_response(request)

    return middleware


def session_ages(get_response: GetResponse) -> GetResponse:
    """End a session after thirty days, and keep one that is used alive until then (S20)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        now = clock.now()
        if request.session.get(accounts.SIGNED_IN_AT) is not None:
            began = datetime.fromtimestamp(request.session[accounts.SIGNED_IN_AT], UTC)
            if now - began > LONGEST_SESSION:
                logout(request)
            elif now.timestamp() - request.session.get(accounts.SEEN_AT, 0) > STORED_EVERY.total_seconds():
                request.session[accounts.SEEN_AT] = now.timestamp()
                accounts.note_use(request)
        return get_response(request)

    return middleware
