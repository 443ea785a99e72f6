"""Reading incidents: who may see which, what was told where and whether it arrived, the timeline, the log book."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from hausmeister.incidents import telling
from hausmeister.incidents.models import FollowUp, Incident, IncidentQuerySet, Linked, Offer, Remedy, Review, Telling
from hausmeister.incidents.rules import review as review_rules
from hausmeister.incidents.rules import words
from hausmeister.incidents.rules.kinds import Answer, TellKind
from hausmeister.incidents.rules.logbook import Failure, Happened, gathered
from hausmeister.incidents.story import Line, line_of
from hausmeister.journal import queries as journal
from hausmeister.outbox import chat
from hausmeister.outbox import queries as outbox
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import State as Sending
from hausmeister.pager.models import Page
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability

_WHOLE = ("team", "point", "comms", "opened_by", "over_by", "closed_by")


def visible_to(person: Person) -> IncidentQuerySet:
    """Return the incidents that `person` may see; another's does not exist for them (S30)."""
    teams = permissions.team_ids(person, Capability.SEE_INCIDENTS)
    everything = Incident.objects.select_related(*_WHOLE)
    return everything if teams is None else everything.filter(team_id__in=teams)


def of_team(team_id: int) -> IncidentQuerySet:
    """Return the team's incidents."""
    return Incident.objects.select_related(*_WHOLE).filter(team_id=team_id)


def versions(ids: Iterable[int]) -> list[tuple[int, int, int]]:
    """Return (id, version, team) of these incidents. For the live stream."""
    return list(Incident.objects.filter(id__in=list(ids)).order_by("id").values_list("id", "version", "team_id"))


def of_page(page: Page) -> Incident | None:
    """Return the incident that a page belongs to, the newest of several; None for none."""
    linked = Linked.objects.filter(page=page).order_by("-id").values_list("incident_id", flat=True).first()
    return None if linked is None else Incident.objects.filter(pk=linked).first()


# ---- where something can be told ----


@dataclass(frozen=True)
class Room:
    """A room of the chat that an update can go to. What clients read cannot be taken back, so it is asked about."""

    name: str
    is_client: bool
    is_first_choice: bool = False


def rooms(incident: Incident) -> list[Room]:
    """Return the rooms that the policy names: the crash channel, then those of the clients."""
    policy = team_queries.policy_of(incident.team_id)
    clients = dict.fromkeys([policy.announcements_channel, policy.updates_channel, *policy.question_channels])
    ours = [Room(incident.crash_room, is_client=False, is_first_choice=True)] if incident.crash_room else []
    first = policy.announcements_channel
    return ours + [
        Room(name, is_client=True, is_first_choice=name == first)
        for name in clients
        if name and name != incident.crash_room
    ]


# ---- what became of what was told ----


@dataclass(frozen=True)
class Fate:
    """What became of one message: sent, waits, failed or none, since when, and why not."""

    state: str
    at: datetime | None = None
    reason: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether those for whom it was meant have not got it, and will not."""
        return self.state in {"failed", "none"}


def fate_of(message: Message | None, *, otherwise: str = "") -> Fate:
    """Return what became of `message`; without one it is missing, because of `otherwise`."""
    if message is None:
        return Fate("none", reason=otherwise)
    if message.state == Sending.SENT:
        return Fate("sent", message.finished_at)
    if message.state == Sending.FAILED:
        return Fate("failed", message.finished_at, message.last_error)
    if message.state == Sending.CANCELLED:
        return Fate("none", message.finished_at, "It was replaced by a newer one.")
    return Fate("waits", message.due_at, message.last_error)


@dataclass(frozen=True)
class Told:
    """Something that was told in one place, and what became of it."""

    row: Telling
    fate: Fate


@dataclass(frozen=True)
class News:
    """One text that was told at one time, with each place that it went to."""

    text: str
    by_name: str
    at: datetime
    places: tuple[Told, ...]

    @property
    def worst(self) -> str:
        """The state of the place that stands worst: failed, waits or sent."""
        states = {one.fate.state for one in self.places}
        return next((state for state in ("failed", "none", "waits") if state in states), "sent")


def news(rows: Sequence[Told]) -> list[News]:
    """Return what was told, each text once, in the order of `rows`."""
    groups: dict[tuple[datetime, str, str], list[Told]] = {}
    for one in rows:
        groups.setdefault((one.row.at, one.row.by_name, one.row.text), []).append(one)
    return [News(text, by_name, at, tuple(reversed(group))) for (at, by_name, text), group in groups.items()]


def told(incident: Incident) -> list[Told]:
    """Return what was told, newest first; what stands on the incident alone has no message and is none of it."""
    rows = list(Telling.objects.filter(incident=incident).exclude(room="").order_by("-at", "-id")[:200])
    messages = outbox.keyed([row.dedup_key for row in rows])
    return [Told(row, fate_of(messages.get(row.dedup_key))) for row in rows]


@dataclass(frozen=True)
class CrashChannel:
    """How the crash channel stands: its message, its topic, and the texts for whoever has to tell it by hand."""

    room: str
    message: Fate
    topic: Fate
    topic_text: str
    message_text: str

    @property
    def problem(self) -> str:
        """Why the channel does not say what it should, "" when it does or still may."""
        return next((fate.reason for fate in (self.message, self.topic) if fate.is_missing), "")


def crash_message(incident: Incident) -> Message | None:
    """Return the incident's message in the crash channel, the newest where it was posted again."""
    kept = Telling.objects.filter(incident=incident, kind=TellKind.CRASH).order_by("-id")
    key = kept.values_list("dedup_key", flat=True).first()
    return outbox.keyed([key]).get(key) if key else None


def crash_channel(incident: Incident, *, now: datetime) -> CrashChannel:
    """Return what the crash channel was told of the incident as it is now."""
    room = incident.crash_room
    crash = telling.crash_words(incident, now=now)
    running = Incident.objects.running().filter(crash_room=room).select_related("team", "point", "comms")
    topic_text = words.topic([telling.face(one) for one in running], telling.face(incident), now=now)
    message_text = "\n".join([crash.headline, *crash.paragraphs, telling.link(incident)])
    if not room:
        nowhere = Fate("none", reason="The policy names no crash channel ([channels] crash).")
        return CrashChannel("", nowhere, nowhere, topic_text, message_text)
    said = crash_message(incident)
    revised = outbox.newest(incident.subject, channel=chat.CHANNEL, kind=chat.REVISE)
    first = fate_of(said)
    message = fate_of(revised) if said and revised and revised.pk > said.pk and not first.is_missing else first
    topic = outbox.newest(telling.topic_subject(room), channel=chat.CHANNEL, kind=chat.TOPIC)
    return CrashChannel(room, message, fate_of(topic), topic_text, message_text)


# ---- the timeline ----

_PAGE_VERBS = (
    "page.opened", "page.silence_over", "page.climbed", "page.acknowledged", "page.unacknowledged", "page.escalated",
    "page.reassigned", "page.raised", "page.noted", "page.forgotten", "page.closed",
)  # fmt: skip


def timeline(incident: Incident, *, most: int = 500) -> list[Line]:
    """Return what happened, newest first: the incident's own journal and that of its pages, by when it happened."""
    own = [one for one in journal.timeline(incident.subject, most=most) if one.verb != "incident.arrived"]
    linked = Linked.objects.filter(incident=incident).values_list("page_id", "page__title")
    titles = {f"page:{page_id}": title for page_id, title in linked}
    pages = journal.timelines(list(titles), _PAGE_VERBS, most=most)
    lines = [line_of(one, title=titles.get(one.subject, "")) for one in (*own, *pages)]
    return sorted(lines, key=lambda line: (line.at, line.number), reverse=True)[:most]


# ---- roles, tasks, review ----


def offers(incident: Incident) -> list[Offer]:
    """Return who is asked to be point or comms and has not answered."""
    return list(incident.offers.filter(answer=Answer.NONE).select_related("to").order_by("id"))


def offers_to(person: Person) -> list[Offer]:
    """Return what `person` is asked to take in incidents that run."""
    waiting = Offer.objects.filter(to=person, answer=Answer.NONE, incident__over_at=None)
    return list(waiting.select_related("incident", "to").order_by("id"))


def follow_ups(incident: Incident) -> list[FollowUp]:
    """Return what is to be done after it, open ones first."""
    return list(incident.follow_ups.select_related("owner").order_by("done_at", "id"))


def reviews(incident: Incident) -> list[Review]:
    """Return the saved versions of the review, newest first."""
    return list(incident.reviews.select_related("saved_by").order_by("-number"))


def review_text(incident: Incident) -> tuple[str, int]:
    """Return the newest version of the review and its number; 0 is the draft made of the timeline."""
    newest = incident.reviews.order_by("-number").first()
    return (newest.text, newest.number) if newest else (drafted(incident), 0)


def drafted(incident: Incident) -> str:
    """Return the first draft of the review: what the record knows, with gaps for what only people know."""
    first = incident.tellings.filter(is_client=True).order_by("at").values_list("at", flat=True).first()
    lines = tuple(
        review_rules.Line(one.at, one.words, one.note)
        for one in reversed(timeline(incident))
        if one.belongs_in_review
    )  # fmt: skip
    draft = review_rules.Draft(
        title=incident.title,
        label=incident.label,
        team=incident.team.name,
        opened_at=incident.opened_at,
        over_at=incident.over_at or incident.opened_at,
        first_told_after=first - incident.opened_at if first else None,
        point=incident.point.name,
        comms=incident.comms.name if incident.comms else "",
        helped=incident.helped,
        lines=lines,
        follow_ups=tuple(_worded(one) for one in follow_ups(incident)),
    )
    return review_rules.write(draft, incident.team.zone)


def _worded(one: FollowUp) -> str:
    owner = f" ({one.owner.name})" if one.owner else ""
    return f"{one.text}{owner}{f': {one.issue}' if one.issue else ''}"


# ---- the log book ----

LOG_BOOK_DAYS = 90
_MOST_ROWS = 20_000


def log_book(team: Team, *, now: datetime) -> list[Failure]:
    """Return what failed in the last ninety days, the commonest first: pages and incidents with the same title."""
    since = now - timedelta(days=LOG_BOOK_DAYS)
    pages = Page.objects.filter(team=team, is_test=False, closed_at__isnull=False, opened_at__gte=since)
    # a page that an incident asked for is no failure of its own
    pages = pages.exclude(source_key__startswith="incident:").order_by("-opened_at", "-id")
    rows = pages.values_list("id", "title", "source", "opened_at", "close_reason", "closed_by_id")[:_MOST_ROWS]
    found = [
        Happened(title, source, opened_at, f"/pages/{number}", reason if closed_by else "")
        for number, title, source, opened_at, reason, closed_by in rows
    ]
    over = Incident.objects.filter(team=team, closed_at__isnull=False, opened_at__gte=since)
    found += [
        Happened(one.title, one.label, one.opened_at, f"/incidents/{one.pk}", one.helped, is_incident=True)
        for one in over.order_by("-opened_at", "-id")[:1000]
    ]
    return gathered(found, remedies=remedies(team))


def remedies(team: Team) -> dict[str, str]:
    """Return what people wrote down against each failure; the newest counts."""
    return dict(Remedy.objects.filter(team=team).order_by("id").values_list("failure", "text"))


def tasks_of_failures(team: Team, failures: Sequence[str]) -> dict[str, FollowUp]:
    """Return the open task of each failure that has one."""
    found = FollowUp.objects.filter(Q(failure__in=[one[:300] for one in failures]), team=team, done_at=None)
    return {one.failure: one for one in found.select_related("owner")}


def announced(team_ids: Sequence[int]) -> list[Telling]:
    """Return what clients were told last of each incident that runs: all that they see of it."""
    found: dict[int, Telling] = {}
    rows = Telling.objects.filter(incident__team_id__in=team_ids, incident__over_at=None, is_client=True)
    for row in rows.order_by("-id")[:200]:
        found.setdefault(row.incident_id, row)
    return list(found.values())
