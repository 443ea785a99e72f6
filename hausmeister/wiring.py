"""Which connector serves which channel, and how the parts of the program are put together.

The one module besides `simulation` that may know everything. Nothing is decided here.
"""

import os
import platform
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings
from ninja import Router

from hausmeister.alerts import api as alerts_api
from hausmeister.alerts.intake import Route
from hausmeister.alerts.silences import api as silences_api
from hausmeister.answers import api as answers_api
from hausmeister.answers import queries as answers_queries
from hausmeister.answers import rounds
from hausmeister.answers import sending as papers
from hausmeister.answers.operations import offering
from hausmeister.base import database, guard
from hausmeister.base.outgoing import Client
from hausmeister.chat import posts, recurring
from hausmeister.connectors.airflow import poll as airflow_poll
from hausmeister.connectors.airflow.api import LIMITS as AIRFLOW_LIMITS
from hausmeister.connectors.airflow.api import Airflow
from hausmeister.connectors.airflow.callback import router as airflow_callback
from hausmeister.connectors.alertmanager import inbound as alertmanager
from hausmeister.connectors.github import api as github
from hausmeister.connectors.github.pulls import GitHubPulls
from hausmeister.connectors.gitlab import api as gitlab
from hausmeister.connectors.gitlab.merges import GitLabMerges
from hausmeister.connectors.imap import poll as imap_poll
from hausmeister.connectors.imap.line import Route as MailboxRoute
from hausmeister.connectors.matrix import api as matrix_api
from hausmeister.connectors.matrix.api import MatrixApi
from hausmeister.connectors.matrix.rooms import Rooms as MatrixRooms
from hausmeister.connectors.matrix.sender import MatrixChatSender, MatrixSender
from hausmeister.connectors.matrix.sync import MatrixLine
from hausmeister.connectors.native import api as native_api
from hausmeister.connectors.native import inbound as native
from hausmeister.connectors.ntfy.sender import NtfySender
from hausmeister.connectors.openlineage.inbound import router as openlineage
from hausmeister.connectors.opsgenie import inbound as opsgenie
from hausmeister.connectors.opsgenie import poll as opsgenie_poll
from hausmeister.connectors.opsgenie.sender import OpsgenieApi, OpsgenieSender
from hausmeister.connectors.riemann.reader import Reader
from hausmeister.connectors.riemann.server import Address, Server, tls_context
from hausmeister.connectors.slack import api as slack_api
from hausmeister.connectors.slack import catching_up as slack_catching_up
from hausmeister.connectors.slack import set_up as slack
from hausmeister.connectors.slack.chat_sender import SlackChatSender
from hausmeister.connectors.slack.sender import SlackSender
from hausmeister.connectors.slack.socket_mode import SocketMode
from hausmeister.connectors.smtp.line import Route as MailRoute
from hausmeister.connectors.smtp.sender import MailSender
from hausmeister.connectors.webhook.sender import WebhookSender
from hausmeister.engine import ahead, jobs, watching
from hausmeister.engine.jobs import Job
from hausmeister.engine.loop import Engine
from hausmeister.engine.sending import Dispatcher
from hausmeister.engine.watching import Auditor
from hausmeister.familiarity import api as familiarity_api
from hausmeister.familiarity import operations as familiarity
from hausmeister.handoff import api as handoff_api
from hausmeister.handoff import dag_runs, risks
from hausmeister.incidents import api as incidents_api
from hausmeister.incidents import issues as incident_issues
from hausmeister.incidents import tracker as incident_tracker
from hausmeister.incidents.operations import urgent as urgent_incidents
from hausmeister.insights import api as insights_api
from hausmeister.insights import hand_offs
from hausmeister.insights import queries as insights
from hausmeister.issues import api as issues_api
from hausmeister.issues import polling
from hausmeister.issues import queries as issues_queries
from hausmeister.issues.sending import TrackerSender
from hausmeister.issues.tracker import PullRequests, Tracker
from hausmeister.monitoring import api as monitoring_api
from hausmeister.monitoring import keeping, probe_api, probing
from hausmeister.monitoring.keeping import Keeper
from hausmeister.monitoring.runs import api as runs_api
from hausmeister.monitoring.runs import telling
from hausmeister.monitoring.station import Station
from hausmeister.outbox import chat
from hausmeister.outbox.delivery import Sender
from hausmeister.outbox.rules import Lane
from hausmeister.pager import api as pager_api
from hausmeister.pager import foresight_api, ledger_api
from hausmeister.rota import announcing
from hausmeister.rota import api as rota_api
from hausmeister.rota.api import notices as notices_api
from hausmeister.rota.api import overrides as overrides_api
from hausmeister.rota.api import schedules as schedules_api
from hausmeister.rota.asks import api as asks_api
from hausmeister.rota.calendars import api as calendars_api
from hausmeister.rota.calendars import fetching
from hausmeister.rota.planning import api as planning_api
from hausmeister.rota.planning import leave_api, solving, wishes_api
from hausmeister.rota.planning.child import Child
from hausmeister.rota.planning.solving import Planning, Solve
from hausmeister.runbooks import api as runbooks_api
from hausmeister.runbooks import operations as runbooks
from hausmeister.runbooks import travelling
from hausmeister.team.rules import Channel
from hausmeister.triage import api as triage_api
from hausmeister.triage import issues as triage_issues
from hausmeister.triage.operations import promoting
from hausmeister.triage.operations.earlier import Earlier
from hausmeister.triage.operations.pointing import Pointer, Round, has_to_point

# what an upper room asks of the room of issues, by name
incident_tracker.connect(incident_issues.IssueRoom())
promoting.use(triage_issues.IssueRoom())
# and what the hand-off asks of whoever knows of risks
risks.use(dag_runs.PROVIDER)
insights.use_hand_offs(hand_offs.figure)
# and what it asks of the room of answers above it: which issues are alike
issues_queries.use(answers_queries.IssueRanker())


def intake_routes() -> tuple[Route, ...]:
    """Return every path of the intake."""
    return (*native.ROUTES, *alertmanager.ROUTES, *opsgenie.ROUTES)


def api_routers() -> tuple[Router, ...]:
    """Return the parts of the JSON API, in the order of its documentation."""
    native_api.add_to(alerts_api.router)
    return (
        alerts_api.router, silences_api.router, pager_api.router, rota_api.router, schedules_api.router,
        calendars_api.router, overrides_api.router, notices_api.router, planning_api.router, leave_api.router,
        wishes_api.router, asks_api.router, ledger_api.router, monitoring_api.router, probe_api.router,
        issues_api.router, foresight_api.router, incidents_api.router, answers_api.router, triage_api.router,
        handoff_api.router, runbooks_api.router,
        familiarity_api.router, insights_api.router, runs_api.router, airflow_callback, openlineage,
    )  # fmt: skip


def senders() -> dict[str, Sender]:
    """Return the way out for each channel that is set up. E-mail is always there: a demo keeps it as files."""
    typed, configured = Client(guard=guard.of_settings()), Client()
    found: dict[str, Sender] = {
        Channel.EMAIL: _mail(),
        Channel.NTFY: NtfySender(typed, server=settings.HAUSMEISTER_NTFY_URL),
        Channel.WEBHOOK: WebhookSender(typed),
    }
    if settings.HAUSMEISTER_SLACK_TOKEN:
        url, token = settings.HAUSMEISTER_SLACK_URL, settings.HAUSMEISTER_SLACK_TOKEN
        hears = settings.HAUSMEISTER_CHAT_HEARS
        found[Channel.SLACK] = SlackSender(
            configured, url=url, token=token, has_buttons=hears and settings.HAUSMEISTER_CHAT == "slack"
        )  # fmt: skip
        found[chat.CHANNEL] = SlackChatSender(Client(limits=slack_api.LIMITS), url=url, token=token)
    if settings.HAUSMEISTER_MATRIX_TOKEN:
        api = _matrix_api()
        found[Channel.MATRIX] = MatrixSender(api)
        if settings.HAUSMEISTER_CHAT == "matrix":
            found[chat.CHANNEL] = MatrixChatSender(api)
    if settings.HAUSMEISTER_OPSGENIE_KEY:
        found[Channel.OPSGENIE] = OpsgenieSender(_opsgenie_api())
    offers = pull_requests()
    for name, tracker in trackers().items():
        found[name] = TrackerSender(tracker, {offering.KIND: papers.PullSender(offers[name])})
    return found


def trackers() -> dict[str, Tracker]:
    """Return the trackers that are set up."""
    both: tuple[Tracker | None, ...] = (_github(), _gitlab())
    return {one.name: one for one in both if one is not None}


def pull_requests() -> dict[str, PullRequests]:
    """Return what takes documents for review, by tracker."""
    found: dict[str, PullRequests] = {}
    if (one := _github()) is not None:
        found[one.name] = GitHubPulls(one)
    if (other := _gitlab()) is not None:
        found[other.name] = GitLabMerges(other)
    return found


def _github() -> github.GitHub | None:
    token = settings.HAUSMEISTER_GITHUB_TOKEN
    client = Client(limits=github.LIMITS)
    return github.GitHub(client, url=settings.HAUSMEISTER_GITHUB_URL, token=token) if token else None


def _gitlab() -> gitlab.GitLab | None:
    token = settings.HAUSMEISTER_GITLAB_TOKEN
    client = Client(limits=gitlab.LIMITS)
    return gitlab.GitLab(client, url=settings.HAUSMEISTER_GITLAB_URL, token=token) if token else None


def _matrix_api() -> MatrixApi:
    limits = matrix_api.LIMITS
    return MatrixApi(
        Client(limits=limits), url=settings.HAUSMEISTER_MATRIX_URL, token=settings.HAUSMEISTER_MATRIX_TOKEN
    )  # fmt: skip


def _mail() -> MailSender:
    server = settings.HAUSMEISTER_EMAIL
    host = urlsplit(settings.HAUSMEISTER_BASE_URL).hostname or "localhost"
    route = MailRoute(server, name=host, plain_networks=settings.HAUSMEISTER_OUTGOING_ALLOW) if server else None
    return MailSender(route, sender=settings.HAUSMEISTER_EMAIL_FROM, folder=settings.HAUSMEISTER_DATA / "mail")


def mailbox() -> MailboxRoute | None:
    """Return the mail folder that is read, None where none is set up."""
    box = settings.HAUSMEISTER_MAILBOX
    return MailboxRoute(box, plain_networks=settings.HAUSMEISTER_OUTGOING_ALLOW) if box is not None else None


def _opsgenie_api() -> OpsgenieApi:
    return OpsgenieApi(Client(), url=settings.HAUSMEISTER_OPSGENIE_URL, key=settings.HAUSMEISTER_OPSGENIE_KEY)


def _airflow() -> Airflow:
    return Airflow(
        Client(limits=AIRFLOW_LIMITS), url=settings.HAUSMEISTER_AIRFLOW_URL, user=settings.HAUSMEISTER_AIRFLOW_USER,
        password=settings.HAUSMEISTER_AIRFLOW_PASSWORD,
    )  # fmt: skip


def engine(
    *,
    senders: dict[str, Sender],
    executor: Callable[[Lane, str], Executor] | None = None,
    node: str = "",
    is_pressed: Callable[[], bool] = lambda: False,
    solve: Solve | None = None,
    points: Pointer | None = None,
) -> Engine:
    """Return an engine with every job; `executor` and `solve` are given by tests, where all happens in one thread.

    `is_pressed` says that the intake of the same process is busy and sending must not take its time.
    """
    node = node or f"{platform.node()}:{os.getpid()}"
    dispatcher = Dispatcher(senders, executor=executor, is_pressed=is_pressed, adds=travelling.facts_for)
    begin = database.beside if executor is None else database.at_once
    child = Child()
    planning = Planning(solve or child, begin=begin, compare=None if solve else child.compare)
    plan = Job("solve plans", planning.run, solving.EVERY)
    looking_ahead = ahead.jobs(begin=begin)
    pointing = rounds.Round("point", Round(points or Earlier()).run, has_to_point, begin=begin)
    point = Job("point", pointing.run, jobs.AT_EACH_TICK)
    asked = _rounds_of_answers(begin=begin)
    reading = rounds.Round("read runbooks", runbooks.read_all, runbooks.has_folders, begin=begin)
    read = Job("read runbooks", reading.run, timedelta(minutes=1))
    room = incident_issues.IssueRoom()
    urgent = Job("open incidents", lambda now: urgent_incidents.follow(room, now=now), jobs.AT_EACH_TICK)
    far = _jobs_with_a_far_side(begin=begin)
    place = Job("place what was done in its areas", familiarity.place, timedelta(minutes=1))
    housekeeping = (*jobs.housekeeping(node), place, plan, point, read, urgent, *asked, *looking_ahead, *far)
    return Engine(paging=jobs.paging(), housekeeping=housekeeping, dispatcher=dispatcher)


def _rounds_of_answers(*, begin: Callable[[database.Work], None]) -> tuple[Job, ...]:
    """Return what is done for questions in the background."""
    return tuple(
        Job(name, rounds.Round(name, work, is_due, begin=begin).run, every)
        for name, work, is_due, every in rounds.ROUNDS
    )


def _jobs_with_a_far_side(*, begin: Callable[[database.Work], None]) -> tuple[Job, ...]:
    """Return what the engine asks and tells others besides sending messages."""
    auditor = Auditor(settings.HAUSMEISTER_WATCHER_URL, client=Client(), begin=begin)
    audit = Job("audit", auditor.run, watching.EVERY)
    calendars = Job("read calendars", fetching.Round(begin=begin).run, fetching.EVERY)
    looks = probing.Round(probing.guarded(guard.of_settings()), begin=begin)
    check = Job("run checks", looks.run, probing.EVERY)
    keeps_coming = Job("tell of recurring questions", recurring.tell, recurring.EVERY)
    tell = Job("tell who is on", announcing.tell_changes, announcing.EVERY)
    found = [audit, calendars, check, keeps_coming, tell, *_jobs_of_the_chat(begin=begin)]
    if settings.HAUSMEISTER_TRACKERS:
        found.append(Job("ask trackers", polling.Poll(trackers(), begin=begin).run, polling.EVERY))
        follow = papers.Following(pull_requests()).run
        following = rounds.Round("follow documents", follow, papers.may_be_due, begin=begin)
        found.append(Job("follow documents", following.run, polling.EVERY))
    if settings.HAUSMEISTER_AIRFLOW_URL:
        runs = airflow_poll.Poll(_airflow(), begin=begin)
        found.append(Job("ask Airflow", runs.run, airflow_poll.EVERY))
    if settings.HAUSMEISTER_CHAT:
        found.append(Job("tell of runs", telling.tell, telling.EVERY))
    if (box := mailbox()) is not None:
        letters = imap_poll.Poll(box, vouched_by=settings.HAUSMEISTER_MAILBOX_VOUCHED_BY, begin=begin)
        found.append(Job("read the mailbox", letters.run, imap_poll.EVERY))
    if settings.HAUSMEISTER_OPSGENIE_KEY:
        poll = opsgenie_poll.Poll(_opsgenie_api(), begin=begin)
        found.append(Job("ask Opsgenie", poll.run, opsgenie_poll.EVERY))
    return tuple(found)


def monitoring() -> tuple[Server, Keeper] | None:
    """Return what takes events of shards and what stores what they mean; None where no shard is set up."""
    shards = [one.shard for one in settings.HAUSMEISTER_RIEMANN]
    shards += [one.shard for one in settings.HAUSMEISTER_RIEMANN_READ]
    if not shards:
        return None
    station = Station(shards, store=keeping.store)
    addresses = [Address(one.shard, one.host, one.port, one.tls) for one in settings.HAUSMEISTER_RIEMANN]
    readers = [Reader(one).run for one in settings.HAUSMEISTER_RIEMANN_READ]
    tls = tls_context(settings.HAUSMEISTER_RIEMANN_TLS)
    return Server(station, addresses, tls=tls, beside=readers), Keeper(station)


def _jobs_of_the_chat(*, begin: Callable[[database.Work], None]) -> tuple[Job, ...]:
    """Return what the chat is told by itself, and what is read there again; nothing where we only write into it."""
    service = settings.HAUSMEISTER_CHAT
    if not settings.HAUSMEISTER_CHAT_HEARS:
        return ()
    tell = Job("tell the duty", lambda now: posts.tell_duty(service, now, has_groups=service == "slack"), posts.EVERY)
    if service != "slack":
        return (tell,)
    workspace = slack.workspace_of(settings.HAUSMEISTER_SLACK_URL, settings.HAUSMEISTER_SLACK_TOKEN)
    reading = slack_catching_up.CatchingUp(
        workspace, sweeps=not settings.HAUSMEISTER_SLACK_APP_TOKEN, begin=begin
    )  # fmt: skip
    return (tell, Job("read the chat again", reading.run, slack_catching_up.EVERY))


class Line(Protocol):
    """A line to a chat that is kept open beside the engine."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


def lines() -> tuple[Line, ...]:
    """Return the lines over which chats tell us what happens; none where they call us, or where none is set up."""
    if settings.HAUSMEISTER_CHAT == "matrix":
        api = _matrix_api()
        return (MatrixLine(api, MatrixRooms(api)),)
    if not settings.HAUSMEISTER_CHAT_HEARS or not settings.HAUSMEISTER_SLACK_APP_TOKEN:
        return ()
    return (SocketMode(slack.app_of_settings(), slack.app_token_api()),)
