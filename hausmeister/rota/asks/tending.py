"""The engine's part: asks whose time is over end, uncovered turns are told, and asks follow what changed."""

from datetime import datetime

from django.db import transaction

from hausmeister.base import log
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import ENGINE, Fact
from hausmeister.rota.asks import answering, asking
from hausmeister.rota.asks.asking import AskRefused
from hausmeister.rota.asks.board import Board, Move, NoSuchTurn
from hausmeister.rota.asks.rules import Answer, AskKind, AskState, OfferState
from hausmeister.rota.models.asks import Ask, AskAnswer, AskOffer
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.team import revision
from hausmeister.team.models import Team

_log = log.get(__name__)


def tend(now: datetime) -> int:
    """Look after every open ask that something is due of; return how many changed. One that fails stops no other."""
    mark = revision.current()
    due = [one.pk for one in Ask.objects.over(now)] + [one.pk for one in Ask.objects.unheard(now)]
    due += [one.pk for one in Ask.objects.open().exclude(seen_mark=mark)]
    changed = 0
    for ask_id in dict.fromkeys(due):
        try:
            changed += tend_one(ask_id, now=now)
        except Exception as error:  # noqa: BLE001 - one ask that cannot be computed must not stop the others
            _log.error("ask.tend_failed", ask=ask_id, error=f"{type(error).__name__}: {error}"[:500])
    return changed


@transaction.atomic
def tend_one(ask_id: int, *, now: datetime) -> bool:
    """Bring one ask up to date; return whether anything changed."""
    ask = Ask.objects.select_related("team", "asker").get(pk=ask_id)
    Team.objects.select_for_update(no_key=True).get(pk=ask.team_id)
    ask.refresh_from_db(fields=["state", "seen_mark", "alarmed_at"])
    if not ask.is_open:
        return False
    mark = revision.current()
    try:
        board = Board.load(ask.team, week=ask.week, now=now)
        board.slot(ask.week, ask.role)
    except (CannotPlan, NoSuchTurn):
        # the policy has other weeks now: nothing can be agreed to any more, and nobody can be told which turn it was
        return bool(Ask.objects.open().filter(pk=ask.pk).update(state=AskState.VOID, closed_at=now))
    if ask.expires_at <= now:
        return _end(ask, board, AskState.EXPIRED)
    if not _is_askers(ask, board):
        return _end(ask, board, AskState.VOID)
    changed = ask.seen_mark != mark and _follow(ask, board)
    Ask.objects.filter(pk=ask.pk).update(seen_mark=mark)
    if ask.alarm_at is not None and ask.alarm_at <= now:
        changed = asking.sound(ask, board) or changed
    return changed


def _is_askers(ask: Ask, board: Board) -> bool:
    try:
        slot = board.slot(ask.week, ask.role)
        return asking.holder_of(board, slot, ask.starts_at, ask.ends_at) == ask.asker
    except AskRefused:
        return False


def _end(ask: Ask, board: Board, state: AskState) -> bool:
    waiting = AskAnswer.objects.filter(offer__ask=ask, offer__state=OfferState.OPEN, answer=Answer.YES)
    ended = answering.close(ask, board, state, [ask.asker_id, *waiting.values_list("person_id", flat=True)])
    facts = {"ask": ask.pk, "kind": ask.kind, "role": ask.role, "week": ask.week.isoformat()}
    journal.record(Fact(board.now, f"ask.{state.value}", f"team:{ask.team_id}", ENGINE, ask.team_id, facts))
    return ended


def _follow(ask: Ask, board: Board) -> bool:
    """Let offers lapse that are not possible any more; ask those who could cover by now and were not asked."""
    slot = board.slot(ask.week, ask.role)
    possible = (
        board.swaps(slot)
        if ask.kind == AskKind.SWAP
        else asking.cover_options(board, slot, ask.starts_at, ask.ends_at, is_part=ask.is_part)
    )
    keys = {one.key for one in possible}
    known = dict(AskOffer.objects.filter(ask=ask).values_list("key", "pk"))
    lost = [
        one.pk
        for one in AskOffer.objects.filter(ask=ask, state=OfferState.OPEN)
        if one.key not in keys and not _still(ask, board, one)
    ]
    AskOffer.objects.filter(pk__in=lost).update(state=OfferState.LAPSED)
    fresh = (
        [one for one in possible if one.key not in known] if ask.kind == AskKind.COVER and (lost or not known) else []
    )
    asking.offer(ask, board, fresh[: asking.MOST_ASKED])
    if lost and not fresh:
        answering.run_dry(ask, state=AskState.VOID, now=board.now)
    return bool(lost or fresh)


def _still(ask: Ask, board: Board, one: AskOffer) -> bool:
    """Say whether an offer that is not among the best any more is valid all the same: a chain beside single people."""
    moves = [Move.of(step) for step in one.steps]
    if ask.is_part or len(moves) == 1:
        return False
    try:
        slots = [board.slot(move.week, move.role) for move in moves]
    except NoSuchTurn:
        return False
    holds = all(board.holder(slot) == move.giver for slot, move in zip(slots, moves, strict=True))
    return ask.kind == AskKind.COVER and holds and not board.broken_by(moves, asked=board.slot(ask.week, ask.role))
