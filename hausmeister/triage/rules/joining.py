"""What belongs to an item that is there already: follow-ups, thanks, and alarms that say the same again."""

import re
from datetime import datetime, timedelta

# so long after their last word somebody who writes again in the same room, without a thread, means the same thing
FOLLOW_UP = timedelta(minutes=10)
# thanks come later
THANKS = timedelta(hours=4)

_NUMBERS = re.compile(r"\b(?:0x)?[0-9a-f]*\d[0-9a-f]*\b", re.IGNORECASE)
_MARKS = re.compile(r"[^\w#%]+")
_RESOLVED = re.compile(
    r"^\W*(?:\[?(?:resolved|recovered|recovery|closed|ok)\b\]?(?:[:\s\]]|$))|\bis (?:ok|resolved|back to normal)\b",
    re.IGNORECASE,
)

# what says that something is over names nothing, nor does a number
_CLEARING = frozenset(
    {"resolved", "recovered", "recovery", "closed", "ok", "is", "back", "to", "normal", "now", "again", "#"}
)
_LEAST_WORDS = 2


def joins(*, is_thanks: bool, is_sure_question: bool, last_word_at: datetime, at: datetime) -> bool:
    """Say whether a message without a thread belongs to the item of the same asker in the same room.

    A whole new question opens its own item unless it comes within a minute of the last word.
    """
    gap = at - last_word_at
    if gap < timedelta(0):
        return False
    if is_thanks:
        return gap <= THANKS
    return gap <= (timedelta(minutes=1) if is_sure_question else FOLLOW_UP)


def same_alarm(text: str) -> str:
    """Return what two posts of one alarm have in common: words without numbers, times and marks, at most 200 long."""
    words = _MARKS.sub(" ", _NUMBERS.sub("#", text[:2000].lower())).split()
    return " ".join(words)[:200]


def words_of_all_clear(text: str) -> frozenset[str]:
    """Return the words by which an all-clear names what is over: without numbers, and without "OK", "resolved"."""
    return frozenset(same_alarm(text).split()) - _CLEARING


def is_cleared(alarm: str, words: frozenset[str]) -> bool:
    """Say whether an all-clear with these words names the alarm with this text; one word alone names nothing."""
    return len(words) >= _LEAST_WORDS and words <= frozenset(same_alarm(alarm).split())


def is_all_clear(text: str) -> bool:
    """Say whether a bot's post says that something is over: it opens nothing."""
    return _RESOLVED.search(text[:300]) is not None
