"""What Riemann offers dashboards by websocket, and senders by HTTP, on the port next to a shard's.

Source: Riemann's own websocket server. `/index?query=…` sends the events of the index and closes; with
`subscribe=true` it goes on with each event that the index takes. `/pubsub/index?query=…` sends only what comes from now
on. One event is one text frame of JSON. `POST /events` takes events as JSON lines.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from hausmeister.base import clock
from hausmeister.base.event import Event
from hausmeister.base.event_query import BadQuery, Test, compiled
from hausmeister.connectors.riemann import wire
from hausmeister.monitoring.station import Shard, Station

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

BODY_MOST = 16 * 1024 * 1024
# a dashboard that reads slower than events come loses the oldest of more than these
WAITING_MOST = 10_000
SUBSCRIBERS_MOST = 500
ERRORS_TOLD = 20
TOPICS = ("index",)
_PUBSUB = re.compile(r"/pubsub/([\w.-]{1,100})")
# websocket close codes: 1000 done, 1008 not as it should be, 1013 try again later
_DONE, _POLICY, _LATER = 1000, 1008, 1013


class Web:
    """The ASGI application of one shard."""

    def __init__(self, station: Station, shard: Shard) -> None:
        self._station = station
        self._shard = shard
        self._subscribers = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request or hold one websocket; a page of another host in somebody's browser gets neither."""
        if _is_strange(scope):
            await _send_away(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    # ---- websockets ----

    async def _socket(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await receive()
        asked = parse_qs(scope["query_string"].decode("latin-1"))
        try:
            test = compiled(asked.get("query", [""])[0])
        except BadQuery as error:
            await _turn_away(send, _POLICY, str(error))
            return
        topic = _PUBSUB.fullmatch(scope["path"])
        if scope["path"] == "/index":
            await self._index(test, receive, send, goes_on=asked.get("subscribe", [""])[0] == "true")
        elif topic is not None and topic[1] in TOPICS:
            await self._follow(test, [], receive, send)
        else:
            await _turn_away(send, _POLICY, f"There is /index and /pubsub/{TOPICS[0]}, not {scope['path'][:60]}")

    async def _index(self, test: Test, receive: Receive, send: Send, *, goes_on: bool) -> None:
        if goes_on:
            await self._follow(test, None, receive, send)
            return
        await send({"type": "websocket.accept"})
        for event in self._shard.ask(test):
            await send(_frame(event))
        await send({"type": "websocket.close", "code": _DONE})

    async def _follow(self, test: Test, first: list[Event] | None, receive: Receive, send: Send) -> None:
        """Send `first` (None: what the index holds), then every event that passes, until the far side closes."""
        if self._subscribers >= SUBSCRIBERS_MOST:
            await _turn_away(send, _LATER, f"{SUBSCRIBERS_MOST} dashboards listen already.")
            return
        await send({"type": "websocket.accept"})
        waiting: asyncio.Queue[Event] = asyncio.Queue()

        def hear(event: Event) -> None:
            if test(event):
                if waiting.qsize() >= WAITING_MOST:
                    waiting.get_nowait()
                waiting.put_nowait(event)

        self._subscribers += 1
        self._shard.listeners.append(hear)
        closed = asyncio.ensure_future(_until_closed(receive))
        try:
            for event in self._shard.ask(test) if first is None else first:
                await send(_frame(event))
            await self._pass_on(waiting, closed, send)
        finally:
            self._subscribers -= 1
            self._shard.listeners.remove(hear)
            closed.cancel()

    async def _pass_on(self, waiting: "asyncio.Queue[Event]", closed: "asyncio.Future[None]", send: Send) -> None:
        while not closed.done():
            heard = asyncio.ensure_future(waiting.get())
            both: set[asyncio.Future[Any]] = {heard, closed}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not heard.done():
                heard.cancel()
                return
            try:
                await send(_frame(heard.result()))
            except OSError:
                return

    # ---- HTTP ----

    async def _http(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["path"] != "/events":
            await _answer(send, 404, {"error": f"There is POST /events, not {scope['path'][:60]}"})
            return
        if scope["method"] not in {"POST", "PUT"}:
            await _answer(send, 405, {"error": "Events are sent by POST, one JSON object a line."})
            return
        body = await _body(receive)
        if body is None:
            await _answer(send, 413, {"error": f"At most {BODY_MOST} bytes are read."})
            return
        events, errors = _read(body)
        self._shard.malformed += len(errors)
        self._station.take(self._shard.name, events, now_s=clock.now().timestamp())
        told = {"taken": len(events), "errors": errors[:ERRORS_TOLD]}
        await _answer(send, 400 if errors and not events else 200, told)


def _read(body: bytes) -> tuple[list[Event], list[str]]:
    """Return the events that can be read, line by line, and what is wrong with the other lines."""
    events: list[Event] = []
    errors: list[str] = []
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        try:
            events.append(wire.from_json(msgspec.json.decode(line)))
        except (wire.Malformed, msgspec.DecodeError, RecursionError) as error:
            errors.append(f"line {number}: {error}")
    return events, errors


def _is_strange(scope: dict[str, Any]) -> bool:
    """Say whether a browser sends this from a page of another host; whatever is no browser names no origin."""
    given = dict(scope.get("headers") or ())
    origin = given.get(b"origin", b"").decode("latin-1")
    host = urlsplit(f"//{given.get(b'host', b'').decode('latin-1')}").hostname
    return bool(origin) and urlsplit(origin).hostname != host


async def _send_away(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await _turn_away(send, _POLICY, "This page is of another host.")
    elif scope["type"] == "http":
        await _answer(send, 403, {"error": "This page is of another host."})


def _frame(event: Event) -> dict[str, Any]:
    return {"type": "websocket.send", "text": json.dumps(wire.as_json(event), ensure_ascii=False)}


async def _turn_away(send: Send, code: int, reason: str) -> None:
    """Accept and close at once: only then does the far side see the reason."""
    await send({"type": "websocket.accept"})
    # a close frame has room for 123 bytes
    await send({"type": "websocket.close", "code": code, "reason": reason.encode()[:120].decode("utf-8", "ignore")})


async def _until_closed(receive: Receive) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def _body(receive: Receive) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_MOST:
            return None
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return b"".join(parts)


async def _answer(send: Send, status: int, told: dict[str, Any]) -> None:
    body = json.dumps(told).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
