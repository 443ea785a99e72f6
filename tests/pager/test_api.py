"""Pages over the JSON API: reading, acting in somebody's name, and what a key may not."""

import pytest

from hausmeister.journal.models import Entry
from hausmeister.pager.models import Page, PageState
from hausmeister.team import operations as team_operations
from hausmeister.team.models import Membership
from hausmeister.team.rules import Role, Scope
from tests import builders


@pytest.fixture
def ana(trio):
    """A script that acts for Ana."""
    return builders.caller(trio.team, Scope.ALL, person=trio.ana)


@pytest.fixture
def page(world, trio):
    opened = world.fire("Dataset built with 0 rows", severity="critical")
    world.tick()
    world.forget()
    return opened


def test_a_page_is_told_with_its_plan_and_its_timeline(world, ana, page):
    told = ana.get(f"/pages/{page.pk}").json()
    assert (told["page"], told["state"], told["priority"], told["hard"]) == (page.pk, "firing", "P4", True)
    assert [line["who"] for line in told["plan"]] == ["Bruno", "Carla", "Carla", "Ana"]
    assert told["plan"][0]["at"] == "2026-11-24T02:05:00Z"
    assert told["timeline"][-1]["verb"] == "page.opened"
    assert [one["name"] for one in told["called"]] == ["Ana"]


def test_an_acknowledgement_stops_the_page_and_is_told_with_person_and_key(world, trio, ana, page):
    answer = ana.post(f"/pages/{page.pk}/ack")
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["acked_by"]) == ("acknowledged", "Ana")
    world.go(minutes=30)
    world.expect_none()
    entry = Entry.objects.get(verb="page.acknowledged")
    assert (entry.actor_name, entry.facts["via"]) == ("Ana", "the key prometheus")


def test_the_second_to_acknowledge_is_told_who_was_first(trio, ana, page):
    ana.post(f"/pages/{page.pk}/ack")
    bruno = builders.caller(trio.team, Scope.ALL, person=trio.bruno)
    answer = bruno.post(f"/pages/{page.pk}/ack")
    assert (answer.status_code, answer.json()["code"]) == (409, "page_already_taken")
    assert "Ana" in answer.json()["message"]
    assert ana.post(f"/pages/{page.pk}/ack").status_code == 200


def test_escalating_brings_the_backstop_and_a_second_tap_changes_nothing(world, ana, page):
    seen = ana.get(f"/pages/{page.pk}").json()["steps_done"]
    assert ana.post(f"/pages/{page.pk}/escalate", {"steps_done": seen}).status_code == 200
    assert ana.post(f"/pages/{page.pk}/escalate", {"steps_done": seen}).status_code == 200
    world.tick()
    world.expect("email", "Bruno")
    world.expect_none()


def test_a_page_is_snoozed_until_a_moment_as_people_write_it(world, ana, page):
    answer = ana.post(f"/pages/{page.pk}/snooze", {"until": "9:00"})
    assert (answer.json()["state"], answer.json()["snoozed_until"]) == ("snoozed", "2026-11-24T08:00:00Z")


@pytest.mark.parametrize(
    ("until", "code"), [("soon", "no_moment"), ("in 8d", "bad_snooze"), ("2026-11-01", "bad_snooze")]
)
def test_a_snooze_that_cannot_be_is_refused(ana, page, until, code):
    answer = ana.post(f"/pages/{page.pk}/snooze", {"until": until})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, "until")


def test_a_note_is_kept_with_what_no_database_stores_replaced(ana, page):
    answer = ana.post(f"/pages/{page.pk}/note", {"text": "looked at it\x00"})
    assert answer.json()["timeline"][0]["facts"]["text"] == "looked at it\ufffd"


def test_giving_a_page_back_calls_again_and_needs_one_that_was_taken(world, ana, page):
    answer = ana.post(f"/pages/{page.pk}/unack")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_acknowledged")
    ana.post(f"/pages/{page.pk}/ack")
    assert ana.post(f"/pages/{page.pk}/unack").json()["state"] == "firing"
    world.tick()
    world.expect("email", "Ana")


def test_closing_a_page_ends_its_alerts_and_frees_their_keys(world, ana, page):
    answer = ana.post(f"/pages/{page.pk}/close", {"reason": "fixed by hand"})
    assert (answer.json()["state"], answer.json()["close_reason"]) == ("closed", "fixed by hand")
    assert ana.get("/alerts?open=true").json()["items"] == []
    again = ana.post(f"/pages/{page.pk}/close")
    assert (again.status_code, again.json()["code"]) == (409, "page_is_closed")
    assert world.fire("Dataset built with 0 rows", severity="critical").pk != page.pk
    world.tick()
    world.forget()


def test_pages_are_listed_newest_first_in_lots(world, ana):
    for number in range(1, 6):
        world.fire(f"Disk {number}", severity="critical")
        world.go(minutes=2)
    world.forget()
    first = ana.get("/pages?limit=2").json()
    assert [one["title"] for one in first["items"]] == ["Disk 5", "Disk 4"]
    rest = ana.get(f"/pages?limit=100&before={first['next']}").json()
    assert ([one["title"] for one in rest["items"]], rest["next"]) == (["Disk 3", "Disk 2", "Disk 1"], None)


# ---- what a key may not ----


@pytest.mark.parametrize("body", [{"reason": "x", "person": 1}, {"role": "lead"}, ["no object"]])
def test_a_body_holds_what_is_named_and_nothing_else_s30(ana, page, body):
    assert ana.post(f"/pages/{page.pk}/close", body).status_code == 422
    assert Page.objects.get(pk=page.pk).state is PageState.FIRING


@pytest.mark.parametrize(
    "who", ["nobody@example.org", "carla.streaming@example.org", "viewer@example.org", "", "gone@example.org"]
)
def test_a_key_acts_only_for_a_responder_of_its_own_team(world, trio, page, who):
    builders.trio(slug="streaming")
    for name, role in (("viewer", Role.VIEWER), ("gone", Role.RESPONDER)):
        one = builders.person(name)
        team_operations.join(
            trio.team, one, role=role, experience=1, joined_on=world.now.date(), by=builders.CONSOLE, now=world.now
        )
    Membership.objects.filter(person__name="gone").update(left_on=world.now.date())
    script = builders.Caller(builders.new_key(trio.team, scopes=(Scope.ALL,)))
    answer = script.post(f"/pages/{page.pk}/ack", **{"Hausmeister-As": who})
    assert (answer.status_code, answer.json()["code"]) == (403, "unknown_person")
    assert Page.objects.get(pk=page.pk).acked_at is None


def test_acting_without_naming_anybody_is_refused_with_the_header_s_name(trio, page):
    script = builders.Caller(builders.new_key(trio.team, scopes=(Scope.ALL,)))
    answer = script.post(f"/pages/{page.pk}/ack")
    assert (answer.status_code, answer.json()["field"]) == (422, "Hausmeister-As")


def test_another_team_s_page_does_not_exist_for_read_and_write_s30(world, trio, page):
    other = builders.trio(slug="streaming")
    stranger = builders.caller(other.team, Scope.ALL, person=other.ana)
    nothing = stranger.get("/pages/999999").json()
    assert stranger.get("/pages").json()["items"] == []
    assert stranger.get(f"/pages/{page.pk}").json() == nothing
    for verb, body in (
        ("ack", None), ("unack", None), ("escalate", None), ("close", None),
        ("note", {"text": "x"}), ("snooze", {"until": "in 1h"}),
    ):  # fmt: skip
        answer = stranger.post(f"/pages/{page.pk}/{verb}", body)
        assert (answer.status_code, answer.json()) == (404, nothing), verb
    assert Page.objects.get(pk=page.pk).state is PageState.FIRING


def test_two_keys_with_the_same_alias_do_not_see_each_other_s7(world, trio, page):
    other = builders.caller(trio.team, Scope.READ, Scope.ALERTS_WRITE, Scope.MANAGE, source="airflow", person=trio.ana)
    mine = world.fire("Dataset built with 0 rows", key="Dataset built with 0 rows")
    assert mine.pk == page.pk
    theirs = world.post(
        "/api/v1/alerts", {"title": "Dataset built with 0 rows", "key": "Dataset built with 0 rows"}, key=other.key
    ).json
    assert theirs["page"] != page.pk
    assert [one["page"] for one in other.get("/pages").json()["items"]] == [theirs["page"]]
    assert [one["alert"] for one in other.get("/alerts").json()["items"]] == [theirs["alert"]]
    for path in (f"/pages/{page.pk}", f"/alerts/{page.alerts.get().pk}"):
        assert other.get(path).status_code == 404
    for verb in ("ack", "close"):
        assert other.post(f"/pages/{page.pk}/{verb}").status_code == 404
    world.post("/api/v1/alerts", {"title": "x", "key": "Dataset built with 0 rows", "action": "resolve"}, key=other.key)
    assert Page.objects.get(pk=page.pk).state is PageState.FIRING
    assert Page.objects.get(pk=theirs["page"]).state is PageState.CLOSED
    world.tick()
    world.forget()


def test_with_alerts_all_a_key_sees_its_whole_team_s7(trio, page):
    wide = builders.caller(trio.team, Scope.READ, Scope.ALERTS_ALL, source="board")
    assert [one["page"] for one in wide.get("/pages").json()["items"]] == [page.pk]
    assert [one["page"] for one in wide.get("/alerts").json()["items"]] == [page.pk]
