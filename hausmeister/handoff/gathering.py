"""Everything that is open in a team, as a hand-off lists it: read from the rooms that own it, the worst first."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from django.db.models import Q

from hausmeister.alerts.models import Alert
from hausmeister.alerts.silences import queries as silences
from hausmeister.base import signing
from hausmeister.base.priority import Priority
from hausmeister.handoff import risks
from hausmeister.handoff.coming import Coming
from hausmeister.handoff.rules import owners
from hausmeister.handoff.rules.owners import OpenIssue, Ruling
from hausmeister.handoff.rules.states import Found, ThingKind
from hausmeister.incidents.models import Incident
from hausmeister.issues.models import Issue
from hausmeister.monitoring import queries as monitoring
from hausmeister.monitoring.models import Hit
from hausmeister.monitoring.rules.heartbeats import State as BeatState
from hausmeister.pager.models import Page, PageState, Summons
from hausmeister.rota import queries as rota
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team
from hausmeister.team.policy.shape import HandoffRule
from hausmeister.triage.models import Item
from hausmeister.triage.rules.states import ItemKind

# of what is only to be known, so many are listed; of what changes owner, all
MOST_KNOWN = 40
# flapping is looked for among so many of the newest alerts
MOST_ALERTS = 5_000
_PAGE_WORDS = {
    PageState.FIRING: "firing",
    PageState.ACKNOWLEDGED: "acknowledged",
    PageState.WAITING: "soft, waits for working hours",
}


def everything(team: Team, coming: Coming, ruling: Ruling, rule: HandoffRule, *, now: datetime) -> list[Found]:
    """Return all that is open at `now`, in the order in which it is read, with who has it after the change."""
    return [
        *_issues(team, ruling),
        *_pages(team, ruling),
        *_incidents(team, ruling),
        *_questions(team, ruling),
        *_silences(team, now),
        *_flapping(team, coming.since_at, rule.flaps_at),
        *_risks(team, now),
        *_monitoring(team),
        *_leave(team, coming.change.at, rule),
    ]


def _issues(team: Team, ruling: Ruling) -> Iterator[Found]:
    pending = Q(priority__gte=int(Priority.P3)) | Q(owner_id__in=ruling.leavers)
    for issue in Issue.objects.open().filter(pending, team=team).select_related("mirror").worst_first():
        open_issue = OpenIssue(issue.pk, issue.rank, issue.owner_id)
        if not owners.is_pending(open_issue, ruling):
            continue
        mirror = issue.known_mirror
        yield Found(
            ThingKind.ISSUE, issue.subject, issue.title, str(mirror) if mirror else "", f"/issues/{issue.pk}",
            rank=issue.priority, owner=issue.owner_id, goes_to=owners.issue_goes_to(open_issue, ruling),
        )  # fmt: skip


def _silences(team: Team, now: datetime) -> Iterator[Found]:
    """Return what is silenced by rule, now or later: what each covers, why, and when it ends."""
    found = list(silences.of_team(team).ahead(now)[:MOST_KNOWN])
    silent = silences.silenced_by(found)
    for one in found:
        covers = ", ".join(map(str, one.asked)) or "everything"
        begins = f", from {_moment(one.starts_at, team)}" if one.starts_at > now else ""
        alerts = f", {silent[one.pk]} silent now" if one.pk in silent else ""
        yield Found(
            ThingKind.QUIET, one.subject, one.reason,
            f"{one.kind}{begins}, {covers}{alerts}, by {one.made_by_name}"[:500],
            f"/alerts/silences/{one.pk}", ends_at=one.ends_at,
        )  # fmt: skip


def _moment(at: datetime, team: Team) -> str:
    local = at.astimezone(team.zone)
    return f"{_day(local.date())} {local:%H:%M}"


def _pages(team: Team, ruling: Ruling) -> Iterator[Found]:
    """Return the open pages; those that a silence keeps quiet are counted with it."""
    pages = list(Page.objects.open().filter(team=team, is_test=False).worst_first())
    on_it: dict[int, set[int]] = defaultdict(set)
    joined = Summons.objects.filter(page__in=pages, joined_at__isnull=False).values_list("page_id", "person_id")
    for page_id, person_id in joined:
        on_it[page_id].add(person_id)
    for page in pages:
        if page.state is PageState.SILENCED:
            continue
        if page.state is PageState.SNOOZED:
            yield Found(
                ThingKind.QUIET, page.subject, page.title, f"page snoozed{_from(page)}", f"/pages/{page.pk}",
                rank=page.priority, ends_at=page.snoozed_until,
            )  # fmt: skip
            continue
        others = frozenset(on_it[page.pk])
        yield Found(
            ThingKind.PAGE, page.subject, page.title, f"{_PAGE_WORDS[page.state]}{_from(page)}", f"/pages/{page.pk}",
            rank=page.priority, owner=page.acked_by_id, goes_to=owners.page_goes_to(page.acked_by_id, others, ruling),
        )  # fmt: skip


def _from(page: Page) -> str:
    return f", {page.source}" if page.source else ""


def _incidents(team: Team, ruling: Ruling) -> Iterator[Found]:
    running = Incident.objects.filter(team=team).open().select_related("comms").newest_first()
    for incident in running:
        says = "running" if incident.is_running else "over, not closed yet"
        comms = f", comms {incident.comms.name}" if incident.comms and incident.is_running else ""
        is_leaving = incident.is_running and incident.point_id in ruling.leavers
        yield Found(
            ThingKind.INCIDENT, incident.subject, incident.title, f"{incident.label}, {says}{comms}",
            f"/incidents/{incident.pk}", owner=incident.point_id, goes_to=ruling.receiver if is_leaving else None,
        )  # fmt: skip


def _questions(team: Team, ruling: Ruling) -> Iterator[Found]:
    for item in Item.objects.unfinished().filter(team=team).oldest_promise_first():
        what = ItemKind(item.kind).words
        asker = f" of {item.asker_name}" if item.asker_name else ""
        place = f", {item.place}" if item.place else ""
        yield Found(
            ThingKind.QUESTION, item.subject, item.title, f"{what}{asker}{place}", f"/triage/{item.pk}",
            rank=item.priority, owner=item.holder_id, ends_at=item.due_at,
            goes_to=owners.question_goes_to(item.holder_id, ruling),
        )  # fmt: skip


def _flapping(team: Team, since_at: datetime, flaps_at: int) -> list[Found]:
    rows = Alert.objects.order_by("-id").values_list("team_id", "source_id", "key", "title", "first_seen_at")
    times: dict[tuple[int, str], int] = defaultdict(int)
    titles: dict[tuple[int, str], str] = {}
    for team_id, source_id, key, title, first_seen_at in rows[:MOST_ALERTS]:
        if team_id == team.pk and first_seen_at >= since_at:
            times[source_id, key] += 1
            titles.setdefault((source_id, key), title)
    often = sorted((one for one in times if times[one] >= flaps_at), key=lambda one: (-times[one], titles[one], one))
    return [
        Found(
            ThingKind.FLAPPING, f"flapping:{source_id}:{signing.sha256_hex(key)[:16]}", titles[source_id, key],
            f"came {times[source_id, key]} times in this duty",
        )
        for source_id, key in often[:MOST_KNOWN]
    ]  # fmt: skip


def _risks(team: Team, now: datetime) -> Iterator[Found]:
    for risk in risks.of_team(team, now=now)[:MOST_KNOWN]:
        yield Found(
            ThingKind.RISK, f"risk:{risk.key}"[:120], risk.title[:300], risk.detail[:500], risk.path[:200],
            ends_at=risk.ends_at,
        )  # fmt: skip


def _monitoring(team: Team) -> Iterable[Found]:
    for hit in Hit.objects.filter(team=team).order_by("since_at", "id")[:MOST_KNOWN]:
        yield Found(
            ThingKind.MONITORING, f"hit:{hit.pk}", f"{hit.rule}: {hit.service}"[:300], f"{hit.host}, shard {hit.shard}",
            f"/monitoring/{hit.shard}",
        )  # fmt: skip
    for beat in monitoring.heartbeats(team.pk).filter(state=BeatState.DOWN)[:MOST_KNOWN]:
        yield Found(ThingKind.MONITORING, beat.subject, beat.name, "heartbeat missed", "/monitoring")


def _leave(team: Team, at: datetime, rule: HandoffRule) -> list[Found]:
    away = rota.away_between(team, starts_at=at, ends_at=at + rule.leave_ahead)
    people = team_queries.people_by_id(away)
    spans = [(span, people[person_id]) for person_id, some in away.items() for span in some]
    found = []
    for span, person in sorted(spans, key=lambda one: (one[0].starts_at, one[1].name)):
        first = span.starts_at.astimezone(person.zone).date()
        last = (span.ends_at - timedelta(seconds=1)).astimezone(person.zone).date()
        days = _day(first) if first == last else f"{_day(first)} to {_day(last)}"
        found.append(Found(ThingKind.LEAVE, f"leave:{person.pk}:{first}", f"{person.name} is away", days, "/rota"))
    return found[:MOST_KNOWN]


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
