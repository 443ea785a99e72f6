"""Policy: the team's rules as they are in force, in plain sentences and as TOML, with their history."""

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from hausmeister.base import clock, words
from hausmeister.base.priority import Priority
from hausmeister.base.wall_time import monday_of
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import PolicyVersion, Team
from hausmeister.team.policy.shape import LadderRule, Policy, WeekTime
from hausmeister.team.rules import Capability, ListName
from hausmeister.web.access import Request, fetch, needs
from hausmeister.web.forms import whole_number
from hausmeister.web.teams import chosen


@dataclass(frozen=True)
class Rule:
    """One part of the policy: a heading and its sentences."""

    heading: str
    sentences: tuple[str, ...]


@needs(Capability.SEE_PAGES)
@require_safe
def screen(request: Request) -> HttpResponse:
    """Show the policy of one team."""
    teams = permissions.teams(request.user, Capability.SEE_PAGES)
    team = chosen(request, teams)
    policy = team_queries.policy_of(team.pk)
    version = team_queries.version_in_force(team.pk)
    asked = whole_number(request.GET.get("version", ""))
    shown = version
    if asked is not None:
        shown = fetch(PolicyVersion.objects.filter(team=team), pk=asked)
    context = {
        "team": team,
        "teams": teams,
        "policy": policy,
        "rules": rules(policy, team),
        "version": version,
        "may_change": permissions.can(request.user, Capability.CHANGE_POLICY, team_id=team.pk),
        "shown": shown,
        "text": shown.text if shown else team_queries.default_policy_text()[0],
        "history": list(PolicyVersion.objects.filter(team=team).select_related("created_by").order_by("-id")[:50]),
    }
    return render(request, "web/policy/policy.html", context)


def rules(policy: Policy, team: Team) -> list[Rule]:
    """Return the policy in sentences."""
    ladders = [
        Rule(_("Ladder: %(name)s") % {"name": ladder.name}, tuple(_ladder(ladder)))
        for ladder in policy.ladders.values()
    ]
    return [
        Rule(_("Duties"), tuple(_duties(policy, team))),
        Rule(_("Working hours"), tuple(_hours(policy, team))),
        Rule(_("Nobody is surprised"), tuple(_foresight(policy))),
        *ladders,
        Rule(_("Pager"), tuple(_pager(policy))),
        Rule(_("Severity words of senders"), tuple(_severities(policy))),
        Rule(_("Rules for alerts"), tuple(_alert_rules(policy))),
        Rule(_("Rules for events"), tuple(_event_rules(policy))),
        Rule(_("Channels"), tuple(_channels(policy))),
        Rule(_("Inbox"), tuple(_inbox(policy))),
        Rule(_("Severity levels"), tuple(_levels(policy))),
        Rule(_("Incidents"), tuple(_incidents(policy))),
    ]


def _at(moment: WeekTime) -> str:
    monday = monday_of(clock.now().date())
    return f"{formatted(monday + timedelta(days=moment.day), 'l')} {moment.at:%H:%M}"


def _duties(policy: Policy, team: Team) -> list[str]:
    told = []
    for duty in policy.duties:
        facts = {"title": duty.title, "from": _at(duty.starts), "to": _at(duty.ends), "zone": team.zone_name}
        told.append(
            _("%(title)s is on duty from %(from)s to %(to)s (%(zone)s), and triages in working hours.") % facts
            if duty.triage
            else _("%(title)s is on duty from %(from)s to %(to)s (%(zone)s), for pages only.") % facts
        )
    more = _("has strictly more ops experience than") if policy.rota.strictly_more_experience else _("stands behind")
    told.append(
        _("Behind each duty is a %(backstop)s, who %(more)s the person backed.")
        % {"backstop": policy.rota.backstop_title.lower(), "more": more}
    )
    told.append(_("Duties are shared out %(n)d weeks ahead.") % {"n": policy.rota.weeks_ahead})
    told.append(
        ngettext(
            "The nearest %(n)d week, this one included, is frozen: a new plan leaves it as it is.",
            "The nearest %(n)d weeks, this one included, are frozen: a new plan leaves them as they are.",
            policy.rota.frozen_weeks,
        )
        % {"n": policy.rota.frozen_weeks}
    )
    told.append(
        ngettext(
            "Between two duties of one person lies %(n)d free week, where people suffice.",
            "Between two duties of one person lie %(n)d free weeks, where people suffice.",
            policy.rota.weeks_between,
        )
        % {"n": policy.rota.weeks_between}
    )
    told.append(_("A plan aims at %(n)d free weeks between them.") % {"n": policy.rota.ideal_weeks_between})
    told.append(
        _("An absence of %(n)d days or more takes its weeks out of the fair share.")
        % {"n": policy.rota.long_leave_days}
    )
    told.append(
        _("A swap can be agreed to for %(n)d hours; that nobody covers a duty is told %(m)d hours before it.")
        % {"n": policy.rota.swap_hours, "m": policy.rota.cover_alarm_hours}
    )
    if policy.rota.backlog_week:
        told.append(_("The week after one's week on duty goes to the backlog."))
    return told


def _hours(policy: Policy, team: Team) -> list[str]:
    monday = monday_of(clock.now().date())
    days = [formatted(monday + timedelta(days=day), "l") for day in sorted(policy.working_days)]
    told = [
        _("Work goes on %(days)s, %(from)s to %(to)s (%(zone)s).")
        % {
            "days": words.listed(days),
            "from": f"{policy.working_starts:%H:%M}",
            "to": f"{policy.working_ends:%H:%M}",
            "zone": team.zone_name,
        }
    ]
    if policy.days_off:
        told.append(
            _("Days off: %(days)s.") % {"days": ", ".join(formatted(day, "j M Y") for day in sorted(policy.days_off))}
        )
    return told


def _foresight(policy: Policy) -> list[str]:
    rule = policy.foresight
    told = [
        ngettext(
            "Gaps, absences and phones that do not answer are looked for %(n)d week ahead.",
            "Gaps, absences and phones that do not answer are looked for %(n)d weeks ahead.",
            rule.weeks,
        )
        % {"n": rule.weeks}
        if rule.weeks
        else _("Gaps, absences and phones that do not answer are looked for as far as duties are shared out."),
        _("An answered test page says nothing any more after %(age)s.") % {"age": words.duration(rule.test_counts_for)},
        _("%(before)s before a duty begins, in working hours, whoever has it next is sent a test page.")
        % {"before": words.duration(rule.test_page_before).capitalize()},
        _("If it is not confirmed %(before)s before, the lead and the current holder are told.")
        % {"before": words.duration(rule.unconfirmed_before)},
    ]
    for lead, sentence in (
        (rule.notice_before_start, _("Each hears %(before)s before that their duty begins.")),
        (rule.notice_before_end, _("Each hears %(before)s before that their duty ends.")),
    ):
        if lead:
            told.append(sentence % {"before": words.duration(lead)})
    return told


def _ladder(ladder: LadderRule) -> list[str]:
    how = (
        _("Each is called by their own ladder for hard pages.")
        if ladder.uses is ListName.IMPORTANT
        else _("Each is called by their own ladder for soft pages.")
    )
    who = {
        "on duty": _("Whoever is on duty"),
        "backstop": _("The backstop"),
        "last resort": _("The last resort"),
        "leads": _("Every lead"),
        "everybody": _("Everybody of the team"),
    }
    told = [
        _("%(call)s is called, and has %(wait)s to answer.")
        % {"call": who.get(step.call, step.call), "wait": words.duration(step.wait)}
        for step in ladder.steps
    ]
    told += [_("Then the last resort is called, and the ladder starts again."), how]
    if ladder.working_hours_only:
        told.append(_("It rests outside working hours."))
    return told


def _pager(policy: Policy) -> list[str]:
    pager = policy.pager
    return [
        _("An acknowledged page that nobody touches calls again after %(wait)s.")
        % {"wait": words.duration(pager.ack_timeout)},
        _("A page that is open for %(age)s is closed, and says so.") % {"age": words.duration(pager.greatest_age)},
        _("After %(n)d pages of one sender within %(within)s, the rest go onto one.")
        % {"n": pager.storm_pages, "within": words.duration(pager.storm_within)},
        _("A silence lasts at most %(length)s.") % {"length": words.duration(pager.longest_silence)},
        _("The last resort: %(who)s.") % {"who": ", ".join(pager.last_resort) or _("everybody of the team")},
        _("The link in a message shows what is wrong without sign-in.")
        if pager.links_show_details
        else _("The link in a message shows the page's number only."),
    ]


def _severities(policy: Policy) -> list[str]:
    by_priority: dict[str, list[str]] = {}
    for word, priority in policy.priority_of_severity.items():
        by_priority.setdefault(priority.label, []).append(word)
    told = [
        _("%(words)s: %(rank)s.") % {"words": ", ".join(found), "rank": rank} for rank, found in by_priority.items()
    ]
    return [*told, _("Without any: %(rank)s.") % {"rank": policy.default_priority.label}]


def _alert_rules(policy: Policy) -> list[str]:
    if not policy.alert_rules:
        return [_("None: priority and severity of the sender decide.")]
    told = []
    for rule in policy.alert_rules:
        match = ", ".join(f"{label} = {' or '.join(values)}" for label, values in rule.match.items())
        then = [
            rule.priority.label if rule.priority else "",
            "" if rule.is_hard is None else _("hard") if rule.is_hard else _("soft"),
            _("ladder %(name)s") % {"name": rule.ladder} if rule.ladder else "",
        ]
        told.append(
            _("%(name)s: where %(match)s, %(then)s.")
            % {"name": rule.name, "match": match, "then": ", ".join(filter(None, then))}
        )
    return told


def _event_rules(policy: Policy) -> list[str]:
    if not policy.monitoring_rules:
        return [_("None: no event of a shard becomes an alert by itself.")]
    then = {
        "matches": _("an alert when %(where)s"),
        "expires": _("an alert when what was kept alive of %(where)s no longer is"),
        "silent": _("an alert when nothing comes of %(where)s"),
    }
    told = []
    for rule in policy.monitoring_rules:
        told_so = then[rule.when] % {"where": rule.where}
        lasts = _(" for %(time)s") % {"time": words.duration(rule.lasts)} if rule.lasts else ""
        where = _(" on %(shards)s") % {"shards": ", ".join(rule.shards)} if rule.shards else ""
        told.append(f"{rule.name}: {told_so}{lasts}{where}.")
    return told


def _levels(policy: Policy) -> list[str]:
    told = []
    for level in policy.severity_levels:
        lines = [f"{level.name} {level.word}: {level.meaning}"]
        if level.update_every is not None:
            lines.append(_("An update is due every %(every)s.") % {"every": words.duration(level.update_every)})
        if level.announce_within is not None:
            lines.append(_("Clients are told within %(span)s.") % {"span": words.duration(level.announce_within)})
        if level.procedure:
            lines.append(_("Procedure: %(lines)s") % {"lines": " ".join(level.procedure)})
        told.append(" ".join(lines))
    return told or [_("None: no incident can be opened.")]


def _incidents(policy: Policy) -> list[str]:
    rule = policy.incidents
    squads = ", ".join(f"{name} ({address})" for name, address in policy.squads.items())
    return [
        _("Failures are announced in %(room)s.") % {"room": policy.crash_channel or _("no channel")},
        _("Clients are told in %(room)s.") % {"room": policy.announcements_channel or _("no channel")},
        _("%(emoji)s on a chat message adds it to the timeline.") % {"emoji": rule.timeline_emoji},
        _("An issue of priority P4 opens an incident: %(level)s.") % {"level": rule.p4_level or _("no, it does not")},
        _("A review is written within %(span)s.") % {"span": words.duration(rule.review_within)},
        _("Other squads: %(squads)s.") % {"squads": squads or _("none")},
    ]


def _channels(policy: Policy) -> list[str]:
    return [
        _("Soft alerts are posted to %(room)s.") % {"room": policy.alarms_channel or _("nowhere")},
        _("Questions are watched in %(rooms)s.") % {"rooms": ", ".join(policy.question_channels) or _("no channel")},
    ]


def _inbox(policy: Policy) -> list[str]:
    first, idle, help_ = policy.triage.first_answer, policy.triage.idle, policy.escalation_help
    told = [
        _("A question is answered within %(first)s of working time, and does not lie for more than %(idle)s after it.")
        % {"first": words.duration(first.question), "idle": words.duration(idle.question)},
        _("A problem without a priority has %(first)s.") % {"first": words.duration(first.problem)},
        *(
            _("%(rank)s has %(first)s, then %(idle)s.")
            % {
                "rank": priority.label,
                "first": words.duration(first.by_priority[priority]),
                "idle": words.duration(idle.by_priority[priority]),
            }
            for priority in reversed(Priority)
        ),
        _("Whoever has it is reminded after %(n)d %% of that, the backstop hears of it when it is over.")
        % {"n": policy.triage.nudge_percent},
        _("After %(length)s without progress whoever holds a page or a problem is pointed to the backstop.")
        % {"length": words.duration(help_.without_progress)},
    ]
    if help_.several_at_once:
        told.append(_("So is who holds %(n)d at once.") % {"n": help_.several_at_once})
    if help_.given_back:
        told.append(_("So is who holds what %(n)d people gave back.") % {"n": help_.given_back})
    if policy.monthly_insights:
        told.append(_("Leads are written once a month what the month before cost."))
    return told
