"""The planner: first any valid plan, then tier after tier, each kept as a bound for the next.

Two searches share the work: the solver proves, the search by hand improves beside it on the other core. How far
each goes is a number of moves and of the solver's own units, worked out from the budget, so the same input and
seed give the same plan; where the clock ends a search first, the outcome says so.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from random import Random  # noqa: TID251 - the type alone; the generator is handed in

from hausmeister.rota.planner import thinning
from hausmeister.rota.planner.board import Board
from hausmeister.rota.planner.candidates import Candidates, candidates
from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.costs import changed_slots, costs
from hausmeister.rota.planner.files import fingerprint
from hausmeister.rota.planner.instance import Instance, Plan
from hausmeister.rota.planner.outcome import (
    CHANGED,
    COMFORT,
    FAIR,
    Conflict,
    Limits,
    Outcome,
    Progress,
    Proof,
    Prover,
    Tell,
    Tier,
    Wishes,
)
from hausmeister.rota.planner.search import Cooling, Search

# moves a second that a slow core makes, and the solver's units a second: what a budget is translated with
_MOVES_A_SECOND, _WORK_A_SECOND = 150_000, 0.8
_FIRST_MOVES, _FIRST_ROUNDS, _PATIENT_ROUNDS = 3_000, 25, 20
_FAIR_SHARE, _IN_ALL, _COMFORT_ROUNDS = 0.45, 0.9, 3  # of the budget; the rest is for starting and building
_MOVES_A_CANDIDATE = 40
_EXPLAIN_S = 2.0
NOT_PROVEN = "The solver is missing: this plan was made by hand. Every hard rule is kept, but nothing is proven."
THINNED = "The team is too large for the solver: it chose among some candidates for each slot, and proves nothing."
CUT = "The clock ended the search before its work was done: another run may end with another plan."


class Broken(AssertionError):
    """The planner made a plan that its own checker refuses. Nothing is handed out; it must be mended here."""


@dataclass
class Planning:
    """One run. `seconds` tells the time since its start; `chance` makes a generator from a seed."""

    instance: Instance
    wishes: Wishes
    chance: Callable[[int], Random]
    seconds: Callable[[], float]
    tell: Tell
    load_prover: Callable[[], Prover | None]
    explain: Callable[[Instance, Prover | None, Callable[[], bool]], Conflict | None]

    def __post_init__(self) -> None:
        self.candidates: Candidates = candidates(self.instance)
        self.for_solver: Candidates = self.candidates
        self.tiers: list[Tier] = []
        self.remarks: list[str] = []
        self.first_plan_s: float | None = None
        self.prover: Prover | None = None
        self.limits = Limits()
        self.left_s = self.wishes.budget_s * _IN_ALL  # of work, not of the clock: it is the same in each run

    def run(self) -> Outcome:
        """Return the plan, or why there is none."""
        plan = self._first_plan()
        self.prover = self.load_prover()
        if plan is None:
            plan, conflict = self._first_plan_by_solver()
            if conflict is not None or plan is None:
                return self._outcome(None, conflict)
        if self.prover is None:
            self.remarks.append(NOT_PROVEN)
        if self.instance.current is not None:
            plan = self._fewest_changes(plan)
        plan = self._fairest(plan)
        return self._outcome(self._most_comfortable(plan), None)

    # ---- the first plan ----

    def _first_plan(self) -> Plan | None:
        """Return a valid plan found by hand within a fraction of a second, or None."""
        search = self._search(None, Limits(), stream=0)
        for _ in range(_FIRST_ROUNDS if all(self.candidates.values()) else 0):
            search.run(Cooling(_FIRST_MOVES, 400, 200), is_over=lambda: False)
            if search.best is not None:
                return self._found(search.best)
        return None

    def _first_plan_by_solver(self) -> tuple[Plan | None, Conflict | None]:
        if self.prover is None:
            plan = self._first_plan_by_patience()
            return plan, None if plan is not None else self._why_not()
        proof = self._prove("", Limits(), None, self.wishes.budget_s / 2)
        if proof.is_impossible:
            return None, self._why_not()
        return None if proof.plan is None else self._found(proof.plan), None

    def _first_plan_by_patience(self) -> Plan | None:
        search = self._search(None, Limits(), stream=5)
        for _ in range(_PATIENT_ROUNDS if all(self.candidates.values()) else 0):
            search.run(
                Cooling(10 * _FIRST_MOVES, 600, 100),
                is_over=lambda: search.best is not None or self._is_over(self.wishes.budget_s / 2),
            )
            if search.best is not None:
                return self._found(search.best)
        return None

    def _why_not(self) -> Conflict | None:
        began = self.seconds()
        return self.explain(self.instance, self.prover, lambda: self.seconds() > began + _EXPLAIN_S)

    def _found(self, plan: Plan) -> Plan:
        self.first_plan_s = self.seconds()
        self.tell(Progress("first plan", self.first_plan_s, self._checked(plan)))
        return plan

    # ---- the tiers ----

    def _fewest_changes(self, plan: Plan) -> Plan:
        search = self._search(self.instance.current, Limits(), stream=1, tier=CHANGED)
        search.run(Cooling(_FIRST_ROUNDS * _FIRST_MOVES, 200, 20), is_over=lambda: False)
        plan = min((one for one in (plan, search.best) if one is not None), key=self._rank_of(CHANGED))
        bound = 0
        if self.prover is not None:
            proof = self._prove(CHANGED, Limits(), plan, self.wishes.budget_s / 4)
            plan, bound = proof.plan or plan, proof.bound
        fewest = changed_slots(self.instance, plan)
        self._done(Tier(CHANGED, fewest, bound, self.seconds()), plan)
        extra = self.wishes.extra_changes
        self.limits = Limits(changed=None if extra is None else fewest + extra)
        return plan

    def _fairest(self, plan: Plan) -> Plan:
        self._thin_out(plan)
        quick = self._search(plan, self.limits, stream=4, tier=FAIR)
        moves = min(
            _MOVES_A_CANDIDATE * sum(map(len, self.candidates.values())), round(self.left_s * _MOVES_A_SECOND / 5)
        )
        ends = self.wishes.budget_s / 5
        quick.run(_cooling(FAIR, moves), is_over=lambda: self._is_over(ends))
        if quick.was_cut:
            self._was_cut()
        plan = min((one for one in (plan, quick.best) if one is not None), key=self._rank_of(FAIR))
        plan, bound = self._both(FAIR, plan, span=self.wishes.budget_s * _FAIR_SHARE, rounds=1)
        value = costs(self.instance, plan).fair.total
        self._done(Tier(FAIR, value, bound, self.seconds()), plan)
        self.limits = replace(self.limits, fair=value * (100 + self.wishes.fair_tolerance_percent) // 100)
        return plan

    def _most_comfortable(self, plan: Plan) -> Plan:
        plan, bound = self._both(COMFORT, plan, span=self.left_s, rounds=_COMFORT_ROUNDS)
        self._done(Tier(COMFORT, costs(self.instance, plan).comfort.total, bound, self.seconds()), plan)
        return plan

    def _both(self, tier: str, plan: Plan, *, span: float, rounds: int) -> tuple[Plan, int]:
        """Let solver and search by hand go on from `plan`, side by side; return the better plan and the bound."""
        ends = self.wishes.budget_s if tier == COMFORT else self.seconds() + span * 1.2
        bound = 0
        for number in range(rounds):
            proof, found = self._side_by_side(tier, plan, span / rounds, ends, number)
            bound = max(bound, proof.bound)
            self.left_s -= proof.work / _WORK_A_SECOND if proof.is_complete else span / rounds
            if proof.is_complete and proof.plan is not None:
                return proof.plan, proof.bound
            plan = min((one for one in (plan, found, proof.plan) if one is not None), key=self._rank_of(tier))
        return plan, bound

    def _side_by_side(self, tier: str, plan: Plan, span: float, ends: float, number: int) -> tuple[Proof, Plan | None]:
        search = self._search(plan, self.limits, stream=10 * number + (2 if tier == FAIR else 3), tier=tier)
        moves = round(span * _MOVES_A_SECOND)
        if self.prover is None:
            search.run(_cooling(tier, moves), is_over=lambda: self._is_over(ends))
            return Proof(None, 0), search.best
        with ThreadPoolExecutor(1) as pool:
            proving = pool.submit(self._prove, tier, self.limits, plan, span, ends, self.wishes.seed + number)
            search.run(_cooling(tier, moves), is_over=lambda: _has_settled(proving) or self._is_over(ends))
            proof = proving.result()
        if search.was_cut and not proof.is_complete:
            self._was_cut()
        return proof, search.best

    def _thin_out(self, plan: Plan) -> None:
        """Leave the solver few candidates a slot in a team that is too large for it; `plan` stays possible."""
        if self.prover is not None and thinning.is_too_large(self.candidates):
            chance = self.chance(1000 * self.wishes.seed + 7)
            self.for_solver = thinning.thinned(self.instance, self.candidates, keep=plan, chance=chance)
            self.remarks.append(THINNED)

    def _prove(
        self,
        tier: str,
        limits: Limits,
        start: Plan | None,
        span: float,
        ends: float | None = None,
        seed: int | None = None,
    ) -> Proof:
        assert self.prover is not None  # noqa: S101 - for the type checker # nosec B101
        until = self.wishes.budget_s if ends is None else ends
        proof = self.prover.prove(
            self.instance, self.for_solver, tier=tier, limits=limits, start=start,
            seed=self.wishes.seed if seed is None else seed,
            left_s=lambda: until - self.seconds(), work=span * _WORK_A_SECOND,
        )  # fmt: skip
        if proof.was_cut:
            self._was_cut()
        # what is best among the thinned candidates need not be the best of all
        return proof if self.for_solver is self.candidates else replace(proof, bound=0, is_complete=False)

    # ---- small parts ----

    def _search(self, start: Plan | None, limits: Limits, *, stream: int, tier: str = "") -> Search:
        board = Board(self.instance, self.candidates)
        if start is not None:
            board.load(start)
        return Search(board, chance=self.chance(1000 * self.wishes.seed + stream), tier=tier, limits=limits)

    def _rank_of(self, tier: str) -> Callable[[Plan], tuple[int, ...]]:
        def rank(plan: Plan) -> tuple[int, ...]:
            found = costs(self.instance, plan)
            fair, comfort = found.fair.total, found.comfort.total
            return {FAIR: (fair, comfort), COMFORT: (comfort, fair), CHANGED: (found.changed_slots, fair)}[tier]

        return rank

    def _is_over(self, ends: float) -> bool:
        return self.seconds() >= ends

    def _was_cut(self) -> None:
        if CUT not in self.remarks:
            self.remarks.append(CUT)

    def _checked(self, plan: Plan) -> Plan:
        broken = check(self.instance, plan)
        if broken:
            raise Broken(f"{len(broken)} hard rules are broken, the first: {broken[0].words}")
        return plan

    def _done(self, tier: Tier, plan: Plan) -> None:
        self.tiers.append(tier)
        self.tell(Progress("tier", tier.seconds, self._checked(plan), tier))

    def _outcome(self, plan: Plan | None, conflict: Conflict | None) -> Outcome:
        return Outcome(
            plan=None if plan is None else self._checked(plan),
            costs=None if plan is None else costs(self.instance, plan),
            tiers=tuple(self.tiers),
            first_plan_s=self.first_plan_s,
            seconds=self.seconds(),
            inputs=fingerprint(self.instance),
            wishes=self.wishes,
            is_by_hand=self.prover is None,
            conflict=conflict,
            remarks=tuple(self.remarks),
        )


def _cooling(tier: str, moves: int) -> Cooling:
    return Cooling(moves, 60, 3) if tier == FAIR else Cooling(moves, 30, 4)


def _has_settled(proving: "Future[Proof]") -> bool:
    """Say whether the solver has proven its plan the best: nothing found by hand can count any more."""
    return proving.done() and proving.exception() is None and proving.result().is_complete
