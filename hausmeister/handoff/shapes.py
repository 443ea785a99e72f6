"""Hand-offs and reports over the JSON API and the console: their shapes."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field

from hausmeister.base.priority import Priority
from hausmeister.handoff import queries
from hausmeister.handoff.models import LINE_MOST, NOTE_MOST, REPORT_MOST, Handoff, HandoffItem, Report
from hausmeister.handoff.rules.states import HandoffState, ThingKind
from hausmeister.team.models import Person


class Body(Schema):
    """A body with nothing in it that is not named here."""

    model_config = ConfigDict(extra="forbid")


class AcceptIn(Body):
    """What is accepted: items by their numbers, or everything."""

    items: list[Annotated[int, Field(ge=1)]] | None = Field(
        None, max_length=500, description="Left out: everything, and the hand-off itself."
    )


class HandoffNoteIn(Body):
    """What the next person should know."""

    text: str = Field(max_length=NOTE_MOST)
    seen: int | None = Field(None, ge=0, description="The `edits` that you saw: what somebody wrote since is kept.")


class HandoffItemIn(Body):
    """What is said of one thing; what is left out stays as it is."""

    note: str | None = Field(None, max_length=NOTE_MOST)
    next_step: str | None = Field(None, max_length=LINE_MOST)
    stays: bool | None = Field(None, description="It does not change owner; only before the duty moves.")
    seen: int | None = Field(None, ge=0, description="The `edits` that you saw.")


class ReportIn(Body):
    """What the clients are to read."""

    text: str = Field(max_length=REPORT_MOST)
    seen: int | None = Field(None, ge=1, description="The `version` that you saw.")


class ReportPostIn(Body):
    """Which version is posted."""

    version: int = Field(ge=1, description="The `version` that you read: another one is not posted.")


class HandoffPersonOut(Schema):
    """Somebody of the team."""

    name: str
    email: str

    @staticmethod
    def of(person: Person | None) -> "HandoffPersonOut | None":
        """Return the person, None for nobody."""
        return HandoffPersonOut(name=person.name, email=person.email) if person is not None else None


class HandoffOut(Schema):
    """One change of duty. `late`: it was written only after the change."""

    id: int
    at: datetime
    state: HandoffState
    outgoing: HandoffPersonOut | None
    incoming: HandoffPersonOut | None
    backstop: HandoffPersonOut | None
    title_from: str
    title_to: str
    late: bool
    drafted_at: datetime
    moved_at: datetime | None
    raised_at: datetime | None
    accepted_at: datetime | None
    accepted_by: HandoffPersonOut | None
    note: str
    edits: int

    @classmethod
    def of(cls, one: Handoff) -> "HandoffOut":
        """Return `one` as it is shown in a list."""
        return cls(**_facts(one))


def _facts(one: Handoff) -> dict[str, Any]:
    return {
        "id": one.pk, "at": one.at, "state": one.state, "outgoing": HandoffPersonOut.of(one.outgoing),
        "incoming": HandoffPersonOut.of(one.incoming), "backstop": HandoffPersonOut.of(one.backstop),
        "title_from": one.title_from, "title_to": one.title_to, "late": one.is_late, "drafted_at": one.drafted_at,
        "moved_at": one.moved_at, "raised_at": one.raised_at, "accepted_at": one.accepted_at,
        "accepted_by": HandoffPersonOut.of(one.accepted_by), "note": one.note, "edits": one.edits,
    }  # fmt: skip


class HandoffItemOut(Schema):
    """One thing that stands in a hand-off. `goes_to` has it after the change; `gone`: it was over before it."""

    id: int
    kind: ThingKind
    subject: str
    title: str
    detail: str
    priority: str
    owner: str
    goes_to: str
    stays: bool
    ends_at: datetime | None
    next_step: str
    note: str
    edits: int
    accepted_at: datetime | None
    handed_at: datetime | None
    problem: str
    gone: bool

    @classmethod
    def of(cls, row: HandoffItem) -> "HandoffItemOut":
        """Return `row` as it is shown."""
        return cls(
            id=row.pk, kind=row.sort, subject=row.subject, title=row.title, detail=row.detail,
            priority=Priority(row.rank).name if row.rank else "", owner=row.owner.name if row.owner else "",
            goes_to=row.goes_to.name if row.goes_to else "", stays=row.stays, ends_at=row.ends_at,
            next_step=row.next_step, note=row.note, edits=row.edits, accepted_at=row.accepted_at,
            handed_at=row.handed_at, problem=row.problem, gone=row.gone_at is not None,
        )  # fmt: skip


class WholeHandoffOut(HandoffOut):
    """One hand-off with all that stands in it, in the order in which it is read."""

    items: list[HandoffItemOut]

    @classmethod
    def whole(cls, one: Handoff) -> "WholeHandoffOut":
        """Return `one` with its items."""
        return cls(**_facts(one), items=[HandoffItemOut.of(row) for row in queries.items_of(one)])


class HandoffsOut(Schema):
    """Hand-offs, the newest first."""

    items: list[HandoffOut]


class ReportOut(Schema):
    """A weekly report; it is posted once, when somebody says so."""

    id: int
    starts_at: datetime
    ends_at: datetime
    text: str
    version: int
    drafted_at: datetime
    posted_at: datetime | None
    posted_by: HandoffPersonOut | None
    channel: str

    @classmethod
    def of(cls, one: Report) -> "ReportOut":
        """Return `one` as it is shown."""
        return cls(
            id=one.pk, starts_at=one.starts_at, ends_at=one.ends_at, text=one.text, version=one.version,
            drafted_at=one.drafted_at, posted_at=one.posted_at, posted_by=HandoffPersonOut.of(one.posted_by),
            channel=one.channel,
        )  # fmt: skip


class ReportsOut(Schema):
    """Reports, the newest first."""

    items: list[ReportOut]
