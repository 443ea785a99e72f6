"""Letters about asks: to those asked, to those whose turns changed, to lead and backstop when nobody agreed."""

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from hausmeister.outbox.operations import Draft as Letter
from hausmeister.rota.asks.board import Board, Move
from hausmeister.rota.asks.rules import AskKind
from hausmeister.rota.models.asks import Ask
from hausmeister.rota.planner.instance import BACKSTOP_OF, PRIMARY_OF, Slot
from hausmeister.team import queries as team_queries
from hausmeister.team.letters import letter
from hausmeister.team.models import Person
from hausmeister.team.rules import Role


def link(ask: Ask) -> str:
    """Return the address of the ask's own screen, where it is answered."""
    return f"{settings.HAUSMEISTER_BASE_URL}/rota/asks/{ask.pk}"


def when(ask: Ask, person: Person) -> str:
    """Return the span of the ask on the clocks of `person`."""
    first, last = ask.starts_at.astimezone(person.zone), ask.ends_at.astimezone(person.zone)
    return f"{first:%a} {first.day} {first:%b %H:%M} to {last:%a} {last.day} {last:%b %H:%M}"


def asked(ask: Ask, board: Board, ids: Iterable[int]) -> list[Letter]:
    """Return a letter for each of `ids`, who are asked now. They answer on the screen it links to."""
    texts = {
        AskKind.SWAP: _(
            "Hello %(name)s,\n\n%(asker)s asks you to swap a duty of %(team)s: %(title)s, %(when)s (%(zone)s)."
            "%(reason)s\n\nWhat you would give for it, and what it does to both ledgers, is said here; accept or"
            " decline there: %(link)s"
        ),
        AskKind.COVER: _(
            "Hello %(name)s,\n\n%(asker)s cannot take a duty of %(team)s: %(title)s, %(when)s (%(zone)s).%(reason)s\n\n"
            "You could cover. Who agrees first has it; accept or decline here: %(link)s"
        ),
    }
    subject = _("%(asker)s asks: %(title)s, week of %(week)s")
    return _letters(ask, board, ids, "asked", subject, texts[AskKind(ask.kind)])


def agreed(ask: Ask, board: Board, moves: Sequence[Move], names: dict[int, str]) -> list[Letter]:
    """Return one letter for everybody whose turn changed hands."""
    lines = []
    for one in moves:
        turn = board.turn(one)
        span = (ask.starts_at, ask.ends_at) if ask.is_part else (turn.starts_at, turn.ends_at)
        first, last = (moment.astimezone(board.team.zone) for moment in span)
        lines.append(
            f"* {board.titles[one.role.value]}, {first:%a} {first.day} {first:%b %H:%M} to"
            f" {last:%a} {last.day} {last:%b %H:%M}: {names[one.taker]}"
            + (f" instead of {names[one.giver]}" if one.giver else "")
        )
    text = _(
        "Hello %(name)s,\n\nit is agreed, and the rota of %(team)s has changed (times in %(team_zone)s):\n\n"
        "%(lines)s\n\nCalendars follow. How it came about: %(link)s"
    )
    ids = dict.fromkeys([ask.asker_id, *(who for one in moves for who in (one.giver, one.taker) if who)])
    more = {"lines": "\n".join(lines), "team_zone": board.team.zone_name}
    return _letters(ask, board, ids, "agreed", _("Agreed: %(title)s, week of %(week)s"), text, **more)


def closed(ask: Ask, board: Board, ids: Iterable[int], why: str) -> list[Letter]:
    """Return a letter for each of `ids` that says why the ask is over without a change."""
    text = _("Hello %(name)s,\n\n%(title)s, %(when)s (%(zone)s): %(why)s\n\nNothing changed: %(link)s")
    return _letters(ask, board, ids, "closed", _("Over: %(title)s, week of %(week)s"), text, why=why)


def alarm(ask: Ask, board: Board) -> list[Letter]:
    """Return a letter for the leads and for who else is on the turn: nobody agreed to cover."""
    slot = board.slot(ask.week, ask.role)
    partner = board.holder(Slot(slot.week, (BACKSTOP_OF | PRIMARY_OF)[slot.role]))
    leads = [one.person_id for one in team_queries.members(ask.team_id) if one.role == Role.LEAD]
    ids = dict.fromkeys([*leads, *([partner] if partner else [])])
    text = _(
        "Hello %(name)s,\n\n%(asker)s cannot take a duty of %(team)s, and nobody has agreed to cover it: %(title)s,"
        " %(when)s (%(zone)s).%(reason)s\n\nUnless somebody does, the turn stays with %(asker)s. Who is asked and who"
        " declined: %(link)s"
    )
    return _letters(ask, board, ids, "alarm", _("Not covered: %(title)s, week of %(week)s"), text)


def _letters(
    ask: Ask, board: Board, ids: Iterable[int], kind: str, subject: str, text: str, **more: str
) -> list[Letter]:  # fmt: skip
    people = team_queries.people_by_id(ids)
    reason = "\n\n" + _("Their reason: %(reason)s") % {"reason": ask.reason} if ask.reason else ""
    found = []
    for person in sorted(people.values(), key=lambda one: one.pk):
        if not person.is_active:
            continue
        facts = {
            "name": person.first_name, "asker": ask.asker.name, "team": board.team.name, "zone": person.zone_name,
            "title": board.titles[ask.role], "when": when(ask, person), "week": f"{ask.week.day} {ask.week:%b}",
            "reason": reason, "link": link(ask), **more,
        }  # fmt: skip
        found.append(
            letter(
                person,
                subject=subject % facts,
                text=text % facts,
                about=f"ask:{ask.pk}",
                key=f"ask-{ask.pk}-{kind}-{person.pk}",
                team_id=board.team.pk,
                due_at=board.now,
            )
        )
    return found
