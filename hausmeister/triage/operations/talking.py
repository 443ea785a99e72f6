"""What a word in an item's thread does to the item: the team's answers it, the asker's brings it back or ends it."""

from hausmeister.journal.rules import Actor
from hausmeister.team import operations as team_operations
from hausmeister.triage.models import MAIL, Item, Said
from hausmeister.triage.operations import telling
from hausmeister.triage.operations.desk import Desk, record_answer
from hausmeister.triage.rules import reading, states
from hausmeister.triage.rules.states import ItemKind, State

THANKED = "the asker says thanks"
DELETED = "the asker deleted it"


def writer(said: Said) -> Actor:
    """Return who wrote it, and which way, as the journal names them."""
    return Actor("mail" if said.service == MAIL else "chat", None, said.author_name)


def follow(desk: Desk, item: Item, said: Said) -> None:
    """Do what the message `said`, which belongs to the locked `item`, means for it."""
    if said.is_bot or said.removed_at is not None:
        return
    if said.author_id == item.asker_id:
        _asker_wrote(desk, item, said)
    elif said.person is not None:
        _team_wrote(desk, item, said)


def _asker_wrote(desk: Desk, item: Item, said: Said) -> None:
    state = State(item.state)
    after = states.after_asker(
        state,
        is_thanks=reading.is_thanks(said.text),
        wants_more=reading.wants_more(said.text),
        has_holder=item.holder_id is not None,
    )
    item.asked_at = max(item.asked_at, said.at)
    item.before = None
    by = writer(said)
    if after is State.CLOSED and state is not State.CLOSED:
        close(desk, item, reason=THANKED, by=by)
    elif after is not state:
        reopen(desk, item, after)
    item.version += 1
    item.save()
    desk.tell(item, "item.followed_up", by)
    telling.update(desk, item)


def _team_wrote(desk: Desk, item: Item, said: Said) -> None:
    item.version += 1
    if not item.is_open:
        item.save(update_fields=["version"])
        return
    item.state = states.after_team(said.text)
    item.answered_at = item.answered_at or said.at
    item.answered_by = item.answered_by or said.person
    item.is_unsure, item.before = False, None
    desk.set_clock(item)
    item.save()
    by = team_operations.as_actor(said.person) if said.person else writer(said)
    desk.tell(item, "item.answered", by, state=item.state)
    if said.person:
        record_answer(item, said.person, now=said.at)
    telling.update(desk, item)


def close(desk: Desk, item: Item, *, reason: str, by: Actor) -> None:
    """Write into the locked item that it is over; the caller stores it."""
    item.state, item.closed_at, item.closed_by_name = State.CLOSED, desk.now, by.name[:200]
    item.reason, item.is_unsure = reason[:200], False
    desk.set_clock(item)
    desk.tell(item, "item.closed", by, reason=reason)


def reopen(desk: Desk, item: Item, state: State) -> None:
    """Write into the locked item that it wants a word again, from now; the caller stores it."""
    item.state, item.closed_at, item.closed_by_name, item.reason = state, None, "", ""
    if state is State.OPEN:
        item.holder, item.claimed_at = None, None
    if item.kind == ItemKind.NOT_OURS:
        item.kind = ItemKind.QUESTION
    desk.start_clock(item, since=desk.now)


def unsay(desk: Desk, item: Item, said: Said) -> None:
    """Take back what the removed message did: the question itself ends the item, the only answer opens it again."""
    item.version += 1
    if not item.is_open:
        item.save(update_fields=["version"])
        return
    by = writer(said)
    if said.stamp == item.stamp:
        item.title, item.text = "(deleted)", ""
        close(desk, item, reason=DELETED, by=by)
    elif said.person is not None and not _is_answered(item):
        item.answered_at = item.answered_by = None
        item.state = State.CLAIMED if item.holder_id else State.OPEN
        desk.start_clock(item, since=item.asked_at)
    desk.tell(item, "item.message_removed", by)
    item.save()
    telling.update(desk, item)


def _is_answered(item: Item) -> bool:
    """Say whether a word of the team is still there."""
    left = Said.objects.filter(item=item, person__isnull=False, removed_at=None).exclude(author_id=item.asker_id)
    return left.exists()
