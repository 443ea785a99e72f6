"""Integrations, policy, first run: what leads and admins set up (S17, S34)."""

import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client

from hausmeister.alerts.models import Alert
from hausmeister.base import clock, signing
from hausmeister.journal.rules import CONSOLE
from hausmeister.pager.models import PageState
from hausmeister.team import operations as team
from hausmeister.team.models import ApiKey, Membership, Person, Source, Team
from tests import builders
from tests.web.visitors import browser


def text_of(client, path: str) -> str:  # type: ignore[no-untyped-def]
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


# ---- integrations ----


@pytest.mark.parametrize("kind", ["alertmanager", "opsgenie", "http"])
def test_a_key_is_shown_once_in_a_snippet_that_is_ready_to_copy(world, trio, kind):
    client = browser(trio.carla)
    assert "YOUR-KEY" in text_of(client, f"/settings/integrations/{kind}")
    answer = client.post(f"/settings/integrations/{kind}?team=data-infra", {"name": "Grafana"})
    text = answer.content.decode()
    key = re.search(r"\bhm[a-z0-9]{30}\b", text)
    assert key is not None
    assert text.count(key.group()) >= 2
    assert "http://testserver" in text
    made = ApiKey.objects.get(source__name="Grafana")
    assert made.key_hash == signing.sha256_hex(key.group())
    assert made.created_by == trio.carla
    again = text_of(client, f"/settings/integrations/{kind}")
    assert key.group() not in again
    assert f"…{key.group()[-4:]}" in again


def test_the_key_that_was_made_stores_an_alert(world, trio):
    answer = browser(trio.carla).post("/settings/integrations/http", {"name": "Grafana"})
    key = re.search(r"\bhm[a-z0-9]{30}\b", answer.content.decode())
    assert key is not None
    world.key = key.group()
    world.fire("Disk full", severity="critical")
    world.tick()
    world.forget()
    assert "Grafana" in text_of(browser(trio.carla), "/settings/integrations")


def test_a_revoked_key_is_gone_from_the_list(world, trio):
    client, key = browser(trio.carla), ApiKey.objects.get()
    asked = client.post(f"/settings/keys/{key.pk}/revoke").content.decode()
    assert "Revoke the key prometheus?" in asked
    key.refresh_from_db()
    assert key.revoked_at is None
    assert client.post(f"/settings/keys/{key.pk}/revoke", {"sure": "yes"}).status_code == 303
    key.refresh_from_db()
    assert key.revoked_at == world.now
    assert f"…{key.last_four}" not in text_of(client, "/settings/integrations")


def test_a_test_alert_is_stored_and_wakes_nobody(world, trio):
    source = Source.objects.get()
    answer = browser(trio.carla).post(f"/settings/sources/{source.pk}/test")
    alert = Alert.objects.get()
    assert answer.headers["Location"] == f"/pages/{alert.page_id}"
    assert (alert.rank.label, alert.is_hard, alert.closed_at) == ("P1 low", False, world.now)
    assert alert.page.state is PageState.CLOSED
    world.go(hours=12)
    world.expect_none()


def test_no_key_and_no_source_of_another_team_is_touched(world, trio):
    other = builders.trio(slug="other-team")
    client, key = browser(other.carla), ApiKey.objects.get(source__team=trio.team)
    assert client.post(f"/settings/keys/{key.pk}/revoke").status_code == 404
    assert client.post(f"/settings/sources/{key.source_id}/test").status_code == 404
    assert client.post("/settings/integrations/http?team=data-infra", {"name": "x"}).status_code == 404
    assert browser(trio.ana).get("/settings/integrations").status_code == 403
    key.refresh_from_db()
    assert key.revoked_at is None


def test_a_way_in_that_does_not_exist_is_404(world, trio):
    assert browser(trio.carla).get("/settings/integrations/pigeon").status_code == 404


# ---- policy ----


def test_the_policy_is_told_in_plain_sentences(world, trio):
    text = text_of(browser(trio.ana), "/policy")
    for sentence in (
        "Hausmeister is on duty from Monday 11:00 to Friday 17:00 (Europe/Berlin), and triages in working hours.",
        "Weekend on-call is on duty from Friday 17:00 to Monday 11:00 (Europe/Berlin), for pages only.",
        "The backstop is called, and has 10 min to answer.",
        "An acknowledged page that nobody touches calls again after 1 h.",
        "The handbook's default is in force",
    ):
        assert sentence in text, sentence


def test_the_policy_in_force_and_its_history_can_be_read_as_toml(world, trio):
    builders.policy_with(trio.team, ('ack_timeout = "1h" ', 'ack_timeout = "2h" '))
    first = trio.team.policies.get()
    world.now += timedelta(days=1)
    builders.policy_with(trio.team, ('ack_timeout = "1h" ', 'ack_timeout = "3h" '))
    client = browser(trio.ana)
    text = text_of(client, "/policy")
    assert "calls again after 3 h" in text
    assert "ack_timeout = &quot;3h&quot;" in text
    assert f"version={first.pk}#toml" in text
    assert "ack_timeout = &quot;2h&quot;" in text_of(client, f"/policy?version={first.pk}")


def test_another_teams_policy_does_not_exist(world, trio):
    other = builders.trio(slug="other-team")
    builders.policy_with(trio.team, ('ack_timeout = "1h" ', 'ack_timeout = "2h" '))
    version = trio.team.policies.get()
    assert browser(other.carla).get("/policy?team=data-infra").status_code == 404
    assert browser(other.carla).get(f"/policy?version={version.pk}").status_code == 404


# ---- first run ----

YOU = {
    "name": "Ada Okafor",
    "email": "ada@example.org",
    "password": "a long enough password",
    "zone_name": "Europe/Berlin",
}


@pytest.fixture
def token(world) -> str:  # type: ignore[no-untyped-def]
    made = team.open_welcome(now=world.now)
    assert made is not None
    return made


def test_s17_the_first_run_is_closed_without_its_token(world, token):
    for path in ("/welcome", "/welcome?token=", "/welcome?token=wrong", f"/welcome?token={token}x"):
        assert Client().get(path).status_code == 404, path
    assert Client().post("/welcome", {**YOU, "token": "wrong"}).status_code == 404
    assert not Person.objects.exists()
    assert Client().get("/welcome/team").status_code == 302


def test_s17_the_token_makes_one_admin_and_then_nobody(world, token):
    client = Client()
    assert client.get(f"/welcome?token={token}").status_code == 200
    assert client.post("/welcome", {**YOU, "token": token}).headers["Location"] == "/welcome/phone"
    ada = Person.objects.get()
    assert ada.is_admin
    assert Client().get(f"/welcome?token={token}").status_code == 404
    assert Client().post("/welcome", {**YOU, "email": "b@example.org", "token": token}).status_code == 404
    assert client.get("/welcome").headers["Location"] == "/welcome/phone"


@pytest.mark.django_db(transaction=True)
def test_s17_two_requests_at_once_make_one_admin(transactional_db):
    token = team.open_welcome(now=clock.now())
    ready, answers = Barrier(2), []

    def ask(email: str) -> None:
        ready.wait()
        answers.append(Client().post("/welcome", {**YOU, "email": email, "token": token}).status_code)
        connection.close()

    threads = [Thread(target=ask, args=(f"{name}@example.org",)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 404]
    assert Person.objects.count() == 1


@pytest.fixture
def ada(world, token):  # type: ignore[no-untyped-def]
    client = Client()
    client.post("/welcome", {**YOU, "token": token})
    return client


def test_every_step_can_wait(world, ada):
    for step, after in (("phone", "team"), ("team", "ladder"), ("ladder", "source"), ("source", "test")):
        assert f'href="/welcome/{after}"' in text_of(ada, f"/welcome/{step}")
    assert 'href="/"' in text_of(ada, "/welcome/test")
    assert ada.get("/welcome/nonsense").status_code == 404


def test_the_whole_way_from_an_empty_database_to_a_page_on_ones_own_phone(world, ada):
    person = Person.objects.get()
    method = person.methods.get()
    ada.post(f"/profile/methods/{method.pk}/code", {"next": "/welcome/phone"})
    world.tick()
    code = world.expect("email", kind="code").parcel.facts["code"]
    answer = ada.post(f"/profile/methods/{method.pk}/verify", {"code": code, "next": "/welcome/phone"})
    assert answer.headers["Location"] == "/welcome/phone"
    people = "Mirela Sand <mirela@example.org>\nAda Okafor ada@example.org\n\nChidi Eze, chidi@example.org\n"
    form = {"name": "Data Infra", "zone_name": "Europe/Berlin", "people": people}
    ada.post("/welcome/team", form)
    made = Team.objects.get()
    found = {one.person.name: (one.experience, one.role) for one in Membership.objects.filter(team=made)}
    assert found == {"Mirela Sand": (3, "responder"), "Ada Okafor": (2, "lead"), "Chidi Eze": (1, "responder")}
    assert made.shifts.exists()
    world.tick()
    assert {world.expect("email", kind="mail").parcel.to["address"] for _ in range(2)} == {
        "mirela@example.org",
        "chidi@example.org",
    }
    assert "Whoever is on duty is called" in text_of(ada, "/welcome/ladder")
    key = re.search(r"\bhm[a-z0-9]{30}\b", ada.post("/welcome/source", {"name": "Prometheus"}).content.decode())
    assert key is not None
    ada.post("/test-page", {"next": "/welcome/test"})
    world.tick()
    world.expect("email", "Ada", "Test page")
    world.key = key.group()
    world.fire("Disk full", severity="critical")
    world.allow_error("page.nobody_can_be_reached")
    world.tick()
    world.forget()


def test_without_a_mail_server_the_invitations_are_handed_over_by_hand(world, ada):
    form = {"name": "Data Infra", "zone_name": "Europe/Berlin", "people": "Ada ada@example.org\nBo Lind bo@example.org"}
    text = ada.post("/welcome/team", form).content.decode()
    assert "No mail server is set up" in text
    links = re.findall(r"http://testserver(/invitation/\w+)", text)
    assert len(links) == 1, "one for Bo, none for Ada herself"
    assert 'href="/welcome/ladder"' in text
    assert "Bo Lind, you are invited to Data Infra" in text_of(Client(), links[0])
    Client().post(links[0], {"password": "long enough for bo", "zone_name": "Europe/Oslo"})
    bo = Person.objects.get(email="bo@example.org")
    assert not bo.methods.usable().exists(), "no mail has reached this address yet"
    world.forget()


def test_with_a_mail_server_the_first_run_goes_straight_on(world, ada, settings):
    settings.HAUSMEISTER_EMAIL = object()
    form = {"name": "Data Infra", "zone_name": "Europe/Berlin", "people": "Bo Lind bo@example.org"}
    assert ada.post("/welcome/team", form).headers["Location"] == "/welcome/ladder"
    world.forget()


def test_whoever_was_named_gets_in_by_the_invitation(world, ada, settings):
    settings.HAUSMEISTER_EMAIL = object()
    form = {"name": "Data Infra", "zone_name": "Europe/Berlin", "people": "Bo Lind bo@example.org"}
    ada.post("/welcome/team", form)
    world.tick()
    text = world.expect("email", kind="mail").parcel.facts["text"]
    path = "/invitation/" + text.partition("/invitation/")[2].split()[0]
    client = Client()
    assert client.post(path, {"password": "long enough for bo", "zone_name": "Europe/Oslo"}).status_code == 303
    bo = Person.objects.get(email="bo@example.org")
    assert bo.check_password("long enough for bo")
    assert bo.methods.usable().exists()
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ("Ada Okafor ada@example.org\nBo Lindqvist", "Line 2, “Bo Lindqvist”, has no e-mail address"),
        ("Ada <ada@>", "Line 1"),
        ("", "This field is required"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_what_was_typed_stays(world, ada, people, words):
    answer = ada.post("/welcome/team", {"name": "Data Infra", "zone_name": "UTC", "people": people})
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert "Data Infra" in answer.content.decode()
    assert not Team.objects.exists()


def test_a_second_team_of_the_same_name_is_refused(world, ada):
    form = {"name": "Data Infra", "zone_name": "UTC", "people": "Ada Okafor ada@example.org"}
    ada.post("/welcome/team", form)
    assert "There is a team of this name already." in ada.post("/welcome/team", form).content.decode()
    assert Team.objects.count() == 1


def test_the_demo_needs_no_first_run(world, trio):
    team.mark_demo(now=world.now)
    assert team.open_welcome(now=world.now) is None
    assert Client().get("/welcome").status_code == 404
    assert CONSOLE.name == "the console"
