"""Socket Mode: the line over which Slack tells us what happens, without a public address.

One thread reads; each envelope is stored and only then acknowledged, so that Slack sends again what was not. What
may take longer (a form, the home screen) is done by two threads beside it.

Source: Slack's pages on Socket Mode. `hello` opens a line, `disconnect` says that it will end; each other envelope
has an id that is sent back.
"""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.db import Error as DatabaseError
from django.db import connection
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from hausmeister.base import clock, log, outgoing
from hausmeister.base.guard import NoAnswer
from hausmeister.base.untrusted import one_line
from hausmeister.chat import hearing, line
from hausmeister.connectors.slack import errors, events
from hausmeister.connectors.slack.api import SlackApi
from hausmeister.connectors.slack.app import SlackApp
from hausmeister.connectors.slack.errors import SlackSaysNo
from hausmeister.connectors.slack.events import SERVICE
from hausmeister.outbox.delivery import NotDelivered, TryLater

_log = log.get(__name__)

PAUSES_S = (1.0, 2.0, 5.0, 15.0, 30.0)
REFUSED_S = 60.0
SHORTEST_LINE_S = 5.0
LARGEST_ENVELOPE = 4 * 1024 * 1024
OPENING_S = 10.0
# a line on which nothing comes, not even Slack's own pings, is dead
PING_EVERY_S, PONG_WITHIN_S = 20.0, 20.0


class LineEnds(Exception):
    """Slack says that this line ends; a new one takes its place at once."""


class SocketMode:
    """Keeps a line to Slack. `start` begins a thread, `stop` ends it; in between it mends itself."""

    def __init__(self, app: SlackApp, api: SlackApi) -> None:
        self._app = app
        # with the app's own token, not the bot's
        self._api = api
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="slack-socket", daemon=True)
        self._beside = ThreadPoolExecutor(2, thread_name_prefix="slack-beside")
        self._line: ClientConnection | None = None
        self._failures = 0
        self._was_short = False

    def start(self) -> None:
        """Open the line, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End the line; what was taken is acknowledged, what was begun beside it finishes."""
        self._is_stopping.set()
        line_now = self._line
        if line_now is not None:
            line_now.close()
        if self._thread.is_alive():
            self._thread.join(10.0)
        self._beside.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            pause_s = self._attempt()
            connection.close()
            self._is_stopping.wait(pause_s)

    def _attempt(self) -> float:
        """Keep one line for as long as it lasts; return how long to wait before the next."""
        try:
            self._serve()
        except LineEnds:
            # one that ends as soon as it stands, such as the eleventh of ten, must not be opened again and again
            return self._broke("Slack ended the line as soon as it stood") if self._was_short else 0.0
        except SlackSaysNo as error:
            if error.word in errors.CREDENTIALS | {"missing_scope", "link_disabled"}:
                reason = f"{error} (Socket Mode)"
                self._say(lambda: line.refused(SERVICE, reason=reason, now=clock.now()))
                return REFUSED_S
            return self._broke(str(error))
        except NotDelivered as error:
            asked_s = error.retry_after_s if isinstance(error, TryLater) else None
            return max(self._broke(str(error)), asked_s or 0.0)
        except (ConnectionClosed, WebSocketException, NoAnswer, OSError) as error:
            return self._broke(f"the line to Slack broke: {type(error).__name__}")
        except DatabaseError as error:
            connection.close()
            return self._broke(f"the database does not answer: {type(error).__name__}")
        except Exception as error:  # noqa: BLE001 - without this thread nothing would be heard any more
            _log.error("slack.line_failed", error=f"{type(error).__name__}: {error}"[:500])
            return self._broke("an error of our own; it is in the log")
        return 0.0

    def _broke(self, reason: str) -> float:
        if self._is_stopping.is_set():
            return 0.0
        pause_s = PAUSES_S[min(self._failures, len(PAUSES_S) - 1)]
        self._failures += 1
        _log.warning("slack.line_broke", reason=reason, again_s=pause_s)
        self._say(lambda: line.down(SERVICE, reason=reason, now=clock.now()))
        return pause_s

    def _say(self, tell: Callable[[], None]) -> None:
        """Store how the line stands; a database that is away must not end the thread."""
        try:
            tell()
        except DatabaseError:
            connection.close()

    # ---- one line ----

    def _serve(self) -> None:
        url = str(self._api.change("apps.connections.open", {}).get("url") or "")
        with self._opened(url) as opened:
            self._line, begun_s = opened, clock.monotonic_s()
            try:
                while not self._is_stopping.is_set():
                    self._take(opened, opened.recv())
            finally:
                self._line = None
                self._was_short = clock.monotonic_s() - begun_s < SHORTEST_LINE_S
                self._failures = self._failures if self._was_short else 0

    @contextmanager
    def _opened(self, url: str) -> Iterator[ClientConnection]:
        """Yield an open web socket, dialled through our own door. Raises NoAnswer, OSError, WebSocketException."""
        parts = urlsplit(url)
        if parts.scheme not in {"wss", "ws"} or not parts.hostname:
            raise TryLater("Slack answered 200, but with no address for Socket Mode")
        is_secure = parts.scheme == "wss"
        raw: socket.socket = outgoing.connect(parts.hostname, parts.port or (443 if is_secure else 80))
        raw.settimeout(None)
        try:
            with connect(
                url, sock=raw, ssl=outgoing.trust() if is_secure else None, proxy=None, compression=None,
                open_timeout=OPENING_S, ping_interval=PING_EVERY_S, ping_timeout=PONG_WITHIN_S, close_timeout=2.0,
                max_size=LARGEST_ENVELOPE,
            ) as opened:  # fmt: skip
                yield opened
        finally:
            raw.close()

    def _take(self, opened: ClientConnection, raw: str | bytes) -> None:
        """Take one envelope, and acknowledge it once it is stored."""
        envelope = _read(raw)
        kind = str(envelope.get("type") or "")
        if kind == "hello":
            self._hello()
            return
        if kind == "disconnect":
            reason = one_line(str(envelope.get("reason") or ""), 60)
            if reason == "link_disabled":
                raise SlackSaysNo("Slack says that Socket Mode is switched off for the app.", word=reason)
            _log.info("slack.line_ends", reason=reason)
            raise LineEnds
        envelope_id = envelope.get("envelope_id")
        if not isinstance(envelope_id, str):
            return
        payload = envelope.get("payload")
        done = self._taken(kind, payload if isinstance(payload, dict) else {})
        if done is None:
            return
        body, then = done
        opened.send(msgspec.json.encode({"envelope_id": envelope_id, **({"payload": body} if body else {})}).decode())
        if then is not None:
            self._beside.submit(self._afterwards, then)

    def _hello(self) -> None:
        """Begin to hear: what may have been missed while no line stood is read again, before anything new moves on."""
        hearing.open_gaps(SERVICE, stamp_of=events.stamp_of)
        line.up(SERVICE, now=clock.now())

    def _taken(
        self, kind: str, payload: Mapping[str, Any]
    ) -> tuple[dict[str, Any] | None, Callable[[], None] | None] | None:
        """Return what to answer; None for what could not be stored: without an acknowledgement Slack sends it again."""
        try:
            taken = self._app.take(kind, payload)
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001 - one envelope that breaks us must not silence the others
            _log.error("slack.not_taken", kind=one_line(kind, 40), error=f"{type(error).__name__}: {error}"[:500])
            return None
        return taken.body, taken.then

    def _afterwards(self, then: Callable[[], None]) -> None:
        try:
            then()
        except Exception as error:  # noqa: BLE001 - logged once at the edge
            _log.error("slack.not_done", error=f"{type(error).__name__}: {error}"[:500])
        finally:
            connection.close()


def _read(raw: str | bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        _log.warning("slack.unreadable_envelope", size=len(raw))
        return {}
    return found if isinstance(found, dict) else {}
