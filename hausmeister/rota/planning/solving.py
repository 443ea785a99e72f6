"""The engine's part of planning: takes one draft at a time, has it solved elsewhere, stores what became of it.

How a plan is found is handed in (`Solve`); the wiring gives the planner's own child process. Nothing of it runs in the
engine's thread, and nothing of it ever runs in the web process.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hausmeister.base import chance, clock, log
from hausmeister.base.one_at_a_time import Begin, OneAtATime
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planner import files
from hausmeister.rota.planner.instance import Instance
from hausmeister.rota.planning import drafts, loads, ways
from hausmeister.rota.planning.rules.states import DraftState, Flavour

_log = log.get(__name__)

EVERY = timedelta(seconds=1)
FAILED_WORDS = "The planner broke while it worked on this; it is logged. Ask again, or with fewer weeks."


@dataclass(frozen=True)
class Task:
    """What is to be solved: `budget_s` is wall-clock time; the same instance and seed give the same plan.

    A `question` is something else than a plan, as the planner's process takes it.
    """

    instance: Instance
    flavour: Flavour
    seed: int
    budget_s: int
    tolerance_percent: int
    question: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """What became of a task: a state, the result as a draft keeps it, and what is wrong, in sentences."""

    state: DraftState
    result: Mapping[str, Any]
    problem: str = ""


# told how far the solver is; answers whether the draft is still wanted
Tell = Callable[[Mapping[str, Any] | None], bool]
Solve = Callable[[Task, Tell], Answer]
# the answers of a comparison, found together; None where each must be found by itself
Compare = Callable[[Task, Tell], Mapping[Flavour, Answer] | None]


class NoLongerWanted(Exception):
    """The draft was discarded, or another engine has it."""


class Planning:
    """Has drafts solved, one at a time."""

    def __init__(self, solve: Solve, *, begin: Begin, compare: Compare | None = None) -> None:
        self._solve = solve
        self._compare = compare
        self._rounds = OneAtATime(begin, event="plan.not_stored")
        # one name for this process's claims; two engines never share one
        self.name = chance.text(16)

    def run(self, now: datetime) -> int:
        """Take a draft that waits, if none is being solved here; return how many were taken."""
        draft = None if self._rounds.is_going else drafts.claim(by=self.name, now=now)
        return 0 if draft is None else self._rounds.begin(lambda: self._work(draft))

    def _work(self, draft: Draft) -> None:
        try:
            if self._compared(draft):
                return
            answer = self._solve(task_of(draft), self._teller([draft]))
        except NoLongerWanted:
            _log.info("plan.no_longer_wanted", draft=draft.pk)
        except Exception as error:  # noqa: BLE001 - a planner that breaks must not take the engine with it
            _log.error("plan.broke", draft=draft.pk, error=f"{type(error).__name__}: {error}"[:500])
            drafts.fail(draft, FAILED_WORDS, by=self.name, now=clock.now())
        else:
            self._store(draft, answer)

    def _compared(self, draft: Draft) -> bool:
        """Answer `draft` with the others of its comparison, found together; say whether that was done."""
        task = task_of(draft)
        # without a plan that stands there are no changes to count, and where comfort may cost fairness no shortest way
        if self._compare is None or task.instance.current is None or task.tolerance_percent:
            return False
        beside = drafts.claim_beside(draft, by=self.name, now=clock.now())
        if not beside:
            return False
        answers = None
        try:
            answers = self._compare(task, self._teller([draft, *beside]))
        finally:
            if answers is None:
                for one in beside:
                    drafts.release(one, by=self.name)
        if answers is None:
            return False
        for one in (draft, *beside):
            self._store(one, answers[Flavour(one.flavour)])
        return True

    def _teller(self, those: Sequence[Draft]) -> Tell:
        def tell(progress: Mapping[str, Any] | None) -> bool:
            now = clock.now()
            alive = [drafts.beat(one.pk, by=self.name, now=now, progress=progress) for one in those]
            return any(alive)

        return tell

    def _store(self, draft: Draft, answer: Answer) -> None:
        now = clock.now()
        if answer.state is DraftState.READY:
            is_stored = drafts.finish(draft, answer.result, by=self.name, now=now)
        elif answer.state is DraftState.IMPOSSIBLE:
            found = ways.explained(draft, answer.result)
            is_stored = drafts.give_up(draft, found, answer.problem, by=self.name, now=now)
        else:
            is_stored = drafts.fail(draft, answer.problem or FAILED_WORDS, by=self.name, now=now)
        _log.info("plan.answered", draft=draft.pk, state=answer.state.value, stored=is_stored)


def task_of(draft: Draft) -> Task:
    """Return what is to be solved for `draft`."""
    return Task(
        files.instance_from(draft.inputs["instance"]),
        Flavour(draft.flavour),
        draft.seed,
        draft.budget_s,
        draft.tolerance_percent,
        loads.question_of(draft),
    )
