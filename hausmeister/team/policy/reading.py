"""From the text of a policy file to a Policy, or to every problem in it."""

import re
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from hausmeister.base.priority import Priority
from hausmeister.base.words import listed
from hausmeister.team.policy import ahead, areas, day_shift, handing_over, toml_table
from hausmeister.team.policy.alarms import alarm_rules
from hausmeister.team.policy.dashboards import dashboard_links
from hausmeister.team.policy.monitoring import monitoring_rules
from hausmeister.team.policy.runbooks import runbooks
from hausmeister.team.policy.runs import runs
from hausmeister.team.policy.shape import (
    AlertRule,
    DutyRule,
    IncidentRule,
    IssuesRule,
    LadderRule,
    PagerRule,
    Policy,
    PriorityRule,
    RotaRule,
    SeverityLevel,
    StepRule,
    WeekTime,
)
from hausmeister.team.policy.toml_table import Problem, Table
from hausmeister.team.rules import ListName

DEFAULT_FILE = Path(__file__).with_name("default.toml")
LARGEST_FILE_BYTES = 256 * 1024
# pages and shifts name their ladder and duty by it
NAME_MOST = 40
CALLS = ("on duty", "backstop", "last resort", "leads", "everybody")
# a step may also call whoever is on by a schedule of the team; which there are, the rota knows
GROUP_CALLS = ("on duty", "backstop")
HANDLE = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
SCHEDULE_CALL = re.compile(r"schedule [a-z0-9]+(-[a-z0-9]+)*")

# the kinds of tracker that a team may keep its issues in
TRACKERS = ("github", "gitlab")
# no part begins with a dot: neither out of the repository nor among what Git or a pipeline reads
_FOLDER = re.compile(r"[\w-][\w. -]*(/[\w-][\w. -]*)*")
_EMOJI = re.compile(r":[a-z0-9_+'-]+:")
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
_SHORTEST_WAIT = timedelta(seconds=10)
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_WEEK_MINUTES = 7 * 24 * 60
_PRIORITIES = tuple(priority.name for priority in reversed(Priority))


class BadPolicy(Exception):
    """The policy cannot be used; `problems` says everything that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@lru_cache(maxsize=32)
def read(text: str, *, file: str) -> Policy:
    """Return the policy that `text` describes; `file` is its name in messages.

    Raises BadPolicy with every problem found.
    """
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_FILE_BYTES:
        raise BadPolicy([Problem(file, 1, "the file", f"{len(text)} characters", "at most 256 KiB")])
    document = toml_table.parse(text, file=file)
    if document.problems:
        raise BadPolicy(document.problems)
    policy = _policy(document.root())
    if document.problems:
        raise BadPolicy(document.problems)
    return policy


def default() -> Policy:
    """Return the policy that ships with the program."""
    return read(DEFAULT_FILE.read_text(encoding="utf-8"), file=DEFAULT_FILE.name)


def _docs_folder(tracker: Table) -> str:
    """Return the folder for documents, without a slash at either end; "" is the repository's root."""
    if not tracker.has("docs_folder"):
        return "docs/questions"
    found = tracker.text("docs_folder", may_be_empty=True, most=200).strip("/")
    if found and not _FOLDER.fullmatch(found):
        tracker.complain("docs_folder", repr(found[:60]), 'a folder of the repository, such as "docs/questions"')
    return found


def _policy(root: Table) -> Policy:
    known = tuple(root.names())
    working = root.table("working_hours")
    alerts, channels = root.table("alerts"), root.table("channels")
    tracker, dashboards = root.table("tracker"), root.table("dashboards")
    ladders, shards, levels = _ladders(root), dashboards.texts("shards"), _severity_levels(root)
    starts, ends = working.clock_time("starts"), working.clock_time("ends")
    if ends <= starts and working.has("days"):
        working.complain("ends", f"{ends:%H:%M}", f"later than the start, {starts:%H:%M}")
    policy = Policy(
        duties=_duties(root),
        rota=_rota(root.table("rota")),
        working_days=working.weekdays("days"),
        working_starts=starts,
        working_ends=ends,
        days_off=working.dates("days_off"),
        ladders=ladders,
        pager=_pager(root.table("pager")),
        priorities=_priorities(root.table("priorities")),
        default_priority=Priority[alerts.one_of("default_priority", _PRIORITIES)],
        priority_of_severity=_severities(alerts.table("severity")),
        alert_rules=_alert_rules(alerts, ladders),
        severity_levels=levels,
        incidents=_incidents(root, levels),
        squads=_squads(root),
        alarms_channel=channels.text("alarms", may_be_empty=True),
        question_channels=channels.texts("questions"),
        updates_channel=channels.text("updates", may_be_empty=True),
        announcements_channel=channels.text("announcements", may_be_empty=True),
        crash_channel=channels.text("crash", may_be_empty=True),
        shift_channel=channels.text("shifts", may_be_empty=True) if channels.has("shifts") else "",
        chat_groups=_chat_groups(channels),
        tracker_repository=tracker.text("repository", may_be_empty=True),
        tracker_labels=tracker.texts("labels"),
        dashboard_url=dashboards.text("riemann", may_be_empty=True),
        dashboard_shards=shards,
        dashboard_links=dashboard_links(dashboards, shards=shards),
        monitoring_rules=monitoring_rules(root, shards=shards),
        alarm_rules=alarm_rules(root),
        runbooks=runbooks(root),
        runs=runs(root),
        tracker_kind=tracker.one_of("kind", TRACKERS) if tracker.has("kind") else TRACKERS[0],
        docs_repository=tracker.text("docs_repository", may_be_empty=True) if tracker.has("docs_repository") else "",
        docs_folder=_docs_folder(tracker),
        issues=_issues(root.table("issues")) if root.has("issues") else IssuesRule(),
        foresight=ahead.foresight(root),
        triage=day_shift.triage(root),
        escalation_help=day_shift.escalation_help(root),
        handoff=handing_over.handoff(root),
        report_channel=_report_channel(channels),
        familiarity=areas.familiarity(root),
        monthly_insights=day_shift.monthly_insights(root),
    )
    working.done(("days", "starts", "ends", "days_off"))
    alerts.done(("default_priority", "severity", "rules"))
    channels.done(("alarms", "questions", "updates", "announcements", "crash", "shifts", "reports", "groups"))
    tracker.done(("kind", "repository", "labels", "docs_repository", "docs_folder"))
    dashboards.done(("riemann", "shards", "links"))
    root.done(tuple(key for key in known if not root.has(key)))
    return policy


def _report_channel(channels: Table) -> str:
    """Return where the weekly report is posted; policies written before there were reports announce it."""
    return channels.text("reports" if channels.has("reports") else "announcements", may_be_empty=True)


def _chat_groups(channels: Table) -> dict[str, tuple[str, ...]]:
    """Return who is in which user group of the chat; policies written before there were groups have none."""
    if not channels.has("groups"):
        return {}
    table = channels.table("groups")
    groups = {handle: table.texts(handle) for handle in table.names()}
    for handle, calls in groups.items():
        wrong = [call for call in calls if call not in GROUP_CALLS and not SCHEDULE_CALL.fullmatch(call)]
        if wrong or not HANDLE.fullmatch(handle):
            table.complain(handle, repr(list(calls)), 'a handle with a list of "on duty", "backstop", "schedule NAME"')
    return groups


def _duties(root: Table) -> tuple[DutyRule, ...]:
    table = root.table("duties")
    duties = tuple(_duty(name, one) for name, one in table.named_tables())
    problem = _hole_or_overlap(duties)
    if problem and not (problem == "missing" and table.is_missing):
        root.complain("duties", problem, "duties that cover the week, each beginning exactly where another ends")
    return duties


def _duty(name: str, table: Table) -> DutyRule:
    duty = DutyRule(
        name=name,
        title=table.text("title", most=60),
        starts=WeekTime(*table.week_time("starts")),
        ends=WeekTime(*table.week_time("ends")),
        triage=table.yes_or_no("triage"),
    )
    table.done(("title", "starts", "ends", "triage"))
    if len(name) > NAME_MOST:
        table.complain("title", f"under the name {name!r}", f"under a name of at most {NAME_MOST} characters")
    return duty


def _minute(moment: WeekTime) -> int:
    return moment.day * 1440 + moment.at.hour * 60 + moment.at.minute


def _hole_or_overlap(duties: tuple[DutyRule, ...]) -> str:
    """Return what is wrong with the week that `duties` make, "" when every minute has exactly one holder."""
    if not duties:
        return "missing"
    covered = 0
    ends = {_minute(duty.ends) for duty in duties}
    for duty in duties:
        if _minute(duty.starts) not in ends:
            return f"a week in which {duty.name!r} does not begin where another duty ends"
        covered += (_minute(duty.ends) - _minute(duty.starts)) % _WEEK_MINUTES or _WEEK_MINUTES
    if len(ends) != len(duties) or covered != _WEEK_MINUTES:
        return f"{covered // 60} hours of duty in a week of 168"
    return ""


def _rota(table: Table) -> RotaRule:
    rule = RotaRule(
        backstop_title=table.text("backstop_title", most=60),
        strictly_more_experience=table.yes_or_no("strictly_more_experience"),
        weeks_ahead=table.whole_number("weeks_ahead", least=2, most=104),
        weeks_between=table.whole_number("weeks_between", least=0, most=26),
        frozen_weeks=_newer(table, "frozen_weeks", RotaRule.frozen_weeks, least=0, most=12),
        ideal_weeks_between=_newer(table, "ideal_weeks_between", RotaRule.ideal_weeks_between, least=0, most=52),
        long_leave_days=_newer(table, "long_leave_days", RotaRule.long_leave_days, least=7, most=366),
        swap_hours=_newer(table, "swap_hours", RotaRule.swap_hours, least=1, most=720),
        cover_alarm_hours=_newer(table, "cover_alarm_hours", RotaRule.cover_alarm_hours, least=1, most=336),
        backlog_week=table.yes_or_no("backlog_week") if table.has("backlog_week") else RotaRule.backlog_week,
    )
    if rule.frozen_weeks > rule.weeks_ahead:
        table.complain("frozen_weeks", str(rule.frozen_weeks), f"at most weeks_ahead, {rule.weeks_ahead}")
    table.done((
        "backstop_title", "strictly_more_experience", "weeks_ahead", "weeks_between", "frozen_weeks",
        "ideal_weeks_between", "long_leave_days", "swap_hours", "cover_alarm_hours", "backlog_week",
    ))  # fmt: skip
    return rule


def _newer(table: Table, key: str, default: int, *, least: int, most: int) -> int:
    """Take a number that policies written before it was there do not have."""
    return table.whole_number(key, least=least, most=most) if table.has(key) else default


def _ladders(root: Table) -> dict[str, LadderRule]:
    table = root.table("ladders")
    ladders = {name: _ladder(name, one) for name, one in table.named_tables()}
    for name in ladders:
        if len(name) > NAME_MOST:
            table.complain(name, f"a name of {len(name)} characters", f"a name of at most {NAME_MOST}")
    missing = [name for name in ("hard", "soft") if name not in ladders]
    if missing and not table.is_missing:
        root.complain("ladders", f"without {listed(missing)}", 'ladders that include "hard" and "soft"')
    return ladders


def _ladder(name: str, table: Table) -> LadderRule:
    steps = []
    for step in table.tables("steps"):
        steps.append(
            StepRule(
                call=step.one_of("call", CALLS, or_like=SCHEDULE_CALL, such_as="schedule NAME"),
                wait=step.length("wait", least=_SHORTEST_WAIT, most=7 * _DAY),
            )
        )
        step.done(("call", "wait"))
    if not steps:
        table.complain("steps", "missing", 'a list of steps, such as [{ call = "on duty", wait = "5m" }]')
    ladder = LadderRule(
        name=name,
        uses=ListName(table.one_of("uses", tuple(ListName))),
        working_hours_only=table.yes_or_no("working_hours_only"),
        steps=tuple(steps),
    )
    table.done(("uses", "working_hours_only", "steps"))
    return ladder


def _pager(table: Table) -> PagerRule:
    rule = PagerRule(
        ack_timeout=table.length("ack_timeout", least=5 * _MINUTE, most=7 * _DAY),
        greatest_age=table.length("greatest_age", least=60 * _MINUTE, most=60 * _DAY),
        storm_pages=table.whole_number("storm_pages", least=0, most=1_000),
        storm_within=table.length("storm_within", least=timedelta(seconds=10), most=60 * _MINUTE),
        last_resort=table.texts("last_resort"),
        links_show_details=table.yes_or_no("links_show_details"),
        longest_silence=table.length("longest_silence", least=5 * _MINUTE, most=60 * _DAY)
        if table.has("longest_silence")
        else PagerRule.longest_silence,
    )
    wrong = [who for who in rule.last_resort if who != "leads" and "@" not in who]
    if wrong or not rule.last_resort:
        table.complain("last_resort", repr(list(rule.last_resort)), '"leads" or e-mail addresses, at least one')
    table.done((
        "ack_timeout", "greatest_age", "storm_pages", "storm_within", "last_resort", "links_show_details",
        "longest_silence",
    ))  # fmt: skip
    return rule


def _issues(table: Table) -> IssuesRule:
    rule = IssuesRule(
        p3_idle=table.length("p3_idle", least=_MINUTE, most=30 * _DAY),
        p4_ask_wait=table.length("p4_ask_wait", least=_MINUTE, most=60 * _MINUTE),
    )
    table.done(("p3_idle", "p4_ask_wait"))
    return rule


def _priorities(table: Table) -> dict[Priority, PriorityRule]:
    rules: dict[Priority, PriorityRule] = {}
    for priority in reversed(Priority):
        one = table.table(priority.name)
        rules[priority] = PriorityRule(
            priority=priority,
            meaning=one.text("meaning"),
            examples=one.texts("examples"),
            is_hard=one.one_of("alarm", ("hard", "soft")) == "hard",
        )
        one.done(("meaning", "examples", "alarm"))
    table.done(_PRIORITIES)
    return rules


def _severities(table: Table) -> dict[str, Priority]:
    return {word.lower(): Priority[table.one_of(word, _PRIORITIES)] for word in table.names()}


def _alert_rules(alerts: Table, ladders: dict[str, LadderRule]) -> tuple[AlertRule, ...]:
    return tuple(_alert_rule(rule, ladders) for rule in alerts.tables("rules"))


def _alert_rule(table: Table, ladders: dict[str, LadderRule]) -> AlertRule:
    match = table.table("match")
    labels = {key: match.words_of(key) for key in match.names()}
    if not labels:
        table.complain("match", "missing", 'labels and their values, such as { dag = "nightly" }')
    rule = AlertRule(
        name=table.text("name", most=100),
        match=labels,
        priority=Priority[table.one_of("priority", _PRIORITIES)] if table.has("priority") else None,
        is_hard=table.one_of("alarm", ("hard", "soft")) == "hard" if table.has("alarm") else None,
        ladder=table.one_of("ladder", tuple(ladders) or ("hard",)) if table.has("ladder") else "",
    )
    table.done(("name", "match", "priority", "alarm", "ladder"))
    return rule


def _severity_levels(root: Table) -> tuple[SeverityLevel, ...]:
    levels = []
    for table in root.tables("severity_levels"):
        levels.append(
            SeverityLevel(
                name=table.text("name", most=20),
                word=table.text("word", most=40),
                meaning=table.text("meaning"),
                procedure=table.texts("procedure"),
                update_every=_span(table, "update_every"),
                announce_within=_span(table, "announce_within"),
            )
        )
        table.done(("name", "word", "meaning", "procedure", "update_every", "announce_within"))
    return tuple(levels)


def _span(table: Table, key: str) -> timedelta | None:
    """Take a length of time of an incident that may be left out."""
    return table.length(key, least=5 * _MINUTE, most=_DAY) if table.has(key) else None


def _incidents(root: Table, levels: tuple[SeverityLevel, ...]) -> IncidentRule:
    if not root.has("incidents"):
        return IncidentRule()
    table = root.table("incidents")
    emoji, within = IncidentRule.timeline_emoji, IncidentRule.review_within
    if table.has("timeline_emoji"):
        emoji = table.text("timeline_emoji", most=60)
        if not _EMOJI.fullmatch(emoji):
            table.complain("timeline_emoji", repr(emoji), 'the name of an emoji, such as ":pushpin:"')
    if table.has("review_within"):
        within = table.length("review_within", least=_DAY, most=90 * _DAY)
    p4_level = table.text("p4_level", most=20, may_be_empty=True) if table.has("p4_level") else IncidentRule.p4_level
    names = [level.name for level in levels]
    if p4_level and p4_level not in names:
        table.complain(
            "p4_level", repr(p4_level), f'the name of a severity level ({listed(names) or "none yet"}) or ""'
        )
    table.done(("timeline_emoji", "review_within", "p4_level"))
    return IncidentRule(emoji, within, p4_level)


def _squads(root: Table) -> dict[str, str]:
    """Take the other squads: name to the e-mail address that pages their on-call (L9)."""
    if not root.has("squads"):
        return {}
    table, found = root.table("squads"), {}
    for name in table.names():
        address = table.text(name, most=254)
        if not _ADDRESS.fullmatch(address):
            table.complain(name, repr(address), "an e-mail address, such as oncall@example.org")
        found[name] = address
    return found
