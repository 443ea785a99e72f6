"""Opening an item, finding the one a message belongs to, and wording it anew when its message was edited."""

from hausmeister.base import log
from hausmeister.base.untrusted import cut, one_line
from hausmeister.journal.rules import Actor
from hausmeister.triage.models import Item, Said
from hausmeister.triage.operations.desk import Desk
from hausmeister.triage.rules.states import ItemKind, State

LONGEST_TEXT = 8_000

_log = log.get(__name__)


def title_of(text: str) -> str:
    """Return the line by which a text is known: its first words."""
    first = next((line for line in text[:LONGEST_TEXT].splitlines() if len(line.split()) > 2), text[:LONGEST_TEXT])
    return one_line(first, 200) or "(no text)"


def open_item(desk: Desk, item: Item, *, by: Actor) -> Item:
    """Store a new item with its clock running since it was asked."""
    item.link = item.link if item.link.lower().startswith(("http://", "https://")) else ""
    if item.kind not in {ItemKind.QUESTION, ItemKind.ISSUE} and item.pointed_at is None:
        item.pointed_at = desk.now
    desk.start_clock(item, since=item.opened_at)
    item.save()
    desk.tell(item, "item.opened", by, kind=item.kind, source=item.source, title=item.title)
    _log.info("item.opened", item=item.pk, team=item.team_id, kind=item.kind, source=item.source)
    return item


def of_message(said: Said, *, stamp: str) -> Item | None:
    """Return the item of which the message `stamp`, in the room of `said`, is a part, locked."""
    there = Item.objects.select_for_update().filter(
        team_id=said.team_id, service=said.service, room_id=said.room_id
    )  # fmt: skip
    found = there.filter(stamp=stamp).first()
    if found is not None:
        return found
    # a thread below a follow-up, or below the second post of an alarm
    part = Said.objects.filter(
        team_id=said.team_id, service=said.service, room_id=said.room_id, stamp=stamp, item__isnull=False
    ).first()
    return there.filter(said=part).first() if part is not None else None


def latest_of(said: Said) -> Item | None:
    """Return the asker's newest item in the room, locked, unless it was closed: thanks for it come to nothing."""
    mine = Item.objects.select_for_update().filter(
        team_id=said.team_id, service=said.service, room_id=said.room_id, asker_id=said.author_id,
        asked_at__lte=said.at,
    )  # fmt: skip
    return mine.not_closed().order_by("-asked_at", "-id").first()


def reword(desk: Desk, item: Item, said: Said) -> None:
    """Let the item say what its message says by now; earlier answers are looked for anew while it is unanswered."""
    item.title, item.text = title_of(said.text), cut(said.text, LONGEST_TEXT)
    if item.state == State.OPEN and item.kind in {ItemKind.QUESTION, ItemKind.ISSUE} and not item.candidates:
        item.pointed_at = None
    item.version += 1
    item.save(update_fields=["title", "text", "pointed_at", "version"])
    desk.tell(item, "item.edited", Actor("chat", None, said.author_name))
