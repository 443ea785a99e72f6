"""What stands, as the planner sees it with every override taken in, and who could take a turn of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max

from hausmeister.base.wall_time import monday_of
from hausmeister.rota.models import Override, Shift
from hausmeister.rota.planner.checker import Violation, check
from hausmeister.rota.planner.covering import cover
from hausmeister.rota.planner.covering_days import cover_days
from hausmeister.rota.planner.instance import Instance, Plan, Role, Rule, Slot
from hausmeister.rota.planner.offers import Offer
from hausmeister.rota.planner.offers import Shift as Effect
from hausmeister.rota.planner.swapping import swaps
from hausmeister.rota.planning import snapshot
from hausmeister.rota.planning.rules.instance import Frame, id_of, key_of
from hausmeister.rota.planning.rules.sentences import for_people
from hausmeister.rota.rules.slots import Slot as Turn
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team

MOST_WEEKS = 52
MOST_CHAINS = 5


class NoSuchTurn(LookupError):
    """The team has no such turn planned; the text says which there are."""


@dataclass(frozen=True)
class Move:
    """A turn that changes hands. `giver` is None where nobody had it."""

    week: date
    role: Role
    giver: int | None
    taker: int

    def as_json(self) -> dict[str, Any]:
        """Return the move as an offer keeps it."""
        return {"week": self.week.isoformat(), "role": self.role.value, "giver": self.giver, "taker": self.taker}

    @staticmethod
    def of(stored: dict[str, Any]) -> "Move":
        """Return the move that an offer keeps."""
        return Move(date.fromisoformat(stored["week"]), Role(stored["role"]), stored["giver"], stored["taker"])


@dataclass(frozen=True)
class Option:
    """Turns that could change hands together: the price, the effect on ledgers, who must agree besides the asker."""

    moves: tuple[Move, ...]
    fair: int
    comfort: int
    effects: tuple[Effect, ...]
    must_agree: tuple[int, ...]

    @property
    def key(self) -> str:
        """What tells the option from others, the same tomorrow."""
        return "+".join(f"{one.week}.{one.role}.{one.taker}" for one in self.moves)


@dataclass(frozen=True)
class Board:
    """Everything that decides who could take a turn, loaded once, at `now`."""

    team: Team
    now: datetime
    frame: Frame
    instance: Instance
    plan: Plan
    names: dict[str, str]
    titles: dict[str, str]
    overrides: tuple[Override, ...]

    @staticmethod
    def load(team: Team, *, week: date, now: datetime) -> "Board":
        """Return the board from the running week, or from `week` if that is earlier. Raises CannotPlan."""
        policy = team_queries.policy_of(team.pk)
        first = min(monday_of(now.astimezone(team.zone).date()), week)
        last: date | None = Shift.objects.filter(team=team).aggregate(last=Max("week"))["last"]
        weeks = min(max(1, ((last or first) - first).days // 7 + 1), MOST_WEEKS)
        thaws_on = snapshot.horizon_of(team, policy, now=now).thaws_on
        frame = snapshot.frame_of(team, policy, first_week=first, weeks=weeks, thaws_on=thaws_on)
        found = snapshot.inputs(team, first_week=first, weeks=weeks, now=now)
        ends_at = frame.turn(Slot(weeks - 1, Role.W)).ends_at
        overrides = Override.objects.filter(team=team).touching(now - timedelta(days=14), ends_at)
        # what was agreed once may be agreed anew
        instance = replace(found.instance, pins={})
        return Board(
            team, now, frame, instance, Plan.of(found.stands.holders | _served(team, frame)), found.names,
            found.titles, tuple(overrides),
        )  # fmt: skip

    def slot(self, week: date, role: str) -> Slot:
        """Return the slot of a turn. Raises NoSuchTurn."""
        number, rest = divmod((week - self.frame.first_week).days, 7)
        if rest or not 0 <= number < self.frame.weeks or role not in set(Role):
            last = self.frame.monday(self.frame.weeks - 1)
            raise NoSuchTurn(
                f"There is no turn {role} in a week of {week}; turns are D, W, BD and BW of weeks that begin on a"
                f" Monday, {self.frame.first_week} to {last}."
            )
        return Slot(number, Role(role))

    def turn(self, move_or_slot: Move | Slot) -> Turn:
        """Return when it is, in UTC."""
        if isinstance(move_or_slot, Move):
            return self.frame.turn(self.slot(move_or_slot.week, move_or_slot.role))
        return self.frame.turn(move_or_slot)

    def holder(self, slot: Slot) -> int | None:
        """Return who has the slot, None for nobody."""
        key = self.plan.holders.get(slot)
        return id_of(key) if key else None

    def is_frozen(self, slot: Slot) -> bool:
        """Say whether the slot's week is one that no plan changes any more."""
        return slot.week < self.frame.frozen_weeks

    def touching(self, slot: Slot) -> list[Override]:
        """Return the overrides that lie on the slot."""
        turn, post = self.turn(slot), self.frame.roles.post(slot.role).value
        return [
            one for one in self.overrides
            if one.post == post and one.starts_at < turn.ends_at and one.ends_at > turn.starts_at
        ]  # fmt: skip

    # ---- who could ----

    def swaps(self, slot: Slot) -> list[Option]:
        """Return every valid swap of the slot with another not yet begun, best for both ledgers first."""
        if self.touching(slot) or self.turn(slot).starts_at <= self.now:
            return []
        found = swaps(instance=self.instance, plan=self.plan, week=slot.week, role=slot.role)
        return [one for one in map(self._option, found) if self._is_ahead(one.moves)]

    def covers(self, slot: Slot) -> tuple[list[Option], list[Option]]:
        """Return who could take the whole slot alone; and, only where nobody could, the best chains of up to three."""
        found = cover(
            instance=self.instance, plan=self.plan, week=slot.week, role=slot.role, most_chains=4 * MOST_CHAINS
        )
        turn = self.turn(slot)
        alone = [one for one in map(self._option, found.people) if self._is_free(one, turn.starts_at, turn.ends_at)]
        if alone:
            return alone, []
        chains = [
            one for one in map(self._option, found.chains)
            if self._is_free(one, turn.starts_at, turn.ends_at) and self._is_ahead(one.moves[1:])
        ]  # fmt: skip
        return [], chains[:MOST_CHAINS]

    def part_covers(self, slot: Slot, starts_at: datetime, ends_at: datetime) -> list[Option]:
        """Return who could stand in for the span inside the slot, the least burdened first. Ledgers stay."""
        dates = self.instance.dates(slot)
        first, last = (moment.astimezone(self.team.zone).date() for moment in (starts_at, ends_at))
        found = cover_days(
            instance=self.instance, plan=self.plan, week=slot.week, role=slot.role,
            starts_on=max(first, dates[0]), ends_on=min(last, dates[-1]),
        )  # fmt: skip
        giver = self.holder(slot)
        options = [
            Option((Move(self.frame.monday(slot.week), slot.role, giver, taker),), 0, 0, (), (taker,))
            for taker in (id_of(one.person) for one in found)
        ]
        return [one for one in options if self._is_free(one, starts_at, ends_at)]

    def _option(self, one: Offer) -> Option:
        moves = tuple(
            Move(self.frame.monday(step.week), step.role, id_of(step.giver) if step.giver else None, id_of(step.taker))
            for step in one.steps
        )
        return Option(moves, one.d_fair, one.d_comfort, one.shifts, tuple(id_of(key) for key in one.must_agree))

    def _is_ahead(self, moves: Iterable[Move]) -> bool:
        """Say whether no turn of `moves` has begun, or was changed by an override."""
        slots = [self.slot(one.week, one.role) for one in moves]
        return all(self.turn(slot).starts_at > self.now and not self.touching(slot) for slot in slots)

    def _is_free(self, one: Option, starts_at: datetime, ends_at: datetime) -> bool:
        """Say whether who takes the first turn has taken over nothing else in its time."""
        return not any(
            other.person_id == one.moves[0].taker and other.starts_at < ends_at and other.ends_at > starts_at
            for other in self.overrides
        )

    # ---- whether it may ----

    def broken_by(self, moves: Sequence[Move], *, asked: Slot) -> list[str]:
        """Return in sentences every hard rule that the moves would break and that is kept without them.

        The independent checker decides. The slot that is asked about may move in a frozen week: its holder cannot.
        """
        after = dict(self.plan.holders)
        for one in moves:
            after[self.slot(one.week, one.role)] = key_of(one.taker)
        kept = {_mark(one) for one in check(self.instance, self.plan)}
        return [
            for_people(one.words, self.instance, self.titles)
            for one in check(self.instance, Plan.of(after))
            if _mark(one) not in kept and not (one.rule is Rule.R7 and (one.week, one.role) == (asked.week, asked.role))
        ]


def _mark(one: Violation) -> tuple[object, ...]:
    return one.rule, one.week, one.role, one.people, one.words if one.rule in {Rule.R6, Rule.R7} else ""


def _served(team: Team, frame: Frame) -> dict[Slot, str]:
    """Return who has most of each turn of the frame: an override counts for who really serves."""
    found = {}
    for one in snapshot.served(team, frame.roles):
        number = (one.week - frame.first_week).days // 7
        if 0 <= number < frame.weeks:
            found[Slot(number, Role(one.role))] = key_of(one.person_id)
    return found
