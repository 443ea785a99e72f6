"""What a message of a chat is: a question, an incident, a follow-up, or none of these.

A logistic model over how the message is built, who spoke before, and its words and letters. Its weights were fitted to
messages that we wrote for it (`training/chat.py` and its seeds), and to nothing else.
"""

import json
import math
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise


class Label(StrEnum):
    """What a message can be."""

    QUESTION = "question"  # a new request for information or help
    INCIDENT = "incident"  # something fails, hangs or behaves wrongly now
    FOLLOWUP = "followup"  # a question inside a conversation that runs
    OTHER = "other"  # answers, statements, greetings, announcements


LABELS = tuple(Label)


@dataclass(frozen=True)
class Said:
    """A message that came before."""

    author: str
    text: str
    seconds_before: float


@dataclass(frozen=True)
class Context:
    """Who writes, and what was said before in the same channel (the oldest first; two or three are enough).

    `in_thread`: the message answers inside a thread, so it never opens an item. `by_program`: a bot or the chat
    itself wrote it; programs ask nothing.
    """

    author: str = ""
    earlier: tuple[Said, ...] = ()
    in_thread: bool = False
    by_program: bool = False


@dataclass(frozen=True)
class Judged:
    """What a message is most likely, and the chance of each label; the chances add up to 1."""

    label: Label
    chances: Mapping[Label, float]

    @property
    def opens(self) -> float:
        """The chance that the message opens an item: that it is a question or an incident."""
        return self.chances[Label.QUESTION] + self.chances[Label.INCIDENT]

    @property
    def is_doubtful(self) -> bool:
        """Whether a person should be asked: neither clearly opens an item nor clearly does not."""
        return 0.35 <= self.opens <= 0.65


BUCKETS = 2048
_MARKS = (
    (re.compile(r"```.*?(```|$)|`[^`]+`|\[<-CODE->\]|\[code\]", re.DOTALL), " codemark "),
    (re.compile(r"<https?://[^>]*>|https?://\S+|\[<-\w+->\]|\[link\]"), " linkmark "),
    (re.compile(r"<@\w+>|(?<![\w.])@[\w.-]+"), " mentionmark "),
)
_GREETING = re.compile(
    r"^\W*(hi|hey|hello|hallo|howdy|good (morning|afternoon|evening|day)|morning|greetings|dear|yo)\b"
    r"[\s,]*(there|all|guys|folks|everyone|everybody|team|again|@?all)?\b"
)
_FORMS = {
    "asks": re.compile(r"\?"),
    "ends asking": re.compile(r"\?[\W]*$"),
    "asks twice": re.compile(r"\?.*\?", re.DOTALL),
    "wh first": re.compile(r"^\W*(what|whats|which|who|where|when|why|how|hows|whose)\b"),
    "verb first": re.compile(
        r"^\W*(is|are|do|does|did|can|could|would|will|should|has|have|was|were|isn|aren|am|any)\b"
    ),
    "wh inside": re.compile(r"\b(what|which|where|when|why|how)\b"),
    "how to": re.compile(
        r"\bhow (to|do|can|could|would|should|does)\b|\bway to\b|\bis (there|it possible)\b|\bpossible to\b"
    ),
    "anyone": re.compile(r"\b(any|some|every)\s?(one|body)\b|\bany of you\b|\banybody\b"),
    "idea": re.compile(
        r"\bany (idea|ideas|suggestion|suggestions|pointers?|hint|advice|recommendations?|news|update)\b"
    ),
    "wants": re.compile(
        r"\b(i want|i need|i'd like|i would like|i wonder|wondering|looking for|trying to|want to know)\b"
    ),
    "helps": re.compile(r"\bhelp\b|\bpoint me\b|\bplease (tell|give|help)\b|\btell me\b|\bexplain\b"),
    "modal you": re.compile(r"\b(can|could|would) (you|someone|somebody|anyone|anybody)\b"),
    "fails": re.compile(
        r"\b(error|errors|exception|fail|fails|failed|failing|failure|crash\w*|broken|broke|breaks|hang|hangs|stuck|freez\w*"
        r"|timeouts?|refused|denied|forbidden|bug|outage|oom\w*|leak|corrupt\w*|undefined|invalid|traceback|stacktrace)\b"
    ),
    "works not": re.compile(
        r"(doesn|don|didn|isn|won|not|no longer|never|stopped|stops)\W{0,3}t?\s?(work|working|works|load|loading|start"
        r"|show|compile|respond|return|open|connect|responding|appear|fire|run)\w*"
        r"|\bcan(no|')?t (log|open|connect|push|install|access|start|find|get|see|run|load|catch)\b|\bis down\b"
    ),
    "trouble": re.compile(
        r"\b(problem|problems|issue|issues|trouble|wrong|weird|strange|struggling|unexpected|nothing happens)\b"
    ),
    "i get": re.compile(r"\b(i get|i got|getting|gives me|it gives|it says|throws?|results? in|keeps?|keep getting)\b"),
    "since": re.compile(
        r"\b(since|after (the )?(upgrad|updat)\w*|after \w+ing|suddenly|all of a sudden|today|anymore|any more|again)\b"
    ),
    "error name": re.compile(r"[A-Z]\w+(Error|Exception)\b|\bE[A-Z]{5,}\b"),
    "status": re.compile(r"\b(40[0-9]|50[0-9])\b"),
    "thanks": re.compile(r"\b(thanks|thank you|thx|ty|cheers|tnx)\b"),
    "answers": re.compile(
        r"^\W*(yes|yeah|yep|yup|no|nope|ok|okay|sure|right|exactly|ah|oh|hm+|well|maybe|true|lol|haha|cool|nice|great"
        r"|good|perfect|same|agreed|correct|fine|thanks|sorry|done|got it|i see|i think|i don.?t|i guess|not sure"
        r"|it depends)\b"
    ),
    "joins": re.compile(
        r"^\W*(so|but|and|or|then|also|because|which|that|it|its|this|these|they|there|like|just|only|or)\b"
    ),
    "you first": re.compile(
        r"^\W*(you|your|try|use|check|look|see|add|remove|make|set|put|did you|have you|are you|do you)\b"
    ),
    "you": re.compile(r"\b(you|your|u)\b"),
    "i first": re.compile(r"^\W*(i|i'm|i've|im|ive|my|we|we're|our)\b"),
    "i": re.compile(r"\b(i|i'm|i've|my|we|our)\b"),
    "mention first": re.compile(r"^\W*mentionmark"),
    "mention": re.compile(r"mentionmark"),
    "code": re.compile(r"codemark"),
    "link": re.compile(r"linkmark"),
    "only marks": re.compile(r"^\W*((code|link|mention)mark\W*)+$"),
    "smiles": re.compile(r"[:;]-?[)D(P]|\b(lol|haha\w*|xd)\b|[\U0001f300-\U0001faff]"),
    "shouts": re.compile(r"!"),
    "lines": re.compile(r"\n"),
    "program text": re.compile(r"[{};=]|\w+\(\)|::|->|\bat \w+\.\w+"),
    "number first": re.compile(r"^\W*\d"),
}
_AS_WRITTEN = frozenset({"error name", "smiles"})
_LENGTHS = (2, 4, 7, 11, 17, 27, 45)
_PAUSES = (15, 60, 240, 900, 3600)


def plain(text: str) -> str:
    """Return `text` with code, links and mentions each put as one word."""
    for mark, word in _MARKS:
        text = mark.sub(word, text)
    return text.strip()


def features(text: str, context: Context) -> dict[str, float]:
    """Return what the model looks at, by name: how the message is built, its context, its words and letters."""
    kept = plain(text)
    found = dict.fromkeys(_built(kept), 1.0)
    situation = _situation(context)
    found.update(dict.fromkeys((f"at {one}" for one in situation), 1.0))
    asks = "asks" in found or "wh first" in found or "verb first" in found or "how to" in found
    fails = "fails" in found or "works not" in found or "trouble" in found or "error name" in found
    length = next((name for name in found if name.startswith("words ")), "")
    for one in (situation[0], situation[1]):
        found[f"{one} & {'asks' if asks else 'tells'}"] = 1.0
        found[f"{one} & {'fails' if fails else 'is well'}"] = 1.0
        found[f"{one} & {length}"] = 1.0
    found[f"{'asks' if asks else 'tells'} & {'fails' if fails else 'is well'}"] = 1.0
    found.update(_hashed(kept))
    return found


def _built(kept: str) -> Iterator[str]:
    lower = kept.lower()
    count = len(lower.split())
    yield f"words {sum(count > length for length in _LENGTHS)}"
    greeting = _GREETING.match(lower)
    rest = lower[greeting.end() :] if greeting else lower
    if greeting:
        yield "greets"
        if len(rest.split()) < 3:
            yield "only greets"
    for name, form in _FORMS.items():
        if form.search(kept if name in _AS_WRITTEN else rest):
            yield name


def _situation(context: Context) -> list[str]:
    """Return where the message stands; the first two say most: who spoke before, and how long ago."""
    if not context.earlier:
        return ["first", "pause none", "alone"]
    last = context.earlier[-1]
    authors = {said.author for said in context.earlier}
    speaks_on = "goes on" if last.author == context.author else "answered"
    who = speaks_on if context.author in authors else "newcomer"
    found = [who, f"pause {sum(last.seconds_before > pause for pause in _PAUSES)}", "in company"]
    others = [said for said in context.earlier if said.author != context.author]
    if any("?" in said.text for said in others):
        found.append("other asked")
    if any("?" in said.text for said in context.earlier if said.author == context.author):
        found.append("own question stands")
    if len(authors) == len(context.earlier) > 1:
        found.append("many speak")
    return found


def _hashed(kept: str) -> dict[str, float]:
    words = re.findall(r"[a-z']+|\d+|[?!]", kept.lower())[:120]
    grams = {f"w {word}" for word in words}
    grams |= {f"p {one} {two}" for one, two in pairwise(words)}
    grams |= {f"b {word}" for word in words[:1]} | {f"b2 {' '.join(words[:2])}"}
    letters = " ".join(words)[:400]
    grams |= {f"c {letters[at : at + 4]}" for at in range(len(letters) - 3)}
    weight = 2 / math.sqrt(len(grams) or 1)
    found: dict[str, float] = {}
    for gram in grams:
        bucket = f"#{zlib.crc32(gram.encode()) % BUCKETS}"
        found[bucket] = found.get(bucket, 0.0) + weight
    return found


@cache
def _weights(name: str) -> dict[str, tuple[float, ...]]:
    """Return the shipped weights: a feature's name to one number for each label."""
    text = files("hausmeister.answers").joinpath("weights", f"{name}.json").read_text(encoding="utf-8")
    return {feature: tuple(numbers) for feature, numbers in json.loads(text).items()}


def _chances(name: str, values: Mapping[str, float]) -> dict[Label, float]:
    """Return the chance of each label after the model of this name."""
    weights = _weights(name)
    sums = list(weights["bias"])
    for feature, value in values.items():
        for at, weight in enumerate(weights.get(feature, ())):
            sums[at] += value * weight
    top = max(sums)
    powers = [math.exp(one - top) for one in sums]
    return {label: power / sum(powers) for label, power in zip(LABELS, powers, strict=True)}


def classify(text: str, *, context: Context, vector: Sequence[float] | None = None) -> Judged:
    """Return what the message is. `vector` is its sentence vector where an encoder is installed: then the model with
    vectors and the one without say half of it each, since they err on different messages.

    An empty text, and one that a program wrote, is OTHER. A reply in a thread is at most a follow-up.
    """
    if not text.strip() or context.by_program:
        return Judged(Label.OTHER, {label: float(label is Label.OTHER) for label in LABELS})
    values = features(text, context)
    chances = _chances("chat", values)
    if vector is not None:
        values.update((f"v{number}", value) for number, value in enumerate(vector))
        others = _chances("chat_with_vectors", values)
        chances = {label: (chances[label] + others[label]) / 2 for label in LABELS}
    if context.in_thread:
        chances = {
            Label.QUESTION: 0.0,
            Label.INCIDENT: 0.0,
            Label.FOLLOWUP: chances[Label.FOLLOWUP] + chances[Label.QUESTION] + chances[Label.INCIDENT],
            Label.OTHER: chances[Label.OTHER],
        }
    return Judged(max(chances, key=lambda label: chances[label]), chances)
