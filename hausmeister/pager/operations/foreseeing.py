"""Telling what will be wrong with the coming duties: each thing when it is found, within a week, and within a day.

It is told by day, to the leads and to whoever's phone or duty it is. What is mended is closed without a word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from hausmeister.journal import operations as journal
from hausmeister.journal.rules import ENGINE, Fact
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.operations import Draft
from hausmeister.pager import foresight
from hausmeister.pager.foresight import Foreseen
from hausmeister.pager.models import ToldFinding
from hausmeister.pager.operations import letters
from hausmeister.rota.rules.foresight import Finding, Severity
from hausmeister.rota.rules.shifts import may_be_told
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team


@dataclass(frozen=True)
class _Step:
    """A finding that must be told at `severity`, and its row."""

    finding: Finding
    row: ToldFinding
    severity: Severity


def look_ahead(team_id: int, *, now: datetime) -> int:
    """Find what is wrong ahead for one team, tell what is new or nearer, close what is mended; return how many told."""
    found = foresight.foresee(team_id, now=now)
    return _settle(team_id, found, now=now)


@transaction.atomic
def _settle(team_id: int, found: Foreseen, *, now: datetime) -> int:
    # two engines look at the same moment; no key lock: pages of the team are opened meanwhile
    team = Team.objects.select_for_update(no_key=True).get(pk=team_id)
    rows = {row.key: row for row in ToldFinding.objects.filter(team=team)}
    keys = {one.key for one in found.findings}
    gone = [row.pk for row in rows.values() if row.key not in keys and row.closed_at is None]
    ToldFinding.objects.filter(pk__in=gone).update(closed_at=now)
    steps = [step for one in found.findings if (step := _step(team, one, rows, now)) is not None]
    _note(steps, now)
    drafts = _letters(team, steps, now)
    outbox.enqueue(drafts, now=now)
    if steps:
        facts = {"told": len(steps), "people": len(drafts)}
        journal.record(Fact(now, "rota.foreseen", f"team:{team.pk}", ENGINE, team.pk, facts))
    return len(steps)


def _step(team: Team, one: Finding, rows: dict[str, ToldFinding], now: datetime) -> _Step | None:
    """Return the next thing to say of a finding, None for now; its row is kept up to date meanwhile.

    Of cover that nobody agreed to lead and backstop hear by the ask, `rota.cover_alarm_hours` before.
    """
    row = rows.get(one.key)
    if row is None:
        row = ToldFinding.objects.create(team=team, key=one.key, starts_at=one.starts_at, found_at=now)
    elif row.closed_at is not None:
        row.closed_at, row.told, row.found_at = None, 0, now
        row.starts_at = one.starts_at
        row.save(update_fields=["closed_at", "told", "found_at", "starts_at"])
    elif one.starts_at != row.starts_at:
        if one.starts_at > row.starts_at:
            # the next duty that suffers from it lies further ahead: that one comes nearer by steps of its own
            row.told = min(row.told, Severity.LATER.value)
        row.starts_at = one.starts_at
        row.save(update_fields=["told", "starts_at"])
    severity = one.severity(now)
    if one.is_in_hand or severity <= row.told or not may_be_told(now, one.starts_at, team.zone):
        return None
    return _Step(one, row, severity)


def _note(steps: Sequence[_Step], now: datetime) -> None:
    for step in steps:
        ToldFinding.objects.filter(pk=step.row.pk).update(told=step.severity.value, told_at=now)


def _letters(team: Team, steps: Sequence[_Step], now: datetime) -> list[Draft]:
    """Return one letter for each reader, with everything that is theirs to know."""
    leads = letters.leads_of(team.pk)
    concerned = team_queries.people_by_id(person for step in steps for person in step.finding.people)
    drafts = []
    for person in letters.readers([*leads, *concerned.values()]):
        mine = [step for step in steps if person in leads or person.pk in step.finding.people]
        draft = _letter(team, person, mine, now) if mine else None
        if draft is not None:
            drafts.append(draft)
    return drafts


def _letter(team: Team, person: Person, steps: Sequence[_Step], now: datetime) -> Draft | None:
    lines = [
        f"- {step.finding.says(person.zone, now=now)}.\n  {settings.HAUSMEISTER_BASE_URL}{step.finding.path}"
        for step in steps
    ]
    facts = {"name": person.first_name, "team": team.name, "zone": person.zone_name, "lines": "\n".join(lines)}
    text = _(
        "Hello %(name)s,\n\nthis is wrong with the coming duties of %(team)s, and there is time to mend it"
        " (times in %(zone)s):\n\n%(lines)s\n\nEach is told again a week and a day before, unless it is mended."
    )
    first = steps[0]
    return letters.letter(
        person,
        subject=_("Duties of %(team)s: %(n)d to settle") % {"team": team.name, "n": len(steps)},
        text=text % facts,
        about=f"team:{team.pk}",
        key=f"foresight-{first.row.pk}-{first.severity.value}-{person.pk}-{now:%Y%m%d%H%M%S%f}",
        team_id=team.pk,
        due_at=letters.due_at(person, min(step.finding.starts_at for step in steps), now),
    )
