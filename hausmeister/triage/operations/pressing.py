"""What a chat's buttons and emoji do: one entry for every act that names an item."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import transaction

from hausmeister.base import database
from hausmeister.journal.rules import Actor
from hausmeister.team import permissions
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability
from hausmeister.triage.models import Item, Said
from hausmeister.triage.operations import acting, pointing, talking, telling
from hausmeister.triage.operations.acting import TriageRefused
from hausmeister.triage.operations.desk import Desk, people_in_chat
from hausmeister.triage.operations.hearing import open_for
from hausmeister.triage.rules.reading import Reading, Verdict
from hausmeister.triage.rules.states import ItemKind, State

# the names of emoji as chats write them, by what they mean on a message
_TAKES = frozenset({"eyes", "raising_hand", "hand", "raised_hand", "woman-raising-hand", "man-raising-hand"})
_DONE = frozenset({"white_check_mark", "heavy_check_mark", "ballot_box_with_check", "check"})
_ASKS = frozenset({"question", "grey_question", "sos"})
_NOTHING = frozenset({"no_entry_sign", "see_no_evil"})


def pressed(
    team_id: int, act: str, value: str, *, person: Person | None, member_id: str, name: str, now: datetime
) -> str:  # fmt: skip
    """Do what a button `act` ("item.claim", …) with `value` ("12", "12:card", "12:issue") means; return what to say.

    `person` is who of the team pressed it, None for anybody else: they may only judge an earlier answer that is
    offered to them. Raises TriageRefused with a sentence.
    """
    number, _, more = value.partition(":")
    item = (
        Item.objects.filter(team_id=team_id, pk=int(number)).first()
        if number.isdecimal() and len(number) < 19
        else None
    )
    if item is None:
        raise acting.NotPossible("This is not there any more.")
    judges = (more and act == "item.answered") or act in {"item.not_this", "item.still"}
    if judges and person is None and (not member_id or member_id != item.asker_id):
        raise acting.NotPossible("Only who asked, or the team, can say this.")
    if judges:
        return pointing.judged(item.pk, more, act, by_name=person.name if person else name, now=now)
    if act == "item.answered" and person is None and member_id and member_id == item.asker_id:
        return _asker_is_content(item.pk, name, now=now)
    if person is None:
        raise acting.NotPossible("Only people of the team can do this.")
    if act == "item.kind":
        if more not in set(ItemKind):
            raise acting.NotPossible(f"{more!r} is no kind of item.")
        acting.reclassify(item.pk, person, now, kind=ItemKind(more))
        return f"It is a {ItemKind(more).words} now."
    if act not in _ACTS:
        raise acting.NotPossible(f"{act!r} cannot be done with an item.")
    perform, said = _ACTS[act]
    perform(item.pk, person, now)
    return said


_ACTS: dict[str, tuple[Callable[[int, Person, datetime], Item], str]] = {
    "item.claim": (acting.claim, "You have it."),
    "item.release": (acting.release, "Given back."),
    "item.answered": (acting.answered, "Marked as answered."),
    "item.not_a_question": (acting.not_a_question, "Closed: not a question."),
    "item.reopen": (acting.reopen, "Open again."),
    "item.undo": (acting.undo, "Taken back."),
}


@database.tried_again
@transaction.atomic
def _asker_is_content(item_id: int, name: str, *, now: datetime) -> str:
    item = Item.objects.select_for_update(of=("self",)).select_related("team").get(pk=item_id)
    if item.is_open:
        desk = Desk.of(item.team, now=now)
        talking.close(desk, item, reason=talking.THANKED, by=Actor("chat", None, name))
        item.version, item.before = item.version + 1, None
        item.save()
        telling.update(desk, item)
    return "Thank you."


def signed(
    team_id: int, service: str, room_id: str, stamp: str, emoji: str, member_id: str, *, now: datetime,
    people: Mapping[str, int] | None = None,
) -> int | None:  # fmt: skip
    """Do what an emoji on a message means, and return the item it touched.

    A hand or eyes take it, a check mark says answered, a question mark opens an item, a no-entry sign says that it is
    no question; the team's people only, but an asker's check mark ends their own item. Anything else, and what cannot
    be done, changes nothing: people play with emoji.
    """
    name = emoji.strip(":").partition("::")[0]
    if name not in _TAKES | _DONE | _ASKS | _NOTHING:
        return None
    said = Said.objects.filter(team_id=team_id, service=service, room_id=room_id, stamp=stamp, removed_at=None).first()
    if said is None:
        return None
    person = people_in_chat(team_id, service, given=people).get(member_id)
    if person is not None and not permissions.can(person, Capability.ACT_ON_PAGES, team_id=team_id):
        person = None
    if said.item_id is None:
        return _pulled_in(said, now=now) if person is not None and name in _ASKS and not said.thread else None
    try:
        return _signed_item(said.item_id, name, person, member_id, now=now)
    except TriageRefused:
        return None


def _signed_item(item_id: int, name: str, person: Person | None, member_id: str, *, now: datetime) -> int | None:
    item = Item.objects.get(pk=item_id)
    if person is None or person.pk is None:
        if name in _DONE and member_id == item.asker_id and item.state != State.CLOSED:
            _asker_is_content(item.pk, item.asker_name, now=now)
            return item.pk
        return None
    if name in _TAKES:
        acting.claim(item.pk, person, now)
    elif name in _DONE:
        acting.answered(item.pk, person, now)
    elif name in _NOTHING:
        acting.not_a_question(item.pk, person, now)
    return item.pk


@database.tried_again
@transaction.atomic
def _pulled_in(said: Said, *, now: datetime) -> int:
    """Open an item for a message that nothing was made of, because somebody of the team says that it is one."""
    desk = Desk.locked(said.team_id, now=now)
    said.refresh_from_db()
    if said.item_id is not None:
        return said.item_id
    from hausmeister.triage.models import WatchedRoom

    room = WatchedRoom.objects.filter(team_id=said.team_id, service=said.service, room_id=said.room_id).first()
    return open_for(desk, said, Verdict(Reading.QUESTION, 1.0), place=room.name if room else said.room_id).pk
