"""The simple fair rotation: whose turn it is next, by duties served (H2, H5).

It goes through the turns in the order of time and gives each to the person who has served least for the time
they have been there. It does not look ahead: the planner that optimises a whole year will replace
`share_out` and nothing else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from hausmeister.rota.rules.slots import Post, Slot
from hausmeister.team.rules import Away

_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Candidate:
    """A person who shares the duties. `joined_on` counts for fairness: no one catches up on old weeks."""

    person_id: int
    name: str
    experience: int
    joined_on: date
    away: tuple[Away, ...] = ()

    def is_free(self, slot: Slot) -> bool:
        """Say whether the person is there for the whole turn."""
        return not any(span.touches(slot.starts_at, slot.ends_at) for span in self.away)


@dataclass(frozen=True)
class Turn:
    """A turn that was given out: who has it, or had it, at which post."""

    slot: Slot
    post: Post
    person_id: int


@dataclass(frozen=True)
class Assignment:
    """What `share_out` decides for one turn and post. `person_id` is None when nobody can take it.

    `bent` names the wishes that could not be kept, in words; `served` is the count that made it their turn.
    """

    slot: Slot
    post: Post
    person_id: int | None
    served: int = 0
    bent: tuple[str, ...] = ()


@dataclass(frozen=True)
class RotationRule:
    """What the policy says of the rotation."""

    strictly_more_experience: bool = True
    weeks_between: int = 1


@dataclass
class _Ledger:
    """What each person has served so far, as the walk goes on."""

    began_on: date
    turns: dict[int, list[Turn]] = field(default_factory=dict)

    def add(self, turn: Turn) -> None:
        self.turns.setdefault(turn.person_id, []).append(turn)

    def served(self, person_id: int, post: Post, duty: str | None) -> int:
        return sum(
            1
            for turn in self.turns.get(person_id, ())
            if turn.post is post and (duty is None or turn.slot.duty == duty)
        )

    def last_end(self, person_id: int, post: Post) -> datetime | None:
        ends = [turn.slot.ends_at for turn in self.turns.get(person_id, ()) if turn.post is post]
        return max(ends, default=None)

    def weeks_there(self, candidate: Candidate, slot: Slot) -> int:
        since = max(candidate.joined_on, self.began_on)
        return max(1, (slot.week - since).days // 7 + 1)

    def has_turn_in_week(self, person_id: int, week: date) -> bool:
        return any(turn.slot.week == week for turn in self.turns.get(person_id, ()))

    def weeks_since_primary(self, person_id: int, week: date) -> int | None:
        gaps = [
            abs((week - turn.slot.week).days) // 7
            for turn in self.turns.get(person_id, ())
            if turn.post is Post.PRIMARY
        ]
        return min(gaps, default=None)


def share_out(
    slots: Sequence[Slot],
    candidates: Sequence[Candidate],
    *,
    past: Iterable[Turn],
    began_on: date,
    rule: RotationRule,
    fixed: Iterable[Turn] = (),
) -> list[Assignment]:
    """Give each of `slots` a primary and a backstop, in the order of time.

    `past` are the turns served or given out before; `fixed` are turns of these slots that stay as they are.
    The backstop has strictly more experience than the person backed. When nobody such is free, the most
    experienced other person stands in and the assignment says so; when nobody at all is, it is empty.
    """
    ledger = _Ledger(began_on)
    for turn in past:
        ledger.add(turn)
    kept = {(turn.slot, turn.post): turn for turn in fixed}
    assignments: list[Assignment] = []
    for slot in slots:
        pinned_primary, pinned_backstop = kept.get((slot, Post.PRIMARY)), kept.get((slot, Post.BACKSTOP))
        primary = _pinned(pinned_primary) or _primary(slot, candidates, ledger, rule, behind=pinned_backstop)
        _note(ledger, primary)
        backstop = _pinned(pinned_backstop) or _backstop(slot, candidates, ledger, rule, primary)
        _note(ledger, backstop)
        assignments += [primary, backstop]
    return assignments


def _pinned(turn: Turn | None) -> Assignment | None:
    return Assignment(turn.slot, turn.post, turn.person_id) if turn else None


def _note(ledger: _Ledger, assignment: Assignment) -> None:
    if assignment.person_id is not None:
        ledger.add(Turn(assignment.slot, assignment.post, assignment.person_id))


def _primary(
    slot: Slot, candidates: Sequence[Candidate], ledger: _Ledger, rule: RotationRule, *, behind: Turn | None
) -> Assignment:
    free = [one for one in candidates if one.is_free(slot) and (behind is None or one.person_id != behind.person_id)]
    backed = [one for one in free if _can_be_backed(one, free, candidates, rule, behind)]
    bent: tuple[str, ...] = () if backed else ("nobody with more experience is free to be the backstop",)
    pool = backed or free
    rested = [one for one in pool if not _too_soon(one, slot, ledger, rule)]
    if pool and not rested:
        bent += ("sooner than usual after the last duty",)
    return _choose(slot, Post.PRIMARY, rested or pool, ledger, bent)


def _can_be_backed(
    one: Candidate,
    free: Sequence[Candidate],
    candidates: Sequence[Candidate],
    rule: RotationRule,
    behind: Turn | None,
) -> bool:
    if behind is not None:
        held = [other for other in candidates if other.person_id == behind.person_id]
        return any(_outranks(other, one, rule) for other in held)
    return any(_outranks(other, one, rule) for other in free)


def _outranks(backstop: Candidate, backed: Candidate, rule: RotationRule) -> bool:
    if backstop.person_id == backed.person_id:
        return False
    if rule.strictly_more_experience:
        return backstop.experience > backed.experience
    return backstop.experience >= backed.experience


def _too_soon(one: Candidate, slot: Slot, ledger: _Ledger, rule: RotationRule) -> bool:
    if ledger.has_turn_in_week(one.person_id, slot.week):
        return True
    gap = ledger.weeks_since_primary(one.person_id, slot.week)
    return gap is not None and gap <= rule.weeks_between


def _backstop(
    slot: Slot, candidates: Sequence[Candidate], ledger: _Ledger, rule: RotationRule, primary: Assignment
) -> Assignment:
    free = [one for one in candidates if one.is_free(slot) and one.person_id != primary.person_id]
    backed = next((one for one in candidates if one.person_id == primary.person_id), None)
    above = free if backed is None else [one for one in free if _outranks(one, backed, rule)]
    if not above:
        most = max((one.experience for one in free), default=0)
        pool = [one for one in free if one.experience == most]
        return _choose(slot, Post.BACKSTOP, pool, ledger, ("nobody with more experience is free",))
    # the week's backstop stays for its weekend: one face, one hand-off less
    same = [one for one in above if _is_backstop_of_week(one, slot, ledger)]
    rested = [one for one in above if not ledger.has_turn_in_week(one.person_id, slot.week)]
    return _choose(slot, Post.BACKSTOP, same or rested or above, ledger, ())


def _is_backstop_of_week(one: Candidate, slot: Slot, ledger: _Ledger) -> bool:
    turns = [turn for turn in ledger.turns.get(one.person_id, ()) if turn.slot.week == slot.week]
    return bool(turns) and all(turn.post is Post.BACKSTOP for turn in turns)


def _choose(slot: Slot, post: Post, pool: Sequence[Candidate], ledger: _Ledger, bent: tuple[str, ...]) -> Assignment:
    if not pool:
        return Assignment(slot, post, None, bent=("nobody is free",))
    duty = slot.duty if post is Post.PRIMARY else None

    def burden(one: Candidate) -> tuple[float, int, float, str, int]:
        served = ledger.served(one.person_id, post, duty)
        last = ledger.last_end(one.person_id, post)
        rest = (slot.starts_at - last) / _WEEK if last else 1e9
        everything = len(ledger.turns.get(one.person_id, ()))
        return ((served + 1) / ledger.weeks_there(one, slot), everything, -rest, one.name, one.person_id)

    chosen = min(pool, key=burden)
    return Assignment(slot, post, chosen.person_id, ledger.served(chosen.person_id, post, duty), bent)
