"""What is wrong ahead, over the JSON API."""

import pytest

from hausmeister.rota.models import Shift
from hausmeister.team.models import ContactMethod
from hausmeister.team.rules import Scope
from tests import builders


@pytest.fixture
def caller(world, trio):
    ContactMethod.objects.update(tested_at=world.now)
    return builders.caller(trio.team, Scope.READ)


def test_nothing_wrong_is_an_empty_list_and_says_how_far_was_looked(world, trio, caller):
    told = caller.get("/rota/findings").json()
    assert (told["team"], told["findings"], told["unconfirmed"]) == ("data-infra", [], [])
    assert told["until"] > "2027-02"


def test_a_finding_says_what_how_soon_who_mends_it_and_where(world, trio, caller):
    ContactMethod.objects.filter(person=trio.ana).update(disabled_at=world.now)
    Shift.objects.filter(team=trio.team, week="2026-12-21", duty="weekend", post="backstop").update(person=None)
    phone, gap = caller.get("/rota/findings").json()["findings"]
    assert (phone["kind"], phone["severity"], phone["people"], phone["mended_by"]) == (
        "no method", "day", [trio.ana.pk], "Ana",
    )  # fmt: skip
    assert gap == {
        "key": f"empty:{trio.team.pk}.2612251600.backstop",
        "kind": "empty",
        "severity": "later",
        "starts_at": "2026-12-25T16:00:00Z",
        "ends_at": "2026-12-28T10:00:00Z",
        "says": "Fri 25 Dec 17:00 to Mon 28 Dec 11:00: no backstop by plan, Carla stands in",
        "people": [],
        "mended_by": "a lead",
        "mended_at": "http://testserver/rota/override?team=data-infra",
        "in_hand": False,
    }


def test_how_far_is_looked_is_the_policys_to_say(world, trio, caller):
    Shift.objects.filter(team=trio.team, week="2026-12-21", duty="weekend", post="backstop").update(person=None)
    builders.policy_with(trio.team, ("weeks = 0 ", "weeks = 2 "))
    assert caller.get("/rota/findings").json()["findings"] == []


def test_another_team_does_not_exist_for_a_key(world, trio, caller):
    builders.trio(slug="streaming")
    assert caller.get("/rota/findings?team=streaming").status_code == 404
