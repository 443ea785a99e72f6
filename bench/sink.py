"""A webhook sink in a process of its own: notes when each message arrived, and says so on standard output.

    python -m bench.sink

Prints its port first; then, for each message, the title of the page and the moment in nanoseconds of the machine's
monotonic clock, which the load generator on the same machine reads as well.
"""

import asyncio
import json
import sys
import time


class _Sink(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, separator, rest = self._buffer.partition(b"\r\n\r\n")
            at = head.lower().find(b"content-length:")
            if not separator or at < 0:
                return
            length = int(head[at + 15 :].split(b"\r\n", 1)[0])
            if len(rest) < length:
                return
            self._take(rest[:length])
            self._buffer = rest[length:]

    def _take(self, body: bytes) -> None:
        moment = time.monotonic_ns()
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")  # type: ignore[attr-defined]
        sys.stdout.write(f"{moment} {json.loads(body)['page']['title']}\n")
        sys.stdout.flush()


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
