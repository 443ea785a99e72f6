"""Every route of the program, whoever may use it, as the house test of roles compares it with docs/roles.md."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from hausmeister.alerts.silences import operations as silences
from hausmeister.alerts.silences.rules import read as read_conditions
from hausmeister.answers import operations as answer_cards
from hausmeister.answers.models import Recurring
from hausmeister.base import clock
from hausmeister.base.priority import Priority
from hausmeister.handoff.models import HandoffItem
from hausmeister.handoff.operations import editing, reporting
from hausmeister.incidents.operations import open_incident, reviewing, roles
from hausmeister.incidents.rules.kinds import Post as IncidentPost
from hausmeister.issues.models import Issue
from hausmeister.issues.operations import working
from hausmeister.monitoring.models import Heartbeat, Probe
from hausmeister.monitoring.operations import heartbeats, probes
from hausmeister.monitoring.runs import taking
from hausmeister.monitoring.runs.models import Run
from hausmeister.monitoring.runs.rules.states import RunSaid, State
from hausmeister.pager.models import Page
from hausmeister.rota import announcing
from hausmeister.rota import operations as rota
from hausmeister.rota.asks import asking
from hausmeister.rota.asks.asking import Wanted as Wish
from hausmeister.rota.asks.rules import AskKind
from hausmeister.rota.calendars import feeds, imports
from hausmeister.rota.models import Schedule, ScheduleOverride
from hausmeister.rota.models.asks import Ask
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.operations import schedule_overrides, schedules
from hausmeister.rota.planning import drafts, members, snapshot
from hausmeister.rota.planning.drafts import Wanted
from hausmeister.rota.planning.leave import answers
from hausmeister.rota.rules.calendars.importing import ImportKind
from hausmeister.rota.rules.calendars.subjects import FeedKind
from hausmeister.rota.rules.definitions import Content, LayerDraft, ScheduleDraft
from hausmeister.rota.rules.layers import Change, Kind
from hausmeister.rota.rules.rotations import Who
from hausmeister.rota.rules.slots import Post
from hausmeister.rota.rules.wall import WallMoment
from hausmeister.runbooks.models import File, Folder, Section
from hausmeister.team import operations as team_operations
from hausmeister.team.models import Membership, Person
from hausmeister.team.rules import Role, Scope
from hausmeister.triage import operations as triage
from hausmeister.triage.models import Item
from hausmeister.triage.rules.states import Source
from hausmeister.triage.shapes import Taken
from hausmeister.urls import api
from hausmeister.web import accounts
from tests import builders

# ---- the screens ----


@dataclass(frozen=True)
class Screen:
    """One path that is not of the JSON API: as its pattern, and the view behind it."""

    pattern: str
    view: Any

    @property
    def capability(self) -> Any:
        """What its decorator says that it needs; None when it says nothing."""
        view = getattr(self.view, "view_class", self.view)
        return getattr(self.view, "capability", None) or getattr(view, "capability", None)


def screens() -> list[Screen]:
    """Return every route but those of the JSON API, in the order of their paths."""
    found = [one for one in _walk(get_resolver().url_patterns) if not one.pattern.startswith("/api/")]
    return sorted(found, key=lambda one: one.pattern)


def _walk(patterns: Any, before: str = "/") -> Iterator[Screen]:
    for one in patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _walk(one.url_patterns, path)
        elif isinstance(one, URLPattern):
            yield Screen(path, one.callback)


ROLES = ("nobody", "viewer", "responder", "lead", "admin", "another team's lead", "deactivated")


@dataclass
class Cast:
    """A team with somebody of each role, and something of every kind that a path may name."""

    people: dict[str, Person | None]
    values: dict[str, Any]


def cast(world: Any, trio: Any) -> Cast:
    """Return the people and objects that the walk through the screens uses."""
    viewer, gone = builders.person("Viktor"), builders.person("Greta")
    for one, role in ((viewer, Role.VIEWER), (gone, Role.LEAD)):
        builders.method(one)
        team_operations.join(
            trio.team, one, role=role, experience=1, joined_on=world.now.date(), by=builders.CONSOLE, now=world.now
        )
    Person.objects.filter(pk=gone.pk).update(is_active=False)
    gone.refresh_from_db()
    other = builders.trio(slug="streaming")
    page = world.fire("Disk full", severity="critical")
    people = {
        "nobody": None,
        "viewer": viewer,
        "responder": trio.ana,
        "lead": trio.carla,
        "admin": builders.person("Alma", is_admin=True),
        "another team's lead": other.carla,
        "deactivated": gone,
    }
    return Cast(people, _values(world, trio, page))


def _values(world: Any, trio: Any, page: Page) -> dict[str, Any]:
    """Return something of the responder's, or of the team's, for each part that a path may have."""
    begins = world.now + timedelta(days=1)
    override = rota.add_override(
        trio.team, post=Post.PRIMARY, person=trio.carla, starts_at=begins, ends_at=begins + timedelta(hours=8),
        reason="", by=builders.CONSOLE, now=world.now, even_if_outranked=True,
    )  # fmt: skip
    day = world.now.date() + timedelta(days=60)
    rota.record_leave(trio.ana, starts_on=day, ends_on=day, by=builders.CONSOLE, now=world.now)
    source = trio.team.sources.get()
    schedule, schedule_override = a_schedule(world, trio)
    wish = members.add_wish(
        trio.team.memberships.get(person=trio.ana), must=False, starts_on=day, ends_on=day, reason="",
        by=builders.CONSOLE, now=world.now,
    )  # fmt: skip
    draft = planned(trio.team, world.now)
    far = world.now.date() + timedelta(days=150)
    (answer,) = answers(trio.ana, starts_on=far, ends_on=far, by=builders.CONSOLE, now=world.now)
    return {
        "item_id": an_item(trio.team, world.now).pk,
        "slug": schedule.slug,
        "schedule_override_id": schedule_override.pk,
        "question_id": answer.draft.pk if answer.draft else 0,
        "draft_id": draft.pk,
        "recurring_id": Recurring.objects.create(
            team=trio.team, state="proposed", created_at=world.now, proposed_at=world.now
        ).pk,
        "bundle": draft.bundle,
        "wish_id": wish.pk,
        "ask_id": asked(trio.team, trio.ana, world.now).pk,
        "heartbeat_id": a_heartbeat(world, trio).pk,
        "check_id": a_check(world, trio).pk,
        "silence_id": a_silence(world, trio).pk,
        "section_id": a_section(trio).pk,
        "alert_id": page.alerts.get().pk,
        "day": "2026-11-24",
        "issue_id": an_issue(trio.team, trio.ana, world.now).pk,
        "page_id": page.pk,
        "member_id": trio.team.memberships.get(person=trio.bruno).pk,
        "method_id": trio.ana.methods.get().pk,
        "override_id": override.pk,
        "leave_id": trio.ana.leaves.get().pk,
        "source_id": source.pk,
        "key_id": source.keys.get().pk,
        "kind": "alertmanager",
        "list_name": "important",
        "name": "team",
        **_calendars(world, trio),
        **_incidents(world, trio),
        **a_handoff(world, trio),
    }


def a_silence(world: Any, trio: Any) -> Any:
    """Return a silence of the team's."""
    wanted = silences.Wanted(read_conditions([("title", "is", "x")]), world.now + timedelta(hours=1), "a test")
    return silences.make(trio.team, wanted, by=silences.Who(builders.CONSOLE), now=world.now)


def a_handoff(world: Any, trio: Any) -> dict[str, Any]:
    """Return the draft of the next change of duty, something that stands in it, and a report that is not posted."""
    made = editing.write_now(trio.team, by=trio.carla, now=world.now)
    thing = HandoffItem.objects.filter(handoff=made).first() or HandoffItem.objects.create(
        handoff=made, kind="leave", subject="leave:x", title="x"
    )
    report = reporting.draft(trio.team, ends_at=world.now, now=world.now)
    return {"handoff_id": made.pk, "thing_id": thing.pk, "report_id": report.pk, "version": report.version}


def _incidents(world: Any, trio: Any) -> dict[str, Any]:
    """Return an incident of the team's, what Ana is asked to take in it, and a follow-up."""
    incident = an_incident(trio, world.now)
    offer = roles.offer(incident.pk, IncidentPost.COMMS, to=trio.ana, by=trio.carla, now=world.now)
    task = reviewing.add_follow_up(incident.pk, "x", owner=None, by=trio.carla, now=world.now)
    return {"incident_id": incident.pk, "offer_id": offer.pk, "follow_up_id": task.pk, "verb": "done"}


def an_incident(trio: Any, now: Any) -> Any:
    """Return an incident of the team's that Carla opened."""
    by = team_operations.as_actor(trio.carla)
    return open_incident(trio.team, "No data", "SEV2", actor=by, now=now)


def _calendars(world: Any, trio: Any) -> dict[str, Any]:
    """Return a feed and an import of the responder's, and what is done to an import."""
    feed = feeds.make_feed(trio.ana, kind=FeedKind.PERSON, name="phone", by=builders.CONSOLE, now=world.now).feed
    return {"feed_id": feed.pk, "import_id": leave_import(world, trio.ana).pk, "act": "read"}


def leave_import(world: Any, person: Person) -> Any:
    """Return a calendar that the person's leave is read from; nobody is asked for it."""
    return imports.add_import(
        ImportKind.LEAVE, person=person, name="mine", url="https://127.0.0.1/x.ics", by=builders.CONSOLE,
        now=world.now + timedelta(days=9),
    )  # fmt: skip


def a_run(team: Any, now: datetime) -> Run:
    """Return a run of the team's, made if there is none."""
    taking.take(team, [RunSaid("nightly", "tonight", now, State.RUNNING, now)], now=now)
    return Run.objects.get(team=team)


def a_heartbeat(world: Any, trio: Any) -> Heartbeat:
    """Return a heartbeat of the team, made if there is none."""
    found = Heartbeat.objects.filter(team=trio.team).first()
    period = timedelta(hours=1)
    wanted = heartbeats.Wanted("export", period, period)
    return found or heartbeats.make(trio.team, wanted, by=builders.CONSOLE, now=world.now)


def a_check(world: Any, trio: Any) -> Probe:
    """Return a check of the team, made if there is none."""
    found = Probe.objects.filter(team=trio.team).first()
    wanted = probes.Wanted("shop", url="http://127.0.0.1/")
    return found or probes.make(trio.team, wanted, by=builders.CONSOLE, now=world.now)


def a_section(trio: Any) -> Section:
    """Return a section of the team's runbooks."""
    folder, _ = Folder.objects.get_or_create(team=trio.team, path="/srv/runbooks")
    file, _ = File.objects.get_or_create(folder=folder, path="oncall.md")
    facts = {"ends": 0, "level": 1, "words": "Disk full", "line": 1, "is_alert": True}
    return Section.objects.get_or_create(file=file, position=0, defaults=facts)[0]


def a_schedule(world: Any, trio: Any) -> tuple[Schedule, ScheduleOverride]:
    """Return a schedule of the team in which Ana takes turns, and an override of it."""
    begins = WallMoment(world.now.date(), time(9))
    layer = LayerDraft("Weeks", Content.ROTATION, starts=begins, participants=(Who(trio.ana.pk),))
    draft = ScheduleDraft("support", "Support", "Europe/Berlin", "", (layer,))
    (schedule,) = schedules.create_schedules(trio.team, [draft], by=builders.CONSOLE, now=world.now)
    span = (world.now + timedelta(days=1), world.now + timedelta(days=2))
    override = schedule_overrides.add_schedule_override(
        trio.team, schedule, Change(0, Kind.ADD, *span, trio.bruno.pk), by=builders.CONSOLE, now=world.now
    )
    return schedule, override


def planned(team: Any, now: Any, *, person: Person | None = None) -> Draft:
    """Return a draft of the team's next weeks that the planner has not answered yet."""
    wanted = Wanted(snapshot.next_week(team, now=now), 4)
    return drafts.ask(team, wanted, by=builders.CONSOLE, person=person, now=now)


def asked(team: Any, person: Person, now: Any) -> Ask:
    """Return an ask for cover of the person's duty in three weeks. Nobody of three can; the lead is told."""
    week = snapshot.next_week(team, now=now) + timedelta(weeks=2)
    wanted = Wish(AskKind.COVER, week, "D")
    return asking.ask(team, wanted, asker=person, by=builders.CONSOLE, person=person, now=now)


def an_issue(team: Any, person: Person, now: Any) -> Issue:
    """Return an issue of the person's in the backlog."""
    wish = working.Wish("Commit service retries", "", Priority.P2, why="it wakes us")
    return working.open_issue(team, wish, by=builders.CONSOLE, person=person, now=now)


def an_item(team: Any, now: Any) -> Item:
    """Return something that was seen on a dashboard."""
    return triage.take(team.pk, Taken(Source.DASHBOARD, "Lag grows", asker_email="imani@example.org"), now=now)


def screen_outcome(screen: Screen, person: Person | None, values: dict[str, Any]) -> str:
    """Return what `person` gets at `screen`: yes, sign in, no (403), or 404. Nothing of it is kept."""
    client = Client(raise_request_exception=True)
    with transaction.atomic():
        if person is not None:
            client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
            session = client.session
            # as if the password had just been typed: what is asked here is who may, not when
            session[accounts.CONFIRMED_AT] = clock.now().timestamp()
            session.save()
        path = filled(screen.pattern, values)
        answer = client.get(path)
        if answer.status_code == 405:
            answer = client.post(path)
        transaction.set_rollback(True)
    if answer.status_code in {301, 302, 303} and answer["Location"].startswith("/sign-in"):
        return "sign in"
    return {401: "sign in", 403: "no", 404: "404"}.get(answer.status_code, "yes")


def filled(pattern: str, values: dict[str, Any]) -> str:
    """Return `pattern` as a path, its parts taken from `values`; what is not there is a word nobody knows."""
    path = re.sub(
        r"<(?:(\w+):)?(\w+)>",
        lambda match: str(values.get(match[2], 999_999 if match[1] == "int" else "unknown")),
        pattern,
    )
    path = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda match: str(values.get(match[1], "unknown")), path)
    return path.replace("^", "").replace("$", "").replace("\\Z", "")


# ---- the JSON API ----

_LAYER = {"name": "Holidays", "content": "entries"}
_SILENCE: dict[str, Any] = {
    "conditions": [{"field": "title", "how": "is", "value": "x"}],
    "until": "in 1h",
    "reason": "a test",
}
BODIES: dict[str, Any] = {
    "POST /api/v1/answers/cards": {"title": "x", "text": "y"},
    "PUT /api/v1/answers/cards/{card_id}": {"title": "x", "text": "y"},
    "POST /api/v1/answers/cards/{card_id}/confirm": {"asking": "x"},
    "POST /api/v1/answers/cards/{card_id}/reject": {"asking": "x"},
    "POST /api/v1/answers/recurring/{recurring_id}/written": {},
    "POST /api/v1/answers/recurring/{recurring_id}/split": {"asking": 1},
    "POST /api/v1/asks": {"kind": "cover", "week": "2026-12-07", "role": "D"},
    "POST /api/v1/asks/{ask_id}/accept": {},
    "POST /api/v1/asks/{ask_id}/decline": {},
    "POST /api/v1/alerts": {"title": "x"},
    "POST /api/v1/calendar/feeds": {"name": "x", "kind": "rota"},
    "POST /api/v1/calendar/imports": {"kind": "leave", "name": "x", "url": "https://127.0.0.1/x.ics"},
    "POST /api/v1/calendar/imports/{import_id}/read": {},
    "POST /api/v1/handoffs/{handoff_id}/note": {"text": "x"},
    "POST /api/v1/handoffs/{handoff_id}/items/{thing_id}": {"next_step": "x"},
    "POST /api/v1/checks": {"name": "new", "url": "http://127.0.0.1/"},
    "PUT /api/v1/checks/{check_id}": {"name": "other", "url": "http://127.0.0.1/"},
    "POST /api/v1/heartbeats": {"name": "new", "period_s": 3600},
    "POST /api/v1/run-events": {"dag_id": "nightly", "run_id": "tonight", "state": "running"},
    "POST /api/v1/lineage": {
        "eventType": "START",
        "eventTime": "2026-11-24T00:00:00Z",
        "run": {"runId": "1"},
        "job": {"name": "nightly"},
    },
    "PUT /api/v1/heartbeats/{heartbeat_id}": {"name": "other", "period_s": 3600},
    "POST /api/v1/silences": _SILENCE,
    "POST /api/v1/silences/preview": {"conditions": _SILENCE["conditions"]},
    "PUT /api/v1/silences/{silence_id}": _SILENCE,
    "POST /api/v1/issues": {"title": "x", "priority": "P3"},
    "POST /api/v1/issues/{issue_id}/priority": {"priority": "P3"},
    "POST /api/v1/issues/{issue_id}/hand-over": {"to": "bruno@example.org", "note": "x"},
    "POST /api/v1/issues/{issue_id}/note": {"text": "x"},
    "POST /api/v1/issues/{issue_id}/help": {"comes": True},
    "POST /api/v1/incidents": {"title": "x", "level": "SEV3"},
    "POST /api/v1/incidents/timeline": {"text": "x"},
    "POST /api/v1/incidents/{incident_id}/answer": {"post": "comms"},
    "POST /api/v1/incidents/{incident_id}/comms": {"person": "carla@example.org"},
    "POST /api/v1/incidents/{incident_id}/follow-ups": {"text": "x"},
    "POST /api/v1/incidents/{incident_id}/level": {"level": "SEV3"},
    "POST /api/v1/incidents/{incident_id}/over": {},
    "POST /api/v1/incidents/{incident_id}/point": {"person": "carla@example.org"},
    "POST /api/v1/incidents/{incident_id}/timeline": {"text": "x"},
    "POST /api/v1/incidents/{incident_id}/update": {"text": "x"},
    "POST /api/v1/pages/{page_id}/note": {"text": "x"},
    "POST /api/v1/pages/{page_id}/snooze": {"until": "in 1h"},
    "POST /api/v1/reports/{report_id}": {"text": "x"},
    "POST /api/v1/reports/{report_id}/post": {"version": 1},
    "POST /api/v1/schedules": {"slug": "new", "name": "New"},
    "PUT /api/v1/schedules/{slug}": {"name": "New", "zone": "UTC"},
    "POST /api/v1/schedules/{slug}/cannot": {"to": "bruno@example.org", "until": "in 1h"},
    "POST /api/v1/schedules/{slug}/layers": _LAYER,
    "PUT /api/v1/schedules/{slug}/layers/{layer_id}": _LAYER,
    "PUT /api/v1/schedules/{slug}/layers/{layer_id}/participants": {"participants": ["nobody"]},
    "PUT /api/v1/schedules/{slug}/layers/{layer_id}/entries": {"entries": []},
    "POST /api/v1/schedule-templates/{name}": {"slug": "new"},
    "POST /api/v1/schedule-overrides": {
        "schedule": "support",
        "person": "bruno@example.org",
        "until": "in 1h",
    },
    "POST /api/v1/triage": {"title": "Lag grows"},
    "POST /api/v1/triage/{item_id}/answer": {"text": "Restart it."},
    "POST /api/v1/triage/{item_id}/assign": {"to": "carla@example.org"},
    "POST /api/v1/triage/{item_id}/close": {"reason": "over"},
    "POST /api/v1/triage/{item_id}/issue": {"priority": "P3"},
    "POST /api/v1/triage/{item_id}/kind": {"kind": "incident"},
    "POST /api/v1/plans": {"first_week": "2026-12-07"},
    "POST /api/v1/plans/compare": {"first_week": "2026-12-07"},
    "POST /api/v1/rota/overrides": {"person": "carla@example.org", "until": "in 2h", "even_if_outranked": True},
    "POST /api/v1/leave": {"starts_on": "2027-03-01", "ends_on": "2027-03-02"},
    "POST /api/v1/leave/check": {"starts_on": "2027-03-01", "ends_on": "2027-03-02"},
    "POST /api/v1/oncall-notices": {"address": "https://93.184.215.14/x"},
    "POST /api/v1/plans/{draft_id}/bend": {"way": "gap"},
    "POST /api/v1/plans/{draft_id}/publish": {"version": 1},
    "POST /api/v1/wishes": {"starts_on": "2027-03-01", "ends_on": "2027-03-02"},
    "PUT /api/v1/people/{person_id}/terms": {},
}
_BOTH = (Scope.READ, Scope.MANAGE)
# column → scopes of the key, whether it is of the alert's own source, whether it is of the alert's own team
KEYS: dict[str, tuple[tuple[Scope, ...], bool, bool]] = {
    "no key": ((), True, True),
    "`alerts:write`": ((Scope.ALERTS_WRITE,), True, True),
    "`alerts:all`": ((Scope.ALERTS_ALL,), True, True),
    "`heartbeat`": ((Scope.HEARTBEAT,), True, True),
    "`read`": ((Scope.READ,), True, True),
    "`manage`": ((Scope.MANAGE,), True, True),
    "`all`": ((Scope.ALL,), True, True),
    "`read manage`, other source": (_BOTH, False, True),
    "`read manage alerts:all`, other source": ((*_BOTH, Scope.ALERTS_ALL), False, True),
    "`all`, other team": ((Scope.ALL,), False, False),
}


def api_operations() -> list[str]:
    """Return every operation of the JSON API, such as "GET /api/v1/pages/{page_id}"."""
    paths = api.get_openapi_schema()["paths"]
    return sorted((f"{method.upper()} {path}" for path in paths for method in paths[path]), key=_by_path)


def _by_path(operation: str) -> tuple[str, str]:
    method, path = operation.split(" ")
    return path, method


def a_question_that_keeps_coming(world: Any, trio: Any) -> dict[str, int]:
    """Return an answer of the team's, and a question of it that keeps coming."""
    card = answer_cards.add_answer(trio.team, title="Undrop", text="UNDROP TABLE", by=builders.CONSOLE, now=world.now)
    question = Recurring.objects.create(team=trio.team, created_at=world.now)
    return {"card_id": card.pk, "recurring_id": question.pk}


def api_values(world: Any, trio: Any, page: Page) -> dict[str, Any]:
    """Return something of the team's, or of the acting person's, for each part that a path may have."""
    schedule, override = a_schedule(world, trio)
    feed = feeds.make_feed(
        trio.carla, kind=FeedKind.ROTA, team=trio.team, name="phone", by=builders.CONSOLE, now=world.now
    ).feed
    return {
        "page_id": page.pk, "alert_id": page.alerts.get().pk, "slug": schedule.slug,
        "layer_id": schedule.layers.get().pk, "override_id": override.pk, "name": "our-week",
        "feed_id": feed.pk, "import_id": leave_import(world, trio.carla).pk,
        "draft_id": page.team.drafts.get().pk, "person_id": page.team.drafts.get().asked_by_id,
        "ask_id": page.team.asks.get().pk, "heartbeat_id": a_heartbeat(world, trio).pk,
        "silence_id": a_silence(world, trio).pk,
        "section_id": a_section(trio).pk, "check_id": a_check(world, trio).pk,
        "issue_id": an_issue(page.team, trio.ana, world.now).pk,
        "item_id": an_item(trio.team, world.now).pk,
        **a_question_that_keeps_coming(world, trio),
        "incident_id": an_incident(trio, world.now).pk, "run_id": a_run(trio.team, world.now).pk,
        # after the plan above: a question about days away is a draft too
        **_own_days(world, trio),
        **a_handoff(world, trio),
        **_a_wish_and_a_notice(world, trio),
    }  # fmt: skip


def _a_wish_and_a_notice(world: Any, trio: Any) -> dict[str, Any]:
    """Return a wish of the lead's, and an address that is told who is on."""
    day = world.now.date() + timedelta(days=200)
    lead = Membership.objects.get(team=trio.team, person=trio.carla)
    wish = members.add_wish(
        lead, must=False, starts_on=day, ends_on=day, reason="", by=builders.CONSOLE, now=world.now
    )  # fmt: skip
    address = "https://93.184.215.14/hook"
    notice = announcing.add_notice(trio.team, None, address, by=builders.CONSOLE, now=world.now)
    return {"wish_id": wish.pk, "notice_id": notice.pk}


def _own_days(world: Any, trio: Any) -> dict[str, Any]:
    """Return days away of the lead's, a question about some, and an override of the duties."""
    begins, day = world.now + timedelta(days=1), world.now.date() + timedelta(days=60)
    override = rota.add_override(
        trio.team, post=Post.PRIMARY, person=trio.carla, starts_at=begins, ends_at=begins + timedelta(hours=8),
        reason="", by=builders.CONSOLE, now=world.now, even_if_outranked=True,
    )  # fmt: skip
    rota.record_leave(trio.carla, starts_on=day, ends_on=day, by=builders.CONSOLE, now=world.now)
    far = world.now.date() + timedelta(days=150)
    (answer,) = answers(trio.carla, starts_on=far, ends_on=far, by=builders.CONSOLE, now=world.now)
    assert answer.draft is not None
    return {
        "duty_override_id": override.pk, "leave_id": trio.carla.leaves.get().pk, "question_id": answer.draft.pk,
    }  # fmt: skip


def api_outcome(operation: str, caller: builders.Caller, values: dict[str, Any]) -> str:
    """Return what `caller` gets: yes, 401, 403 or 404. Nothing of it is kept."""
    method, path = operation.split(" ")
    path = path.removeprefix("/api/v1").format(**values)
    with transaction.atomic():
        answer = caller.ask(method, path, BODIES.get(operation))
        transaction.set_rollback(True)
    return str(answer.status_code) if answer.status_code in {401, 403, 404} else "yes"
