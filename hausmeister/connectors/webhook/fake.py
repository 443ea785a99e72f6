"""A receiver of webhooks that checks what `docs/connectors.md` tells receivers to check."""

from collections.abc import Callable
from typing import Any

from hausmeister.base import signing
from hausmeister.base.far_side import FarSide, Received, Reply, Unexpected, json_reply

WINDOW_S = 300


class FakeReceiver(FarSide):
    """Takes signed messages. `now_s` is the receiver's clock, in seconds since 1970."""

    def __init__(self, *, secret: str, now_s: Callable[[], float]) -> None:
        self.secret = secret
        self._now_s = now_s
        super().__init__()

    def answer(self, received: Received) -> Reply:
        """Answer 204 to a proper message. Raises Unexpected for an improper one."""
        signature = received.headers.get("hausmeister-signature", "")
        at_s = int(signature.partition("t=")[2].partition(",")[0] or 0)
        if not signing.same(signature, signing.webhook_signature(self.secret, received.body, at_s=at_s)):
            raise Unexpected("the signature does not fit the body")
        if abs(self._now_s() - at_s) > WINDOW_S:
            raise Unexpected("the signature is older than five minutes")
        if received.headers.get("hausmeister-id") != received.json["id"]:
            raise Unexpected("the id of the header is not that of the body")
        self.deliver(received)
        return Reply(204)

    def error_body(self) -> None:
        """Answer the next message with 200 and an error in the body, which for a webhook is a success."""
        self.play(json_reply(200, {"error": "something went wrong"}))

    def take(self, kind: str = "") -> dict[str, Any]:
        """Return the oldest message of that kind. Raises Unexpected."""
        found: dict[str, Any] = self.expect(lambda one: kind in one.json["type"]).json
        return found
