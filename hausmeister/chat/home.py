"""The home screen: my duty, my pages, my questions, as plain words. A connector sets them in its chat's own way."""

from collections.abc import Callable
from datetime import datetime

from hausmeister.chat import accounts
from hausmeister.chat.acts import cover, pages
from hausmeister.chat.commands.duty import duty_lines
from hausmeister.chat.page_buttons import NEW
from hausmeister.chat.shapes import Member
from hausmeister.outbox.chat import Button, Words
from hausmeister.pager import queries as pager
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability

MOST_PAGES = 10

Section = Callable[[Person, datetime], list[Words]]


def home(member: Member, *, now: datetime) -> list[Words]:
    """Return what the member's home screen shows, from top to bottom."""
    person = accounts.person_of(member)
    if person is None:
        return [accounts.how_to_link(member).words]
    return [one for section in SECTIONS for one in section(person, now)]


def _pages(person: Person, now: datetime) -> list[Words]:  # noqa: ARG001 - one signature for every section
    found = pager.needs(person)
    head = Words(
        f"{len(found)} open {'page is' if len(found) == 1 else 'pages are'} yours" if found else "No open page is yours",
        buttons=(Button("Page somebody…", NEW, "home"),),
    )
    return [head, *(pages.link_words(one) for one in found[:MOST_PAGES])]


def _duty(person: Person, now: datetime) -> list[Words]:
    teams = accounts.teams_of(person, Capability.SEE_STATUS)[:3]
    told = [Words("On call now", tuple("\n".join(duty_lines(team, now)) for team in teams))] if teams else []
    mine = [words for words, _shift in cover.duties_of(person, now=now)]
    return [*told, Words("Your duties" if mine else "You have no duty ahead"), *mine]


SECTIONS: tuple[Section, ...] = (_pages, _duty)
