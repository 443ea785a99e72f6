"""Notes, next steps, and what stays where it is: written by people, kept with their thing."""

from datetime import datetime

from django.db import transaction

from hausmeister.base import database
from hausmeister.base.untrusted import lines, one_line
from hausmeister.handoff.coming import Duty
from hausmeister.handoff.models import LINE_MOST, NOTE_MOST, Handoff, HandoffItem
from hausmeister.handoff.operations import drafting
from hausmeister.handoff.operations.accepting import HandoffRefused
from hausmeister.team.models import Person, Team
from hausmeister.team.operations import as_actor


class EditedMeanwhile(HandoffRefused):
    """Somebody else wrote there since the form was drawn; nothing is overwritten."""

    code = "edited_meanwhile"

    def __init__(self) -> None:
        super().__init__("Somebody wrote here a moment before you; look again, then add yours.")


class TooLateToEdit(HandoffRefused):
    """The hand-off is over; the newest one takes notes."""

    code = "too_late"

    def __init__(self) -> None:
        super().__init__("This hand-off is over; write into the newest one.")


class TooLong(HandoffRefused):
    """More than can be kept."""

    code = "too_long"


class NoChangeAhead(HandoffRefused):
    """No change of duty is known, so there is nothing to draft."""

    code = "no_change_ahead"

    def __init__(self) -> None:
        super().__init__("The rota knows no coming change of duty.")


@database.tried_again
@transaction.atomic
def write_note(handoff_id: int, text: str, *, seen: int | None, by: Person, now: datetime) -> Handoff:
    """Say what the next person should know. `seen` is the number of edits that the form showed.

    Raises EditedMeanwhile, TooLateToEdit, TooLong.
    """
    handoff = drafting.lock(handoff_id)
    if not handoff.may_be_edited:
        raise TooLateToEdit
    if seen is not None and seen != handoff.edits:
        raise EditedMeanwhile
    said = _long(text)
    if said == handoff.note:
        return handoff
    handoff.note, handoff.edits = said, handoff.edits + 1
    handoff.save(update_fields=["note", "edits"])
    drafting.tell(handoff, "handoff.noted", as_actor(by), now, text=said)
    return handoff


def _long(text: str) -> str:
    if len(text) > NOTE_MOST:
        raise TooLong(f"The note has {len(text)} characters; at most {NOTE_MOST} can be kept.")
    return lines(text, NOTE_MOST)


@database.tried_again
@transaction.atomic
def edit_item(
    item_id: int, *, note: str, next_step: str, stays: bool | None = None, seen: int | None, by: Person, now: datetime
) -> HandoffItem:  # fmt: skip
    """Write note and next step of one thing; `stays` says that it does not change owner, None leaves that as it is.

    Raises EditedMeanwhile, TooLateToEdit, TooLong.
    """
    item = HandoffItem.objects.select_for_update(of=("self",)).select_related("handoff__team").get(pk=item_id)
    if not item.handoff.may_be_edited or (stays not in (None, item.stays) and item.handoff.moved_at is not None):
        raise TooLateToEdit
    if seen is not None and seen != item.edits:
        raise EditedMeanwhile
    if len(next_step) > LINE_MOST:
        raise TooLong(f"The next step has {len(next_step)} characters; at most {LINE_MOST} can be kept.")
    wanted = (_long(note), one_line(next_step, LINE_MOST), item.stays if stays is None else stays)
    if wanted == (item.note, item.next_step, item.stays):
        return item
    item.note, item.next_step, item.stays = wanted
    item.edits += 1
    item.save(update_fields=["note", "next_step", "stays", "edits"])
    facts = {"item": item.title, "text": item.note, "next_step": item.next_step}
    drafting.tell(item.handoff, "handoff.noted", as_actor(by), now, **facts)
    return item


def write_now(team: Team, *, by: Person, now: datetime) -> Handoff:
    """Write the draft of the next change before its hour, and return it. Raises NoChangeAhead."""
    duty = Duty.read(team.pk, now=now)
    coming = duty.next_after(now)
    if coming is None:
        raise NoChangeAhead
    return drafting.draft(duty, coming, by=as_actor(by), now=now)
