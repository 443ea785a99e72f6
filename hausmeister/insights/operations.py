"""The month's figures by e-mail to the leads: once, in plain words, with a link."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hausmeister.base import log
from hausmeister.insights import queries
from hausmeister.insights.queries import Report
from hausmeister.insights.rules.period import Period
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.models import Message
from hausmeister.team import letters
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team

EVERY = timedelta(hours=1)
_NOISIEST = 3
# the days of a month on which its predecessor is written about; whoever starts later than that missed it
_LAST_DAY = 7

_log = log.get(__name__)


def write_month(now: datetime) -> int:
    """Write to the leads of every team whose month has not been written yet; return how many letters.

    A team whose figures cannot be computed stops no other.
    """
    written = 0
    for team in Team.objects.order_by("id"):
        try:
            written += _write(team, now=now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - the other teams want their month
            _log.error("insights.not_written", team=team.pk, error=f"{type(error).__name__}: {error}"[:500])
    return written


@transaction.atomic
def _write(team: Team, *, now: datetime) -> int:
    policy, today = team_queries.policy_of(team.pk), now.astimezone(team.zone).date()
    span = month_before(today, team)
    if (
        not policy.monthly_insights
        or today.day > _LAST_DAY
        or not policy.working_hours(team.zone).contains(now)
        or team.created_at > span.ends_at
    ):
        return 0
    # two engines at once must not both write: the second waits here, and finds it written
    Team.objects.select_for_update().get(pk=team.pk)
    keys = {f"insights-{team.pk}-{span.since:%Y-%m}-{lead.pk}": lead for lead in team_queries.leads(team.pk)}
    known = set(Message.objects.filter(dedup_key__in=list(keys)).values_list("dedup_key", flat=True))
    missing = {key: lead for key, lead in keys.items() if key not in known}
    if not missing:
        return 0
    found = queries.report(team, span, now=now)
    if not found.known_days:
        return 0
    subject = _("%(month)s: what the pager cost %(team)s") % {
        "month": formatted(span.since, "F Y"), "team": team.name
    }  # fmt: skip
    drafts = [
        letters.letter(
            lead, subject=subject, text=_text(found, lead.first_name), about=f"insights:{team.pk}", key=key,
            team_id=team.pk, due_at=now,
        )
        for key, lead in missing.items()
    ]  # fmt: skip
    outbox.enqueue(drafts, now=now)
    return len(drafts)


def month_before(today: date, team: Team) -> Period:
    """Return the calendar month before that of `today`."""
    last = today.replace(day=1) - timedelta(days=1)
    return Period(last.replace(day=1), last, team.zone)


def _text(found: Report, name: str) -> str:
    """Return the letter: what it cost, who was over a limit, what to mend, where the figures are."""
    span = found.period
    calls = ngettext("%(n)s call", "%(n)s calls", len(found.facts.calls)) % {"n": len(found.facts.calls)}
    wakes = ngettext("%(n)s wake-up", "%(n)s wake-ups", found.wakes) % {"n": found.wakes}
    link = (
        f"{settings.HAUSMEISTER_BASE_URL}/insights?team={found.team.slug}&since={span.since}&until={span.until}"
    )  # fmt: skip
    parts = [
        _("Hello %(name)s,") % {"name": name},
        _("in %(month)s there were %(calls)s and %(wakes)s for %(team)s.")
        % {"month": formatted(span.since, "F"), "calls": calls, "wakes": wakes, "team": found.team.name},
        _over(found),
        _noise(found),
        _questions(found),
        _("The figures, and the rows they come from: %(link)s") % {"link": link},
    ]
    return "\n\n".join(filter(None, parts))


def _over(found: Report) -> str:
    names = list(dict.fromkeys(found.name(one.person_id) for one in found.over))
    if not names:
        return _("Nobody was over a limit of on-call health.")
    return _("Over a limit of on-call health at least once, by name: %(names)s.") % {"names": ", ".join(names)}


def _noise(found: Report) -> str:
    worst = [one for one in found.noise if one.untouched][:_NOISIEST]
    if not worst:
        return ""
    lines = [
        ngettext("%(title)s: %(n)s time", "%(title)s: %(n)s times", one.untouched)
        % {"title": one.title, "n": one.untouched}
        for one in worst
    ]
    return _("Alarms that ended without anybody, the commonest:") + "\n- " + "\n- ".join(lines)


def _questions(found: Report) -> str:
    asked = found.questions
    if not asked.asked:
        return ""
    told = ngettext("%(n)s question was asked", "%(n)s questions were asked", asked.asked) % {"n": asked.asked}
    return _("%(told)s; %(late)s were answered later than promised, or still wait.") % {
        "told": told, "late": asked.late
    }  # fmt: skip
