"""Which heading of a runbook means an alert: the same words, the same but for what changes, or similar ones.

The three are tried in this order, and each is told as what it is. Likeness is Dice's coefficient over words, each
weighed by how rare it is among the headings (inverse document frequency); below the threshold there is silence.
"""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hausmeister.base.untrusted import one_line

WORDS_MOST = 300
SIMILAR_FROM_PERCENT = 60
# more headings than these for one alert help nobody
MOST_FOUND = 3
_LEAST_SHARED = 2

# what every section has: such a heading below another one means no alert
PARTS = frozenset({
    "action", "actions", "alert", "background", "cause", "causes", "contact", "contacts", "dashboards", "description",
    "details", "diagnosis", "escalation", "example", "examples", "fix", "how to fix", "impact", "links", "meaning",
    "mitigation", "next steps", "note", "notes", "overview", "reason", "reasons", "references", "related",
    "remediation", "resolution", "see also", "severity", "solution", "steps", "summary", "symptom", "symptoms",
    "troubleshooting", "verification", "verify", "what to do",
})  # fmt: skip

_HOLE = re.compile(r"\{\{.*?\}\}|\{[^{}]*\}|<[^<>]*>|\$\{[^{}]*\}|\$[A-Za-z_][\w.]*|%[sd]\b")
_LABELLED = re.compile(r"^\s*(?:alert|alarm|runbook)\s*[:–-]\s*", re.IGNORECASE)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+")
_DIGIT = re.compile(r"\d")
_BLANKS = re.compile(r"\s+")


class How(StrEnum):
    """How a heading came to be taken for an alert's."""

    VERBATIM = "verbatim"
    NORMALISED = "normalised"
    SIMILAR = "similar"


@dataclass(frozen=True)
class Saying:
    """One text of an alert, and what it is: "title", "name" (its label `alertname`) or "text"."""

    text: str
    what: str


@dataclass(frozen=True)
class Alerting:
    """What is known of an alert. `places` are values of its labels: where it happened, not what."""

    sayings: tuple[Saying, ...]
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A heading: whose section it begins, as it is read and as it is written."""

    section_id: int
    words: str
    raw: str = ""


@dataclass(frozen=True)
class Found:
    """The headings that mean an alert: more than one where a heading stands more than once."""

    section_ids: tuple[int, ...]
    how: How
    what: str
    likeness: float = 1.0


def verbatim(text: str) -> str:
    """Return `text` as it is compared word for word: only blanks are made one."""
    return one_line(text, WORDS_MOST)


def normal_words(text: str, places: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the words of `text` that do not change from one alert to the next, in small letters.

    Left out is what holds a digit (numbers, hosts, addresses, ids), what stands for something ({{ host }}, <host>,
    $HOST), and the words of `places`. NodeDiskFull is read as three words.
    """
    told = _HOLE.sub(" ", _LABELLED.sub("", text[: 2 * WORDS_MOST]))
    for place in sorted((one for one in places if len(one) > 1), key=len, reverse=True)[:20]:
        told = re.sub(rf"(?<!\w){re.escape(place)}(?!\w)", " ", told)
    found: list[str] = []
    for piece in _BLANKS.split(told):
        # a host is one piece: db-3.example.org leaves no "example" behind
        if _DIGIT.search(piece):
            continue
        for word in _WORD.findall(unicodedata.normalize("NFKC", piece)):
            found += [part.casefold() for part in _HUMP.split(word) if part]
    return tuple(found)


class Headings:
    """The headings of a team, ready to be asked. Made once for each change of the files, and never changed."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.count = len(entries)
        self._verbatim: dict[str, list[int]] = defaultdict(list)
        self._normal: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._with: dict[str, list[int]] = defaultdict(list)
        self._words: dict[int, frozenset[str]] = {}
        for one in entries:
            self._add(one)
        self._rarest = math.log(1 + max(1, self.count))

    def _add(self, one: Entry) -> None:
        for text in {verbatim(one.words), verbatim(one.raw)} - {""}:
            self._verbatim[text].append(one.section_id)
        words = normal_words(one.words)
        if not words:
            return
        self._normal[words].append(one.section_id)
        self._words[one.section_id] = frozenset(words)
        for word in self._words[one.section_id]:
            self._with[word].append(one.section_id)

    def match(self, alert: Alerting, *, similar_from: float) -> Found | None:
        """Return the headings that mean `alert`, None when none does. `similar_from` above 1: none is similar."""
        for say in alert.sayings:
            if found := self._verbatim.get(verbatim(say.text)):
                return Found(tuple(found[:MOST_FOUND]), How.VERBATIM, say.what)
        for say in alert.sayings:
            for words in (normal_words(say.text), normal_words(say.text, alert.places)):
                if words and (found := self._normal.get(words)):
                    return Found(tuple(found[:MOST_FOUND]), How.NORMALISED, say.what)
        return self._similar(alert, similar_from) if similar_from <= 1 else None

    def _similar(self, alert: Alerting, similar_from: float) -> Found | None:
        best: Found | None = None
        for say in alert.sayings:
            words = frozenset(normal_words(say.text, alert.places))
            shared: dict[int, int] = defaultdict(int)
            for word in words:
                for section_id in self._with.get(word, ()):
                    shared[section_id] += 1
            for section_id in sorted(shared):
                if shared[section_id] < _LEAST_SHARED:
                    continue
                likeness = self._likeness(words, self._words[section_id])
                if likeness >= similar_from and (best is None or likeness > best.likeness):
                    best = Found((section_id,), How.SIMILAR, say.what, likeness)
        return best

    def _likeness(self, one: frozenset[str], other: frozenset[str]) -> float:
        weight = sum(map(self._weight, one)) + sum(map(self._weight, other))
        return 2 * sum(map(self._weight, one & other)) / weight if weight else 0.0

    def _weight(self, word: str) -> float:
        seen = len(self._with.get(word, ()))
        return self._rarest if not seen else math.log(1 + self.count / seen)

    def repeated(self) -> list[tuple[int, ...]]:
        """Return the sections whose headings stand more than once, each group in the order of the files."""
        groups = {tuple(dict.fromkeys(ids)) for ids in self._verbatim.values()}
        return sorted(ids for ids in groups if len(ids) > 1)


def means_no_alert(words: str, *, depth: int) -> bool:
    """Say whether a heading is a part of a section, such as Reason or Escalation; `depth` 1 is the outermost."""
    return not words or (depth > 1 and " ".join(normal_words(words)) in PARTS)
