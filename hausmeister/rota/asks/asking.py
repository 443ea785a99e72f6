"""Asking: for a swap with one person or several, for cover of a turn or of a part of it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from hausmeister.base.wall_time import monday_of
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.outbox import operations as outbox
from hausmeister.rota import queries as rota
from hausmeister.rota.asks import rules, telling
from hausmeister.rota.asks.board import Board, NoSuchTurn, Option
from hausmeister.rota.asks.rules import AskKind
from hausmeister.rota.models.asks import Ask, AskAnswer, AskOffer
from hausmeister.rota.planner.instance import Slot
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.team import queries as team_queries
from hausmeister.team import revision
from hausmeister.team.models import Person, Team
from hausmeister.team.policy.shape import RotaRule

MOST_ASKED = 20


class AskRefused(Exception):
    """The turn cannot be swapped or covered like this; the text says why and what to do instead."""


@dataclass(frozen=True)
class Wanted:
    """A turn that somebody would rather not have: the Monday of its week, its role; the span for a part of it."""

    kind: AskKind
    week: date
    role: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class Question:
    """What was wanted, against what stands: whose turn it is, and the ways out, the best first."""

    board: Board
    slot: Slot
    kind: AskKind
    asker: Person
    starts_at: datetime
    ends_at: datetime
    is_part: bool
    options: tuple[Option, ...]


def look(team: Team, wanted: Wanted, *, now: datetime) -> Question:
    """Return who could take the turn. Nothing is written, nobody is asked.

    Raises AskRefused for a turn that is over, running (but for a part of it still ahead), frozen (for a swap), held by
    nobody, or changed by an override already.
    """
    this_week = monday_of(now.astimezone(team.zone).date())
    if wanted.week.weekday() != 0:
        raise AskRefused(f"{wanted.week} is no Monday; say the Monday of the duty's week.")
    if wanted.week < this_week - timedelta(weeks=1):
        raise AskRefused("This duty is over; what was served stays as it was.")
    try:
        board = Board.load(team, week=wanted.week, now=now)
        slot = board.slot(wanted.week, wanted.role)
    except (CannotPlan, NoSuchTurn) as error:
        raise AskRefused(str(error)) from error
    turn = board.turn(slot)
    starts_at, ends_at = wanted.starts_at or turn.starts_at, wanted.ends_at or turn.ends_at
    is_part = (starts_at, ends_at) != (turn.starts_at, turn.ends_at)
    refuse_times(board, slot, wanted.kind, starts_at, ends_at, is_part=is_part)
    asker = holder_of(board, slot, starts_at, ends_at)
    if wanted.kind is AskKind.SWAP:
        if board.touching(slot):
            raise AskRefused("A part of this duty is taken over already; end that override first, or ask for cover.")
        options = board.swaps(slot)
    else:
        options = cover_options(board, slot, starts_at, ends_at, is_part=is_part)
    return Question(board, slot, wanted.kind, asker, starts_at, ends_at, is_part, tuple(options))


def refuse_times(
    board: Board, slot: Slot, kind: AskKind, starts_at: datetime, ends_at: datetime, *, is_part: bool
) -> None:
    """Raise AskRefused unless the span is ahead, and may still be given away."""
    turn, zone = board.turn(slot), board.team.zone
    if turn.ends_at <= board.now:
        raise AskRefused("This duty is over; what was served stays as it was.")
    if is_part and not rules.is_within(starts_at, ends_at, (turn.starts_at, turn.ends_at)):
        first, last = turn.starts_at.astimezone(zone), turn.ends_at.astimezone(zone)
        raise AskRefused(
            f"The part must end after it begins, and lie within the duty, {first:%a %d %b %H:%M} to"
            f" {last:%a %d %b %H:%M} ({zone.key})."
        )
    if kind is AskKind.SWAP and is_part:
        raise AskRefused("A part of a duty cannot be swapped; ask for cover of it.")
    if starts_at <= board.now:
        raise AskRefused(
            "This duty has begun; it cannot be swapped. Ask for cover of the part still ahead."
            if kind is AskKind.SWAP
            else "This has begun. Ask for cover of the part still ahead, or have a lead change who is on duty at once."
        )
    if kind is AskKind.SWAP and board.is_frozen(slot):
        raise AskRefused("The week of this duty is frozen; nothing is swapped in it. Ask for cover instead.")


def holder_of(board: Board, slot: Slot, starts_at: datetime, ends_at: datetime) -> Person:
    """Return who has the slot for the whole of the span. Raises AskRefused when nobody, or not one person, has."""
    post = board.frame.roles.post(slot.role)
    found: dict[int, Person] = {}
    for one in rota.timeline(board.team, starts_at=starts_at, ends_at=ends_at):
        holder = one.duty.primary if post.value == "primary" else one.duty.backstop
        if holder.person is None:
            raise AskRefused("Nobody has this duty all of the time; a lead can give it to somebody on the rota.")
        found[holder.person.pk] = holder.person
    if len(found) != 1:
        names = " and ".join(sorted(one.name for one in found.values()))
        raise AskRefused(f"This duty is shared by {names}; ask for cover of the part that is yours.")
    return next(iter(found.values()))


def cover_options(board: Board, slot: Slot, starts_at: datetime, ends_at: datetime, *, is_part: bool) -> list[Option]:
    """Return who could cover: single people; for a whole turn that nobody alone can take, chains."""
    if is_part:
        return board.part_covers(slot, starts_at, ends_at)
    alone, chains = board.covers(slot)
    return alone or chains


@transaction.atomic
def ask(
    team: Team, wanted: Wanted, *, asker: Person | None = None, keys: Collection[str] = (), by: Actor,
    person: Person | None, now: datetime,
) -> Ask:  # fmt: skip
    """Ask those of the options named by `keys`; without keys everybody, which only cover may. Each is told once.

    `asker`, where given, must have the turn; a lead leaves it out and asks for whoever has it. Cover that nobody
    can take is asked for all the same: lead and backstop hear of it at once.
    Raises AskRefused.
    """
    # without the key: pages that are stored meanwhile refer to the team, and must not wait for a search
    team = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    found = look(team, wanted, now=now)
    if asker is not None and found.asker != asker:
        raise AskRefused(f"This duty is {found.asker.name}'s, not yours.")
    if Ask.objects.open().filter(team=team, week=wanted.week, role=wanted.role).exists():
        raise AskRefused("This duty is asked about already; withdraw that first.")
    chosen = _chosen(found, keys)
    made = _store(found, wanted, person=person, now=now)
    offer(made, found.board, chosen)
    facts = {
        "ask": made.pk, "kind": made.kind, "role": made.role, "week": made.week.isoformat(), "asker": found.asker.name,
        "from": made.starts_at.isoformat(), "to": made.ends_at.isoformat(), "offers": len(chosen),
    }  # fmt: skip
    journal.record(Fact(now, "ask.made", f"team:{team.pk}", by, team.pk, facts))
    if made.kind == AskKind.COVER and (not chosen or (made.alarm_at and made.alarm_at <= now)):
        sound(made, found.board)
    return made


def _chosen(found: Question, keys: Collection[str]) -> Sequence[Option]:
    if found.kind is AskKind.SWAP and not keys:
        raise AskRefused("Say with whom to swap: choose one of the swaps, or several.")
    if not keys:
        return found.options[:MOST_ASKED]
    chosen = [one for one in found.options if one.key in keys]
    if len(chosen) != len(set(keys)):
        raise AskRefused("One of these is not possible any more; the rota changed meanwhile. Look at the list again.")
    if len(chosen) > MOST_ASKED:
        raise AskRefused(f"Ask at most {MOST_ASKED} at once.")
    return chosen


def _store(found: Question, wanted: Wanted, *, person: Person | None, now: datetime) -> Ask:
    rule: RotaRule = team_queries.policy_of(found.board.team.pk).rota
    is_cover = found.kind is AskKind.COVER
    return Ask.objects.create(
        team=found.board.team, kind=found.kind, asker=found.asker, created_by=person, week=wanted.week,
        role=wanted.role, starts_at=found.starts_at, ends_at=found.ends_at, is_part=found.is_part,
        reason=wanted.reason[:200], created_at=now,
        expires_at=rules.expires_at(found.kind, now=now, hours=rule.swap_hours, begins_at=found.starts_at),
        alarm_at=rules.alarm_at(now=now, hours=rule.cover_alarm_hours, begins_at=found.starts_at) if is_cover else None,
        seen_mark=revision.current(),
    )  # fmt: skip


def offer(ask: Ask, board: Board, options: Iterable[Option]) -> list[AskOffer]:
    """Add `options` to the ask, and tell whoever was not asked before."""
    told = set(AskAnswer.objects.filter(offer__ask=ask).values_list("person_id", flat=True))
    made, ids = [], dict[int, None]()
    for one in options:
        row = AskOffer.objects.create(
            ask=ask, key=one.key, steps=[move.as_json() for move in one.moves], fair=one.fair, comfort=one.comfort
        )
        AskAnswer.objects.bulk_create(AskAnswer(offer=row, person_id=who) for who in one.must_agree)
        ids.update(dict.fromkeys(one.must_agree))
        made.append(row)
    outbox.enqueue(telling.asked(ask, board, [who for who in ids if who not in told]), now=board.now)
    return made


def sound(ask: Ask, board: Board) -> bool:
    """Tell leads and backstop, once, that nobody agreed to cover; return whether they were told now."""
    if not Ask.objects.open().filter(pk=ask.pk, alarmed_at=None).update(alarmed_at=board.now):
        return False
    outbox.enqueue(telling.alarm(ask, board), now=board.now)
    return True
