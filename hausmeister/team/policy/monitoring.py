"""The part of a policy that says which events become alerts."""

from dataclasses import dataclass
from datetime import timedelta

from hausmeister.base.event_query import BadQuery, compiled
from hausmeister.team.policy.toml_table import Table

WHEN = ("matches", "expires", "silent")
_NONE, _DAY = timedelta(0), timedelta(days=1)


@dataclass(frozen=True)
class MonitoringRule:
    """One rule: `where` picks events, `when` says what must happen to them, `lasts` for how long.

    matches: an event passes · expires: one that passed is kept alive no longer · silent: none passes at all.
    Without `shards` it holds for all.
    """

    name: str
    where: str
    when: str
    lasts: timedelta
    severity: str
    shards: tuple[str, ...]


def monitoring_rules(root: Table, *, shards: tuple[str, ...]) -> tuple[MonitoringRule, ...]:
    """Read the rules; a policy written before there were any has none. Complaints go to `root`'s document."""
    if not root.has("monitoring"):
        return ()
    table = root.table("monitoring")
    rules = tuple(_rule(one, shards) for one in table.tables("rules"))
    names = [rule.name for rule in rules]
    for name in sorted({name for name in names if names.count(name) > 1}):
        table.complain("rules", f"two rules named {name!r}", "a name of its own for each rule")
    table.done(("rules",))
    return rules


def _rule(table: Table, shards: tuple[str, ...]) -> MonitoringRule:
    rule = MonitoringRule(
        name=table.text("name", most=60),
        where=table.text("where", most=1_000),
        when=table.one_of("when", WHEN) if table.has("when") else "matches",
        lasts=table.length("lasts", least=_NONE, most=7 * _DAY) if table.has("lasts") else _NONE,
        severity=table.text("severity", most=40) if table.has("severity") else "",
        shards=table.texts("shards") if table.has("shards") else (),
    )
    try:
        compiled(rule.where)
    except BadQuery as error:
        table.complain("where", repr(rule.where), f"a query: {error}")
    if rule.when == "silent" and not rule.lasts:
        table.complain("lasts", "missing", 'how long the silence may last, such as "5m"')
    unknown = [one for one in rule.shards if one not in shards]
    if unknown:
        table.complain("shards", repr(unknown), f"some of dashboards.shards, {list(shards)}")
    table.done(("name", "where", "when", "lasts", "severity", "shards"))
    return rule
