"""Live updates as server-sent events: names and versions of what changed, never content.

One poller for each process reads the journal while somebody listens. Raw ASGI: a stream costs no thread.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError

from hausmeister.base import clock, database, log, wake
from hausmeister.journal import queries as journal
from hausmeister.pager import queries as pager
from hausmeister.team.rules import Capability
from hausmeister.web import listeners

_log = log.get(__name__)

POLL_S = 1.0
BEAT_S = 15.0
# on PostgreSQL a smaller id may be committed after a greater one; so long back is read once more
LOOK_BACK_S = 10.0
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


@dataclass(frozen=True)
class Change:
    """What is told: a line, and which team's people with which capability may hear it."""

    line: str
    team_id: int
    capability: Capability


class Watch:
    """Reads what is new in the journal, once each entry, also one that was committed late."""

    def __init__(self) -> None:
        self._upto = journal.last_id()
        self._seen: set[int] = set()
        self._marks: deque[tuple[float, int]] = deque()
        self._floor = self._upto

    def changes(self, *, now_s: float) -> list[Change]:
        """Return what changed since the last call."""
        fresh = [entry for entry in journal.since(self._floor) if entry.id not in self._seen]
        self._seen.update(entry.id for entry in fresh)
        self._upto = max([self._upto, *(entry.id for entry in fresh)])
        self._marks.append((now_s, self._upto))
        while self._marks and self._marks[0][0] < now_s - LOOK_BACK_S:
            self._floor = self._marks.popleft()[1]
        self._seen = {entry_id for entry_id in self._seen if entry_id > self._floor}
        return _told((entry.subject, entry.verb, entry.team_id) for entry in fresh)


def _told(entries: Iterable[tuple[str, str, int | None]]) -> list[Change]:
    pages: set[int] = set()
    changes: dict[str, Change] = {}
    for subject, verb, team_id in entries:
        kind, _, number = subject.partition(":")
        if kind == "page" and number.isdecimal():
            pages.add(int(number))
        elif verb.startswith(("rota.", "shift.", "override.")) and team_id is not None:
            line = f"rota {team_id}"
            changes[line] = Change(line, team_id, Capability.SEE_STATUS)
    found = [
        Change(f"page {page_id} v{version}", team_id, Capability.SEE_PAGES)
        for page_id, version, team_id in pager.versions(pages)
    ]
    return [*found, *changes.values()]


class Live:
    """The streams of this process, and the task that feeds them while there are any."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._task: asyncio.Task[None] | None = None
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
            await self._stream(Stream(listener), receive, send)

    async def _stream(self, stream: Stream, receive: Any, send: Any) -> None:
        headers = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        self._streams.add(stream)
        self._begin()
        gone = asyncio.create_task(_disconnected(receive))
        try:
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

    def _begin(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._feed())

    async def _feed(self) -> None:
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
        try:
            await asyncio.wait_for(self._woken.wait(), POLL_S)
        except TimeoutError:
            return
        self._woken.clear()

    def _wake(self) -> None:
        if self._woken is not None:
            self._woken.set()

    async def _tell(self, changes: list[Change]) -> None:
        if not changes:
            return
        streams = list(self._streams)
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


def _cookies(scope: dict[str, Any]) -> str:
    return "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")
