"""Why has this person this slot? Everybody else, either barred by a fact or priced.

Somebody is *priced* by the fewest changed slots that put them there (at most three, see `repairing.py`), and of those
repairs by the one that costs least: exact, no solver. Somebody whom no such repair admits is *barred*, with the facts
that stand against them as the plan is.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from hausmeister.rota.planner.covering import LONGEST_CHAIN, checked
from hausmeister.rota.planner.facts import Fact, facts_against
from hausmeister.rota.planner.instance import Category, Instance, Plan, Role, Rule, Slot
from hausmeister.rota.planner.ledger import HOLIDAYS
from hausmeister.rota.planner.offers import Offer, Shift, offer
from hausmeister.rota.planner.repairing import Repair, repairs
from hausmeister.rota.planner.standing import Standing, number_of


@dataclass(frozen=True)
class Blocked:
    """Somebody who cannot have the slot. The first fact decides; `facts` are all that hold as the plan stands.

    `is_final` says that no change of plan would help; otherwise more than three slots would have to change.
    """

    person: str
    rule: Rule
    fact: str
    facts: tuple[Fact, ...]
    is_final: bool


@dataclass(frozen=True)
class Priced:
    """Somebody who could have it: what it costs, what else would move, and in words what that means."""

    person: str
    offer: Offer
    words: str

    @property
    def d_fair(self) -> int:
        return self.offer.d_fair

    @property
    def d_comfort(self) -> int:
        return self.offer.d_comfort

    @property
    def changes(self) -> int:
        return self.offer.changed_slots


@dataclass(frozen=True)
class SlotWhy:
    """Why `holder` has the slot. `kept` says, where it is settled, by what: a pin or a frozen week."""

    holder: str | None
    kept: str
    blocked: tuple[Blocked, ...]
    priced: tuple[Priced, ...]


def explain_slot(*, instance: Instance, plan: Plan, week: int, role: Role) -> SlotWhy:
    """Return why the slot is with its holder. Everybody else is blocked or priced, never both.

    Priced people come by changes, then by FAIR and COMFORT; blocked people in the order of the instance.
    Raises NoSuchSlot.
    """
    slot = checked(instance, Slot(week, role))
    standing, holder = Standing(instance, plan), plan.holders.get(slot)
    blocked, priced = [], []
    for one in instance.people:
        if one.id == holder:
            continue
        repair = cheapest(standing, slot, one.id)
        if repair is not None:
            found = offer(standing, dict(repair.moves), asker=None)
            priced.append(Priced(one.id, found, _price_in_words(standing, one.id, found)))
        else:
            blocked.append(_blocked(standing, slot, one.id))
    return SlotWhy(
        holder=holder,
        kept=_kept(instance, slot),
        blocked=tuple(blocked),
        priced=tuple(sorted(priced, key=lambda one: (one.changes, one.d_fair, one.d_comfort, one.person))),
    )


def cheapest(standing: Standing, slot: Slot, person: str) -> Repair | None:
    """Return the cheapest of the repairs with fewest changes that give `slot` to `person`; None if three do not do."""
    for most in range(1, LONGEST_CHAIN + 1):
        found = repairs(standing, [number_of(slot)], most_moves=most, only=standing.index[person])
        best = min((one for one in found if len(one.moves) == most), default=None)
        if best is not None:
            return best
    return None


def _blocked(standing: Standing, slot: Slot, person: str) -> Blocked:
    facts = tuple(facts_against(standing, slot, person))
    stuck = [one for one in facts if one.gives_way is None or number_of(one.gives_way) in standing.fixed]
    first = stuck[0] if stuck else facts[0]
    return Blocked(person, first.rule, first.words + _why_stuck(standing, first), facts, bool(stuck))


def _why_stuck(standing: Standing, fact: Fact) -> str:
    if fact.gives_way is None:
        return ""
    if number_of(fact.gives_way) in standing.fixed:
        return " That slot is frozen or pinned."
    return f" To move it, more than {LONGEST_CHAIN} slots would have to change."


def _kept(instance: Instance, slot: Slot) -> str:
    if slot in instance.pins:
        return f"The slot is pinned to {instance.person[instance.pins[slot]].called}."
    if slot in instance.kept:
        return f"Week {slot.week} is frozen: the slot stays with {instance.person[instance.kept[slot]].called}."
    return ""


_DUTIES = {Category.D: "weekday duties", Category.W: "weekends", Category.B: "backstops", HOLIDAYS: "public holidays"}


def _price_in_words(standing: Standing, person: str, found: Offer) -> str:
    """Return what the offer means: who moves, and who ends furthest from their share."""
    others = found.steps[1:]
    parts = [f"{standing.instance.person[person].called} could have it"]
    if others:
        moved = " and ".join(
            f"{standing.instance.person[step.taker].called} takes {step.role} of week {step.week}" for step in others
        )
        parts.append(f"if {moved}")
    worse = _furthest(found.shifts)
    if worse is not None:
        parts.append(f"but {_share_in_words(standing, worse)}")
    gain = found.d_fair + found.d_comfort
    if worse is None and gain < 0:
        parts.append("and the plan would cost less")
    return ", ".join(parts) + "."


def _furthest(shifts: Iterable[Shift]) -> Shift | None:
    """Return the shift that takes somebody further from their target than they were, the furthest first."""
    worse = [
        one
        for one in shifts
        if one.deviation_after_tenths is not None
        and one.deviation_before_tenths is not None
        and abs(one.deviation_after_tenths) > abs(one.deviation_before_tenths)
    ]
    return max(worse, key=lambda one: abs(one.deviation_after_tenths or 0), default=None)


def _share_in_words(standing: Standing, shift: Shift) -> str:
    tenths = shift.deviation_after_tenths or 0
    side = "above" if tenths > 0 else "below"
    who, what = standing.instance.person[shift.person].called, _DUTIES[shift.category]
    return f"{who} is then {abs(tenths) / 10:.1f} {side} the fair share of {what}"
