"""A load generator for the intake: so many connections, each sending the next alert when the last is answered.

Run by hand against a running Hausmeister (see bench/README.md). It speaks HTTP/1.1 over plain sockets, so that
it costs a small part of the two cores it shares with the server.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Result:
    """What a run measured. Times in milliseconds."""

    answered: int = 0
    not_stored: int = 0
    waits_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def figures(self) -> dict[str, float | int]:
        """Return the figures of the run."""
        waits = sorted(self.waits_ms) or [0.0]
        return {
            "alerts_per_s": round(self.answered / self.seconds, 1),
            "answered": self.answered,
            "not_stored": self.not_stored,
            "p50_ms": round(statistics.median(waits), 2),
            "p95_ms": round(waits[int(len(waits) * 0.95)], 2),
            "p99_ms": round(waits[int(len(waits) * 0.99)], 2),
            "max_ms": round(waits[-1], 2),
        }


class _Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._buffer = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def _next(self) -> None:
        request = self._run.request()
        if request is None:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        self._run.done(head[9:12], (time.perf_counter() - self._sent_at) * 1000)
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._run.ended()


class _Run:
    def __init__(self, *, url: str, key: str, keys: int, seconds: float, tag: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self._head = (
            f"POST /api/v1/alerts HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Bearer {key}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )
        self._keys, self._tag = keys, tag
        self._count = 0
        self._ends_at = time.perf_counter() + seconds
        self._open = 0
        self.result = Result()
        self.finished = asyncio.Event()

    def request(self) -> bytes | None:
        if time.perf_counter() >= self._ends_at:
            return None
        self._count += 1
        number = self._count % self._keys if self._keys else self._count
        body = json.dumps(
            {
                "title": f"Contract {number} was committed late",
                "key": f"{self._tag}-{number}",
                "severity": "critical",
                "text": "95 % of contracts are due by 05:00 UTC",
                "labels": {"dag": "nightly_itaipu", "shard": f"s{number % 4}", "task": f"commit-{number}"},
            }
        )
        return (self._head + f"{len(body)}\r\n\r\n{body}").encode()

    def done(self, status: bytes, wait_ms: float) -> None:
        if status[:1] == b"2":
            self.result.answered += 1
        else:
            self.result.not_stored += 1
        self.result.waits_ms.append(wait_ms)

    def connect(self) -> _Connection:
        self._open += 1
        return _Connection(self)

    def ended(self) -> None:
        self._open -= 1
        if not self._open:
            self.finished.set()


async def _load(args: argparse.Namespace, seconds: float, tag: str) -> Result:
    run = _Run(url=args.url, key=args.key, keys=args.keys, seconds=seconds, tag=tag)
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    await asyncio.gather(*(loop.create_connection(run.connect, run.host, run.port) for _ in range(args.connections)))
    await run.finished.wait()
    run.result.seconds = time.perf_counter() - began
    return run.result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--key", required=True)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--warmup", type=float, default=2)
    parser.add_argument("--keys", type=int, default=0, help="0: every alert is new; else a storm of so many keys")
    args = parser.parse_args()
    tag = f"{time.time_ns():x}"
    before = asyncio.run(_load(args, args.warmup, f"{tag}w")).answered if args.warmup else 0
    result = asyncio.run(_load(args, args.seconds, tag))
    json.dump({**result.figures(), "answered_in_all": before + result.answered}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
