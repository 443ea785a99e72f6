"""Schedules with their tables: making, changing, overriding, leaving; sections H and I where they need a database.

Left out: `oncall matrix` rows of a user or rotation directly on an escalation step and of a schedule on two services:
a ladder calls duties and schedules, and one ladder serves many senders, so each exists once. `oncallnotify`,
`webhookoncall` and `ncdedup` stand in `test_announcing.py`, `slackusergroup` in `tests/chat/test_posts.py`.
"""

from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, transaction

from hausmeister.journal.models import Entry
from hausmeister.rota import operations as rota
from hausmeister.rota import queries as duties
from hausmeister.rota.models import Layer, Override, Participant, PlanEntry, Schedule, ScheduleOverride, Shift
from hausmeister.rota.operations import schedule_overrides
from hausmeister.rota.operations import schedules as operations
from hausmeister.rota.queries import schedules as queries
from hausmeister.rota.rules.definitions import BadDefinition, Content, LayerDraft, ScheduleDraft
from hausmeister.rota.rules.layers import Change, Held, Kind
from hausmeister.rota.rules.restrictions import Window
from hausmeister.rota.rules.rotations import NOBODY, Unit, Who
from hausmeister.rota.rules.templates import TEMPLATES
from hausmeister.rota.rules.wall import WallMoment
from hausmeister.team import operations as team_operations
from hausmeister.team import queries as team_queries
from hausmeister.team.rules import Role
from tests import builders
from tests.harness import at

BACKWARDS = Held(at("2026-12-02 00:00"), at("2026-12-01 00:00"), frozenset())
# Monday, 11:00 in Berlin
MONDAY = WallMoment(date(2026, 11, 23), time(11))


def whos(*people):
    return tuple(NOBODY if one is None else Who(one.pk) for one in people)


def weekly(*people, name="Weeks", starts=MONDAY, **more):
    given = {"unit": Unit.WEEKLY, "hand_off": time(11), "day": 0, "starts": starts, **more}
    return LayerDraft(name, Content.ROTATION, participants=whos(*people), **given)


def schedule(trio, *layers, slug="support", zone="Europe/Berlin"):
    draft = ScheduleDraft(slug, slug.title(), zone, "", layers)
    (made,) = operations.create_schedules(trio.team, [draft], by=builders.CONSOLE, now=builders.clock.now())
    return made


def names(of, moment):
    return [person.name for person in queries.schedule_on_call(of, at=moment).people]


def override(trio, of, kind, *, person=None, instead_of=None, starts, ends, now, **more):
    change = Change(0, kind, starts, ends, person.pk if person else None, instead_of.pk if instead_of else None)
    return schedule_overrides.add_schedule_override(trio.team, of, change, by=builders.CONSOLE, now=now, **more)


# ---- making and changing ----


def test_a_schedule_is_stored_with_its_layers_and_told_in_the_journal(world, trio):
    one = schedule(
        trio, weekly(trio.ana, trio.bruno), weekly(trio.carla, name="Nights", windows=(Window(time(22), time(6)),))
    )
    assert names(one, at("2026-11-24 12:00")) == ["Ana"]
    assert names(one, at("2026-11-24 22:00")) == ["Carla"]
    assert names(one, at("2026-12-01 12:00")) == ["Bruno"]
    told = queries.schedule_on_call(one, at=at("2026-11-24 22:00"))
    assert (told.layer, told.why) == ("Nights", "Nights: by turn")
    # 06:00 in Berlin
    assert told.ends_at == at("2026-11-25 05:00")
    assert Entry.objects.filter(verb="schedule.made", subject=f"schedule:{one.pk}").count() == 1


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"participants": ()}, "participants", "has no participants; name at least one"),
        ({"length": 0}, "length", "it must be from 1 to 1000"),
        ({"ends": MONDAY}, "ends", "ends at 2026-11-23 11:00, but begins at 2026-11-23 11:00; it must end later"),
        ({"starts": None}, "starts", "has no start"),
        ({"day": 7}, "day", "from mon to sun"),
        ({"unit": Unit.MONTHLY, "day": 32}, "day", "from 1 to 31, not 32"),
        ({"windows": (Window(time(9), time(17), 0, None),)}, "only", "both days of the week"),
        ({"name": " "}, "name", "from 1 to 100 characters"),
        ({"content": Content.DUTY, "duty": "nights"}, "duty", "its policy names hausmeister, weekend"),
        (
            {"content": Content.ENTRIES, "entries": (BACKWARDS,)},
            "entries",
            "it must end later",
        ),
    ],
)  # fmt: skip
def test_a_bad_layer_is_refused_in_words_and_nothing_is_half_written(world, trio, change, field, says):
    good = weekly(trio.ana)
    bad = LayerDraft(**{**weekly(trio.bruno).__dict__, **change})
    with pytest.raises(BadDefinition, match=says) as caught:
        schedule(trio, good, bad)
    assert caught.value.field == field
    assert (Schedule.objects.count(), Layer.objects.count(), Participant.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"zone_name": "Europe/Atlantis"}, "zone"),
        # the zone's name before it was renamed must still be one that the machine knows, or it is refused
        ({"zone_name": ""}, "zone"),
        ({"slug": "Our Week"}, "slug"),
        ({"slug": "x" * 61}, "slug"),
        ({"name": ""}, "name"),
    ],
)
def test_a_bad_schedule_is_refused_by_name(world, trio, change, field):
    draft = ScheduleDraft(**{"slug": "support", "name": "Support", "zone_name": "Europe/Berlin", **change})
    with pytest.raises(BadDefinition) as caught:
        operations.create_schedules(trio.team, [draft], by=builders.CONSOLE, now=world.now)
    assert caught.value.field == field
    assert Schedule.objects.count() == 0


def test_a_zone_that_was_renamed_is_read_under_either_name(world, trio):
    old, new = (schedule(trio, weekly(trio.ana, trio.bruno, starts=MONDAY), slug=slug, zone=zone)
                for slug, zone in (("old", "Europe/Kiev"), ("new", "Europe/Kyiv")))  # fmt: skip
    for hours in range(0, 400, 7):
        moment = at("2026-11-23 00:00") + timedelta(hours=hours)
        assert names(old, moment) == names(new, moment)


def test_a_short_name_is_there_once_in_a_team_and_in_other_teams_too(world, trio):
    schedule(trio, weekly(trio.ana))
    with pytest.raises(operations.SlugTaken, match="already"):
        schedule(trio, weekly(trio.bruno))
    other = builders.trio(slug="streaming")
    assert schedule(other, weekly(other.ana)).team == other.team


BEGUN = {"content": "entries", "starts_on": date(2026, 1, 2), "starts": time(1)}


@pytest.mark.parametrize(
    "row",
    [
        {"content": "rotation", "length": 0, "starts_on": date(2026, 1, 1), "starts": time(1), "hand_off": time(1)},
        {"content": "rotation", "length": 1},
        {"content": "duty", "duty": ""},
        {**BEGUN, "ends_on": date(2026, 1, 1), "ends": time(2)},
        {**BEGUN, "ends_on": date(2026, 1, 2), "ends": time(1)},
    ],
)  # fmt: skip
def test_the_tables_refuse_a_layer_that_could_not_be_resolved(world, trio, row):
    one = schedule(trio)
    with pytest.raises(IntegrityError), transaction.atomic():
        Layer.objects.create(schedule=one, position=0, name="x", **row)


def test_a_changed_layer_leaves_the_past_as_it_was(world, trio):
    one = schedule(trio, weekly(trio.ana, trio.bruno))
    world.go(hours=36)
    before = queries.schedule_timeline(one, starts_at=at("2026-11-20 00:00"), ends_at=world.now)
    layer = one.layers.get()
    changed = operations.change_layer(
        layer, weekly(trio.ana, trio.bruno, windows=(Window(time(9), time(17)),)), by=builders.CONSOLE, now=world.now
    )
    after = queries.schedule_timeline(one, starts_at=at("2026-11-20 00:00"), ends_at=world.now)
    assert [(s.starts_at, s.ends_at, s.people) for s in after.final] == [
        (s.starts_at, s.ends_at, s.people) for s in before.final
    ]
    assert names(one, at("2026-11-26 11:00")) == ["Ana"]
    assert names(one, at("2026-11-26 17:00")) == []
    # the turns go on in the rhythm that they had
    assert names(one, at("2026-11-30 12:00")) == ["Bruno"]
    assert queries.layers_in_force(one, now=world.now) == [changed]
    with pytest.raises(BadDefinition, match="a moment before you"):
        operations.change_layer(layer, weekly(trio.ana), by=builders.CONSOLE, now=world.now)


def test_entries_become_turns_in_the_order_given(world, trio):
    one = schedule(trio, LayerDraft("Plan", Content.ENTRIES))
    operations.change_layer(one.layers.get(), weekly(trio.ana, trio.bruno), by=builders.CONSOLE, now=world.now)
    assert [names(one, at(f"2026-{day} 12:00")) for day in ("11-24", "11-30", "12-07")] == [["Ana"], ["Bruno"], ["Ana"]]


def test_a_removed_layer_is_gone_from_now_on(world, trio):
    one = schedule(trio, weekly(trio.ana), weekly(trio.bruno, name="On top"))
    operations.remove_layer(one.layers.get(name="On top"), by=builders.CONSOLE, now=world.now)
    assert names(one, world.now - timedelta(seconds=1)) == ["Bruno"]
    assert names(one, world.now) == ["Ana"]


def test_a_layer_can_be_put_below_the_others(world, trio):
    one = schedule(trio, weekly(trio.ana))
    operations.add_layer(one, weekly(trio.bruno), by=builders.CONSOLE, now=world.now, position=0)
    assert names(one, world.now) == ["Ana"]
    operations.add_layer(one, weekly(trio.carla), by=builders.CONSOLE, now=world.now)
    assert names(one, world.now) == ["Carla"]


# ---- I. who takes turns ----


def test_somebody_added_or_removed_moves_nobody_s_past_turn(world, trio):
    one = schedule(trio, weekly(trio.ana, trio.bruno, starts=WallMoment(date(2026, 11, 2), time(11))))
    past = [at(f"2026-11-{day:02} 12:00") for day in (3, 10, 17, 23)]
    before = [names(one, moment) for moment in past]
    assert before == [["Ana"], ["Bruno"], ["Ana"], ["Bruno"]]
    layer = one.layers.get()
    operations.set_participants(
        layer, whos(trio.ana, trio.carla, trio.bruno), from_at=world.now, by=builders.CONSOLE, now=world.now
    )
    assert [names(one, moment) for moment in past] == before
    assert [names(one, at(text)) for text in ("2026-11-25 12:00", "2026-12-01 12:00", "2026-12-08 12:00")] == [
        ["Bruno"], ["Ana"], ["Carla"],
    ]  # fmt: skip
    world.go(hours=24)
    operations.set_participants(
        layer, whos(trio.ana, trio.carla), from_at=world.now, by=builders.CONSOLE, now=world.now
    )
    assert [names(one, moment) for moment in [*past, at("2026-11-24 12:00")]] == [*before, ["Bruno"]]
    # the rest of Bruno's turn goes to the next in the list
    assert names(one, world.now) == ["Ana"]
    assert Participant.objects.filter(layer=layer).count() == 3
    world.forget()


def test_a_list_that_is_turned_round_begins_anew_and_the_same_list_changes_nothing(world, trio):
    one = schedule(trio, weekly(trio.ana, trio.bruno, trio.carla))
    layer = one.layers.get()
    before = list(Participant.objects.values_list("pk", "position", "joins_at", "leaves_at"))
    operations.set_participants(
        layer, whos(trio.ana, trio.bruno, trio.carla), from_at=world.now, by=builders.CONSOLE, now=world.now
    )
    assert list(Participant.objects.values_list("pk", "position", "joins_at", "leaves_at")) == before
    operations.set_participants(
        layer, whos(trio.carla, trio.ana, None), from_at=at("2026-12-07 10:00"), by=builders.CONSOLE, now=world.now
    )
    weeks = [names(one, at("2026-11-24 12:00") + timedelta(weeks=number)) for number in range(6)]
    assert weeks == [["Ana"], ["Bruno"], [], ["Carla"], ["Ana"], []]


@pytest.mark.parametrize("participants", [(), ["ana"] * 101])
def test_a_list_of_nobody_or_of_too_many_is_refused(world, trio, participants):
    one = schedule(trio, weekly(trio.ana))
    with pytest.raises(BadDefinition, match="participants"):
        operations.set_participants(
            one.layers.get(),
            whos(*(trio.ana for _ in participants)),
            from_at=world.now,
            by=builders.CONSOLE,
            now=world.now,
        )


def test_a_list_cannot_be_changed_in_the_past(world, trio):
    one = schedule(trio, weekly(trio.ana))
    with pytest.raises(BadDefinition, match="past turns stay"):
        operations.set_participants(
            one.layers.get(), whos(trio.bruno), from_at=world.now - timedelta(seconds=1), by=builders.CONSOLE,
            now=world.now,
        )  # fmt: skip


def test_who_leaves_the_team_while_on_hands_over_at_once_and_keeps_the_past(world, trio):
    one = schedule(trio, weekly(trio.ana, trio.bruno, starts=WallMoment(date(2026, 11, 2), time(11))))
    entries = LayerDraft("Holidays", Content.ENTRIES, entries=(
        Held(at("2026-12-24 00:00"), at("2026-12-27 00:00"), frozenset({trio.bruno.pk})),))  # fmt: skip
    operations.add_layer(one, entries, by=builders.CONSOLE, now=world.now)
    override(
        trio,
        one,
        Kind.ADD,
        person=trio.bruno,
        starts=at("2026-12-01 00:00"),
        ends=at("2026-12-02 00:00"),
        now=world.now,
    )
    assert names(one, world.now) == ["Bruno"]
    rota.part(trio.team.memberships.get(person=trio.bruno), by=builders.CONSOLE, now=world.now)
    assert names(one, world.now) == ["Ana"]
    assert names(one, at("2026-11-12 12:00")) == ["Bruno"]
    assert names(one, at("2026-12-01 12:00")) == ["Ana"]
    assert names(one, at("2026-12-25 12:00")) == ["Ana"]
    assert PlanEntry.objects.count() == 0
    assert Entry.objects.filter(verb="schedule.person_left").count() == 1


def test_who_is_gone_altogether_is_out_of_every_list(world, trio):
    one = schedule(trio, weekly(trio.bruno, trio.ana))
    rota.deactivate(trio.bruno, by=builders.CONSOLE, now=world.now)
    assert names(one, world.now) == ["Ana"]


def test_a_team_that_takes_turns_is_whoever_is_on_duty_there(world, trio):
    other = builders.trio(slug="streaming", zone="America/Sao_Paulo")
    layer = LayerDraft("Sites", Content.ROTATION, starts=MONDAY, hand_off=time(11), unit=Unit.DAILY,
                       participants=(Who(team_id=trio.team.pk), Who(team_id=other.team.pk)))  # fmt: skip
    one = schedule(trio, layer)
    for hours in range(0, 240, 5):
        moment = at("2026-11-24 10:00") + timedelta(hours=hours)
        there = other if (moment - at("2026-11-23 10:00")).days % 2 else trio
        told = queries.schedule_on_call(one, at=moment)
        assert told.people == (duties.on_duty(there.team, at=moment).primary.person,)
    assert told.why.startswith("Sites: by turn, planned")


# ---- H. overrides ----

PROBES = ("2026-11-27 23:00", "2026-11-28 08:00", "2026-11-28 20:00")


@pytest.fixture
def always_and_days(world, trio):
    """Ana always, Bruno from 9 to 21 in Berlin."""
    days = weekly(trio.bruno, name="Days", windows=(Window(time(9), time(21)),))
    return schedule(trio, weekly(trio.ana), days)


@pytest.mark.parametrize(
    ("kind", "person", "instead_of", "during"),
    [
        (Kind.ADD, "carla", None, [["Ana", "Carla"], ["Bruno", "Carla"], ["Ana", "Carla"]]),
        (Kind.REMOVE, None, "bruno", [["Ana"], [], ["Ana"]]),
        (Kind.REPLACE, "carla", "bruno", [["Ana"], ["Carla"], ["Ana"]]),
        (Kind.REPLACE, "carla", None, [["Carla"], ["Carla"], ["Carla"]]),
        # Carla is not on at all
        (Kind.REPLACE, "bruno", "carla", [["Ana"], ["Bruno"], ["Ana"]]),
    ],
)
def test_oncall_matrix_override_add_remove_replace_before_during_after_and_ended(
    world, trio, always_and_days, kind, person, instead_of, during
):
    untouched = [["Ana"], ["Bruno"], ["Ana"]]
    inside = [at(text) for text in PROBES]
    outside = [moment + timedelta(days=3) for moment in inside]
    assert [names(always_and_days, moment) for moment in inside] == untouched
    one = override(
        trio, always_and_days, kind, person=trio.people.get(person), instead_of=trio.people.get(instead_of),
        starts=at("2026-11-27 22:00"), ends=at("2026-11-30 00:00"), now=world.now, reason="dentist",
    )  # fmt: skip
    assert [names(always_and_days, moment) for moment in inside] == during
    assert [names(always_and_days, moment) for moment in outside] == untouched
    schedule_overrides.cancel_schedule_override(one, by=builders.CONSOLE, now=world.now)
    assert [names(always_and_days, moment) for moment in inside] == untouched
    schedule_overrides.cancel_schedule_override(one, by=builders.CONSOLE, now=world.now)
    assert Entry.objects.filter(verb="schedule.override_cancelled").count() == 1


def test_oncall_matrix_inactive_overrides_and_a_schedule_that_no_ladder_calls_put_nobody_on(
    world, trio, always_and_days
):
    noon = at("2026-11-28 08:00")
    for starts, ends in (("2026-11-27 00:00", "2026-11-28 08:00"), ("2026-11-28 08:01", "2026-11-29 00:00")):
        override(
            trio, always_and_days, Kind.ADD, person=trio.carla, starts=at(starts), ends=at(ends), now=world.now
        )  # fmt: skip
    assert names(always_and_days, noon) == ["Bruno"]
    policy = team_queries.policy_of(trio.team.pk)
    calls = [step.call for ladder in policy.ladders.values() for step in ladder.steps]
    assert queries.named_in(calls) == []
    assert list(queries.called_now(trio.team, ["support"], at=noon)) == ["support"]


def test_rotationgap_a_list_whose_places_begin_at_one_and_have_holes_begins_with_its_first(world, trio):
    made = schedule(trio, weekly(trio.ana, trio.bruno))
    rows = list(Participant.objects.order_by("position"))
    for row, place in zip(rows, (1, 5), strict=True):
        Participant.objects.filter(pk=row.pk).update(position=place)
    monday = at("2026-11-23 11:00")
    assert [names(made, monday + timedelta(days=days)) for days in (0, 7, 14)] == [["Ana"], ["Bruno"], ["Ana"]]


def test_an_override_that_is_ended_while_in_force_keeps_what_it_was(world, trio, always_and_days):
    one = override(trio, always_and_days, Kind.REPLACE, person=trio.carla, starts=world.now - timedelta(hours=1),
                   ends=world.now + timedelta(hours=9), now=world.now)  # fmt: skip
    world.go(hours=2)
    schedule_overrides.cancel_schedule_override(one, by=builders.CONSOLE, now=world.now)
    assert names(always_and_days, world.now - timedelta(seconds=1)) == ["Carla"]
    assert names(always_and_days, world.now) == ["Ana"]
    # whose turns it took are told when it is made, and whose it gives back when it ends; Bruno is on by day
    world.tick()
    assert {one.person for one in world.sent} == {"Ana", "Bruno", "Carla"}
    world.forget()


def test_tempschedules_entries_over_the_rules_are_changed_and_cleared(world, trio):
    one = schedule(trio, weekly(trio.ana), LayerDraft("Holidays", Content.ENTRIES))
    layer = one.layers.get(name="Holidays")
    noon = at("2026-12-25 12:00")
    for person, expected in ((trio.bruno, ["Bruno"]), (trio.carla, ["Carla"]), (None, ["Ana"])):
        entries = [Held(at("2026-12-24 00:00"), at("2026-12-27 00:00"), frozenset({person.pk}))] if person else []
        operations.replace_entries(layer, entries, by=builders.CONSOLE, now=world.now)
        assert names(one, noon) == expected


OVERLAPPING = [
    # replace, for the same person
    (Kind.REPLACE, "carla", "bruno"),
    # for whoever is on
    (Kind.REPLACE, "ana", None),
    (Kind.ADD, "carla", None),
    (Kind.REMOVE, None, "bruno"),
]


@pytest.mark.parametrize(("kind", "person", "instead_of"), OVERLAPPING)
def test_of_two_overrides_about_the_same_person_at_once_the_second_fails_and_says_why(
    world, trio, always_and_days, kind, person, instead_of
):
    span = {"starts": at("2026-11-28 00:00"), "ends": at("2026-11-29 00:00"), "now": world.now}
    override(trio, always_and_days, Kind.REPLACE, person=trio.carla, instead_of=trio.bruno, **span)
    later = {"starts": at("2026-11-28 23:59"), "ends": at("2026-11-30 00:00"), "now": world.now}
    with pytest.raises(schedule_overrides.OverrideOverlaps, match="an override, Carla for Bruno"):
        override(
            trio, always_and_days, kind, person=trio.people.get(person), instead_of=trio.people.get(instead_of), **later
        )
    assert ScheduleOverride.objects.count() == 1
    # one after the other they may
    after = {"starts": at("2026-11-29 00:00"), "ends": at("2026-11-30 00:00"), "now": world.now}
    override(
        trio, always_and_days, kind, person=trio.people.get(person), instead_of=trio.people.get(instead_of), **after
    )


def test_overrides_about_different_people_stand_side_by_side(world, trio, always_and_days):
    span = {"starts": at("2026-11-28 00:00"), "ends": at("2026-11-29 00:00"), "now": world.now}
    override(trio, always_and_days, Kind.REMOVE, instead_of=trio.bruno, **span)
    override(trio, always_and_days, Kind.ADD, person=trio.carla, **span)
    assert names(always_and_days, at("2026-11-28 12:00")) == ["Carla"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ends": at("2026-11-24 01:00")}, "until"),
        ({"starts": at("2026-12-02 00:00"), "ends": at("2026-12-01 00:00")}, "until"),
        ({"ends": at("2028-01-01 00:00")}, "until"),
        ({"person": None}, "person"),
        ({"instead_of": "carla"}, "person"),
        ({"kind": Kind.REMOVE}, "person"),
        ({"kind": Kind.REMOVE, "person": None, "instead_of": None}, "instead_of"),
        ({"kind": Kind.ADD}, "instead_of"),
    ],
)
def test_an_override_that_makes_no_sense_is_refused_by_name(world, trio, always_and_days, change, field):
    given = {"kind": Kind.REPLACE, "person": "carla", "instead_of": "bruno", "starts": at("2026-11-24 00:00"),
             "ends": at("2026-11-29 00:00"), **change}  # fmt: skip
    for name in ("person", "instead_of"):
        given[name] = trio.people[given[name]] if given[name] else None
    with pytest.raises(BadDefinition) as caught:
        override(trio, always_and_days, given.pop("kind"), now=world.now, **given)
    assert caught.value.field == field
    assert ScheduleOverride.objects.count() == 0


def test_who_only_looks_on_cannot_be_put_on(world, trio, always_and_days):
    viewer = builders.person("Viktor")
    team_operations.join(trio.team, viewer, role=Role.VIEWER, experience=1, joined_on=world.now.date(),
                         by=builders.CONSOLE, now=world.now)  # fmt: skip
    with pytest.raises(BadDefinition, match="Viktor is not a responder"):
        override(
            trio,
            always_and_days,
            Kind.ADD,
            person=viewer,
            starts=world.now,
            ends=world.now + timedelta(hours=1),
            now=world.now,
        )


# ---- overrides for all that a team has ----


def test_an_override_for_all_reaches_every_schedule_and_the_duties_and_never_merges_them(world, trio):
    own = schedule(trio, weekly(trio.bruno, trio.ana))
    follows = template(trio, "our-week", world)
    dora = builders.person("Dora")
    team_operations.join(trio.team, dora, role=Role.RESPONDER, experience=9, joined_on=date(2026, 1, 1),
                         by=builders.CONSOLE, now=world.now)  # fmt: skip
    # Bruno is the backstop of the hausmeister until Friday, and of the weekend after it
    span = (at("2026-11-25 00:00"), at("2026-11-29 00:00"))
    one = override(
        trio, None, Kind.REPLACE, person=dora, instead_of=trio.bruno, starts=span[0], ends=span[1], now=world.now
    )
    inside = at("2026-11-26 12:00")
    assert names(own, inside) == ["Dora"]
    assert duties.on_duty(trio.team, at=inside).backstop.person == dora
    assert names(follows["hausmeister-backstop"], inside) == ["Dora"]
    # two duties, two overrides: the Friday 17:00 hand-off lies between them
    parts = list(Override.objects.filter(part_of=one).order_by("starts_at"))
    assert [(part.starts_at, part.ends_at) for part in parts] == [
        (span[0], at("2026-11-27 16:00")), (at("2026-11-27 16:00"), span[1]),
    ]  # fmt: skip
    schedule_overrides.cancel_schedule_override(one, by=builders.CONSOLE, now=world.now)
    assert names(own, inside) == ["Bruno"]
    assert duties.on_duty(trio.team, at=inside).backstop.person == trio.bruno
    assert names(follows["hausmeister-backstop"], inside) == ["Bruno"]


def test_an_override_for_all_keeps_the_rules_of_the_duties_and_writes_nothing_when_they_refuse(world, trio):
    span = {"starts": at("2026-11-25 00:00"), "ends": at("2026-11-26 00:00"), "now": world.now}
    with pytest.raises(rota.OverrideRefused, match="nobody backs themselves"):
        override(trio, None, Kind.REPLACE, person=trio.bruno, instead_of=trio.ana, **span)
    with pytest.raises(rota.OverrideNeedsWord):
        override(trio, None, Kind.REPLACE, person=trio.carla, instead_of=trio.ana, **span)
    with pytest.raises(
        BadDefinition, match="Ana is hausmeister of Data Infra from Wed 25 Nov 01:00; a duty cannot be left"
    ):
        override(trio, None, Kind.REMOVE, instead_of=trio.ana, **span)
    with pytest.raises(BadDefinition, match="says for whom"):
        override(trio, None, Kind.ADD, person=trio.carla, **span)
    assert (ScheduleOverride.objects.count(), Override.objects.count()) == (0, 0)
    override(trio, None, Kind.REPLACE, person=trio.carla, instead_of=trio.ana, even_if_outranked=True, **span)
    assert duties.on_duty(trio.team, at=at("2026-11-25 12:00")).primary.person == trio.carla


def test_an_override_for_all_clashes_with_one_of_a_single_schedule(world, trio, always_and_days):
    span = {"starts": at("2026-12-05 00:00"), "ends": at("2026-12-06 00:00"), "now": world.now}
    Shift.objects.update(person=trio.carla)
    override(trio, always_and_days, Kind.REMOVE, instead_of=trio.bruno, **span)
    with pytest.raises(schedule_overrides.OverrideOverlaps):
        override(trio, None, Kind.REPLACE, person=trio.ana, instead_of=trio.bruno, **span)


# ---- templates ----


def template(trio, which, world, people=(), **more):
    made = operations.create_from_template(
        trio.team,
        TEMPLATES[which],
        people=people,
        begins_on=world.now.date(),
        by=builders.CONSOLE,
        now=world.now,
        **more,
    )
    return {one.slug: one for one in made}


def test_our_week_is_four_schedules_whose_answer_is_the_duty_resolver_s(world, trio):
    made = template(trio, "our-week", world)
    assert sorted(made) == ["hausmeister", "hausmeister-backstop", "weekend", "weekend-backstop"]
    starts = at("2026-11-23 00:00")
    ends = starts + timedelta(weeks=6)
    Shift.objects.filter(week=date(2026, 12, 7)).update(person=None)
    rota.record_leave(
        trio.bruno, starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 4), by=builders.CONSOLE, now=world.now
    )
    lanes = {slug: queries.schedule_timeline(one, starts_at=starts, ends_at=ends) for slug, one in made.items()}
    for segment in duties.timeline(trio.team, starts_at=starts, ends_at=ends):
        for slug, told in lanes.items():
            duty, _, backstop = slug.partition("-")
            post = segment.duty.backstop if backstop else segment.duty.primary
            expected = (post.person,) if duty == segment.duty.duty and post.person else ()
            assert told.at(segment.starts_at).people == expected
            assert told.at(segment.ends_at - timedelta(microseconds=1)).people == expected


def test_a_schedule_that_follows_the_duties_sends_whoever_would_override_it_to_the_rota(world, trio):
    made = template(trio, "our-week", world)
    with pytest.raises(schedule_overrides.FollowsDuties, match="change who is on duty there"):
        override(trio, made["hausmeister"], Kind.REPLACE, person=trio.carla, starts=world.now,
                 ends=world.now + timedelta(hours=1), now=world.now)  # fmt: skip


def test_follow_the_sun_hands_over_at_nine_in_each_group_s_morning_and_leaves_no_hole(world, trio):
    for name, zone in (("ana", "Europe/Berlin"), ("bruno", "America/Sao_Paulo"), ("carla", "Australia/Sydney")):
        trio.people[name].zone_name = zone
        trio.people[name].save()
    made = template(trio, "follow-the-sun", world, [trio.ana, trio.bruno, trio.carla])
    one = made["follow-the-sun"]
    told = queries.schedule_timeline(one, starts_at=at("2026-11-24 08:00"), ends_at=at("2026-11-25 08:00"))
    assert [(f"{on.starts_at:%H:%M}", on.names) for on in told.final] == [
        ("08:00", "Ana"), ("12:00", "Bruno"), ("22:00", "Carla"),
    ]  # fmt: skip
    whole = queries.schedule_timeline(one, starts_at=at("2026-11-24 08:00"), ends_at=at("2027-11-24 08:00"))
    assert all(on.people for on in whole.final)


def test_follow_the_sun_needs_people_in_two_places(world, trio):
    with pytest.raises(BadDefinition, match="mornings are at different times"):
        template(trio, "follow-the-sun", world, [trio.ana, trio.bruno])
    assert Schedule.objects.count() == 0


def test_daily_support_is_on_in_working_hours_only(world, trio):
    one = template(trio, "daily-support", world, [trio.ana, trio.bruno])["daily-support"]
    probes = ("2026-11-24 07:59", "2026-11-24 08:00", "2026-11-24 16:59", "2026-11-24 17:00", "2026-11-28 12:00",
              "2026-11-30 08:00")  # fmt: skip
    assert [names(one, at(text)) for text in probes] == [[], ["Ana"], ["Ana"], [], [], ["Bruno"]]


def test_who_is_second_now_is_first_next_week(world, trio):
    made = template(trio, "primary-secondary", world, [trio.ana, trio.bruno, trio.carla], slug="infra", name="Infra")
    first, second = made["infra-primary"], made["infra-secondary"]
    for week in range(5):
        moment = at("2026-11-24 12:00") + timedelta(weeks=week)
        assert names(second, moment) == names(first, moment + timedelta(weeks=1))
        assert names(second, moment) != names(first, moment)


@pytest.mark.parametrize("name", ["follow-the-sun", "daily-support", "primary-secondary"])
def test_a_template_without_people_is_refused(world, trio, name):
    with pytest.raises(BadDefinition, match="name at least one"):
        template(trio, name, world)
