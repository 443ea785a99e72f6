"""The door for monitoring systems: a slim ASGI application in front of everything else.

A request is checked by its key before its body is read, parsed by its connector's pure function, and answered
only after its signals are committed. 2xx means stored, 5xx means send it again; 4xx is never used for load.
"""

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

import msgspec

from hausmeister.alerts.keys import KeyRing, KeysUnavailable, MissingScope, UnknownKey
from hausmeister.alerts.operations import Incoming, Taken
from hausmeister.alerts.rules import Signal, fitted
from hausmeister.alerts.writer import IntakeIsFull, Submission, Writer
from hausmeister.base import clock, log
from hausmeister.base import problem as problems
from hausmeister.team.queries import KeyHolder
from hausmeister.team.rules import Scope, covers

_log = log.get(__name__)

# what the connectors' parsers raise
Problem = problems.Problem
ASGIScope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

BODY_MOST_BYTES = 512 * 1024
GROUP_MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Request:
    """What a connector's `parse` gets: everything of the request that it may look at."""

    body: bytes
    params: Mapping[str, str]
    query: Mapping[str, str]
    content_type: str


@dataclass(frozen=True)
class Answer:
    """Status and JSON body of an answer."""

    status: int
    body: Mapping[str, Any]
    headers: tuple[tuple[bytes, bytes], ...] = ()


def our_problem(problem: Problem) -> Answer:
    """Return `problem` as our own API words it."""
    return Answer(problem.status, problem.as_dict())


@dataclass(frozen=True)
class Route:
    """One path of the intake. `path` is a regular expression over the whole path, its groups are `params`.

    `parse` is pure: it returns signals or raises Problem. `answer` words the outcome, `refuse` a problem; an
    imitated product has its own words for both. `schemes` are the Authorization schemes that carry a key.
    """

    method: str
    path: re.Pattern[str]
    parse: Callable[[Request], Sequence[Signal]]
    answer: Callable[[Sequence[Taken]], Answer]
    refuse: Callable[[Problem], Answer] = our_problem
    schemes: tuple[str, ...] = ("bearer",)
    key_in_query: str = ""
    scope: Scope = Scope.ALERTS_WRITE
    body_most_bytes: int = BODY_MOST_BYTES


@dataclass
class Counters:
    """What the intake did since the start, for the metrics."""

    stored: int = 0
    refused: dict[int, int] = field(default_factory=dict)


class _Answers:
    """Carries "it is stored" from the writer's thread to the loop's: one call for all that end together."""

    def __init__(self) -> None:
        self._ended: deque[asyncio.Future[None]] = deque()
        self._is_called = False

    def finish(self, done: "asyncio.Future[None]") -> None:
        """Let `done` be finished in its loop. Raises RuntimeError when the loop is gone."""
        self._ended.append(done)
        if not self._is_called:
            self._is_called = True
            try:
                done.get_loop().call_soon_threadsafe(self._finish_all)
            except RuntimeError:
                self._is_called = False
                raise

    def _finish_all(self) -> None:
        # first this: what is added from now on calls again
        self._is_called = False
        while self._ended:
            done = self._ended.popleft()
            # the request may have gone away meanwhile; its alert is stored all the same
            if not done.done():
                done.set_result(None)


class Intake:
    """Answers the intake's paths and hands every other request to `behind`."""

    def __init__(
        self,
        routes: Sequence[Route],
        *,
        writer: Writer,
        keys: KeyRing,
        behind: Callable[..., Awaitable[None]],
    ) -> None:
        self._routes = tuple(routes)
        self._writer = writer
        self._keys = keys
        self._behind = behind
        self.counters = Counters()
        self._answers = _Answers()

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        found = self._find(scope) if scope["type"] == "http" else None
        if found is None:
            await self._behind(scope, receive, send)
            return
        route, params = found
        try:
            answer = await self._serve(route, params, scope, receive)
        except Problem as problem:
            self.counters.refused[problem.status] = self.counters.refused.get(problem.status, 0) + 1
            answer = route.refuse(problem)
        await _send(send, answer)

    def _find(self, scope: ASGIScope) -> tuple[Route, dict[str, str]] | None:
        # the raw path keeps %2F inside an alias apart from a slash of the path
        raw = scope.get("raw_path") or scope["path"].encode()
        path = raw.split(b"?", 1)[0].decode("latin-1")
        for route in self._routes:
            if route.method == scope["method"] and (match := route.path.fullmatch(path)):
                return route, {name: unquote(value, errors="replace") for name, value in match.groupdict().items()}
        return None

    async def _serve(self, route: Route, params: dict[str, str], scope: ASGIScope, receive: Receive) -> Answer:
        headers = dict(scope["headers"])
        query = {
            name: values[-1]
            for name, values in parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True).items()
        }
        holder = await self._holder(route, headers, query)
        body = await _body(receive, headers, most=route.body_most_bytes)
        content_type = headers.get(b"content-type", b"").decode("latin-1").split(";")[0].strip().lower()
        taken = await self._store(parsed(route, Request(body, params, query, content_type)), holder)
        self.counters.stored += len(taken)
        return route.answer(taken)

    async def _holder(self, route: Route, headers: Mapping[bytes, bytes], query: Mapping[str, str]) -> KeyHolder:
        key = _key(route, headers, query)
        try:
            return await self._keys.check(key, route.scope, now=clock.now())
        except UnknownKey:
            raise Problem(
                401, "unknown_key", "A valid API key is needed: Authorization: Bearer KEY. Make one with"
                " `hausmeister key create`, or under Integrations."
            ) from None  # fmt: skip
        except MissingScope as error:
            raise Problem(403, "missing_scope", f"This key lacks the scope {error}.") from None
        except KeysUnavailable:
            raise Problem(503, "not_stored", "The database does not answer; send it again.") from None

    async def _store(self, signals: Sequence[Signal], holder: KeyHolder) -> list[Taken]:
        if not signals:
            return []
        incoming = sent_by(holder, signals)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        submission = Submission(incoming, lambda _submission: self._answers.finish(done))
        try:
            self._writer.submit(submission)
        except IntakeIsFull:
            raise Problem(503, "busy", "More alerts wait to be stored than may; send it again.") from None
        await done
        if submission.failure is not None:
            raise not_stored()
        return submission.answer


def _key(route: Route, headers: Mapping[bytes, bytes], query: Mapping[str, str]) -> str:
    scheme, _, value = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() in route.schemes:
        return value.strip()
    return query.get(route.key_in_query, "") if route.key_in_query else ""


def sent_by(holder: KeyHolder, signals: Sequence[Signal]) -> list[Incoming]:
    """Return `signals` with the source and team that the key speaks for."""
    wide = covers(holder.scopes, Scope.ALERTS_ALL)
    return [
        Incoming(signal, holder.source_id, holder.source_name, holder.team_id, any_source=wide) for signal in signals
    ]


def parsed(route: Route, request: Request) -> list[Signal]:
    """Return what the body says, every text cut to its field. Raises Problem when it says nothing."""
    try:
        return [fitted(one) for one in route.parse(request)]
    except msgspec.MsgspecError as error:
        raise Problem(400, "malformed_json", f"The body is not valid JSON: {error}.") from None
    except (RecursionError, ValueError, UnicodeError):
        raise Problem(400, "malformed_body", "The body cannot be read.") from None


async def _body(receive: Receive, headers: Mapping[bytes, bytes], *, most: int) -> bytes:
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise compressed()
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > most:
        raise too_large(most)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "gone", "The connection ended before the body did.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > most:
            raise too_large(most)
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks) if len(chunks) > 1 else chunk


def compressed() -> Problem:
    """Return the problem of a body that is not plain."""
    return Problem(415, "compressed", "Compressed bodies are not accepted here; send plain JSON.")


def not_stored() -> Problem:
    """Return the problem of an alert that the database did not take."""
    return Problem(503, "not_stored", "The alert could not be stored; send it again.")


def too_large(most: int) -> Problem:
    """Return the problem of a body over `most` bytes."""
    return Problem(413, "too_large", f"The body is larger than {most // 1024} KiB, the most this path takes.")


async def _send(send: Send, answer: Answer) -> None:
    body = msgspec.json.encode(answer.body)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *answer.headers,
    ]
    if answer.status == 503:
        headers.append((b"retry-after", b"5"))
    if answer.status == 413:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
