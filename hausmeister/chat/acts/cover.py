"""Asking for cover of a duty of one's own, or of a part of it."""

from datetime import date, datetime

from hausmeister.base.moments import NoMoment, read_moment
from hausmeister.base.untrusted import one_line
from hausmeister.chat.acts.act import Act, CannotDo
from hausmeister.chat.shapes import Answer, Call, Field, Form, said
from hausmeister.outbox.chat import Button, Words
from hausmeister.pager.rules.words import clock_time
from hausmeister.rota import queries as rota
from hausmeister.rota.asks import asking
from hausmeister.rota.asks.rules import AskKind
from hausmeister.rota.models import Shift
from hausmeister.rota.planning.rules.roles import CannotPlan, roles_of
from hausmeister.team import operations as team_operations
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team

ASK = "cover.ask"


def duties_of(person: Person, *, now: datetime) -> list[tuple[Words, Shift]]:
    """Return the person's next duties in words, each with the button that asks for cover."""
    return [(_words(shift, person, now), shift) for shift in rota.next_duty_of(person, now=now)]


def _words(shift: Shift, person: Person, now: datetime) -> Words:
    policy = team_queries.policy_of(shift.team_id)
    title = policy.duty_title(shift.duty, shift.post)
    span = " to ".join(clock_time(at, zone=person.zone, now=now) for at in (shift.starts_at, shift.ends_at))
    value = _value(shift)
    buttons = (Button("Ask for cover…", ASK, value),) if value else ()
    return Words(f"{title} of {shift.team.name}", notes=(f"{span} ({person.zone.key})",), buttons=buttons)


def _value(shift: Shift) -> str:
    try:
        role = roles_of(rota.weekly_duties(team_queries.policy_of(shift.team_id))).role(shift.duty, shift.post)
    except CannotPlan:
        return ""
    return f"{shift.team_id}:{shift.week.isoformat()}:{role}" if role else ""


def _read(value: str) -> tuple[Team, date, str]:
    try:
        number, week, role = value.split(":")
        return Team.objects.get(pk=int(number)), date.fromisoformat(week), role
    except (ValueError, OverflowError, Team.DoesNotExist):
        raise CannotDo("This duty is not there any more.") from None


def form(call: Call) -> Form:
    """Ask for which part, and why."""
    team, week, role = _read(call.asked.value)
    hint = f"Such as fri 18:00, on the clocks of {team.zone.key}. Empty: all of the duty that is still ahead."
    fields = (
        Field("from", "From", is_needed=False, hint=hint, most=60),
        Field("until", "Until", is_needed=False, most=60),
        Field("why", "Why", is_needed=False, hint="Whoever is asked reads it.", most=200),
    )
    return Form("Ask for cover", ASK, f"{team.pk}:{week}:{role}", fields, "Ask everybody", "")


def ask(call: Call) -> Answer:
    """Ask everybody who could cover; each is told once."""
    team, week, role = _read(call.asked.value)
    given, now = call.asked.given, call.asked.now
    starts_at, ends_at = (
        read_moment(given[name], now=now, zone=team.zone) if given.get(name) else None for name in ("from", "until")
    )
    wanted = asking.Wanted(AskKind.COVER, week, role, starts_at, ends_at, one_line(given.get("why", ""), 200))
    by = team_operations.as_actor(call.person)
    made = asking.ask(team, wanted, asker=call.person, by=by, person=call.person, now=now)
    asked = made.offers.count()
    if not asked:
        return said("Nobody can cover it, keeping all rules. Your lead and the backstop have been told.")
    return said(
        f"Asked: there {'is 1 way' if asked == 1 else f'are {asked} ways'}. You hear as soon as somebody agrees."
    )


def problem(error: Exception) -> str:
    """Return the sentence for a problem that people can expect, "" for any other."""
    return str(error) if isinstance(error, asking.AskRefused | NoMoment) else ""


ACTS = (Act(ASK, ask, form),)
