"""Incidents by command: which run, and opening one (H13)."""

from hausmeister.chat import accounts
from hausmeister.chat.acts.act import CannotDo
from hausmeister.chat.commands.command import Command
from hausmeister.chat.shapes import Answer, Call, said
from hausmeister.incidents import operations as incidents
from hausmeister.incidents import queries, telling
from hausmeister.incidents.models import Incident
from hausmeister.incidents.operations.opening import NobodyToAct, NoTitle, UnknownLevel
from hausmeister.outbox.chat import Link, Words
from hausmeister.team import operations as team_operations
from hausmeister.team import queries as team_queries
from hausmeister.team.rules import Capability

MOST = 10


def incident(call: Call) -> Answer:
    """Open an incident of the level that the first word names; without words list those that run."""
    level, _, title = call.asked.text.strip().partition(" ")
    return _open(call, level, title.strip()) if level else _running(call)


def _open(call: Call, level: str, title: str) -> Answer:
    teams = accounts.teams_of(call.person, Capability.ACT_ON_INCIDENTS)
    if not teams:
        raise CannotDo("You are a responder of no team, so you cannot open an incident from here.")
    known = {one.name.lower(): one.name for one in team_queries.policy_of(teams[0].pk).severity_levels}
    # one press is one incident, however often the chat delivers it
    origin = f"chat:{call.asked.member.service}:{call.asked.key}" if call.asked.key else ""
    by, now = team_operations.as_actor(call.person), call.asked.now
    try:
        opened = incidents.open_incident(
            teams[0], title, known.get(level.lower(), level), opened_from=origin, actor=by, now=now
        )
    except (UnknownLevel, NoTitle, NobodyToAct) as error:
        raise CannotDo(f"{error} Say it as: incident SEV1 WHAT CLIENTS SEE.") from error
    comms = "comms is asked for" if opened.update_every_s else "no updates are due"
    return _told(f"Incident {opened.pk} is open: {opened.label}. {opened.point.name} is point, {comms}.", [opened])


def _running(call: Call) -> Answer:
    found = list(queries.visible_to(call.person).running().select_related("point", "comms")[:MOST])
    if not found:
        return said("No incident is running.")
    lines = tuple(f"{one.pk}: {one.label}, {one.title}. {_who(one)}." for one in found)
    return _told(f"{len(found)} running, the oldest first.", found, lines)


def _who(one: Incident) -> str:
    return f"Point {one.point.name}, comms {one.comms.name if one.comms else 'nobody'}"


def _told(headline: str, found: list[Incident], lines: tuple[str, ...] = ()) -> Answer:
    links = tuple(Link(f"Incident {one.pk}", telling.link(one)) for one in found)
    return Answer(Words(headline, lines, links=links))


COMMANDS = (
    Command("incident", "incident [LEVEL WHAT CLIENTS SEE]", "open an incident; alone: those that run", incident),
)
