"""What stands between the intake and Django: health, metrics, live updates, the limit on bodies."""

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from hausmeister.alerts.intake import Counters
from hausmeister.alerts.keys import KeyRing, KeysUnavailable, MissingScope, UnknownKey
from hausmeister.base import clock, database
from hausmeister.team.rules import Scope
from hausmeister.web import metrics
from hausmeister.web.events import Live

App = Callable[..., Awaitable[None]]

BODY_MOST_BYTES = 1024 * 1024
_TOO_LARGE = b"The body is larger than 1024 KiB, the most that is taken here.\n"


class Front:
    """Serves the paths that need no Django view, and hands the rest to `django`."""

    def __init__(self, *, django: App, health: Callable[[], bool], keys: KeyRing, live: Live) -> None:
        self._django = django
        self._live = live
        self._health = health
        self._keys = keys
        self.counters = Counters()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve one request (ASGI)."""
        path = scope.get("path", "")
        if scope["type"] == "http" and path == "/healthz":
            await self._healthz(send)
        elif scope["type"] == "http" and path == "/metrics":
            await self._metrics(scope, send)
        elif scope["type"] == "http" and not _is_our_name(scope):
            await answer(send, 400, b"This server does not go by that name; HAUSMEISTER_BASE_URL says which it has.\n")
        elif scope["type"] == "http" and path == "/events":
            await self._live.serve(scope, receive, send)
        else:
            await self._django(scope, receive, send)

    async def _healthz(self, send: Any) -> None:
        """Say up or not, nothing else (S53)."""
        is_up = await database.ask(self._health)
        await answer(send, 200 if is_up else 503, b"up\n" if is_up else b"not up\n")

    async def _metrics(self, scope: dict[str, Any], send: Any) -> None:
        if not (is_loopback(scope) or await self._may_read(scope)):
            await answer(send, 401, b"A key with the scope read is needed: Authorization: Bearer KEY.\n")
            return
        body = await database.ask(metrics.render, self.counters)
        await answer(send, 200, body, content_type=metrics.CONTENT_TYPE)

    async def _may_read(self, scope: dict[str, Any]) -> bool:
        scheme, _, key = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1").partition(" ")
        try:
            await self._keys.check(key.strip() if scheme.lower() == "bearer" else "", Scope.READ, now=clock.now())
        except (UnknownKey, MissingScope, KeysUnavailable):
            return False
        return True


def _is_our_name(scope: dict[str, Any]) -> bool:
    """Say whether the Host header is one of ours: links and redirects must never be made of another (S19)."""
    names = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    return len(names) == 1 and validate_host(split_domain_port(names[0])[0], settings.ALLOWED_HOSTS)


def is_loopback(scope: dict[str, Any]) -> bool:
    """Say whether the request comes from this machine itself, not through a proxy on it."""
    names = {name for name, _ in scope["headers"]}
    client = scope.get("client")
    if client is None or b"x-forwarded-for" in names or b"forwarded" in names:
        return False
    try:
        return ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False


class BodyLimit:
    """Hands requests on with their whole body, and refuses one over one MiB, declared or not.

    What stands behind has few threads: a body that drips in, or never ends, must not hold one of them.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > BODY_MOST_BYTES:
            await answer(send, 413, _TOO_LARGE)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > BODY_MOST_BYTES:
                await answer(send, 413, _TOO_LARGE)
                return
            more = message.get("more_body", False)
        whole = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def receive_whole() -> Any:
            return whole.pop() if whole else await receive()

        await self._app(scope, receive_whole, send)


async def answer(send: Any, status: int, body: bytes, *, content_type: str = "text/plain; charset=utf-8") -> None:
    """Send a small answer."""
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
