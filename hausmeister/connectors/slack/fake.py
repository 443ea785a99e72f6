"""A Slack that minds each message: Block Kit's limits, the token, and everything that S15 and S42 ask for."""

import re
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from hausmeister.base.far_side import FarSide, Received, Reply, Unexpected, json_reply

# an entity that calls somebody, or points somewhere, unless it is one of our own links
_ENTITY = re.compile(r"<[^>]*>")
_OUR_LINK = re.compile(r"<https?://[^<>|\s]+\|[^<>|]+>")
_CALLS_MANY = re.compile(r"@(here|channel|everyone|group)\b", re.IGNORECASE)
_BARE_AMPERSAND = re.compile(r"&(?!amp;|lt;|gt;)")

# what each method needs, and whether it takes JSON (what changes something) or a form (what only reads)
SCOPES = {
    "auth.test": "", "chat.postMessage": "chat:write", "chat.update": "chat:write", "chat.postEphemeral": "chat:write",
    "conversations.setTopic": "channels:manage", "reactions.add": "reactions:write",
    "usergroups.users.update": "usergroups:write", "views.open": "", "views.publish": "", "apps.connections.open": "",
}  # fmt: skip
READS = {
    "conversations.list": "channels:read", "conversations.history": "channels:history",
    "conversations.replies": "channels:history", "users.info": "users:read", "usergroups.list": "usergroups:read",
}  # fmt: skip
_BARE = frozenset({"auth.test", "apps.connections.open"})
_PAGE = 2


class FakeSlack(FarSide):
    """One workspace with the channels and members it is told of.

    `rooms` are channels as `conversations.list` shows them; `said` holds what was said in each, which history gives
    back. `socket_url` is where `apps.connections.open` sends the app.
    """

    def __init__(self, *, token: str, channels: dict[str, str], app_token: str = "") -> None:
        """Take messages for `token` to `channels`: the name or member id that a caller writes, to its id."""
        self.token = token
        self.app_token = app_token
        self.channels = channels
        self.messages: dict[tuple[str, str], dict[str, Any]] = {}
        self.rooms: list[dict[str, Any]] = []
        self.said: dict[str, list[dict[str, Any]]] = {}
        self.members: dict[str, str] = {}
        self.groups: dict[str, str] = {}
        self.topics: dict[str, str] = {}
        self.views: list[dict[str, Any]] = []
        self.socket_url = ""
        # while set, every call but the sign-in is answered 429
        self.is_flooded = False
        self.called: list[str] = []
        self._whispers = 0
        self._page = threading.Lock()
        super().__init__()
        # as in HAUSMEISTER_SLACK_URL
        self.api = f"{self.url}/api"
        self._methods: dict[str, Callable[[Received, dict[str, Any]], Reply]] = {
            "auth.test": lambda _received, _given: json_reply(200, {"ok": True, **self.us()}),
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.postEphemeral": self._whisper,
            "conversations.setTopic": self._set_topic,
            "reactions.add": self._sign,
            "usergroups.users.update": self._group,
            "views.open": self._view,
            "views.publish": self._view,
            "apps.connections.open": lambda _received, _given: json_reply(200, {"ok": True, "url": self.socket_url}),
            "conversations.list": lambda _received, given: self._listed("channels", self.rooms, given),
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "users.info": self._user,
            "usergroups.list": self._list_groups,
        }

    def us(self) -> dict[str, str]:
        """Return who the app is here."""
        return {
            "user": "pager", "team": "Data", "user_id": "U0PAGER", "bot_id": "B0PAGER",
            "url": "https://data.slack.com/",
        }  # fmt: skip

    def answer(self, received: Received) -> Reply:
        """Answer as Slack does. Raises Unexpected for what Slack, or we, would not accept."""
        method = received.target.removeprefix("/api/")
        if received.method != "POST" or method not in self._methods:
            raise Unexpected(f"{received.method} {received.target}")
        form = "application/x-www-form-urlencoded"
        came = received.headers.get("content-type", "")
        # what carries nothing may be either; Slack's own client sends a form
        wanted = {form} if method in READS else {"application/json; charset=utf-8"}
        if came not in wanted and not (method in _BARE and came.startswith((form, "application/json"))):
            raise Unexpected(f"{method} with content type {came}")
        token = self.app_token if method == "apps.connections.open" else self.token
        if received.headers.get("authorization") != f"Bearer {token}":
            return _no("invalid_auth")
        self.called.append(method)
        if self.is_flooded and method != "auth.test":
            return json_reply(429, {"ok": False, "error": "ratelimited"}, ("Retry-After", "30"))
        given = _form_of(received.body) if method in READS else {} if method in _BARE else received.json
        return self._methods[method](received, given)

    # ---- what changes something ----

    def _post(self, received: Received, message: dict[str, Any]) -> Reply:
        mind(message, is_new=True)
        channel = self.channels.get(message["channel"])
        if channel is None:
            return _no("channel_not_found")
        stamp = f"1795.{len(self.messages):06d}"
        self.messages[channel, stamp] = message
        self.deliver(received)
        return json_reply(200, {"ok": True, "channel": channel, "ts": stamp, "message": {"text": message["text"]}})

    def _update(self, received: Received, message: dict[str, Any]) -> Reply:
        mind(message, is_new=False)
        place = (message["channel"], message["ts"])
        if place not in self.messages:
            return _no("message_not_found")
        self.messages[place] = message
        self.deliver(received)
        return json_reply(200, {"ok": True, "channel": place[0], "ts": place[1], "text": message["text"]})

    def _whisper(self, received: Received, message: dict[str, Any]) -> Reply:
        mind(message, is_new=False)
        if message["channel"] not in self.channels.values():
            return _no("channel_not_found")
        if not message.get("user"):
            raise Unexpected("a whisper to nobody")
        self._whispers += 1
        self.deliver(received)
        return json_reply(200, {"ok": True, "message_ts": f"1796.{self._whispers:06d}"})

    def _set_topic(self, received: Received, given: dict[str, Any]) -> Reply:
        if given["channel"] not in self.channels.values():
            return _no("channel_not_found")
        if len(given["topic"]) > 250:
            raise Unexpected(f"a topic of {len(given['topic'])} characters")
        self.topics[given["channel"]] = given["topic"]
        self.deliver(received)
        return json_reply(200, {"ok": True, "channel": {"id": given["channel"]}})

    def _sign(self, received: Received, given: dict[str, Any]) -> Reply:
        if set(given) != {"channel", "timestamp", "name"} or ":" in given["name"]:
            raise Unexpected(f"a sign like {given}")
        self.deliver(received)
        return json_reply(200, {"ok": True})

    def _group(self, received: Received, given: dict[str, Any]) -> Reply:
        if given["usergroup"] not in self.groups.values():
            return _no("no_such_subteam")
        if not re.fullmatch("U[A-Z0-9]+(,U[A-Z0-9]+)*", given["users"]):
            raise Unexpected(f"members like {given['users']!r}")
        self.deliver(received)
        return json_reply(200, {"ok": True, "usergroup": {"id": given["usergroup"]}})

    def _view(self, received: Received, given: dict[str, Any]) -> Reply:
        view = given["view"]
        mind_view(view)
        if not given.get("trigger_id" if view["type"] == "modal" else "user_id"):
            raise Unexpected("a view for nobody")
        self.views.append(view)
        self.deliver(received)
        return json_reply(200, {"ok": True, "view": {"id": f"V{len(self.views)}"}})

    # ---- what only reads ----

    def _listed(self, name: str, rows: list[dict[str, Any]], given: dict[str, Any]) -> Reply:
        start = int(given.get("cursor") or 0)
        page = rows[start : start + _PAGE]
        more = str(start + _PAGE) if start + _PAGE < len(rows) else ""
        return json_reply(200, {"ok": True, name: page, "response_metadata": {"next_cursor": more}})

    def _history(self, _received: Received, given: dict[str, Any]) -> Reply:
        if given["channel"] not in {one["id"] for one in self.rooms if one.get("is_member")}:
            return _no("not_in_channel")
        # as Slack does: the newest first, replies left out, the oldest moment itself not included
        shown = [
            one for one in reversed(self.said.get(given["channel"], []))
            if float(one["ts"]) > float(given["oldest"]) and one.get("thread_ts", one["ts"]) == one["ts"]
        ]  # fmt: skip
        return self._listed("messages", shown, given)

    def _replies(self, _received: Received, given: dict[str, Any]) -> Reply:
        everything = self.said.get(given["channel"], [])
        parent = [one for one in everything if one["ts"] == given["ts"]]
        if not parent:
            return _no("thread_not_found")
        replies = [one for one in everything if one.get("thread_ts") == given["ts"] and one["ts"] != given["ts"]]
        return self._listed(
            "messages", [*parent, *(o for o in replies if float(o["ts"]) > float(given["oldest"]))], given
        )

    def _user(self, _received: Received, given: dict[str, Any]) -> Reply:
        if given["user"] not in self.members:
            return _no("user_not_found")
        return json_reply(200, {"ok": True, "user": {"id": given["user"], "real_name": self.members[given["user"]]}})

    def _list_groups(self, _received: Received, _given: dict[str, Any]) -> Reply:
        groups = [{"id": one, "handle": handle} for handle, one in self.groups.items()]
        return json_reply(200, {"ok": True, "usergroups": groups})

    # ---- the story's side ----

    def say_no(self, word: str, *, status: int = 200, retry_after: str = "") -> None:
        """Answer the next call with `"ok": false`."""
        headers = [("Retry-After", retry_after)] if retry_after else []
        self.play(json_reply(status, {"ok": False, "error": word}, *headers))

    def take(self, channel: str = "", text: str = "") -> dict[str, Any]:
        """Return the oldest message that fits, as it was sent. Raises Unexpected."""
        found = self.expect(
            lambda one: "blocks" in one.json and channel in one.json["channel"] and text in shown(one.json)
        )
        message: dict[str, Any] = found.json
        return message

    def forget(self) -> None:
        """Take every delivery off the list: the story so far is not the test's subject."""
        self.delivered.clear()

    def took(self, method: str) -> dict[str, Any]:
        """Return what the oldest call of `method` carried. Raises Unexpected."""
        given: dict[str, Any] = self.expect(lambda one: one.target == f"/api/{method}").json
        return given


def _form_of(body: bytes) -> dict[str, Any]:
    return {name: values[-1] for name, values in parse_qs(body.decode()).items()}


def _no(word: str) -> Reply:
    return json_reply(200, {"ok": False, "error": word})


def texts(message: dict[str, Any]) -> list[str]:
    """Return every text that Slack would set for people to read, as it was sent; buttons by their labels."""
    found = [str(message["text"])]
    for block in message["blocks"]:
        found += [_text_of(part) for part in [block.get("text"), *block.get("elements", [])] if part]
    return found


def _text_of(part: dict[str, Any]) -> str:
    inner = part["text"]
    return str(inner["text"] if isinstance(inner, dict) else inner)


def shown(message: dict[str, Any]) -> str:
    """Return what people read in the blocks: links by their labels, entities as characters."""
    text = "\n".join(texts(message)[1:])
    text = _OUR_LINK.sub(lambda link: link[0][1:-1].partition("|")[2], text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def buttons(message: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the buttons of a message or view by their labels."""
    rows = [block["elements"] for block in message["blocks"] if block["type"] == "actions"]
    return {one["text"]["text"]: one for row in rows for one in row}


def mind(message: dict[str, Any], *, is_new: bool) -> None:
    """Raise Unexpected for a message that breaks a limit, calls somebody or could be fetched from."""
    if len(message["blocks"]) > 50:
        raise Unexpected(f"{len(message['blocks'])} blocks")
    mind_blocks(message["blocks"])
    if is_new and (message.get("unfurl_links") is not False or message.get("unfurl_media") is not False):
        raise Unexpected("a preview would fetch the links (S15)")
    if message.get("parse") != "none" or message.get("link_names") is not False:
        raise Unexpected("Slack would make links out of words (S42)")
    if len(message["text"]) > 4_000 or not message["text"]:
        raise Unexpected(f"a text of {len(message['text'])} characters")
    _mind_texts([str(message["text"]), *_marked(message["blocks"])])


def _marked(blocks: list[dict[str, Any]]) -> list[str]:
    """Return the texts in which Slack reads its markup; in plain text, as on buttons, it reads none."""
    parts = [part for block in blocks for part in [block.get("text"), *block.get("elements", [])] if part]
    return [part["text"] for part in parts if part.get("type") == "mrkdwn"]


def _mind_texts(found: list[str]) -> None:
    for text in found:
        foreign = [entity for entity in _ENTITY.findall(text) if not _OUR_LINK.fullmatch(entity)]
        if foreign or _CALLS_MANY.search(text) or _BARE_AMPERSAND.search(text):
            raise Unexpected(f"not escaped: {text[:300]!r}")


def mind_blocks(blocks: list[dict[str, Any]]) -> None:
    """Raise Unexpected for blocks that Slack, or we, would not accept."""
    if not blocks:
        raise Unexpected("no blocks")
    for block in blocks:
        kind = block["type"]
        if kind == "section":
            _mind_marked([block["text"]], 3_000)
        elif kind == "context":
            _mind_marked(block["elements"], 2_000)
        elif kind == "actions":
            _mind_buttons(block["elements"])
        elif kind not in {"divider", "input"}:
            raise Unexpected(f"a block of type {kind}")


def _mind_marked(parts: list[dict[str, Any]], most: int) -> None:
    if len(parts) > 10:
        raise Unexpected(f"{len(parts)} elements")
    for part in parts:
        if part["type"] != "mrkdwn" or part.get("verbatim") is not True:
            raise Unexpected(f"text that Slack would read once more: {part}")
        if not 1 <= len(part["text"]) <= most:
            raise Unexpected(f"{len(part['text'])} characters where {most} are allowed")


def _mind_buttons(elements: list[dict[str, Any]]) -> None:
    ids = [one["action_id"] for one in elements]
    if len(set(ids)) != len(ids) or not 1 <= len(ids) <= 25:
        raise Unexpected(f"buttons {ids}")
    for one in elements:
        if not 1 <= len(one["text"]["text"]) <= 75 or len(one["value"]) > 2_000 or len(one["action_id"]) > 255:
            raise Unexpected(f"a button like {one}")
        confirm = one.get("confirm")
        if confirm and (len(confirm["title"]["text"]) > 100 or len(confirm["text"]["text"]) > 300):
            raise Unexpected(f"a question like {confirm}")


def mind_view(view: dict[str, Any]) -> None:
    """Raise Unexpected for a form or home screen that Slack would not accept."""
    if view["type"] not in {"modal", "home"} or len(view["blocks"]) > 100:
        raise Unexpected(f"a view of {len(view['blocks'])} blocks")
    mind_blocks(view["blocks"])
    _mind_texts(_marked(view["blocks"]))
    if view["type"] == "home":
        return
    if len(view["private_metadata"]) > 3_000 or not view["callback_id"]:
        raise Unexpected("a form that would not come back")
    for name in ("title", "submit", "close"):
        if not 1 <= len(view[name]["text"]) <= 24:
            raise Unexpected(f"{name} {view[name]['text']!r}")
    for block in view["blocks"]:
        element = block["element"]
        if element["type"] == "static_select" and not 1 <= len(element["options"]) <= 100:
            raise Unexpected("a choice of nothing")
