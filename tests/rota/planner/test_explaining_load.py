"""Why somebody has so many duties: the sentences are read off the numbers, and the numbers are right."""

from datetime import date

from hausmeister.rota.planner.explaining_load import Limits, explain_load
from hausmeister.rota.planner.instance import Absence, Category, History, Plan, Role, Slot
from hausmeister.rota.planner.ledger import ledger
from tests.rota.planner.teams import instance, person

LOW = person("low", 1, fte=80, history=History(weeks=10, d=3))
NEW = person("new", 1, history=History(weeks=10, d=1), away=(Absence(date(2027, 1, 4), date(2027, 1, 10)),))
TOP = person("top", 9, history=History(weeks=10, b=4))
TASK = instance((LOW, NEW, TOP), weeks=2)
PLAN = Plan.of({Slot(0, Role.D): "low", Slot(0, Role.BD): "top", Slot(1, Role.D): "new", Slot(1, Role.BD): "top"})


def test_the_share_the_history_and_the_days_away_are_said():
    told = explain_load(instance=TASK, plan=PLAN, person="new", category=Category.D)
    # 12 weeks at 100 % of 960 + 1200; the pool has done 4 and has 2 new slots: 6 x 1200 / 2160 = 3.3
    assert told.row == ledger(TASK, PLAN)["new"][0]
    assert told.row.target_tenths == 33
    assert told.reasons == (
        (
            "new's share is 55.6 % of what the 2 people do who can hold weekday duties: 12 weeks at 100 %."
            " Fair would be 3.3, history included."
        ),
        "1 done before and 1 planned make 2 weekday duties: 1.3 below it.",
        "Before this plan new had done 1.2 fewer than their part; the plan evens that out.",
        "In 1 of the 2 slots new is away or not employed.",
    )


def test_who_stands_at_an_end_of_the_ladder_is_told_that_alone():
    top = explain_load(instance=TASK, plan=PLAN, person="top", category=Category.D)
    low = explain_load(instance=TASK, plan=PLAN, person="low", category=Category.B)
    assert top.reasons == ("Nobody outranks top: backstop only.",)
    assert low.reasons == ("low outranks nobody: never a backstop.",)


def test_what_the_rules_force_is_said_with_its_cause():
    limits = Limits(floor=4, ceiling=4, are_exact=True)
    told = explain_load(instance=TASK, plan=PLAN, person="top", category=Category.B, limits=limits)
    assert "Only 1 person outranks low, new; when they are on duty, one of these backs." in told.reasons
    assert "Cannot be under 4 backstops: everybody else together can take at most 0 of the 4." in told.reasons
    wide = Limits(floor=1, ceiling=1, are_exact=False)
    told = explain_load(instance=TASK, plan=PLAN, person="new", category=Category.D, limits=wide)
    assert told.reasons[-1].startswith("Cannot be over 1 weekday duty (the true limit may be narrower): days away")


def test_holiday_dates_have_a_row_with_an_even_share():
    feast = instance((LOW, NEW, person("top", 9, country="DE")), weeks=2, holidays={"": frozenset({date(2027, 1, 6)})})
    rows = ledger(feast, PLAN)
    assert [(one.planned, one.target_tenths) for one in (rows["low"][3], rows["new"][3])] == [(1, 4), (0, 6)]
    assert rows["top"][3].is_in_pool is False
