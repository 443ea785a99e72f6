"""Reading what a policy says of looking ahead. Policies written before it was there do not have the table."""

from dataclasses import fields
from datetime import timedelta

from hausmeister.team.policy.shape import ForesightRule
from hausmeister.team.policy.toml_table import Table

_NOTHING, _HOUR, _DAY = timedelta(0), timedelta(hours=1), timedelta(days=1)
_KEYS = tuple(one.name for one in fields(ForesightRule))
_LENGTHS = {
    "test_counts_for": (_DAY, 400 * _DAY),
    "test_page_before": (_HOUR, 14 * _DAY),
    "unconfirmed_before": (_NOTHING, 7 * _DAY),
    "notice_before_start": (_NOTHING, 14 * _DAY),
    "notice_before_end": (_NOTHING, 7 * _DAY),
}


def foresight(root: Table) -> ForesightRule:
    """Return the table `foresight`; what it leaves out is as by default."""
    if not root.has("foresight"):
        return ForesightRule()
    table = root.table("foresight")
    given = {
        key: table.length(key, least=least, most=most)
        for key, (least, most) in _LENGTHS.items()
        if table.has(key)
    }  # fmt: skip
    weeks = table.whole_number("weeks", least=0, most=104) if table.has("weeks") else ForesightRule.weeks
    rule = ForesightRule(weeks=weeks, **given)
    table.done(_KEYS)
    if rule.unconfirmed_before >= rule.test_page_before:
        table.complain("unconfirmed_before", "no shorter than test_page_before", "a shorter time than test_page_before")
    return rule
