"""Making, changing and ending silences. Every one that changes moves the pages that are silent because of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from hausmeister.alerts.silences import covering, queries
from hausmeister.alerts.silences.models import Silence
from hausmeister.alerts.silences.rules import (
    REASON_MOST,
    Condition,
    Kind,
    Rule,
    SilenceRefused,
    Standing,
    check_times,
    is_wide,
)
from hausmeister.base import database, wake
from hausmeister.base.untrusted import one_line
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.pager.context import TeamContext
from hausmeister.team.models import Person, Team


class SilenceTooWide(Exception):
    """It would cover everything, and nobody has said that this is meant."""

    def __init__(self) -> None:
        super().__init__("This silences everything that the team's sources send. Confirm that it is meant.")


class SilenceIsOver(Exception):
    """It has ended; a new one can be made."""

    def __init__(self) -> None:
        super().__init__("This silence is over. Make a new one.")


class SilenceChanged(Exception):
    """Somebody changed it since the form was drawn."""

    def __init__(self) -> None:
        super().__init__("Somebody changed this silence meanwhile. Look at it as it is now.")


@dataclass(frozen=True)
class Wanted:
    """A silence as it shall be. `starts_at` None: now."""

    conditions: tuple[Condition, ...]
    ends_at: datetime
    reason: str
    starts_at: datetime | None = None
    covers_p4: bool = False

    def rule(self, now: datetime) -> Rule:
        """Return it as the rules take it."""
        return Rule(0, self.starts_at or now, self.ends_at, self.conditions, self.covers_p4)


@dataclass(frozen=True)
class Who:
    """Who does it: for the journal, and the person if it is one."""

    actor: Actor
    person: Person | None = None


@database.tried_again
@transaction.atomic
def make(
    team: Team, wanted: Wanted, *, by: Who, now: datetime, is_meant: bool = False, kind: Kind | None = None
) -> Silence:
    """Make a silence. What calls already goes on calling; new alerts that fit call nobody until it is over.

    Raises SilenceRefused, and SilenceTooWide unless `is_meant`.
    """
    context = TeamContext.load(team.pk, at=now)
    reason = _checked(context, wanted, now=now, is_meant=is_meant)
    starts_at = max(wanted.starts_at or now, now)
    made = Silence.objects.create(
        team=team,
        kind=kind or (Kind.MAINTENANCE if starts_at > now else Kind.SILENCE),
        conditions=_stored(wanted.conditions),
        covers_p4=wanted.covers_p4,
        reason=reason,
        starts_at=starts_at,
        ends_at=wanted.ends_at,
        made_by=by.person,
        made_by_name=by.actor.name[:200],
        made_at=now,
    )
    _tell(made, "silence.made", by, now)
    covering.settle(context, now=now)
    return made


def _checked(context: TeamContext, wanted: Wanted, *, now: datetime, is_meant: bool) -> str:
    reason = one_line(wanted.reason, REASON_MOST)
    if not reason:
        raise SilenceRefused("reason", "Say why: whoever takes over must know.")
    rule = wanted.rule(now)
    check_times(rule.starts_at, rule.ends_at, longest=context.policy.pager.longest_silence, now=now)
    if not is_meant and is_wide(rule, queries.seen_lately(context, now=now).facts):
        raise SilenceTooWide
    return reason


def _stored(conditions: Sequence[Condition]) -> list[list[str]]:
    return [[one.field, one.how.value, one.value] for one in conditions]


@database.tried_again
@transaction.atomic
def change(
    silence_id: int, wanted: Wanted, *, version: int | None, by: Who, now: datetime, is_meant: bool = False
) -> Silence:
    """Change a silence that is not over; when it began, if it has begun, stays as it is.

    `version` is what the asker looked at, None for whatever it is now. A silent page that it does not cover any more
    calls at once. Raises SilenceRefused, SilenceTooWide, SilenceChanged, SilenceIsOver.
    """
    found = _locked(silence_id, version, now)
    context = TeamContext.load(found.team_id, at=now)
    reason = _checked(context, wanted, now=now, is_meant=is_meant)
    if found.standing(now) is Standing.PLANNED:
        found.starts_at = max(wanted.starts_at or now, now)
    found.conditions, found.covers_p4 = _stored(wanted.conditions), wanted.covers_p4
    found.reason, found.ends_at = reason, wanted.ends_at
    return _save(found, "silence.changed", by, context, now)


@database.tried_again
@transaction.atomic
def move_end(silence_id: int, ends_at: datetime, *, version: int | None = None, by: Who, now: datetime) -> Silence:
    """Let a silence end earlier or later. Raises SilenceRefused, SilenceChanged, SilenceIsOver."""
    found = _locked(silence_id, version, now)
    context = TeamContext.load(found.team_id, at=now)
    check_times(found.starts_at, ends_at, longest=context.policy.pager.longest_silence, now=now)
    found.ends_at = ends_at
    return _save(found, "silence.changed", by, context, now)


@database.tried_again
@transaction.atomic
def end(silence_id: int, *, by: Who, now: datetime) -> Silence:
    """End a silence now, or call off a planned one. What is still open under it calls at once. Raises SilenceIsOver."""
    found = _locked(silence_id, None, now)
    context = TeamContext.load(found.team_id, at=now)
    found.ended_at = now
    return _save(found, "silence.ended", by, context, now)


def _locked(silence_id: int, version: int | None, now: datetime) -> Silence:
    found = Silence.objects.select_for_update(of=("self",)).get(pk=silence_id)
    if found.standing(now) is Standing.OVER:
        raise SilenceIsOver
    if version is not None and version != found.version:
        raise SilenceChanged
    return found


def _save(found: Silence, verb: str, by: Who, context: TeamContext, now: datetime) -> Silence:
    found.version += 1
    found.save()
    _tell(found, verb, by, now)
    if covering.settle(context, now=now):
        wake.soon()
    return found


def _tell(one: Silence, verb: str, by: Who, now: datetime) -> None:
    facts: dict[str, Any] = {
        "kind": one.kind,
        "conditions": [str(condition) for condition in one.asked],
        "covers_p4": one.covers_p4,
        "reason": one.reason,
        "starts_at": one.starts_at.isoformat(),
        "ends_at": one.ends_at.isoformat(),
    }
    journal.record(Fact(now, verb, one.subject, by.actor, one.team_id, facts))
