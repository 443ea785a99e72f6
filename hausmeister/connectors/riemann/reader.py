"""Reads a Riemann that is there already: by its websocket, which says everything at once, or by asking over TCP.

While the far side is away the entries live out their time and are shown as expired; nothing is invented. It is
tried again with growing pauses.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import msgspec
import websockets
from websockets.asyncio.client import connect

from hausmeister.base import clock, log
from hausmeister.base.env import ShardSource
from hausmeister.base.event import EXPIRED, Event
from hausmeister.connectors.riemann import wire
from hausmeister.monitoring.rules.index import LONGEST_TTL_S, TTL_S
from hausmeister.monitoring.station import Station

_log = log.get(__name__)

ASK_EVERY = timedelta(seconds=2)
ANSWER_WITHIN = timedelta(seconds=10)
PAUSES_S = (1.0, 2.0, 5.0, 15.0, 30.0)
EVERYTHING = "true"
# the whole index of a far Riemann
ANSWER_MOST = 64 * 1024 * 1024
SHORTEST_TTL_S = 1.0


class Reader:
    """One far Riemann, for one shard."""

    def __init__(self, source: ShardSource, *, ask_every: timedelta = ASK_EVERY) -> None:
        self._source = source
        self._ask_every = ask_every

    async def run(self, station: Station) -> None:
        """Read until the task is cancelled."""
        failures = 0
        while True:
            began_s = clock.monotonic_s()
            try:
                await (self._listen(station) if self._source.url else self._ask(station))
                reason = "the far side closed the connection"
            except (OSError, TimeoutError, asyncio.IncompleteReadError, wire.Malformed) as error:
                reason = f"{type(error).__name__}: {error}"
            except websockets.WebSocketException as error:
                reason = f"{type(error).__name__}: {error}"
            # one that held for a while was no failure in a row
            failures = 1 if clock.monotonic_s() - began_s > 60 else failures + 1
            pause_s = PAUSES_S[min(failures, len(PAUSES_S)) - 1]
            _log.warning("riemann.not_read", shard=self._source.shard, reason=reason[:300], again_in_s=pause_s)
            await asyncio.sleep(pause_s)

    async def _listen(self, station: Station) -> None:
        url = f"{self._source.url}/index?subscribe=true&query={quote(EVERYTHING)}"
        async with connect(url, open_timeout=ANSWER_WITHIN.total_seconds(), max_size=1 << 20) as socket:
            async for frame in socket:
                with suppress(msgspec.DecodeError, RecursionError):
                    self._take(station, [wire.from_json(msgspec.json.decode(frame))])

    async def _ask(self, station: Station) -> None:
        source, within_s = self._source, ANSWER_WITHIN.total_seconds()
        reader, writer = await asyncio.wait_for(asyncio.open_connection(source.host, source.port), within_s)
        try:
            while True:
                writer.write(wire.question(EVERYTHING))
                await writer.drain()
                self._take(station, await asyncio.wait_for(_answer(reader), within_s))
                await asyncio.sleep(self._ask_every.total_seconds())
        finally:
            writer.close()

    def _take(self, station: Station, events: list[Event]) -> None:
        """Take events; those that a far index only still holds keep the time they were said at."""
        now_s = clock.now().timestamp()
        station.take(self._source.shard, [_aged(one, now_s) for one in events], now_s=now_s)


def _aged(event: Event, now_s: float) -> Event:
    """Return the event with what is left of its life: an index asked again and again must not keep it young."""
    if event.time_s is None or event.state == EXPIRED:
        return event
    age_s = min(max(now_s - event.time_s, 0.0), LONGEST_TTL_S)
    ttl_s = TTL_S if event.ttl_s is None else event.ttl_s
    return replace(event, ttl_s=max(ttl_s - age_s, SHORTEST_TTL_S))


async def _answer(reader: asyncio.StreamReader) -> list[Event]:
    size = int.from_bytes(await reader.readexactly(4), "big")
    if size > ANSWER_MOST:
        raise wire.Malformed(f"an answer of {size} bytes")
    ok, error, events = wire.answered(await reader.readexactly(size))
    if not ok:
        raise wire.Malformed(f"it answered: {error}")
    return list(events)
