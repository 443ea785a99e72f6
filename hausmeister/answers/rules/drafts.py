"""The draft of a document for a question that keeps coming: Markdown from its askings and the best answer so far."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Asked:
    """One asking, as the draft tells it."""

    text: str
    by: str
    asked_at: datetime
    where: str = ""
    minutes: int = 0


def title_of(askings: Sequence[Asked]) -> str:
    """Return the shortest asking that reads as a question, for a heading."""
    lines = [" ".join(one.text.split()) for one in askings]
    asking = [one for one in lines if one.endswith("?")] or lines
    best = min(asking, key=lambda one: (len(one) < 12, len(one)), default="A question")
    return best if len(best) <= 100 else best[:99].rstrip() + "…"


def draft(askings: Sequence[Asked], *, answer: str, link: str) -> str:
    """Return the document as Markdown. `answer` is the best one so far, "" when nobody answered yet."""
    title = title_of(askings)
    minutes = sum(one.minutes for one in askings)
    spent = f", {minutes} minutes spent on it" if minutes else ""
    people = len({one.by or number for number, one in enumerate(askings)})
    ordered = sorted(askings, key=lambda one: one.asked_at)
    told = [
        f"# {title}",
        "",
        answer.strip() or "*Nobody has answered this in a way that was kept. Write here what helps.*",
        "",
    ]
    if link:
        told += [f"Answered first here: {link}", ""]
    told += [f"Asked {len(askings)} times by {people} people{spent}:", ""]
    for one in ordered:
        quoted = " ".join(one.text.split())[:300]
        told.append(f"- {one.asked_at:%Y-%m-%d}: {quoted}" + (f" ({one.where})" if one.where else ""))
    return "\n".join(told) + "\n"


def path(folder: str, title: str, *, number: int) -> str:
    """Return the file's path below the repository's root: the title in small plain letters, and the number."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)[:8]
    name = "-".join([*words, str(number)])[-80:].strip("-")
    return f"{folder}/{name}.md" if folder else f"{name}.md"


def cover_letter(*, by: str, link: str) -> str:
    """Return what the reviewers of the document read first."""
    return (
        "This question keeps coming. The file is drafted from its askings and the best answer so far; please put right"
        f" what is not true.\n\nOffered by {by}. Who asked, and when: {link}"
    )
