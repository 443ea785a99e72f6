"""The rows that a figure comes from: the pages, alerts and questions that were counted."""

from dataclasses import dataclass
from datetime import datetime

from hausmeister.insights.queries import Report
from hausmeister.insights.rules.load import Call


@dataclass(frozen=True)
class Row:
    """One thing that was counted: when, what, whom it called, and where it is looked at."""

    at: datetime
    title: str
    path: str
    who: str = ""


WHAT = (
    "calls", "wakes", "day-calls", "weekends", "unanswered", "acknowledged", "untouched", "noise", "questions",
    "self-served", "late",
)  # fmt: skip


def rows(of: Report, what: str, *, person_id: int | None = None, page_id: int | None = None) -> list[Row]:
    """Return what one figure counts, the newest first: of one person, or, for "noise", of the alarm of `page_id`.

    Raises KeyError for a name that is not among WHAT.
    """
    if what not in WHAT:
        raise KeyError(what)
    found = _questions(of, what) or _pages(of, what, person_id) or _alerts(of, what, page_id)
    found = found or [_call(of, one) for one in of.facts.calls if _counts(of, one, what, person_id)]
    return sorted(found, key=lambda row: (row.at, row.path), reverse=True)


def _call(of: Report, one: Call) -> Row:
    return Row(one.at, one.title, f"/pages/{one.page_id}", of.name(one.person_id))


def _counts(of: Report, call: Call, what: str, person_id: int | None) -> bool:
    if person_id is not None and call.person_id != person_id:
        return False
    is_weekend = call.at.astimezone(of.zones[call.person_id]).weekday() >= 5
    counts = {"calls": True, "wakes": of.is_wake(call), "day-calls": not of.is_wake(call), "weekends": is_weekend}
    return counts.get(what, False)


def _questions(of: Report, what: str) -> list[Row]:
    wanted = {
        "questions": {one.item_id for one in of.facts.asked},
        "self-served": {one.item_id for one in of.facts.asked if one.self_served},
        "late": of.late_items,
    }.get(what, set())
    return [Row(one.asked_at, one.title, f"/triage/{one.item_id}") for one in of.facts.asked if one.item_id in wanted]


def _pages(of: Report, what: str, person_id: int | None) -> list[Row]:
    return [
        Row(one.opened_at, one.title, f"/pages/{one.page_id}", of.name(one.by_person) if one.by_person else "")
        for one in of.facts.pages
        if (what == "unanswered" and one.acked_at is None)
        or (what == "acknowledged" and one.acked_at is not None and person_id in {None, one.by_person})
    ]


def _alerts(of: Report, what: str, page_id: int | None) -> list[Row]:
    wanted = {(one.source_id, one.key) for one in of.facts.raised if one.page_id == page_id}
    return [
        Row(one.first_seen_at, one.title, f"/pages/{one.page_id}")
        for one in of.facts.raised
        if (what == "untouched" and one.is_untouched) or (what == "noise" and (one.source_id, one.key) in wanted)
    ]
