"""Incidents over the JSON API and the console: their shapes."""

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field

from hausmeister.incidents import queries
from hausmeister.incidents.models import TASK_MOST, TEXT_MOST, TITLE_MOST, Incident, Timer
from hausmeister.incidents.rules.kinds import EventKind, IncidentState, TimerKind
from hausmeister.incidents.story import Line
from hausmeister.team.models import Person

MOST_ROOMS = 20


class Body(Schema):
    """A body with nothing in it that is not named here."""

    model_config = ConfigDict(extra="forbid")


class OpenIn(Body):
    """What is wrong, and how severe it is."""

    title: str = Field(min_length=1, max_length=TITLE_MOST, description="What people notice, in plain words.")
    level: str = Field(min_length=1, max_length=20, description="A severity level of the policy, such as SEV2.")
    opened_from: str = Field(
        "", max_length=80, description='What set it off, such as "page:12": the same origin is the same incident.'
    )


class SayIn(Body):
    """What is told, and in which rooms of the policy; in none of them it stands on the incident alone."""

    text: str = Field(min_length=1, max_length=TEXT_MOST)
    rooms: list[str] = Field(default_factory=list, max_length=MOST_ROOMS, description="Such as #crash.")
    key: str = Field("", max_length=40, description="The same key a second time tells nothing.")


class OverIn(Body):
    """What is told at the end, and what helped."""

    text: str = Field("", max_length=TEXT_MOST)
    rooms: list[str] = Field(default_factory=list, max_length=MOST_ROOMS)
    helped: str = Field("", max_length=500, description="One sentence, for the log book.")
    key: str = Field("", max_length=40)


class IncidentHandOverIn(Body):
    """Who is to have it. Asked, they must accept; without `ask` it changes hands at once (point and leads may)."""

    person: str = Field(min_length=1, max_length=254, description="Their e-mail address.")
    ask: bool = False


class IncidentAnswerIn(Body):
    """The answer of the acting person to being asked."""

    post: str = Field(pattern="^(point|comms)$", description="point or comms.")
    accept: bool = True


class LevelIn(Body):
    """A severity level of the policy."""

    level: str = Field(min_length=1, max_length=20)


class EventIn(Body):
    """Something for the timeline, from another system."""

    kind: EventKind = EventKind.NOTE
    text: str = Field(min_length=1, max_length=TEXT_MOST)
    at: datetime | None = Field(None, description="When it happened, with an offset; now if left out.")
    link: str = Field("", max_length=500)
    key: str = Field("", max_length=200, description="The same key twice is one entry.")


class FollowUpIn(Body):
    """What is to be done, and by whom."""

    text: str = Field(min_length=1, max_length=TASK_MOST)
    owner: str = Field("", max_length=254, description="Their e-mail address.")


class AddedOut(Schema):
    """The incidents whose timeline got the entry."""

    incidents: list[int]


class WhoOut(Schema):
    """A person."""

    name: str
    email: str

    @staticmethod
    def of(person: Person | None) -> "WhoOut | None":
        """Return `person` as the API words it, None for nobody."""
        return None if person is None else WhoOut(name=person.name, email=person.email)


class IncidentOut(Schema):
    """An incident. `comms` is null while point tells as well."""

    id: int
    state: IncidentState
    level: str
    word: str
    title: str
    point: WhoOut
    comms: WhoOut | None
    opened_from: str
    opened_at: datetime
    over_at: datetime | None
    closed_at: datetime | None
    review_due_at: datetime | None
    reviewed_at: datetime | None
    version: int

    @staticmethod
    def of(one: Incident) -> "IncidentOut":
        """Return `one` as the API words it."""
        return IncidentOut(**_brief(one))


def _brief(one: Incident) -> dict[str, Any]:
    return {
        "id": one.pk, "state": one.state, "level": one.level, "word": one.level_word, "title": one.title,
        "point": WhoOut(name=one.point.name, email=one.point.email), "comms": WhoOut.of(one.comms),
        "opened_from": one.opened_from, "opened_at": one.opened_at, "over_at": one.over_at,
        "closed_at": one.closed_at, "review_due_at": one.review_due_at, "reviewed_at": one.reviewed_at,
        "version": one.version,
    }  # fmt: skip


class StepOut(Schema):
    """A line of the procedure."""

    text: str
    done_at: datetime | None
    done_by: str


class ToldOut(Schema):
    """What was told in one place, and what became of it: sent, waits, failed or none, and why not."""

    at: datetime
    room: str
    is_client: bool
    text: str
    by: str
    state: str
    reason: str


class IncidentLineOut(Schema):
    """An entry of the timeline, by when it happened."""

    at: datetime
    kind: str
    words: str
    note: str
    link: str

    @staticmethod
    def of(one: Line) -> "IncidentLineOut":
        """Return `one` as the API words it."""
        return IncidentLineOut(at=one.at, kind=one.kind, words=one.words, note=one.note, link=one.link)


class FollowUpOut(Schema):
    """Something to be done after it."""

    id: int
    text: str
    owner: str
    done_at: datetime | None
    issue: str


class HandOverOfferOut(Schema):
    """Somebody who is asked and has not answered."""

    post: str
    person: WhoOut
    by: str
    made_at: datetime


class WholeIncidentOut(IncidentOut):
    """One incident with all that is known, told and to be done; the timeline newest first."""

    update_due_at: datetime | None
    announce_due_at: datetime | None
    rooms: list[str] = Field(description="Where an update can be told.")
    crash_channel_problem: str = Field(description="Why the crash channel does not say what it should; empty: it does.")
    offers: list[HandOverOfferOut]
    procedure: list[StepOut]
    told: list[ToldOut]
    follow_ups: list[FollowUpOut]
    timeline: list[IncidentLineOut]

    @staticmethod
    def whole(one: Incident, *, now: datetime) -> "WholeIncidentOut":
        """Return `one` with everything."""
        due = dict(Timer.objects.filter(incident=one).values_list("kind", "due_at"))
        return WholeIncidentOut(
            **_brief(one),
            update_due_at=due.get(TimerKind.UPDATE),
            announce_due_at=due.get(TimerKind.ANNOUNCE),
            rooms=[room.name for room in queries.rooms(one)],
            crash_channel_problem=queries.crash_channel(one, now=now).problem,
            offers=[
                HandOverOfferOut(
                    post=offer.post, person=WhoOut(name=offer.to.name, email=offer.to.email), by=offer.by_name,
                    made_at=offer.made_at,
                )
                for offer in queries.offers(one)
            ],
            procedure=[
                StepOut(text=step.text, done_at=step.done_at, done_by=step.done_by.name if step.done_by else "")
                for step in one.steps.filter(is_current=True).select_related("done_by").order_by("place")
            ],
            told=[
                ToldOut(
                    at=told.row.at, room=told.row.room, is_client=told.row.is_client, text=told.row.text,
                    by=told.row.by_name, state=told.fate.state, reason=told.fate.reason,
                )
                for told in queries.told(one)
            ],
            follow_ups=[
                FollowUpOut(
                    id=task.pk, text=task.text, owner=task.owner.name if task.owner else "", done_at=task.done_at,
                    issue=task.issue,
                )
                for task in queries.follow_ups(one)
            ],
            timeline=[IncidentLineOut.of(line) for line in queries.timeline(one)],
        )  # fmt: skip


class IncidentsOut(Schema):
    """Incidents, the newest first; `next` is what `before` takes for the following ones."""

    items: list[IncidentOut]
    next: int | None
