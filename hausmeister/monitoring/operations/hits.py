"""Storing what changed: the alert and the note that it is open, in one transaction."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import transaction

from hausmeister.alerts import operations as alerts
from hausmeister.alerts.operations import Incoming
from hausmeister.alerts.rules import Action, Signal, fitted
from hausmeister.journal.rules import ENGINE
from hausmeister.monitoring.models import Hit
from hausmeister.monitoring.rules.watching import Change
from hausmeister.team import operations as team_operations
from hausmeister.team.models import Source, Team

SOURCE_NAME = "Riemann"


@transaction.atomic
def store(changes: Sequence[Change], *, now: datetime) -> None:
    """Open and close the alerts of `changes`, in their order, and note which are open."""
    teams = Team.objects.in_bulk({change.watch.team_id for change in changes})
    sources = {
        team.pk: team_operations.make_source(team, name=SOURCE_NAME, by=ENGINE, now=now) for team in teams.values()
    }
    for change in changes:
        place = {
            "team_id": change.watch.team_id,
            "shard": change.watch.shard,
            "rule": change.watch.name,
            "host": change.host,
            "service": change.service,
        }
        if change.watch.team_id not in teams:
            continue
        if change.is_on:
            Hit.objects.get_or_create(**place, defaults={"since_at": now})
        else:
            Hit.objects.filter(**place).delete()
    known = [change for change in changes if change.watch.team_id in teams]
    alerts.receive([_incoming(change, sources[change.watch.team_id]) for change in known], now=now)


def _incoming(change: Change, source: Source) -> Incoming:
    return Incoming(
        signal=fitted(_signal(change)),
        source_id=source.pk,
        source_name=source.name,
        team_id=change.watch.team_id,
    )


def _signal(change: Change) -> Signal:
    watch, event = change.watch, change.event
    if not change.is_on:
        return Signal(Action.RESOLVE, change.key, text=change.because)
    title = f"{change.service or watch.name}: {change.because}"
    labels = {"shard": watch.shard, "rule": watch.name, "when": watch.when.value}
    details: dict[str, object] = {"where": watch.query}
    if event is not None:
        labels |= {"host": event.host, "service": event.service, "state": event.state}
        labels |= {key: value for key, value in event.attributes.items() if key not in labels}
        details |= {"metric": event.metric, "tags": list(event.tags)}
        if event.time_s is not None:
            details["time"] = _clock(event.time_s)
    return Signal(
        Action.FIRE,
        change.key,
        title=title,
        text=event.description if event is not None else "",
        severity=watch.severity or (event.state if event is not None else ""),
        origin=f"Riemann {watch.shard}",
        labels={name: value for name, value in labels.items() if value},
        details=details,
    )


def _clock(time_s: float) -> str:
    try:
        return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return str(time_s)
