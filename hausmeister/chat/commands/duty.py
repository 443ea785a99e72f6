"""Who is on call, and cover for one's own duties."""

from datetime import datetime

from hausmeister.chat import accounts
from hausmeister.chat.acts import cover as cover_acts
from hausmeister.chat.commands.command import Command, OpenCommand
from hausmeister.chat.shapes import Answer, Asked, Call, said
from hausmeister.outbox.chat import Words
from hausmeister.pager.rules.words import clock_time
from hausmeister.rota import queries as rota
from hausmeister.rota.models import ZoneIsGone
from hausmeister.rota.queries import TooFarAhead
from hausmeister.rota.queries import schedules as schedule_queries
from hausmeister.team.models import Team
from hausmeister.team.rules import Capability

MOST_TEAMS = 5
MOST_SCHEDULES = 10


def on_call(asked: Asked) -> Answer:
    """Say who is on call: for the team that was named, that of the room, one's own, or all."""
    teams = _teams(asked)
    if not teams:
        return said("There is no such team here.") if asked.text else said("There is no team yet.")
    told = [line for team in teams[:MOST_TEAMS] for line in duty_lines(team, asked.now)]
    return Answer(Words(told[0], tuple(told[1:])))


def _teams(asked: Asked) -> list[Team]:
    everything = list(Team.objects.order_by("name", "id"))
    name = asked.text.strip().lower()
    if name:
        return [team for team in everything if name in {team.slug.lower(), team.name.lower()}]
    person = accounts.person_of(asked.member)
    mine = accounts.teams_of(person, Capability.SEE_STATUS)[:1] if person is not None else []
    return accounts.teams_of_room(asked.room_name) or mine or everything


def duty_lines(team: Team, now: datetime) -> list[str]:
    """Return who is on duty for the team, who stands behind them, and who is on by its schedules, a line each."""
    duty = rota.on_duty(team, at=now)
    until = clock_time(duty.until, zone=team.zone, now=now)
    primary = duty.primary.person.name if duty.primary.person else "nobody"
    backstop = duty.backstop.person.name if duty.backstop.person else "nobody"
    told = [
        f"{duty.title} of {team.name}: {primary}, until {until} ({team.zone.key}).",
        f"{duty.backstop.title}: {backstop}.",
    ]
    schedules = schedule_queries.schedules_of(team)[:MOST_SCHEDULES]
    try:
        on = schedule_queries.on_call(schedules, at=now)
    except (TooFarAhead, ZoneIsGone):
        return told
    return told + [f"{one.name}: {on[one.pk].names}." for one in schedules]


def cover(call: Call) -> Answer:
    """List one's next duties, each with the button that asks for cover."""
    found = cover_acts.duties_of(call.person, now=call.asked.now)
    if not found:
        return said("You have no duty ahead.")
    words = [one for one, _shift in found]
    return Answer(
        Words(
            "Your duties. Whoever could cover one is asked, and it changes hands once somebody agrees.",
            tuple(f"{one.headline}, {one.notes[0]}" for one in words),
            buttons=tuple(
                type(button)(f"Cover for {one.headline}"[:70], button.act, button.value)
                for one in words
                for button in one.buttons
            ),
        )
    )


COMMANDS = (
    OpenCommand("oncall", "oncall [TEAM]", "who is on call", on_call, ("who", "on-call")),
    Command("cover", "cover", "your next duties, and somebody to cover one", cover),
)
