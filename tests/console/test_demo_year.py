"""The year's demo: what it holds, drawn the same each time, and lived through by the real operations."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hausmeister.base import chance
from hausmeister.console.demo.year import absences, asking, cast, loading, weather
from hausmeister.familiarity.models import Touch
from hausmeister.handoff.models import Handoff
from hausmeister.incidents.models import Incident
from hausmeister.issues.models import Issue
from hausmeister.journal.models import Entry
from hausmeister.pager.models import Page
from hausmeister.rota import queries as rota
from hausmeister.team.models import Leave, Membership, Team
from hausmeister.triage.models import Item
from tests import harness
from tests.harness import at

ZONE = ZoneInfo("Europe/Berlin")
BEGAN, UNTIL = date(2025, 11, 25), datetime(2026, 11, 24, 13, 30, tzinfo=UTC)


def scenes(seed=loading.SEED):
    return weather.year(began_on=BEGAN, until=UNTIL, zone=ZONE, dice=chance.stream(seed), most=4000)


def test_a_year_is_four_thousand_alerts_the_same_for_the_same_seed():
    drawn = scenes()
    assert sum(one.alerts for one in drawn) == weather.ALERTS == 4000
    assert drawn == scenes()
    assert drawn != scenes(seed=1)
    assert all(one.at.astimezone(ZONE).date() >= BEGAN and one.at < UNTIL for one in drawn)
    assert len(list(weather.worst(drawn, most=3))) == 3
    # most can wait: a night with three hard calls is no life
    hard = [one for one in drawn if one.severity in {"error", "critical"}]
    assert 0.02 < len(hard) / len(drawn) < 0.15


def test_nine_hundred_questions_come_in_working_hours_and_some_keep_coming():
    asked = asking.year(began_on=BEGAN, until=UNTIL, zone=ZONE, dice=chance.stream(loading.SEED))
    assert len(asked) == asking.QUESTIONS == 900
    local = [one.at.astimezone(ZONE) for one in asked]
    assert all(one.weekday() < 5 and 9 <= one.hour < 18 for one in local)
    commonest = max(sum(one.topic is topic for one in asked) for topic in asking.TOPICS)
    assert commonest > 90


def test_nobody_is_away_twice_at_once_nor_while_they_are_not_of_the_team():
    names = [one.name for one in cast.TEAM.members]
    assert len(names) == 12
    away = absences.year(names, began_on=BEGAN, until=UNTIL.date(), dice=chance.stream(loading.SEED))
    assert any(one.is_sick for one in away)
    for name in names:
        mine = sorted((one.starts_on, one.ends_on) for one in away if one.name == name)
        assert all(before[1] < after[0] for before, after in itertools.pairwise(mine))
        stay = cast.stay_of(name)
        assert all(stay.is_there(day, began_on=BEGAN) for one in mine for day in one)
    assert all(one.starts_on == one.told_on for one in away if one.is_sick)


@pytest.fixture
def short_year(db, monkeypatch):
    """Six weeks of such a year, with a tenth of what happens in it: enough to live through in seconds."""
    monkeypatch.setattr(loading, "YEAR", timedelta(weeks=6))
    monkeypatch.setattr(weather, "ALERTS", 200)
    monkeypatch.setattr(asking, "QUESTIONS", 40)
    with harness.world(at("2026-11-24 13:30")) as told:
        loading.load(now=told.now)
        yield told


@pytest.mark.slow
def test_it_is_lived_through_by_the_real_operations_and_leaves_nothing_ringing(short_year):
    team = Team.objects.get()
    now = short_year.now
    # three more wait in the inbox as the demo begins
    assert Item.objects.count() == 43
    assert not Item.objects.filter(answered_at=None, asked_at__lt=now - timedelta(days=3)).exists()
    assert Issue.objects.open().exists()
    assert Issue.objects.exclude(closed_at=None).exists()
    assert Leave.objects.exists()
    verbs = set(Entry.objects.values_list("verb", flat=True))
    assert {"page.opened", "page.acknowledged", "page.closed", "item.answered", "answer.added"} <= verbs
    assert not Entry.objects.filter(at__gt=now).exists()
    # the year before its members joined has none of them on duty
    joined = Membership.objects.filter(team=team, left_on=None).count()
    assert joined == len([one for one in cast.TEAM.members if not cast.stay_of(one.name).joins])
    assert rota.on_duty(team, at=now).primary.person is not None
    assert not Page.objects.unanswered().filter(is_hard=True, opened_at__lt=now - timedelta(minutes=30)).exists()
    assert Incident.objects.count() <= 3
    handed = Handoff.objects.filter(moved_at__isnull=False)
    assert handed.filter(accepted_at__isnull=False).count() > 5
    assert Touch.objects.exclude(area="").exists()
    short_year.tick()
