"""What an engine's tick costs with so many open pages of which so many are due.

The claim: it grows with what is due, not with what is open. Run by hand:
    python -m bench.tick [--database URL]
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hausmeister.team.models import Source


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="")
    parser.add_argument("--open", nargs="*", type=int, default=[0, 1_000, 10_000, 100_000])
    parser.add_argument("--due", nargs="*", type=int, default=[0, 10, 100])
    args = parser.parse_args()
    os.environ["HAUSMEISTER_DATA"] = tempfile.mkdtemp(prefix="hausmeister-bench-")
    os.environ["HAUSMEISTER_LOG_LEVEL"] = "error"
    os.environ["DJANGO_SETTINGS_MODULE"] = "hausmeister.settings"
    if args.database:
        os.environ["DATABASE_URL"] = args.database
    import django

    django.setup()
    from hausmeister.console.deployment import migrate

    migrate()
    _measure(args.open, args.due)


def _measure(opens: list[int], dues: list[int]) -> None:
    from hausmeister import wiring
    from hausmeister.base import clock
    from hausmeister.pager.models import Page, Summons

    source = _source()
    now = clock.now()
    engine = wiring.engine(senders={})
    stored = 0
    print(f"{'open':>8} {'due':>5} {'tick ms (median of 15)':>24}")
    for wanted in sorted(opens):
        stored = _fill(source, stored, wanted, now)
        _rest(now)
        for due in dues:
            if due > wanted:
                continue
            figures = []
            for _ in range(15):
                _rest(now)
                ids = list(Page.objects.unanswered().values_list("id", flat=True)[:due])
                Page.objects.filter(id__in=ids).update(next_step_at=now - timedelta(seconds=1))
                began = time.perf_counter()
                for job in engine._paging:
                    job.run(now)
                figures.append((time.perf_counter() - began) * 1000)
                Summons.objects.update(next_ring_at=None)
            print(f"{wanted:>8} {due:>5} {statistics.median(figures):>24.2f}")
            sys.stdout.flush()


def _rest(now: datetime) -> None:
    from hausmeister.outbox.models import Message
    from hausmeister.pager.models import Page, Summons

    Page.objects.unanswered().update(next_step_at=now + timedelta(hours=1))
    Summons.objects.update(next_ring_at=None)
    Message.objects.filter(state="pending").update(state="cancelled", finished_at=now)


def _fill(source: "Source", stored: int, wanted: int, now: datetime) -> int:
    from hausmeister.alerts import operations
    from hausmeister.alerts.operations import Incoming
    from hausmeister.alerts.rules import Action, Signal

    while stored < wanted:
        signals = [
            Signal(Action.FIRE, key=f"k{number}", title=f"Task {number} failed", severity="critical")
            for number in range(stored, min(stored + 400, wanted))
        ]
        batch = [Incoming(signal, source.pk, source.name, source.team_id) for signal in signals]
        operations.receive(batch, now=now)
        stored += len(batch)
    return stored


def _source() -> "Source":
    from hausmeister.team.models import Source
    from tests import builders

    built = builders.trio(slug=f"bench-{time.time_ns()}")
    builders.policy_with(built.team, ("storm_pages = 5", "storm_pages = 0"))
    return Source.objects.get(team=built.team)


if __name__ == "__main__":
    main()
