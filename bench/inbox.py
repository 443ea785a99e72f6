"""What hearing one message costs with so many messages heard and items closed before: from the event to the inbox.

The claim: it grows with neither. Run by hand:
    python -m bench.inbox [--database URL]
"""

import argparse
import os
import statistics
import tempfile
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hausmeister.team.models import Person, Team

_ASKED = "How do I backfill day {number} of the contracts dataset on shard s{shard}?"
_A_CHUNK = 5_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="")
    parser.add_argument("--before", nargs="*", type=int, default=[0, 10_000, 100_000])
    parser.add_argument("--messages", type=int, default=300)
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
    _measure(sorted(args.before), args.messages)


def _measure(befores: list[int], messages: int) -> None:
    from hausmeister.base import clock
    from hausmeister.triage import operations, queries
    from hausmeister.triage.shapes import Heard

    now = clock.now()
    team, person = _team(now)
    stored = heard = 0
    print(f"{'before':>8} {'hear ms median':>15} {'p95':>8} {'number in the navigation ms':>28}")
    for before in befores:
        stored = _fill(team, stored, before, now)
        figures, numbers = [], []
        for _ in range(messages):
            heard += 1
            at = now + timedelta(minutes=heard)
            one = Heard(
                "slack", "C1", "#data-help", f"{at.timestamp():.6f}", "", f"U{heard}", f"Client {heard}", False,
                _ASKED.format(number=heard, shard=heard % 3), at,
            )  # fmt: skip
            began = time.perf_counter()
            operations.hear(team.pk, [one], now=at)
            figures.append((time.perf_counter() - began) * 1000)
            began = time.perf_counter()
            queries.numbers(person, now=at)
            numbers.append((time.perf_counter() - began) * 1000)
        p95 = statistics.quantiles(figures, n=20)[-1]
        print(
            f"{before:>8} {statistics.median(figures):>15.1f} {p95:>8.1f} {statistics.median(numbers):>28.1f}",
            flush=True,
        )


def _team(now: datetime) -> "tuple[Team, Person]":
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.team import operations as team
    from hausmeister.team.rules import Role

    made = team.make_team(slug="data-infra", name="Data Infra", zone_name="Europe/Berlin", by=CONSOLE, now=now)
    person = team.make_person(email="ana@example.org", name="Ana", zone_name="Europe/Berlin", by=CONSOLE, now=now)
    team.join(made, person, role=Role.RESPONDER, experience=1, joined_on=now.date(), by=CONSOLE, now=now)
    return made, person


def _fill(team: "Team", stored: int, wanted: int, now: datetime) -> int:
    """Store closed items with one message each until there are `wanted`."""
    from hausmeister.triage.models import Item, Said
    from hausmeister.triage.rules.states import Source, State

    for first in range(stored, wanted, _A_CHUNK):
        chunk = range(first, min(first + _A_CHUNK, wanted))
        items = [
            Item(
                team=team, source=Source.CHAT, service="slack", room_id="C1", stamp=f"old-{number}",
                title=f"Old {number}",
                asker_id=f"U{number % 500}", asker_name="Client", opened_at=now, asked_at=now - timedelta(days=1),
                state=State.CLOSED, closed_at=now, reason="over", pointed_at=now, kept_at=now,
            )
            for number in chunk
        ]  # fmt: skip
        Item.objects.bulk_create(items)
        Said.objects.bulk_create(
            [
                Said(
                    team=team, item=item, service="slack", room_id="C1", stamp=item.stamp, author_id=item.asker_id,
                    author_name="Client", text=item.title, at=now - timedelta(days=1),
                )
                for item in items
            ]
        )  # fmt: skip
    return max(stored, wanted)


if __name__ == "__main__":
    main()
