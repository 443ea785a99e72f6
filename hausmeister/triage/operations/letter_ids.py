"""How an answer by mail finds its item: by the ids of the letters that it names.

Those of letters that came are stored; those of our own carry the item's number under our signature, so that nobody
can write into an item whose letters they never saw.
"""

import re
from collections.abc import Sequence

from django.core import signing as django_signing

from hausmeister.base import signing
from hausmeister.team.models import Team
from hausmeister.triage.models import MAIL, Item, Said

# all letters of a team are one room: an answer may come to another of its addresses
ROOM = "mailbox"
MOST_REFERENCES = 50
_OURS = re.compile(r"<([0-9]+-[0-9a-f]{16}\.[\w-]{20,80})@[^<>\s]+>")


def stamp_of(message_id: str) -> str:
    """Return the stamp of the letter with this id; a long id is known by its hash."""
    return message_id if len(message_id) <= 200 else signing.sha256_hex(message_id)


def local_id(item_id: int, key: str) -> str:
    """Return what stands before the @ in the id of our letter `key` about the item."""
    return _signer().sign(f"{item_id}-{signing.sha256_hex(key)[:16]}")


def _signer() -> django_signing.Signer:
    return django_signing.Signer(sep=".", salt="hausmeister.letter")


def item_of(references: Sequence[str]) -> Item | None:
    """Return the item of the letters with these ids, of whichever team; None for letters that nobody knows."""
    known = references[-MOST_REFERENCES:]
    for one in reversed(known):
        ours = _OURS.fullmatch(one)
        if ours is None:
            continue
        try:
            number = _signer().unsign(ours[1]).partition("-")[0]
        except django_signing.BadSignature:
            continue
        if (item := Item.objects.filter(pk=int(number)).first()) is not None:
            return item
    stamps = [stamp_of(one) for one in known]
    for team_id in Team.objects.order_by("id").values_list("id", flat=True):
        said = Said.objects.filter(
            team_id=team_id, service=MAIL, room_id=ROOM, stamp__in=stamps, item__isnull=False
        ).order_by("-id").first()  # fmt: skip
        if said is not None:
            return said.item
    return None
