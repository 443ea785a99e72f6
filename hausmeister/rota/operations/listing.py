"""A rotation's list, row by row: who has which place in it, from when, until when. Called inside an operation."""

from collections.abc import Sequence
from datetime import datetime
from difflib import SequenceMatcher

from hausmeister.rota.models import Layer, Participant
from hausmeister.rota.rules.rotations import Who


def place(layer: Layer, position: int, who: Who, joins_at: datetime | None = None) -> Participant:
    """Return a row, not yet stored."""
    return Participant(
        layer=layer, position=position, person_id=who.person_id, team_id=who.team_id, joins_at=joins_at
    )  # fmt: skip


def copy_list(layer: Layer, to: Layer) -> None:
    """Give `to` the list of `layer`, with everybody's times."""
    Participant.objects.bulk_create(
        Participant(
            layer=to, position=one.position, person_id=one.person_id, team_id=one.team_id, joins_at=one.joins_at,
            leaves_at=one.leaves_at,
        )
        for one in layer.participants.order_by("position", "id")
    )  # fmt: skip


def set_list(layer: Layer, wanted: Sequence[Who], *, from_at: datetime) -> None:
    """Let exactly `wanted` be in the list from `from_at` on; who stays keeps their row, and so their place."""
    rows = _without_the_future(layer, from_at)
    listed = [one for one in rows if one.leaves_at is None or one.leaves_at > from_at]
    new_order: list[Participant] = []
    rest = iter(rows)

    def take_up_to(row: Participant) -> None:
        for one in rest:
            new_order.append(one)
            if one is row:
                return

    matcher = SequenceMatcher(a=[Who(one.person_id, one.team_id) for one in listed], b=list(wanted), autojunk=False)
    for tag, first, last, begin, end in matcher.get_opcodes():
        for one in listed[first:last]:
            one.leaves_at = None if tag == "equal" else from_at
            take_up_to(one)
        if tag in {"insert", "replace"}:
            new_order += [place(layer, 0, who, joins_at=from_at) for who in wanted[begin:end]]
    new_order += rest
    for position, one in enumerate(new_order):
        one.position = position
    Participant.objects.bulk_update([one for one in new_order if one.pk], ["position", "leaves_at"])
    Participant.objects.bulk_create(one for one in new_order if not one.pk)


def _without_the_future(layer: Layer, from_at: datetime) -> list[Participant]:
    """Return the list as it is before `from_at`; who would have joined only then is forgotten."""
    layer.participants.filter(joins_at__gte=from_at).delete()
    return list(layer.participants.order_by("position", "id"))
