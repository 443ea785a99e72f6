"""The HTTP server of one process: it listens, answers until it is told to stop, and stores what it has taken."""

import asyncio
import errno
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from django.conf import settings

from hausmeister.alerts.keys import KeyRing
from hausmeister.alerts.writer import Writer
from hausmeister.asgi import application
from hausmeister.console.deployment import NotReady
from hausmeister.web.events import Live


class _Server(uvicorn.Server):
    """Says when it answers, which uvicorn itself only logs, and ends the live streams before anything else."""

    def __init__(self, config: uvicorn.Config, *, live: Live, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._live = live
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # a browser that listens must not hold up the end
        self._live.stop()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket on this address. Raises NotReady when it is taken or not ours to use."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise NotReady(
                f"Port {port} is taken by another program. Choose another with --port {port + 1}, or end that program."
            ) from error
        raise NotReady(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
    listener.setblocking(False)
    return listener


def serve(listener: socket.socket, *, writer: Writer, health: Callable[[], bool], on_ready: Callable[[], None]) -> None:
    """Serve HTTP until SIGTERM or SIGINT; requests under way are answered, alerts taken are stored."""
    writer.start()
    _settle_memory()
    live = Live()
    config = _config(application(writer=writer, keys=KeyRing(), health=health, live=live))
    server = _Server(config, live=live, on_ready=on_ready)
    try:
        # uvicorn's own `run` would bind a socket of its own; ours was bound first, to say early that a port is taken
        with _signals_only_stop(), asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(server.serve(sockets=[listener]))
    finally:
        writer.stop()


def _config(app: Any) -> uvicorn.Config:
    proxies = [str(network) for network in settings.HAUSMEISTER_TRUSTED_PROXIES]
    return uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
    )


def _settle_memory() -> None:
    """Take what was loaded at the start out of the garbage collector's rounds: each would stop the intake."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


@contextmanager
def _signals_only_stop() -> Iterator[None]:
    """Keep uvicorn from ending the process by the signal that stopped it: the engine still has to give back
    what it had claimed."""
    before = {one: signal.signal(one, lambda *_: None) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
