"""`hausmeister up`, `web`, `engine`: the program itself."""

import fcntl
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from hausmeister.console.deployment import (
    NotReady,
    check_durability,
    check_policies,
    check_restored,
    collect_static,
    migrate,
    set_up,
)

if TYPE_CHECKING:
    from hausmeister.engine.loop import Engine

LIVES_FOR = timedelta(seconds=60)

_port = click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
_host = click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
_when_empty = click.option(
    "--when-empty",
    type=click.Choice(["welcome", "demo"]),
    default="welcome",
    show_default=True,
    help="On a database without people: print a one-time link to set up a team, or load the demo teams.",
)


@click.command()
@_port
@_host
@_when_empty
def up(port: int, host: str, when_empty: str) -> None:
    """Run everything in one process: web, intake and engine. Ctrl-C or SIGTERM ends it."""
    set_up()
    from hausmeister.alerts.writer import Writer
    from hausmeister.console import first_start, server

    listener = server.listen(host, port)
    _prepare()
    lock = only_engine()
    first_start.fill(when_empty)
    greeting = first_start.greeting()
    writer = Writer()
    engine = _engine(is_pressed=lambda: writer.is_pressed)
    engine.start()
    try:
        with watching(), _lines():
            server.serve(listener, writer=writer, health=lambda: _lives(engine), on_ready=lambda: click.echo(greeting))
    finally:
        engine.stop()
        lock.close()


@click.command()
@_port
@_host
def web(port: int, host: str) -> None:
    """Run web pages and intake; engines run elsewhere and share the database."""
    set_up()
    from hausmeister.alerts.writer import Writer
    from hausmeister.console import first_start, server

    listener = server.listen(host, port)
    _prepare()
    greeting = first_start.greeting()
    with watching():
        server.serve(listener, writer=Writer(), health=_some_engine_lives, on_ready=lambda: click.echo(greeting))


@click.command()
def engine() -> None:
    """Run an engine; on PostgreSQL any number of them, on SQLite one."""
    set_up()
    _prepare()
    lock = only_engine()
    running = _engine()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    running.start()
    with _lines():
        stopped.wait()
    running.stop()
    lock.close()


@contextmanager
def watching() -> Iterator[None]:
    """Take events of shards while the block runs, where shards are set up.

    Raises NotReady when an address of HAUSMEISTER_RIEMANN cannot be had.
    """
    from hausmeister import wiring
    from hausmeister.base import clock
    from hausmeister.monitoring import boards

    parts = wiring.monitoring()
    if parts is None:
        yield
        return
    events, keeper = parts
    keeper.begin(now=clock.now())
    try:
        events.start()
    except OSError as error:
        raise NotReady(
            f"An address of HAUSMEISTER_RIEMANN cannot be listened on: {error}. Each shard needs its port and the next"
            " one; end the other program, or choose another port."
        ) from error
    keeper.start()
    boards.provide(events.station)
    try:
        yield
    finally:
        boards.withdraw()
        events.stop()
        keeper.stop()


def _prepare() -> None:
    check_restored()
    migrate()
    collect_static()
    check_durability()
    check_policies()


def only_engine() -> TextIO:
    """Return a lock that only one engine on this SQLite file can hold; on PostgreSQL it locks nothing.

    Raises NotReady while another program holds it.
    """
    from django.conf import settings
    from django.db import connection

    from hausmeister.base import clock
    from hausmeister.outbox import operations as outbox

    path = Path(settings.HAUSMEISTER_DATA) / "engine.lock"
    try:
        file = path.open("w")
    except OSError as error:
        raise NotReady(
            f"{path} cannot be written ({error.strerror}). Check that the data folder is yours and that the disk is"
            " not full, or set HAUSMEISTER_DATA to another."
        ) from error
    if connection.vendor == "sqlite":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise NotReady(
                f"Another Hausmeister runs on this data folder, {settings.HAUSMEISTER_DATA}. End it first; on"
                " SQLite there is one engine, and for several there is PostgreSQL (DATABASE_URL)."
            ) from error
        # whoever claimed messages before is dead; waiting for their leases would only delay a page
        outbox.take_back_all(now=clock.now())
    return file


def _engine(*, is_pressed: Callable[[], bool] = lambda: False) -> "Engine":
    from hausmeister import wiring

    return wiring.engine(senders=wiring.senders(), is_pressed=is_pressed)


@contextmanager
def _lines() -> Iterator[None]:
    """Keep the lines to chats open in the block."""
    from hausmeister import wiring

    lines = wiring.lines()
    for one in lines:
        one.start()
    try:
        yield
    finally:
        for one in lines:
            one.stop()


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
