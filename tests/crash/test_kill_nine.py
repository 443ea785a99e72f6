"""kill -9, many times over, in a real process with a real provider (X1 to X4; simulation page, section 10).

The kills are aimed: by the sender of alerts (before and after its answer), by the provider (it took the message
and the process dies before it can know), and at random. Afterwards a checker that knows nothing of the program
reads tables and the provider's log with plain SQL.
"""

import itertools
import json
import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest

from hausmeister.engine.sending import AHEAD, SLOTS
from hausmeister.outbox.rules import Lane
from tests import postgres
from tests.processes import Deployment, Process, deployment, free_port, post_alert, seed_trio

pytestmark = [pytest.mark.slow]


@dataclass
class Call:
    """One request that reached the provider."""

    message: str
    page: int
    marked: bool
    answered: bool


class Provider:
    """A real HTTP server that notes every call; `on_call` may kill the caller before it is answered."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.on_call: Callable[[], bool] = lambda: True
        self._lock = threading.Lock()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                call = Call(body["id"], body["page"]["number"], body["possible_duplicate"], answered=False)
                with provider._lock:
                    provider.calls.append(call)
                if not provider.on_call():
                    return
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    call.answered = True
                except OSError:
                    call.answered = False

            def log_message(self, *_args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    told = Provider()
    yield told
    told.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield ""
    else:
        with postgres.cluster(durable=True, with_tables=True) as url:
            yield url


@dataclass
class Story:
    """A deployment under fire: what was sent, what was answered."""

    told: Deployment
    provider: Provider
    key: str
    port: int
    answered: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    kills: int = 0
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @staticmethod
    def begin(told: Deployment, provider: Provider) -> "Story":
        port = free_port()
        first = told.start("up", port=port)
        key = seed_trio(told, address=f"http://127.0.0.1:{provider.port}/NAME", wait="7d")
        first.end()
        return Story(told, provider, key, port)

    def start(self) -> Process:
        return self.told.start("up", port=self.port)

    def send(self, process: Process) -> bool:
        """Send one new alert; return whether it was answered with success."""
        name = f"alert-{next(self.numbers)}"
        try:
            status = post_alert(process, self.key, {"title": name, "key": name})
        except OSError:
            self.unknown.add(name)
            return False
        assert status in (200, 201, 503), status
        (self.answered if status < 300 else self.unknown).add(name)
        return status < 300

    def send_again(self, process: Process) -> None:
        """What every monitor does with an alert whose answer it never saw."""
        for name in sorted(self.unknown):
            assert post_alert(process, self.key, {"title": name, "key": name}) in (200, 201)
            self.answered.add(name)
        self.unknown.clear()

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        if self.told.database_url:
            with psycopg.connect(self.told.database_url) as link:
                return link.execute(statement).fetchall()  # type: ignore[arg-type]
        with closing(sqlite3.connect(self.told.data / "hausmeister.sqlite3", timeout=10)) as link:
            return link.execute(statement).fetchall()

    def kill(self, process: Process) -> None:
        process.kill()
        self.kills += 1

    def check(self) -> None:
        """Hold tables and the provider's log against the promise."""
        keys = Counter(key for (key,) in self.rows("SELECT key FROM alerts_alert WHERE closed_at IS NULL"))
        lost = self.answered - keys.keys()
        assert not lost, f"answered and lost: {sorted(lost)}"
        assert set(keys.values()) == {1}, "a resent alert is the same alert"
        pages = {page for (page,) in self.rows("SELECT id FROM pager_page")}
        reached = {call.page for call in self.provider.calls}
        assert pages == reached, f"never called: {sorted(pages - reached)}; unknown: {sorted(reached - pages)}"
        states = Counter(state for (state,) in self.rows("SELECT state FROM outbox_message"))
        assert states.keys() == {"sent"}, states
        by_message: dict[str, list[Call]] = {}
        for call in self.provider.calls:
            by_message.setdefault(call.message, []).append(call)
        repeated = {message: calls for message, calls in by_message.items() if len(calls) > 1}
        assert all(call.marked for calls in repeated.values() for call in calls[1:]), "a repetition is marked as one"
        # what can be twice is what was claimed when the process died: on the wire, or its result not stored yet
        assert sum(len(calls) - 1 for calls in repeated.values()) <= self.kills * SLOTS[Lane.PAGING] * AHEAD

    def settle(self, process: Process, *, within_s: float) -> None:
        """Wait until nothing is left to send."""
        ends_at = time.monotonic() + within_s
        while time.monotonic() < ends_at:
            assert process.is_alive
            if not self.rows("SELECT 1 FROM outbox_message WHERE state IN ('pending', 'claimed')"):
                return
            time.sleep(0.1)
        left = self.rows("SELECT state, count(*), max(last_error) FROM outbox_message GROUP BY state")
        raise AssertionError(f"not everything was sent: {left}")


@pytest.mark.counterpart("postgresql")
def test_no_answered_alert_is_lost_and_every_page_is_sent_however_the_process_is_killed(database, provider):
    chance = random.Random(20261124)
    with deployment(database, HAUSMEISTER_OUTGOING_PORTS=str(provider.port)) as told:
        story = Story.begin(told, provider)
        aims = [_before_the_answer, _after_the_answer, _when_the_provider_took_it, _at_random] * 3
        for aim in aims:
            process = story.start()
            story.send_again(process)
            aim(story, process, chance)
            assert not process.is_alive
        assert story.kills == len(aims)
        process = story.start()
        story.send_again(process)
        # on PostgreSQL another engine might hold the claims: they are taken back when their lease ends
        story.settle(process, within_s=60)
        story.check()
        assert len(story.answered) >= 60
        assert any(call.marked for call in provider.calls), "some kill hit a message on the wire"


def _flood(story: Story, process: Process, seconds: float) -> threading.Thread:
    """Send alerts one after the other until the process dies."""

    def run() -> None:
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at and process.is_alive:
            if not story.send(process):
                return

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _before_the_answer(story: Story, process: Process, chance: random.Random) -> None:
    """X1: while the request is being stored, at a moment that differs each time."""
    for _ in range(4):
        story.send(process)
    thread = _flood(story, process, 5)
    time.sleep(chance.random() * 0.05)
    story.kill(process)
    thread.join()


def _after_the_answer(story: Story, process: Process, chance: random.Random) -> None:
    """On the first byte of an answer: the commit is the promise."""
    for _ in range(chance.randrange(3, 9)):
        assert story.send(process)
    story.kill(process)


def _when_the_provider_took_it(story: Story, process: Process, chance: random.Random) -> None:
    """X3: the provider accepted and the result is not stored."""
    killed = threading.Event()
    countdown = [chance.randrange(1, 6)]

    def on_call() -> bool:
        countdown[0] -= 1
        if countdown[0] == 0:
            story.kill(process)
            killed.set()
            return False
        return not killed.is_set()

    story.provider.on_call = on_call
    thread = _flood(story, process, 10)
    assert killed.wait(15), "the provider was never called"
    thread.join()
    story.provider.on_call = lambda: True


def _at_random(story: Story, process: Process, chance: random.Random) -> None:
    """X2 and whatever else there is between two statements."""
    threads = [_flood(story, process, 5) for _ in range(3)]
    time.sleep(0.1 + chance.random() * 0.6)
    story.kill(process)
    for thread in threads:
        thread.join()


@pytest.mark.counterpart("postgresql")
def test_two_engines_share_five_hundred_alerts_and_one_of_them_is_killed(provider):
    """X4, with a web node and two engines as processes of their own on PostgreSQL."""
    with (
        postgres.cluster(durable=True, with_tables=True) as url,
        deployment(url, HAUSMEISTER_OUTGOING_PORTS=str(provider.port)) as told,
    ):
        story = Story.begin(told, provider)
        web = told.start("web", port=story.port, wait=False)
        engines = [told.start("engine") for _ in range(2)]
        web.wait_until_up()
        while len(story.answered) < 500:
            story.send(web)
            if len(story.answered) == 250 and not story.kills:
                story.kill(engines[0])
        story.settle(web, within_s=90)
        assert len(story.answered) == 500
        story.check()
        assert engines[1].is_alive
