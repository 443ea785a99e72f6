"""What people agreed on among themselves: turns that changed hands by swap or cover, and that a plan leaves there."""

from collections.abc import Collection, Mapping
from datetime import date

from hausmeister.rota.asks.rules import OfferState
from hausmeister.rota.models.asks import Ask, AskOffer
from hausmeister.rota.planner.instance import Instance, Role, Slot
from hausmeister.rota.planning.rules.instance import key_of
from hausmeister.team.models import Team


def pins(
    team: Team, instance: Instance, stands: Mapping[Slot, int], *, free: Collection[Slot] = ()
) -> dict[Slot, str]:  # fmt: skip
    """Return the slots of `instance` that stay with their holders because these agreed on it, but for the `free`.

    A turn that went elsewhere since is not kept, nor one whose holder cannot have it by now.
    """
    asks = Ask.objects.agreed_on_turns().filter(team=team)
    found = {}
    for steps in AskOffer.objects.filter(ask__in=asks, state=OfferState.TAKEN).values_list("steps", flat=True):
        for step in steps:
            slot = Slot((date.fromisoformat(step["week"]) - instance.start).days // 7, Role(step["role"]))
            one = instance.person.get(key_of(step["taker"]))
            if one and slot not in free and stands.get(slot) == step["taker"] and instance.is_there(one, slot):
                found[slot] = one.id
    return found
