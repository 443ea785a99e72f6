"""The month's letter: once, to leads, in working hours, unless the policy says no."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hausmeister.insights import operations
from hausmeister.outbox.models import Message
from hausmeister.team.models import Team
from tests import builders

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def first(world, trio):
    """The first working morning of the month after this one."""
    local = (world.now.astimezone(BERLIN).replace(day=1) + timedelta(days=32)).replace(day=1, hour=10, minute=0)
    while local.weekday() > 4:
        local += timedelta(days=1)
    return datetime.combine(local.date(), local.time(), BERLIN)


def told():
    return list(Message.objects.filter(dedup_key__startswith="insights-"))


def test_the_leads_are_written_once_with_a_link_to_the_month(world, trio, first):
    world.fire("Disk full", severity="critical")
    assert operations.write_month(first) == 1
    assert operations.write_month(first + timedelta(hours=1)) == 0
    (letter,) = told()
    assert letter.person_id == trio.carla.pk
    assert "1 call" in letter.facts["text"]
    assert f"&since={world.now:%Y-%m}-01" in letter.facts["text"]


def test_not_at_night_not_for_a_month_before_the_team_and_not_when_the_policy_says_no(world, trio, first):
    assert operations.write_month(first.replace(hour=3)) == 0
    # an installation that starts in the middle of a month does not tell of the one before
    assert operations.write_month(first.replace(day=15)) == operations.write_month(first.replace(day=16)) == 0
    Team.objects.filter(pk=trio.team.pk).update(created_at=first)
    assert operations.write_month(first) == 0
    Team.objects.filter(pk=trio.team.pk).update(created_at=world.now)
    builders.policy_with(trio.team, ("monthly_mail = true ", "monthly_mail = false "))
    assert operations.write_month(first) == 0
    assert told() == []
