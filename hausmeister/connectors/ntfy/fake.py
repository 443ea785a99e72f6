"""An ntfy server that minds each message, as strict as the real one and stricter where S10 and S42 ask for it."""

from typing import Any

import msgspec

from hausmeister.base.far_side import FarSide, Received, Reply, Unexpected, json_reply

_KNOWN = {"topic", "title", "message", "priority", "tags", "click", "actions"}


class FakeNtfy(FarSide):
    """Takes messages by `POST /` as JSON."""

    def answer(self, received: Received) -> Reply:
        """Answer as ntfy does. Raises Unexpected for what it, or we, would not accept."""
        if (received.method, received.target) == ("GET", "/v1/health"):
            return json_reply(200, {"healthy": True})
        if (received.method, received.target.partition("?")[0]) != ("POST", "/"):
            raise Unexpected(f"{received.method} {received.target}: JSON is published to the root")
        try:
            message = received.json
        except msgspec.MsgspecError as error:
            raise Unexpected(f"not JSON: {error}") from error
        _mind(message)
        self.deliver(received)
        number = len(self.seen)
        return json_reply(
            200, {"id": f"fake{number:06d}", "time": 1, "event": "message", "topic": message["topic"], "message": "…"}
        )

    def error_body(self) -> None:
        """Answer the next message with 200 and an error in the body."""
        self.play(json_reply(200, {"code": 50001, "http": 500, "error": "internal server error"}))

    def take(self, topic: str = "", title: str = "") -> dict[str, Any]:
        """Return the oldest message that fits. Raises Unexpected."""
        found = self.expect(lambda one: topic in one.json["topic"] and title in one.json["title"])
        message: dict[str, Any] = found.json
        return message


def _mind(message: Any) -> None:
    if not isinstance(message, dict) or not set(message) <= _KNOWN:
        raise Unexpected(f"unknown fields: {message}")
    if len(message["message"].encode()) > 4096:
        raise Unexpected("a message of more than 4,096 bytes becomes a file")
    if not 1 <= message["priority"] <= 5 or len(message.get("actions", [])) > 3:
        raise Unexpected(f"priority {message['priority']}, {len(message['actions'])} actions")
    if "\n" in message["title"] or not message["title"] or not message["message"]:
        raise Unexpected(f"title {message['title']!r}")
    for action in message.get("actions", []):
        if set(action) != {"action", "label", "url"} or action["action"] != "view":
            raise Unexpected(f"an action that acts by itself: {action}")
