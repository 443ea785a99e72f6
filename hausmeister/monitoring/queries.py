"""Reading what monitoring needs from the tables: the watches of every team, and what is on."""

from hausmeister.base.event_query import compiled
from hausmeister.monitoring.models import Heartbeat, HeartbeatQuerySet, Hit, Ping
from hausmeister.monitoring.probe_models import Probe, ProbeQuerySet
from hausmeister.monitoring.rules.watching import Place, Watch, When
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team
from hausmeister.team.policy.monitoring import MonitoringRule


def watches() -> dict[str, tuple[Watch, ...]]:
    """Return the watches of each shard, from the policies in force."""
    found: dict[str, list[Watch]] = {}
    for team in Team.objects.order_by("id"):
        policy = team_queries.policy_of(team.pk)
        for shard in policy.dashboard_shards:
            rules = [rule for rule in policy.monitoring_rules if not rule.shards or shard in rule.shards]
            found.setdefault(shard, []).extend(_watch(team.pk, shard, rule) for rule in rules)
    return {shard: tuple(some) for shard, some in found.items()}


def _watch(team_id: int, shard: str, rule: MonitoringRule) -> Watch:
    return Watch(
        team_id=team_id,
        name=rule.name,
        shard=shard,
        query=rule.where,
        test=compiled(rule.where),
        when=When(rule.when),
        lasts_s=rule.lasts.total_seconds(),
        severity=rule.severity,
    )


def on(shard: str) -> set[Place]:
    """Return which watches of `shard` have an open alert, by team, rule, host and service."""
    rows = Hit.objects.filter(shard=shard).values_list("team_id", "rule", "host", "service")
    return {(team_id, rule, (host, service)) for team_id, rule, host, service in rows}


def hits(team: Team, shard: str) -> list[Hit]:
    """Return what is on for `team` on `shard`, longest first."""
    return list(Hit.objects.filter(team=team, shard=shard).order_by("since_at", "id"))


def heartbeats(team_id: int) -> HeartbeatQuerySet:
    """Return the team's heartbeats, by name."""
    return Heartbeat.objects.alive().filter(team_id=team_id)


def probes(team_id: int) -> ProbeQuerySet:
    """Return the team's own checks, by name."""
    return Probe.objects.alive().filter(team_id=team_id)


def pings(heartbeat: Heartbeat, *, most: int = 30) -> list[Ping]:
    """Return the newest pings of a heartbeat."""
    return list(heartbeat.pings.order_by("-id")[:most])
