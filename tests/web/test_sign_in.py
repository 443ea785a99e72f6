"""Signing in and out, resetting a password, sessions and their ages (S17, S18, S20, S22, S23)."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from hausmeister.journal.models import Entry
from hausmeister.outbox.models import Message
from hausmeister.team.models import Person
from hausmeister.team.operations import members, sessions
from tests import builders
from tests.web.visitors import PASSWORD, browser


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]
    return client.post("/sign-in", {"login": email, "password": password, **more})


def test_the_right_password_opens_a_session_and_the_journal_tells_it(world, trio):
    client = Client()
    assert sign_in(client, "ana@example.org").headers["Location"] == "/"
    assert client.get("/").status_code == 200
    assert Entry.objects.filter(verb="person.signed_in", actor_id=trio.ana.pk).count() == 1


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(world, trio):
    wrong = sign_in(Client(), "ana@example.org", "something else")
    unknown = sign_in(Client(), "nobody@example.org", "something else")

    def without_what_was_typed(answer):  # type: ignore[no-untyped-def]
        text = answer.content.decode()
        for typed in ("ana@example.org", "nobody@example.org"):
            text = text.replace(typed, "…")
        return [line for line in text.splitlines() if "csrfmiddlewaretoken" not in line]

    assert wrong.status_code == unknown.status_code == 200
    assert without_what_was_typed(wrong) == without_what_was_typed(unknown)
    told = Entry.objects.filter(verb="person.sign_in_failed")
    assert told.count() == 2
    assert not any("ana@example.org" in entry.actor_name for entry in told)


def test_after_five_wrong_passwords_even_the_right_one_waits(world, trio):
    client = Client()
    for _ in range(5):
        sign_in(client, "ana@example.org", "wrong")
    answer = sign_in(client, "ana@example.org")
    assert answer.status_code == 200
    assert b"Wait five minutes" in answer.content
    assert sign_in(Client(), "bruno@example.org").status_code == 302


def test_signing_up_does_not_exist(world, trio):
    assert Client().get("/signup").status_code == 404
    assert Client().post("/signup", {"email": "x@example.org", "password1": "a" * 20}).status_code == 404


def test_signing_out_is_a_post_and_ends_the_session_on_the_server(world, trio):
    client = browser(trio.ana)
    key = client.session.session_key
    assert client.get("/sign-out").status_code == 405
    answer = client.post("/sign-out")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not Session.objects.filter(session_key=key).exists()
    assert client.get("/").status_code == 302


def test_a_stolen_cookie_is_worth_nothing_after_sign_out(world, trio):
    client = browser(trio.ana)
    thief = Client()
    thief.cookies["session"] = client.cookies["session"].value
    assert thief.get("/").status_code == 200
    client.post("/sign-out")
    assert thief.get("/").status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "http:///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "https://testserver@evil.example/",
        "//evil.example/%2e%2e",
        "/\t/evil.example",
        "ftp://testserver/",
        " //evil.example",
    ],
)
def test_no_trick_leads_away_from_this_site_after_signing_in(world, trio, target):
    answer = sign_in(Client(), "ana@example.org", next=target)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"])
def test_no_form_leads_away_from_this_site(world, trio, target):
    page = world.fire()
    answer = browser(trio.ana).post(f"/pages/{page.pk}/note", {"text": "x", "next": target})
    assert answer.headers["Location"] == f"/pages/{page.pk}"
    world.tick()
    world.forget()


def test_a_path_of_ours_is_where_one_goes_after_signing_in(world, trio):
    assert sign_in(Client(), "ana@example.org", next="/rota?view=mine").headers["Location"] == "/rota?view=mine"


def test_a_person_who_is_deactivated_is_out_at_the_next_request(world, trio):
    client = browser(trio.ana)
    assert client.get("/").status_code == 200
    members.deactivate(trio.ana, by=builders.CONSOLE, now=world.now)
    assert client.get("/").status_code == 302
    assert sign_in(Client(), "ana@example.org").headers.get("Location") != "/"


def test_a_membership_that_ended_is_felt_at_the_next_request(world, trio):
    page = world.fire()
    client = browser(trio.ana)
    assert client.get(f"/pages/{page.pk}").status_code == 200
    member = trio.ana.memberships.get()
    members.part(member, on=world.now.date(), by=builders.CONSOLE, now=world.now)
    assert client.get(f"/pages/{page.pk}").status_code == 403
    world.tick()
    world.forget()


def test_a_session_ends_after_thirty_days_however_busy_it_was(world, trio):
    client = browser(trio.ana)
    world.now += timedelta(days=29, hours=23)
    assert client.get("/").status_code == 200
    world.now += timedelta(hours=2)
    assert client.get("/").status_code == 302


def test_a_session_in_use_is_kept_beyond_twelve_hours(world, trio):
    client = browser(trio.ana)
    before = Session.objects.get(session_key=client.session.session_key).session_data
    world.now += timedelta(minutes=11)
    client.get("/")
    assert Session.objects.get(session_key=client.session.session_key).session_data != before


def test_a_new_password_ends_every_other_session(world, trio):
    here, elsewhere = browser(trio.ana), browser(trio.ana)
    answer = here.post(
        "/password/change",
        {"oldpassword": PASSWORD, "password1": "a new and longer one", "password2": "a new and longer one"},
    )
    assert answer.status_code == 302
    assert elsewhere.get("/").status_code == 302
    assert sign_in(Client(), "ana@example.org", "a new and longer one").headers["Location"] == "/"


def test_a_reset_goes_through_the_outbox_with_a_link_from_the_configured_address(world, trio, settings):
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    answer = Client(headers={"host": "other.example"}).post("/password/reset", {"email": "ana@example.org"})
    assert answer.status_code == 302
    world.tick()
    mail = world.expect("email", kind="mail")
    assert mail.parcel.to["address"] == "ana@example.org"
    text = mail.parcel.facts["text"]
    assert "http://testserver/password/reset/" in text
    assert "other.example" not in text
    # what carries a secret is not kept once it is delivered
    assert Message.objects.get(kind="mail").facts == {}


def test_a_reset_link_sets_a_password_once(world, trio):
    elsewhere, client = browser(trio.ana), Client()
    Client().post("/password/reset", {"email": "ana@example.org"})
    world.tick()
    text = world.expect("email", kind="mail").parcel.facts["text"]
    path = "/password/reset/" + text.partition("/password/reset/")[2].split()[0]
    form = client.get(path, follow=True)
    address = form.redirect_chain[-1][0]
    new = {"password1": "a new and longer one", "password2": "a new and longer one"}
    assert client.post(address, new, follow=True).status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert sign_in(Client(), "ana@example.org", "a new and longer one").headers["Location"] == "/"
    assert b"no longer works" in Client().get(path, follow=True).content


def test_a_reset_for_an_unknown_address_is_answered_alike_and_sends_nothing(world, trio):
    known = Client().post("/password/reset", {"email": "ana@example.org"}, follow=True)
    unknown = Client().post("/password/reset", {"email": "nobody@example.org"}, follow=True)
    assert known.status_code == unknown.status_code == 200
    assert known.redirect_chain == unknown.redirect_chain
    assert Message.objects.filter(kind="mail").count() == 1
    world.tick()
    world.forget()


def test_what_opens_doors_asks_for_the_password_again_after_a_quarter_of_an_hour(world, trio):
    client = browser(trio.carla)
    world.now += timedelta(minutes=14)
    assert client.get("/settings/integrations/http").status_code == 200
    world.now += timedelta(minutes=2)
    answer = client.get("/settings/integrations/http")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/confirm?next=")


def test_what_was_being_done_goes_on_once_the_password_is_typed(world, trio):
    client = browser(trio.carla, fresh=False)
    answer = client.post("/settings/integrations/http", {"name": "Grafana"})
    assert answer.headers["Location"].startswith("/confirm")
    assert b"Wrong" not in client.get(answer.headers["Location"]).content
    done = client.post("/confirm", {"password": PASSWORD, "next": "/settings/integrations/http"})
    assert done.status_code == 200
    assert b"It is shown this one time" in done.content


def test_the_wrong_password_does_not_confirm(world, trio):
    client = browser(trio.carla, fresh=False)
    client.post("/settings/integrations/http", {"name": "Grafana"})
    answer = client.post("/confirm", {"password": "wrong", "next": "/settings/integrations/http"})
    assert b"This is not your password." in answer.content
    assert client.get("/settings/integrations/http").status_code == 302


def test_an_invitation_makes_an_account_once(world, trio, settings):
    settings.HAUSMEISTER_EMAIL = object()
    link = members.invite_by_mail(
        trio.team,
        email="dora@example.org",
        name="Dora",
        role=builders.Role.RESPONDER,
        experience=2,
        by=trio.carla,
        now=world.now,
    )
    world.tick()
    assert link in world.expect("email", kind="mail").parcel.facts["text"]
    path = link.removeprefix("http://testserver")
    client = Client()
    assert b"Dora" in client.get(path).content
    short = client.post(path, {"password": "short", "zone_name": "Europe/Berlin"})
    assert short.status_code == 422
    answer = client.post(path, {"password": "long enough for me", "zone_name": "Europe/Lisbon"})
    assert answer.status_code == 303
    assert client.get("/profile").status_code == 200
    dora = Person.objects.get(email="dora@example.org")
    assert dora.zone_name == "Europe/Lisbon"
    assert dora.methods.usable().count() == 1
    assert Client().get(path).status_code == 410


def test_an_invitation_to_somebody_with_an_account_does_not_sign_its_finder_in(world, trio):
    other = team_named(world)
    link = members.invite_by_mail(
        other,
        email="ana@example.org",
        name="Ana",
        role=builders.Role.RESPONDER,
        experience=1,
        by=trio.carla,
        now=world.now,
    )
    world.tick()
    world.forget()
    finder = Client()
    finder.post(link.removeprefix("http://testserver"))
    assert finder.get("/").status_code == 302
    assert trio.ana.memberships.filter(team=other, left_on=None).exists()
    assert Person.objects.get(pk=trio.ana.pk).check_password(PASSWORD)


def team_named(world):  # type: ignore[no-untyped-def]
    return builders.team.make_team(
        slug="other", name="Other", zone_name="UTC", by=builders.CONSOLE, now=world.now
    )  # fmt: skip


def test_one_ends_ones_other_sessions_and_nobody_elses(world, trio):
    here, elsewhere, bruno = browser(trio.ana), browser(trio.ana), browser(trio.bruno)
    assert here.post("/profile/sessions/end").status_code == 303
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert bruno.get("/").status_code == 200
    theirs = sessions.UserSession.objects.get(user=trio.bruno)
    assert here.post(f"/profile/sessions/{theirs.pk}/end").status_code == 404
    assert bruno.get("/").status_code == 200
