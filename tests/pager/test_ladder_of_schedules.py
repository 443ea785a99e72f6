"""A step of the team's ladder may call whoever is on by a schedule."""

from datetime import date, time, timedelta

import pytest

from hausmeister.journal.models import Entry
from hausmeister.pager.context import TeamContext
from hausmeister.rota.models import Schedule
from hausmeister.rota.operations import policy, schedule_overrides, schedules
from hausmeister.rota.queries import policy as policy_queries
from hausmeister.rota.rules.definitions import Content, LayerDraft, ScheduleDraft
from hausmeister.rota.rules.layers import Change, Held, Kind
from hausmeister.rota.rules.restrictions import Window
from hausmeister.rota.rules.rotations import Unit, Who
from hausmeister.rota.rules.wall import WallMoment
from hausmeister.team.policy import reading
from hausmeister.team.policy.reading import BadPolicy
from hausmeister.team.rules import ListName
from tests import builders

FIRST_STEP = '{ call = "on duty", wait = "5m" },\n    { call = "backstop", wait = "10m" }'
CALLS_SCHEDULE = '{ call = "schedule nights", wait = "5m" },\n    { call = "backstop", wait = "10m" }'


def text_with(*pairs):
    text = reading.DEFAULT_FILE.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.fixture
def nights(world, trio):
    """Carla from 22 to 6 in Berlin; it is 3 there."""
    layer = LayerDraft(
        "Nights", Content.ROTATION, starts=WallMoment(date(2026, 11, 1), time(9)), unit=Unit.WEEKLY, hand_off=time(9),
        participants=(Who(trio.carla.pk),), windows=(Window(time(22), time(6)),),
    )  # fmt: skip
    draft = ScheduleDraft("nights", "The nights", "Europe/Berlin", "", (layer,))
    (made,) = schedules.create_schedules(trio.team, [draft], by=builders.CONSOLE, now=world.now)
    apply(trio, world)
    return made


def apply(trio, world, text=None):
    policy.apply_policy(
        trio.team, text=text or text_with((FIRST_STEP, CALLS_SCHEDULE)), file="p", by=builders.CONSOLE, now=world.now
    )


def test_a_page_calls_whoever_is_on_by_the_schedule(world, trio, nights):
    world.fire("Disk full", severity="critical")
    world.tick()
    sent = world.expect("email", "Carla", "Disk full")
    assert sent.parcel.facts["role"] == "The nights"


def test_an_override_of_the_schedule_is_called_at_once(world, trio, nights):
    world.fire("Disk full", severity="critical")
    world.tick()
    world.expect("email", "Carla", "Disk full")
    change = Change(0, Kind.REPLACE, world.now, world.now + timedelta(hours=2), trio.ana.pk)
    schedule_overrides.add_schedule_override(trio.team, nights, change, by=builders.CONSOLE, now=world.now)
    world.fire("Disk full elsewhere", severity="critical")
    world.tick()
    world.expect("email", "Ana", "Disk full elsewhere")
    for person in ("Ana", "Carla"):
        assert world.expect("email", person, "Your duties in").parcel.kind == "mail"


def test_a_step_whose_schedule_has_nobody_is_skipped_at_once_and_says_so(world, trio, nights):
    world.go(hours=5)
    page = world.fire("Disk full", severity="critical")
    world.tick()
    world.expect("email", "Bruno", "Disk full")
    steps = Entry.objects.get(subject=page.subject, verb="page.opened").facts["steps"]
    assert steps[0]["skipped"] == "nobody is on by the schedule nights"


def test_the_roster_holds_only_until_the_schedule_changes(world, trio, nights):
    roster = TeamContext.load(trio.team.pk, at=world.now).roster(ListName.IMPORTANT)
    assert [one.name for one in roster.meant_by("schedule nights")] == ["Carla"]
    # 06:00 in Berlin
    assert roster.until == builders.moment("2026-11-24 05:00")


def test_a_schedule_that_the_team_does_not_have_is_refused_by_name_and_line(world, trio, nights):
    text = text_with((FIRST_STEP, CALLS_SCHEDULE.replace("nights", "days")))
    with pytest.raises(BadPolicy) as caught:
        apply(trio, world, text)
    (problem,) = caught.value.problems
    line = text[: text.index("schedule days")].count("\n") + 1
    assert str(problem) == (
        f"p, line {line}: ladders.hard.steps[0].call is 'schedule days'; it must be a schedule of the team: nights."
    )


@pytest.mark.parametrize("call", ["schedule", "schedule ", "schedule Nights", "nights", "schedule nights, days"])
def test_a_call_that_is_none_is_refused_with_all_that_are(call):
    text = text_with((FIRST_STEP, CALLS_SCHEDULE.replace("schedule nights", call)))
    with pytest.raises(BadPolicy, match='"everybody", "schedule NAME"'):
        reading.read(text, file="p")


def test_a_schedule_that_the_policy_calls_cannot_be_removed(world, trio, nights):
    with pytest.raises(schedules.ScheduleIsCalled, match="The ladder hard of the policy calls the schedule nights"):
        schedules.remove_schedule(nights, by=builders.CONSOLE, now=world.now)
    builders.policy_with(trio.team)
    schedules.remove_schedule(nights, by=builders.CONSOLE, now=world.now)
    assert Schedule.objects.count() == 0


def test_a_schedule_whose_zone_the_machine_forgot_does_not_keep_the_ladder_from_climbing(world, trio, nights):
    Schedule.objects.update(zone_name="Europe/Atlantis")
    world.fire("Disk full", severity="critical")
    world.tick()
    world.expect("email", "Bruno", "Disk full")
    world.allow_error("schedule.unreadable")


def test_a_long_name_of_a_schedule_is_cut_for_the_page(world, trio, nights):
    schedules.change_schedule(
        nights, name="N" * 100, zone_name="Europe/Berlin", description="", by=builders.CONSOLE, now=world.now
    )
    world.fire("Disk full", severity="critical")
    world.tick()
    assert world.expect("email", "Carla", "Disk full").parcel.facts["role"] == "N" * 60


def test_the_default_policy_names_no_schedule():
    assert policy_queries.schedules_named(reading.default()) == []


def test_tempschedules_an_alert_calls_the_temporary_person_then_the_new_one_then_the_one_by_rule(world, trio, nights):
    entries = LayerDraft("Holidays", Content.ENTRIES)
    layer = schedules.add_layer(nights, entries, by=builders.CONSOLE, now=world.now)
    span = (world.now - timedelta(hours=1), world.now + timedelta(hours=2))
    for number, (person, name) in enumerate([(trio.ana, "Ana"), (trio.bruno, "Bruno"), (None, "Carla")]):
        held = [Held(*span, frozenset({person.pk}))] if person else []
        schedules.replace_entries(layer, held, by=builders.CONSOLE, now=world.now)
        world.fire(f"Disk {number} full", severity="critical")
        world.tick()
        world.expect("email", name, f"Disk {number} full")
    # each change was told to whoever was put on or off; what the letters say is held where they are made
    letters = {(person, title) for _, _, person, title in world.told()}
    assert letters == {(name, "Your duties in Data Infra changed") for name in ("Ana", "Bruno", "Carla")}
    world.forget()
