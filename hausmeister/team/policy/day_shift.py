"""Reading what a policy says of the day shift: the promises of the one inbox, and when to get help.

Policies written before there was an inbox have none of these tables: what they leave out is the handbook's.
"""

from datetime import timedelta

from hausmeister.base.priority import Priority
from hausmeister.team.policy.shape import HelpRule, PromiseRule, TriageRule
from hausmeister.team.policy.toml_table import Table

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


def triage(root: Table) -> TriageRule:
    """Take the table [triage]."""
    usual = TriageRule()
    if not root.has("triage"):
        return usual
    table = root.table("triage")
    rule = TriageRule(
        first_answer=_promises(table, "first_answer", usual.first_answer),
        idle=_promises(table, "idle", usual.idle),
        nudge_percent=table.whole_number("nudge_percent", least=1, most=99)
        if table.has("nudge_percent")
        else usual.nudge_percent,
    )
    table.done(("nudge_percent", "first_answer", "idle"))
    return rule


def _promises(above: Table, key: str, usual: PromiseRule) -> PromiseRule:
    if not above.has(key):
        return usual
    table = above.table(key)
    rule = PromiseRule(
        question=_length(table, "question", usual.question),
        problem=_length(table, "problem", usual.problem),
        by_priority={one: _length(table, one.name, usual.by_priority[one]) for one in reversed(Priority)},
    )
    table.done(("question", "problem", "P4", "P3", "P2", "P1"))
    return rule


def _length(table: Table, key: str, usual: timedelta) -> timedelta:
    return table.length(key, least=_MINUTE, most=30 * _DAY) if table.has(key) else usual


def escalation_help(root: Table) -> HelpRule:
    """Take the table [escalation_help]."""
    usual = HelpRule()
    if not root.has("escalation_help"):
        return usual
    table = root.table("escalation_help")
    rule = HelpRule(
        without_progress=table.length("without_progress", least=5 * _MINUTE, most=7 * _DAY)
        if table.has("without_progress")
        else usual.without_progress,
        several_at_once=table.whole_number("several_at_once", least=0, most=100)
        if table.has("several_at_once")
        else usual.several_at_once,
        given_back=table.whole_number("given_back", least=0, most=100) if table.has("given_back") else usual.given_back,
    )
    table.done(("without_progress", "several_at_once", "given_back"))
    return rule


def monthly_insights(root: Table) -> bool:
    """Take the table [insights]."""
    if not root.has("insights"):
        return True
    table = root.table("insights")
    wanted = table.yes_or_no("monthly_mail") if table.has("monthly_mail") else True
    table.done(("monthly_mail",))
    return wanted
