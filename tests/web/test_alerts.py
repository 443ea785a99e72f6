"""Alerts: filters are addresses, the worst first, fifty to a page, acts on many at once."""

from datetime import timedelta

import pytest

from hausmeister.pager.models import Page, PageState
from hausmeister.pager.operations import acting
from tests import builders
from tests.web.visitors import browser, queries_of


def text_of(client, path: str = "/alerts") -> str:  # type: ignore[no-untyped-def]
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.fixture
def many(world, trio):  # type: ignore[no-untyped-def]
    """One firing, one acknowledged, one snoozed, one soft, one closed."""
    found = {}
    for title, severity in (
        ("firing", "critical"),
        ("taken", "critical"),
        ("asleep", "critical"),
        ("gentle", "warning"),
        ("over", "error"),
    ):
        found[title] = world.fire(f"It is {title}", severity=severity, source=f"host-{title}")
        world.now += timedelta(minutes=2)
    acting.acknowledge(found["taken"].pk, by=trio.bruno, now=world.now)
    acting.snooze(found["asleep"].pk, by=trio.ana, until=world.now + timedelta(hours=1), now=world.now)
    browser(trio.ana).post(f"/pages/{found['over'].pk}/close", {"reason": "mended"})
    world.tick()
    world.forget()
    return found


@pytest.mark.parametrize(
    ("show", "titles"),
    [
        ("", {"firing", "taken", "asleep", "gentle"}),
        ("firing", {"firing"}),
        ("acknowledged", {"taken"}),
        ("quiet", {"asleep", "gentle"}),
        ("closed", {"over"}),
        ("nonsense", {"firing", "taken", "asleep", "gentle"}),
    ],
)
def test_each_filter_shows_its_own(world, trio, many, show, titles):
    text = text_of(browser(trio.ana), f"/alerts?show={show}")
    assert {title for title in many if f"It is {title}</a>" in text} == titles


def test_every_filter_carries_its_count_and_keeps_its_place_at_nought(world, trio, many):
    text = text_of(browser(trio.ana))
    for words, number in (("Open", 4), ("Firing", 1), ("Acknowledged", 1), ("Quiet", 2)):
        assert f'{words} <span class="n">{number}</span>' in text
    assert 'Closed <span class="n">1 today</span>' in text
    assert 'Firing <span class="n">0</span>' in text_of(browser(trio.ana), "/alerts?find=asleep")


def test_firing_stands_before_taken_before_quiet(world, trio, many):
    text = text_of(browser(trio.ana))
    places = [text.index(f"It is {title}</a>") for title in ("firing", "taken", "asleep", "gentle")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("find=TAKEN", {"taken"}),
        ("find=host-asleep", {"asleep"}),
        ("priority=P2", {"gentle"}),
        ("priority=P4&find=is", {"firing", "taken", "asleep"}),
        ("team=elsewhere", {"firing", "taken", "asleep", "gentle"}),
        ("find=%25", set()),
    ],
)
def test_the_address_narrows_the_list(world, trio, many, query, titles):
    text = text_of(browser(trio.ana), f"/alerts?{query}")
    assert {title for title in many if f"It is {title}</a>" in text} == titles


def test_changing_the_filter_keeps_what_was_searched_for(world, trio, many):
    assert 'href="/alerts?find=is&amp;show=firing"' in text_of(browser(trio.ana), "/alerts?find=is")


def test_fifty_stand_on_one_page(world, trio):
    builders.policy_with(trio.team, ("storm_pages = 5 ", "storm_pages = 100 "))
    for number in range(53):
        world.fire(f"alert {number:02}", severity="critical")
    world.tick()
    world.forget()
    client = browser(trio.ana)
    first, second = text_of(client), text_of(client, "/alerts?page=2")
    assert "1–50 of 53" in first
    assert "51–53 of 53" in second
    assert 'href="/alerts?page=2"' in first
    assert "alert 00</a>" in first
    assert "alert 52</a>" in second
    assert len(queries_of(client, "/alerts")) <= 15


def test_many_are_acknowledged_at_once_and_the_answer_says_what_became_of_each(world, trio, many):
    client = browser(trio.ana)
    chosen = [many["firing"].pk, many["gentle"].pk, many["taken"].pk, many["over"].pk]
    answer = client.post("/alerts/act", {"chosen": chosen, "do": "acknowledge", "next": "/alerts?show=firing"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/alerts?show=firing")
    text = text_of(client)
    assert "2 acknowledged." in text
    assert "Bruno took this page a moment before you." in text
    assert "This page is closed: mended." in text
    assert Page.objects.get(pk=many["gentle"].pk).acked_by == trio.ana


def test_many_are_closed_with_a_reason_and_snoozed(world, trio, many):
    client = browser(trio.ana)
    client.post("/alerts/act", {"chosen": [many["firing"].pk], "do": "close", "reason": "false alarm"})
    assert Page.objects.get(pk=many["firing"].pk).close_reason == "false alarm"
    client.post("/alerts/act", {"chosen": [many["gentle"].pk], "do": "snooze", "for": "4h"})
    assert Page.objects.get(pk=many["gentle"].pk).state is PageState.SNOOZED


@pytest.mark.parametrize("form", [{}, {"chosen": ["x"], "do": "acknowledge"}, {"chosen": ["999999"], "do": "close"}])
def test_choosing_nothing_is_said(world, trio, many, form):
    client = browser(trio.ana)
    client.post("/alerts/act", form)
    assert "Nothing was chosen." in text_of(client)


def test_s30_nothing_of_another_team_is_listed_or_acted_on(world, trio, many):
    other = builders.trio(slug="other-team")
    client = browser(other.carla)
    assert "It is" not in text_of(client)
    assert "No alert is open." in text_of(client)
    client.post("/alerts/act", {"chosen": [many["firing"].pk], "do": "acknowledge"})
    assert Page.objects.get(pk=many["firing"].pk).state is PageState.FIRING


def test_whoever_is_in_two_teams_sees_which_alert_is_whose(world, trio, many):
    other = builders.trio(slug="other-team")
    builders.team.join(
        other.team, trio.ana, role=builders.Role.RESPONDER, experience=1, joined_on=world.now.date(),
        by=builders.CONSOLE, now=world.now,
    )  # fmt: skip
    assert "host-firing, Data Infra" in text_of(browser(trio.ana))
    assert "It is" not in text_of(browser(trio.ana), "/alerts?team=other-team")
