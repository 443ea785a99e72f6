"""Making a service issue of an item (H10): the issue takes over, the item ends with its number.

Whoever keeps issues is asked through a `Maker`; where there is none, nothing can be made of an item, and no screen
offers it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import transaction

from hausmeister.base import database
from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import one_line
from hausmeister.team.models import Person
from hausmeister.triage.models import Item
from hausmeister.triage.operations import acting
from hausmeister.triage.operations.acting import NotPossible
from hausmeister.triage.rules.states import ItemKind


@dataclass(frozen=True)
class Wish:
    """What the issue is to be: how urgent, and why it is worth anybody's time."""

    priority: Priority
    why: str = ""


class Maker(Protocol):
    """Whoever keeps issues."""

    def make(self, item: Item, wish: Wish, *, by: Person, now: datetime) -> int:
        """Make an issue of `item` in the caller's transaction and return its number. Raises NotPossible."""


_makers: list[Maker] = []


def use(maker: Maker | None) -> None:
    """Let `maker` make issues from now on; None: nobody."""
    _makers[:] = [maker] if maker is not None else []


def is_possible() -> bool:
    """Say whether an issue can be made of an item."""
    return bool(_makers)


@database.tried_again
@transaction.atomic
def promote(item_id: int, actor: Person, now: datetime, *, priority: Priority, why: str = "") -> Item:
    """Make a service issue of the item, and end the item with the issue's number. It cannot be taken back.

    Raises NotPossible where nobody keeps issues or it cannot be made, ItemIsClosed.
    """
    if not _makers:
        raise NotPossible("Nobody keeps issues on this installation.")
    act = acting.begin(item_id, actor, now)
    number = _makers[0].make(act.item, Wish(priority, one_line(why, 500)), by=actor, now=now)
    act.item.issue, act.item.kind, act.item.priority = number, ItemKind.ISSUE, int(priority)
    acting.end(act, f"it is issue {number} now")
    return act.done("item.promoted", can_undo=False, issue=number, priority=int(priority))
