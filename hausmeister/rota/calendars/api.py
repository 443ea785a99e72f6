"""Calendars over the JSON API: feeds of the key's team, and the calendars it reads."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from hausmeister.base import clock
from hausmeister.base.problem import Problem
from hausmeister.rota.calendars import feeds, fetching, imports, queries
from hausmeister.rota.calendars.feeds import FeedRefused, NewFeed
from hausmeister.rota.calendars.imports import ImportRefused
from hausmeister.rota.calendars.models import CalendarFeed, CalendarImport, ImportedDuty
from hausmeister.rota.rules.calendars.importing import LOOK_AHEAD, MOST_BYTES, BadCalendar, ImportKind
from hausmeister.rota.rules.calendars.subjects import FeedKind
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.asking import (
    REFUSALS,
    ApiRequest,
    Id,
    Key,
    Named,
    ProblemOut,
    named_person,
    not_found,
)
from hausmeister.team.models import Person, Team
from hausmeister.team.queries import KeyHolder
from hausmeister.team.rules import Capability, Scope

router = Router(tags=["calendars"])


class _Body(Schema):
    """A body with nothing in it that is not named here."""

    model_config = ConfigDict(extra="forbid")


class FeedOut(Schema):
    """A calendar feed. Its address is kept nowhere, so it cannot be shown again."""

    feed: int
    name: str
    kind: str
    duty: str
    schedule: str
    ends: str
    created_at: datetime
    last_used_at: datetime | None

    @staticmethod
    def of(feed: CalendarFeed) -> "FeedOut":
        """Return `feed` as the API words it."""
        return FeedOut(**_feed_fields(feed))


class NewFeedOut(FeedOut):
    """A feed just made, with its secret address: the one time it is told."""

    url: str

    @staticmethod
    def of_new(made: NewFeed) -> "NewFeedOut":
        """Return a feed just made as the API words it."""
        return NewFeedOut(url=made.url, **_feed_fields(made.feed))


def _feed_fields(feed: CalendarFeed) -> dict[str, Any]:
    return {
        "feed": feed.pk, "name": feed.name, "kind": feed.kind, "duty": feed.what if feed.kind == FeedKind.DUTY else "",
        "schedule": feed.what if feed.kind == FeedKind.SCHEDULE else "", "ends": f"…{feed.last_four}",
        "created_at": feed.created_at, "last_used_at": feed.last_used_at,
    }  # fmt: skip


class FeedsOut(Schema):
    """The feeds of the named person in the key's team, the newest first."""

    items: list[FeedOut]


class FeedIn(_Body):
    """A feed to be made, for one device of the named person."""

    name: str = Field(max_length=100, description="The device it is for.")
    kind: FeedKind = Field(
        FeedKind.PERSON,
        description="Own duties and turns in the key's team, its whole rota, one duty, or one schedule.",
    )
    duty: str = Field("", max_length=60, description="For the kind duty: its name, or backstop.")
    schedule: str = Field("", max_length=60, description="For the kind schedule: its short name.")


class ImportOut(Schema):
    """A calendar that is read. Its address is a secret; `problem` says why the last look gave nothing.

    `schedule` is the short name of the team's schedule that its turns are written to; "" before the first good look.
    """

    calendar: int
    kind: str
    name: str
    words: list[str]
    has_address: bool
    looked_at: datetime | None
    taken_at: datetime | None
    problem: str
    awaits_word: bool
    found: dict[str, Any]
    schedule: str

    @staticmethod
    def of(one: CalendarImport) -> "ImportOut":
        """Return `one` as the API words it."""
        return ImportOut(
            calendar=one.pk, kind=one.kind, name=one.name, words=one.words, has_address=bool(one.url),
            looked_at=one.looked_at, taken_at=one.taken_at, problem=one.problem, awaits_word=one.awaits_word,
            found=one.found, schedule=one.schedule.slug if one.schedule else "",
        )  # fmt: skip


class ImportsOut(Schema):
    """The schedules of the key's team, and the leave of the named person."""

    items: list[ImportOut]


class ImportIn(_Body):
    """A calendar to be read: leave of the named person, or a schedule of the key's team."""

    kind: Literal["leave", "schedule"]
    name: str = Field(max_length=100)
    url: str = Field("", max_length=1000, description="Where it is; webcal:// means https://.")
    content: str = Field(
        "", max_length=MOST_BYTES, description="For a schedule, instead of an address: the file itself."
    )
    words: Annotated[list[str], Field(max_length=20)] = Field(
        default_factory=list, description="Only events with one of these words in their title; empty: all."
    )


class AgainIn(_Body):
    """Asks for a look now."""

    may_be_empty: bool = Field(default=False, description="It is meant that nothing is in it any more.")


class ImportedDutyOut(Schema):
    """A turn of an imported schedule; nobody, and why, where no member was recognised."""

    title: str
    starts_at: datetime
    ends_at: datetime
    person: int | None
    name: str
    problem: str

    @staticmethod
    def of(duty: ImportedDuty) -> "ImportedDutyOut":
        """Return `duty` as the API words it."""
        return ImportedDutyOut(
            title=duty.title, starts_at=duty.starts_at, ends_at=duty.ends_at, person=duty.person_id,
            name=duty.person.name if duty.person else "", problem=duty.problem,
        )  # fmt: skip


class ImportedDutiesOut(Schema):
    """The turns ahead, in the order of time."""

    items: list[ImportedDutyOut]


# ---- feeds ----


@router.get("/calendar/feeds", auth=Key(Scope.READ), response={200: FeedsOut, REFUSALS: ProblemOut}, summary="My feeds")
def list_feeds(request: ApiRequest, person: Named) -> FeedsOut:
    """The calendar feeds of the named person that are about the key's team."""
    who = named_person(request.auth, person)
    found = [one for one in feeds.feeds_of(who, now=clock.now()) if one.team_id == request.auth.team_id]
    return FeedsOut(items=[FeedOut.of(one) for one in found])


@router.post(
    "/calendar/feeds", auth=Key(Scope.MANAGE), response={201: NewFeedOut, REFUSALS: ProblemOut}, summary="Make a feed"
)
def make_feed(request: ApiRequest, body: FeedIn, person: Named) -> Status[NewFeedOut]:
    """Make a calendar feed for one device; its address is told this one time."""
    who, team = named_person(request.auth, person), Team.objects.get(pk=request.auth.team_id)
    by = team_operations.as_actor(who)
    try:
        what = body.schedule if body.kind is FeedKind.SCHEDULE else body.duty
        made = feeds.make_feed(who, kind=body.kind, team=team, what=what, name=body.name, by=by, now=clock.now())
    except FeedRefused as error:
        raise Problem(
            422, "feed_refused", str(error), "schedule" if body.kind is FeedKind.SCHEDULE else "duty"
        ) from error
    return Status(201, NewFeedOut.of_new(made))


@router.delete(
    "/calendar/feeds/{feed_id}", auth=Key(Scope.MANAGE), response={204: None, REFUSALS: ProblemOut}, summary="Revoke"
)
def revoke_feed(request: ApiRequest, feed_id: Id, person: Named) -> Status[None]:
    """End one feed of the named person, at once and alone."""
    who = named_person(request.auth, person)
    feed = CalendarFeed.objects.filter(pk=feed_id, person=who, team_id=request.auth.team_id).first()
    if feed is None:
        raise not_found("feed")
    feeds.revoke_feed(feed, by=team_operations.as_actor(who), now=clock.now())
    return Status(204, None)


# ---- imports ----


@router.get(
    "/calendar/imports", auth=Key(Scope.READ), response={200: ImportsOut, REFUSALS: ProblemOut},
    summary="Imported calendars",
)  # fmt: skip
def list_imports(request: ApiRequest, person: Named) -> ImportsOut:
    """The calendars that are read into the rota, each with what its last look found or why it found nothing."""
    who, team = named_person(request.auth, person), Team.objects.get(pk=request.auth.team_id)
    found = [*queries.schedule_imports(team), *queries.leave_imports(who)]
    return ImportsOut(items=[ImportOut.of(one) for one in found])


@router.post(
    "/calendar/imports", auth=Key(Scope.MANAGE), response={201: ImportOut, REFUSALS: ProblemOut},
    summary="Import a calendar",
)  # fmt: skip
def add_import(request: ApiRequest, body: ImportIn, person: Named) -> Status[ImportOut]:
    """Have a calendar read: within a minute from an address, at once from the file itself."""
    who, team = named_person(request.auth, person), Team.objects.get(pk=request.auth.team_id)
    kind = ImportKind(body.kind)
    if kind is ImportKind.SCHEDULE:
        _may_change_rota(who, request.auth)
    if bool(body.url) == bool(body.content and kind is ImportKind.SCHEDULE):
        raise Problem(422, "bad_calendar", "Give either url or, for a schedule, content.", "url")
    now, by = clock.now(), team_operations.as_actor(who)
    try:
        url = imports.fitting_address(body.url) if body.url else ""
        words = [word for word in (" ".join(one.split())[:60] for one in body.words) if word]
        one = imports.add_import(
            kind, name=body.name, by=by, now=now, person=who, team=team, url=url, words=words, created_by=who
        )
    except ImportRefused as error:
        raise Problem(422, "import_refused", str(error), "url") from error
    if not url:
        try:
            fetching.take_body(one, body.content.encode(), now=now, by=by)
        except BadCalendar as error:
            imports.remove_import(one, by=by, now=now)
            raise Problem(422, "bad_calendar", str(error), "content") from error
        one.refresh_from_db()
    return Status(201, ImportOut.of(one))


@router.post(
    "/calendar/imports/{import_id}/read", auth=Key(Scope.MANAGE), response={204: None, REFUSALS: ProblemOut},
    summary="Look again",
)  # fmt: skip
def read_import(request: ApiRequest, import_id: Id, body: AgainIn, person: Named) -> Status[None]:
    """Have the engine look at the calendar within a minute."""
    who = named_person(request.auth, person)
    one = _mine(request.auth, who, import_id, to_change=True)
    by = team_operations.as_actor(who)
    imports.ask_again(one, by=by, now=clock.now(), may_be_empty=body.may_be_empty)
    return Status(204, None)


@router.delete(
    "/calendar/imports/{import_id}", auth=Key(Scope.MANAGE), response={204: None, REFUSALS: ProblemOut},
    summary="Import no more",
)  # fmt: skip
def remove_import(request: ApiRequest, import_id: Id, person: Named) -> Status[None]:
    """Read a calendar no more. What came from it stays: leave, and the team's schedule."""
    who = named_person(request.auth, person)
    one = _mine(request.auth, who, import_id, to_change=True)
    imports.remove_import(one, by=team_operations.as_actor(who), now=clock.now())
    return Status(204, None)


@router.get(
    "/calendar/imports/{import_id}/duties", auth=Key(Scope.READ),
    response={200: ImportedDutiesOut, REFUSALS: ProblemOut}, summary="Turns of an imported schedule",
)  # fmt: skip
def imported_duties(request: ApiRequest, import_id: Id, person: Named) -> ImportedDutiesOut:
    """The turns ahead of an imported schedule, with those in which no member was recognised."""
    one, now = _mine(request.auth, named_person(request.auth, person), import_id, to_change=False), clock.now()
    found = queries.imported_duties(one, starts_at=now, ends_at=now + LOOK_AHEAD)
    return ImportedDutiesOut(items=[ImportedDutyOut.of(duty) for duty in found])


def _may_change_rota(who: Person, holder: KeyHolder) -> None:
    if not permissions.can(who, Capability.CHANGE_ROTA, team_id=holder.team_id):
        raise Problem(403, "not_allowed", f"{who.name} may not change the rota of the key's team.", "Hausmeister-As")


def _mine(holder: KeyHolder, who: Person, import_id: int, *, to_change: bool) -> CalendarImport:
    """Return an import of the key's team or of the named person. Raises Problem."""
    one = CalendarImport.objects.filter(pk=import_id).select_related("person", "team", "layer__schedule").first()
    if one is None or (one.team_id != holder.team_id and one.person_id != who.pk):
        raise not_found("import")
    if to_change and one.team_id is not None:
        _may_change_rota(who, holder)
    return one
