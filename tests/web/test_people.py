"""People and one's own profile: who can be woken, roles, invitations, contact methods, ladders (S30 to S33)."""

from datetime import date, timedelta

import pytest

from hausmeister.journal.models import Entry
from hausmeister.outbox.models import Message
from hausmeister.pager.models import Summons
from hausmeister.pager.operations import acting
from hausmeister.rota import queries as rota
from hausmeister.rota.models import Shift
from hausmeister.team.models import ContactMethod, Invitation, Membership, Person, Rung
from hausmeister.team.rules import Channel, ListName, Role
from tests import builders
from tests.web.visitors import browser, queries_of

# the answer to the question that is asked before what cannot be undone
SURE = {"sure": "yes"}


def text_of(client, path: str) -> str:  # type: ignore[no-untyped-def]
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def member(person: Person) -> Membership:
    return person.memberships.get()


# ---- people ----


def test_who_cannot_be_woken_stands_first_in_words(world, trio):
    trio.bruno.methods.update(verified_at=None)
    text = text_of(browser(trio.ana), "/people")
    assert "<b>Bruno cannot be woken:</b> no contact method is verified and switched on." in text
    assert "<b>Ana</b>: e-mail only, which rings nowhere at night." in text
    assert text.index("Bruno cannot be woken") < text.index("<table")
    assert "<b>Backstop</b>, now." in text


def test_a_phone_that_was_tested_is_no_trouble_until_two_months_have_passed(world, trio):
    method = builders.method(trio.ana, Channel.NTFY, "https://ntfy.example.org/ana")
    ContactMethod.objects.filter(pk=method.pk).update(tested_at=world.now)
    assert "<b>Ana</b>:" not in text_of(browser(trio.ana), "/people")
    world.now += timedelta(days=61)
    rota_of = browser(trio.ana)
    assert "<b>Ana</b>: not tested for two months." in text_of(rota_of, "/people")


def test_addresses_are_masked_for_others_and_whole_for_oneself(world, trio):
    assert "ana@example.org" not in text_of(browser(trio.bruno), "/people")
    lead = text_of(browser(trio.carla), f"/people/{member(trio.ana).pk}")
    assert "a…@example.org" in lead
    assert "ana@example.org" not in lead
    assert "ana@example.org" in text_of(browser(trio.ana), "/profile")


def test_a_lead_changes_role_and_experience_and_the_duties_follow(world, trio):
    form = {"role": "viewer", "experience": "1"}
    answer = browser(trio.carla).post(f"/people/{member(trio.bruno).pk}", form)
    assert answer.status_code == 303
    assert member(trio.bruno).role == "viewer"
    assert not member(trio.bruno).takes_duty
    assert not Shift.objects.filter(person=trio.bruno, starts_at__gt=world.now).exists()
    told = Entry.objects.get(verb="member.changed")
    assert told.facts["before"]["role"] == "responder"


def test_the_only_lead_stays_one(world, trio):
    client = browser(trio.carla)
    answer = client.post(f"/people/{member(trio.carla).pk}", {"role": "responder", "experience": "3"})
    assert answer.status_code == 422
    client.post(f"/people/{member(trio.carla).pk}/part", SURE)
    assert member(trio.carla).left_on is None
    assert "only lead" in text_of(client, f"/people/{member(trio.carla).pk}")


def test_whoever_is_taken_out_of_a_team_is_called_no_more_and_their_duties_move(world, trio):
    assert browser(trio.carla).post(f"/people/{member(trio.ana).pk}/part", SURE).status_code == 303
    assert member(trio.ana).left_on is not None
    assert rota.on_duty(trio.team, at=world.now + timedelta(days=14)).primary.person != trio.ana


@pytest.mark.parametrize("path", ["", "/part", "/sessions", "/deactivate"])
def test_nobody_but_a_lead_of_the_team_changes_people(world, trio, path):
    other = builders.trio(slug="other-team")
    address = f"/people/{member(trio.bruno).pk}{path}"
    assert browser(trio.ana).post(address).status_code == 403
    assert browser(other.carla).post(address).status_code in {403, 404}
    assert member(trio.bruno).left_on is None
    assert Person.objects.get(pk=trio.bruno.pk).is_active


def test_only_an_admin_ends_an_account_and_it_ends_at_once(world, trio):
    address = f"/people/{member(trio.bruno).pk}/deactivate"
    assert browser(trio.carla).post(address).status_code == 403
    admin, bruno = browser(builders.person("Gil", is_admin=True)), browser(trio.bruno)
    assert bruno.get("/").status_code == 200
    assert "End the account of Bruno?" in admin.post(address).content.decode()
    assert bruno.get("/").status_code == 200
    assert admin.post(address, SURE).status_code == 303
    assert bruno.get("/").status_code == 302
    assert not Shift.objects.filter(person=trio.bruno, starts_at__gt=world.now).exists()


def test_the_last_admin_cannot_end_themselves(world, trio):
    gil = builders.person("Gil", is_admin=True)
    builders.team.join(
        trio.team, gil, role=Role.LEAD, experience=9, joined_on=date(2026, 1, 1), by=builders.CONSOLE, now=world.now
    )
    browser(gil).post(f"/people/{member(gil).pk}/deactivate", SURE)
    assert Person.objects.get(pk=gil.pk).is_active


def test_an_admin_signs_somebody_out_everywhere(world, trio):
    bruno = browser(trio.bruno)
    admin = browser(builders.person("Gil", is_admin=True))
    admin.post(f"/people/{member(trio.bruno).pk}/sessions")
    assert bruno.get("/").status_code == 302


def test_an_invitation_goes_out_by_mail_and_its_link_is_shown_to_nobody(world, trio, settings):
    settings.HAUSMEISTER_EMAIL = object()
    form = {"name": "Dora", "email": "dora@example.org", "role": "responder", "experience": "2"}
    client = browser(trio.carla)
    answer = client.post("/people/invite?team=data-infra", form)
    assert answer.status_code == 303
    assert "/invitation/" not in text_of(client, "/people")
    world.tick()
    assert "/invitation/" in world.expect("email", kind="mail").parcel.facts["text"]
    assert Invitation.objects.get().role == "responder"


def test_without_a_mail_server_the_link_is_handed_over_by_hand(world, trio, settings):
    settings.HAUSMEISTER_EMAIL = None
    form = {"name": "Dora", "email": "dora@example.org", "role": "viewer", "experience": "1"}
    answer = browser(trio.carla).post("/people/invite?team=data-infra", form)
    assert answer.status_code == 200
    assert "http://testserver/invitation/" in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    world.tick()
    world.forget()


def test_people_stays_within_fifteen_queries(world, trio):
    assert len(queries_of(browser(trio.carla), "/people")) <= 15
    assert len(queries_of(browser(trio.carla), "/profile")) <= 15


# ---- my profile ----


def code_of(method: ContactMethod) -> str:
    return str(Message.objects.filter(subject=f"method:{method.pk}").order_by("-id")[0].facts["code"])


def test_a_method_counts_once_its_code_has_come_back(world, trio):
    client = browser(trio.ana)
    answer = client.post("/profile/methods", {"channel": "ntfy", "address": "ana-4f81c2"})
    assert answer.status_code == 303
    method = ContactMethod.objects.get(channel="ntfy")
    assert method.address == "https://ntfy.sh/ana-4f81c2"
    assert not method.is_usable
    code = code_of(method)
    client.post(f"/profile/methods/{method.pk}/verify", {"code": "000000" if code != "000000" else "000001"})
    assert "This is not the code. Tries left: 4." in text_of(client, "/profile")
    client.post(f"/profile/methods/{method.pk}/verify", {"code": code})
    method.refresh_from_db()
    assert method.is_usable
    world.tick()
    world.forget()


def test_five_wrong_codes_make_it_void(world, trio):
    client = browser(trio.ana)
    client.post("/profile/methods", {"channel": "email", "address": "second@example.org"})
    method = ContactMethod.objects.get(address="second@example.org")
    code = code_of(method)
    for _ in range(5):
        client.post(f"/profile/methods/{method.pk}/verify", {"code": "x"})
    client.post(f"/profile/methods/{method.pk}/verify", {"code": code})
    assert "The code has run out." in text_of(client, "/profile")
    client.post(f"/profile/methods/{method.pk}/code")
    client.post(f"/profile/methods/{method.pk}/verify", {"code": code_of(method)})
    method.refresh_from_db()
    assert method.is_usable
    world.tick()
    world.forget()


@pytest.mark.parametrize(
    ("channel", "address", "words"),
    [
        ("email", "no address", "valid email"),
        ("webhook", "http://10.0.0.1/hook", ""),
        ("webhook", "ftp://example.org", ""),
        ("webhook", "http://169.254.169.254/latest/meta-data", ""),
        ("ntfy", "http://[::1]/topic", ""),
        ("slack", "U024BE7LH", "Select a valid choice"),
        ("pigeon", "home", "Select a valid choice"),
    ],
)
def test_an_address_that_cannot_work_is_refused_when_it_is_typed(world, trio, channel, address, words):
    answer = browser(trio.ana).post("/profile/methods", {"channel": channel, "address": address})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert ContactMethod.objects.filter(person=trio.ana).count() == 1


def test_the_same_method_twice_is_refused_in_words(world, trio):
    answer = browser(trio.ana).post("/profile/methods", {"channel": "email", "address": "ana@example.org"})
    assert answer.status_code == 422
    assert "You have this one already." in answer.content.decode()


@pytest.mark.parametrize("act", ["code", "verify", "switch", "remove"])
def test_s31_nobody_touches_anothers_contact_method(world, trio, act):
    theirs = trio.bruno.methods.get()
    for intruder in (trio.ana, trio.carla, builders.person("Gil", is_admin=True)):
        assert browser(intruder).post(f"/profile/methods/{theirs.pk}/{act}", {"code": "1"}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.is_usable


def test_a_method_that_is_switched_off_is_not_used(world, trio):
    client, method = browser(trio.ana), trio.ana.methods.get()
    client.post(f"/profile/methods/{method.pk}/switch", {"on": "no"})
    assert not trio.ana.methods.get().is_usable
    client.post(f"/profile/methods/{method.pk}/switch", {"on": "yes"})
    assert trio.ana.methods.get().is_usable
    client.post(f"/profile/methods/{method.pk}/remove", SURE)
    assert not trio.ana.methods.exists()


def test_a_ladder_is_stored_and_whoever_is_being_called_is_called_by_it(world, trio):
    method = trio.ana.methods.get()
    world.fire("Disk full", severity="critical")
    world.tick()
    world.expect("email", "Ana")
    form = {"after": ["0", "3", "", "nonsense"], "method": [method.pk, method.pk, "", method.pk]}
    assert browser(trio.ana).post("/profile/ladders/important", form).status_code == 303
    assert list(Rung.objects.filter(person=trio.ana).values_list("list_name", "after_s")) == [
        ("important", 0),
        ("important", 180),
    ]
    assert Summons.objects.get(person=trio.ana).next_ring_at == world.now + timedelta(minutes=3)
    world.go(minutes=3)
    world.expect("email", "Ana")
    assert 'value="3"' in text_of(browser(trio.ana), "/profile")


def test_a_method_that_rests_is_rung_no_more_by_the_page_that_calls_now(world, trio):
    method = trio.ana.methods.get()
    builders.ladder(trio.ana, (0, method), (2, method))
    world.fire("Disk full", severity="critical")
    world.tick()
    world.expect("email", "Ana")
    browser(trio.ana).post(f"/profile/methods/{method.pk}/switch", {"on": "no"})
    assert Summons.objects.get(person=trio.ana).next_ring_at is None
    world.go(minutes=4)
    world.expect_none()


def test_a_ladder_cannot_use_somebody_elses_method(world, trio):
    theirs = trio.bruno.methods.get()
    client = browser(trio.ana)
    client.post("/profile/ladders/important", {"after": ["0"], "method": [theirs.pk]})
    assert not Rung.objects.filter(person=trio.ana).exists()
    assert "A rung can only use one of your own methods." in text_of(client, "/profile")
    assert client.post("/profile/ladders/nonsense").status_code == 303
    assert set(ListName) == {"important", "default"}


def test_a_test_page_goes_to_me_alone_and_answering_it_proves_the_phone(world, trio):
    client = browser(trio.carla)
    answer = client.post("/test-page")
    world.tick()
    world.expect("email", "Carla")
    assert "Sent. Acknowledge it on your phone, not here." in text_of(client, answer.headers["Location"])
    page_id = int(answer.headers["Location"].rpartition("/")[2])
    acting.acknowledge(page_id, by=trio.carla, now=world.now, method=trio.carla.methods.get())
    assert "answered" in text_of(client, "/profile")
    world.go(minutes=20)
    world.expect_none()


def test_name_zone_theme_and_keys_are_ones_own(world, trio):
    client = browser(trio.ana)
    form = {"name": "Ana Prado", "zone_name": "Asia/Tokyo", "theme": "dark"}
    assert client.post("/profile", form).status_code == 303
    text = text_of(client, "/")
    assert 'data-theme="dark"' in text
    assert "data-keys" not in text
    assert "Asia/Tokyo" in text
    bad = client.post("/profile", {**form, "zone_name": "Mars/Olympus"})
    assert bad.status_code == 422
    assert "There is no time zone of this name" in bad.content.decode()
    assert client.post("/profile", {**form, "theme": "pink"}).status_code == 422


def test_the_profile_holds_nothing_of_anybody_else(world, trio):
    text = text_of(browser(trio.ana), "/profile")
    assert "bruno@example.org" not in text
