"""Answering: agreeing, declining, withdrawing. Who agrees last makes the turns change hands, all at once or not."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.outbox import operations as outbox
from hausmeister.rota import operations as rota
from hausmeister.rota.asks import asking, telling
from hausmeister.rota.asks.asking import AskRefused
from hausmeister.rota.asks.board import Board, Move, NoSuchTurn
from hausmeister.rota.asks.rules import Answer, AskKind, AskState, OfferState
from hausmeister.rota.models import Shift
from hausmeister.rota.models.asks import Ask, AskAnswer, AskOffer
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team

_CLOSED = {
    AskState.AGREED: "Somebody was faster: it is agreed already.",
    AskState.DECLINED: "Everybody who was asked has declined.",
    AskState.WITHDRAWN: "It was withdrawn; there is nothing to do.",
    AskState.EXPIRED: "The time to agree is over.",
    AskState.VOID: "The duty went to somebody else meanwhile.",
}


class AskClosed(AskRefused):
    """The ask is over; the text says how it ended. Nothing changed."""


class AskMoved(AskRefused):
    """What was offered breaks a rule by now, or somebody has the turn no more; the text says which."""


class NotAsked(AskRefused):
    """The person is not asked in this."""


@transaction.atomic
def accept(ask: Ask, *, person: Person, by: Actor, now: datetime, offer_id: int | None = None) -> Ask:
    """Agree to an offer in the name of `person`; once all of it have, the turns change hands here.

    Without `offer_id` the one offer that waits for the person. A second time changes nothing.
    Raises AskClosed, AskMoved when the checker or the facts of this moment forbid it, NotAsked.
    """
    ask = _opened(ask, now=now)
    row = _one_of(ask, person, offer_id)
    AskAnswer.objects.filter(pk=row.pk).update(answer=Answer.YES, answered_at=now)
    _journal(ask, "ask.accepted", by, now, person=person.name, offer=row.offer_id)
    if not row.offer.answers.exclude(answer=Answer.YES).exists():
        _settle(ask, row.offer, by=by, now=now)
    ask.refresh_from_db()
    return ask


def _opened(ask: Ask, *, now: datetime) -> Ask:
    """Lock the team and return the ask as it is now. Raises AskClosed."""
    Team.objects.select_for_update(no_key=True).get(pk=ask.team_id)
    ask = Ask.objects.select_related("team", "asker").get(pk=ask.pk)
    if not ask.is_open:
        raise AskClosed(_CLOSED[AskState(ask.state)])
    if ask.starts_at <= now:
        raise AskClosed("The duty has begun; it is too late to take it. A lead can change who is on duty at once.")
    if ask.expires_at <= now:
        raise AskClosed(_CLOSED[AskState.EXPIRED])
    return ask


def _one_of(ask: Ask, person: Person, offer_id: int | None) -> AskAnswer:
    mine = AskAnswer.objects.filter(offer__ask=ask, person=person).select_related("offer")
    rows = list(mine.filter(offer_id=offer_id) if offer_id is not None else mine.filter(offer__state=OfferState.OPEN))
    if not rows:
        raise NotAsked(f"{person.name} is not asked here, or no longer.")
    if len(rows) > 1:
        raise AskRefused("There are several ways to agree; say which of them.")
    if rows[0].offer.state != OfferState.OPEN:
        raise AskMoved("This is not possible any more: the rota changed meanwhile, or somebody declined.")
    return rows[0]


def _settle(ask: Ask, offer: AskOffer, *, by: Actor, now: datetime) -> None:
    """Let the turns of `offer` change hands, checked against the facts of this moment, and tell everybody once."""
    moves = [Move.of(one) for one in offer.steps]
    board = _checked(ask, moves, now=now)
    people = team_queries.people_by_id({who for one in moves for who in (one.giver, one.taker) if who})
    names = {who: person.name for who, person in people.items()}
    won = Ask.objects.open().filter(pk=ask.pk).update(state=AskState.AGREED, closed_at=now)
    if not won:  # pragma: no cover - the team's lock lets one in
        raise AskClosed(_CLOSED[AskState.AGREED])
    AskOffer.objects.filter(pk=offer.pk).update(state=OfferState.TAKEN)
    for one in moves:
        _hand_over(ask, board, one, people, by=by, now=now)
    outbox.enqueue(telling.agreed(ask, board, moves, names), now=now)
    verb = "shift.swapped" if ask.kind == AskKind.SWAP else "shift.covered"
    journal.record_many(
        [
            Fact(
                now, verb, f"team:{ask.team_id}", by, ask.team_id,
                {
                    "ask": ask.pk, "role": one.role.value, "week": one.week.isoformat(), "asker": ask.asker.name,
                    "before": names.get(one.giver or 0, ""), "after": names[one.taker],
                    "from": ask.starts_at.isoformat() if ask.is_part else "", "reason": ask.reason,
                },
            )
            for one in moves
        ]
    )  # fmt: skip


def _checked(ask: Ask, moves: Sequence[Move], *, now: datetime) -> Board:
    """Return the board of this moment. Raises AskMoved when the moves are not valid on it."""
    try:
        board = Board.load(ask.team, week=ask.week, now=now)
        slot = board.slot(ask.week, ask.role)
        slots = [board.slot(one.week, one.role) for one in moves]
    except (CannotPlan, NoSuchTurn) as error:
        raise AskMoved(str(error)) from error
    if asking.holder_of(board, slot, ask.starts_at, ask.ends_at) != ask.asker:
        raise AskMoved(f"{ask.asker.name} does not have this duty any more.")
    if ask.is_part:
        if not any(moves[0].taker == one.moves[0].taker for one in board.part_covers(slot, ask.starts_at, ask.ends_at)):
            raise AskMoved("This would break a rule by now: another duty, days away, or the order of experience.")
        return board
    for one, other in zip(moves, slots, strict=True):
        if board.turn(other).starts_at <= now:
            raise AskMoved("One of the duties has begun; it cannot change hands any more.")
        if board.holder(other) != one.giver or (other != slot and board.touching(other)):
            raise AskMoved("Somebody else changed the rota meanwhile: one of the duties is with somebody else now.")
    broken = board.broken_by(moves, asked=slot)
    if broken:
        raise AskMoved("This would break a rule by now: " + " ".join(broken[:3]))
    return board


def _hand_over(
    ask: Ask, board: Board, one: Move, people: dict[int, Person], *, by: Actor, now: datetime
) -> None:  # fmt: skip
    """Give one turn to its taker: the plan itself where a whole turn is ahead and not frozen, else by an override."""
    slot = board.slot(one.week, one.role)
    post, turn = board.frame.roles.post(one.role), board.turn(slot)
    if not ask.is_part and not board.is_frozen(slot) and not board.touching(slot):
        Shift.objects.filter(team=ask.team, duty=turn.duty, week=turn.week, post=post.value).update(
            person_id=one.taker, bent=[], planned_at=now
        )
        return
    try:
        rota.add_override(
            ask.team, post=post, person=people[one.taker], starts_at=ask.starts_at, ends_at=ask.ends_at,
            reason=f"covers for {ask.asker.name}", by=by, now=now, created_by=ask.asker, tells=False,
        )  # fmt: skip
    except rota.OverrideRefused as error:
        raise AskMoved(str(error)) from error


@transaction.atomic
def decline(ask: Ask, *, person: Person, by: Actor, now: datetime) -> Ask:
    """Decline every offer of the ask in the name of `person`. The last to decline ends a swap, and cover is told on.

    Raises AskClosed, NotAsked.
    """
    ask = _opened(ask, now=now)
    mine = AskAnswer.objects.filter(offer__ask=ask, person=person)
    if not mine.exists():
        raise NotAsked(f"{person.name} is not asked here.")
    mine.update(answer=Answer.NO, answered_at=now)
    AskOffer.objects.filter(ask=ask, state=OfferState.OPEN, answers__in=mine).update(state=OfferState.DECLINED)
    _journal(ask, "ask.declined", by, now, person=person.name)
    run_dry(ask, state=AskState.DECLINED, now=now)
    ask.refresh_from_db()
    return ask


def run_dry(ask: Ask, *, state: AskState, now: datetime) -> None:
    """When nobody is left to agree: end a swap as `state` and tell the asker; tell lead and backstop of cover."""
    if AskOffer.objects.filter(ask=ask, state=OfferState.OPEN).exists():
        return
    board = Board.load(ask.team, week=ask.week, now=now)
    if ask.kind == AskKind.COVER:
        asking.sound(ask, board)
        return
    close(ask, board, state, [ask.asker_id])


@transaction.atomic
def withdraw(ask: Ask, *, by: Actor, now: datetime) -> Ask:
    """Take the ask back; whoever was asked and has not declined is told. A second time is refused: AskClosed."""
    ask = _opened(ask, now=now)
    board = Board.load(ask.team, week=ask.week, now=now)
    waiting = AskAnswer.objects.filter(offer__ask=ask, offer__state=OfferState.OPEN).exclude(answer=Answer.NO)
    close(ask, board, AskState.WITHDRAWN, set(waiting.values_list("person_id", flat=True)))
    _journal(ask, "ask.withdrawn", by, now)
    ask.refresh_from_db()
    return ask


def close(ask: Ask, board: Board, state: AskState, ids: Sequence[int] | set[int]) -> bool:
    """End the ask without a change, and tell `ids`; return False when somebody ended it before."""
    if not Ask.objects.open().filter(pk=ask.pk).update(state=state, closed_at=board.now):
        return False
    outbox.enqueue(telling.closed(ask, board, ids, _CLOSED[state]), now=board.now)
    return True


def _journal(ask: Ask, verb: str, by: Actor, now: datetime, **more: object) -> None:
    facts = {"ask": ask.pk, "kind": ask.kind, "role": ask.role, "week": ask.week.isoformat(), **more}
    journal.record(Fact(now, verb, f"team:{ask.team_id}", by, ask.team_id, facts))
