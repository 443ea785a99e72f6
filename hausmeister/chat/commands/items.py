"""The inbox by command."""

from hausmeister.chat import accounts
from hausmeister.chat.commands.command import Command
from hausmeister.chat.shapes import Answer, Call, said
from hausmeister.outbox.chat import Link, Words
from hausmeister.pager.rules.words import clock_time
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability
from hausmeister.triage import queries
from hausmeister.triage.models import Item
from hausmeister.triage.operations import telling

MOST = 15


def triage(call: Call) -> Answer:
    """List what waits in the inbox of one's teams, the oldest promise first."""
    teams = [one.pk for one in accounts.teams_of(call.person, Capability.SEE_PAGES)]
    found = list(queries.visible_to(call.person).filter(team_id__in=teams).unfinished().oldest_promise_first()[:MOST])
    if not found:
        return said("Nothing waits in the inbox.")
    lines = tuple(line(one, call.person, call) for one in found)
    return Answer(
        Words(
            f"{len(found)} in the inbox, the oldest promise first.",
            lines,
            links=tuple(Link(f"Item {one.pk}", telling.address(one)) for one in found[:10]),
        )
    )


def line(item: Item, person: Person, call: Call) -> str:
    """Return one item in a line: what it is, who has it, until when it is due."""
    due = f", due {clock_time(item.due_at, zone=person.zone, now=call.asked.now)}" if item.due_at else ""
    has = f", {item.holder.name} has it" if item.holder else ""
    return f"{item.pk}: {item.sort.words}{has}{due}: {item.title}"


COMMANDS = (Command("triage", "triage", "what waits in the inbox", triage),)
