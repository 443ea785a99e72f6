"""Items that go to the next person when the duty changes hands (H4): in the engine's name, without a message each."""

from datetime import datetime

from django.db import transaction

from hausmeister.base import database
from hausmeister.journal.rules import ENGINE
from hausmeister.team.models import Person
from hausmeister.triage.models import Item
from hausmeister.triage.operations import telling
from hausmeister.triage.operations.desk import Desk


@database.tried_again
@transaction.atomic
def hand_on(item_id: int, *, held_by: int | None, to: Person, now: datetime) -> bool:
    """Give an item from whoever has it to `to`; its thread says so. Its promise stays as it is.

    Returns False, and changes nothing, when it is over or somebody else has it by now.
    """
    item = Item.objects.select_for_update(of=("self",)).select_related("team").get(pk=item_id)
    if not item.is_open or item.holder_id is None or item.holder_id != held_by:
        return False
    was = item.holder.name if item.holder else ""
    item.holder, item.claimed_at, item.before = to, now, None
    item.version += 1
    item.save()
    desk = Desk.of(item.team, now=now)
    desk.tell(item, "item.handed_on", ENGINE, to=to.name, was=was)
    telling.update(desk, item)
    return True
