"""Why there is no plan: a smallest set of facts that cannot all hold, and the cheapest way out.

First the weeks: the earliest end, then the latest beginning, of a stretch that alone has no plan. Then facts are
taken away one by one; what the stretch needs to stay impossible is kept. The solver's own cores are not used:
they have been wrong. The cheapest way out is a cheapest set of facts that meets every such conflict.
"""

from collections.abc import Callable, Sequence
from itertools import combinations

from hausmeister.rota.planner.candidates import candidates
from hausmeister.rota.planner.instance import Instance, Rule, Waiver
from hausmeister.rota.planner.outcome import Conflict, Limits, Prover
from hausmeister.rota.planner.removable import Removable, facts, smaller_gaps, waived

_WORK, _WALL_S = 3.0, 3.0
_MOST_CONFLICTS, _MOST_FACTS_OUT = 12, 4


def explain(instance: Instance, prover: Prover | None, is_over: Callable[[], bool] = lambda: False) -> Conflict | None:
    """Return why `instance` has no plan; None if it has one, or if that cannot be known without the solver.

    Where `is_over` ends the work early, the set may not be the smallest and the way out not the cheapest.
    """
    judge = _Judge(prover, is_over)
    weeks = judge.stretch(instance)
    if weeks is None:
        return None
    smallest = judge.smallest(instance, weeks)
    is_smallest = not judge.is_unsure
    cheapest = judge.way_out(instance, weeks, smallest) if prover is not None else ()
    return Conflict(
        first=weeks[0],
        last=weeks[-1],
        facts=tuple(one.fact for one in smallest),
        cheapest=tuple(one.fact for one in cheapest),
        is_smallest=is_smallest,
    )


class _Judge:
    """Asks whether stretches of weeks have a plan."""

    def __init__(self, prover: Prover | None, is_over: Callable[[], bool]) -> None:
        self.prover, self.is_over = prover, is_over
        self.is_unsure = False

    def is_impossible(self, instance: Instance, weeks: range) -> bool:
        """Say whether it is proven that `weeks` alone have no plan; what was not settled in time makes `is_unsure`.

        Without a solver only an empty list of candidates is proof.
        """
        own = candidates(instance, weeks)
        if any(not people for people in own.values()):
            return True
        if self.prover is None:
            return False
        proof = self.prover.prove(
            instance, own, tier="", limits=Limits(), start=None, seed=1, left_s=lambda: _WALL_S, work=_WORK
        )  # fmt: skip
        self.is_unsure |= proof.plan is None and not proof.is_impossible
        return proof.is_impossible

    def stretch(self, instance: Instance) -> range | None:
        """Return weeks that have no plan while all shorter stretches inside have one; None if all weeks have one."""
        for week in range(instance.weeks):
            if not all(candidates(instance, range(week, week + 1)).values()):
                return range(week, week + 1)
        if not self.is_impossible(instance, range(instance.weeks)):
            return None
        end = _first_true(1, instance.weeks, lambda end: self.is_impossible(instance, range(end)))
        begin = _first_true(0, end - 1, lambda behind: not self.is_impossible(instance, range(behind + 1, end)))
        return range(begin, end)

    def smallest(self, instance: Instance, weeks: range) -> list[Removable]:
        """Return facts of which each is needed for `weeks` to be impossible; if time ends, `is_unsure` and more."""
        kept = facts(instance, weeks)
        without = instance
        for one in list(kept):
            if self.is_over():
                self.is_unsure = True
                break
            tried = one.removed_from(without)
            if self.is_impossible(tried, weeks):
                without = tried
                kept.remove(one)
        return kept

    def way_out(self, instance: Instance, weeks: range, smallest: Sequence[Removable]) -> Sequence[Removable]:
        """Return the cheapest facts whose removal makes the whole plan possible; empty if that was not settled.

        Each round takes the cheapest set that meets every conflict known, and looks for one more conflict.
        """
        conflicts = [self._narrowed(instance, weeks, smallest)]
        best = self._by_smaller_gap(instance) if any(one.fact.rule == Rule.R6 for one in smallest) else ()
        for _ in range(_MOST_CONFLICTS):
            chosen = _cheapest_cover(conflicts)
            if self.is_over() or (best and _cost(chosen) >= _cost(best)):
                return best
            relaxed = instance
            for one in chosen:
                relaxed = one.removed_from(relaxed)
            rest = self.stretch(relaxed)
            if rest is None:
                return best if self.is_unsure else chosen
            conflicts.append(self._narrowed(relaxed, rest, self.smallest(relaxed, rest)))
        return best

    def _by_smaller_gap(self, instance: Instance) -> Sequence[Removable]:
        for one in smaller_gaps(instance):
            if self.stretch(one.removed_from(instance)) is None:
                return (one,)
        return ()

    def _narrowed(self, instance: Instance, weeks: range, found: Sequence[Removable]) -> list[Removable]:
        """Return `found`, with a rule waived for one week only where one week is enough."""
        return [self._for_one_week(instance, weeks, one) or one for one in found]

    def _for_one_week(self, instance: Instance, weeks: range, one: Removable) -> Removable | None:
        rule = Rule(one.fact.rule)
        if len(one.waivers) < 2:
            return None
        for week in weeks:
            tried = instance.waiving([Waiver(rule, week)])
            if not self.is_impossible(tried, weeks):
                return waived(instance, rule, range(week, week + 1), one.fact.people, one.fact.words)
        return None


def _first_true(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Return the first number from `low` to `high` for which `holds`; it holds for `high`, and stays so."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _cheapest_cover(conflicts: Sequence[Sequence[Removable]]) -> Sequence[Removable]:
    """Return the cheapest facts that meet each of `conflicts`; the smaller set where two cost the same."""
    every = list({one.fact.key: one for conflict in conflicts for one in conflict}.values())
    best: Sequence[Removable] = [min(conflict, key=lambda one: one.fact.cost) for conflict in conflicts]
    for size in range(1, _MOST_FACTS_OUT + 1):
        for chosen in combinations(every, size):
            keys = {one.fact.key for one in chosen}
            if all(any(one.fact.key in keys for one in conflict) for conflict in conflicts):
                best = min(best, chosen, key=lambda some: (_cost(some), len(some)))
    return best


def _cost(some: Sequence[Removable]) -> int:
    return sum(one.fact.cost for one in some)
