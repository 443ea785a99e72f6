"""The chat's page under Integrations, and the doctor's look at it."""

from dataclasses import asdict
from datetime import timedelta

import pytest

from hausmeister.base import clock
from hausmeister.chat import line
from hausmeister.console.doctor import outside
from hausmeister.team.rules import Channel
from hausmeister.triage.models import WatchedRoom
from tests import builders
from tests.web.visitors import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(settings, world, trio):
    settings.HAUSMEISTER_CHAT, settings.HAUSMEISTER_CHAT_HEARS = "slack", True
    return trio


def shown(of):
    return browser(of.carla).get("/settings/integrations/chat").content.decode()


def found():
    return [asdict(one) for one in outside.chat()]


def test_without_a_chat_the_page_says_what_to_set(world, trio):
    assert "HAUSMEISTER_SLACK_TOKEN" in shown(trio)
    assert found() == []


def test_a_line_that_stands_and_a_room_that_does_not(chat, world):
    builders.method(chat.ana, Channel.SLACK, "U0ANA")
    line.heard("slack", now=clock.now())
    for name, state, problem in (("data-help", "watching", ""), ("guild", "removed", "The app is not in #guild.")):
        WatchedRoom.objects.create(
            team=chat.team, service="slack", name=name, room_id=f"C{name}", state=state, problem=problem,
            since_at=world.now,
        )  # fmt: skip
    page = shown(chat)
    assert "The line to Slack stands" in page
    assert "1 room is not heard" in page
    assert "The app is not in #guild." in page
    assert "1 of 3 responders are linked" in page
    assert "@backstop" in page
    verdicts = [(one["about"], one["verdict"]) for one in found()]
    assert verdicts == [("chat", "ok"), ("chat of Data Infra", "wrong")]


def test_a_refusal_is_wrong_at_once_and_a_broken_line_after_a_while(chat, world):
    line.down("slack", reason="the line broke", now=world.now)
    assert [one["verdict"] for one in found()] == ["ok"]
    world.now += timedelta(minutes=6)
    assert [one["verdict"] for one in found()] == ["wrong"]
    line.refused("slack", reason="Slack answered token_revoked", now=world.now)
    assert "Slack refuses us" in found()[0]["says"]
    assert "token_revoked" in shown(chat)
    # a refusal stays one while the line is tried again
    line.down("slack", reason="the line broke", now=world.now)
    assert "Slack refuses us" in found()[0]["says"]
    line.up("slack", now=world.now)
    assert [one["verdict"] for one in found()] == ["ok"]


def test_a_chat_we_only_write_into_is_said_to_be_one(chat, settings, world):
    settings.HAUSMEISTER_CHAT_HEARS = False
    assert "We only write into Slack" in shown(chat)


def test_it_is_for_leads(chat):
    assert browser(chat.ana).get("/settings/integrations/chat").status_code == 403
