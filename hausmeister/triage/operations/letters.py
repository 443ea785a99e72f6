"""Letters: what a mail opens or joins. Each letter counts once."""

from datetime import datetime

from django.db import transaction

from hausmeister.base import database, wake
from hausmeister.base.untrusted import cut, one_line
from hausmeister.journal.rules import Actor
from hausmeister.triage.models import MAIL, Item, Said
from hausmeister.triage.operations import judging, opening, talking
from hausmeister.triage.operations.desk import Desk
from hausmeister.triage.operations.letter_ids import ROOM, item_of, stamp_of
from hausmeister.triage.rules.reading import Reading, Verdict
from hausmeister.triage.rules.states import ItemKind, Source
from hausmeister.triage.shapes import Posted

LONGEST_LETTER = 40_000


@database.tried_again
@transaction.atomic
def post(team_id: int, posted: Posted, *, now: datetime) -> Item | None:
    """Let a letter join the item it answers, else open one for the team; None for a letter that came before.

    A letter to the team is always somebody's word to it: what does not look like a question is asked about on the
    screen, never dropped.
    """
    item = item_of(posted.references) if posted.references else None
    desk = Desk.locked(item.team_id if item else team_id, now=now)
    said = _stored(desk, posted)
    if said is None:
        return None
    wake.soon()
    if item is None:
        return _opened(desk, posted, said)
    locked = Item.objects.select_for_update().get(pk=item.pk)
    said.item = locked
    said.save(update_fields=["item"])
    talking.follow(desk, locked, said)
    return locked


def _stored(desk: Desk, posted: Posted) -> Said | None:
    place = {"team": desk.team, "service": MAIL, "room_id": ROOM, "stamp": stamp_of(posted.message_id)}
    if Said.objects.filter(**place).exists():
        return None
    return Said.objects.create(
        **place,
        thread=stamp_of(posted.references[0]) if posted.references else "",
        author_id=posted.author[:120],
        author_name=one_line(posted.author_name, 120) or posted.author[:120],
        person=posted.person,
        text=cut(posted.text, LONGEST_LETTER),
        at=min(posted.at, desk.now),
    )


def _opened(desk: Desk, posted: Posted, said: Said) -> Item:
    verdict = judging.of_text(f"{posted.subject}\n{posted.text}")
    title = one_line(posted.subject, 200) or opening.title_of(posted.text)
    item = opening.open_item(
        desk,
        Item(
            team=desk.team, source=Source.EMAIL, service=MAIL, room_id=ROOM, stamp=said.stamp,
            kind=_kind(verdict), is_unsure=verdict.reading not in {Reading.QUESTION, Reading.REPORT},
            title=title, text=cut(posted.text, opening.LONGEST_TEXT), asker_id=said.author_id,
            asker_name=said.author_name, asker_email=posted.answer_to[:254], place=one_line(posted.place, 120),
            opened_at=said.at, asked_at=said.at,
        ),
        by=Actor(MAIL, None, said.author_name),
    )  # fmt: skip
    said.item = item
    said.save(update_fields=["item"])
    return item


def _kind(verdict: Verdict) -> ItemKind:
    return ItemKind.ISSUE if verdict.reading is Reading.REPORT else ItemKind.QUESTION
