"""I cannot have my turn of a schedule: who could, who is told, and what is refused."""

from datetime import date, time, timedelta

import pytest

from hausmeister.outbox.models import Message
from hausmeister.rota import operations as rota
from hausmeister.rota.models import ScheduleOverride
from hausmeister.rota.operations import schedules, turn_cover
from hausmeister.rota.operations.turn_cover import CannotTakeIt, NotTheirTurn
from hausmeister.rota.queries import schedules as queries
from hausmeister.rota.rules.definitions import Content, LayerDraft, ScheduleDraft
from hausmeister.rota.rules.rotations import Unit, Who
from hausmeister.rota.rules.wall import WallMoment
from hausmeister.team import operations as team_operations
from hausmeister.team.operations import as_actor
from hausmeister.team.rules import Role, Scope
from tests import builders
from tests.harness import at
from tests.web.visitors import browser

# Ana's turn by the schedule: Tuesday 09:00 to Wednesday 09:00 in Berlin
STARTS, ENDS = at("2026-12-01 08:00"), at("2026-12-02 08:00")
ASKED = "from=2026-12-01T08:00:00%2B00:00&until=2026-12-02T08:00:00%2B00:00"


def made(trio, now, *listed, content=None, beside=False):
    days = content or LayerDraft(
        "Days", Content.ROTATION, starts=WallMoment(date(2026, 12, 1), time(9)), unit=Unit.DAILY, hand_off=time(9),
        participants=tuple(Who(one.pk) for one in listed),
    )  # fmt: skip
    draft = ScheduleDraft("support", "Support", "Europe/Berlin", "", (days,), beside)
    return schedules.create_schedules(trio.team, [draft], by=builders.CONSOLE, now=now)[0]


@pytest.fixture
def four(world, trio):
    """Dora and Emil have no duty; Emil takes turns in the schedule with Ana, Dora does not."""
    for name in ("Dora", "Emil"):
        person = builders.person(name)
        builders.method(person)
        team_operations.join(
            trio.team, person, role=Role.RESPONDER, experience=1, joined_on=date(2026, 1, 1), by=builders.CONSOLE,
            now=world.now,
        )  # fmt: skip
        trio.people[name.lower()] = person
    trio.schedule = made(trio, world.now, trio.ana, trio.people["emil"])
    return trio


def look(four, world):
    return turn_cover.look(four.schedule, four.ana, starts_at=STARTS, ends_at=ENDS, now=world.now)


def test_those_of_the_list_stand_first_and_who_has_a_duty_or_is_away_or_on_stands_nowhere(world, four):
    # Ana is on duty then, Bruno behind her: neither may take a turn beside it
    assert [one.name for one in look(four, world).could] == ["Emil", "Carla", "Dora"]
    rota.record_leave(
        four.people["emil"], starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 1), by=builders.CONSOLE, now=world.now
    )
    assert [one.name for one in look(four, world).could] == ["Carla", "Dora"]
    four.schedule.beside_duties = True
    assert [one.name for one in look(four, world).could] == ["Bruno", "Carla", "Dora"]
    world.tick()
    world.forget()


def test_a_turn_is_given_on_the_screen_the_taker_is_told_and_everybody_else_keeps_theirs(world, four):
    client = browser(four.ana)
    page = client.get("/rota/schedules/support?team=data-infra&from=2026-11-30").content.decode()
    assert "I cannot…" in page
    assert "I cannot…" not in browser(four.bruno).get("/rota/schedules/support?team=data-infra").content.decode()
    address = f"/rota/schedules/support/cannot?team=data-infra&{ASKED}"
    form = client.get(address).content.decode()
    assert form.index("Emil") < form.index("Dora")
    answer = client.post(address, {"to": four.people["emil"].pk, "reason": "a wedding"}, follow=True)
    assert "Emil has it now, and is told." in answer.content.decode()
    assert queries.schedule_on_call(four.schedule, at=STARTS).names == "Emil"
    assert queries.schedule_on_call(four.schedule, at=ENDS + timedelta(days=1)).names == "Ana"
    (letter,) = Message.objects.filter(dedup_key__startswith="moved-")
    assert letter.facts["person"] == "Emil"
    assert "Ana changed who is on duty (a wedding)" in letter.facts["text"]
    # a second time there is nothing to give
    again = client.post(address, {"to": four.people["dora"].pk}, follow=True).content.decode()
    assert "Ana is not on by Support at that time." in again
    world.tick()
    world.forget()


def test_a_part_of_a_turn_is_given_over_the_api_by_whoever_is_on_and_nobody_else(world, four):
    span = {"from": "2026-12-01T12:00:00Z", "until": "2026-12-01T14:00:00Z", "to": four.people["dora"].email}
    ana = builders.caller(four.team, Scope.READ, Scope.MANAGE, person=four.ana)
    bruno = builders.caller(four.team, Scope.READ, Scope.MANAGE, person=four.bruno)
    refused = bruno.post("/schedules/support/cannot", span)
    assert (refused.status_code, refused.json()["field"]) == (422, "from")
    busy = ana.post("/schedules/support/cannot", {**span, "to": four.bruno.email})
    assert (busy.status_code, busy.json()["field"]) == (422, "to")
    assert not ScheduleOverride.objects.exists()
    stored = ana.post("/schedules/support/cannot", span)
    assert stored.status_code == 201
    assert queries.schedule_on_call(four.schedule, at=at("2026-12-01 13:00")).names == "Dora"
    assert queries.schedule_on_call(four.schedule, at=at("2026-12-01 14:00")).names == "Ana"
    world.tick()
    world.forget()


@pytest.mark.parametrize(
    ("starts", "ends", "says"),
    [
        ("2026-11-20 08:00", "2026-11-21 08:00", "over"), ("2026-12-02 08:00", "2026-12-03 08:00", "not on"),
        ("2026-12-01 08:00", "2027-12-03 08:00", "92 days"), ("2026-12-01 08:00", "2026-12-01 08:00", "over"),
    ],
)  # fmt: skip
def test_what_is_not_ones_turn_is_refused_in_words(world, four, starts, ends, says):
    with pytest.raises(NotTheirTurn, match=says):
        turn_cover.look(four.schedule, four.ana, starts_at=at(starts), ends_at=at(ends), now=world.now)


def test_where_nobody_is_free_nothing_is_offered_and_what_follows_the_duties_is_the_rotas(world, trio):
    alone = made(trio, world.now, trio.carla)
    for person in (trio.ana, trio.bruno):
        with pytest.raises(CannotTakeIt):
            turn_cover.give(
                alone, trio.carla, person, starts_at=STARTS, ends_at=ENDS, reason="", by=as_actor(trio.carla),
                now=world.now,
            )  # fmt: skip
    page = browser(trio.carla).get(f"/rota/schedules/support/cannot?team=data-infra&{ASKED}").content.decode()
    assert "Nobody of the team is free at that time." in page
    alone.delete()
    follows = made(trio, world.now, content=LayerDraft("D", Content.DUTY, duty="hausmeister"))
    with pytest.raises(NotTheirTurn, match="follows the rota"):
        turn_cover.look(follows, trio.ana, starts_at=STARTS, ends_at=ENDS, now=world.now)
