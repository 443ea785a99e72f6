"""The issues of the year: what the team found out that it should mend, and what became of it."""

from dataclasses import dataclass
from datetime import timedelta

from hausmeister.base.priority import Priority

_HOURS, _DAYS = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Plaint:
    """One issue. `at` is when, as a share of the year; `takes` None leaves it open."""

    at: float
    title: str
    priority: Priority
    areas: tuple[str, ...]
    takes: timedelta | None
    ends: str = "done"
    text: str = ""
    why: str = ""
    bites_back: bool = False


_P2, _P1, _P3, _P4 = Priority.P2, Priority.P1, Priority.P3, Priority.P4
PLAINTS = (
    Plaint(
        0.02,
        "Alarms of the index say the shard, not the host",
        _P2,
        ("monitoring",),
        9 * _DAYS,
        why="Each time somebody looks up the host by hand.",
    ),
    Plaint(
        0.05,
        "Back-fill of a day takes thirty commands",
        _P2,
        ("airflow",),
        41 * _DAYS,
        "three commands now",
        why="Every second hausmeister does it, at night.",
    ),
    Plaint(0.07, "Consumer groups fall behind after each restart", _P3, ("kafka",), 5 * _HOURS, "static membership"),
    Plaint(0.10, "db-7 has no clean-up since the move", _P3, ("storage",), 3 * _HOURS, "clean-up is back"),
    Plaint(
        0.13,
        "Loader keeps a lock over midnight",
        _P3,
        ("serving",),
        26 * _HOURS,
        "gives the lock up after 5 min",
    ),
    Plaint(0.16, "billing_cycles reads an export that is not finished", _P4, ("contracts",), 4 * _HOURS, "waits now"),
    Plaint(
        0.20,
        "Two checks report the same drift",
        _P1,
        ("quality",),
        60 * _DAYS,
        why="One of them is always closed unread.",
    ),
    Plaint(
        0.23,
        "Access requests are answered by hand",
        _P2,
        ("platform",),
        75 * _DAYS,
        "the portal does it",
        why="Four questions a week are this.",
    ),
    Plaint(
        0.26,
        "Backup of db-4 overlaps the nightly run",
        _P2,
        ("storage",),
        12 * _DAYS,
        why="The run was late twice because of it.",
    ),
    Plaint(
        0.30,
        "Commit service retries for ever on s1",
        _P3,
        ("contracts",),
        7 * _HOURS,
        "gives up after ten tries",
    ),
    Plaint(
        0.33,
        "Spark images are three versions old",
        _P2,
        ("platform",),
        50 * _DAYS,
        why="Two faults of the last month are mended in newer ones.",
    ),
    Plaint(
        0.37,
        "positions built with 0 rows when a market is closed",
        _P4,
        ("contracts",),
        6 * _HOURS,
        "it may be 0",
    ),
    Plaint(
        0.41,
        "Rename the serving cluster's alarms",
        _P1,
        ("monitoring",),
        None,
        why="New people read them wrong.",
    ),
    Plaint(0.45, "Query API has no limit per user", _P3, ("serving",), 30 * _HOURS, "a limit of 20 a second"),
    Plaint(
        0.49,
        "Nodes w-11 to w-20 have the old kernel",
        _P2,
        ("platform",),
        33 * _DAYS,
        why="They are the ones that are not ready.",
    ),
    Plaint(
        0.53,
        "Certificate renewal is a page of shell history",
        _P2,
        ("platform",),
        None,
        why="It was forgotten twice.",
        bites_back=True,
    ),
    Plaint(
        0.57,
        "Partition counts of two topics differ between shards",
        _P2,
        ("kafka",),
        28 * _DAYS,
        why="A restart takes twice as long as it must.",
    ),
    Plaint(
        0.61,
        "Export of cards arrives twice on Mondays",
        _P3,
        ("ingestion",),
        9 * _HOURS,
        "second one is ignored",
    ),
    Plaint(
        0.66,
        "Lag alarms come for each partition",
        _P2,
        ("monitoring", "kafka"),
        15 * _DAYS,
        "one a group now",
        why="One restart is forty alarms.",
    ),
    Plaint(
        0.70,
        "Slow check holds a worker for an hour",
        _P2,
        ("quality",),
        None,
        why="Each second night something waits for it.",
        bites_back=True,
    ),
    Plaint(0.75, "Ledger load breaks on an empty file", _P3, ("ingestion",), 4 * _HOURS, "an empty file is skipped"),
    Plaint(
        0.79,
        "Runbook of the loader is about the old cluster",
        _P1,
        ("serving",),
        20 * _DAYS,
        "rewritten",
        why="It sent somebody to the wrong machine.",
    ),
    Plaint(
        0.83,
        "Serving cache is not warmed after a restart",
        _P2,
        ("serving",),
        None,
        why="Clients see two slow hours.",
        bites_back=True,
    ),
    Plaint(0.87, "Alarm on 5xx counts health checks", _P3, ("monitoring",), 6 * _HOURS, "health checks are left out"),
    Plaint(
        0.91,
        "Snapshots of spring are not readable with the new client",
        _P2,
        ("serving",),
        None,
        why="Asked for twice a month.",
        bites_back=False,
    ),
    Plaint(0.95, "Scheduler loses its place when the database moves", _P3, ("airflow",), 12 * _HOURS, "asks again"),
    Plaint(0.993, "Null keys in customers since the new form", _P3, ("quality",), None),
)
