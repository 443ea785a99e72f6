"""Insights on the screen: figures and their rows, out as CSV and JSON, by name, and personal nights kept personal."""

import csv
import io
from datetime import timedelta

import pytest

from hausmeister.base import clock
from hausmeister.insights import queries, rows
from hausmeister.insights.figures import Figure
from hausmeister.insights.rules.period import named
from hausmeister.pager.models import Page, Summons
from hausmeister.pager.operations import acting
from hausmeister.team.rules import Scope
from tests import builders
from tests.web.visitors import browser, queries_of


def report_of(team):
    now = clock.now()
    return queries.report(team, named("weeks", today=now.astimezone(team.zone).date(), zone=team.zone), now=now)


@pytest.fixture
def fired(world, trio):
    """Three pages: one acknowledged and taken by Ana, one closed by its source, one that climbed to Bruno."""
    first = world.fire("Disk full", severity="critical")
    second = world.fire("=Lag(1)", severity="critical")
    third = world.fire("Lost", severity="critical")
    world.tick()
    acting.acknowledge(first.pk, by=trio.ana, now=world.now)
    Page.objects.filter(pk=second.pk).update(
        closed_at=world.now, close_reason="over", next_step_at=None, snoozed_until=None
    )
    Summons.objects.get_or_create(page=third, person=trio.bruno, defaults={"role": "Backstop", "since_at": world.now})
    world.forget()
    return first, second, third


def test_the_people_add_up_to_the_team_and_each_figure_to_its_rows(world, trio, fired):
    found = report_of(trio.team)
    assert sum(one.calls for one in found.loads) == sum(found.hours) == len(rows.rows(found, "calls")) == 4
    assert found.wakes == len(rows.rows(found, "wakes"))
    assert found.acknowledged_by == {trio.ana.pk: 1}
    assert [row.title for row in rows.rows(found, "untouched")] == ["=Lag(1)"]
    assert len(rows.rows(found, "unanswered")) == 2
    assert sum(week.calls or 0 for week in found.weeks) == 4


def test_an_acknowledgement_that_was_forgotten_still_counts_as_the_first(world, trio, fired):
    Page.objects.filter(pk=fired[0].pk).update(
        acked_at=None, acked_by=None, ack_expires_at=None, next_step_at=world.now + timedelta(hours=1)
    )
    assert report_of(trio.team).acknowledged_by == {trio.ana.pk: 1}


def test_weeks_before_anything_was_known_are_missing_and_not_zero(world, trio, fired):
    weeks = report_of(trio.team).weeks
    assert weeks[0].calls is None
    assert weeks[-1].calls == 4
    text = browser(trio.ana).get("/insights").content.decode()
    assert "Nothing is known before" in text
    assert 'class="unknown"' in text


def test_who_left_is_still_counted(world, trio, fired):
    from datetime import date

    from hausmeister.team.models import Membership

    Membership.objects.filter(person=trio.bruno).update(left_on=date(2026, 1, 2))
    found = report_of(trio.team)
    assert "Bruno" in {found.name(one.person_id) for one in found.loads}
    assert sum(one.calls for one in found.loads) == 4


def test_the_screen_lists_people_by_name_and_has_one_primary_action(world, trio, fired):
    text = browser(trio.ana).get("/insights").content.decode()
    table = text[text.index('id="load-head"') :]
    assert table.index(">Ana<") < table.index(">Bruno<") < table.index(">Carla<")
    assert text.count("button primary") == 1
    assert "/issues/new?" in text
    assert "Hand-offs" not in text


def test_a_persons_calls_are_read_by_themselves_and_the_lead(world, trio, fired):
    address = f"/insights/rows/calls?person={trio.bruno.pk}"
    assert browser(trio.ana).get(address).status_code == 403
    assert browser(trio.bruno).get(address).status_code == 200
    assert "Lost" in browser(trio.carla).get(address).content.decode()
    assert browser(trio.ana).get("/insights/rows/untouched").status_code == 200
    assert browser(trio.ana).get("/insights/rows/nonsense").status_code == 404
    assert browser(trio.ana).get("/insights/rows/untouched?person=999999").status_code == 404


def test_a_figure_goes_out_as_csv_that_no_spreadsheet_computes_and_as_json(world, trio, fired):
    client = browser(trio.ana)
    answer = client.get("/insights/figures/noise.csv")
    assert answer["Content-Type"].startswith("text/csv")
    told = list(csv.reader(io.StringIO(answer.content.decode())))
    assert told[1][0] == "'=Lag(1)"
    load = client.get("/insights/figures/load.json").json()
    assert [row[0] for row in load["rows"]] == ["Ana", "Bruno", "Carla"]
    assert client.get("/insights/figures/nothing.csv").status_code == 404


@pytest.mark.parametrize("name", ["weeks", "quarter", "year", "odd"])
def test_each_span_is_in_the_address_and_within_the_budget_of_charts(world, trio, fired, name):
    assert len(queries_of(browser(trio.ana), f"/insights?period={name}")) <= 25


def test_a_span_that_cannot_be_is_said(world, trio):
    text = browser(trio.ana).get("/insights?since=2026-12-01&until=soon").content.decode()
    assert "write them as 2026-11-24" in text


def test_a_script_gets_every_figure_and_a_bad_span_is_refused(world, trio, fired):
    caller = builders.caller(trio.team, Scope.READ)
    told = caller.get("/insights").json()
    assert {one["name"] for one in told["figures"]} >= {"load", "hours", "weeks", "response", "noise", "limits"}
    refused = caller.get("/insights?since=soon&until=2026-01-01")
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_period")


def test_hand_offs_are_shown_once_somebody_can_say(world, trio, monkeypatch):
    told = Figure("hand-offs", "Hand-offs accepted in time", ("what", "number"), (("in time", 3),))
    monkeypatch.setattr(queries, "_hand_offs", [lambda *_asked: told])
    assert "Hand-offs accepted in time" in browser(trio.ana).get("/insights").content.decode()
