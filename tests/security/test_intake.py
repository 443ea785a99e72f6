"""B1 and B5 of the security page: what stands at the intake's door."""

import asyncio
import json
from datetime import timedelta
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hausmeister import wiring
from hausmeister.alerts import operations
from hausmeister.alerts.intake import Problem, Request, Route, parsed
from hausmeister.alerts.keys import KeyRing, MissingScope, UnknownKey
from hausmeister.alerts.models import Alert
from hausmeister.alerts.operations import Incoming
from hausmeister.alerts.rules import KEY_MOST, Signal, fitted, opaque_key
from hausmeister.base import database, signing
from hausmeister.pager.models import Page
from hausmeister.team import operations as team
from hausmeister.team.models import ApiKey, Source
from hausmeister.team.rules import Scope
from tests import builders
from tests.harness import call_asgi

PATHS = [
    ("POST", "/api/v1/alerts"),
    ("POST", "/in/alertmanager"),
    ("POST", "/v2/alerts"),
    ("POST", "/v2/alerts/some-alias/close?identifierType=alias"),
    ("PUT", "/v2/alerts/some-alias/message?identifierType=alias"),
    ("PUT", "/v2/alerts/some-alias/description?identifierType=alias"),
]


def wrong_keys(key: str) -> dict[str, str | None]:
    return {
        "none": None,
        "empty": "",
        "wrong": "hm" + "x" * 30,
        "cut": key[:-1],
        "lengthened": key + "a",
        "other case": key.upper(),
        "60 KiB": "h" * 61_440,
        "not ASCII": "hm" + "ä" * 30,
        "a hash": signing.sha256_hex(key),
    }


def test_every_path_of_the_intake_is_in_this_modules_table():
    for method, path in PATHS:
        assert any(r.method == method and r.path.fullmatch(path.partition("?")[0]) for r in wiring.intake_routes())
    assert len(wiring.intake_routes()) == len(PATHS)


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_s1_without_a_valid_key_every_path_answers_401_before_the_body_is_read(world, trio, method, path):
    for name, key in wrong_keys(trio.key).items():
        read = []

        async def receive(read=read):
            read.append(1)
            return {"type": "http.request", "body": b"{}", "more_body": False}

        answer = _ask(world, method, path, key, receive)
        assert answer.status == 401, name
        assert not read, f"the body was read although the key was {name}"
        if key:
            assert key[:20].encode("utf-8", "replace") not in answer.body, "the answer repeats the key"


def _ask(world, method, path, key, receive):
    from tests.harness import Answer

    target, _, query = path.partition("?")
    scheme = b"GenieKey " if path.startswith("/v2/") else b"Bearer "
    headers = [] if key is None else [(b"authorization", scheme + key.encode("utf-8"))]
    scope = {
        "type": "http", "method": method, "path": target, "raw_path": target.encode(), "query_string": query.encode(),
        "headers": headers, "client": ("127.0.0.1", 1),
    }  # fmt: skip
    sent = []

    async def send(message):
        sent.append(message)

    from hausmeister.team import queries

    world.keys.holders = queries.valid_keys(world.now)
    asyncio.run(world.intake(scope, receive, send))
    return Answer(sent[0]["status"], {k.decode(): v.decode() for k, v in sent[0]["headers"]}, sent[1]["body"])


def test_s2_a_key_is_looked_up_by_its_hash_and_every_wrong_one_takes_the_same_path(world, trio, monkeypatch):
    calls = []
    real = signing.sha256_hex
    monkeypatch.setattr(signing, "sha256_hex", lambda text: calls.append(text) or real(text))
    for shared in (0, 8, 31):
        wrong = trio.key[:shared] + "#" * (32 - shared)
        calls.clear()
        assert world.post("/api/v1/alerts", {"title": "x"}, key=wrong).status == 401
        assert calls == [wrong], "one hash, and nothing of the key is compared"


def test_s6_a_key_in_the_query_opens_the_imitated_paths_only(world, trio):
    assert world.post(f"/v2/alerts?apiKey={trio.key}", {"message": "x", "alias": "x"}, key="").status == 202
    assert world.post(f"/api/v1/alerts?apiKey={trio.key}", {"title": "x"}, key="").status == 401
    assert world.post(f"/in/alertmanager?apiKey={trio.key}", {"alerts": []}, key="").status == 401
    _answered(world)


@pytest.mark.parametrize("alias", ["../../etc/passwd", "a%b_c", "' OR 1=1 --", "a/b?c#d", "*", "é\u202e", "\x00"])
def test_s6_an_alias_is_opaque_text(world, trio, alias):
    other = world.fire("other", key="other")
    world.post("/v2/alerts", {"message": "mine", "alias": alias})
    stored = Alert.objects.get(title="mine")
    assert stored.key == alias.replace("\x00", "\ufffd")
    world.post(f"/v2/alerts/{quote(alias, safe='')}/close?identifierType=alias", {})
    stored.refresh_from_db()
    assert stored.closed_at is not None
    other.refresh_from_db()
    assert other.closed_at is None
    _answered(world)


def test_s6_two_long_keys_that_begin_alike_stay_two_alerts(world, trio):
    long = "k" * 600
    assert opaque_key(long + "a") != opaque_key(long + "b")
    assert len(opaque_key(long)) == KEY_MOST
    assert world.fire("a", key=long + "a").pk != world.fire("a", key=long + "b").pk
    world.post("/api/v1/alerts", {"title": "a", "key": long + "a", "action": "resolve"})
    assert Alert.objects.open().count() == 1
    _answered(world)


def test_s8_nothing_in_an_alert_is_ever_fetched(world, trio, listening):
    url = f"http://127.0.0.1:{listening.port}/canary"
    world.post("/api/v1/alerts", {"title": url, "text": url, "links": [url, {"href": url, "text": url}], "image": url})
    alert = {
        "labels": {"alertname": url},
        "annotations": {"summary": url, "runbook_url": url, "dashboard_url": url, "image": url},
        "generatorURL": url,
        "fingerprint": "f",
    }
    world.post("/in/alertmanager", {"alerts": [alert], "externalURL": url})
    world.post("/v2/alerts", {"message": url, "alias": "x", "details": {"image": url}, "source": url})
    world.go(minutes=10)
    assert listening.connections == 0
    _answered(world)


@pytest.fixture
def listening():
    """A listener on loopback that counts who connects."""
    import socket
    import threading

    class Listening:
        connections = 0

    server = socket.create_server(("127.0.0.1", 0))
    told = Listening()
    told.port = server.getsockname()[1]

    def run():
        while True:
            try:
                server.accept()[0].close()
            except OSError:
                return
            told.connections += 1

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield told
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


def _answered(world):
    from hausmeister.pager.operations import acting

    person = builders.Person.objects.order_by("id").first()
    for page in Page.objects.open().filter(acked_at=None):
        acting.acknowledge(page.pk, by=person, now=world.now)
    world.forget()


# ---- S5: no request whatsoever makes a 5xx that is our fault ----

_texts = st.text(alphabet=st.characters(codec=None), max_size=40) | st.sampled_from(
    ["\x00", "\ud800", "a\udfffb", "1e999", "NaN", "{{ x }}", "%s%n", "<script>", "\u202e", "\ufeff"]
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=12,
)
_FIELDS = [
    "title", "key", "text", "severity", "priority", "source", "labels", "links", "action", "message", "alias",
    "description", "tags", "details", "alerts", "status", "fingerprint", "annotations", "generatorURL", "note",
]  # fmt: skip
_bodies = st.dictionaries(st.sampled_from(_FIELDS) | _texts, _json, max_size=8)
_ODD_BODIES = [
    b"", b"null", b"[]", b"1e999", b'{"title": 1e999}', b'{"title": NaN}', b"\xef\xbb\xbf{}", b"\xff\xfe{", b'"\xff"',
    b'{"title": "a", "title": "b"}', b"[" * 5000, b'{"a":' * 3000, b'{"title": ' + b"9" * 5000 + b"}", b"\x00", b"{}{}",
    b'{"title": "\\ud800"}', b'{"alerts": [null]}', b'{"alerts": [{"labels": null}]}', b'{"alerts": [[]]}',
    b'{"alerts": [{"labels": {"a": {"b": 1}}, "annotations": [1], "fingerprint": 7}]}',
    b'{"title": "x", "links": [[]]}',
    b'{"title": "x", "labels": {"a": 100000000000000000000000}}', b'{"message": "x", "tags": {"a": 1}, "details": []}',
]  # fmt: skip


def _signals(route: Route, request: Request) -> tuple[list[Signal], int]:
    try:
        return [fitted(one) for one in parsed(route, request)], 200
    except Problem as problem:
        return [], problem.status


def _through(route: Route, body: bytes) -> None:
    """Parse `body` and store what comes out; nothing but a Problem or a documented error may be raised."""
    request = Request(body, {"identifier": "x"}, {"identifierType": "alias"}, "application/json")
    signals, status = _signals(route, request)
    assert status in {200, 400, 422}
    source = Source.objects.get()
    operations.receive(
        [Incoming(one, source.pk, source.name, source.team_id) for one in signals], now=builders.clock.now()
    )


@pytest.mark.parametrize("route", wiring.intake_routes(), ids=lambda route: route.path.pattern)
@pytest.mark.parametrize("body", _ODD_BODIES, ids=range(len(_ODD_BODIES)))
def test_s5_an_odd_body_is_taken_or_refused_and_never_our_fault(world, trio, route, body):
    _through(route, body)
    _answered(world)


@pytest.mark.parametrize("route", wiring.intake_routes(), ids=lambda route: route.path.pattern)
def test_s5_whatever_the_fields_hold_it_is_taken_or_refused(world, trio, route):
    @given(_bodies)
    @example({"title": "\x00", "labels": {"\x00": "\x00"}, "links": [{"href": "\x00"}], "x\x00": {"\x00": ["\x00"]}})
    @example({"title": "\ud800", "text": "\udfff", "key": "\ud800", "labels": {"\ud800": "\ud800"}})
    @example({"message": "m", "alias": "\ud800" * 600, "tags": [2**70], "details": {"a": float("inf")}})
    @example({"alerts": [{"labels": {"a": "\x00"}, "fingerprint": "\x00" * 900, "startsAt": {"a": 1}}]})
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    def check(body):
        _through(route, json.dumps(body, allow_nan=True).encode("utf-8", "surrogatepass"))

    check()
    _answered(world)


# what each path needs before it looks at anything else; then every field of every shape
_NEEDED = {
    "/api/v1/alerts": {"title": "x"},
    "/in/alertmanager": {"alerts": [{}]},
    "/v2/alerts": {"message": "x"},
    "/v2/alerts/x/close": {},
    "/v2/alerts/x/message": {"message": "x"},
    "/v2/alerts/x/description": {"description": "x"},
}
_SHAPES = [
    None,
    True,
    0,
    -1.5,
    2**70,
    "",
    "\x00",
    "\ud800",
    [],
    [None],
    [[]],
    [{}],
    [1, "a"],
    {},
    {"a": None},
    {"": [{}]},
]
_OPSGENIE = ("entity", "user", "responders", "visibleTo", "actions")


@pytest.mark.parametrize("path", _NEEDED)
@pytest.mark.parametrize(
    "field", [*_FIELDS, *_OPSGENIE, "labels", "annotations", "startsAt", "groupKey", "externalURL"]
)
def test_s5_a_field_of_any_shape_is_taken_or_refused_although_the_rest_is_proper(world, trio, path, field):
    route = next(one for one in wiring.intake_routes() if one.path.fullmatch(path))
    for shape in _SHAPES:
        body = {**_NEEDED[path], field: shape}
        within = [{**_NEEDED[path], "alerts": [{"fingerprint": "f", field: shape}]}] if "alerts" in body else []
        for one in (body, *within):
            _through(route, json.dumps(one).encode("utf-8", "surrogatepass"))
    _answered(world)


# ---- more than there is room for ----


def test_a_full_queue_is_503_and_what_waited_is_stored(world, trio):
    world.writer._most_waiting = 3
    headers = {"authorization": f"Bearer {trio.key}", "content-type": "application/json"}
    bodies = [json.dumps({"title": f"A{number}", "key": f"k{number}"}).encode() for number in range(5)]
    answers = world.run(
        *(call_asgi(world.intake, "POST", "/api/v1/alerts", headers=headers, body=body) for body in bodies)
    )
    assert sorted(one.status for one in answers) == [201, 201, 201, 503, 503]
    busy = next(one for one in answers if one.status == 503)
    assert busy.json["code"] == "busy"
    assert busy.headers["retry-after"] == "5"
    assert Alert.objects.count() == 3
    _answered(world)


def test_a_group_larger_than_the_whole_queue_is_stored_all_the_same(world, trio):
    """Alertmanager sends a refused group again, as large as before: it would be refused for ever."""
    group = [
        {"labels": {"alertname": "NodeDown", "i": str(number)}, "fingerprint": f"f{number}"} for number in range(5001)
    ]
    answer = world.post("/in/alertmanager", {"alerts": group})
    assert (answer.status, answer.json["opened"]) == (200, 5001)
    assert Alert.objects.count() == 5001
    assert Page.objects.open().count() == 6
    _answered(world)


# ---- bodies ----


def test_a_body_over_the_limit_is_refused_with_the_limit_declared_or_not(world, trio):
    big = b'{"title": "x", "text": "' + b"a" * 600_000 + b'"}'
    declared = world.post("/api/v1/alerts", big, content_length=str(len(big)))
    chunked = world.post("/api/v1/alerts", big)
    for answer in (declared, chunked):
        assert (answer.status, answer.json["code"]) == (413, "too_large")
        assert "512 KiB" in answer.json["message"]
    assert world.post("/in/alertmanager", b" " * 5_000_000).status == 413
    assert world.post("/in/alertmanager", b'{"alerts": []}' + b" " * 4_000_000).status == 200
    assert Alert.objects.count() == 0


def test_a_text_that_is_too_long_is_cut_and_marked_not_refused(world, trio):
    world.fire("t" * 5000, key="k", text="x" * 100_000, source="s" * 500, labels={"a": "b" * 9000})
    alert = Alert.objects.get()
    assert (len(alert.title), len(alert.text), len(alert.origin), len(alert.labels["a"])) == (300, 15_000, 100, 2_000)
    assert all(text.endswith("… [cut]") for text in (alert.title, alert.text, alert.origin, alert.labels["a"]))
    _answered(world)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{", 400, None),
        (b"[]", 422, None),
        (b"{}", 422, "title"),
        (b'{"title": "  "}', 422, "title"),
        (b'{"title": {}}', 422, "title"),
        (b'{"title": "x", "priority": "P5"}', 422, "priority"),
        (b'{"title": "x", "action": "explode"}', 422, "action"),
        (b'{"title": "x", "labels": [1]}', 422, "labels"),
        (b'{"title": "x", "links": [1]}', 422, "links"),
    ],
)
def test_what_is_wrong_with_a_body_names_the_field(world, trio, body, status, field):
    answer = world.post("/api/v1/alerts", body)
    assert answer.status == status
    assert answer.json.get("field") == field
    assert answer.json["code"]
    assert answer.json["message"].endswith(".")


def test_a_compressed_body_is_refused_in_words(world, trio):
    answer = world.post("/api/v1/alerts", b"\x1f\x8b", content_encoding="gzip")
    assert (answer.status, answer.json["code"]) == (415, "compressed")


# ---- keys (S34, S35) ----


def test_s34_a_key_is_shown_once_and_stored_as_a_hash_with_its_last_four(world, trio):
    made = team.make_key(
        team=trio.team, name="n", source_name="s", scopes=[Scope.READ], by=builders.CONSOLE, now=world.now
    )
    assert len(made.text) == 32
    assert made.text.startswith("hm")
    row = ApiKey.objects.get(pk=made.key.pk)
    assert (row.key_hash, row.last_four) == (signing.sha256_hex(made.text), made.text[-4:])
    for values in ApiKey.objects.values_list():
        assert made.text not in map(str, values)


def test_s34_a_revoked_and_an_expired_key_open_nothing(world, trio):
    key = ApiKey.objects.get()
    team.revoke_key(key, by=builders.CONSOLE, now=world.now)
    assert world.post("/api/v1/alerts", {"title": "x"}).status == 401
    soon = team.make_key(
        team=trio.team, name="n", source_name="s", scopes=[Scope.ALERTS_WRITE], by=builders.CONSOLE, now=world.now,
        expires_at=world.now + timedelta(hours=1),
    ).text  # fmt: skip
    assert world.post("/api/v1/alerts", {"title": "x", "action": "resolve"}, key=soon).status == 200
    world.now += timedelta(hours=1)
    assert world.post("/api/v1/alerts", {"title": "x", "action": "resolve"}, key=soon).status == 401


def test_s34_a_revocation_is_felt_within_five_seconds_although_keys_are_kept(transactional_db):
    """The ring reads the table again; here its own clock is moved on instead of waiting."""
    from hausmeister.alerts import keys as module
    from hausmeister.base import clock

    moment = [1000.0]
    original = clock.monotonic_s
    clock.monotonic_s = lambda: moment[0]
    try:
        built = builders.trio()
        ring = KeyRing()

        async def story():
            now = clock.now()
            assert (await ring.check(built.key, Scope.ALERTS_WRITE, now=now)).team_id == built.team.pk
            await database.ask(lambda: team.revoke_key(ApiKey.objects.get(), by=builders.CONSOLE, now=now))
            moment[0] += 1.0
            await ring.check(built.key, Scope.ALERTS_WRITE, now=now)  # still believed
            moment[0] += 4.0
            with pytest.raises(UnknownKey):
                await ring.check(built.key, Scope.ALERTS_WRITE, now=now)

        asyncio.run(story())
        assert module.TRUST_S < 5
    finally:
        clock.monotonic_s = original


@pytest.mark.parametrize(
    "scope", [scope for scope in Scope if scope not in {Scope.ALL, Scope.ALERTS_WRITE, Scope.ALERTS_ALL}]
)
def test_s35_a_key_without_the_scope_is_told_which_one_is_missing(world, trio, scope):
    key = builders.new_key(trio.team, source="other", scopes=(scope,))
    answer = world.post("/api/v1/alerts", {"title": "x"}, key=key)
    assert answer.status == 403
    assert "alerts:write" in answer.json["message"]


@pytest.mark.parametrize("scope", [Scope.ALL, Scope.ALERTS_WRITE, Scope.ALERTS_ALL])
def test_s35_a_key_with_the_scope_may(world, trio, scope):
    key = builders.new_key(trio.team, source="other", scopes=(scope,))
    assert world.post("/api/v1/alerts", {"title": "x", "action": "resolve"}, key=key).status == 200


def test_a_flood_of_wrong_keys_costs_no_queries(world, trio, django_assert_num_queries):
    """The ring itself, with keys read once: unknown keys ask the database at most once a second."""

    class Counting(KeyRing):
        reads = 0

        async def _renew(self, now):
            self.reads += 1
            self._read_s = builders.clock.monotonic_s()

    ring = Counting()

    async def flood():
        for number in range(500):
            with pytest.raises(UnknownKey):
                await ring.check("hm" + f"{number:030d}", Scope.READ, now=world.now)
            with pytest.raises((UnknownKey, MissingScope)):
                await ring.check("short", Scope.READ, now=world.now)

    with django_assert_num_queries(0):
        asyncio.run(flood())
    assert ring.reads <= 3


def test_the_harness_speaks_to_the_same_application_as_a_socket_does(world):
    answer = world.run(call_asgi(world.intake, "GET", "/api/v1/alerts", headers={}, body=b""))
    assert answer.status == 404, "a GET is not the intake's: it goes to what stands behind"
