"""Opsgenie's maintenance calls, as its clients make them."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from hausmeister.alerts.models import Silence
from hausmeister.base import clock
from hausmeister.journal.rules import CONSOLE
from hausmeister.pager.models import PageState
from hausmeister.pager.operations import acting
from hausmeister.team import operations as team_operations
from hausmeister.team.models import Source
from hausmeister.team.rules import Scope
from tests import builders
from tests.harness import at


@pytest.fixture
def call(world, trio):
    return caller(trio.team, Scope.READ, Scope.MANAGE)


def caller(team, *scopes):
    key = team_operations.make_key(
        team=team, name="opsgenie", source_name="opsgenie", scopes=list(scopes), by=CONSOLE, now=clock.now()
    ).text

    def call(method, path, body=None):
        answer = Client().generic(
            method, f"/v1/maintenance{path}", b"" if body is None else json.dumps(body),
            content_type="application/json", headers={"Authorization": f"GenieKey {key}"},
        )  # fmt: skip
        told = json.loads(answer.content)
        # the official client raises when either is missing
        assert {"took", "requestId"} <= set(told)
        return answer.status_code, told

    return call


def wanted(*names, **time):
    rules = [{"state": "disabled", "entity": {"id": name, "type": "integration"}} for name in names]
    return {"description": "database upgrade", "time": time or {"type": "for-1-hour"}, "rules": rules}


def test_a_maintenance_lives_through_all_its_calls(world, trio, call):
    assert call("GET", "") == (200, {**call("GET", "")[1], "data": []}) or call("GET", "")[1]["data"] == []
    times = {"type": "schedule", "startDate": "2026-11-24T21:00:00Z", "endDate": "2026-11-24T22:00:00.000Z"}
    status, told = call("POST", "", wanted("prometheus", **times))
    assert (status, told["result"], told["data"]["status"]) == (201, "Created", "planned")
    number = told["data"]["id"]
    made = Silence.objects.get()
    assert (made.kind, made.starts_at, made.made_by_name) == ("maintenance", at("2026-11-24 21:00"), "opsgenie")
    status, told = call("GET", f"/{number}")
    prometheus = Source.objects.get(name="prometheus")
    assert told["data"]["rules"] == [{"state": "disabled", "entity": {"id": str(prometheus.pk), "type": "integration"}}]
    assert told["data"]["time"] == {
        "type": "schedule", "startDate": "2026-11-24T21:00:00.000Z", "endDate": "2026-11-24T22:00:00.000Z"
    }  # fmt: skip
    status, told = call("POST", f"/{number}/change-end-date", {"endDate": "2026-11-24T23:00:00+01:00"})
    assert (status, told["data"]["time"]["endDate"]) == (200, "2026-11-24T22:00:00.000Z")
    status, told = call("PUT", f"/{number}", wanted("prometheus", "opsgenie", **times))
    assert (status, told["result"]) == (200, "Updated")
    assert len(call("GET", f"/{number}")[1]["data"]["rules"]) == 2
    assert [len(call("GET", f"?type={kind}")[1]["data"]) for kind in ("all", "non-expired", "past")] == [1, 1, 0]
    assert call("POST", f"/{number}/cancel")[1]["result"] == "Cancelled"
    assert call("GET", f"/{number}")[1]["data"]["status"] == "cancelled"
    assert call("POST", f"/{number}/cancel")[0] == 422
    assert call("DELETE", f"/{number}")[1]["result"] == "Deleted"
    assert len(call("GET", "?type=past")[1]["data"]) == 1


def test_under_it_the_named_sources_call_nobody_and_a_p4_does(world, trio, call):
    call("POST", "", wanted(str(Source.objects.get(name="prometheus").pk)))
    quiet, loud = world.fire("Disk full", severity="high"), world.fire("Everything gone", priority="P4")
    assert quiet.state is PageState.SILENCED
    assert quiet.silenced_until == world.now + timedelta(hours=1)
    world.tick()
    world.expect("email", "Ana", "Everything gone")
    for page in (quiet, loud):
        acting.acknowledge(page.pk, by=trio.ana, now=world.now)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "time can not be empty"),
        (wanted("prometheus", type="indefinitely"), "every silence has an end"),
        (wanted("prometheus", type="soon"), "time.type should be one of"),
        (wanted("prometheus", type="schedule", endDate="tomorrow"), "endDate should be a date"),
        (wanted("prometheus", type="schedule", endDate="2026-11-23T00:00:00Z"), "later than now"),
        (wanted("prometheus", type="schedule", endDate="2027-11-23T00:00:00Z"), "at most 14 days"),
        (wanted(), "1 to 20 rules"),
        (wanted("nobody"), "there is no integration [nobody]"),
        ({**wanted(), "rules": [{"entity": {"id": "x", "type": "policy"}}]}, "should be integration"),
        ({**wanted(), "rules": [{"state": "enabled", "entity": {"id": "x", "type": "integration"}}]}, "disabled"),
        ({**wanted(), "rules": ["x"]}, "should be integration"),
    ],
)
def test_what_our_rules_cannot_say_is_refused_with_the_reason(call, body, says):
    status, told = call("POST", "", body)
    assert status == 422
    assert says in told["message"]
    assert not Silence.objects.exists()


def test_a_key_reads_with_read_and_changes_with_manage_and_only_its_own_team(world, trio, call):
    number = call("POST", "", wanted("prometheus"))[1]["data"]["id"]
    reader = caller(trio.team, Scope.READ)
    assert reader("GET", "")[0] == 200
    assert reader("POST", "", wanted("prometheus"))[0] == 403
    assert reader("DELETE", f"/{number}")[0] == 403
    assert reader("POST", f"/{number}/cancel")[0] == 403
    stranger = caller(builders.trio(slug="other").team, Scope.ALL)
    assert stranger("GET", f"/{number}")[0] == 404
    assert stranger("GET", "")[1]["data"] == []
    for odd in ("x", "9" * 40, "-1"):
        assert call("GET", f"/{odd}")[0] == 404
    assert call("GET", "?type=x")[0] == 422
