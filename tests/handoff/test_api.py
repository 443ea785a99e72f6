"""Hand-offs and reports over the JSON API, by the console and in chat: the same acts, with the same answers."""

from datetime import timedelta

import pytest
from click.testing import CliRunner

from hausmeister.base.priority import Priority
from hausmeister.chat.acts import table as acts
from hausmeister.chat.commands import table as commands
from hausmeister.chat.shapes import Asked, Member
from hausmeister.console.group import commands as console
from hausmeister.handoff.models import Handoff, HandoffItem, Report
from hausmeister.handoff.operations import watching
from hausmeister.issues.operations import working
from hausmeister.issues.operations.working import Wish
from hausmeister.outbox.chat import Place
from hausmeister.rota.models import Shift
from hausmeister.team.operations import as_actor
from hausmeister.team.rules import Channel
from tests import builders
from tests.harness import at

FRIDAY = at("2026-11-27 16:00")


@pytest.fixture
def handoff(world, trio):
    builders.on_duty(trio.team, primary=trio.ana, backstop=trio.carla)
    Shift.objects.filter(team=trio.team, post="primary", duty="weekend").update(person=trio.bruno)
    world.now = FRIDAY - timedelta(hours=2)
    watching.look(trio.team.pk, now=world.now)
    working.open_issue(
        trio.team, Wish("Commit retries", "", Priority.P3, owner=trio.ana), by=as_actor(trio.ana), person=trio.ana,
        now=world.now,
    )  # fmt: skip
    world.now = FRIDAY - timedelta(hours=1)
    watching.look(trio.team.pk, now=world.now)
    world.tick()
    world.forget()
    return Handoff.objects.get()


def test_it_is_read_written_and_accepted_over_the_api(world, trio, handoff):
    ana = builders.caller(trio.team, person=trio.ana)
    bruno = builders.caller(trio.team, person=trio.bruno, source="script")
    (listed,) = ana.get("/handoffs?find=commit").json()["items"]
    assert (listed["state"], listed["outgoing"]["name"], listed["incoming"]["name"]) == ("draft", "Ana", "Bruno")
    assert ana.get("/handoffs?find=nothing").json()["items"] == []
    path = f"/handoffs/{handoff.pk}"
    (item,) = ana.get(path).json()["items"]
    assert (item["priority"], item["owner"], item["goes_to"]) == ("P3", "Ana", "Bruno")
    told = ana.post(f"{path}/items/{item['id']}", {"next_step": "wait for #812", "stays": True, "seen": 0}).json()
    assert (told["items"][0]["next_step"], told["items"][0]["stays"]) == ("wait for #812", True)
    late = ana.post(f"{path}/items/{item['id']}", {"next_step": "x", "seen": 0})
    assert (late.status_code, late.json()["code"]) == (409, "edited_meanwhile")
    assert ana.post(f"{path}/note", {"text": "Closed on Monday."}).json()["note"] == "Closed on Monday."
    refused = ana.post(f"{path}/accept")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")
    assert bruno.post(f"{path}/accept", {"items": [99_999]}).status_code == 404
    for _twice in range(2):
        assert bruno.post(f"{path}/accept", {"items": [item["id"]]}).json()["state"] == "accepted"
    carla = builders.caller(trio.team, person=trio.carla, source="other")
    assert carla.post(f"{path}/accept").json()["code"] == "already_accepted"
    assert ana.post(f"{path}/items/99999", {"note": "x"}).status_code == 404


def test_another_teams_hand_off_and_report_do_not_exist(world, trio, handoff):
    other = builders.trio(slug="streaming")
    stranger = builders.caller(other.team, person=other.ana)
    assert stranger.get(f"/handoffs/{handoff.pk}").status_code == 404
    assert stranger.post(f"/handoffs/{handoff.pk}/accept").status_code == 404
    assert stranger.get("/handoffs").json()["items"] == []
    assert stranger.get("/reports").json()["items"] == []
    assert stranger.get(f"/reports/{Report.objects.get().pk}").status_code == 404


def test_a_report_is_written_and_posted_over_the_api_once(world, trio, handoff, settings):
    ana = builders.caller(trio.team, person=trio.ana)
    (report,) = ana.get("/reports").json()["items"]
    path = f"/reports/{report['id']}"
    assert ana.post(f"{path}/post", {"version": 1}).json()["code"] == "nowhere_to_post"
    settings.HAUSMEISTER_CHAT = "slack"
    assert ana.post(path, {"text": " ", "seen": 1}).json()["version"] == 2
    assert ana.post(f"{path}/post", {"version": 2}).json()["code"] == "empty_report"
    assert ana.post(path, {"text": "All is well.", "seen": 1}).json()["code"] == "report_changed"
    assert ana.post(path, {"text": "All is well.", "seen": 2}).json()["version"] == 3
    assert ana.post(f"{path}/post", {"version": 3}).json()["channel"] == "#data-announcements"
    assert ana.post(f"{path}/post", {"version": 3}).json()["code"] == "already_posted"
    world.tick()
    world.forget()


def run(*args):
    return CliRunner().invoke(console, list(args))


def test_the_console_shows_it_and_accepts_for_the_person_named(world, trio, handoff):
    shown = run("handoff", "show")
    assert shown.exit_code == 0, shown.output
    assert "Ana → Bruno, Fri 27 Nov 17:00, draft" in shown.output
    assert "P3 high: Commit retries (Ana → Bruno)." in shown.output
    number, row = str(handoff.pk), HandoffItem.objects.get()
    assert run("handoff", "note", number, "wait", "--item", str(row.pk), "--as", "ana@example.org").exit_code == 0
    assert "Next: wait" in run("handoff", "show", number).output
    refused = run("handoff", "accept", number, "--as", "ana@example.org")
    assert refused.exit_code == 1
    assert "This goes to Bruno" in refused.output
    assert "accepted by Bruno" in run("handoff", "accept", number, "--as", "bruno@example.org").output
    assert "Ana → Bruno" in run("handoff", "list", "--find", "commit").output
    assert "no hand-off 99" in run("handoff", "show", "99").output
    assert "not posted" in run("report", "show").output
    assert (
        "No chat is set up"
        in run("report", "post", str(Report.objects.get().pk), "--version", "1", "--as", "ana@example.org").output
    )


def asked(trio, who, text="", value=""):
    return Asked(Member("slack", who, who), Place("C1"), "k", FRIDAY - timedelta(minutes=50), text=text, value=value)


def test_in_chat_it_is_read_and_accepted_by_its_button(world, trio, handoff):
    builders.method(trio.bruno, Channel.SLACK, "UBRUNO")
    builders.method(trio.ana, Channel.SLACK, "UANA")
    told = commands.answer(asked(trio, "UBRUNO", "handoff"))
    assert told.words.headline == "Data Infra: Ana → Bruno, Fri 27 Nov 17:00, draft."
    assert "P3 high: Commit retries (Ana → Bruno)." in told.words.paragraphs
    (button,) = told.words.buttons
    assert not commands.answer(asked(trio, "UANA", "handoff data-infra")).words.buttons
    refused = acts.press(button.act, asked(trio, "UANA", value=button.value))
    assert refused.is_problem
    assert "This goes to Bruno" in refused.words.headline
    assert "Accepted" in acts.press(button.act, asked(trio, "UBRUNO", value=button.value)).words.headline
    assert "not there any more" in acts.press(button.act, asked(trio, "UBRUNO", value="x")).words.headline
    report = commands.answer(asked(trio, "UANA", "report")).words
    assert report.headline.startswith("What Data Infra did")
    assert report.notes == ("Nobody has posted it yet.",)
    assert "no team called" in commands.answer(asked(trio, "UANA", "handoff nowhere")).words.headline
    assert commands.answer(asked(trio, "UANA", "report new")).words.headline.startswith("What Data Infra did")
    assert Report.objects.count() == 2
