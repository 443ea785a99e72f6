"""The inbox on the screens, as a browser without JavaScript sends its forms."""

import pytest
from django.test import Client

from hausmeister.team.rules import Role
from hausmeister.triage import operations as inbox
from hausmeister.triage.models import Item
from hausmeister.triage.rules.states import ItemKind, State
from tests import builders
from tests.harness import at
from tests.triage.conftest import day, talk, team  # noqa: F401 - the fixtures of the day shift
from tests.triage.talk import BACKFILL, only_item


def browser(person) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def ana(team):  # noqa: F811
    return browser(team.ana)


def text(answer) -> str:
    return answer.content.decode()


def test_the_oldest_promise_comes_first_and_the_rest_of_the_day_stands_in_the_navigation(day, team, talk, ana):  # noqa: F811
    talk.say("Where is the schema page of the serving layer?")
    talk.say("The contracts dataset is empty since this morning, no data at all", by="Tomas")
    talk.say("which shard holds the ledger?", by="Kai", room="squad-data-infra")
    shown = text(ana.get("/triage"))
    first, second = shown.index("contracts dataset is empty"), shown.index("Where is the schema page")
    assert first < second
    assert "due <time" in shown
    assert "service issue" in shown
    assert "Tomas" in shown
    assert "#data-help" in shown
    assert '<span class="n">3</span><span class="out-of-sight"> due today' in shown
    assert "3 due today · Triage" in shown


def test_an_item_is_taken_answered_and_taken_back_from_the_list(day, team, talk, ana):  # noqa: F811
    talk.say(BACKFILL)
    item = only_item()
    answer = ana.post(f"/triage/{item.pk}/claim", {"next": "/triage"})
    assert (answer.status_code, answer["Location"]) == (303, "/triage")
    shown = text(ana.get("/triage"))
    assert "You have it. The thread is told." in shown
    assert f'action="/triage/{item.pk}/undo"' in shown
    assert "Ana has it" in shown
    ana.post(f"/triage/{item.pk}/undo", {"next": "/triage"})
    assert only_item().state == State.OPEN
    day.go(minutes=1)
    day.expect_none()


def test_who_comes_second_reads_who_was_first(day, team, talk, ana):  # noqa: F811
    talk.say(BACKFILL)
    item = only_item()
    browser(team.bruno).post(f"/triage/{item.pk}/claim")
    answer = ana.post(f"/triage/{item.pk}/claim", {"next": "/triage"}, follow=True)
    assert "Bruno took this a moment before you." in text(answer)
    assert only_item().holder == team.bruno


def test_one_tap_says_what_it_is_and_the_promise_follows(day, team, talk, ana):  # noqa: F811
    talk.say(BACKFILL)
    item = only_item()
    ana.post(f"/triage/{item.pk}/kind", {"kind": "issue", "priority": "P4"})
    item.refresh_from_db()
    assert (item.kind, item.priority, item.due_at) == (ItemKind.ISSUE, 4, at("2026-11-24 09:15"))
    refused = ana.post(f"/triage/{item.pk}/kind", {"kind": "nonsense"}, follow=True)
    assert "no kind of item" in text(refused)


def test_an_answer_goes_into_the_thread_and_an_empty_one_keeps_the_screen(day, team, talk, ana):  # noqa: F811
    talk.say(BACKFILL)
    item = only_item()
    assert "Goes into the thread in #data-help, with your name." in text(ana.get(f"/triage/{item.pk}"))
    empty = ana.post(f"/triage/{item.pk}/answer", {"text": "  "})
    assert empty.status_code == 422
    assert "An answer needs words." in text(empty)
    sent = ana.post(f"/triage/{item.pk}/answer", {"text": "Use backfill --day."})
    assert sent.status_code == 303
    day.tick()
    talk.expect("Ana answers: | Use backfill --day.")
    shown = text(ana.get(f"/triage/{item.pk}"))
    assert "Use backfill --day." in shown
    assert "<b>Ana</b> answered" in shown


def test_something_seen_on_a_dashboard_is_put_in_once_however_often_it_is_pressed(day, team, ana):  # noqa: F811
    form = {"team": team.team.pk, "title": "s1 lag grows", "place": "Riemann s1", "kind": "issue", "key": "k1"}
    ana.post("/triage/new", form)
    again = ana.post("/triage/new", form)
    item = only_item()
    assert again["Location"] == f"/triage/{item.pk}"
    assert (item.source, item.asker_name, item.place) == ("dashboard", "Ana", "Riemann s1")
    shown = text(ana.get(f"/triage/{item.pk}"))
    assert "There is no thread and no address to answer to" in shown
    assert ana.post("/triage/new", {**form, "title": ""}).status_code == 422


def test_it_says_when_questions_are_taken_again(day, team, talk, ana):  # noqa: F811
    day.go_to(at("2026-11-27 17:00"))
    assert "Data Infra takes questions again <time" in text(ana.get("/triage"))


def test_of_other_teams_nothing_can_be_seen(day, team, talk, ana):  # noqa: F811
    talk.say(BACKFILL)
    item = only_item()
    stranger = builders.person("Zoe")
    assert browser(stranger).get("/triage").status_code == 403
    builders.team.join(
        builders.trio(slug="other").team, stranger, role=Role.LEAD, experience=1,
        joined_on=day.now.date(), by=builders.CONSOLE, now=day.now,
    )  # fmt: skip
    zoe = browser(stranger)
    assert zoe.get(f"/triage/{item.pk}").status_code == 404
    assert zoe.post(f"/triage/{item.pk}/claim").status_code == 404
    assert BACKFILL not in text(zoe.get("/triage"))


def test_every_act_of_the_screen_works(day, team, talk, ana):  # noqa: F811
    talk.say(BACKFILL)
    item = only_item()
    path = f"/triage/{item.pk}"
    ana.post(f"{path}/assign", {"to": team.bruno.pk, "note": "You wrote it"})
    assert only_item().holder == team.bruno
    day.tick()
    talk.expect("You wrote it")
    ana.post(f"{path}/release")
    ana.post(f"{path}/answered")
    assert only_item().state == State.ANSWERED
    ana.post(f"{path}/reopen")
    ana.post(f"{path}/close", {"reason": "told by phone"})
    assert only_item().reason == "told by phone"
    ana.post(f"{path}/reopen")
    ana.post(f"{path}/dismiss")
    assert (only_item().state, only_item().reason) == (State.CLOSED, "not a question")
    for show in ("mine", "waiting", "answered", "closed", "nonsense"):
        assert ana.get(f"/triage?show={show}&find=backfill&page=9").status_code == 200
    assert "not a question" in text(ana.get("/triage?show=closed"))
    day.go(minutes=1)
    day.forget()


def test_an_unsure_one_asks_with_two_buttons(day, team, talk, ana):  # noqa: F811
    talk.say("deploy of ledger today?")
    item = only_item()
    assert item.is_unsure
    shown = text(ana.get("/triage"))
    assert "question?" in shown
    assert "Not one" in shown
    ana.post(f"/triage/{item.pk}/kind", {"kind": "question"})
    assert not only_item().is_unsure
    assert Item.objects.count() == 1
    inbox.claim(item.pk, team.ana, day.now)
    day.go(minutes=1)
    talk.expect("Ana has taken this.")
