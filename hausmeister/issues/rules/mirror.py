"""An issue and its mirror: the words both sides understand, and who has the last one.

Our priorities are labels there. What somebody changed on one side only is taken over; what was changed on both goes by
the later time, field by field. A side's own words are never sent back to it, so nothing plays ping-pong.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import lines, one_line

TITLE_MOST = 200
# what both databases store
MOST_NUMBER = 2**63 - 1
# GitHub takes 65,536 characters; the rest is for the line that says where the issue comes from
TEXT_MOST = 60_000
AREA_MOST = 50
AREAS_MOST = 20
MARKER_LENGTH = 24

_FOOTER = re.compile(r"<!-- hausmeister:([a-z0-9]{24}) -->(?:\n_Kept in step with [^\n]*_)?")


@dataclass(frozen=True)
class Snapshot:
    """What an issue says at one instant, on either side. `priority` None: that side says none."""

    title: str
    text: str
    priority: Priority | None
    areas: tuple[str, ...]
    is_open: bool

    @property
    def marks(self) -> dict[str, Any]:
        """The same as values to be compared and kept; the text as its hash."""
        return {
            "title": self.title,
            "text": hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest(),
            "priority": int(self.priority) if self.priority else None,
            "areas": sorted(self.areas),
            "is_open": self.is_open,
        }


@dataclass(frozen=True)
class Remote:
    """An issue as a tracker has it. `by` changed it last, `author` made it, both as they are called there."""

    repository: str
    number: int
    url: str
    title: str
    text: str
    labels: tuple[str, ...]
    is_open: bool
    created_at: datetime
    updated_at: datetime
    author: str = ""
    by: str = ""
    marker: str = ""

    def snapshot(self, base_labels: Sequence[str]) -> Snapshot:
        """Return what it says in our words. `base_labels` are those that make it one of ours."""
        priority, areas = read_labels(self.labels, base_labels)
        return Snapshot(clean_title(self.title), lines(self.text, TEXT_MOST), priority, areas, self.is_open)

    def has_all(self, base_labels: Sequence[str]) -> bool:
        """Say whether it carries every one of `base_labels`, however they are written."""
        mine = {label.lower() for label in self.labels}
        return all(label.lower() in mine for label in base_labels)


def clean_title(title: str) -> str:
    """Return `title` as one line that is never empty."""
    return one_line(title, TITLE_MOST) or "(no title)"


def clean_areas(areas: Sequence[str]) -> tuple[str, ...]:
    """Return the labels as both trackers take them: short, without commas, each once, no priority among them."""
    found = dict.fromkeys(one_line(area.replace(",", " "), AREA_MOST) for area in areas)
    return tuple(sorted(area for area in found if area and area.upper() not in Priority.__members__)[:AREAS_MOST])


def read_labels(labels: Sequence[str], base_labels: Sequence[str]) -> tuple[Priority | None, tuple[str, ...]]:
    """Return the priority that `labels` say, the highest of several, and the areas among them."""
    base = {label.lower() for label in base_labels}
    priorities = [Priority[label.upper()] for label in labels if label.upper() in Priority.__members__]
    areas = clean_areas([label for label in labels if label.lower() not in base])
    return max(priorities, default=None), areas


def labels_for(snapshot: Snapshot, base_labels: Sequence[str]) -> list[str]:
    """Return every label that the issue carries there."""
    priority = [snapshot.priority.name] if snapshot.priority else []
    return list(dict.fromkeys([*base_labels, *priority, *snapshot.areas]))


# ---- the text and its hidden marker ----


def body(text: str, *, marker: str, number: int, link: str) -> str:
    """Return `text` with the line by which the issue is found again, so that it is never made twice."""
    footer = f"<!-- hausmeister:{marker} -->\n_Kept in step with [issue {number}]({link}) in Hausmeister._"
    return f"{text}\n\n{footer}" if text else footer


def number_of(value: object) -> int | None:
    """Return the number of an issue or a pull request as a tracker writes it, None for what cannot be one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_NUMBER else None


def is_of_our_time(moment: datetime) -> bool:
    """Say whether a tracker can have written this moment; others cannot be compared or stored everywhere."""
    return 1990 <= moment.year <= 2200


def split_body(text: str) -> tuple[str, str]:
    """Return the text without our line, and the marker in it, "" for none."""
    plain = text.replace("\r\n", "\n")
    found = _FOOTER.search(plain)
    if found is None:
        return plain.strip(), ""
    return (plain[: found.start()].rstrip("\n") + plain[found.end() :]).strip(), found[1]


# ---- who has the last word ----


@dataclass(frozen=True)
class Merged:
    """What becomes of a change there: the fields taken over, and those in which ours was later."""

    taken: tuple[str, ...]
    kept: tuple[str, ...]
    priority_gone: bool = False


def merge(
    ours: Mapping[str, Any],
    seen: Mapping[str, Any],
    theirs: Mapping[str, Any],
    *,
    ours_at: datetime,
    theirs_at: datetime,
) -> Merged:
    """Return which fields of `theirs` count, against what was last seen there and what stands here (all as marks).

    A priority label that is taken off says nothing: an issue always has a priority, so ours stays.
    """
    taken: list[str] = []
    kept: list[str] = []
    for name, value in theirs.items():
        if name == "priority" and value is None:
            continue
        if value in (seen.get(name), ours[name]):
            continue
        both_changed = bool(seen) and ours[name] != seen.get(name)
        (kept if both_changed and ours_at > theirs_at else taken).append(name)
    gone = theirs["priority"] is None and seen.get("priority") is not None
    return Merged(tuple(taken), tuple(kept), gone)


def unsent(ours: Mapping[str, Any], seen: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields that the other side does not know yet."""
    return tuple(name for name, value in ours.items() if value != seen.get(name))
