"""Suggestions, cards, sources and recurring questions over the JSON API: their shapes."""

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import ConfigDict, Field

from hausmeister.answers.models import Card, Source
from hausmeister.answers.queries import Proposal, Suggestion

Text = Annotated[str, Field(max_length=20_000)]
Asked = Annotated[str, Field(min_length=1, max_length=4000)]


class Body(Schema):
    """What somebody sends; unknown fields are refused, so that a typing error is told."""

    model_config = ConfigDict(extra="forbid")


class CardOut(Schema):
    """A card: an answer, or a section of a document."""

    id: int
    kind: str
    title: str
    text: str
    link: str
    by: str
    asked_times: int
    created_at: datetime
    changed_at: datetime

    @staticmethod
    def of(card: Card) -> "CardOut":
        """Return `card` as it is told."""
        return CardOut(
            id=card.pk, kind=card.kind, title=card.title, text=card.text, link=card.link, by=card.by,
            asked_times=card.askings.count(), created_at=card.created_at, changed_at=card.changed_at,
        )  # fmt: skip


class CardsOut(Schema):
    """Cards, the newest first."""

    items: list[CardOut]


class SuggestionOut(Schema):
    """A card that probably answers. `words` says how sure: "quite sure" or "maybe"."""

    card: int
    title: str
    extract: str
    link: str
    confidence: float
    words: str
    source_kind: str
    days_old: int
    asked_times: int
    last_asked_at: datetime | None
    by_whom: str
    matched: list[str]
    earlier_asking: str
    changed_since: bool

    @staticmethod
    def of(one: Suggestion) -> "SuggestionOut":
        """Return `one` as it is told."""
        return SuggestionOut(
            card=one.card.pk, title=one.title, extract=one.extract, link=one.card.link, confidence=one.confidence,
            words=one.words, source_kind=one.source_kind, days_old=one.days_old, asked_times=one.asked_times,
            last_asked_at=one.last_asked_at, by_whom=one.by_whom, matched=list(one.matched),
            earlier_asking=one.earlier_asking, changed_since=one.changed_since,
        )  # fmt: skip


class SuggestionsOut(Schema):
    """At most three; none when nothing is likely enough."""

    items: list[SuggestionOut]


class CardIn(Body):
    """An answer. With `asking` the question that it answered."""

    title: str = Field(min_length=1, max_length=300)
    text: Text
    link: str = Field("", max_length=1000)
    author: str = Field("", max_length=200, description="Who answered, as people read it.")
    asking: str = Field("", max_length=4000)


class CardChange(Body):
    """An answer's new title and text."""

    title: str = Field(min_length=1, max_length=300)
    text: Text


class ConfirmIn(Body):
    """What was asked, and answered by the card."""

    asking: Asked
    asked_by: str = Field("", max_length=200)
    where: str = Field("", max_length=1000)


class RejectIn(Body):
    """What was asked, and is not answered by the card."""

    asking: Asked


class SourceOut(Schema):
    """A folder of documents, and how its last reading went."""

    id: int
    name: str
    folder: str
    web_address: str
    read_at: datetime | None
    problem: str
    documents: int

    @staticmethod
    def of(source: Source) -> "SourceOut":
        """Return `source` as it is told."""
        return SourceOut(
            id=source.pk, name=source.name, folder=source.folder, web_address=source.web_address,
            read_at=source.read_at, problem=source.problem, documents=source.documents.count(),
        )  # fmt: skip


class SourcesOut(Schema):
    """The team's sources, by name."""

    items: list[SourceOut]


class AskingOut(Schema):
    """One asking of a recurring question."""

    id: int
    text: str
    by: str
    asked_at: datetime
    where: str


class RecurringOut(Schema):
    """A question that keeps coming. `state`: open, proposed, written or dismissed."""

    id: int
    title: str
    state: str
    people: int
    minutes: int
    proposed_at: datetime | None
    link: str
    askings: list[AskingOut]

    @staticmethod
    def of(one: Proposal) -> "RecurringOut":
        """Return `one` as it is told."""
        askings = [AskingOut(id=a.pk, text=a.text, by=a.by, asked_at=a.asked_at, where=a.where) for a in one.askings]
        return RecurringOut(
            id=one.id, title=one.title, state=one.state, people=one.people, minutes=one.minutes,
            proposed_at=one.proposed_at, link=one.link, askings=askings,
        )  # fmt: skip


class RecurringsOut(Schema):
    """Recurring questions, the one asked most often first."""

    items: list[RecurringOut]


class DocumentDraftOut(Schema):
    """The draft of a document, as Markdown."""

    title: str
    markdown: str


class SplitIn(Body):
    """The asking that is not the same."""

    asking: int = Field(ge=1, le=2**63 - 1)


class WrittenIn(Body):
    """Where the document is; `card` answers the question from now on."""

    link: str = Field("", max_length=1000)
    card: int | None = Field(None, ge=1, le=2**63 - 1)
