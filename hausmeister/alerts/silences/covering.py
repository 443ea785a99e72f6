"""Which alerts the silences of a team cover: for the intake, which may not be slowed, and for pages that are silent.

The silences are kept for as long as the revision stands (see `team.revision`), so that without one they cost nothing.
Those that cover a new alert are locked and read once more before it is stored: whoever ends one at the same moment
waits, and then finds the alert. So no page stays silent for a silence that is gone.
"""

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime

from hausmeister.alerts.models import Alert
from hausmeister.alerts.silences.models import Silence
from hausmeister.alerts.silences.rules import Covered, Facts, Rule, covered, fits
from hausmeister.familiarity.rules import Areas
from hausmeister.pager.context import TeamContext
from hausmeister.pager.operations import silencing

_kept: dict[int, tuple[str, tuple[Rule, ...]]] = {}
_kept_lock = threading.Lock()

FACTS_COLUMNS = ("title", "text", "severity", "priority", "origin", "labels", "source__name")


def standing(context: TeamContext) -> tuple[Rule, ...]:
    """Return the team's silences that hold or are planned; one that ran out since it was read covers nothing."""
    with _kept_lock:
        mark, rules = _kept.get(context.team.pk, ("", ()))
    if mark != context.revision:
        rules = rules_of(context.team.pk, at=context.at)
        with _kept_lock:
            _kept[context.team.pk] = (context.revision, rules)
    return rules


def rules_of(team_id: int, *, at: datetime) -> tuple[Rule, ...]:
    """Return the team's silences that hold or are planned, as they are stored now."""
    return tuple(one.rule for one in Silence.objects.ahead(at).filter(team_id=team_id))


def cover(context: TeamContext, facts: Sequence[Facts], *, now: datetime) -> list[Covered | None]:
    """Return for each new alert until when it is silent, and lock the silences that say so until it is stored."""
    rules = standing(context) if facts else ()
    if not any(covered(rules, one, at=now) for one in facts):
        return [None] * len(facts)
    asked = [rule.id for rule in rules if any(fits(rule, one) for one in facts)]
    # whoever changes a silence waits here, or was first and is read as they left it
    rows = Silence.objects.filter(pk__in=asked).select_for_update(no_key=True, of=("self",)).order_by("id")
    fresh = [row.rule for row in rows]
    return [covered(fresh, one, at=now) for one in facts]


def facts_of(alert: Alert, areas: Areas) -> Facts:
    """Return what silences look at of a stored alert."""
    return Facts(
        source=alert.source.name,
        title=alert.title,
        priority=alert.rank,
        text=alert.text,
        severity=alert.severity,
        where=alert.origin,
        labels=alert.labels,
        areas=areas,
    )


def page_silent_until(page_id: int, context: TeamContext, *, now: datetime) -> datetime | None:
    """Return until when every open alert on the page is covered as it is now, None when one of them is not."""
    rules = rules_of(context.team.pk, at=now) if standing(context) else ()
    alerts = Alert.objects.open().filter(page_id=page_id).select_related("source") if rules else ()
    return _all_silent_until(alerts, rules, context.policy.familiarity.areas, now)


def _all_silent_until(
    alerts: Iterable[Alert], rules: Sequence[Rule], areas: Areas, now: datetime
) -> datetime | None:  # fmt: skip
    found = [covered(rules, facts_of(alert, areas), at=now) for alert in alerts]
    ends = [one.until for one in found if one is not None]
    return min(ends) if ends and len(ends) == len(found) else None


def settle(context: TeamContext, *, now: datetime) -> int:
    """Let every silent page of the team end its silence when the silences as they are now say; return how many moved.

    In the transaction that changed a silence. A page that one of its alerts is not covered on any more is due at once.
    """
    rules = rules_of(context.team.pk, at=now)
    silent = Alert.objects.open().filter(page__team_id=context.team.pk, page__silenced_until__gt=now)
    by_page: dict[int, list[Alert]] = {}
    for alert in silent.select_related("source").order_by("page_id", "id"):
        by_page.setdefault(alert.page_id, []).append(alert)
    areas = context.policy.familiarity.areas
    return sum(
        silencing.keep_silent_until(page_id, _all_silent_until(alerts, rules, areas, now) or now, now=now)
        for page_id, alerts in by_page.items()
    )
