"""Invitations and accounts that end, or are used twice at once (S17, S20); what makes a key asks anew (S22)."""

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client

from hausmeister.base import clock
from hausmeister.journal.models import Entry
from hausmeister.team import operations as team
from hausmeister.team.models import ApiKey, Person
from hausmeister.team.operations import members
from hausmeister.team.rules import Role
from tests import builders
from tests.web.visitors import browser

PASSWORDS = ("the first password", "the other password")


def invited(built, email="dora@example.org", role=Role.RESPONDER, by=None, *, now):  # type: ignore[no-untyped-def]
    link = members.invite_by_mail(
        built.team, email=email, name="Dora", role=role, experience=1, by=by or built.carla, now=now
    )
    return link.removeprefix("http://testserver")


def test_s20_whoever_is_deactivated_comes_back_by_no_invitation_to_them_or_from_them(world, trio):
    to_them = invited(trio, trio.bruno.email, now=world.now)
    from_them = invited(trio, "second.carla@example.org", Role.LEAD, now=world.now)
    other = invited(trio, by=builders.person("Gil", is_admin=True), now=world.now)
    members.deactivate(trio.carla, by=builders.CONSOLE, now=world.now)
    members.deactivate(trio.bruno, by=builders.CONSOLE, now=world.now)
    for path, status in ((to_them, 410), (from_them, 410), (other, 200)):
        assert Client().get(path).status_code == status
    assert Client().post(from_them, {"password": PASSWORDS[0], "zone_name": "UTC"}).status_code == 410
    assert not Person.objects.filter(email="second.carla@example.org").exists()


def test_s20_an_invitation_to_an_account_that_has_ended_is_void(world, trio):
    members.deactivate(trio.bruno, by=builders.CONSOLE, now=world.now)
    path = invited(trio, trio.bruno.email, now=world.now)
    assert Client().get(path).status_code == 410
    with pytest.raises(team.TokenIsVoid):
        team.accept_invitation(path.rpartition("/")[2], password="", zone_name="", now=world.now)


def test_s17_a_second_invitation_does_not_change_the_password_of_the_account_that_the_first_one_made(world, trio):
    first, second = invited(trio, now=world.now), invited(trio, now=world.now)
    late = second.rpartition("/")[2]
    Client().post(first, {"password": PASSWORDS[0], "zone_name": "UTC"})
    # the form of the second was drawn before: it still sends a password
    with pytest.raises(team.AccountIsThere):
        team.accept_invitation(late, password=PASSWORDS[1], zone_name="UTC", now=world.now)
    assert Person.objects.get(email="dora@example.org").check_password(PASSWORDS[0])
    client = Client()
    assert b'name="password"' not in client.get(second).content
    assert client.post(second).status_code == 303
    assert client.get("/").status_code == 302, "the link alone signed somebody in"


def test_s17_two_invitations_used_at_once_make_one_account_with_one_of_the_passwords(transactional_db):
    built = builders.trio()
    paths = [invited(built, now=clock.now()) for _ in PASSWORDS]
    barrier, statuses = Barrier(2), []

    def accept(path: str, password: str) -> None:
        try:
            client = Client(raise_request_exception=False)
            client.get(path)
            barrier.wait(10)
            statuses.append(client.post(path, {"password": password, "zone_name": "UTC"}).status_code)
        finally:
            connection.close()

    threads = [Thread(target=accept, args=pair) for pair in zip(paths, PASSWORDS, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert statuses == [303, 303]
    dora = Person.objects.get(email="dora@example.org")
    assert sum(map(dora.check_password, PASSWORDS)) == 1


def test_s22_a_key_made_in_the_first_run_asks_for_the_password_like_any_other(world, trio):
    gil = builders.person("Gil", is_admin=True)
    before = ApiKey.objects.count()
    answer = browser(gil, fresh=False).post("/welcome/source", {"name": "ci"})
    assert answer.headers["Location"].startswith("/confirm")
    assert ApiKey.objects.count() == before
    assert browser(gil).post("/welcome/source", {"name": "ci"}).status_code == 200
    assert ApiKey.objects.count() == before + 1


WHAT_OPENS_DOORS = [
    ("carla", "/settings/integrations/http", {"name": "ci"}),
    ("carla", "/settings/keys/KEY/revoke", {}),
    ("carla", "/people/MEMBER", {"role": "lead", "experience": "5", "takes_duty": "on"}),
    ("carla", "/people/MEMBER/part", {}),
    ("carla", "/people/invite", {"name": "D", "email": "d@example.org", "role": "lead", "experience": "1"}),
    ("gil", "/people/MEMBER/deactivate", {}),
    ("gil", "/people/MEMBER/sessions", {}),
    ("gil", "/welcome/team", {"name": "New", "zone_name": "UTC", "people": "D d@example.org"}),
    ("ana", "/profile/methods", {"channel": "email", "address": "d@example.org"}),
    ("ana", "/profile/methods/METHOD/switch", {"on": "no"}),
    ("ana", "/profile/methods/METHOD/remove", {}),
    ("ana", "/profile/sessions/end", {}),
    ("ana", "/profile/sessions/1/end", {}),
]


@pytest.mark.parametrize(("who", "path", "form"), WHAT_OPENS_DOORS, ids=[case[1] for case in WHAT_OPENS_DOORS])
def test_s22_without_a_password_typed_just_now_it_asks_for_it_and_changes_nothing(world, trio, who, path, form):
    person = builders.person("Gil", is_admin=True) if who == "gil" else trio.people[who]
    numbers = {
        "KEY": ApiKey.objects.get().pk,
        "MEMBER": trio.team.memberships.get(person=trio.bruno).pk,
        "METHOD": trio.ana.methods.get().pk,
    }
    for name, number in numbers.items():
        path = path.replace(name, str(number))
    client = browser(person, fresh=False)
    before = Entry.objects.count()
    answer = client.post(path, form)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/confirm")
    assert Entry.objects.count() == before
