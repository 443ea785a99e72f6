"""What waits in the inbox when the demo begins, and what was answered before: all of it by mail and by hand.

The demo has no chat, so nothing in it may promise that a thread is told.
"""

from datetime import datetime, timedelta

from hausmeister.journal.rules import ENGINE
from hausmeister.rota import queries as rota
from hausmeister.team import operations as team_operations
from hausmeister.team.models import Team
from hausmeister.triage import operations as triage
from hausmeister.triage.rules.states import ItemKind, Source
from hausmeister.triage.shapes import Taken

_MINUTE = timedelta(minutes=1)


def fill(team: Team, *, now: datetime) -> None:
    """Let people ask, one of them be answered, and somebody see something on a dashboard."""
    at = now - 95 * _MINUTE
    asked = triage.take(
        team.pk, _mail("Where is the page with the schema of the serving layer?", "Tomas Novak"), now=at
    )
    holder = rota.on_duty(team, at=at).primary.person
    if holder is not None:
        triage.claim(asked.pk, holder, at + 4 * _MINUTE)
        triage.answered(asked.pk, holder, at + 9 * _MINUTE)
        triage.close(asked.pk, holder, at + 40 * _MINUTE, reason="the data catalogue has it, under Serving")
    backfill = "How do I backfill one day of the contracts dataset? I need yesterday again for the quarterly report."
    triage.take(team.pk, _mail(backfill, "Imani Diaz"), now=now - 22 * _MINUTE)
    seen = Taken(
        Source.DASHBOARD, "Kafka lag on s1 grows since noon", kind=ItemKind.ISSUE, place="Riemann s1",
        asker_name=holder.name if holder else "", text="2.1 M behind, 1.4 M an hour ago. Nothing pages yet.",
    )  # fmt: skip
    by = team_operations.as_actor(holder) if holder else ENGINE
    triage.take(team.pk, seen, now=now - 12 * _MINUTE, by=by)


def _mail(title: str, name: str) -> Taken:
    address = f"{name.split(maxsplit=1)[0].lower()}@clients.example.org"
    return Taken(Source.EMAIL, title, asker_name=name, asker_email=address, place="mail")
