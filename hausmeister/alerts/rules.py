"""Pure decisions about alerts: what a signal is, how urgent it is, what it is worth keeping."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hausmeister.base.priority import Priority
from hausmeister.base.signing import sha256_hex
from hausmeister.base.untrusted import cut, one_line
from hausmeister.team.policy.shape import AlertRule, Policy

TITLE_MOST = 300
KEY_MOST = 512
TEXT_MOST = 15_000
SOURCE_MOST = 100
LABELS_MOST = 100
VALUE_MOST = 2_000
LINKS_MOST = 20


class Action(StrEnum):
    """What a signal wants."""

    FIRE = "fire"
    RESOLVE = "resolve"
    # the two edits that Alertmanager makes through Opsgenie's API
    SET_TITLE = "set title"
    SET_TEXT = "set text"


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing a monitoring system says, in our terms.

    `key` tells alerts apart within their source; every repetition carries the same. `severity` is the
    sender's own word, `priority` is ours and wins over it. `details` is whatever else came. `is_hard` is set
    only where a person asked for it; it wins over every rule.
    """

    action: Action
    key: str
    title: str = ""
    text: str = ""
    severity: str = ""
    priority: Priority | None = None
    origin: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    is_hard: bool | None = None


@dataclass(frozen=True, slots=True)
class Urgency:
    """How urgent an alert is: our priority, hard or soft, which ladder, and the rule that said so."""

    priority: Priority
    is_hard: bool
    ladder: str
    rule: str


def urgency(signal: Signal, *, source: str, policy: Policy) -> Urgency:
    """Return how urgent `signal` is by the team's policy.

    The first rule whose labels all fit decides what it names; else the sender's priority, else its severity,
    else the policy's default. `source` counts as a label of that name.
    """
    rule = next((one for one in policy.alert_rules if _fits(one, signal, source)), None)
    priority = (rule.priority if rule else None) or signal.priority or _by_severity(signal, policy)
    is_hard = policy.priorities[priority].is_hard
    if rule and rule.is_hard is not None:
        is_hard = rule.is_hard
    if signal.is_hard is not None:
        is_hard = signal.is_hard
    ladder = (rule.ladder if rule else "") or ("hard" if is_hard else "soft")
    return Urgency(priority, is_hard, ladder, rule.name if rule else "")


def _by_severity(signal: Signal, policy: Policy) -> Priority:
    return policy.priority_of_severity.get(signal.severity.strip().lower(), policy.default_priority)


def _fits(rule: AlertRule, signal: Signal, source: str) -> bool:
    carried = {**signal.labels, "source": source, "severity": signal.severity}
    return all(carried.get(label, "") in values for label, values in rule.match.items())


def fitted(signal: Signal) -> Signal:
    """Return `signal` with every text storable and cut to its field; nothing is refused for its length."""
    return Signal(
        action=signal.action,
        key=opaque_key(signal.key),
        title=one_line(signal.title, TITLE_MOST),
        text=cut(signal.text, TEXT_MOST),
        severity=one_line(signal.severity, 40),
        priority=signal.priority,
        origin=one_line(signal.origin, SOURCE_MOST),
        labels={
            one_line(str(name), 200): cut(str(value), VALUE_MOST)
            for name, value in list(signal.labels.items())[:LABELS_MOST]
        },
        links=tuple((one_line(href, VALUE_MOST), one_line(text, 200)) for href, text in signal.links[:LINKS_MOST]),
        details=_storable(signal.details, depth=0),
        is_hard=signal.is_hard,
    )


def opaque_key(key: str) -> str:
    """Return a dedup key as it is stored: opaque text of at most 512 characters (S6).

    A longer one keeps its beginning and the hash of the whole, so that two long keys stay different.
    """
    clean = cut(key, len(key) + 1)
    if len(clean) <= KEY_MOST:
        return clean
    return clean[: KEY_MOST - 65] + "#" + sha256_hex(key)


def _storable(value: Any, *, depth: int) -> Any:
    if isinstance(value, str):
        return cut(value, VALUE_MOST)
    if isinstance(value, Mapping):
        if depth > 6:
            return "… [too deep]"
        return {one_line(str(k), 200): _storable(v, depth=depth + 1) for k, v in list(value.items())[:200]}
    if isinstance(value, list | tuple):
        if depth > 6:
            return "… [too deep]"
        return [_storable(item, depth=depth + 1) for item in list(value)[:200]]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return str(value)[:60]
    if isinstance(value, float) and (value != value or value in {float("inf"), float("-inf")}):
        return str(value)
    return value
