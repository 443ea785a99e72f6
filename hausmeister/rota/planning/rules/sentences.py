"""The planner's sentences as people read them: weeks by their Monday, dates by day and month, duties by title."""

import re
from collections.abc import Mapping
from datetime import date

from hausmeister.rota.planner.instance import Instance

_ROLE_OF_WEEK = re.compile(r"\b(D|W|BD|BW) of week (-?\d+)\b")
_WEEK = re.compile(r"\b([Ii]n w|W|w)eek (-?\d+)\b")
_WEEKS = re.compile(r"\bweeks (\d+) to (\d+)\b")
_BEGINS = {
    "In w": "In the week of ", "in w": "in the week of ", "W": "The week of ", "w": "the week of ",
}  # fmt: skip
_DATE = re.compile(r"\b(\d{4}-\d\d-\d\d)\b")
_MUST_NOT = re.compile(r"is away from (.+?) to (.+?) \(must_not\)")
_KIND = re.compile(r" \((holiday|leave)\)")


def for_people(text: str, instance: Instance, titles: Mapping[str, str]) -> str:
    """Return a sentence of the planner, with what only the planner counts by put as people say it.

    Why somebody is away is theirs: a must-not is told as one, a holiday and a long leave alike as being away.
    """
    text = _MUST_NOT.sub(r"must not be on duty from \1 to \2", text)
    text = _KIND.sub("", text)
    text = _ROLE_OF_WEEK.sub(
        lambda found: f"{titles.get(found[1], found[1])} {_week(instance, int(found[2]))}", text
    )  # fmt: skip
    text = _WEEKS.sub(
        lambda found: f"the weeks of {_day(instance.monday(int(found[1])))} to {_day(instance.monday(int(found[2])))}",
        text,
    )
    text = _WEEK.sub(lambda found: _BEGINS[found[1]] + _day(instance.monday(int(found[2]))), text)
    return _DATE.sub(lambda found: _day(date.fromisoformat(found[1])), text)


def _week(instance: Instance, number: int) -> str:
    return f"in the week of {_day(instance.monday(number))}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
