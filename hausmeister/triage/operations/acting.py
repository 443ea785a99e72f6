"""What people do with an item. The database decides who was first; the last act can be taken back by who did it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from hausmeister.base import chance, database
from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import lines, one_line
from hausmeister.outbox import operations as outbox
from hausmeister.team import operations as team_operations
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person
from hausmeister.team.rules import Role
from hausmeister.triage.models import Item, Said
from hausmeister.triage.operations import talking, telling
from hausmeister.triage.operations.desk import Desk, record_answer
from hausmeister.triage.operations.telling import NOT_A_QUESTION
from hausmeister.triage.rules import states
from hausmeister.triage.rules.states import ItemKind, State

LONGEST_ANSWER = 8_000


class TriageRefused(Exception):
    """It cannot be done; the text says why, in a sentence. Nothing changed."""


class AlreadyTaken(TriageRefused):
    """Somebody else has it; the first claim stands."""

    def __init__(self, item: Item) -> None:
        self.item = item
        super().__init__(f"{item.holder.name if item.holder else 'Somebody'} took this a moment before you.")


class ItemIsClosed(TriageRefused):
    """The item is over."""

    def __init__(self, item: Item) -> None:
        self.item = item
        super().__init__(f"This is closed: {item.reason or 'over'}.")


class NotPossible(TriageRefused):
    """The item is in no state for it, or what was given does not do."""


_KEPT = (
    "kind", "is_unsure", "priority", "state", "claimed_at", "holder_id", "answered_at", "answered_by_id", "closed_at",
    "closed_by_name", "reason", "clock_since", "nudged_at", "raised_at",
)  # fmt: skip
_MOMENTS = frozenset({"claimed_at", "answered_at", "closed_at", "clock_since", "nudged_at", "raised_at"})


@dataclass
class Act:
    """One act on a locked item: what it was before, so that it can be taken back."""

    item: Item
    desk: Desk
    by: Person
    before: dict[str, Any]

    def done(self, verb: str, *, can_undo: bool = True, **facts: Any) -> Item:
        """Store the item as it is now, tell the journal and the thread."""
        item = self.item
        item.before = {"by": self.by.pk, "verb": verb, "was": self.before} if can_undo else None
        item.version += 1
        item.save()
        self.desk.tell(item, verb, team_operations.as_actor(self.by), **facts)
        telling.update(self.desk, item)
        return item


def begin(item_id: int, by: Person, now: datetime, *, may_be_closed: bool = False) -> Act:
    """Lock the item. Raises Item.DoesNotExist, ItemIsClosed."""
    # the holder is read after the lock: joined, PostgreSQL would pair the item with whoever had it before
    item = Item.objects.select_for_update(of=("self",)).select_related("team").get(pk=item_id)
    if not item.is_open and not may_be_closed:
        raise ItemIsClosed(item)
    before = {name: _plain(getattr(item, name)) for name in _KEPT}
    return Act(item, Desk.of(item.team, now=now), by, before)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


@database.tried_again
@transaction.atomic
def claim(item_id: int, actor: Person, now: datetime) -> Item:
    """Take the item. A second time by the same person changes nothing. Raises AlreadyTaken, ItemIsClosed."""
    act = begin(item_id, actor, now)
    if act.item.holder_id == actor.pk:
        return act.item
    if act.item.holder_id is not None:
        raise AlreadyTaken(act.item)
    _give(act.item, actor, now)
    act.desk.set_clock(act.item)
    return act.done("item.claimed")


def _give(item: Item, to: Person, now: datetime) -> None:
    item.holder, item.claimed_at, item.is_unsure = to, now, False
    if item.state == State.OPEN:
        item.state = State.CLAIMED


@database.tried_again
@transaction.atomic
def release(item_id: int, actor: Person, now: datetime) -> Item:
    """Give the item back. The clock goes on as it was. Raises NotPossible when nobody has it, ItemIsClosed."""
    act = begin(item_id, actor, now)
    if act.item.holder_id is None:
        raise NotPossible("Nobody has this, so it cannot be given back.")
    was = act.item.holder
    act.item.holder, act.item.claimed_at = None, None
    if act.item.state == State.CLAIMED:
        act.item.state = State.OPEN
    act.desk.set_clock(act.item)
    return act.done("item.released", was=was.name if was else "")


@database.tried_again
@transaction.atomic
def assign(item_id: int, actor: Person, now: datetime, *, to: Person, note: str = "") -> Item:
    """Hand the item to `to`, with the context in `note`; they are told. Raises NotPossible, ItemIsClosed."""
    act = begin(item_id, actor, now)
    members = {one.person_id: one for one in team_queries.members(act.item.team_id)}
    if to.pk not in members or members[to.pk].role == Role.VIEWER:
        raise NotPossible(f"{to.name} is not somebody of the team who can take it.")
    if act.item.holder_id == to.pk:
        raise NotPossible(f"{to.name} has it already.")
    _give(act.item, to, now)
    act.desk.set_clock(act.item)
    said = one_line(note, 500)
    done = act.done("item.assigned", to=to.name, note=said)
    if to.pk != actor.pk:
        told = [f"{actor.name} hands this to you: {done.title}", *([said] if said else []), *_until(done, to)]
        key = f"item-{done.pk}-assigned-{done.version}"
        outbox.enqueue(
            [telling.personal(act.desk, done, to, told[0][:150], told, key=key, buttons=False)], now=now
        )  # fmt: skip
    return done


def _until(item: Item, person: Person) -> list[str]:
    return [f"It is due {telling.when(item.due_at, person)}."] if item.due_at else []


@database.tried_again
@transaction.atomic
def answer(item_id: int, actor: Person, now: datetime, *, text: str) -> Item:
    """Answer the asker, in the thread or by mail. A question back waits for the asker. It cannot be taken back.

    Raises NotPossible for an empty text or where nobody could read it, ItemIsClosed.
    """
    act = begin(item_id, actor, now)
    item, written = act.item, lines(text, LONGEST_ANSWER)
    if not written:
        raise NotPossible("An answer needs words.")
    key = f"item-{item.pk}-answer-{chance.text(12)}"
    drafts = telling.reply(act.desk, item, written, actor, key=key)
    if not drafts:
        raise NotPossible("There is no thread and no address to answer to; say that it is answered instead.")
    outbox.enqueue(drafts, now=now)
    Said.objects.create(
        team_id=item.team_id, item=item, service=item.service, room_id=item.room_id, stamp=f"ours:{key}",
        thread=item.stamp, author_id="", author_name=actor.name, person=actor, text=written, at=now,
    )  # fmt: skip
    _answered(act, states.after_team(written))
    return act.done("item.answered", can_undo=False, state=item.state)


@database.tried_again
@transaction.atomic
def answered(item_id: int, actor: Person, now: datetime) -> Item:
    """Say that the item is answered: in person, by a call, in another thread. Raises ItemIsClosed, NotPossible."""
    act = begin(item_id, actor, now)
    if act.item.state == State.ANSWERED:
        raise NotPossible("It is answered already.")
    _answered(act, State.ANSWERED)
    return act.done("item.answered", state=act.item.state)


def _answered(act: Act, state: State) -> None:
    item = act.item
    item.state = state
    if item.answered_at is None:
        item.answered_at, item.answered_by = act.desk.now, act.by
    if item.holder_id is None:
        item.holder, item.claimed_at = act.by, act.desk.now
    item.is_unsure = False
    act.desk.set_clock(item)
    record_answer(item, act.by, now=act.desk.now)


@database.tried_again
@transaction.atomic
def reclassify(item_id: int, actor: Person, now: datetime, *, kind: ItemKind, priority: Priority | None = None) -> Item:
    """Say what the item is; its promise changes with it. "Not ours" ends it. Raises ItemIsClosed."""
    if kind is ItemKind.NOT_OURS:
        return close(item_id, actor, now, reason="this is not ours", kind=kind)
    act = begin(item_id, actor, now)
    item = act.item
    item.kind, item.is_unsure = kind, False
    item.priority = int(priority) if priority is not None else None if kind is ItemKind.QUESTION else item.priority
    act.desk.set_clock(item)
    return act.done("item.reclassified", kind=kind.value, priority=item.priority)


@database.tried_again
@transaction.atomic
def close(item_id: int, actor: Person, now: datetime, *, reason: str, kind: ItemKind | None = None) -> Item:
    """End the item, with the reason that the asker reads. Raises NotPossible without one, ItemIsClosed."""
    act = begin(item_id, actor, now)
    why = one_line(reason, 200)
    if not why:
        raise NotPossible("Closing needs a reason.")
    act.item.kind = kind or act.item.kind
    end(act, why)
    return act.done("item.closed", reason=why)


def end(act: Act, why: str) -> None:
    """Write into the locked item that it is over; the caller stores it."""
    item = act.item
    item.state, item.closed_at, item.closed_by_name, item.reason = State.CLOSED, act.desk.now, act.by.name[:200], why
    item.is_unsure = False
    act.desk.set_clock(item)


def not_a_question(item_id: int, actor: Person, now: datetime) -> Item:
    """End the item without a word to anybody: it was chatter. Raises ItemIsClosed."""
    return close(item_id, actor, now, reason=NOT_A_QUESTION)


@database.tried_again
@transaction.atomic
def reopen(item_id: int, actor: Person, now: datetime) -> Item:
    """Bring a finished item back, with its clock begun anew. Raises NotPossible."""
    act = begin(item_id, actor, now, may_be_closed=True)
    item = act.item
    if State(item.state).is_unfinished:
        raise NotPossible("It is open already.")
    _check_alone(item)
    talking.reopen(act.desk, item, State.CLAIMED if item.holder_id else State.OPEN)
    return act.done("item.reopened")


def _check_alone(item: Item) -> None:
    """Raise NotPossible when the same alarm has an open item by now."""
    other = Item.objects.filter(team_id=item.team_id, key=item.key, closed_at=None).exclude(pk=item.pk)
    if item.key and (found := other.first()) is not None:
        raise NotPossible(f"The same is open already, as item {found.pk}.")


@database.tried_again
@transaction.atomic
def undo(item_id: int, actor: Person, now: datetime) -> Item:
    """Take back the last act, if `actor` did it and nothing happened since. Raises NotPossible."""
    act = begin(item_id, actor, now, may_be_closed=True)
    item, kept = act.item, act.item.before
    if not kept or kept["by"] != actor.pk:
        raise NotPossible("There is nothing of yours to take back; somebody went on since.")
    if kept["was"]["closed_at"] is None:
        _check_alone(item)
    for name in _KEPT:
        value = kept["was"][name]
        setattr(item, name, datetime.fromisoformat(value) if name in _MOMENTS and value else value)
    act.desk.set_clock(item)
    return act.done("item.undone", can_undo=False, act=kept["verb"].removeprefix("item."))
