"""An override tells whoever gains or loses something by it, in one letter each: nobody's duty moves in silence."""

from datetime import date, datetime, time

from hausmeister.outbox.models import Message
from hausmeister.rota import operations as rota
from hausmeister.rota.models import Schedule
from hausmeister.rota.operations import schedule_overrides, schedules
from hausmeister.rota.rules.definitions import Content, LayerDraft, ScheduleDraft
from hausmeister.rota.rules.layers import Change, Kind
from hausmeister.rota.rules.rotations import Unit, Who
from hausmeister.rota.rules.slots import Post
from hausmeister.rota.rules.wall import WallMoment
from hausmeister.team.models import Membership
from hausmeister.team.operations import as_actor
from hausmeister.team.rules import Channel
from tests import builders


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


def letters() -> dict[str, list[str]]:
    """Return whom the letters that wait are to, and their lines."""
    found: dict[str, list[str]] = {}
    for one in Message.objects.filter(dedup_key__startswith="moved-").order_by("id"):
        text = one.facts["text"]
        assert one.lane == "chat"
        found.setdefault(one.facts["person"], []).extend(line for line in text.splitlines() if line[:2] in {"+ ", "- "})
    return found


def override(trio, person, starts_at, ends_at, *, by=builders.CONSOLE, now):  # type: ignore[no-untyped-def]
    return rota.add_override(
        trio.team, post=Post.PRIMARY, person=person, starts_at=at(starts_at), ends_at=at(ends_at),
        reason="a wedding", by=by, now=now, even_if_outranked=True,
    )  # fmt: skip


def test_who_takes_it_and_who_had_it_are_told_with_author_and_reason_and_nobody_else(world, trio):
    override(trio, trio.carla, "2026-12-01 08:00", "2026-12-02 08:00", now=world.now)
    assert letters() == {
        "Ana": ["- Hausmeister: not any more Tue 1 Dec 09:00 to Wed 2 Dec 09:00"],
        "Carla": ["+ Hausmeister: Tue 1 Dec 09:00 to Wed 2 Dec 09:00"],
    }
    assert "the console changed who is on duty (a wedding)" in Message.objects.latest("id").facts["text"]


def test_over_two_duties_there_is_a_line_for_each_and_who_does_it_themselves_gets_no_letter(world, trio):
    override(trio, trio.carla, "2026-12-04 10:00", "2026-12-05 10:00", by=as_actor(trio.carla), now=world.now)
    assert letters() == {
        "Ana": [
            "- Hausmeister: not any more Fri 4 Dec 11:00 to Fri 4 Dec 17:00",
            "- Weekend on-call: not any more Fri 4 Dec 17:00 to Sat 5 Dec 11:00",
        ]
    }


def test_an_override_that_ends_early_is_told_for_the_rest_of_it_and_a_second_end_for_nothing(world, trio):
    made = override(trio, trio.carla, "2026-12-01 08:00", "2026-12-02 08:00", now=world.now)
    Message.objects.all().delete()
    world.now = at("2026-12-01 20:00")
    for _ in range(2):
        rota.cancel_override(made, by=builders.CONSOLE, now=world.now)
    assert letters() == {
        "Ana": ["+ Hausmeister: Tue 1 Dec 21:00 to Wed 2 Dec 09:00"],
        "Carla": ["- Hausmeister: not any more Tue 1 Dec 21:00 to Wed 2 Dec 09:00"],
    }


def test_an_override_for_who_has_the_duty_anyway_tells_nobody(world, trio):
    override(trio, trio.ana, "2026-12-01 08:00", "2026-12-02 08:00", now=world.now)
    assert letters() == {}


def test_one_for_all_schedules_is_one_letter_each_however_many_duties_it_reaches(world, trio):
    change = Change(0, Kind.REPLACE, at("2026-12-03 08:00"), at("2026-12-08 08:00"), trio.carla.pk, trio.ana.pk)
    made = schedule_overrides.add_schedule_override(
        trio.team, None, change, by=builders.CONSOLE, now=world.now, even_if_outranked=True
    )
    assert Message.objects.filter(dedup_key__startswith="moved-").count() == 2
    assert [len(lines) for lines in letters().values()] == [3, 3]
    Message.objects.all().delete()
    schedule_overrides.cancel_schedule_override(made, by=builders.CONSOLE, now=world.now)
    assert letters()["Carla"] == [
        "- Hausmeister: not any more Thu 3 Dec 09:00 to Fri 4 Dec 17:00",
        "- Weekend on-call: not any more Fri 4 Dec 17:00 to Mon 7 Dec 11:00",
        "- Hausmeister: not any more Mon 7 Dec 11:00 to Tue 8 Dec 09:00",
    ]


def test_without_a_mail_server_the_letter_comes_by_the_phone_and_does_not_ring(world, trio):
    builders.method(trio.carla, Channel.NTFY, "https://ntfy.example.org/carla")
    override(trio, trio.carla, "2026-12-01 08:00", "2026-12-02 08:00", now=world.now)
    world.tick()
    # Ana has nothing but e-mail: her letter waits where mails do that cannot leave
    assert world.expect("email", "Ana").parcel.kind == "mail"
    sent = world.expect("ntfy", "Carla")
    assert sent.parcel.kind == "notice"
    assert "+ Hausmeister: Tue 1 Dec 09:00" in sent.parcel.facts["text"]


def test_with_one_the_letter_is_a_mail_whatever_the_phone(world, trio, settings):
    settings.HAUSMEISTER_EMAIL = object()
    builders.method(trio.carla, Channel.NTFY, "https://ntfy.example.org/carla")
    override(trio, trio.carla, "2026-12-01 08:00", "2026-12-02 08:00", now=world.now)
    assert {one.channel for one in Message.objects.filter(dedup_key__startswith="moved-")} == {"email"}


# ---- schedules beside the duties ----


def days(*people):  # type: ignore[no-untyped-def]
    """Return a layer of turns of a day, from nine to nine in Berlin; the first is the first one's on 2 November."""
    return LayerDraft(
        "Days", Content.ROTATION, starts=WallMoment(date(2026, 11, 2), time(9)), unit=Unit.DAILY, hand_off=time(9),
        participants=tuple(Who(one.pk) for one in people),
    )  # fmt: skip


def support(trio, *layers):  # type: ignore[no-untyped-def]
    draft = ScheduleDraft("support", "Support", "Europe/Berlin", "", layers)
    (made,) = schedules.create_schedules(trio.team, [draft], by=builders.CONSOLE, now=builders.clock.now())
    return made


def change(trio, made, kind, new, old, *, by=builders.CONSOLE, now, first="2026-12-01 08:00", last="2026-12-04 08:00"):  # type: ignore[no-untyped-def]
    asked = Change(0, kind, at(first), at(last), new.pk if new else None, old.pk if old else None)
    return schedule_overrides.add_schedule_override(trio.team, made, asked, by=by, now=now, reason="a wedding")


def test_an_override_on_a_schedule_tells_whose_turns_it_gives_and_takes_with_author_and_reason(world, trio):
    made = support(trio, days(trio.ana, trio.bruno))
    one = change(trio, made, Kind.REPLACE, trio.carla, trio.bruno, now=world.now)
    assert letters() == {
        "Bruno": [
            "- Support: not any more Tue 1 Dec 09:00 to Wed 2 Dec 09:00",
            "- Support: not any more Thu 3 Dec 09:00 to Fri 4 Dec 09:00",
        ],
        "Carla": ["+ Support: Tue 1 Dec 09:00 to Wed 2 Dec 09:00", "+ Support: Thu 3 Dec 09:00 to Fri 4 Dec 09:00"],
    }
    assert Message.objects.count() == 2
    assert "the console changed who is on duty (a wedding)" in Message.objects.latest("id").facts["text"]
    Message.objects.all().delete()
    for _ in range(2):
        schedule_overrides.cancel_schedule_override(one, by=as_actor(trio.carla), now=world.now)
    assert list(letters()) == ["Bruno"]
    assert letters()["Bruno"][0] == "+ Support: Tue 1 Dec 09:00 to Wed 2 Dec 09:00"
    assert "Carla changed who is on duty (an override is over)" in Message.objects.latest("id").facts["text"]


def test_who_is_added_or_removed_is_told_and_nobody_else(world, trio):
    made = support(trio, days(trio.ana, trio.bruno))
    change(trio, made, Kind.ADD, trio.carla, None, now=world.now, last="2026-12-02 08:00")
    assert letters() == {"Carla": ["+ Support: Tue 1 Dec 09:00 to Wed 2 Dec 09:00"]}
    Message.objects.all().delete()
    change(trio, made, Kind.REMOVE, None, trio.ana, now=world.now, first="2026-12-02 08:00")
    assert letters() == {"Ana": ["- Support: not any more Wed 2 Dec 09:00 to Thu 3 Dec 09:00"]}


def test_one_for_all_tells_of_duties_and_schedules_in_one_letter(world, trio):
    """What follows the duties is theirs to tell: it is not told a second time."""
    support(trio, days(trio.ana, trio.bruno))
    follows = ScheduleDraft("duty", "Duty", "Europe/Berlin", "", (LayerDraft("D", Content.DUTY, duty="hausmeister"),))
    schedules.create_schedules(trio.team, [follows], by=builders.CONSOLE, now=world.now)
    asked = Change(0, Kind.REPLACE, at("2026-12-02 08:00"), at("2026-12-03 08:00"), trio.carla.pk, trio.ana.pk)
    schedule_overrides.add_schedule_override(
        trio.team, None, asked, by=builders.CONSOLE, now=world.now, even_if_outranked=True
    )
    assert Message.objects.count() == 2
    assert sorted(letters()["Carla"]) == [
        "+ Hausmeister: Wed 2 Dec 09:00 to Thu 3 Dec 09:00",
        "+ Support: Wed 2 Dec 09:00 to Thu 3 Dec 09:00",
    ]


def test_a_removed_layer_or_schedule_tells_whose_turns_of_the_next_weeks_are_gone(world, trio):
    made = support(trio, days(trio.ana), days(trio.bruno))
    schedules.remove_layer(made.layers.latest("position"), by=builders.CONSOLE, now=world.now)
    assert list(letters()) == ["Ana", "Bruno"]
    assert "the layer Days of Support is removed" in Message.objects.latest("id").facts["text"]
    Message.objects.all().delete()
    schedules.remove_schedule(Schedule.objects.get(), by=builders.CONSOLE, now=world.now)
    assert list(letters()) == ["Ana"]
    assert "the schedule Support is removed" in Message.objects.latest("id").facts["text"]


def test_a_layer_on_top_or_a_changed_one_tells_whose_coming_turns_moved_and_nobody_else(world, trio):
    made = support(trio, days(trio.ana, trio.bruno))
    by = as_actor(trio.carla)
    top = schedules.add_layer(made, days(trio.carla, trio.bruno), by=by, now=world.now)
    told = letters()
    # Carla did it herself; Bruno has the days he had before
    assert set(told) == {"Ana"}
    assert all(line.startswith("- Support: not any more") for line in told["Ana"])
    assert "Carla changed who is on duty (the layer Days of Support is new)" in Message.objects.get().facts["text"]
    Message.objects.all().delete()
    schedules.change_layer(top, days(trio.ana, trio.bruno), by=builders.CONSOLE, now=world.now)
    assert set(letters()) == {"Ana", "Carla"}
    assert "the layer Days of Support is changed" in Message.objects.latest("id").facts["text"]


def test_a_changed_list_tells_from_when_it_holds_and_the_same_list_tells_nobody(world, trio):
    made = support(trio, days(trio.ana, trio.bruno))
    layer, listed = made.layers.get(), (Who(trio.ana.pk), Who(trio.bruno.pk))
    schedules.set_participants(layer, listed, from_at=world.now, by=builders.CONSOLE, now=world.now)
    assert letters() == {}
    schedules.set_participants(
        layer, (Who(trio.ana.pk), Who(trio.carla.pk)), from_at=at("2026-12-22 08:00"), by=builders.CONSOLE,
        now=world.now,
    )  # fmt: skip
    told = letters()
    assert set(told) >= {"Bruno", "Carla"}
    begins = {line.partition(" to ")[0].rpartition(" Dec ")[0].split()[-1] for lines in told.values() for line in lines}
    assert min(map(int, begins)) == 22
    assert all(line.startswith("+ ") for line in told["Carla"])
    assert "the list of Days of Support is changed" in Message.objects.latest("id").facts["text"]


def test_who_leaves_the_team_hands_turns_to_the_next_in_the_list_who_is_told(world, trio):
    support(trio, days(trio.ana, trio.carla))
    rota.part(Membership.objects.get(person=trio.ana), by=builders.CONSOLE, now=world.now)
    lines = [line for line in letters()["Carla"] if "Support" in line]
    assert lines
    assert all(line.startswith("+ Support: ") for line in lines)
    world.tick()
    world.forget()


def test_a_letter_of_many_turns_ends_with_how_many_more_there_are(world, trio):
    made = support(trio, days(trio.ana, trio.bruno))
    change(trio, made, Kind.REPLACE, trio.carla, trio.bruno, now=world.now, last="2027-02-01 08:00")
    assert len(letters()["Carla"]) == 20
    assert "and 11 more: see the schedule" in Message.objects.latest("id").facts["text"]


def test_a_schedule_that_nobody_can_read_can_be_overridden_and_tells_nobody(world, trio):
    made = support(trio, days(trio.ana))
    one = change(trio, made, Kind.REPLACE, trio.carla, trio.ana, now=world.now)
    Message.objects.all().delete()
    Schedule.objects.update(zone_name="Mars/Olympus")
    schedule_overrides.cancel_schedule_override(one, by=builders.CONSOLE, now=world.now)
    assert letters() == {}
    assert "schedule.not_told" in {line["event"] for line in world.logs}
