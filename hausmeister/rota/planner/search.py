"""Search by hand: fill the slots, repair, and improve by small moves that cool down (simulated annealing).

It needs no solver: it is the fallback where there is none, it finds the first plan of a large team, and it is
good at comfort, where bounds are weak. It proves nothing. With the same generator it makes the same moves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp
from random import Random  # noqa: TID251 - the type alone; the generator is handed in

from hausmeister.rota.planner.board import NOBODY, Board
from hausmeister.rota.planner.instance import Plan
from hausmeister.rota.planner.outcome import CHANGED, COMFORT, Limits

_EMPTY, _CHANGED = 4000, 200  # what an empty slot, and a changed slot beyond the limit, weigh
_CHECK_EVERY = 256
_LEAST_PRESSURE, _MOST_PRESSURE = 0.3, 10.0
_GO_BACK_AFTER = 200  # checks outside the limits


@dataclass(frozen=True)
class Cooling:
    """How far the search goes: so many moves, from a temperature (in units of cost) down to another."""

    moves: int
    hot: float = 60.0
    cold: float = 3.0


class Search:
    """Moves on a board towards what `tier` wants, within `limits`; a plan outside them is only a way to a better one.

    `best` is the best complete plan seen within the limits, or None.
    """

    def __init__(self, board: Board, *, chance: Random, tier: str, limits: Limits) -> None:
        self.board, self.chance, self.tier, self.limits = board, chance, tier, limits
        self.fair_weight, self.comfort_weight = (0, 1) if tier == COMFORT else (1, 0)
        self.changed_weight = _CHANGED if tier == CHANGED else 0
        self.best: Plan | None = None
        self.best_rank: tuple[int, ...] = ()
        self.was_cut = False
        self.pressure = 1.0
        self._note()

    def run(self, cooling: Cooling, *, is_over: Callable[[], bool]) -> None:
        """Make the moves. Where `is_over` ends them early, `was_cut` is true."""
        board, chance = self.board, self.chance
        open_slots = [slot for slot, own in enumerate(board.candidates) if len(own) > 1 or board.holder[slot] == NOBODY]
        shrink = (cooling.cold / cooling.hot) ** (_CHECK_EVERY / max(cooling.moves, 1))
        temperature, outside, energy = cooling.hot, 0, self._energy()
        for move in range(cooling.moves if open_slots else 0):
            if move % _CHECK_EVERY == 0:
                if is_over():
                    self.was_cut = True
                    return
                temperature *= shrink
                outside = self._press(outside)
                energy = self._energy()
            undo = self._move(open_slots[int(chance.random() * len(open_slots))])
            if undo is None:
                continue
            after = self._energy()
            if after > energy and chance.random() >= exp((energy - after) / temperature):
                self._take_back(undo)
                continue
            if after < energy:
                self._note()
            energy = after

    def _press(self, outside: int) -> int:
        """Make FAIR above its limit dearer while the search is above it, and cheaper below.

        Return for how many checks it has been above; after too many it goes back to the best plan.
        """
        if self.limits.fair is None or self.board.fair <= self.limits.fair:
            self.pressure = max(self.pressure * 0.9, _LEAST_PRESSURE)
            return 0
        self.pressure = min(self.pressure * 1.03, _MOST_PRESSURE)
        if outside >= _GO_BACK_AFTER and self.best is not None:
            self.board.load(self.best)
            return 0
        return outside + 1

    def _energy(self) -> float:
        board, limits = self.board, self.limits
        energy: float = self.fair_weight * board.fair + self.comfort_weight * board.comfort + _EMPTY * board.empty
        energy += self.changed_weight * board.changed
        if limits.changed is not None and board.changed > limits.changed:
            energy += _CHANGED * (board.changed - limits.changed)
        if limits.fair is not None and board.fair > limits.fair:
            energy += self.pressure * (board.fair - limits.fair)
        return energy

    def _note(self) -> None:
        """Keep the plan on the board if it is complete, within the limits, and better than the best."""
        board, limits = self.board, self.limits
        if board.empty or (limits.changed is not None and board.changed > limits.changed):
            return
        if limits.fair is not None and board.fair > limits.fair:
            return
        rank: tuple[int, ...] = (board.fair, board.comfort)
        if self.tier == COMFORT:
            rank = (board.comfort, board.fair)
        elif self.tier == CHANGED:
            rank = (board.changed, *rank)
        if self.best is None or rank < self.best_rank:
            self.best, self.best_rank = board.plan(), rank

    def _move(self, slot: int) -> list[tuple[int, int]] | None:
        """Make one move; return the slots it changed with their holders before, or None if it was no move."""
        board = self.board
        if board.holder[slot] == NOBODY:
            return self._fill(slot)
        kind = self.chance.random()
        if kind < 0.35:
            return self._give(slot)
        if kind < 0.65:
            return self._swap(slot, self._other(slot))
        return self._swap_pairs(slot, self._other(slot))

    def _other(self, slot: int) -> int:
        """Return a slot of any week, mostly of the same role."""
        week = int(self.chance.random() * self.board.instance.weeks)
        role = slot & 3
        if (role > 1 and self.chance.random() < 0.5) or self.chance.random() < 0.1:
            role ^= 1
        return 4 * week + role

    def _give(self, slot: int) -> list[tuple[int, int]] | None:
        board = self.board
        own = board.candidates[slot]
        person = own[int(self.chance.random() * len(own))]
        if person == board.holder[slot]:
            return None
        before = board.remove(slot)
        if board.conflict(slot, person):
            board.place(slot, before)
            return None
        board.place(slot, person)
        return [(slot, before)]

    def _swap(self, one: int, other: int) -> list[tuple[int, int]] | None:
        holder, may = self.board.holder, self.board.may
        first, second = holder[one], holder[other]
        if NOBODY in (first, second) or first == second or second not in may[one] or first not in may[other]:
            return None
        return self._exchange([(one, second), (other, first)])

    def _swap_pairs(self, one: int, other: int) -> list[tuple[int, int]] | None:
        """Exchange whole weeks or weekends: who is in front together with who is behind."""
        one, other = one & ~2, other & ~2
        holder, may = self.board.holder, self.board.may
        changes = [
            (one, holder[other]),
            (one ^ 2, holder[other ^ 2]),
            (other, holder[one]),
            (other ^ 2, holder[one ^ 2]),
        ]
        if one == other or any(person not in may[slot] for slot, person in changes):
            return None
        return self._exchange(changes)

    def _exchange(self, changes: list[tuple[int, int]]) -> list[tuple[int, int]] | None:
        board = self.board
        before = [(slot, board.remove(slot)) for slot, _ in changes]
        for place, (slot, person) in enumerate(changes):
            if board.conflict(slot, person):
                for done, _ in changes[:place]:
                    board.remove(done)
                for back, holder in before:
                    board.place(back, holder)
                return None
            board.place(slot, person)
        return before

    def _fill(self, slot: int) -> list[tuple[int, int]] | None:
        """Put somebody into the empty `slot`, and take out whatever stands against it."""
        board = self.board
        own = board.candidates[slot]
        if not own:
            return None
        person = own[int(self.chance.random() * len(own))]
        before = [(slot, NOBODY)]
        week = slot >> 2
        partner = slot ^ 2
        in_the_way = [4 * week + role for role in range(4) if board.holder[4 * week + role] == person]
        if slot & 3 < 2:
            gap = board.instance.spacing.min_gap
            weeks = range(max(0, week - gap + 1), min(board.instance.weeks, week + gap))
            in_the_way += [
                4 * near + role
                for near in weeks
                if near != week
                for role in (0, 1)
                if board.holder[4 * near + role] == person
            ]
        for one in in_the_way:
            if board.conflict(slot, person):  # asked anew: each removal changes the answer
                before.append((one, board.remove(one)))  # noqa: PERF401
        if board.conflict(slot, person) and board.holder[partner] != NOBODY:
            before.append((partner, board.remove(partner)))
        if board.conflict(slot, person):
            self._put_back(before)
            return None
        board.place(slot, person)
        return before

    def _take_back(self, before: list[tuple[int, int]]) -> None:
        board = self.board
        for slot, _ in before:
            if board.holder[slot] != NOBODY:
                board.remove(slot)
        self._put_back(before)

    def _put_back(self, before: list[tuple[int, int]]) -> None:
        for slot, person in before:
            if person != NOBODY:
                self.board.place(slot, person)
