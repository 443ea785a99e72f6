"""What is asked of the planner beside the instance, and what comes back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from hausmeister.rota.planner.candidates import Candidates
from hausmeister.rota.planner.costs import Costs
from hausmeister.rota.planner.instance import Instance, Plan

CHANGED, FAIR, COMFORT = "changed slots", "FAIR", "COMFORT"


@dataclass(frozen=True)
class Wishes:
    """How to plan. `budget_s` is what the plan may take in all.

    `fair_tolerance_percent` (0 to 10) lets FAIR rise above its best for the sake of COMFORT. In a replan
    `extra_changes` allows so many changed slots beyond the fewest; None allows any number.
    """

    seed: int = 1
    budget_s: float = 30.0
    fair_tolerance_percent: int = 0
    extra_changes: int | None = 0


@dataclass(frozen=True)
class Limits:
    """What a plan may cost in the tiers above; None is no limit."""

    changed: int | None = None
    fair: int | None = None


@dataclass(frozen=True)
class Tier:
    """What a tier came to: its value in the plan, and below which it is proven that no plan goes.

    `seconds` is when it was done, from the start. It is proven when value and bound meet.
    """

    name: str
    value: int
    bound: int
    seconds: float

    @property
    def is_proven(self) -> bool:
        return self.value <= self.bound


@dataclass(frozen=True)
class Proof:
    """What the solver found out for one tier. No plan and `is_impossible`: there is none within the limits.

    `was_cut` says that the clock, not the allotted work, ended the search: another run may end elsewhere.
    `work` is what was used of it.
    """

    plan: Plan | None
    bound: int
    is_complete: bool = False
    is_impossible: bool = False
    was_cut: bool = False
    work: float = 0.0


class Prover(Protocol):
    """The solver, as the planner sees it. `solving/prover.py` is the one there is."""

    def prove(
        self,
        instance: Instance,
        candidates: Candidates,
        *,
        tier: str,
        limits: Limits,
        start: Plan | None,
        seed: int,
        left_s: Callable[[], float],
        work: float,
    ) -> Proof:
        """Return the best plan found in `tier` ("" stops at the first plan) within `limits`, beginning from `start`.

        `work` is in the solver's own deterministic units, about a second each; `left_s` says how many seconds are
        left, asked when the model is built: that alone takes seconds for a hundred people.
        """
        ...


class Lifting(StrEnum):
    """In which way a fact can be made not to hold."""

    EMPLOYMENT = "employment"  # other dates of coming or going
    ABSENCE = "absence"  # the absence that begins on `starts_on` lies elsewhere
    WAIVER = "waiver"  # the fact's rule is waived in `weeks`
    GAP = "gap"  # primary duties lie `min_gap` weeks apart, no longer more
    PIN = "pin"  # the slot of `weeks` and `role` is pinned no more


@dataclass(frozen=True)
class Lift:
    """What would be otherwise if a fact did not hold: the way out, for whoever takes it. The people are the fact's."""

    how: Lifting
    starts_on: str = ""  # YYYY-MM-DD
    weeks: tuple[int, ...] = ()
    role: str = ""
    min_gap: int = 0


@dataclass(frozen=True)
class Fact:
    """One of the facts that cannot all hold: which rule, where, whose; the sentence, and its way out.

    `week` is the first it bears on. `people` are those concerned: one for an absence, none for a rule of all.
    `key` tells the fact from others. `way_out` says in a sentence what `lift` says for programs; `cost` is its weight.
    """

    rule: str
    week: int
    people: tuple[str, ...]
    key: str
    words: str
    way_out: str
    cost: int
    lift: Lift


@dataclass(frozen=True)
class Conflict:
    """Why there is no plan: weeks `first` to `last`, a smallest set of facts, and the cheapest way out of all."""

    first: int
    last: int
    facts: tuple[Fact, ...]
    cheapest: tuple[Fact, ...] = ()
    is_smallest: bool = True


@dataclass(frozen=True)
class Outcome:
    """What the planner came to. `plan` is None if there is none (`conflict` says why) or none was found in time.

    `remarks` are sentences for people: that nothing is proven, that the clock cut the search, what was thinned out.
    """

    plan: Plan | None
    costs: Costs | None
    tiers: tuple[Tier, ...]
    first_plan_s: float | None
    seconds: float
    inputs: str
    wishes: Wishes
    is_by_hand: bool = False
    conflict: Conflict | None = None
    remarks: tuple[str, ...] = ()

    @property
    def is_impossible(self) -> bool:
        return self.conflict is not None


@dataclass(frozen=True)
class Progress:
    """A step on the way: what happened, after how long, with the plan as it then stood."""

    event: str
    seconds: float
    plan: Plan | None = None
    tier: Tier | None = None
    facts: dict[str, Any] = field(default_factory=dict)


Tell = Callable[[Progress], None]
