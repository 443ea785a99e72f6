"""Letters about issues: to a new owner, and to whoever ought to look at one that lies idle."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from hausmeister.issues.models import Issue
from hausmeister.journal.rules import Actor
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.operations import Draft
from hausmeister.outbox.rules import Lane
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Channel


def address(issue: Issue) -> str:
    """Return where the issue is looked at."""
    return f"{settings.HAUSMEISTER_BASE_URL}/issues/{issue.pk}"


def to_new_owner(issue: Issue, team: Team, *, by: Actor, note: str, now: datetime) -> None:
    """Tell the owner that the issue is theirs, unless they did it themselves."""
    owner = issue.owner
    if owner is None or (by.kind == "person" and by.id == owner.pk):
        return
    text = _(
        "Hello %(name)s,\n\n%(by)s gave you an issue of %(team)s: %(rank)s, %(title)s.%(note)s\n\nIt is here: %(link)s"
    )
    said = "\n\n" + _("What is known so far:\n%(note)s") % {"note": note} if note else ""
    facts = _facts(issue, team, owner) | {"by": by.name, "note": said}
    subject = _("Yours now: %(title)s (issue %(number)s, %(rank)s)") % facts
    outbox.enqueue([_letter(issue, owner, f"owner-{issue.version}", subject, text % facts, now)], now=now)


def about_idle(issue: Issue, team: Team, to: Person, *, idle: str, was_asked: Person | None, now: datetime) -> None:
    """Ask `to` about an issue on which nothing has happened for `idle` of working time."""
    asked = "\n\n" + _("%(who)s was asked before you.") % {"who": was_asked.name} if was_asked else ""
    text = _(
        "Hello %(name)s,\n\nnothing has happened for %(idle)s of working time with issue %(number)s of %(team)s:"
        " %(rank)s, %(title)s.%(asked)s\n\nA P3 is worked on, or handed to somebody with more context. Write a note,"
        " hand it over, or say that it is less urgent: %(link)s"
    )
    facts = _facts(issue, team, to) | {"idle": idle, "asked": asked}
    subject = _("Still worked on? %(title)s (issue %(number)s, %(rank)s)") % facts
    outbox.enqueue([_letter(issue, to, f"idle-{issue.version}", subject, text % facts, now)], now=now)


def _facts(issue: Issue, team: Team, to: Person) -> dict[str, object]:
    return {
        "name": to.first_name, "team": team.name, "number": issue.pk, "rank": issue.rank.label, "title": issue.title,
        "link": address(issue),
    }  # fmt: skip


def _letter(issue: Issue, to: Person, kind: str, subject: str, text: str, now: datetime) -> Draft:
    return Draft(
        channel=Channel.EMAIL.value,
        kind="mail",
        subject=issue.subject,
        dedup_key=f"issue-{issue.pk}-{kind}-{to.pk}",
        to={"channel": Channel.EMAIL.value, "address": to.email},
        facts={"subject": subject, "text": text, "person": to.name},
        due_at=now,
        # a P4 pages besides; a letter never takes the place of a page
        lane=Lane.CHAT,
        team_id=issue.team_id,
        person_id=to.pk,
    )
