"""Security headers on every answer, the intake's included, from one place (S24)."""

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; "
    "worker-src 'self'"
)


def headers(*, is_https: bool) -> list[tuple[bytes, bytes]]:
    """Return the headers that every answer carries unless it sets its own."""
    always = [
        (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        (b"x-frame-options", b"DENY"),
        # nothing here is for a search engine, and least of all an address that holds a token (S15)
        (b"x-robots-tag", b"noindex"),
    ]
    if is_https:
        always.append((b"strict-transport-security", b"max-age=31536000"))
    return always


class SecurityHeaders:
    """Adds the headers to what `app` answers, and keeps Django's own words for those it set itself."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app
        self._always = headers(is_https=settings.IS_HTTPS)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", []))
                named = {name.lower() for name, _ in given}
                message = {
                    **message,
                    "headers": given + [pair for pair in self._always if pair[0] not in named],
                }
            await send(message)

        await self._app(scope, receive, send_with_headers)
