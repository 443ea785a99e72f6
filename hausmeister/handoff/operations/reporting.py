"""The weekly report (L7): drafted when the day shift ends, written on by people, posted when one of them says so."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from hausmeister.base import database
from hausmeister.base.untrusted import lines
from hausmeister.handoff import done
from hausmeister.handoff.models import REPORT_MOST, Report
from hausmeister.handoff.operations.accepting import HandoffRefused
from hausmeister.handoff.rules import report as rules
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import ENGINE, Actor, Fact
from hausmeister.outbox import chat
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.chat import About, Place, Words
from hausmeister.pager import queries as pager
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.operations import as_actor

_WEEK = timedelta(days=7)


class AlreadyPosted(HandoffRefused):
    """The clients have read it; it is posted once."""

    code = "already_posted"

    def __init__(self, report: Report) -> None:
        by = report.posted_by.name if report.posted_by else "Somebody"
        super().__init__(f"{by} posted this report already; it is posted once.")


class ReportChanged(HandoffRefused):
    """Somebody wrote on since this was looked at; nothing was stored or posted."""

    code = "report_changed"

    def __init__(self) -> None:
        super().__init__("Somebody changed the report a moment before you; look again.")


class EmptyReport(HandoffRefused):
    """There is nothing to post."""

    code = "empty_report"

    def __init__(self) -> None:
        super().__init__("The report is empty; write what was done first.")


class TooLong(HandoffRefused):
    """More than can be kept."""

    code = "too_long"

    def __init__(self, length: int) -> None:
        super().__init__(f"The report has {length} characters; at most {REPORT_MOST} can be kept.")


class NowhereToPost(HandoffRefused):
    """No chat is set up, or the policy names no channel for reports."""

    code = "nowhere_to_post"


def draft(team: Team, *, ends_at: datetime, now: datetime, by: Actor = ENGINE) -> Report:
    """Return the report of the week that ends at `ends_at`: drafted from what was done, or as it is there already.

    It begins where the last one ended that clients have read, at most two weeks before.
    """
    posted = Report.objects.filter(team=team, ends_at__lt=ends_at, posted_at__isnull=False)
    last = posted.order_by("-ends_at", "-id").first()
    starts_at = max(last.ends_at, ends_at - 2 * _WEEK) if last is not None else ends_at - _WEEK
    text = _drafted(team, starts_at, ends_at)
    with transaction.atomic():
        made, is_new = Report.objects.get_or_create(
            team=team, ends_at=ends_at,
            defaults={"starts_at": starts_at, "text": text, "drafted_at": now},
        )  # fmt: skip
        if is_new:
            _tell(made, "report.drafted", by, now)
    return made


def _tell(report: Report, verb: str, by: Actor, now: datetime, **facts: str) -> None:
    journal.record(Fact(now, verb, report.subject, by, report.team_id, facts))


@database.tried_again
@transaction.atomic
def draft_anew(report_id: int, *, seen: int | None, by: Person, now: datetime) -> Report:
    """Write the draft again from what is known now, in place of what stands there.

    Raises AlreadyPosted, ReportChanged.
    """
    report = _lock(report_id, seen=seen)
    text = rules.write(
        done.week(report.team, starts_at=report.starts_at, ends_at=report.ends_at), zone=report.team.zone
    )
    return _store(report, text, by=by, now=now)


def _drafted(team: Team, starts_at: datetime, ends_at: datetime) -> str:
    week = done.week(team, starts_at=starts_at, ends_at=ends_at)
    return lines(rules.write(week, zone=team.zone), REPORT_MOST)


@database.tried_again
@transaction.atomic
def edit(report_id: int, text: str, *, seen: int | None, by: Person, now: datetime) -> Report:
    """Store what the report says now. Raises AlreadyPosted, ReportChanged, TooLong."""
    report = _lock(report_id, seen=seen)
    if len(text) > REPORT_MOST:
        raise TooLong(len(text))
    return _store(report, lines(text, REPORT_MOST), by=by, now=now)


def _store(report: Report, text: str, *, by: Person, now: datetime) -> Report:
    if text == report.text:
        return report
    report.text, report.edited_at, report.edited_by = text, now, by
    report.version += 1
    report.save()
    _tell(report, "report.edited", as_actor(by), now)
    return report


def _lock(report_id: int, *, seen: int | None) -> Report:
    report = Report.objects.select_for_update(of=("self",)).select_related("team").get(pk=report_id)
    if report.posted_at is not None:
        raise AlreadyPosted(report)
    if seen is not None and seen != report.version:
        raise ReportChanged
    return report


def channel_of(team: Team) -> str:
    """Return where the team's report goes. Raises NowhereToPost."""
    channel = team_queries.policy_of(team.pk).report_channel
    if not channel:
        raise NowhereToPost(_("The policy names no channel for reports ([channels] reports)."))
    if not pager.chat_channel():
        raise NowhereToPost(_("No chat is set up, so nothing can be posted; copy the text instead."))
    return channel


@database.tried_again
@transaction.atomic
def post(report_id: int, *, seen: int | None, by: Person, now: datetime) -> Report:
    """Post the report to the clients, once; `seen` is the version that was looked at.

    Raises AlreadyPosted, ReportChanged, EmptyReport, NowhereToPost.
    """
    report = _lock(report_id, seen=seen)
    if not report.text.strip():
        raise EmptyReport
    report.channel = channel_of(report.team)
    report.posted_at, report.posted_by = now, by
    report.save()
    headline, _sep, rest = report.text.partition("\n")
    words = Words(headline[:300], paragraphs=tuple(part for part in rest.strip().split("\n\n") if part))
    about = About(report.subject, report.team_id, report.dedup_key)
    outbox.enqueue([chat.say(Place(report.channel), words, about, due_at=now)], now=now)
    _tell(report, "report.posted", as_actor(by), now, channel=report.channel)
    return report
