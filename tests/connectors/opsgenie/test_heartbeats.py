"""Opsgenie's heartbeat calls, as its clients make them."""

import json

import opsgenie_sdk
import pytest
from django.test import Client

from hausmeister.base import clock
from hausmeister.journal.rules import CONSOLE
from hausmeister.monitoring.models import Heartbeat
from hausmeister.team import operations as team_operations
from hausmeister.team.rules import Scope
from tests.processes import deployment, free_port


@pytest.fixture
def key(trio):
    scopes = [Scope.HEARTBEAT, Scope.MANAGE]
    return team_operations.make_key(
        team=trio.team, name="opsgenie", source_name="opsgenie", scopes=scopes, by=CONSOLE, now=clock.now()
    ).text


class Caller:
    def __init__(self, key):
        self.key = key

    def __call__(self, method, path, body=None):
        answer = Client().generic(
            method, f"/v2/heartbeats{path}", b"" if body is None else json.dumps(body),
            content_type="application/json", headers={"Authorization": f"GenieKey {self.key}"},
        )  # fmt: skip
        return answer.status_code, json.loads(answer.content)


MADE = {"name": "backup", "interval": 2, "intervalUnit": "hours", "enabled": True, "description": "restart it"}


@pytest.fixture
def call(key):
    return Caller(key)


def test_a_heartbeat_lives_through_all_its_calls(call):
    status, told = call("POST", "", MADE)
    assert (status, told["data"]) == (201, {"name": "backup", "enabled": True, "expired": False})
    status, told = call("GET", "/backup")
    assert status == 200
    assert (told["data"]["interval"], told["data"]["intervalUnit"], told["data"]["lastPingTime"]) == (2, "hours", "")
    for method in ("GET", "POST", "PUT", "PATCH"):
        status, told = call(method, "/backup/ping")
        assert (status, told["result"]) == (202, "PONG - Heartbeat received")
    assert Heartbeat.objects.get().last_at is not None
    assert call("PATCH", "/backup", {"interval": 10, "intervalUnit": "minutes"})[0] == 200
    assert Heartbeat.objects.get().period_s == 600
    assert call("POST", "/backup/disable")[1]["data"] == {"name": "backup", "enabled": False, "expired": False}
    assert call("POST", "/backup/enable")[1]["data"]["enabled"] is True
    assert [one["name"] for one in call("GET", "")[1]["data"]["heartbeats"]] == ["backup"]
    assert call("DELETE", "/backup")[0] == 200
    assert call("GET", "/backup")[0] == 404


def test_a_ping_for_a_name_nobody_knows_is_answered_as_opsgenie_does(call):
    assert call("GET", "/nobody/ping")[0] == 202


@pytest.mark.parametrize(
    "change",
    [
        {"interval": 0},
        {"interval": "x"},
        {"intervalUnit": "weeks"},
        {"name": ""},
        {"enabled": None},
        {"interval": True},
    ],
)
def test_what_is_missing_or_wrong_is_422(call, change):
    assert call("POST", "", {**MADE, **change})[0] == 422
    assert not Heartbeat.objects.exists()


def test_without_a_key_or_its_scope_nothing_is_done(trio, call):
    assert Client().get("/v2/heartbeats/backup/ping").status_code == 401
    weak = team_operations.make_key(
        team=trio.team, name="weak", source_name="weak", scopes=[Scope.HEARTBEAT], by=CONSOLE, now=clock.now()
    ).text
    call("POST", "", MADE)
    assert Client().get(f"/v2/heartbeats/backup/ping?apiKey={weak}").status_code == 202
    assert Caller(weak)("GET", "")[0] == 403


MAKE_A_KEY = """
from hausmeister.base import clock
from hausmeister.journal.rules import CONSOLE
from hausmeister.team import operations
from hausmeister.team.rules import Scope
from tests import builders
built = builders.trio()
print(operations.make_key(
    team=built.team, name="sdk", source_name="sdk", scopes=[Scope.HEARTBEAT, Scope.MANAGE], by=CONSOLE, now=clock.now()
).text)
"""


@pytest.mark.slow
def test_opsgenies_own_client_makes_pings_and_lists_heartbeats():
    with deployment() as here:
        process = here.start("up", port=free_port())
        configuration = opsgenie_sdk.configuration.Configuration()
        configuration.host = f"http://127.0.0.1:{process.port}"
        configuration.api_key["Authorization"] = here.python(MAKE_A_KEY).splitlines()[-1]
        configuration.retry_count = 0
        client = opsgenie_sdk.HeartbeatApi(opsgenie_sdk.api_client.ApiClient(configuration))
        wanted = opsgenie_sdk.CreateHeartbeatPayload(name="backup", interval=5, interval_unit="minutes", enabled=True)
        assert client.create_heartbeat(wanted).data.name == "backup"
        assert client.ping("backup").result == "PONG - Heartbeat received"
        (found,) = client.list_heart_beats().data.heartbeats
        assert (found.name, found.expired) == ("backup", False)
        assert client.get_heartbeat("backup").data.last_ping_time is not None
        assert client.disable_heartbeat("backup").data.enabled is False
