"""`hausmeister people` and `hausmeister key`."""

import json

import pytest

from hausmeister.team import operations as team_operations
from hausmeister.team.models import ApiKey, Invitation, Person
from hausmeister.team.rules import Role, Scope
from tests import builders


def test_people_are_listed_with_whether_they_can_be_reached_in_words(world, trio, run):
    silent = builders.person("Sam Silent")
    team_operations.join(
        trio.team, silent, role=Role.RESPONDER, experience=1, joined_on=world.now.date(), by=builders.CONSOLE,
        now=world.now,
    )  # fmt: skip
    told = run("people").output
    assert "by e-mail, never tested" in told
    assert "NO: no contact method" in told
    rows = {row["name"]: row for row in json.loads(run("people", "--json").output)}
    assert (rows["Ana"]["can_be_reached"], rows["Sam Silent"]["can_be_reached"]) == (True, False)


def test_somebody_is_invited_by_a_link_that_stands_alone_on_standard_output(world, trio, run):
    done = run("people", "add", "new@example.org", "--name", "New Nora", "--experience", "2")
    link = done.stdout.strip()
    assert link.startswith("http://testserver/")
    person = team_operations.accept_invitation(
        link.rsplit("/", 1)[1], password="correct horse battery", zone_name="Europe/Berlin", now=world.now
    )
    assert (person.name, person.memberships.get().experience) == ("New Nora", 2)


def test_an_admin_is_made_with_a_password_that_is_long_enough(world, trio, run):
    add = ("people", "add", "boss@example.org", "--name", "Boss", "--role", "lead", "--admin")
    assert "at least 12 characters" in run(*add, input="short\nshort\n", code=1).output
    assert not Person.objects.filter(email="boss@example.org").exists()
    run(*add, input="a long enough one\na long enough one\n")
    boss = Person.objects.get(email="boss@example.org")
    assert boss.is_admin
    assert boss.check_password("a long enough one")


@pytest.mark.parametrize(("email", "says"), [("nonsense", "no e-mail address"), ("ANA@example.org", "account already")])
def test_nobody_is_invited_twice_or_at_no_address(world, trio, run, email, says):
    assert says in run("people", "add", email, "--name", "X", code=1).output
    assert not Invitation.objects.exists()


def test_a_key_stands_alone_on_standard_output_and_opens_the_door(world, trio, run):
    text = run("key", "create", "--name", "ci", "--scope", "read", "--scope", "manage").stdout.strip()
    assert builders.Caller(text).get("/oncall").status_code == 200
    assert ApiKey.objects.get(name="ci").scopes == ["read", "manage"]


def test_an_unknown_scope_is_refused_with_the_ones_there_are(world, trio, run):
    assert (
        "alerts:write, alerts:all, heartbeat" in run("key", "create", "--name", "x", "--scope", "root", code=1).output
    )


def test_keys_are_listed_without_their_text_and_revoked_by_number(world, trio, run):
    text = builders.new_key(trio.team, source="airflow", scopes=(Scope.READ,))
    told = run("key", "list").output
    assert text[-4:] in told
    assert text not in told
    number = str(ApiKey.objects.get(name="airflow").pk)
    assert "opens nothing" in run("key", "revoke", number).output
    assert builders.Caller(text).get("/oncall").status_code == 401
    assert "airflow" not in run("key", "list").output
    assert "airflow" in run("key", "list", "--all").output
    assert "revoked already" in run("key", "revoke", number, code=1).output
    assert "key list" in run("key", "revoke", "999", code=1).output


@pytest.mark.parametrize("name", ["x" * 101, "", "  ", "two\nlines", "half \udcff", "\x1b[2J"])
@pytest.mark.parametrize(
    "command",
    [("key", "create", "--name"), ("people", "add", "new@example.org", "--name"), ("alert", "send", "x", "--source")],
)
def test_a_name_that_no_table_could_hold_is_refused_with_what_may_stand_there(world, trio, run, command, name):
    before = ApiKey.objects.count()
    assert "one line of 1 to 100 characters" in run(*command, name, code=2).output
    assert (ApiKey.objects.count(), Invitation.objects.count()) == (before, 0)


@pytest.mark.parametrize("reason", ["x" * 201, "two\nlines"])
def test_a_reason_that_is_too_long_is_refused(world, trio, run, reason):
    page = world.fire("Disk full")
    number = str(page.alerts.get().pk)
    told = run("alert", "close", number, "--as", trio.ana.email, "--reason", reason, code=2).output
    assert "one line of 0 to 200 characters" in told
    run("alert", "close", number, "--as", trio.ana.email, "--reason", "x" * 200)
