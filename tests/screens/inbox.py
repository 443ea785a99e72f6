"""What came into the inbox on the day that the screens are photographed: questions, a problem, an alarm, a sighting."""

from datetime import datetime, timedelta
from typing import Any

from hausmeister.answers import operations as answers
from hausmeister.answers.models import Recurring
from hausmeister.team.models import Person, Team
from hausmeister.triage import operations as triage
from hausmeister.triage.models import Item
from hausmeister.triage.rules.states import ItemKind, RoomUse, Source
from hausmeister.triage.shapes import Candidate, Heard, Room, Taken
from tests.harness import World

_BEFORE = [
    Candidate(
        "12", "Backfill one day of a dataset", "Run backfill --dataset NAME --day DATE on the bastion; it takes about"
        " ten minutes a day, and the serving layer picks it up by itself.", "Very likely", "Bo in #data-help", "May",
        "https://chat.example.org/archives/12",
    ),
    Candidate("31", "Re-run a shard", "Use rerun --shard NAME, one shard at a time.", "Perhaps", "runbook", "October"),
]  # fmt: skip


class _Known:
    """Knows how to backfill, and nothing else."""

    def suggest(self, team: Team, text: str, *, now: datetime, most: int = 3) -> list[Candidate]:
        return _BEFORE[:most] if "backfill" in text else []

    def note(self, *_told: Any, **_more: Any) -> None:
        """Nothing here keeps coming."""

    def keep(self, *_told: Any, **_more: Any) -> None:
        """Nothing here is kept."""

    def learn(self, *_told: Any, **_more: Any) -> None:
        """Nothing here is learned."""


def tell(infra: Team, people: dict[str, Person], world: World) -> dict[str, int]:
    """Let the afternoon happen; return the items that are looked at."""
    world.pointer = _Known()
    triage.watch(
        infra, "slack",
        [Room("#data-help", "C1", RoomUse.QUESTIONS), Room("#squad-di-alarms", "C2", RoomUse.ALARMS),
         Room("#guild-data-eng", "", RoomUse.QUESTIONS)],
        now=world.now,
    )  # fmt: skip
    ada, bo = people["Ada Okafor"], people["Bo Lindqvist"]
    schema = _say(world, infra, "Hi all, where is the page with the schema of the serving layer?", by="Tomas Novak")
    world.go(minutes=7)
    triage.claim(schema, ada, world.now)
    triage.answer(schema, ada, world.now, text="Here: the data catalogue, under Serving. Does that have what you need?")
    world.go(minutes=20)
    asked = "How do I backfill one day of the contracts dataset? I need yesterday again for the quarterly report."
    backfill = _say(world, infra, asked, by="Imani Diaz")
    _say(world, infra, "it is only the s1 shard, by the way", by="Imani Diaz")
    world.go(minutes=11)
    lag = triage.take(
        infra.pk,
        Taken(Source.DASHBOARD, "Kafka lag on s1 grows since noon", kind=ItemKind.ISSUE, asker_name=bo.name,
              place="Riemann s1", link="https://riemann.example.org/s1"),
        now=world.now,
    ).pk  # fmt: skip
    _say(world, infra, "ledger table is new?", by="Kai Brandt")
    for seconds in (4, 11):
        _say(
            world, infra, f"CRITICAL commit p99 on prod-s0 is {40 + seconds} s, over 30 s", by="riemann",
            room=("C2", "#squad-di-alarms"), is_bot=True,
        )  # fmt: skip
    thanks = _say(world, infra, "Can somebody give me access to the contracts table?", by="Lena Wolf")
    triage.claim(thanks, people["Mirela Sand"], world.now)
    world.go(minutes=3)
    world.forget()
    return {"item": backfill, "seen": lag, "answered": schema, "recurring": _keeps_coming(infra, world)}


def _keeps_coming(infra: Team, world: World) -> int:
    """Let one thing be asked three times by two people; return the question that calls for a document."""
    askings = (
        ("How do I restore a dropped table?", "imani"), ("I dropped a table, can I restore it?", "kai"),
        ("restoring a table that was dropped", "imani"),
    )  # fmt: skip
    for days, (text, by) in enumerate(askings):
        answers.note_asking(
            infra, text, by=by, at=world.now - timedelta(days=9 - 3 * days), where="https://chat.example.org/archives/1"
        )
    answers.tend_recurring(world.now)
    return Recurring.objects.get(state="proposed").pk


def _say(
    world: World, infra: Team, text: str, *, by: str, room: tuple[str, str] = ("C1", "#data-help"), is_bot: bool = False
) -> int:  # fmt: skip
    world.now += timedelta(seconds=2)
    stamp = f"{world.now.timestamp():.6f}"
    heard = Heard(
        "slack", room[0], room[1], stamp, "", by.replace(" ", ""), by, is_bot, text, world.now,
        f"https://chat.example.org/archives/{stamp}",
    )  # fmt: skip
    touched = triage.hear(infra.pk, [heard], now=world.now)
    world.tick()
    world.tick()
    return touched[0] if touched else Item.objects.order_by("-id").values_list("pk", flat=True)[0]
