"""A Slack that minds each message: Block Kit's limits, the token, and everything that S15 and S42 ask for."""

import re
from typing import Any

from hausmeister.base.far_side import FarSide, Received, Reply, Unexpected, json_reply

# an entity that calls somebody, or points somewhere, unless it is one of our own links
_ENTITY = re.compile(r"<[^>]*>")
_OUR_LINK = re.compile(r"<https?://[^<>|\s]+\|[^<>|]+>")
_CALLS_MANY = re.compile(r"@(here|channel|everyone|group)\b", re.IGNORECASE)
_BARE_AMPERSAND = re.compile(r"&(?!amp;|lt;|gt;)")


class FakeSlack(FarSide):
    """One workspace with the channels and members it is told of."""

    def __init__(self, *, token: str, channels: dict[str, str]) -> None:
        """Take messages for `token` to `channels`: the name or member id that a caller writes, to its id."""
        self.token = token
        self.channels = channels
        self.messages: dict[tuple[str, str], dict[str, Any]] = {}
        super().__init__()
        # as in HAUSMEISTER_SLACK_URL
        self.api = f"{self.url}/api"

    def answer(self, received: Received) -> Reply:
        """Answer as Slack does. Raises Unexpected for what Slack, or we, would not accept."""
        method = received.target.removeprefix("/api/")
        if received.method != "POST" or method not in {"chat.postMessage", "chat.update", "auth.test"}:
            raise Unexpected(f"{received.method} {received.target}")
        if received.headers.get("content-type") != "application/json; charset=utf-8":
            raise Unexpected(f"content type {received.headers.get('content-type')}")
        if received.headers.get("authorization") != f"Bearer {self.token}":
            return _no("invalid_auth")
        if method == "auth.test":
            return json_reply(200, {"ok": True, "user": "pager", "team": "Data", "user_id": "U0PAGER"})
        message = received.json
        mind(message, is_new=method == "chat.postMessage")
        return self._post(received, message) if method == "chat.postMessage" else self._update(received, message)

    def _post(self, received: Received, message: dict[str, Any]) -> Reply:
        channel = self.channels.get(message["channel"])
        if channel is None:
            return _no("channel_not_found")
        stamp = f"1795.{len(self.messages):06d}"
        self.messages[channel, stamp] = message
        self.deliver(received)
        return json_reply(200, {"ok": True, "channel": channel, "ts": stamp, "message": {"text": message["text"]}})

    def _update(self, received: Received, message: dict[str, Any]) -> Reply:
        place = (message["channel"], message["ts"])
        if place not in self.messages:
            return _no("message_not_found")
        self.messages[place] = message
        self.deliver(received)
        return json_reply(200, {"ok": True, "channel": place[0], "ts": place[1], "text": message["text"]})

    def say_no(self, word: str, *, status: int = 200, retry_after: str = "") -> None:
        """Answer the next call with `"ok": false`."""
        headers = [("Retry-After", retry_after)] if retry_after else []
        self.play(json_reply(status, {"ok": False, "error": word}, *headers))

    def take(self, channel: str = "", text: str = "") -> dict[str, Any]:
        """Return the oldest message that fits, as it was sent. Raises Unexpected."""
        found = self.expect(lambda one: channel in one.json["channel"] and text in shown(one.json))
        message: dict[str, Any] = found.json
        return message


def _no(word: str) -> Reply:
    return json_reply(200, {"ok": False, "error": word})


def texts(message: dict[str, Any]) -> list[str]:
    """Return every text that Slack would set for people to read, as it was sent."""
    found = [str(message["text"])]
    for block in message["blocks"]:
        found += [part["text"] for part in [block.get("text"), *block.get("elements", [])] if part]
    return found


def shown(message: dict[str, Any]) -> str:
    """Return what people read in the blocks: links by their labels, entities as characters."""
    text = "\n".join(texts(message)[1:])
    text = _OUR_LINK.sub(lambda link: link[0][1:-1].partition("|")[2], text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def mind(message: dict[str, Any], *, is_new: bool) -> None:
    """Raise Unexpected for a message that breaks a limit, calls somebody or could be fetched from."""
    _mind_blocks(message["blocks"])
    if is_new and (message.get("unfurl_links") is not False or message.get("unfurl_media") is not False):
        raise Unexpected("a preview would fetch the links (S15)")
    if message.get("parse") != "none" or message.get("link_names") is not False:
        raise Unexpected("Slack would make links out of words (S42)")
    if len(message["text"]) > 4_000 or not message["text"]:
        raise Unexpected(f"a text of {len(message['text'])} characters")
    for text in texts(message):
        foreign = [entity for entity in _ENTITY.findall(text) if not _OUR_LINK.fullmatch(entity)]
        if foreign or _CALLS_MANY.search(text) or _BARE_AMPERSAND.search(text):
            raise Unexpected(f"not escaped: {text[:300]!r}")


def _mind_blocks(blocks: list[dict[str, Any]]) -> None:
    if not 1 <= len(blocks) <= 50:
        raise Unexpected(f"{len(blocks)} blocks")
    for block in blocks:
        if block["type"] == "section":
            parts, most = [block["text"]], 3_000
        elif block["type"] == "context":
            parts, most = block["elements"], 2_000
        else:
            raise Unexpected(f"a block of type {block['type']}")
        for part in parts:
            if part["type"] != "mrkdwn" or part.get("verbatim") is not True:
                raise Unexpected(f"text that Slack would read once more: {part}")
            if not 1 <= len(part["text"]) <= most:
                raise Unexpected(f"{len(part['text'])} characters in a {block['type']}")
