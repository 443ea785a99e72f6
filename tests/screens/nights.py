"""The runs of the story: nights that went well, one that failed, and the serving layer, which is late this evening."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from hausmeister.monitoring.runs import judging, taking
from hausmeister.monitoring.runs.rules.states import RunSaid, State, TaskSaid, TaskShape
from hausmeister.team.models import Team

LEVELS = """[[runs.levels]]
name = "contracts"
dag = "nightly_itaipu"
tasks = "group:contracts"
share = 95
by = "05:00"
alarm = "soft"

[[runs.levels]]
name = "serving layer"
dag = "serving_layer"
tasks = "group:datasets"
share = 95
by = "20:00"
alarm = "soft"

"""
BEFORE = "# ---- Severity levels of the company (H13)"


def policy_with_runs(text: str) -> str:
    """Return the policy with the two levels; at risk is shown and calls nobody."""
    return text.replace(BEFORE, LEVELS + BEFORE).replace('at_risk = "soft"\n', 'at_risk = "no"\n')


def tell(team: Team, now: datetime) -> None:
    """Tell of two weeks of runs, and of this evening's."""
    for days in range(14, 0, -1):
        day = (now - timedelta(days=days)).replace(hour=0, minute=0, second=0)
        _take(team, "nightly_itaipu", day + timedelta(hours=25), "contracts", 18, fails=days == 2)
        _take(team, "serving_layer", day + timedelta(hours=14), "datasets", 90)
        judging.judge_levels(day + timedelta(hours=28))
        judging.judge_levels(day + timedelta(hours=19))
    _take(team, "serving_layer", now.replace(hour=17, minute=5, second=0), "datasets", 90, until=now)
    judging.judge_levels(now)


def _take(
    team: Team, dag: str, began: datetime, group: str, count: int, *, fails: bool = False, until: datetime | None = None
) -> None:
    names = [f"{group}.{_WORDS[number % len(_WORDS)]}_{number // len(_WORDS) + 1}" for number in range(count)]
    shape = {"extract": TaskShape(tuple(names)), **{name: TaskShape(("publish",)) for name in names}}
    shape["publish"] = TaskShape()
    tasks = tuple(_tasks(names, began, fails=fails, until=until))
    ended = max(one.ended_at or began for one in tasks)
    state = State.RUNNING if until else State.FAILED if fails else State.SUCCESS
    said = RunSaid(
        dag, f"scheduled__{began:%Y-%m-%d}", until or ended, state, began, None if until else ended, tasks=tasks,
        shape=shape,
    )  # fmt: skip
    taking.take(team, [said], now=until or ended)


_WORDS = ("billing_cycles", "accounts", "cards", "chargebacks", "loans", "rewards", "transfers", "statements", "limits")


def _tasks(names: list[str], began: datetime, *, fails: bool, until: datetime | None) -> Iterator[TaskSaid]:
    starts = began + timedelta(minutes=40)
    yield TaskSaid("extract", State.SUCCESS, starts, -1, 1, began, starts)
    latest = starts
    for number, name in enumerate(names):
        first = starts + timedelta(minutes=7 * (number % 9) + number // 9)
        last = first + timedelta(minutes=25 + 11 * (number % 5))
        latest = max(latest, last)
        if until is not None and last > until - timedelta(minutes=45):
            if first < until:
                yield TaskSaid(name, State.RUNNING, until, -1, 1, first)
            continue
        if number == 4:
            broke = first + timedelta(minutes=9)
            yield TaskSaid(name, State.RETRY, broke, -1, 1, first, broke)
            yield TaskSaid(name, State.SUCCESS, last, -1, 2, broke + timedelta(minutes=5), last)
            continue
        state = State.FAILED if fails and number == 7 else State.SUCCESS
        yield TaskSaid(name, state, last, -1, 1, first, last)
    if until is None:
        end = latest + timedelta(minutes=6)
        yield TaskSaid(
            "publish", State.BLOCKED if fails else State.SUCCESS, end, -1, 1, *([] if fails else [latest, end])
        )
