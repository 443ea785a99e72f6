"""The far end of Socket Mode, on loopback: opens a line, delivers envelopes, and minds what is acknowledged.

Strict: what nobody delivered must not be acknowledged, and an answer that comes twice fails the story.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

WITHIN_S = 10.0


class SocketServer:
    """One app's lines. `deliver` waits for the acknowledgement and returns what came with it."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.opened = 0
        self._lines: list[ServerConnection] = []
        self._came = threading.Condition()
        self._answers: dict[str, Any] = {}
        self._wanted: set[str] = set()
        self._number = 0
        self._server = serve(self._line, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}/link/?ticket=1&app_id=A1"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _line(self, line: ServerConnection) -> None:
        line.send(json.dumps({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}}))
        with self._came:
            self._lines.append(line)
            self.opened += 1
            self._came.notify_all()
        try:
            for raw in line:
                self._acknowledged(json.loads(raw))
        except ConnectionClosed:
            pass
        finally:
            with self._came:
                self._lines.remove(line)
                self._came.notify_all()

    def _acknowledged(self, answer: dict[str, Any]) -> None:
        with self._came:
            envelope_id = answer.get("envelope_id")
            if envelope_id not in self._wanted or set(answer) - {"envelope_id", "payload"}:
                self.complaints.append(f"not asked for: {answer}")
                return
            self._wanted.discard(envelope_id)
            self._answers[envelope_id] = answer.get("payload")
            self._came.notify_all()

    # ---- the story's side ----

    def wait_for_line(self, count: int = 1) -> None:
        with self._came:
            assert self._came.wait_for(lambda: self.opened >= count and bool(self._lines), WITHIN_S), "no line"

    def wait_until_gone(self) -> None:
        with self._came:
            assert self._came.wait_for(lambda: not self._lines, WITHIN_S), "the line stands"

    def deliver(self, kind: str, payload: dict[str, Any], *, envelope_id: str = "") -> Any:
        """Deliver one envelope; return what came with its acknowledgement."""
        number = self.hand_over(kind, payload, envelope_id=envelope_id)
        with self._came:
            assert self._came.wait_for(lambda: number in self._answers, WITHIN_S), f"{kind} was not acknowledged"
            return self._answers.pop(number)

    def hand_over(self, kind: str, payload: dict[str, Any], *, envelope_id: str = "") -> str:
        """Deliver one envelope and do not wait."""
        with self._came:
            self._number += 1
            number = envelope_id or f"e-{self._number}"
            self._wanted.add(number)
            line = self._lines[-1]
        envelope = {"envelope_id": number, "type": kind, "accepts_response_payload": kind != "events_api"}
        line.send(json.dumps({**envelope, "payload": payload}))
        return number

    def say(self, **message: Any) -> None:
        """Say something that is no envelope, such as `disconnect`."""
        self._lines[-1].send(json.dumps(message))

    def send_raw(self, text: str) -> None:
        self._lines[-1].send(text)

    def cut(self) -> None:
        """Break every line without a word."""
        for line in list(self._lines):
            line.socket.shutdown(2)

    def answered(self, envelope_id: str) -> bool:
        with self._came:
            return envelope_id in self._answers

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        assert not self.complaints, self.complaints


@contextmanager
def socket_server() -> Iterator[SocketServer]:
    server = SocketServer()
    try:
        yield server
    finally:
        server.close()
