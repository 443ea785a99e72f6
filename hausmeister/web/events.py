"""Live updates as server-sent events: names and versions of what changed, never content.

One poller for each process reads the journal while somebody listens. Raw ASGI: a stream costs no thread.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from django.db import DatabaseError

from hausmeister.base import clock, database, log, wake
from hausmeister.web import changes, listeners
from hausmeister.web.changes import Change, Watch

_log = log.get(__name__)

POLL_S = 1.0
BEAT_S = 15.0
# in a storm the commits wake us a hundred times a second; eyes are slower
PACE_S = 0.1
MOST_STREAMS = 500
MOST_WAITING = 200


@dataclass(eq=False)
class Stream:
    """One browser that listens, and what waits to be sent to it."""

    listener: listeners.Listener
    queue: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    def put(self, line: str) -> None:
        """Queue a line; a browser too slow to take them is told to look at everything again."""
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            line = "again"
        self.queue.put_nowait(line)


class Live:
    """The streams of this process, and the task that feeds them while there are any."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._woken: asyncio.Event | None = None
        self._is_over = False

    async def serve(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer `/events` (ASGI): a stream for a session, 204 for a stranger, so that browsers stop asking."""
        listener = await database.ask(listeners.of_cookies, _cookies(scope), now=clock.now())
        if listener is None or self._is_over:
            await _no_stream(send, 204)
        elif len(self._streams) >= MOST_STREAMS:
            await _no_stream(send, 503)
        else:
            await self._stream(Stream(listener), changes.moment_of(_since(scope)), receive, send)

    async def _stream(self, stream: Stream, since: datetime | None, receive: Any, send: Any) -> None:
        headers = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        self._streams.add(stream)
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await self._begin(stream, since)
            await send(_chunk("retry: 3000\nevent: hello\ndata: hello\n\n"))
            while not (gone.done() or self._is_over):
                line = await _next(stream.queue, gone)
                if line == "":
                    break
                await send(_chunk(f"data: {line}\n\n"))
        finally:
            gone.cancel()
            self._streams.discard(stream)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _begin(self, stream: Stream, since: datetime | None) -> None:
        """Have the journal read from here on, and queue what changed from `since` until now."""
        if self._task is None or self._task.done():
            self._ready = asyncio.Event()
            self._task = asyncio.create_task(self._feed(self._ready))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), POLL_S)
        if since is None:
            return
        try:
            for line in await database.ask(_lines_since, since, stream.listener.person_id):
                stream.put(line)
        except DatabaseError as error:
            _log.warning("live.not_read", error=type(error).__name__)
            stream.put("again")

    async def _feed(self, ready: asyncio.Event) -> None:
        """Read and pass on until nobody listens."""
        self._woken = asyncio.Event()
        loop = asyncio.get_running_loop()

        def woken() -> None:
            loop.call_soon_threadsafe(self._wake)

        stop_listening = wake.listen(woken)
        watch: Watch | None = None
        beaten_s = clock.monotonic_s()
        try:
            while self._streams and not self._is_over:
                try:
                    if watch is None:
                        watch = await database.ask(Watch)
                        ready.set()
                    await self._tell(await database.ask(watch.changes, now_s=clock.monotonic_s()))
                    if clock.monotonic_s() - beaten_s >= BEAT_S:
                        beaten_s = clock.monotonic_s()
                        await self._beat()
                except DatabaseError as error:
                    # browsers notice the missing beat and say so
                    _log.warning("live.not_read", error=type(error).__name__)
                await self._pause()
        finally:
            stop_listening()

    async def _pause(self) -> None:
        if self._woken is None:
            return
        await asyncio.sleep(PACE_S)
        try:
            await asyncio.wait_for(self._woken.wait(), POLL_S)
        except TimeoutError:
            return
        self._woken.clear()

    def _wake(self) -> None:
        if self._woken is not None:
            self._woken.set()

    async def _tell(self, changes: list[Change] | None) -> None:
        streams = list(self._streams)
        if changes is None:
            for stream in streams:
                stream.put("again")
        if not changes:
            return
        people = {stream.listener.person_id for stream in streams}
        rights = await database.ask(listeners.rights_of, people)
        for stream in streams:
            may = rights.get(stream.listener.person_id)
            for change in changes:
                if may is not None and may.allows(change.capability, change.team_id):
                    stream.put(change.line)

    async def _beat(self) -> None:
        """Say that the stream lives, to those whose session still does; end the others."""
        streams = list(self._streams)
        asked = [stream.listener for stream in streams]
        valid = await database.ask(listeners.still_valid, asked, now=clock.now())
        for stream in streams:
            stream.put("beat" if stream.listener in valid else "")

    def stop(self) -> None:
        """End every stream, so that a server that stops need not wait for them. From the loop's own thread."""
        self._is_over = True
        for stream in self._streams:
            stream.put("")
        self._wake()


async def _next(queue: asyncio.Queue[str], gone: "asyncio.Task[None]") -> str:
    """Return the next line, "" once the browser is gone or the stream is to end."""
    waiting = asyncio.create_task(queue.get())
    try:
        await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
        return waiting.result() if waiting.done() else ""
    finally:
        waiting.cancel()


async def _disconnected(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _no_stream(send: Any, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"cache-control", b"no-store")]})
    await send({"type": "http.response.body", "body": b""})


def _chunk(text: str) -> dict[str, Any]:
    return {"type": "http.response.body", "body": text.encode(), "more_body": True}


def _since(scope: dict[str, Any]) -> str:
    query: bytes = scope.get("query_string", b"")
    return parse_qs(query.decode("latin-1")).get("since", [""])[0]


def _lines_since(moment: datetime, person_id: int) -> list[str]:
    """Return what changed between the drawing of a screen and the beginning of its stream."""
    rights = listeners.rights_of([person_id]).get(person_id)
    return changes.lines_for(rights, changes.since(moment)) if rights is not None else []


def _cookies(scope: dict[str, Any]) -> str:
    return "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")
