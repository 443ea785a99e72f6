"""The smallest repairs of a plan: what else must move when some slots must change hands. Exact, without a solver.

A repair is a set of moves after which no rule is broken at any slot it touches. Slots are added to it only when a
move made before leaves no choice (the taker's own duty that clashes, the partner who no longer outranks); so what is
found are exactly the repairs of which no move can be left out, each once.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hausmeister.rota.planner.standing import Standing


class TooMany(Exception):
    """The search has seen more than it was allowed to; nothing can be said."""


class Repair(NamedTuple):
    """Moves (slot to taker, by the numbers) and what they cost, FAIR plus COMFORT."""

    price: int
    moves: tuple[tuple[int, int], ...]


def repairs(
    standing: Standing, slots: Sequence[int], *, most_moves: int, only: int | None = None, most_tried: int | None = None
) -> Iterator[Repair]:
    """Yield every smallest repair, of at most `most_moves`, that gives each of `slots` to somebody else.

    `only` is who takes the first of them; None lets anybody. The slots themselves may be frozen or pinned, others
    that are do not move. Raises TooMany after `most_tried` looks at one person for one slot.
    """
    search = _Search(standing, frozenset(slots), most_tried)
    if only is None:
        yield from search.extend({}, list(slots), most_moves)
    else:
        yield from search.place(
            {}, list(slots), most_moves, [one for one in standing.takers(slots[0]) if one[0] == only]
        )


class _Search:
    def __init__(self, standing: Standing, asked: frozenset[int], most_tried: int | None) -> None:
        self.standing, self.asked, self.most_tried = standing, asked, most_tried
        self.tried = 0

    def extend(self, moves: dict[int, int], waiting: list[int], left: int) -> Iterator[Repair]:
        """Yield every way to place the `waiting` slots, and what they push out, in at most `left` further moves."""
        if len(waiting) > left or any(one in self.standing.fixed and one not in self.asked for one in waiting):
            return
        if left == 1:
            yield from self._close(moves, waiting[0])
        else:
            yield from self.place(moves, waiting, left, self.standing.takers(waiting[0]))

    def place(
        self, moves: dict[int, int], waiting: list[int], left: int, takers: Iterable[tuple[int, tuple[int, ...]]]
    ) -> Iterator[Repair]:
        """Yield the same with one of `takers` in the first of the slots."""
        slot, rest = waiting[0], waiting[1:]
        vacated = _Vacated(self.standing, moves, slot)
        for taker, own in takers:
            self._count()
            way = self.standing.in_the_way(slot, taker, own, moves)
            if way is None:
                continue
            then = rest + [one for one in way if one not in rest]
            if then:
                yield from self.extend({**moves, slot: taker}, then, left - 1)
            else:
                yield Repair(vacated.price_with(taker), (*moves.items(), (slot, taker)))

    def _close(self, moves: dict[int, int], slot: int) -> Iterator[Repair]:
        """Yield every way to place `slot` as the last move. Most who can are known from the plan as it stands."""
        standing, vacated, before = self.standing, _Vacated(self.standing, moves, slot), tuple(moves.items())
        others = standing.takers(slot)
        if slot ^ 2 not in moves:
            others = tuple(one for one in others if one[0] in vacated.touched)
            for taker in standing.ready(slot):
                self._count()
                if taker not in vacated.touched:
                    yield Repair(vacated.price_with(taker), (*before, (slot, taker)))
        for taker, own in others:
            self._count()
            if standing.in_the_way(slot, taker, own, moves) == []:
                yield Repair(vacated.price_with(taker), (*before, (slot, taker)))

    def _count(self) -> None:
        self.tried += 1
        if self.most_tried is not None and self.tried > self.most_tried:
            raise TooMany


class _Vacated:
    """Prices of one more move after `moves`: of many takers for one slot, only the taker's part differs."""

    def __init__(self, standing: Standing, moves: dict[int, int], slot: int) -> None:
        self.standing, self.moves, self.slot = standing, moves, slot
        self.touched = {standing.holder[slot], *moves.values(), *(standing.holder[one] for one in moves)}
        self.has_goals = not slot & 1
        gains: dict[int, list[int]] = {}
        losses: dict[int, list[int]] = {standing.holder[slot]: [slot]}
        for moved, taker in moves.items():
            gains.setdefault(taker, []).append(moved)
            losses.setdefault(standing.holder[moved], []).append(moved)
        self.gains, self.losses = gains, losses
        self.shared = sum(self._own(person) for person in self.touched)
        self.goals = 0 if self.has_goals else standing.goals(moves)

    def _own(self, person: int, *more: int) -> int:
        return self.standing.own(person, (*self.gains.get(person, ()), *more), self.losses.get(person, ())).total

    def price_with(self, taker: int) -> int:
        """Return FAIR plus COMFORT of the moves with `taker` in the slot."""
        goals = self.standing.goals({**self.moves, self.slot: taker}) if self.has_goals else self.goals
        if taker in self.touched:
            return self.shared - self._own(taker) + self._own(taker, self.slot) + goals
        return self.shared + self.standing.gain(taker, self.slot) + goals
