"""A lead plans a quarter, publishes it, somebody falls ill, the safety net holds, and the rest is planned anew."""

from datetime import date, timedelta

import pytest

from hausmeister.rota import operations as rota
from hausmeister.rota.models import Shift
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planning.child import Child
from hausmeister.rota.planning.rules.states import DraftState
from hausmeister.rota.planning.standing import broken_rules
from tests.builders import CONSOLE
from tests.rota.planning.crew import crew as make
from tests.web.visitors import browser

# looks for plans in a process of its own: not part of the fast half
pytestmark = pytest.mark.slow

ASK = {
    "first_week": "2026-12-07", "weeks": "12", "flavour": "free", "tolerance_percent": "0", "budget_s": "6",
    "seed": "1",
}  # fmt: skip


def planned_by_engine(world):
    world.solve = Child()
    for _ in range(4):
        world.now += timedelta(seconds=2)
        world.tick()


def test_from_a_question_to_the_rota_and_again_after_illness(world):
    crew = make()
    hana = browser(crew.hana)
    address = hana.post("/rota/plan?team=platform", ASK)["Location"]
    planned_by_engine(world)
    draft = Draft.objects.get()
    assert draft.state == DraftState.READY, draft.problem
    text = hana.get(address).content.decode()
    assert "that nobody has yet are given out" in text or "duties change" in text
    assert hana.post(f"{address}/publish", {"version": draft.version}).status_code == 303
    world.tick()
    told = {one.person for one in world.sent}
    assert len(told) == len(world.sent)
    world.forget()
    planned = Shift.objects.filter(team=crew.team, week__gte=date(2026, 12, 7), week__lt=date(2027, 3, 1))
    assert planned.count() == 48
    assert [one for one in broken_rules(crew.team, now=world.now) if one.week >= date(2026, 12, 14)] == []

    ill = planned.filter(post="primary", week__gte=date(2026, 12, 14)).order_by("starts_at").first().person
    rota.record_leave(
        ill, starts_on=date(2026, 12, 14), ends_on=date(2027, 1, 31), by=CONSOLE, now=world.now
    )  # fmt: skip
    assert not planned.filter(person=None).exists()
    world.tick()
    world.forget()
    assert f"{ill.name} is away" in hana.get("/rota?team=platform").content.decode()
    world.now += timedelta(minutes=1)
    comparison = hana.post("/rota/plan/replan?team=platform")["Location"]
    planned_by_engine(world)
    three = list(Draft.objects.filter(bundle=comparison.rpartition("/")[2]).order_by("id"))
    assert [one.state for one in three] == [DraftState.READY] * 3, [one.problem for one in three]
    assert "Most against least" in hana.get(comparison).content.decode()
    assert hana.post(f"/rota/plan/{three[0].pk}/publish", {"version": three[0].version}).status_code == 303
    assert broken_rules(crew.team, now=world.now) == []
    assert not Shift.objects.filter(
        team=crew.team, person=ill, week__gte=date(2026, 12, 14), week__lte=date(2027, 1, 25)
    ).exists()
    world.tick()
    world.forget()
