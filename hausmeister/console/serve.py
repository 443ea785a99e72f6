"""`hausmeister up`, `web`, `engine`: the program itself."""

import asyncio
import errno
import fcntl
import gc
import signal
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hausmeister.console.deployment import (
    NotReady,
    check_durability,
    check_policies,
    collect_static,
    migrate,
    set_up,
)

if TYPE_CHECKING:
    from hausmeister.alerts.writer import Writer
    from hausmeister.engine.loop import Engine

LIVES_FOR = timedelta(seconds=60)

_port = click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
_host = click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")


@click.command()
@_port
@_host
def up(port: int, host: str) -> None:
    """Run everything in one process: web, intake and engine."""
    listener = _listen(host, port)
    _prepare()
    lock = _only_engine()
    writer = _writer()
    engine = _engine(is_pressed=lambda: writer.is_pressed)
    engine.start()
    try:
        _serve(listener, writer=writer, health=lambda: _lives(engine))
    finally:
        engine.stop()
        lock.close()


@click.command()
@_port
@_host
def web(port: int, host: str) -> None:
    """Run web pages and intake; engines run elsewhere and share the database."""
    listener = _listen(host, port)
    _prepare()
    _serve(listener, writer=_writer(), health=_some_engine_lives)


@click.command()
def engine() -> None:
    """Run an engine; on PostgreSQL any number of them, on SQLite one."""
    _prepare()
    lock = _only_engine()
    running = _engine()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    running.start()
    stopped.wait()
    running.stop()
    lock.close()


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise NotReady(
                f"Port {port} is taken by another program. Choose another with --port {port + 1}, or end that program."
            ) from error
        raise NotReady(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
    listener.setblocking(False)
    return listener


def _prepare() -> None:
    set_up()
    migrate()
    collect_static()
    check_durability()
    check_policies()


def _only_engine() -> Any:
    """Return a lock that only one engine on this SQLite file can hold; on PostgreSQL it locks nothing."""
    from django.conf import settings
    from django.db import connection

    from hausmeister.base import clock
    from hausmeister.outbox import operations as outbox

    file = (Path(settings.HAUSMEISTER_DATA) / "engine.lock").open("w")
    if connection.vendor == "sqlite":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise NotReady(
                "Another Hausmeister runs on this data folder. On SQLite there is one engine; end the other, or use"
                " PostgreSQL (DATABASE_URL)."
            ) from error
        # whoever claimed messages before is dead; waiting for their leases would only delay a page
        outbox.take_back_all(now=clock.now())
    return file


def _engine(*, is_pressed: Callable[[], bool] = lambda: False) -> "Engine":
    from hausmeister import wiring

    return wiring.engine(senders=wiring.senders(), is_pressed=is_pressed)


def _writer() -> "Writer":
    from hausmeister.alerts.writer import Writer

    return Writer()


def _lives(engine: "Engine") -> bool:
    from hausmeister.base import clock

    last = engine.last_whole_tick_at
    return last is not None and abs(clock.now() - last) < LIVES_FOR


def _some_engine_lives() -> bool:
    from django.db import DatabaseError

    from hausmeister.base import clock
    from hausmeister.pager import queries

    try:
        last = queries.last_beat()
    except DatabaseError:
        return False
    return last is not None and abs(clock.now() - last) < LIVES_FOR


def _serve(listener: socket.socket, *, writer: "Writer", health: Callable[[], bool]) -> None:
    """Serve HTTP until SIGTERM or SIGINT; requests under way are answered, alerts taken are stored."""
    import uvicorn
    from django.conf import settings

    from hausmeister.alerts.keys import KeyRing
    from hausmeister.asgi import application
    from hausmeister.web.events import Live

    live = Live()

    class Server(uvicorn.Server):
        """Ends the live streams first: a browser that listens must not hold up the end."""

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            live.stop()
            await super().shutdown(sockets)

    writer.start()
    _settle_memory()
    proxies = [str(network) for network in settings.HAUSMEISTER_TRUSTED_PROXIES]
    config = uvicorn.Config(
        application(writer=writer, keys=KeyRing(), health=health, live=live),
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
    server = Server(config)
    try:
        # uvicorn's own `run` would bind a socket of its own; ours was bound first, to say early that a port is taken
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(server.serve(sockets=[listener]))
    finally:
        writer.stop()


def _settle_memory() -> None:
    """Take what was loaded at the start out of the garbage collector's rounds: each would stop the intake."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
