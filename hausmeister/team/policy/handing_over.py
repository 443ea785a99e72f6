"""Reading what a policy says of hand-offs. Policies written before it was there do not have the table."""

from dataclasses import fields
from datetime import timedelta

from hausmeister.team.policy.shape import HandoffRule
from hausmeister.team.policy.toml_table import Table

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_KEYS = tuple(one.name for one in fields(HandoffRule))
_LENGTHS = {
    "draft_before": (5 * _MINUTE, _DAY),
    "accept_within": (5 * _MINUTE, _DAY),
    "leave_ahead": (_DAY, 90 * _DAY),
}
ISSUES = ("every", "own")


def handoff(root: Table) -> HandoffRule:
    """Return the table `handoff`; what it leaves out is as by default."""
    if not root.has("handoff"):
        return HandoffRule()
    table = root.table("handoff")
    lengths = {
        key: table.length(key, least=least, most=most)
        for key, (least, most) in _LENGTHS.items()
        if table.has(key)
    }  # fmt: skip
    issues = table.one_of("issues", ISSUES) if table.has("issues") else HandoffRule.issues
    flaps_at = table.whole_number("flaps_at", least=2, most=1_000) if table.has("flaps_at") else HandoffRule.flaps_at
    table.done(_KEYS)
    return HandoffRule(issues=issues, flaps_at=flaps_at, **lengths)
