"""The demo's issues: one that is worked on, and a backlog that says why."""

from datetime import timedelta

from hausmeister.base.priority import Priority
from hausmeister.issues.operations.working import Wish
from hausmeister.team.models import Person

_DAY = timedelta(days=1)


def issues(owner: Person) -> list[tuple[Wish, timedelta]]:
    """Return each issue with its age; `owner` works on the urgent one."""
    return [
        (
            Wish(
                "Backfill a day in three commands, not thirty",
                "Today it is a page of shell history, copied by hand.",
                Priority.P2,
                ("airflow",),
                why="Every second hausmeister does it by hand, at night.",
                bites_back=True,
            ),
            11 * _DAY,
        ),
        (
            Wish(
                "Rename the serving cluster's alarms",
                "",
                Priority.P1,
                ("monitoring",),
                why="New people read them the wrong way round.",
                bites_back=False,
            ),
            40 * _DAY,
        ),
        (
            Wish(
                "Commit service retries for ever on s1",
                "Since yesterday's deploy each commit is tried again, 40 a minute.",
                Priority.P3,
                ("commits", "kafka"),
                owner=owner,
            ),
            timedelta(minutes=50),
        ),
    ]
