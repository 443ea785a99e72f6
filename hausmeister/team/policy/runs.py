"""The part of a policy about DAG runs: which are ours, their service levels, and what is told of them (L6)."""

from dataclasses import dataclass, field
from datetime import time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hausmeister.base.wall_time import WEEKDAYS
from hausmeister.team.policy.toml_table import Table

ALARMS = ("soft", "hard")
AT_RISK = ("soft", "notice", "no")
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_EACH_DAY = frozenset(range(len(WEEKDAYS)))


@dataclass(frozen=True)
class LevelRule:
    """One service level: `share_percent` of the tasks that `tasks` names, by `by` on clocks in `zone`, on `days`."""

    name: str
    dag: str
    tasks: str
    share_percent: int
    by: time
    zone: ZoneInfo
    days: frozenset[int]
    is_hard: bool


@dataclass(frozen=True)
class RunsRule:
    """Which DAGs are the team's (globs), and what becomes of what happens in them.

    `failure` is what a failed task is that has no label of its own; `at_risk` what a level is before it is missed.
    A task or run on which nothing happens for `stuck_after` is told. `posts_at` are the times on working days at which
    the state is posted to the updates channel.
    """

    dags: tuple[str, ...] = ()
    failure: str = "soft"
    at_risk: str = "soft"
    stuck_after: timedelta = _HOUR
    posts_at: tuple[time, ...] = ()
    levels: tuple[LevelRule, ...] = field(default=())


def runs(root: Table) -> RunsRule:
    """Take the table [runs]; a policy written before there was one watches none."""
    usual = RunsRule()
    if not root.has("runs"):
        return usual
    table = root.table("runs")
    rule = RunsRule(
        dags=table.texts("dags") if table.has("dags") else usual.dags,
        failure=table.one_of("failure", ALARMS) if table.has("failure") else usual.failure,
        at_risk=table.one_of("at_risk", AT_RISK) if table.has("at_risk") else usual.at_risk,
        stuck_after=table.length("stuck_after", least=timedelta(minutes=5), most=7 * _DAY)
        if table.has("stuck_after")
        else usual.stuck_after,
        posts_at=table.clock_times("posts_at") if table.has("posts_at") else usual.posts_at,
        levels=tuple(_level(one) for one in table.tables("levels")),
    )
    names = [level.name for level in rule.levels]
    for name in sorted({name for name in names if names.count(name) > 1}):
        table.complain("levels", f"two levels named {name!r}", "a name of its own for each level")
    table.done(("dags", "failure", "at_risk", "stuck_after", "posts_at", "levels"))
    return rule


def _level(table: Table) -> LevelRule:
    level = LevelRule(
        name=table.text("name", most=60),
        dag=table.text("dag", most=250),
        tasks=table.text("tasks", most=250) if table.has("tasks") else "*",
        share_percent=table.whole_number("share", least=1, most=100) if table.has("share") else 100,
        by=table.clock_time("by"),
        zone=_zone(table),
        days=table.weekdays("days") if table.has("days") else _EACH_DAY,
        is_hard=table.one_of("alarm", ALARMS) == "hard" if table.has("alarm") else True,
    )
    table.done(("name", "dag", "tasks", "share", "by", "zone", "days", "alarm"))
    return level


def _zone(table: Table) -> ZoneInfo:
    name = table.text("zone", most=64) if table.has("zone") else "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        table.complain("zone", repr(name), 'a time zone, such as "UTC" or "Europe/Berlin"')
        return ZoneInfo("UTC")
