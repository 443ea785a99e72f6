"""The application that uvicorn serves: the intake first, then live updates, health, and Django behind them."""

from collections.abc import Awaitable, Callable
from typing import Any

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

from hausmeister import wiring
from hausmeister.alerts.intake import Intake
from hausmeister.alerts.keys import KeyRing
from hausmeister.alerts.writer import Writer
from hausmeister.web.events import Live
from hausmeister.web.front import BodyLimit, Front
from hausmeister.web.headers import SecurityHeaders

App = Callable[..., Awaitable[None]]

PAGES_AT_ONCE = 8


def application(
    *, writer: Writer, keys: KeyRing, health: Callable[[], bool], live: Live | None = None
) -> SecurityHeaders:
    """Return the whole application; `health` says whether the engine lives, `live.stop()` ends the open streams."""
    django: Any = WSGIMiddleware(get_wsgi_application(), workers=PAGES_AT_ONCE)  # type: ignore[arg-type]
    front = Front(django=BodyLimit(django), health=health, keys=keys, live=live or Live())
    intake = Intake(wiring.intake_routes(), writer=writer, keys=keys, behind=front)
    front.counters = intake.counters
    return SecurityHeaders(intake)
