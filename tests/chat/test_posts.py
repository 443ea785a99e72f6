"""What the chat is told of the duty by itself: once for each change, whoever looks and however often."""

from datetime import timedelta

import pytest

from hausmeister.chat import posts
from hausmeister.journal.rules import CONSOLE
from hausmeister.outbox.models import Message
from hausmeister.rota import operations as rota
from hausmeister.rota.operations import schedules
from hausmeister.rota.rules.definitions import Content, LayerDraft, ScheduleDraft
from hausmeister.rota.rules.layers import Held
from hausmeister.rota.rules.slots import Post
from hausmeister.team.rules import Channel
from tests import builders
from tests.harness import at

pytestmark = pytest.mark.django_db

SHIFTS = ('shifts = ""', 'shifts = "#shifts"')


@pytest.fixture
def built(world, trio):
    for name in ("ana", "bruno", "carla"):
        builders.method(trio.people[name], Channel.SLACK, f"U0{name.upper()}")
    return trio


def told(kind):
    return list(Message.objects.filter(channel="chat", kind=kind).order_by("id"))


def look(now):
    return posts.tell_duty("slack", now)


def test_user_groups_have_whoever_is_on_and_are_told_once(world, built):
    for _ in range(3):
        look(world.now)
    assert [(one.to["handle"], one.facts["members"]) for one in told("group")] == [
        ("backstop", ["U0BRUNO"]), ("hausmeister", ["U0ANA"]),
    ]  # fmt: skip


def test_the_groups_follow_the_duty_and_come_back(world, built):
    look(world.now)
    rota.add_override(
        built.team, post=Post.BACKSTOP, starts_at=world.now + timedelta(hours=1),
        ends_at=world.now + timedelta(hours=2),
        person=built.carla, reason="a favour", by=CONSOLE, now=world.now,
    )  # fmt: skip
    for hours in (0.5, 1, 1.5, 2, 3):
        look(world.now + timedelta(hours=hours))
    members = [one.facts["members"] for one in told("group") if one.to["handle"] == "backstop"]
    assert members == [["U0BRUNO"], ["U0CARLA"], ["U0BRUNO"]]


def test_slackusergroup_a_group_of_a_schedule_is_whoever_is_on_from_midnight_on(world, built):
    """No chat keeps an empty group: before the schedule has anybody, the group is not touched."""
    both = frozenset({built.ana.pk, built.carla.pk})
    night = LayerDraft(
        "Nights", Content.ENTRIES, entries=(Held(at("2026-11-24 23:00"), at("2026-11-25 23:00"), both),)
    )  # fmt: skip
    draft = ScheduleDraft("nights", "Nights", "Europe/Berlin", "", (night,))
    schedules.create_schedules(built.team, [draft], by=CONSOLE, now=world.now)
    builders.policy_with(built.team, ('hausmeister = ["on duty"]', 'night = ["schedule nights"]'))
    look(at("2026-11-24 22:59"))
    assert "night" not in {one.to["handle"] for one in told("group")}
    look(at("2026-11-24 23:00"))
    (group,) = [one for one in told("group") if one.to["handle"] == "night"]
    assert group.facts["members"] == ["U0ANA", "U0CARLA"]
    look(at("2026-11-25 12:00"))
    assert len([one for one in told("group") if one.to["handle"] == "night"]) == 1


def test_several_teams_may_share_a_group(world, built):
    other = builders.trio(slug="serving")
    for name in ("ana", "bruno"):
        builders.method(other.people[name], Channel.SLACK, f"U1{name.upper()}")
    look(world.now)
    members = {one.to["handle"]: one.facts["members"] for one in told("group")}
    assert members == {"hausmeister": ["U0ANA", "U1ANA"], "backstop": ["U0BRUNO", "U1BRUNO"]}


def test_a_group_is_never_emptied_because_nobody_is_linked(world, trio):
    assert look(world.now) == 0
    assert not told("group")


def test_a_change_of_shift_is_posted_once_and_setting_the_chat_up_is_none(world, built):
    builders.policy_with(built.team, SHIFTS)
    look(world.now)
    look(world.now + timedelta(minutes=1))
    assert not told("say")
    friday = at("2026-11-27 16:00")
    builders.on_duty(built.team, primary=built.bruno, backstop=built.carla)
    rota.plan_ahead(built.team, now=world.now)
    for minutes in range(3):
        look(friday + timedelta(minutes=minutes))
    (post,) = told("say")
    assert post.to["room"] == "#shifts"
    assert post.facts["headline"] == "Bruno is weekend on-call of Data Infra now, until Mon 11:00."
    assert post.facts["paragraphs"] == ["Backstop: Carla."]


def test_one_team_that_cannot_be_read_silences_no_other(world, built, monkeypatch):
    from hausmeister.rota import queries

    other = builders.trio(slug="serving")
    builders.method(other.ana, Channel.SLACK, "U1ANA")
    real = queries.on_duty

    def on_duty(team, *, at):
        if team == built.team:
            raise ValueError("broken")
        return real(team, at=at)

    monkeypatch.setattr(posts.rota, "on_duty", on_duty)
    look(world.now)
    world.allow_error("chat.duty_not_told")
    assert [one.facts["members"] for one in told("group")] == [["U1ANA"]]
