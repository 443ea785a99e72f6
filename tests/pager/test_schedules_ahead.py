"""What lies ahead in schedules and in cover that is asked for: found, shown, and told by one voice only."""

from datetime import date, time, timedelta

import pytest

from hausmeister.outbox.models import Message
from hausmeister.pager import foresight
from hausmeister.pager.models import Rehearsal, ToldFinding
from hausmeister.pager.operations import foreseeing, handing_over, noticing
from hausmeister.rota import operations as rota
from hausmeister.rota.asks import answering
from hausmeister.rota.asks.rules import AskKind
from hausmeister.rota.models import Layer, Schedule
from hausmeister.rota.operations import schedule_overrides, schedules
from hausmeister.rota.queries import schedules as queries
from hausmeister.rota.rules.definitions import Content, LayerDraft, ScheduleDraft
from hausmeister.rota.rules.foresight import Kind
from hausmeister.rota.rules.layers import Change, Held
from hausmeister.rota.rules.layers import Kind as ChangeKind
from hausmeister.rota.rules.rotations import Unit, Who
from hausmeister.rota.rules.wall import WallMoment
from hausmeister.team import operations as team_operations
from hausmeister.team.models import ContactMethod
from tests import builders
from tests.harness import at
from tests.rota.asks.conftest import stage  # noqa: F401 - a fixture
from tests.rota.asks.stage import RUNNING
from tests.web.visitors import browser

FIRST_STEP = '{ call = "on duty", wait = "5m" },\n    { call = "backstop", wait = "10m" }'
CALLS_SCHEDULE = '{ call = "schedule support", wait = "5m" },\n    { call = "backstop", wait = "10m" }'


def schedule(trio, *people, layers=None, beside=True):  # type: ignore[no-untyped-def]
    days = LayerDraft(
        "Days", Content.ROTATION, starts=WallMoment(date(2026, 11, 2), time(9)), unit=Unit.DAILY, hand_off=time(9),
        participants=tuple(Who(one.pk) for one in people),
    )  # fmt: skip
    draft = ScheduleDraft("support", "Support", "Europe/Berlin", "", (days,) if layers is None else layers, beside)
    (made,) = schedules.create_schedules(trio.team, [draft], by=builders.CONSOLE, now=builders.clock.now())
    return made


@pytest.fixture
def tested(world, trio):
    ContactMethod.objects.update(tested_at=world.now - timedelta(days=2))
    return trio


def told(trio, world):  # type: ignore[no-untyped-def]
    found = foresight.foresee(trio.team.pk, now=world.now).findings
    return [(one.kind, one.says(trio.team.zone, now=world.now), one.path) for one in found]


def test_a_schedule_with_people_in_every_turn_is_well(world, tested):
    schedule(tested, tested.ana, tested.bruno)
    assert told(tested, world) == []


def test_a_schedule_without_layers_and_the_turns_of_who_is_away_are_found_with_the_way_to_mend_them(world, tested):
    made = schedule(tested, layers=())
    ((kind, says, path),) = told(tested, world)
    assert (kind, path) == (Kind.NOBODY_ON, "/rota/schedules/support?team=data-infra")
    assert says.startswith("Tue 24 Nov 03:00 to ")
    assert says.endswith("nobody is on by the schedule Support")
    made.delete()
    schedule(tested, tested.carla)
    rota.record_leave(
        tested.carla, starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 4), by=builders.CONSOLE, now=world.now
    )
    ((kind, says, path),) = [one for one in told(tested, world) if "schedule" in one[1]]
    assert kind == Kind.AWAY
    assert says == (
        "Tue 1 Dec 00:00 to Sat 5 Dec 00:00: Carla is on by the schedule Support, and away;"
        " Ana or Bruno could take it"
    )  # fmt: skip
    assert path.startswith("/rota/schedules/support/override?team=data-infra&from=2026-11-30T23%3A00%3A00%2B00%3A00&")
    page = browser(tested.carla).get("/rota").content.decode()
    assert "Carla is on by the schedule Support, and away; Ana or Bruno could take it." in page
    assert path.replace("&", "&amp;") in page


def carla_is_away(trio, world):  # type: ignore[no-untyped-def]
    rota.record_leave(
        trio.carla, starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 2), by=builders.CONSOLE, now=world.now
    )


def test_who_is_on_and_away_is_on_the_schedules_picture_and_one_tap_gives_it_to_who_is_free(world, tested):
    """The list stays as it is: the resolver calls who is named, and a lead's word changes that everywhere."""
    made = schedule(tested, tested.ana, tested.carla)
    carla_is_away(tested, world)
    client, path = browser(tested.carla), "/rota/schedules/support?team=data-infra&from=2026-11-30"
    page = client.get(path).content.decode()
    assert "Carla is on by the schedule Support, and away; Ana or Bruno could take it." in page
    assert "On, but away" in page
    assert "Carla is on, and away, Tue 1 Dec 09:00 to Wed 2 Dec 09:00" in page
    assert "Mend it" not in browser(tested.ana).get(path).content.decode()
    ((_, _, form_path),) = told(tested, world)
    form = client.get(form_path).content.decode()
    assert f'<option value="{tested.ana.pk}" selected>Ana' in form
    assert f'<option value="{tested.carla.pk}" selected>Carla' in form
    at_noon = at("2026-12-01 12:00")
    assert queries.schedule_on_call(made, at=at_noon).names == "Carla"
    assert answer_of(client, form_path, tested).status_code == 303
    assert queries.schedule_on_call(made, at=at_noon).names == "Bruno"
    assert queries.schedule_on_call(made, at=at("2026-12-02 12:00")).names == "Ana"
    assert told(tested, world) == []
    world.tick()
    world.forget()


def answer_of(client, form_path, trio):  # type: ignore[no-untyped-def]
    span = {"starts_at": "2026-12-01T00:00", "ends_at": "2026-12-03T00:00"}
    given = {"kind": "replace", "person": trio.bruno.pk, "instead_of": trio.carla.pk, **span}
    return client.post(form_path.partition("?")[0] + "?team=data-infra", given)


def test_days_away_say_by_which_schedules_one_is_on(world, tested):
    schedule(tested, tested.carla)
    days = {"starts_on": "2026-12-01", "ends_on": "2026-12-02"}
    client = browser(tested.carla)
    asked = client.post("/leave", {**days, "check": "yes"}).content.decode()
    assert "By these you would be on and away." in asked
    assert "Support, " in asked
    stored = client.post("/leave", days, follow=True).content.decode()
    assert "You are still on by Support: a lead can give that to others." in stored
    world.tick()
    world.forget()


def test_where_everybody_is_on_or_away_nobody_is_offered(world, tested):
    schedule(tested, tested.carla)
    carla_is_away(tested, world)
    for one in (tested.ana, tested.bruno):
        rota.record_leave(
            one, starts_on=date(2026, 12, 2), ends_on=date(2026, 12, 2), by=builders.CONSOLE, now=world.now
        )
    says = next(one for _, one, _ in told(tested, world) if "by the schedule" in one)
    assert says.endswith("Carla is on by the schedule Support, and away; nobody else of the team is free then")
    world.tick()
    world.forget()


def test_a_schedule_that_nobody_can_read_hides_nothing_else(world, tested):
    schedule(tested, tested.ana)
    Schedule.objects.update(zone_name="Mars/Olympus")
    ((kind, says, _),) = told(tested, world)
    assert kind == Kind.UNREADABLE
    assert "The zone Mars/Olympus of the schedule Support is not known here any more" in says


def test_a_schedule_that_follows_the_duties_is_the_rotas_to_speak_of(world, tested):
    layer = LayerDraft("Duty", Content.DUTY, duty="hausmeister")
    schedule(tested, layers=(layer,))
    assert Layer.objects.get().content == "duty"
    assert told(tested, world) == []


def test_a_hole_is_told_to_the_lead_once_and_closed_when_an_override_fills_it(world, tested, settings):
    settings.HAUSMEISTER_EMAIL = object()
    made = schedule(tested, tested.ana)
    world.now = at("2026-11-24 08:00")
    off = Change(0, ChangeKind.REMOVE, at("2026-11-26 08:00"), at("2026-11-26 20:00"), None, tested.ana.pk)
    one = schedule_overrides.add_schedule_override(tested.team, made, off, by=builders.CONSOLE, now=world.now)
    for _ in range(2):
        foreseeing.look_ahead(tested.team.pk, now=world.now)
    letter = Message.objects.get(dedup_key__startswith="foresight-")
    assert letter.facts["person"] == "Carla"
    assert "Thu 26 Nov 09:00 to Thu 26 Nov 21:00: nobody is on by the schedule Support." in letter.facts["text"]
    schedule_overrides.cancel_schedule_override(one, by=builders.CONSOLE, now=world.now)
    foreseeing.look_ahead(tested.team.pk, now=world.now)
    assert ToldFinding.objects.get().closed_at is not None


def test_the_phone_of_whom_a_ladder_calls_by_a_schedule_counts_as_that_of_who_is_on_duty(world, tested):
    schedule(tested, tested.carla)
    ContactMethod.objects.filter(person=tested.carla).delete()
    assert told(tested, world) == []
    builders.policy_with(tested.team, (FIRST_STEP, CALLS_SCHEDULE))
    ((kind, says, _),) = told(tested, world)
    assert kind == Kind.NO_METHOD
    assert says.startswith("Carla: cannot be reached")
    assert says.endswith("on duty now")


# ---- a duty and a turn of a schedule at once (L10) ----


def conflicts(trio, world):  # type: ignore[no-untyped-def]
    found = foresight.foresee(trio.team.pk, now=world.now).findings
    return [one for one in found if one.kind is Kind.CONFLICT]


def entries(*held):  # type: ignore[no-untyped-def]
    return (LayerDraft("Dates", Content.ENTRIES, entries=held),)


def test_a_duty_and_a_turn_of_a_schedule_at_once_are_found_and_told_with_the_way_to_give_the_duty_away(
    stage,  # noqa: F811
    settings,
):
    settings.HAUSMEISTER_EMAIL = object()
    now = stage.world.now = at("2026-11-24 08:00")
    who = stage.holder(RUNNING)
    theirs = Held(now + timedelta(hours=3), now + timedelta(hours=5), frozenset({who.pk}))
    made = schedule(stage, layers=entries(theirs), beside=False)
    (one,) = conflicts(stage, stage.world)
    assert one.text == (
        f"{who.name} is hausmeister of {stage.team.name} and on by the schedule Support at the same time;"
        " cover would settle it"
    )
    assert (one.starts_at, one.ends_at, one.people) == (
        now + timedelta(hours=3), now + timedelta(hours=5), (who.pk,)
    )  # fmt: skip
    assert (one.path, one.is_theirs_to_mend) == ("/rota/cover?team=platform&week=2026-11-23&role=D", True)
    foreseeing.look_ahead(stage.team.pk, now=now)
    told_of_it = [
        message.facts["person"] for message in Message.objects.filter(dedup_key__startswith="foresight-")
        if "on by the schedule Support at the same time" in message.facts["text"]
    ]  # fmt: skip
    assert who.name in told_of_it
    assert len(told_of_it) == len(set(told_of_it)) >= 2
    page = browser(who).get("/").content.decode()
    assert "on by the schedule Support at the same time" in page
    lead = browser(stage.crew.hana)
    answer = lead.post(f"/rota/schedules/{made.slug}/beside?team=platform", {"allowed": "yes"}, follow=True)
    assert "Turns of Support beside a duty are no conflict any more." in answer.content.decode()
    assert conflicts(stage, stage.world) == []
    foreseeing.look_ahead(stage.team.pk, now=now)
    assert ToldFinding.objects.get(key=one.key).closed_at is not None


def test_who_is_on_by_a_schedule_because_of_the_duty_has_no_second_one(world, tested):
    duty = LayerDraft("Duty", Content.DUTY, duty="hausmeister")
    nights = LayerDraft("Dates", Content.ENTRIES, entries=())
    made = schedule(tested, layers=(nights, duty), beside=False)
    assert conflicts(tested, world) == []
    backstop = next(
        one.backstop.person for one in foresight.foresee(tested.team.pk, now=world.now).outlook.ahead(world.now)
    )
    start = world.now + timedelta(hours=1)
    added = Change(0, ChangeKind.ADD, start, start + timedelta(hours=2), backstop.person_id)
    schedule_overrides.add_schedule_override(tested.team, made, added, by=builders.CONSOLE, now=world.now)
    (one,) = conflicts(tested, world)
    assert one.text.startswith(f"{backstop.name} is backstop of Data Infra and on by the schedule Support at the same")
    world.tick()
    world.forget()


def test_a_daily_rota_beside_a_duty_is_one_conflict_for_each_turn_of_the_duty(world, tested):
    schedule(tested, tested.ana, beside=False)
    found = conflicts(tested, world)
    assert {one.people for one in found} == {(tested.ana.pk,)}
    assert len({one.key for one in found}) == len(found)
    turns = {one.turn_starts_at for one in foresight.foresee(tested.team.pk, now=world.now).outlook.ahead(world.now)}
    assert 0 < len(found) <= len(turns)


# ---- cover that is asked for ----


def uncovered(stage, now):  # type: ignore[no-untyped-def]  # noqa: F811
    found = foresight.foresee(stage.team.pk, now=now).findings
    return [one for one in found if one.kind in {Kind.UNCOVERED, Kind.AWAY}]


def test_cover_that_nobody_agreed_to_is_shown_told_by_the_ask_alone_and_gone_once_somebody_agrees(
    stage,  # noqa: F811
):
    now = stage.world.now = at("2026-11-24 08:00")
    asker = stage.holder(RUNNING)
    assert uncovered(stage, now) == []
    ask = stage.ask(asker, AskKind.COVER, RUNNING, starts_at=now + timedelta(hours=6))
    (one,) = uncovered(stage, now)
    assert one.text == f"{asker.name} cannot be hausmeister, and nobody has agreed to cover"
    assert one.path == f"/rota/asks/{ask.pk}"
    foreseeing.look_ahead(stage.team.pk, now=now)
    assert not [
        message for message in Message.objects.filter(dedup_key__startswith="foresight-")
        if "agreed to cover" in message.facts["text"]
    ]  # fmt: skip
    assert Message.objects.filter(dedup_key__startswith=f"ask-{ask.pk}-alarm").exists()
    stage.accept(ask, ask.offers.order_by("id").first().answers.get().person)
    assert uncovered(stage, now) == []


def test_an_absence_for_which_cover_is_asked_is_one_thing_and_told_again_once_the_ask_is_over(stage):  # noqa: F811
    now = stage.world.now = at("2026-11-24 08:00")
    asker = stage.holder(RUNNING)
    ask = stage.ask(asker, AskKind.COVER, RUNNING, starts_at=now + timedelta(hours=6))
    today = now.date()
    team_operations.record_leave(
        asker, starts_on=today, ends_on=today + timedelta(days=1), by=builders.CONSOLE, now=now
    )
    (one,) = uncovered(stage, now)
    assert one.kind is Kind.AWAY
    assert one.text.endswith("stands in; cover is asked for")
    foreseeing.look_ahead(stage.team.pk, now=now)
    assert ToldFinding.objects.get(key=one.key).told == 0
    answering.withdraw(ask, by=builders.CONSOLE, now=now)
    (one,) = uncovered(stage, now)
    assert not one.is_in_hand
    foreseeing.look_ahead(stage.team.pk, now=now)
    assert ToldFinding.objects.get(key=one.key).told > 0


# ---- turns of some days ----


def weekly(trio, *people):  # type: ignore[no-untyped-def]
    """Weeks from Monday 09:00 in Berlin; the first of `people` has the week of 23 November."""
    weeks = LayerDraft(
        "Weeks", Content.ROTATION, starts=WallMoment(date(2026, 11, 23), time(9)), unit=Unit.WEEKLY, hand_off=time(9),
        participants=tuple(Who(one.pk) for one in people),
    )  # fmt: skip
    made = schedule(trio, layers=(weeks,))
    builders.policy_with(trio.team, (FIRST_STEP, CALLS_SCHEDULE))
    return made


def of_support():  # type: ignore[no-untyped-def]
    found = Message.objects.filter(dedup_key__startswith="shift-").order_by("id")
    return [one for one in found if "Support" in one.facts["text"]]


def notices_of(trio, world, moment):  # type: ignore[no-untyped-def]
    world.now = at(moment)
    noticing.tell_of_shifts(trio.team.pk, now=world.now)
    texts = [(one.facts["person"], one.facts["text"]) for one in of_support()]
    Message.objects.all().delete()
    return texts


def test_a_weekly_turn_of_a_schedule_that_a_ladder_calls_is_announced_at_both_ends(world, tested, settings):
    settings.HAUSMEISTER_EMAIL = object()
    weekly(tested, tested.ana, tested.carla)
    assert notices_of(tested, world, "2026-11-29 07:00") == []
    ((name, text),) = notices_of(tested, world, "2026-11-29 09:00")
    assert name == "Carla"
    assert text == (
        "Your duty as Support of Data Infra begins Mon 09:00 and lasts until 7 Dec 09:00. Times are on the"
        " clocks of Europe/Berlin."
    )
    ((name, text),) = notices_of(tested, world, "2026-11-30 07:00")
    assert name == "Ana"
    assert "ends 09:00. Carla takes over." in text
    assert notices_of(tested, world, "2026-11-30 07:30") == []


def test_before_it_the_person_confirms_a_test_page(world, tested, settings):
    settings.HAUSMEISTER_EMAIL = object()
    weekly(tested, tested.bruno, tested.carla)
    # Monday 09:00 is a day after Sunday 09:00, which is no working hour: the last one of Friday
    for moment, expected in (("2026-11-27 15:30", []), ("2026-11-27 17:05", [tested.carla])):
        world.now = at(moment)
        handing_over.prepare(tested.team.pk, now=world.now)
        rows = Rehearsal.objects.filter(starts_at=at("2026-11-30 08:00"))
        assert [row.person for row in rows] == expected


def test_a_daily_turn_is_not_announced(world, tested, settings):
    settings.HAUSMEISTER_EMAIL = object()
    schedule(tested, tested.ana, tested.carla)
    builders.policy_with(tested.team, (FIRST_STEP, CALLS_SCHEDULE))
    for hour in range(24):
        assert notices_of(tested, world, f"2026-11-25 {hour:02}:00") == []


def test_what_waits_about_a_turn_that_an_override_gave_away_is_taken_back(world, tested, settings):
    settings.HAUSMEISTER_EMAIL = object()
    made = weekly(tested, tested.ana, tested.carla)
    world.now = at("2026-11-29 09:00")
    noticing.tell_of_shifts(tested.team.pk, now=world.now)
    change = Change(
        0, ChangeKind.REPLACE, at("2026-11-30 08:00"), at("2026-12-07 08:00"), tested.bruno.pk, tested.carla.pk
    )
    schedule_overrides.add_schedule_override(tested.team, made, change, by=builders.CONSOLE, now=world.now)
    noticing.tell_of_shifts(tested.team.pk, now=world.now)
    assert [one.facts["person"] for one in of_support() if one.state == "pending"] == ["Bruno"]
