"""The hand-off and the weekly report by command: both are read here; the report is posted on its own screen."""

from dataclasses import replace

from django.conf import settings

from hausmeister.chat import accounts
from hausmeister.chat.acts.act import CannotDo
from hausmeister.chat.commands.command import Command
from hausmeister.chat.shapes import Answer, Call, said
from hausmeister.handoff import queries
from hausmeister.handoff.operations import reporting, telling
from hausmeister.handoff.rules import words
from hausmeister.outbox.chat import Button, Link, Words
from hausmeister.team import permissions
from hausmeister.team.models import Team
from hausmeister.team.operations import as_actor
from hausmeister.team.rules import Capability

MOST_LINES = 15


def _team(call: Call, capability: Capability) -> Team:
    """Return the team that was named, that of the room, or one's own. Raises CannotDo."""
    mine = [
        one for one in accounts.teams_of(call.person, capability)
        if permissions.can(call.person, capability, team_id=one.pk)
    ]  # fmt: skip
    name = call.asked.text.strip().lower()
    of_room = {one.pk for one in accounts.teams_of_room(call.asked.room_name)}
    named = [one for one in mine if name in {one.slug.lower(), one.name.lower()}]
    found = named if name else [one for one in mine if one.pk in of_room] or mine
    if not found:
        raise CannotDo(f"You are in no team called {name!r}." if name else "You are in no team whose work you may see.")
    return found[0]


def handoff(call: Call) -> Answer:
    """Show the hand-off that matters now, with the button that accepts it for whoever it goes to."""
    team = _team(call, Capability.SEE_PAGES)
    one = queries.standing_now(team)
    if one is None:
        return said(f"{team.name} has had no hand-off yet; the draft of the next one is written before it.")
    zone = call.person.zone
    who = [person.name if person else "nobody" for person in (one.outgoing, one.incoming)]
    headline = f"{team.name}: {who[0]} → {who[1]}, {words.clock(one.at, zone)}, {one.state}."
    sections = words.sections(telling.lines_of(one), zone=zone)
    lines = [line for section in sections for line in (f"{section.heading}:", *section.lines)]
    rest = len(lines) - MOST_LINES
    note = (f"What to know: {one.note}",) if one.note else ()
    is_mine = one.state.is_open and call.person.pk in {one.incoming_id, one.backstop_id if one.raised_at else None}
    return Answer(
        Words(
            headline,
            (*note, *(lines[:MOST_LINES] or ["Nothing is open."])),
            notes=(f"{rest} more lines on the screen.",) if rest > 0 else (),
            links=(Link("Open", telling.address(one)),),
            buttons=(Button("I have it", telling.ACCEPT, str(one.pk), is_primary=True),) if is_mine else (),
        )
    )


def report(call: Call) -> Answer:
    """Show the newest report that is not posted; with the word "new" one is drafted up to now."""
    first, _, rest = call.asked.text.strip().partition(" ")
    if first.lower() == "new":
        team = _team(_about(call, rest), Capability.ACT_ON_PAGES)
        made = reporting.draft(team, ends_at=call.asked.now, now=call.asked.now, by=as_actor(call.person))
        return _shown(made.pk, made.text, "Drafted from what was done; nobody has posted it yet.")
    team = _team(call, Capability.SEE_PAGES)
    newest = next(iter(queries.reports_of([team.pk])), None)
    if newest is None:
        return said(f"{team.name} has no report yet. Say: report new.")
    is_posted = f"Posted to {newest.channel}." if newest.posted_at else "Nobody has posted it yet."
    return _shown(newest.pk, newest.text, is_posted)


def _about(call: Call, text: str) -> Call:
    return Call(replace(call.asked, text=text), call.person)


def _shown(number: int, text: str, state: str) -> Answer:
    headline, _, rest = text.partition("\n")
    link = Link("Write on it, or post it", f"{settings.HAUSMEISTER_BASE_URL}/handoff/report/{number}")
    paragraphs = tuple(part for part in rest.strip().split("\n\n") if part)
    return Answer(Words(headline or "The report is empty.", paragraphs, notes=(state,), links=(link,)))


COMMANDS = (
    Command("handoff", "handoff [TEAM]", "what is handed over with the duty, and accepting it", handoff, ("hand-off",)),
    Command("report", "report [new] [TEAM]", "the weekly report to the clients; new: drafted now", report),
)
