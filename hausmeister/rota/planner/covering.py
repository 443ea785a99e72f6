"""Who could cover? Everybody who can take a slot as the plan stands, and chains of up to three moves.

A chain moves another slot only because the one before makes it necessary: Bea can take Ana's week once Cem has
her weekend. So the chains are exactly the smallest repairs with at most three slots: give up any move of one and
some rule breaks. The search goes along what stands in the way and leaves nothing out; it is exact and has no
solver. Frozen and pinned slots do not move, but for the slot that is asked about: its holder cannot.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nsmallest
from typing import NamedTuple

from hausmeister.rota.planner.board import Board, number_of
from hausmeister.rota.planner.instance import Instance, Plan, Role, Slot
from hausmeister.rota.planner.offers import Offer, offer

LONGEST_CHAIN = 3


class NoSuchSlot(LookupError):
    """The plan has no such week; the text says which there are."""


@dataclass(frozen=True)
class Cover:
    """The answer. `people` is complete, best first; `chains` are the best of `chains_found`."""

    people: tuple[Offer, ...]
    chains: tuple[Offer, ...]
    chains_found: int


def cover(
    *, instance: Instance, plan: Plan, week: int, role: Role, longest: int = LONGEST_CHAIN, most_chains: int = 20
) -> Cover:
    """Return who could take the slot of its holder, alone or by a chain of at most `longest` moves.

    People are ranked by the change in FAIR plus COMFORT; chains pay the weight of a changed slot for each
    further move besides, since somebody more has to agree.
    Raises NoSuchSlot.
    """
    slot = checked(instance, Slot(week, role))
    board = Board(instance, plan)
    asker = plan.holders.get(slot)
    number = number_of(slot)
    people = [offer(board, {number: taker}, asker=asker) for taker, way in _first(board, number) if way == []]
    chains = list(_chains(board, number, longest)) if longest > 1 else []
    per_move = instance.weights.change
    best = nsmallest(most_chains, chains, key=lambda one: (one.price + per_move * len(one.moves), one.moves))
    return Cover(
        people=tuple(sorted(people, key=lambda one: (one.d_fair + one.d_comfort, one.steps[0].taker))),
        chains=tuple(offer(board, dict(one.moves), asker=asker) for one in best),
        chains_found=len(chains),
    )


def checked(instance: Instance, slot: Slot) -> Slot:
    """Return `slot` if the instance has it. Raises NoSuchSlot."""
    if not 0 <= slot.week < instance.weeks:
        raise NoSuchSlot(f"There is no week {slot.week}; the weeks are 0 to {instance.weeks - 1}.")
    return slot


class _Found(NamedTuple):
    price: int
    moves: tuple[tuple[int, int], ...]


def _first(board: Board, slot: int) -> Iterator[tuple[int, list[int]]]:
    """Yield who could take `slot` at all, with the slots that would have to move for it."""
    for taker, own in board.takers(slot):
        way = board.in_the_way(slot, taker, own, {})
        if way is not None:
            yield taker, way


def _chains(board: Board, slot: int, longest: int) -> Iterator[_Found]:
    for taker, way in _first(board, slot):
        if way:
            yield from _extend(board, {slot: taker}, way, longest - 1)


def _extend(board: Board, moves: dict[int, int], waiting: list[int], left: int) -> Iterator[_Found]:
    """Yield every way to place the `waiting` slots, and what they push out, in at most `left` further moves."""
    if len(waiting) > left or not board.fixed.isdisjoint(waiting):
        return
    slot, rest = waiting[0], waiting[1:]
    if left == 1:
        yield from _close(board, moves, slot)
        return
    vacated = _Vacated(board, moves, slot)
    for taker, own in board.takers(slot):
        way = board.in_the_way(slot, taker, own, moves)
        if way is None:
            continue
        then = rest + [one for one in way if one not in rest]
        if then:
            yield from _extend(board, {**moves, slot: taker}, then, left - 1)
        else:
            yield _Found(vacated.price_with(taker), (*moves.items(), (slot, taker)))


def _close(board: Board, moves: dict[int, int], slot: int) -> Iterator[_Found]:
    """Yield every way to place `slot` as the last move. Most who can are known from the plan as it stands."""
    vacated = _Vacated(board, moves, slot)
    before = tuple(moves.items())
    if slot ^ 2 in moves:
        others: Iterator[tuple[int, tuple[int, ...]]] = iter(board.takers(slot))
    else:
        others = (one for one in board.takers(slot) if one[0] in vacated.touched)
        for taker in board.ready(slot):
            if taker not in vacated.touched:
                yield _Found(vacated.price_with(taker), (*before, (slot, taker)))
    for taker, own in others:
        if board.in_the_way(slot, taker, own, moves) == []:
            yield _Found(vacated.price_with(taker), (*before, (slot, taker)))


class _Vacated:
    """Prices of one more move after `moves`: of many takers for one slot, only the taker's part differs."""

    def __init__(self, board: Board, moves: dict[int, int], slot: int) -> None:
        self.board, self.moves, self.slot = board, moves, slot
        self.touched = {board.holder[slot], *moves.values(), *(board.holder[one] for one in moves)}
        self.has_goals = not slot & 1
        gains: dict[int, list[int]] = {}
        losses: dict[int, list[int]] = {board.holder[slot]: [slot]}
        for moved, taker in moves.items():
            gains.setdefault(taker, []).append(moved)
            losses.setdefault(board.holder[moved], []).append(moved)
        self.gains, self.losses = gains, losses
        self.shared = sum(self._own(person) for person in self.touched)
        self.goals = 0 if self.has_goals else board.goals(moves)

    def _own(self, person: int, *more: int) -> int:
        return self.board.own(person, (*self.gains.get(person, ()), *more), self.losses.get(person, ())).total

    def price_with(self, taker: int) -> int:
        """Return FAIR plus COMFORT of the moves with `taker` in the slot."""
        goals = self.board.goals({**self.moves, self.slot: taker}) if self.has_goals else self.goals
        if taker in self.touched:
            return self.shared - self._own(taker) + self._own(taker, self.slot) + goals
        return self.shared + self.board.gain(taker, self.slot) + goals
