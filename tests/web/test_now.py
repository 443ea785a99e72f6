"""Now: on call or not, until when, who is behind me, and what needs me."""

from datetime import timedelta

import pytest

from hausmeister.pager.operations import acting
from hausmeister.team.operations import members
from hausmeister.team.rules import Role
from tests import builders
from tests.web.visitors import browser, queries_of


def text_of(client, path: str = "/") -> str:  # type: ignore[no-untyped-def]
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def settle(world):  # type: ignore[no-untyped-def]
    world.tick()
    world.forget()


def test_who_is_on_duty_reads_until_when_and_who_is_behind_them(world, trio):
    text = text_of(browser(trio.ana))
    assert "You are on call" in text
    assert "Friday 17:00</time></b>" in text
    assert "<b>Bruno</b> is behind you." in text
    assert "3 days 14 h</span> left" in text


def test_the_backstop_reads_that_they_are_the_backstop(world, trio):
    text = text_of(browser(trio.bruno))
    assert "You are the backstop" in text
    assert "behind <b>Ana</b>" in text


def test_whoever_is_off_duty_reads_who_is_on_call(world, trio):
    assert "Ana is on call" in text_of(browser(trio.carla))


def test_an_open_page_stands_with_whoever_it_calls_and_with_the_others_apart(world, trio):
    world.fire("Disk full", severity="critical")
    settle(world)
    mine, theirs = text_of(browser(trio.ana)), text_of(browser(trio.carla))
    assert 'Needs you <span class="lead">1</span>' in mine
    assert "Bruno is called <time" in mine
    assert 'Needs you <span class="lead">0</span>' in theirs
    assert "Open with others" in theirs
    assert "<title>1 firing · Now" in mine


def test_the_worst_stands_first_and_only_it_has_the_primary_button(world, trio):
    for title, severity in (("older warning high", "error"), ("the worst", "critical"), ("second", "error")):
        world.fire(title, severity=severity)
        world.now += timedelta(minutes=1)
    settle(world)
    text = text_of(browser(trio.ana))
    places = [text.index(title) for title in ("the worst", "older warning high", "second")]
    assert places == sorted(places)
    assert text.count("button primary") == 1


def test_a_soft_alert_waits_unseen_and_is_counted(world, trio):
    world.fire("Disk 80 %", severity="warning")
    settle(world)
    text = text_of(browser(trio.ana))
    assert "Disk 80 %" not in text
    assert "1 alert, for working hours" in text


def test_a_quiet_night_says_so_and_names_the_last_page(world, trio):
    page = world.fire("Disk full", severity="critical")
    acting.close(page.pk, by=builders.CONSOLE, person=None, reason="over", now=world.now)
    settle(world)
    world.now += timedelta(hours=1)
    text = text_of(browser(trio.ana))
    assert "Nothing needs you. Good night." in text
    assert "Disk full" in text


def test_a_client_sees_counts_and_who_is_on_duty_and_no_title(world, trio):
    world.fire("Secret customer name", severity="critical")
    settle(world)
    imani = builders.person("Imani")
    builders.team.join(
        trio.team, imani, role=Role.VIEWER, experience=1, joined_on=world.now.date(), by=builders.CONSOLE, now=world.now
    )
    client = browser(imani)
    text = text_of(client)
    assert "Ana is on call" in text
    assert "P4 very high" in text
    assert "Secret customer name" not in text
    for closed in ("/alerts", "/people", "/policy", "/pulse", "/pages/1", "/pages/new", "/settings/integrations"):
        assert client.get(closed).status_code == 403, closed
    assert "Secret" not in text_of(client, "/rota")


def test_one_without_a_team_is_told_so(world, trio):
    stray = builders.person("Stray")
    answer = browser(stray).get("/")
    assert answer.status_code == 403


def test_each_team_has_its_card_and_mine_comes_first(world, trio):
    other = builders.trio(slug="other-team", zone="Europe/Lisbon")
    builders.team.join(
        other.team, trio.ana, role=Role.RESPONDER, experience=1, joined_on=world.now.date(), by=builders.CONSOLE,
        now=world.now,
    )  # fmt: skip
    text = text_of(browser(trio.ana))
    assert text.index("You are on call") < text.index("Other Team")


def test_it_stays_within_fifteen_queries_with_ten_pages_open(world, trio):
    for number in range(4):
        world.fire(f"Disk {number} full", severity="critical")
    settle(world)
    assert len(queries_of(browser(trio.ana), "/")) <= 15


def test_htmx_gets_the_part_that_changes_and_nothing_else(world, trio):
    world.fire("Disk full", severity="critical")
    settle(world)
    answer = browser(trio.ana).get("/", headers={"HX-Request": "true", "HX-Target": "needs"})
    text = answer.content.decode()
    assert text.lstrip().startswith('<section id="needs"')
    assert "<nav" not in text
    assert "HX-Request" in answer.headers["Vary"]


def test_it_asks_nobody_who_has_no_contact_method_to_rest_easy(world, trio):
    members.part(trio.bruno.memberships.get(), on=world.now.date(), by=builders.CONSOLE, now=world.now)
    trio.ana.methods.all().delete()
    assert "No. You have no contact method that is verified." in text_of(browser(trio.ana))


@pytest.mark.parametrize("name", ["ana", "carla"])
def test_it_is_never_kept_by_a_cache(world, trio, name):
    assert browser(getattr(trio, name)).get("/").headers["Cache-Control"] == "no-store"


def test_the_pulse_tells_the_hard_pages_that_call_me(world, trio):
    page = world.fire("Disk full", severity="critical")
    settle(world)
    told = browser(trio.ana).get("/pulse").json()
    assert told["firing"] == 1
    opened = int(world.now.timestamp())
    words = "New page: P4 very high, Disk full"
    assert told["hard"] == [{"page": page.pk, "opened": opened, "urgent": True, "words": words}]
    assert browser(trio.carla).get("/pulse").json() == {"firing": 0, "shown": "0", "prefix": "", "hard": []}
