"""What lies ahead, on Now, Rota, People and the profile: to each reader what is theirs to know."""

from datetime import date, timedelta

import pytest
from click.testing import CliRunner

from hausmeister.console.group import commands
from hausmeister.pager.models import Page, Rehearsal
from hausmeister.pager.operations import handing_over
from hausmeister.rota.models import Shift
from hausmeister.team import operations as team_operations
from hausmeister.team.models import ContactMethod, Person
from hausmeister.team.rules import Role, Scope
from tests import builders
from tests.harness import at
from tests.web.visitors import browser


def text_of(client, path):  # type: ignore[no-untyped-def]
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.fixture
def tested(world, trio):
    ContactMethod.objects.update(tested_at=world.now - timedelta(days=2))
    return trio


@pytest.fixture
def dunya(world, tested):
    """Dunya begins on Friday at 17:00; on Friday noon she has not confirmed her test page."""
    one = builders.person("Dunya")
    builders.method(one)
    team_operations.join(
        tested.team, one, role=Role.RESPONDER, experience=1, joined_on=date(2026, 1, 1), by=builders.CONSOLE,
        now=world.now,
    )  # fmt: skip
    Shift.objects.filter(team=tested.team, week=date(2026, 11, 23), duty="weekend", post="primary").update(person=one)
    world.now = at("2026-11-27 11:00")
    handing_over.prepare(tested.team.pk, now=world.now)
    world.tick()
    world.forget()
    return one


def test_nothing_to_settle_is_no_notice(world, tested):
    for path in ("/", "/rota", "/people"):
        assert "to settle" not in text_of(browser(tested.carla), path)


def test_a_phone_that_was_never_tried_is_told_to_its_owner_with_the_way_to_mend_it(world, tested):
    ContactMethod.objects.filter(person=tested.ana).update(tested_at=None)
    text = text_of(browser(tested.ana), "/")
    assert "Ana: never answered a test page; on duty now." in text
    assert 'href="/profile">Mend it' in text
    assert "to settle" not in text_of(browser(tested.bruno), "/")
    rota = text_of(browser(tested.carla), "/rota")
    assert "Ana: never answered a test page; on duty now." in rota
    assert "Mend it" not in rota


def test_a_viewer_reads_of_duties_and_of_nobodys_phone(world, tested):
    viewer = builders.person("Viktor")
    team_operations.join(
        tested.team, viewer, role=Role.VIEWER, experience=1, joined_on=date(2026, 1, 1), by=builders.CONSOLE,
        now=world.now,
    )  # fmt: skip
    ContactMethod.objects.filter(person=tested.ana).update(tested_at=None)
    Shift.objects.filter(team=tested.team, week=date(2026, 12, 7), post="backstop").update(person=None)
    text = text_of(browser(viewer), "/rota")
    assert "no backstop by plan" in text
    assert "test page" not in text
    assert "to settle" not in text_of(browser(viewer), "/")


def test_an_unconfirmed_test_page_is_seen_by_lead_holder_and_person_until_it_is_answered(world, tested, dunya):
    said = "Dunya has not confirmed the test page; duty begins 17:00."
    for person in (tested.carla, tested.ana, dunya):
        assert said in text_of(browser(person), "/")
    assert said in text_of(browser(tested.bruno), "/rota")
    ContactMethod.objects.filter(person=dunya).update(tested_at=world.now)
    assert said not in text_of(browser(tested.carla), "/")
    assert Rehearsal.objects.count() == 1
    assert Page.objects.get().is_test


def test_beside_the_coming_duty_stands_whether_its_test_page_is_confirmed(world, tested, dunya):
    for path in ("/", "/rota"):
        assert "test page not confirmed</" in text_of(browser(tested.carla), path)
    assert "<dt>Test page</dt>" in text_of(browser(tested.bruno), "/rota")
    viewer = builders.person("Viktor")
    team_operations.join(
        tested.team, viewer, role=Role.VIEWER, experience=1, joined_on=date(2026, 1, 1), by=builders.CONSOLE,
        now=world.now,
    )  # fmt: skip
    assert "test page" not in text_of(browser(viewer), "/rota")
    ContactMethod.objects.filter(person=dunya).update(tested_at=world.now)
    for path in ("/", "/rota"):
        assert "test page confirmed</" in text_of(browser(tested.carla), path)


def test_scripts_read_who_confirmed_the_test_page_and_who_did_not(world, tested, dunya):
    caller = builders.caller(tested.team, Scope.READ)
    (one,) = caller.get("/rota/findings").json()["rehearsed"]
    assert (one["name"], one["starts_at"], one["confirmed_at"]) == ("Dunya", "2026-11-27T16:00:00Z", None)
    said = CliRunner().invoke(commands, ["check"])
    assert "test   Dunya has not confirmed the test page; duty begins " in said.output
    assert said.exit_code == 1
    ContactMethod.objects.filter(person=dunya).update(tested_at=world.now)
    assert caller.get("/rota/findings").json()["rehearsed"][0]["confirmed_at"] == "2026-11-27T11:00:00Z"
    assert "ready  Dunya confirmed the test page " in CliRunner().invoke(commands, ["check"]).output


@pytest.mark.parametrize(
    ("week", "says", "path"),
    [
        (date(2026, 12, 14), "a swap would settle it", "/rota/swap?team=streaming&amp;week=2026-12-14&amp;role=W"),
        (date(2026, 11, 23), "cover would settle it", "/rota/cover?team=streaming&amp;week=2026-11-23&amp;role=W"),
    ],
)
def test_whoever_has_two_duties_at_once_is_offered_to_swap_one_and_in_a_frozen_week_cover(
    world, tested, week, says, path
):
    other = builders.trio(slug="streaming")
    team_operations.join(
        other.team, tested.ana, role=Role.RESPONDER, experience=1, joined_on=date(2026, 1, 1), by=builders.CONSOLE,
        now=world.now,
    )  # fmt: skip
    for team in (tested.team, other.team):
        Shift.objects.filter(team=team, week=week, duty="weekend", post="primary").update(person=tested.ana)
    text = text_of(browser(tested.ana), "/rota?team=streaming")
    assert says in text
    assert f'href="{path}"' in text
    assert browser(tested.ana).get(path.replace("&amp;", "&")).status_code == 200


def test_people_say_what_the_two_lists_do_not(world, tested):
    day = date(2026, 12, 9)
    team_operations.record_leave(tested.ana, starts_on=day, ends_on=day, by=builders.CONSOLE, now=world.now)
    ContactMethod.objects.filter(person=tested.bruno).update(disabled_at=world.now)
    text = text_of(browser(tested.carla), "/people")
    assert "Ana is planned as hausmeister and away" in text
    assert "<b>Bruno cannot be woken:</b>" in text
    assert "Bruno: cannot be reached" not in text


def test_many_findings_are_folded_after_the_soonest(world, tested):
    Shift.objects.filter(team=tested.team, post="backstop").update(person=None)
    text = text_of(browser(tested.ana), "/rota")
    assert text.index("Mon 23 Nov" if "Mon 23 Nov 11:00 to" in text else "Tue 24 Nov 03:00 to") < text.index(
        "<details>"
    )
    assert " more</summary>" in text


def test_notices_are_switched_off_in_the_profile(world, tested):
    form = {"name": "Ana", "zone_name": "Europe/Berlin", "theme": "system", "uses_keys": "on"}
    assert browser(tested.ana).post("/profile", form).status_code == 303
    assert not Person.objects.get(pk=tested.ana.pk).hears_of_shifts
    assert browser(tested.ana).post("/profile", {**form, "hears_of_shifts": "on"}).status_code == 303
    assert Person.objects.get(pk=tested.ana.pk).hears_of_shifts


def test_the_policy_says_in_sentences_when_people_hear_of_what(world, tested):
    text = text_of(browser(tested.ana), "/policy")
    assert "1 day before a duty begins, in working hours, whoever has it next is sent a test page." in text
    assert "Each hears 1 h before that their duty ends." in text


def test_a_lead_reads_on_now_which_duty_of_the_next_day_is_in_trouble_and_nobody_else_does(world, tested):
    Shift.objects.filter(team=tested.team, week=date(2026, 11, 23), duty="hausmeister", post="backstop").update(
        person=None
    )
    Shift.objects.filter(team=tested.team, week=date(2026, 12, 7), post="backstop").update(person=None)
    text = text_of(browser(tested.carla), "/")
    assert "<b>1 thing to settle</b>" in text
    assert "Tue 24 Nov 03:00 to Fri 27 Nov 17:00: no backstop by plan, Carla stands in." in text
    assert "no backstop by plan" not in text_of(browser(tested.ana), "/")
