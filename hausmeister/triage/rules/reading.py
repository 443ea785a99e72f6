"""What a chat message is, by its form alone: a question, a report that something is broken, thanks, or chatter.

A small set of rules that needs nothing learned; what the answers room knows better takes its place (see `wiring`).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST_READ = 4000
SURE = 0.6
PERHAPS = 0.35


class Reading(StrEnum):
    """What a text is."""

    QUESTION = "question"
    REPORT = "report"
    THANKS = "thanks"
    CHATTER = "chatter"


@dataclass(frozen=True)
class Verdict:
    """What a text is, and how sure that is: from 0 to 1."""

    reading: Reading
    sureness: float

    @property
    def is_sure(self) -> bool:
        """Whether nobody needs to be asked."""
        return self.sureness >= SURE


_CODE = re.compile(r"```.*?```|`[^`]*`|<[^>]{1,300}>|https?://\S+", re.DOTALL)
_EMOJI = re.compile(r":[a-z0-9_+-]{1,60}:|[\U0001f300-\U0001faff\u2600-\u27bf\ufe0f\u200d]")
# matched against words alone: marks are taken out before, so that a flood of them costs nothing
_THANKS = re.compile(
    r"^(?:(?:ok|okay|great|perfect|awesome|cool|super|nice|ah|oh|that|works|worked|it|now|yes|hi|many|"
    r"big|so much) ){0,5}"
    r"(?:thanks?|thank you|thx|ty|cheers|danke|obrigad[oa]|merci|gracias|got it|that worked|solved)\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\b(?:still|doesn t|does not|didn t|did not|not (?:working|it|yet)|no luck|same (?:error|problem|thing)|again|but|"
    r"also|how|what|where|why|when|which)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:"
    r"how (?:do|can|should|does|would|to)|what(?:'s| is| are| does| would)|where (?:is|are|can|do)|"
    r"why (?:is|are|do|does|did)|when (?:is|will|does)|who (?:is|can|owns|knows)|which|"
    r"(?:can|could|would) (?:i|we|you|it|someone|somebody|anyone|anybody)|is (?:there|it|this|that|anyone) |"
    r"are there|does (?:anyone|anybody|somebody|it|this)|do (?:we|you|i) |did (?:anyone|something|we)|"
    r"any(?:one|body) (?:know|here|else|have)|any (?:idea|ideas|way|chance|help|pointers)|should (?:i|we)|"
    r"need (?:help|access|some help)|please help|help (?:me|with|please)|looking for|wondering (?:if|how|why)|"
    r"has anyone|have you|wie |warum |wo |kann (?:ich|jemand|man))",
    re.IGNORECASE,
)
_BROKEN = re.compile(
    r"\b(?:"
    r"(?:is|are|was|looks?|seems?)\b.{0,25}\b"
    r"(?:down|broken|stuck|empty|missing|late|failing|stale|unavailable|unreachable|wrong|slow)|"
    r"fail(?:s|ed|ing|ure)|crash(?:es|ed|ing)?|exceptions?|errors?|outage|timed? ?out|not working|"
    r"does ?n[o']t work|stopped working|0 rows|no data|can(?: ?n[o']|no)t (?:read|reach|connect|load|access)|oom|"
    r"stack ?trace|traceback|5\d\d (?:error|from)|returns? 5\d\d)\b",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^(?:(?:hi|hey|hello|good (?:morning|afternoon)|hola|hallo|moin|team|all|folks|everyone|there)\b|\W)+",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"^\W*(?:fyi|heads[- ]?up|announcement|reminder|psa|we (?:will|have|are)|i (?:will|have|just)|done|fixed|"
    r"deployed|released)\b",
    re.IGNORECASE,
)
_HOW_TO = re.compile(r"\bhow (?:do|can|should|would|to)\b|\bwhat is\b|\bwhere (?:is|can|do)\b", re.IGNORECASE)
_HERE = re.compile(r"<!here>|<!channel>|@here|@channel")


def classify(text: str, context: object = None) -> Verdict:  # noqa: ARG001 - the answers room's own takes it
    """Return what `text` is. `context` is what was said before; these rules do without."""
    read = text[:LONGEST_READ]
    prose = _prose(read)
    words = _GREETING.sub("", prose).split()
    if is_thanks(text):
        return Verdict(Reading.THANKS, 0.9)
    if len(words) < 2:
        return Verdict(Reading.CHATTER, 0.9)
    asks = _asking(prose, len(words))
    broken = _breaking(read, prose)
    if broken >= PERHAPS and broken >= asks - 0.25 and not (asks >= SURE and _how_to(prose)):
        return Verdict(Reading.REPORT, broken)
    if asks >= PERHAPS:
        return Verdict(Reading.QUESTION, asks)
    return Verdict(Reading.CHATTER, 1 - max(asks, broken))


def is_thanks(text: str) -> bool:
    """Say whether `text` thanks for an answer and asks nothing."""
    prose = _prose(text[:LONGEST_READ])
    return "?" not in prose and len(prose) <= 200 and _THANKS.match(_bare(prose)) is not None


def wants_more(text: str) -> bool:
    """Say whether a reply to an answer asks for another word: a question, or "it still does not work"."""
    prose = _prose(text[:LONGEST_READ])
    return "?" in prose or (not is_thanks(text) and _MORE.search(_bare(prose[:500])) is not None)


def _prose(read: str) -> str:
    """Return the text without code, links and emoji, in single spaces."""
    return " ".join(_EMOJI.sub(" ", _CODE.sub(" ", read)).split())


def _bare(prose: str) -> str:
    return " ".join(re.sub(r"\W+", " ", prose).split())


def _asking(prose: str, words: int) -> float:
    score = 0.0
    if "?" in prose:
        score += 0.4 if words >= 4 else 0.2
    if _ASKS.search(prose):
        score += 0.35
    if prose.rstrip(" .!\n").endswith("?"):
        score += 0.1
    if _TELLS.match(prose):
        score -= 0.3
    return max(0.0, min(1.0, score))


def _breaking(read: str, prose: str) -> float:
    score = 0.0
    if _BROKEN.search(prose):
        score += 0.55
    if "```" in read and re.search(r"(?i)error|exception|traceback|failed", read):
        score += 0.2
    if _HERE.search(read):
        score += 0.1
    if _TELLS.match(prose):
        score -= 0.2
    return max(0.0, min(1.0, score))


def _how_to(prose: str) -> bool:
    return (
        re.search(r"\bhow (?:do|can|should|would|to)\b|\bwhat is\b|\bwhere (?:is|can|do)\b", prose, re.IGNORECASE)
        is not None
    )
