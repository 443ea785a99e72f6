"""Asks over the JSON API and the console: their shapes."""

from datetime import date, datetime

from ninja import Schema
from pydantic import Field

from hausmeister.rota.asks import queries
from hausmeister.rota.asks.asking import Question
from hausmeister.rota.asks.board import Move
from hausmeister.rota.asks.rules import AskKind, AskState, OfferState
from hausmeister.rota.models.asks import Ask
from hausmeister.rota.planner.instance import Role
from hausmeister.rota.planning.shapes import Body

MOST_KEYS = 20


class AskIn(Body):
    """A turn that somebody would rather not have. Without `keys` everybody who can cover is asked."""

    kind: AskKind
    week: date = Field(description="The Monday of the turn's week.")
    role: Role = Field(description="D, W, BD or BW.")
    starts_at: datetime | None = Field(None, description="For a part: where it begins.")
    ends_at: datetime | None = Field(None, description="For a part: where it ends.")
    keys: list[str] = Field(default_factory=list, max_length=MOST_KEYS, description="Options to ask for, by key.")
    reason: str = Field("", max_length=200)


class AnswerIn(Body):
    """Which offer is agreed to; may be left out where only one waits. `person`: for whom a lead answers."""

    offer: int | None = Field(None, ge=1, le=2**63 - 1)
    person: int | None = Field(None, ge=1, le=2**63 - 1)


class MoveOut(Schema):
    """A turn that changes hands."""

    week: date
    role: str
    giver: str
    taker: str

    @staticmethod
    def of(one: Move, names: dict[int, str]) -> "MoveOut":
        """Return `one` with names."""
        return MoveOut(
            week=one.week, role=one.role.value, giver=names.get(one.giver or 0, ""), taker=names.get(one.taker, "")
        )


class EffectOut(Schema):
    """What it does to somebody's ledger in one category (D, W, B, H): planned duties, deviation in tenths."""

    person: str
    category: str
    planned_before: int
    planned_after: int
    deviation_before_tenths: int | None
    deviation_after_tenths: int | None


class OptionOut(Schema):
    """A way out. Prices are differences, below zero is a gain."""

    key: str
    moves: list[MoveOut]
    fair: int
    comfort: int
    effects: list[EffectOut]
    must_agree: list[str]


class QuestionOut(Schema):
    """Who could take a turn, the best first; nobody is asked yet."""

    kind: AskKind
    week: date
    role: str
    title: str
    asker: str
    starts_at: datetime
    ends_at: datetime
    is_part: bool
    options: list[OptionOut]

    @staticmethod
    def of(found: Question) -> "QuestionOut":
        """Return `found` as the API words it."""
        names = {int(key.removeprefix("p")): name for key, name in found.board.names.items()}
        return QuestionOut(
            kind=found.kind,
            week=found.board.frame.monday(found.slot.week),
            role=found.slot.role.value,
            title=found.board.titles[found.slot.role.value],
            asker=found.asker.name,
            starts_at=found.starts_at,
            ends_at=found.ends_at,
            is_part=found.is_part,
            options=[
                OptionOut(
                    key=one.key,
                    moves=[MoveOut.of(move, names) for move in one.moves],
                    fair=one.fair,
                    comfort=one.comfort,
                    effects=[
                        EffectOut(
                            person=found.board.names.get(effect.person, ""),
                            category=effect.category,
                            planned_before=effect.planned_before,
                            planned_after=effect.planned_after,
                            deviation_before_tenths=effect.deviation_before_tenths,
                            deviation_after_tenths=effect.deviation_after_tenths,
                        )
                        for effect in one.effects
                    ],
                    must_agree=[names.get(who, "") for who in one.must_agree],
                )
                for one in found.options
            ],
        )


class AnswerOut(Schema):
    """What somebody said: "yes", "no" or nothing yet."""

    person: int
    name: str
    answer: str


class OfferOut(Schema):
    """One offer of an ask."""

    id: int
    state: OfferState
    moves: list[MoveOut]
    fair: int
    comfort: int
    answers: list[AnswerOut]


class AskOut(Schema):
    """A swap or cover that is asked for, and what became of it."""

    id: int
    kind: AskKind
    state: AskState
    asker: str
    asked_by: str
    week: date
    role: str
    starts_at: datetime
    ends_at: datetime
    is_part: bool
    reason: str
    created_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    offers: list[OfferOut]

    @staticmethod
    def of(ask: Ask) -> "AskOut":
        """Return `ask` as the API words it."""
        return AskOut(
            id=ask.pk,
            kind=AskKind(ask.kind),
            state=AskState(ask.state),
            asker=ask.asker.name,
            asked_by=ask.created_by.name if ask.created_by else "",
            week=ask.week,
            role=ask.role,
            starts_at=ask.starts_at,
            ends_at=ask.ends_at,
            is_part=ask.is_part,
            reason=ask.reason,
            created_at=ask.created_at,
            expires_at=ask.expires_at,
            closed_at=ask.closed_at,
            offers=[
                OfferOut(
                    id=one.row.pk,
                    state=OfferState(one.row.state),
                    moves=[MoveOut.of(move, one.names) for move in one.moves],
                    fair=one.row.fair,
                    comfort=one.row.comfort,
                    answers=[
                        AnswerOut(person=found.person_id, name=found.person.name, answer=found.answer)
                        for found in one.answers
                    ],
                )
                for one in queries.offers(ask)
            ],
        )


class AsksOut(Schema):
    """Asks of the key's team, the newest first."""

    items: list[AskOut]
