"""What a policy is, once it is read: plain values, no dates of today, no people but by address."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from hausmeister.base.priority import Priority
from hausmeister.base.working_time import WorkingHours
from hausmeister.team.policy.alarms import AlarmRule
from hausmeister.team.policy.dashboards import DashboardLink
from hausmeister.team.policy.monitoring import MonitoringRule
from hausmeister.team.policy.runbooks import RunbooksRule
from hausmeister.team.policy.runs import RunsRule
from hausmeister.team.rules import ListName


@dataclass(frozen=True)
class WeekTime:
    """A moment of the week on a wall clock; day 0 is Monday."""

    day: int
    at: time


@dataclass(frozen=True)
class DutyRule:
    """One weekly duty (H1, H3). `triage` says whether its holder also takes what is not a page."""

    name: str
    title: str
    starts: WeekTime
    ends: WeekTime
    triage: bool


@dataclass(frozen=True)
class RotaRule:
    """How duties are shared out, and how far ahead of them a plan may still change.

    `weeks_between` free weeks between two duties of one person must be kept by a plan, `ideal_weeks_between`
    are aimed at. An absence of `long_leave_days` or more takes its weeks out of the person's fair share. A swap
    asked for can be agreed to for `swap_hours`; that nobody covers a turn is told `cover_alarm_hours` before it.
    `backlog_week`: the week after the one on duty goes to the backlog (L8).
    """

    backstop_title: str
    strictly_more_experience: bool
    weeks_ahead: int
    weeks_between: int
    frozen_weeks: int = 2
    ideal_weeks_between: int = 3
    long_leave_days: int = 28
    swap_hours: int = 72
    cover_alarm_hours: int = 24
    backlog_week: bool = False


@dataclass(frozen=True)
class ForesightRule:
    """How far ahead trouble is looked for, and when people hear of a hand-off. `weeks` 0: as far as is planned.

    A notice with a lead of zero is not sent.
    """

    weeks: int = 0
    test_counts_for: timedelta = timedelta(days=60)
    test_page_before: timedelta = timedelta(hours=24)
    unconfirmed_before: timedelta = timedelta(hours=4)
    notice_before_start: timedelta = timedelta(hours=24)
    notice_before_end: timedelta = timedelta(hours=1)


@dataclass(frozen=True)
class StepRule:
    """One step of a team ladder: who is called, and how long they have before the next step."""

    call: str
    wait: timedelta


@dataclass(frozen=True)
class LadderRule:
    """A team ladder: who is called in turn. `uses` names the list of each person's own ladder."""

    name: str
    uses: ListName
    working_hours_only: bool
    steps: tuple[StepRule, ...]


@dataclass(frozen=True)
class PagerRule:
    """Limits of the pager."""

    ack_timeout: timedelta
    greatest_age: timedelta
    storm_pages: int
    storm_within: timedelta
    last_resort: tuple[str, ...]
    links_show_details: bool
    longest_silence: timedelta = timedelta(days=14)


@dataclass(frozen=True)
class IssuesRule:
    """How issues press (H11, H12).

    A P3 on which nothing happens for `p3_idle` of working time is asked about. For a P4 one more person is asked to
    help each `p4_ask_wait`, until somebody comes.
    """

    p3_idle: timedelta = timedelta(hours=4)
    p4_ask_wait: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class PriorityRule:
    """What one of P4 … P1 means here, in the handbook's words."""

    priority: Priority
    meaning: str
    examples: tuple[str, ...]
    is_hard: bool


@dataclass(frozen=True)
class AlertRule:
    """A rule for alerts that carry all of `match` (label to allowed values); the first that fits decides."""

    name: str
    match: dict[str, tuple[str, ...]]
    priority: Priority | None
    is_hard: bool | None
    ladder: str


@dataclass(frozen=True)
class SeverityLevel:
    """A company-wide severity level (H13) with its procedure.

    `update_every`: so often whoever waits hears something, None for no rhythm. `announce_within`: so soon after
    the opening the clients are told, None where that is left to judgement.
    """

    name: str
    word: str
    meaning: str
    procedure: tuple[str, ...]
    update_every: timedelta | None = None
    announce_within: timedelta | None = None

    @property
    def needs_review(self) -> bool:
        """Whether the procedure asks for a review."""
        return any("review" in line.lower() for line in self.procedure)


@dataclass(frozen=True)
class IncidentRule:
    """What holds for incidents of every level. `timeline_emoji` on a chat message adds it to the timeline.

    `p4_level` is the severity level of the incident that an issue of priority P4 opens, "" for none.
    """

    timeline_emoji: str = ":pushpin:"
    review_within: timedelta = timedelta(days=7)
    p4_level: str = ""


_HOUR = timedelta(hours=1)


def _first_answers() -> dict[Priority, timedelta]:
    return {Priority.P4: _HOUR / 4, Priority.P3: _HOUR, Priority.P2: 4 * _HOUR, Priority.P1: 9 * _HOUR}


def _idle_times() -> dict[Priority, timedelta]:
    return {Priority.P4: _HOUR, Priority.P3: 4 * _HOUR, Priority.P2: 27 * _HOUR, Priority.P1: 45 * _HOUR}


@dataclass(frozen=True)
class PromiseRule:
    """How long items of the inbox may wait, in working time: questions, problems without a priority, by priority."""

    question: timedelta
    problem: timedelta
    by_priority: Mapping[Priority, timedelta]


@dataclass(frozen=True)
class TriageRule:
    """The promises of the one inbox. The holder is reminded when `nudge_percent` of a promise has passed."""

    first_answer: PromiseRule = field(default_factory=lambda: PromiseRule(2 * _HOUR, _HOUR, _first_answers()))
    idle: PromiseRule = field(default_factory=lambda: PromiseRule(9 * _HOUR, 4 * _HOUR, _idle_times()))
    nudge_percent: int = 75


@dataclass(frozen=True)
class HelpRule:
    """When the backstop is suggested to whoever holds something (L3): never called without them.

    After `without_progress`; when somebody holds `several_at_once`; when so many took a thing and gave it back.
    A number of 0 switches that reason off.
    """

    without_progress: timedelta = _HOUR
    several_at_once: int = 3
    given_back: int = 2


def _usual_areas() -> dict[str, tuple[str, ...]]:
    return {
        "ingestion": ("ingest*", "extract*", "import*", "kafka", "consumer*"),
        "orchestration": ("airflow", "dag*", "scheduler*", "cron"),
        "computation": ("spark", "build*", "built", "dataset*", "model*", "executor*", "itaipu"),
        "storage": ("s3", "hdfs", "disk*", "bucket*", "storage", "partition*"),
        "serving": ("warehouse", "redshift", "bigquery", "looker", "query", "queries", "publish*"),
        "access": ("permission*", "access", "iam", "credential*", "token*"),
        "monitoring": ("riemann", "prometheus", "alertmanager", "grafana", "heartbeat*"),
    }


@dataclass(frozen=True)
class FamiliarityRule:
    """The areas of the platform with the words that tell them, the first that fits deciding; how work fades (H17)."""

    half_life: timedelta = timedelta(days=180)
    areas: Mapping[str, tuple[str, ...]] = field(default_factory=_usual_areas)


@dataclass(frozen=True)
class HandoffRule:
    """How a duty changes hands (H4).

    A draft is written `draft_before` the change; after `accept_within` the backstop hears that nobody accepted.
    `issues`: "every" open P4 and P3 goes along, or only the outgoing person's "own" and nobody's. Leave of the next
    `leave_ahead` is listed; an alarm that came `flaps_at` times in a duty flaps.
    """

    draft_before: timedelta = _HOUR
    accept_within: timedelta = _HOUR / 2
    issues: str = "every"
    leave_ahead: timedelta = timedelta(days=14)
    flaps_at: int = 3


@dataclass(frozen=True)
class Policy:
    """One team's policy."""

    duties: tuple[DutyRule, ...]
    rota: RotaRule
    working_days: frozenset[int]
    working_starts: time
    working_ends: time
    days_off: frozenset[date]
    ladders: dict[str, LadderRule]
    pager: PagerRule
    priorities: dict[Priority, PriorityRule]
    default_priority: Priority
    priority_of_severity: dict[str, Priority]
    alert_rules: tuple[AlertRule, ...]
    severity_levels: tuple[SeverityLevel, ...]
    incidents: IncidentRule
    squads: dict[str, str]
    alarms_channel: str
    question_channels: tuple[str, ...]
    updates_channel: str
    announcements_channel: str
    crash_channel: str
    shift_channel: str
    chat_groups: dict[str, tuple[str, ...]]
    tracker_repository: str
    tracker_labels: tuple[str, ...]
    dashboard_url: str
    dashboard_shards: tuple[str, ...]
    dashboard_links: tuple[DashboardLink, ...] = ()
    monitoring_rules: tuple[MonitoringRule, ...] = ()
    alarm_rules: tuple[AlarmRule, ...] = ()
    runbooks: RunbooksRule = field(default_factory=RunbooksRule)
    runs: RunsRule = field(default_factory=RunsRule)
    tracker_kind: str = "github"
    # where documents are offered: "" is where the issues are; the folder is below the repository's root
    docs_repository: str = ""
    docs_folder: str = "docs/questions"
    issues: IssuesRule = IssuesRule()
    foresight: ForesightRule = ForesightRule()
    triage: TriageRule = field(default_factory=TriageRule)
    escalation_help: HelpRule = field(default_factory=HelpRule)
    handoff: HandoffRule = HandoffRule()
    report_channel: str = ""
    familiarity: FamiliarityRule = field(default_factory=FamiliarityRule)
    # leads are written once a month what the month before cost
    monthly_insights: bool = True

    def chat_rooms(self) -> tuple[str, ...]:
        """Return the names of all rooms of the chat that the policy names, each once."""
        named = (
            *self.question_channels, self.alarms_channel, self.updates_channel, self.announcements_channel,
            self.crash_channel, self.shift_channel, self.report_channel,
        )  # fmt: skip
        return tuple(dict.fromkeys(filter(None, named)))

    def working_hours(self, zone: ZoneInfo) -> WorkingHours:
        """Return the working hours as clocks in `zone` show them."""
        return WorkingHours(zone, self.working_days, self.working_starts, self.working_ends, self.days_off)

    def duty_title(self, name: str, post: str) -> str:
        """Return what a turn is called for the one who has it: the duty's title, or the backstop's.

        A turn may outlive the duty it was planned for: an unknown name is its own title.
        """
        if post == "backstop":
            return self.rota.backstop_title
        return next((duty.title for duty in self.duties if duty.name == name), name)

    def severity(self, name: str) -> SeverityLevel | None:
        """Return the severity level called `name`, however it is written; None when there is none."""
        return next((level for level in self.severity_levels if level.name.lower() == name.strip().lower()), None)

    def ladder_for(self, *, is_hard: bool, named: str = "") -> LadderRule:
        """Return the ladder called `named`, else the one for hard or soft pages.

        A page may outlive the ladder it was opened with: an unknown name falls back, it never fails.
        """
        if named in self.ladders:
            return self.ladders[named]
        return self.ladders["hard" if is_hard else "soft"]
