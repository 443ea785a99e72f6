"""A world to tell stories in: HTTP in, engine ticks at a time we choose, fake senders read out.

Any message that no story expected fails it, and so does any error in the log that it did not name.
"""

import asyncio
import json
from collections.abc import Coroutine, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from structlog.testing import capture_logs

from hausmeister import wiring
from hausmeister.alerts.intake import Intake
from hausmeister.alerts.keys import KeyRing
from hausmeister.alerts.writer import Writer
from hausmeister.base import clock, outgoing
from hausmeister.engine.loop import Engine
from hausmeister.incidents.models import Timer
from hausmeister.issues.models import Emergency, Issue
from hausmeister.monitoring.models import Probe
from hausmeister.outbox.delivery import NotDelivered, Parcel
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import State
from hausmeister.pager.models import Page, Summons
from hausmeister.rota.planning.rules.states import DraftState
from hausmeister.rota.planning.solving import Answer as Planned
from hausmeister.rota.planning.solving import Solve, Task, Tell
from hausmeister.team import queries as team_queries
from hausmeister.triage.models import Item
from hausmeister.triage.operations.pointing import Pointer

# what an upper room makes of what a story tells; those about it ask for it
OPENING_INCIDENTS = "open incidents"
LOOKING_AHEAD = ("look ahead", "prepare hand-offs", "tell of shifts")
HANDING_OVER = "hand over"
CHANNELS = ("email", "ntfy", "slack", "webhook", "opsgenie", "chat")


class InlineExecutor(Executor):
    """Runs what is submitted at once, in this thread."""

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except BaseException as error:
            done.set_exception(error)
        return done


@dataclass(frozen=True)
class Sent:
    """A message that reached a fake far side."""

    at: datetime
    channel: str
    parcel: Parcel

    @property
    def person(self) -> str:
        return str(self.parcel.facts.get("person", ""))

    @property
    def title(self) -> str:
        return str(self.parcel.facts.get("title", ""))


@dataclass
class FakeChannel:
    """One channel's far side: takes messages, or fails as it is told to."""

    name: str
    world: "World"
    failures: list[NotDelivered] = field(default_factory=list)
    always: NotDelivered | None = None

    def send(self, parcel: Parcel) -> str:
        outgoing.last_look()
        self.world.tried.append(Sent(self.world.now, self.name, parcel))
        failure = self.failures.pop(0) if self.failures else self.always
        if failure is not None:
            raise failure
        self.world.sent.append(Sent(self.world.now, self.name, parcel))
        return f"{self.name}-{len(self.world.tried)}"

    def fail(self, *failures: NotDelivered) -> None:
        """Fail the next tries, in this order."""
        self.failures += failures


class GivenKeys(KeyRing):
    """Knows the keys it was given; the story reads them before each request."""

    def __init__(self) -> None:
        super().__init__()
        self.holders: dict[str, Any] = {}

    async def _holder(self, digest, now):  # type: ignore[no-untyped-def]
        return self.holders.get(digest)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def call_asgi(app, method: str, path: str, *, headers: dict[str, str], body: bytes) -> Answer:  # type: ignore[no-untyped-def]
    target, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": target,
        "raw_path": target.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 5),
        "scheme": "http",
        "server": ("testserver", 80),
    }
    messages = [{"type": "http.request", "body": body, "more_body": False}]
    started: dict[str, Any] = {}
    chunks: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    found = {name.decode().lower(): value.decode() for name, value in started["headers"]}
    return Answer(started["status"], found, b"".join(chunks))


def _no_solver(_task: Task, _tell: Tell) -> Planned:
    return Planned(DraftState.FAILED, {}, "No story said how to plan.")


async def _nothing_behind(_scope, _receive, send):  # type: ignore[no-untyped-def]
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def engine(
    senders: dict[str, Any],
    *,
    looks_ahead: bool = False,
    opens_incidents: bool = False,
    hands_over: bool = False,
    node: str = "test",
    solve: Solve = _no_solver,
    points: Any = None,
) -> Engine:
    """Return an engine that does everything in one thread.

    Stories about pages are not told what lies ahead; those about that ask for it.
    """
    made = wiring.engine(senders=senders, executor=lambda *_: InlineExecutor(), node=node, solve=solve, points=points)
    if not looks_ahead:
        made._housekeeping = tuple(job for job in made._housekeeping if job.name not in LOOKING_AHEAD)
    if not opens_incidents:
        made._housekeeping = tuple(job for job in made._housekeeping if job.name != OPENING_INCIDENTS)
    # a story that goes on into the next month is not about the letter on the last one
    made._housekeeping = tuple(job for job in made._housekeeping if job.name != "write the month")
    if not hands_over:
        made._housekeeping = tuple(job for job in made._housekeeping if job.name != HANDING_OVER)
    return made


class _AsTheStorySays:
    """Asks the story's own pointer, where it has one."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def suggest(self, team, text, *, now, most=3):  # type: ignore[no-untyped-def]
        return self._world.pointer.suggest(team, text, now=now, most=most) if self._world.pointer else ()

    def note(self, team, text, *, by, where, at):  # type: ignore[no-untyped-def]
        if self._world.pointer:
            self._world.pointer.note(team, text, by=by, where=where, at=at)

    def keep(self, team, answered, *, now):  # type: ignore[no-untyped-def]
        if self._world.pointer:
            self._world.pointer.keep(team, answered, now=now)

    def learn(self, team, card, asked, *, fits, by, now):  # type: ignore[no-untyped-def]
        if self._world.pointer:
            self._world.pointer.learn(team, card, asked, fits=fits, by=by, now=now)


class World:
    """Time, an engine, an intake and the far sides of every channel."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.tried: list[Sent] = []
        self.sent: list[Sent] = []
        self.channels = {name: FakeChannel(name, self) for name in CHANNELS}
        # plans are found by the child process; a story that wants one says how
        self.solve: Solve = _no_solver
        # who knows earlier answers; a story that wants some says which
        self.pointer: Pointer | None = None
        self.engine = self._engine()
        self.writer, self.keys = Writer(), GivenKeys()
        self.intake = Intake(wiring.intake_routes(), writer=self.writer, keys=self.keys, behind=_nothing_behind)
        self.key = ""
        self.logs: list[dict[str, Any]] = []
        self._named_errors: list[str] = []

    def look_ahead(self) -> None:
        """From now on the engine also looks ahead: findings, test pages before a duty, notices of shifts."""
        self.engine = self._engine(looks_ahead=True)

    def open_incidents(self) -> None:
        """From now on the engine also opens an incident for each P4."""
        self.engine = self._engine(opens_incidents=True)

    def hand_over(self) -> None:
        """From now on the engine also writes hand-offs and moves what is open."""
        self.engine = self._engine(hands_over=True)

    def _engine(
        self, *, looks_ahead: bool = False, opens_incidents: bool = False, hands_over: bool = False
    ) -> Engine:  # fmt: skip
        return engine(
            dict(self.channels),
            looks_ahead=looks_ahead,
            opens_incidents=opens_incidents,
            hands_over=hands_over,
            solve=lambda task, tell: self.solve(task, tell),
            points=_AsTheStorySays(self),
        )

    # ---- in ----

    def post(
        self, path: str, body: Any = None, *, method: str = "POST", key: str | None = None, **headers: str
    ) -> Answer:
        """Send a request to the intake; a dict goes as JSON, bytes as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()
        given = {
            "content-type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        use = self.key if key is None else key
        if use and "authorization" not in given:
            scheme = "GenieKey" if path.startswith("/v2/") else "Bearer"
            given["authorization"] = f"{scheme} {use}"
        return self.run(call_asgi(self.intake, method, path, headers=given, body=raw))

    def run(self, *requests: Coroutine[Any, Any, Answer]) -> Any:
        """Serve requests at once; the writer stores between two turns of the loop, in this thread."""
        self.keys.holders = team_queries.valid_keys(self.now)
        loop = asyncio.new_event_loop()
        try:
            tasks = [loop.create_task(one) for one in requests]
            while not all(task.done() for task in tasks):
                for _ in range(5):
                    loop.run_until_complete(asyncio.sleep(0))
                self.writer.run_once(now=self.now)
            answers = [task.result() for task in tasks]
        finally:
            loop.close()
        return answers[0] if len(answers) == 1 else answers

    def fire(self, title: str = "Disk full", *, key: str | None = None, **fields: Any) -> Page:
        """Send an alert of our own format and return its page."""
        answer = self.post("/api/v1/alerts", {"title": title, "key": key or title, **fields})
        assert answer.status in (200, 201), answer.body
        return Page.objects.get(pk=answer.json["page"])

    # ---- time ----

    def tick(self) -> None:
        """Run the engine once, now."""
        self.engine.tick(self.now)

    def go(self, **length: float) -> None:
        """Go forward, letting the engine work at every moment at which something is due."""
        until = self.now + timedelta(**length)
        for _ in range(10_000):
            self.tick()
            due = self._next_due()
            if due is None or due > until:
                break
            self.now = max(due, self.now + timedelta(milliseconds=1))
        else:
            raise AssertionError("the world does not come to rest")
        self.now = until
        self.tick()

    def go_to(self, at: datetime) -> None:
        self.go(seconds=(at - self.now).total_seconds())

    def _next_due(self) -> datetime | None:
        moments = [
            *Page.objects.unanswered().values_list("next_step_at", flat=True),
            *Page.objects.open().exclude(ack_expires_at=None).values_list("ack_expires_at", flat=True),
            *Emergency.objects.exclude(next_ask_at=None).values_list("next_ask_at", flat=True),
            *Issue.objects.exclude(nag_at=None).values_list("nag_at", flat=True),
            *Summons.objects.exclude(next_ring_at=None).values_list("next_ring_at", flat=True),
            *Item.objects.exclude(nudge_at=None).values_list("nudge_at", flat=True),
            *Item.objects.exclude(raise_at=None).values_list("raise_at", flat=True),
            *Probe.objects.exclude(next_at=None).values_list("next_at", flat=True),
            *Timer.objects.values_list("reminder_at", flat=True),
            *Message.objects.filter(state=State.PENDING).values_list("due_at", flat=True),
            *Message.objects.filter(state=State.CLAIMED).values_list("claimed_until", flat=True),
        ]
        return min((moment for moment in moments if moment is not None), default=None)

    # ---- out ----

    def expect(self, channel: str, person: str = "", title: str = "", *, kind: str = "") -> Sent:
        """Return the oldest message that fits and take it off the list. Fails when there is none."""
        for place, one in enumerate(self.sent):
            if (
                one.channel == channel
                and (not person or one.person.startswith(person))
                and title in one.title
                and (not kind or one.parcel.kind == kind)
            ):
                return self.sent.pop(place)
        raise AssertionError(f"no {channel} message to {person or 'anybody'} about {title!r}; there are: {self.told()}")

    def expect_none(self) -> None:
        assert not self.sent, f"unexpected messages: {self.told()}"

    def told(self) -> list[tuple[str, str, str, str]]:
        return [(f"{one.at:%H:%M:%S}", one.channel, one.person, one.title or one.parcel.kind) for one in self.sent]

    def forget(self) -> None:
        """Take every message off the list: the story so far is not the test's subject."""
        self.sent.clear()

    def allow_error(self, event: str) -> None:
        """Let the log hold errors with this event name."""
        self._named_errors.append(event)

    def check(self) -> None:
        self.expect_none()
        errors = [one for one in self.logs if one["log_level"] == "error" and one["event"] not in self._named_errors]
        assert not errors, f"errors in the log: {errors}"


@contextmanager
def world(now: datetime) -> Iterator[World]:
    """Yield a world that begins at `now`; at its end every message must have been expected."""
    told = World(now)
    with clock.run_by(lambda: told.now), capture_logs() as logs:
        told.logs = logs  # type: ignore[assignment]
        yield told
        told.check()


def at(text: str) -> datetime:
    """Return the UTC instant that `text` names, such as "2026-11-24 19:08"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
