"""The home screen: my duty, my pages, my questions, as plain words. A connector sets them in its chat's own way."""

from collections.abc import Callable
from datetime import datetime

from hausmeister.chat import accounts
from hausmeister.chat.acts import cover, pages
from hausmeister.chat.commands.duty import duty_lines
from hausmeister.chat.page_buttons import NEW, TEST
from hausmeister.chat.shapes import Member
from hausmeister.outbox.chat import Button, Link, Words
from hausmeister.pager import queries as pager
from hausmeister.pager.rules.words import clock_time
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability
from hausmeister.triage import queries as triage
from hausmeister.triage.models import Item
from hausmeister.triage.operations import telling
from hausmeister.triage.queries import Shop

MOST_PAGES = 10
MOST_ITEMS = 10

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
        f"{len(found)} open {'page is' if len(found) == 1 else 'pages are'} yours"
        if found
        else "No open page is yours",
        buttons=(Button("Page somebody…", NEW, "home"), Button("Send me a test page", TEST, "home")),
    )
    return [head, *(pages.link_words(one) for one in found[:MOST_PAGES])]


def _duty(person: Person, now: datetime) -> list[Words]:
    teams = accounts.teams_of(person, Capability.SEE_STATUS)[:3]
    told = [Words("On call now", tuple("\n".join(duty_lines(team, now)) for team in teams))] if teams else []
    mine = [words for words, _shift in cover.duties_of(person, now=now)]
    return [*told, Words("Your duties" if mine else "You have no duty ahead"), *mine]


def _questions(person: Person, now: datetime) -> list[Words]:
    shops = [Shop.of(team, now=now) for team in accounts.teams_of(person, Capability.SEE_PAGES)[:3]]
    found = triage.mine(person, shops)
    if not found:
        return [Words("No question waits for you")]
    return [
        Words(f"{len(found)} in the inbox {'waits' if len(found) == 1 else 'wait'} for you"),
        *(_item(one, person, now) for one in found[:MOST_ITEMS]),
    ]


def _item(item: Item, person: Person, now: datetime) -> Words:
    buttons = () if item.holder_id else (Button("I take it", "item.claim", str(item.pk), is_primary=True),)
    due = f"due {clock_time(item.due_at, zone=person.zone, now=now)}" if item.due_at else ""
    return Words(
        item.title,
        notes=tuple(filter(None, (item.sort.words, item.place, due))),
        links=(Link("Open", telling.address(item)),),
        buttons=(*buttons, Button("Answered", "item.answered", str(item.pk))),
    )


SECTIONS: tuple[Section, ...] = (_pages, _questions, _duty)
