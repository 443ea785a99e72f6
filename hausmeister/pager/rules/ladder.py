"""Climbing: the team's ladder says who is called in turn, each person's own ladder how.

Everything here is a value; the operations apply what these functions decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

LAST_RESORT = "last resort"


@dataclass(frozen=True)
class Step:
    """One step of a team ladder: who is called, and how long they have before the next step."""

    call: str
    wait: timedelta


@dataclass(frozen=True)
class PersonalRung:
    """One rung of a person's own ladder: this contact method, so long after the person was called."""

    after: timedelta
    method_id: int
    channel: str
    to: Mapping[str, Any]
    added_at: datetime | None = None


@dataclass(frozen=True)
class Callee:
    """Somebody who can be called: `role` says as what, in words; `rungs` how. No rungs: out of reach."""

    person_id: int
    name: str
    role: str
    rungs: tuple[PersonalRung, ...]

    @property
    def is_reachable(self) -> bool:
        """Whether there is any way to reach them."""
        return bool(self.rungs)


@dataclass(frozen=True)
class Roster:
    """Whom each call means at one instant. `last_hope` is everybody else who could be reached, in order.

    `until` is when any of it may change.
    """

    called: Mapping[str, tuple[Callee, ...]]
    last_hope: tuple[Callee, ...]
    until: datetime

    def meant_by(self, call: str) -> tuple[Callee, ...]:
        """Return the people that `call` means now."""
        return self.called.get(call, ())


@dataclass(frozen=True)
class Position:
    """How far a page has climbed. `steps_done` only ever grows; `place` is the index into the ladder."""

    steps_done: int = 0
    place: int = 0
    round: int = 0


@dataclass(frozen=True)
class StepTaken:
    """One step as it happened: whom it called, or why nobody."""

    number: int
    call: str
    callees: tuple[Callee, ...]
    skipped: str = ""


@dataclass(frozen=True)
class Climb:
    """What one climb decides: the steps taken, whom to call now, and when to climb on.

    `exhausted` says that the ladder was used up and starts again, `nobody` that no one at all can be reached.
    """

    steps: tuple[StepTaken, ...]
    position: Position
    wait: timedelta
    exhausted: bool = False
    nobody: bool = False

    @property
    def callees(self) -> tuple[Callee, ...]:
        """Everybody to call now, each once, in the order of the steps."""
        unique = {callee.person_id: callee for step in reversed(self.steps) for callee in reversed(step.callees)}
        return tuple(reversed(unique.values()))


RETRY_WHEN_NOBODY = timedelta(minutes=1)
# a test page ends by itself after this
TEST_LASTS = timedelta(minutes=15)


def climb(
    steps: Sequence[Step], position: Position, roster: Roster, *, already_on_it: frozenset[int] = frozenset()
) -> Climb:
    """Return the next step that calls somebody; steps without anybody are skipped at once.

    At the end of the ladder the last resort is called and the ladder starts again in the same climb, so a
    used-up ladder is never silent. `already_on_it` are people who said they are working on the page: they are
    not called again. When no step reaches anybody, everybody who could be reached is called; when there is no
    one at all, the climb is tried again after a minute.
    """
    taken: list[StepTaken] = []
    place, round_number, exhausted = position.place, position.round, False
    for _ in range(len(steps) + 1):
        if place >= len(steps):
            place, round_number, exhausted = 0, round_number + 1, True
            taken.append(_take(LAST_RESORT, roster, already_on_it, position.steps_done + len(taken)))
        step = steps[place]
        place += 1
        taken.append(_take(step.call, roster, already_on_it, position.steps_done + len(taken)))
        if any(one.callees for one in taken):
            return Climb(
                tuple(taken),
                Position(position.steps_done + len(taken), place, round_number),
                step.wait,
                exhausted,
            )
    return _last_hope(taken, Position(position.steps_done, place, round_number), roster, steps)


def _take(call: str, roster: Roster, already_on_it: frozenset[int], number: int) -> StepTaken:
    meant = roster.meant_by(call)
    if not meant:
        is_schedule = call.startswith("schedule ")
        return StepTaken(number, call, (), f"nobody is {'on by the ' if is_schedule else ''}{call}")
    waiting = [callee for callee in meant if callee.person_id not in already_on_it]
    if not waiting:
        return StepTaken(number, call, (), "already on it: " + ", ".join(callee.name for callee in meant))
    reachable = tuple(callee for callee in waiting if callee.is_reachable)
    if not reachable:
        names = ", ".join(callee.name for callee in waiting)
        return StepTaken(
            number, call, (), f"no way to reach {names}: no contact method that is verified and switched on"
        )
    return StepTaken(number, call, reachable)


def _last_hope(taken: list[StepTaken], position: Position, roster: Roster, steps: Sequence[Step]) -> Climb:
    number = position.steps_done + len(taken)
    reachable = tuple(callee for callee in roster.last_hope if callee.is_reachable)
    taken.append(StepTaken(number, "anybody", reachable, "" if reachable else "nobody at all can be reached"))
    after = Position(number + 1, position.place % len(steps), position.round)
    if not reachable:
        return Climb(tuple(taken), after, RETRY_WHEN_NOBODY, exhausted=True, nobody=True)
    return Climb(tuple(taken), after, steps[0].wait, exhausted=True)


def place_of(steps: Sequence[Step], call: str, *, place: int) -> int | None:
    """Return the place of the first step from `place` on that makes `call`, None when there is none ahead."""
    for index in range(place, len(steps)):
        if steps[index].call == call:
            return index
    return None


@dataclass(frozen=True)
class DueRungs:
    """What is due of one person's ladder: the rungs to send now, how far that is, and when to look again."""

    rungs: tuple[PersonalRung, ...]
    upto_s: int
    next_at: datetime | None


def due_rungs(rungs: Sequence[PersonalRung], *, since_at: datetime, upto_s: int, now: datetime) -> DueRungs:
    """Return the rungs that have come due since the one at `upto_s` seconds (-1: none so far).

    A rung that was added after its moment had passed is left out in this round.
    """
    elapsed_s = int((now - since_at).total_seconds())
    due = tuple(
        rung
        for rung in rungs
        if upto_s < rung.after.total_seconds() <= elapsed_s and not _came_too_late(rung, since_at)
    )
    ahead = [rung for rung in rungs if rung.after.total_seconds() > elapsed_s]
    next_at = since_at + min(rung.after for rung in ahead) if ahead else None
    return DueRungs(due, max(upto_s, elapsed_s), next_at)


def next_rung_at(rungs: Sequence[PersonalRung], *, since_at: datetime, upto_s: int) -> datetime | None:
    """Return when the next rung after the one at `upto_s` seconds rings; in the past, when it is overdue."""
    ahead = [rung.after for rung in rungs if rung.after.total_seconds() > upto_s and not _came_too_late(rung, since_at)]
    return since_at + min(ahead) if ahead else None


def _came_too_late(rung: PersonalRung, since_at: datetime) -> bool:
    return rung.added_at is not None and rung.added_at > since_at + rung.after


def next_rung_at_once(rungs: Sequence[PersonalRung], *, upto_s: int) -> tuple[PersonalRung, ...]:
    """Return the rungs of the next moment after `upto_s`, to be used now because an earlier one failed."""
    ahead = [rung for rung in rungs if rung.after.total_seconds() > upto_s]
    soonest = min((rung.after for rung in ahead), default=None)
    return tuple(rung for rung in ahead if rung.after == soonest)
