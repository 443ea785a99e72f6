"""The JSON API as a whole: keys, refusals, the description, and the intake's path behind Django."""

import json

import pytest
from django.db import OperationalError
from django.test import Client

from hausmeister.alerts import operations as alerts
from hausmeister.rota import queries as rota
from hausmeister.team import operations as team_operations
from hausmeister.team.models import ApiKey
from hausmeister.team.rules import Scope
from tests import builders


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic eDp5",
        "Bearer hm",
        "bearer hmxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "Bearer \u00e4",
    ],
)
def test_without_a_valid_key_every_operation_answers_401_and_names_no_key(trio, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    for path in ("/api/v1/oncall", "/api/v1/pages", "/api/v1/alerts", "/api/v1/people", "/api/v1/rota"):
        answer = Client(headers=headers).get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "unknown_key")
        assert answer["WWW-Authenticate"] == "Bearer"
        assert "hmxxxx" not in answer.content.decode()


def test_a_session_opens_nothing_in_the_api_s21(trio):
    browser = Client()
    browser.force_login(trio.carla, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.get("/api/v1/oncall").status_code == 401
    assert browser.post("/api/v1/pages/1/ack", headers={"Hausmeister-As": trio.carla.email}).status_code == 401


def test_a_revoked_and_an_expired_key_open_nothing(world, trio):
    revoked = builders.caller(trio.team, Scope.READ, source="revoked")
    team_operations.revoke_key(ApiKey.objects.get(name="revoked"), by=builders.CONSOLE, now=world.now)
    expired = team_operations.make_key(
        team=trio.team, name="old", source_name="old", scopes=[Scope.READ], by=builders.CONSOLE, now=world.now,
        expires_at=world.now,
    )  # fmt: skip
    assert revoked.get("/oncall").status_code == 401
    assert builders.Caller(expired.text).get("/oncall").status_code == 401


@pytest.mark.parametrize(
    ("scope", "path", "missing"),
    [
        (Scope.ALERTS_WRITE, "/oncall", "read"),
        (Scope.HEARTBEAT, "/people", "read"),
        (Scope.MANAGE, "/pages", "read"),
        (Scope.READ, "POST /pages/1/ack", "manage"),
        (Scope.READ, "POST /alerts", "alerts:write"),
    ],
)
def test_a_missing_scope_is_403_and_is_named_s35(trio, scope, path, missing):
    caller = builders.caller(trio.team, scope, person=trio.ana)
    answer = caller.post(path.removeprefix("POST ")) if path.startswith("POST") else caller.get(path)
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
    assert missing in answer.json()["message"]


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/nothing", "/api/v1/pages/1/ack/more"])
def test_an_unknown_path_is_told_as_the_api_tells_things(trio, path):
    answer = Client().get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999999999999999999", "9223372036854775808"])
def test_a_number_that_no_page_can_have_is_refused_s5(trio, number):
    answer = builders.caller(trio.team).get(f"/pages/{number}")
    assert (answer.status_code, answer.json()["field"]) == (422, "page_id")


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b"\x00"])
def test_a_body_that_is_no_json_is_400_in_our_words(trio, body):
    caller = builders.caller(trio.team, person=trio.ana)
    answer = Client(headers={"Authorization": f"Bearer {caller.key}", "Hausmeister-As": caller.person}).post(
        "/api/v1/pages/1/note", body, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")


def test_a_bug_is_told_with_a_number_and_nothing_of_the_inside_s50(world, trio, monkeypatch):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError("secret inside: SELECT * FROM team_person")

    monkeypatch.setattr(rota, "on_duty", broken)
    world.allow_error("api.broke")
    answer = builders.caller(trio.team).get("/oncall")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.content.decode()
    number = answer.json()["message"].removesuffix(".").split()[-1]
    assert [one["request"] for one in world.logs if one["event"] == "api.broke"] == [number]


def test_a_database_that_does_not_answer_is_503_and_asks_to_try_again(world, trio, monkeypatch):
    def down(*_args, **_kwargs):
        raise OperationalError("could not connect to server at 10.0.0.5")

    monkeypatch.setattr(rota, "on_duty", down)
    world.allow_error("api.database_down")
    answer = builders.caller(trio.team).get("/oncall")
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "database_down", "5")
    assert "10.0.0.5" not in answer.content.decode()


# ---- the intake's path behind Django ----

_BODIES = [
    {"title": "Disk full", "key": "disk"},
    {"title": "Disk full", "key": "disk"},
    {"title": "Disk full", "key": "disk", "action": "resolve"},
    {"title": "x", "key": "unknown", "action": "resolve"},
    {},
    {"title": "  "},
    {"title": "x", "priority": "P9"},
    {"title": "x", "labels": [1]},
    {"title": "x", "links": "y"},
    [],
    b"{nonsense",
    b"\xff\xfe",
    b'{"title": "' + b"x" * (512 * 1024) + b'"}',
    b"[" * 20_000,
]


def test_an_alert_sent_through_django_is_taken_exactly_as_the_intake_takes_it(world, trio):
    """Two sources, so that the one does not see what the other sent."""
    behind = builders.new_key(trio.team, source="behind")
    for body in _BODIES:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        front = world.post("/api/v1/alerts", raw)
        back = Client(headers={"Authorization": f"Bearer {behind}"}).post(
            "/api/v1/alerts", raw, content_type="application/json"
        )
        shown = raw[:60]
        assert back.status_code == front.status, shown
        assert _without_numbers(back.json()) == _without_numbers(front.json), shown
    world.tick()
    world.forget()


def _without_numbers(told):
    return {name: type(value) if name in {"alert", "page"} else value for name, value in told.items()}


def test_a_form_is_taken_too(world, trio):
    answer = Client(headers={"Authorization": f"Bearer {trio.key}"}).post(
        "/api/v1/alerts", "title=Disk+full&severity=critical", content_type="application/x-www-form-urlencoded"
    )
    assert (answer.status_code, answer.json()["result"]) == (201, "opened")
    world.tick()
    world.expect("email", "Ana", "Disk full")


def test_a_compressed_body_is_refused_in_words(trio):
    answer = Client(headers={"Authorization": f"Bearer {trio.key}", "Content-Encoding": "gzip"}).post(
        "/api/v1/alerts", b"x", content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "compressed")


def test_an_alert_that_the_database_does_not_take_is_503_never_4xx(world, trio, monkeypatch):
    def down(*_args, **_kwargs):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(alerts, "receive", down)
    world.allow_error("intake.not_stored")
    answer = builders.Caller(trio.key).post("/alerts", {"title": "x"})
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "not_stored", "5")


# ---- the description ----


@pytest.fixture
def description(db):
    return Client().get("/api/openapi.json").json()


def test_the_description_has_the_intake_with_its_fields_and_errors(description):
    send = description["paths"]["/api/v1/alerts"]["post"]
    schema = send["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["title"]
    assert set(schema["properties"]) == {
        "title", "key", "text", "severity", "priority", "source", "labels", "links", "action"
    }  # fmt: skip
    assert {"200", "201", "400", "401", "403", "413", "415", "422", "503"} <= set(send["responses"])


def test_every_operation_of_the_description_needs_a_key_and_may_answer_401_and_403(description):
    operations = [
        (path, method, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) >= 14
    for path, method, operation in operations:
        assert operation["security"] == [{"Key": []}], (method, path)
        assert {"401", "403"} <= set(operation["responses"]), (method, path)
        assert operation["description"], (method, path)


def test_no_operation_makes_keys_roles_or_sessions_s35(description):
    assert not [path for path in description["paths"] if any(word in path for word in ("key", "role", "session"))]
