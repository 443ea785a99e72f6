"""A homeserver that minds each message: the token, an event's size, HTML's subset, and that nobody is called."""

from html.parser import HTMLParser
from typing import Any

from hausmeister.base.far_side import FarSide, Received, Reply, Unexpected, json_reply

_BASE = "/_matrix/client/v3/"
_TAGS = frozenset({"strong", "p", "blockquote", "em", "a", "ol", "li", "br"})
LARGEST_EVENT = 65_000


class FakeMatrix(FarSide):
    """One homeserver; `sent` holds each transaction's event, `batches` what the next polls bring."""

    def __init__(self, *, token: str) -> None:
        self.token = token
        self.sent: dict[str, str] = {}
        self.batches: list[dict[str, Any]] = []
        super().__init__()

    def answer(self, received: Received) -> Reply:
        """Answer as a homeserver does. Raises Unexpected for what it, or we, would not accept."""
        path = received.target.removeprefix(_BASE)
        if received.headers.get("authorization") != f"Bearer {self.token}":
            return json_reply(401, {"errcode": "M_UNKNOWN_TOKEN", "error": "who?"})
        if received.method == "PUT" and path.startswith("rooms/") and "/send/" in path:
            return self._send(received, path)
        if path.startswith("sync"):
            return json_reply(200, self.batches.pop(0) if self.batches else {"next_batch": "s9"})
        known: dict[str, dict[str, Any]] = {
            "GET account/whoami": {"user_id": "@bot:test"},
            "POST createRoom": {"room_id": "!direct:test"},
            "POST join/%21ours%3Atest": {"room_id": "!ours:test"},
            "PUT user/%40bot%3Atest/account_data/m.direct": {},
        }
        found = known.get(f"{received.method} {path}")
        if found is not None:
            return json_reply(200, found)
        if received.method == "GET":
            return json_reply(404, {"errcode": "M_NOT_FOUND", "error": "nothing"})
        raise Unexpected(f"{received.method} {received.target}")

    def _send(self, received: Received, path: str) -> Reply:
        if path not in self.sent:
            mind(received.json, size=len(received.body))
            self.sent[path] = f"$event{len(self.sent)}"
            self.deliver(received)
        return json_reply(200, {"event_id": self.sent[path]})

    def take(self) -> dict[str, Any]:
        """Return the content of the oldest event. Raises Unexpected."""
        content: dict[str, Any] = self.expect().json
        return content


def mind(content: dict[str, Any], *, size: int) -> None:
    """Raise Unexpected for an event that is too long, calls somebody, or holds more than words."""
    if size > LARGEST_EVENT:
        raise Unexpected(f"an event of {size} bytes")
    if "msgtype" in content and (content.get("m.mentions") != {} or not content.get("body")):
        raise Unexpected(f"it calls somebody, or says nothing: {str(content)[:300]}")
    _Tags().feed(str(content.get("formatted_body") or ""))


class _Tags(HTMLParser):
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS or any(name != "href" or not (value or "").startswith("http") for name, value in attrs):
            raise Unexpected(f"<{tag}> with {attrs}")
