"""`hausmeister alert`."""

import json

import pytest

from hausmeister.alerts.models import Alert
from hausmeister.pager.models import Page, PageState
from hausmeister.team import operations as team_operations
from hausmeister.team.rules import Role
from tests import builders


@pytest.fixture
def number(world, trio, run):
    """The number of an alert that calls Ana."""
    return str(json.loads(run("alert", "send", "Disk full", "--severity", "critical", "--json").output)["alert"])


def test_an_alert_sent_by_hand_calls_whoever_is_on_duty(world, trio, run):
    told = run("alert", "send", "Disk full", "--severity", "critical", "--label", "host=db-7", "--text", "12 MB left")
    alert = Alert.objects.get()
    assert told.output == f"Alert {alert.pk} opened, page {alert.page_id}.\n"
    world.tick()
    sent = world.expect("email", "Ana", "Disk full")
    assert sent.parcel.facts["text"] == "12 MB left"
    assert alert.labels == {"host": "db-7"}


def test_the_same_alert_again_is_counted_and_its_end_closes_it(world, trio, run):
    send = ("alert", "send", "Disk full", "--severity", "critical")
    run(*send)
    assert json.loads(run(*send, "--json").output)["result"] == "counted"
    assert "closed" in run(*send, "--resolve").output
    assert "nothing was changed" in run(*send, "--resolve").output
    world.tick()
    world.expect_none()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("  ",), "title is missing"),
        (("x", "--priority", "P9"), "must be one of P4, P3, P2, P1"),
        (("x", "--label", "host"), "NAME=VALUE"),
        (("x", "--team", "no"), "there are: data-infra"),
    ],
)
def test_an_alert_that_cannot_be_is_refused_and_nothing_is_stored(world, trio, run, options, says):
    assert says in run("alert", "send", *options, code=1).output
    assert not Alert.objects.exists()


def test_open_alerts_are_listed_and_closed_ones_on_request(run, number):
    told = run("alert", "list").output
    assert "P4 very high" in told
    assert "firing" in told
    run("alert", "close", number, "--as", "ana@example.org", "--reason", "fixed")
    assert "no open alert" in run("alert", "list").output
    assert json.loads(run("alert", "list", "--all", "--json").output)[0]["close_reason"] == "fixed"


def test_an_alert_is_shown_with_what_happens_next_on_the_team_s_clock(world, trio, run):
    run("alert", "send", "Disk full", "--severity", "critical", "--text", "12 MB\x1b[2J left")
    number = str(Alert.objects.get().pk)
    told = run("alert", "show", number).output
    assert "Tue 24 Nov 03:05  Bruno, e-mail" in told
    # what a sender wrote must not steer the terminal
    assert "\x1b" not in told
    shown = json.loads(run("alert", "show", number, "--json").output)
    assert (shown["title"], shown["page"]["state"]) == ("Disk full", "firing")


def test_acknowledging_needs_somebody_who_may_and_the_first_stands(world, trio, run, number):
    viewer, stranger = builders.person("Imani"), builders.trio(slug="streaming").ana
    team_operations.join(
        trio.team,
        viewer,
        role=Role.VIEWER,
        experience=1,
        joined_on=world.now.date(),
        by=builders.CONSOLE,
        now=world.now,
    )
    assert "may not act on pages" in run("alert", "ack", number, "--as", "imani@example.org", code=1).output
    assert "may not act on pages" in run("alert", "ack", number, "--as", stranger.email, code=1).output
    assert "hausmeister people" in run("alert", "ack", number, "--as", "nobody@example.org", code=1).output
    assert "Ana has page" in run("alert", "ack", number, "--as", "ANA@example.org").output
    assert "Ana took this page" in run("alert", "ack", number, "--as", "bruno@example.org", code=1).output
    assert Page.objects.get().state is PageState.ACKNOWLEDGED
    world.go(minutes=30)
    world.expect_none()


def test_closing_needs_somebody_who_may_and_a_page_that_is_open(world, trio, run, number):
    stranger = builders.trio(slug="streaming").carla
    assert "may not" in run("alert", "close", number, "--as", stranger.email, code=1).output
    run("alert", "close", number, "--as", "bruno@example.org")
    assert Page.objects.get().closed_by == trio.bruno
    assert "closed by Bruno" in run("alert", "close", number, "--as", "bruno@example.org", code=1).output


def test_an_unknown_number_is_said_with_where_to_look(world, trio, run):
    assert "alert list --all" in run("alert", "show", "7", code=1).output
    assert run("alert", "ack", "99999999999999999999", "--as", "ana@example.org", code=2)
