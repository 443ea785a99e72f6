"""Acts on items of the inbox: what is pressed below a message, and what a message is made into by its shortcut."""

from dataclasses import dataclass, replace

from hausmeister.base.untrusted import one_line
from hausmeister.chat import accounts, hearing
from hausmeister.chat.acts import incidents
from hausmeister.chat.acts.act import CannotDo
from hausmeister.chat.shapes import Answer, Asked, Call, Form, said
from hausmeister.team import permissions
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability
from hausmeister.triage import operations as triage
from hausmeister.triage.models import Item
from hausmeister.triage.operations import TriageRefused
from hausmeister.triage.shapes import Heard

PREFIX = "item."
INCIDENT = "make_incident"
# the sign by which somebody of the team pulls a message into the inbox
PULLS_IN = "question"


@dataclass(frozen=True)
class Shortcut:
    """What a message is made into: the act of the inbox, and what follows the item's number in its value."""

    name: str
    label: str
    act: str
    more: str = ""


SHORTCUTS = (
    Shortcut("make_issue", "Make this an issue", "item.kind", ":issue"),
    Shortcut(INCIDENT, "This is an incident", "item.kind", ":incident"),
    Shortcut("mark_answered", "Answered", "item.answered"),
)


def pressed(name: str, asked: Asked) -> Answer:
    """Return what became of a button of the inbox; who asked may press some of them without being of the team."""
    number = asked.value.partition(":")[0]
    item = Item.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if item is None:
        return said("This is not there any more.")
    person = accounts.person_of(asked.member)
    try:
        told = triage.pressed(
            item.team_id, name, asked.value, person=_of_the_team(person, item.team_id),
            member_id=asked.member.id, name=asked.member.name, now=asked.now,
        )  # fmt: skip
    except TriageRefused as error:
        return accounts.how_to_link(asked.member) if person is None else said(str(error))
    return said(told)


def _of_the_team(person: Person | None, team_id: int) -> Person | None:
    if person is None or not permissions.can(person, Capability.ACT_ON_PAGES, team_id=team_id):
        return None
    return person


def make(name: str, message: Heard, asked: Asked) -> Answer | Form:
    """Make something of a message, by its shortcut; one that is not in the inbox yet is taken in first.

    Of an incident the item is only the beginning: who may, is asked at once how bad it is.
    """
    shortcut = next((one for one in SHORTCUTS if one.name == name), None)
    if shortcut is None:
        return said("This shortcut is of another version of Hausmeister.")
    person = accounts.person_of(asked.member)
    if person is None:
        return accounts.how_to_link(asked.member)
    try:
        item = _item_of(message, asked)
    except CannotDo as error:
        return said(str(error))
    value = f"{item.pk}{shortcut.more}"
    done = pressed(shortcut.act, Asked(asked.member, asked.place, asked.key, asked.now, value=value))
    if name == INCIDENT and incidents.may_open(person, item):
        return incidents.form(Call(replace(asked, value=incidents.value_of(item, message.stamp)), person))
    return done


def _item_of(message: Heard, asked: Asked) -> Item:
    """Return the item that the message belongs to. Raises CannotDo where its room is watched by nobody."""
    stamp = message.thread or message.stamp
    known = Item.objects.filter(service=message.service, room_id=message.room_id, stamp=stamp).order_by("-id").first()
    if known is not None:
        return known
    watchers = hearing.watchers(message.service, message.room_id)
    if not watchers:
        raise CannotDo(
            f"No team watches {one_line(message.room_name, 80) or 'this room'}. Its name belongs into the policy, under"
            " channels.questions."
        )
    hearing.hear([message], now=asked.now)
    for team_id in watchers:
        item_id = triage.signed(
            team_id, message.service, message.room_id, message.stamp, PULLS_IN, asked.member.id, now=asked.now
        )
        found = Item.objects.filter(pk=item_id).first() if item_id else None
        found = (
            found or Item.objects.filter(team_id=team_id, said__stamp=message.stamp, room_id=message.room_id).first()
        )
        if found is not None:
            return found
    raise CannotDo("Only people of the team that watches this room can do this.")
