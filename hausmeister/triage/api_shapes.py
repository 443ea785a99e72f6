"""What the JSON API and the console say of the inbox."""

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field

from hausmeister.base.priority import Priority
from hausmeister.journal import queries as journal
from hausmeister.triage import queries
from hausmeister.triage.models import Item, Said, WatchedRoom
from hausmeister.triage.rules.states import ItemKind, RoomState, RoomUse, Source, State
from hausmeister.triage.shapes import Candidate

LARGEST_ID = 2**63 - 1


class Body(Schema):
    """A body with nothing in it that is not named here."""

    model_config = ConfigDict(extra="forbid")


class TakeIn(Body):
    """Something to put into the inbox. Without `kind` the text decides; the same `key` again is the same item."""

    title: str = Field(min_length=1, max_length=200)
    text: str = Field("", max_length=8000)
    kind: ItemKind | None = None
    priority: str = Field("", description="P4 (most urgent) to P1.", pattern="^(P[1-4])?$")
    asker_name: str = Field("", max_length=120)
    asker_email: str = Field("", max_length=254, description="Where the answer goes.")
    place: str = Field("", max_length=120, description="Where it was seen, in words.")
    link: str = Field("", max_length=500)
    key: str = Field("", max_length=120)


class AssignIn(Body):
    """To whom, by e-mail address, and what they should know."""

    to: str = Field(max_length=254)
    note: str = Field("", max_length=500)


class AnswerTextIn(Body):
    """What the asker reads. A text that ends with a question mark waits for them."""

    text: str = Field(min_length=1, max_length=8000)


class KindIn(Body):
    """What it is, and how urgent."""

    kind: ItemKind
    priority: str = Field("", description="P4 (most urgent) to P1.", pattern="^(P[1-4])?$")


class PromoteIn(Body):
    """How urgent the issue is, and why it is worth anybody's time: a backlog issue needs that."""

    priority: str = Field(description="P4 (most urgent) to P1.", pattern="^P[1-4]$")
    why: str = Field("", max_length=500)


class ItemReasonIn(Body):
    """Why it is over; the asker reads it."""

    reason: str = Field(min_length=1, max_length=200)


class CandidateOut(Schema):
    """An earlier answer that may fit."""

    card: str
    title: str
    text: str
    confidence: str
    source: str
    age: str
    link: str


class ItemOut(Schema):
    """One thing that came in. `due_at` is when its promise ends; null while no clock runs."""

    item: int
    kind: ItemKind
    unsure: bool
    priority: str
    source: Source
    state: State
    reason: str
    title: str
    asker: str
    place: str
    link: str
    times: int
    holder: str
    opened_at: datetime
    claimed_at: datetime | None
    answered_at: datetime | None
    answered_by: str
    closed_at: datetime | None
    due_at: datetime | None
    issue: int | None
    suggestions: list[CandidateOut]

    @classmethod
    def of(cls, one: Item) -> "ItemOut":
        """Return `one` as the API words it."""
        return cls(**_facts(one))


def _facts(one: Item) -> dict[str, Any]:
    return {
        "item": one.pk, "kind": one.sort, "unsure": one.is_unsure,
        "priority": Priority(one.priority).name if one.priority else "", "source": one.way, "state": State(one.state),
        "reason": one.reason, "title": one.title, "asker": one.asker_name, "place": one.place, "link": one.link,
        "times": one.times, "holder": one.holder.name if one.holder else "", "opened_at": one.opened_at,
        "claimed_at": one.claimed_at, "answered_at": one.answered_at,
        "answered_by": one.answered_by.name if one.answered_by else "", "closed_at": one.closed_at,
        "due_at": one.due_at, "issue": one.issue,
        "suggestions": [CandidateOut(**found.facts()) for found in Candidate.all_of(one.candidates)],
    }  # fmt: skip


class ItemsOut(Schema):
    """Items: unfinished ones with the oldest promise first, all others the newest first."""

    items: list[ItemOut]


class SaidOut(Schema):
    """One message of an item; a removed one has no text."""

    at: datetime
    author: str
    of_the_team: bool
    text: str
    removed: bool

    @staticmethod
    def of(one: Said) -> "SaidOut":
        """Return `one` as the API words it."""
        return SaidOut(
            at=one.at, author=one.author_name, of_the_team=one.person_id is not None, text=one.text,
            removed=one.removed_at is not None,
        )  # fmt: skip


class HappenedOut(Schema):
    """One line of the item's history."""

    at: datetime
    who: str
    verb: str
    facts: dict[str, object]


class WholeItemOut(ItemOut):
    """An item with its text, its thread, who could take it, and what happened, the newest first."""

    text: str
    thread: list[SaidOut]
    candidates: list[str]
    history: list[HappenedOut]


def whole(one: Item, *, now: datetime) -> WholeItemOut:
    """Return everything there is to say of `one`."""
    return WholeItemOut(
        **_facts(one),
        text=one.text,
        thread=[SaidOut.of(said) for said in queries.thread(one)],
        candidates=[f"{found.person.name} ({found.why})" for found in queries.candidates(one, now=now)],
        history=[
            HappenedOut(at=entry.at, who=entry.actor_name, verb=entry.verb, facts=entry.facts)
            for entry in journal.timeline(one.subject, most=100)
        ],
    )


class RoomOut(Schema):
    """A watched room of the chat, and whether it can be heard."""

    name: str
    service: str
    use: RoomUse
    state: RoomState
    problem: str
    since_at: datetime
    heard_at: datetime | None

    @staticmethod
    def of(one: WatchedRoom) -> "RoomOut":
        """Return `one` as the API words it."""
        return RoomOut(
            name=one.name, service=one.service, use=RoomUse(one.use), state=RoomState(one.state), problem=one.problem,
            since_at=one.since_at, heard_at=one.heard_at,
        )  # fmt: skip


class RoomsOut(Schema):
    """The watched rooms, by name."""

    items: list[RoomOut]
