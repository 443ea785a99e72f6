"""What an address of ours means, whether a machine wrote, what a job's letter says, and which words are the sender's.

One address is enough: what stands behind its "+" says where a letter goes (subaddressing, RFC 5233).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

# a quarter of an hour of an ordinary talk by mail is longer than this
MOST_GOALS = 20


class Automatic(StrEnum):
    """Whether a machine wrote: not at all, of itself (a job, a report), or back (an absence note, a bounce)."""

    NO = ""
    GENERATED = "generated"
    REPLIED = "replied"


class GoalKind(StrEnum):
    """Where a letter goes."""

    TEAM = "team"
    BEAT = "beat"
    ALERT = "alert"


@dataclass(frozen=True)
class Goal:
    """One place that a letter goes to: a team by its short name ("" for none named), a heartbeat, an alert's sender.

    `name` is the slug, the token or the key; `word` what the address says of a beat; `address` is the whole one.
    """

    kind: GoalKind
    name: str
    word: str
    address: str


def goals(recipients: Sequence[str], ours: str) -> list[Goal]:
    """Return where a letter to `recipients` goes, each place once; `ours` is our own address without a tag."""
    local, _, domain = ours.lower().rpartition("@")
    found: dict[tuple[GoalKind, str], Goal] = {}
    for one in recipients:
        there, _, host = one.lower().rpartition("@")
        name, _, tag = there.partition("+")
        if host == domain and name == local:
            goal = _goal(tag, one)
            found.setdefault((goal.kind, goal.name), goal)
    return list(found.values())[:MOST_GOALS]


def _goal(tag: str, address: str) -> Goal:
    if tag.startswith("beat-"):
        token, _, word = tag.removeprefix("beat-").partition("-")
        return Goal(GoalKind.BEAT, token, word, address)
    if tag.startswith("alert-"):
        return Goal(GoalKind.ALERT, tag.removeprefix("alert-"), "", address)
    return Goal(GoalKind.TEAM, tag, "", address)


def tagged(ours: str, tag: str) -> str:
    """Return our address with a tag."""
    local, at, domain = ours.rpartition("@")
    return f"{local}+{tag}{at}{domain}"


# ---- machines ----

_REPLIES = re.compile(
    r"^\W*(?:auto(?:matic)?[- ]?(?:reply|response|answer)|out of (?:the )?office|abwesenheit|automatische antwort|"
    r"undeliver(?:able|ed)|delivery status notification|mail delivery (?:failed|failure)|returned mail)",
    re.IGNORECASE,
)


def automatic(
    *, submitted: str, precedence: str, return_path: str | None, kind: str, subject: str, answers: str
) -> Automatic:
    """Say whether a machine wrote a letter (RFC 3834), by its headers; `return_path` is None where there is none.

    `kind` is the content type, `answers` the headers by which older programs mark an absence note.
    """
    said = submitted.partition(";")[0].strip().lower()
    is_bounce = return_path is not None and return_path.strip() in {"<>", ""}
    if is_bounce or said == "auto-replied" or kind == "multipart/report" or answers.strip():
        return Automatic.REPLIED
    if precedence.strip().lower() == "auto_reply" or _REPLIES.match(subject[:300]):
        return Automatic.REPLIED
    if said not in {"", "no"} or precedence.strip().lower() in {"bulk", "junk"}:
        return Automatic.GENERATED
    return Automatic.NO


# ---- what a job says ----

_NOT = r"(?<!\bno )(?<!\b0 )(?<!\bwithout )(?<!\bzero )"
_FAILED = re.compile(rf"{_NOT}\b(?:fail(?:ed|s|ure|ures)?|errors?|aborted|crashed)\b", re.IGNORECASE)
_STARTED = re.compile(r"\b(?:start|started|starting|begins|begun)\b", re.IGNORECASE)
_CODE = re.compile(r"\bexit(?:ed)?(?: with)?(?: (?:code|status))?[ :=]+(\d{1,3})\b", re.IGNORECASE)


def word_of_beat(word: str, subject: str) -> str:
    """Return what a job's letter says, as the end of a heartbeat's address would: "", "start", "fail" or a code.

    The address wins; then an exit code in the subject, then a word of failure or of a beginning in it.
    """
    if word:
        return word
    subject = subject[:500]
    code = _CODE.search(subject)
    if code and int(code[1]) <= 255:
        return code[1]
    if _FAILED.search(subject):
        return "fail"
    return "start" if _STARTED.search(subject) else ""


_OVER = re.compile(r"^\W*(?:resolved?|recover(?:ed|y)|cleared?|ok)\b", re.IGNORECASE)
_SEVERITY = re.compile(r"\b(critical|emergency|fatal|major|error|high|warning|minor|low|info)\b", re.IGNORECASE)
_IN_FRONT = re.compile(
    r"^\W*(?:(?:re|fwd?|aw|wg|alert|alarm|problem|firing|down|triggered|resolved?|recover(?:ed|y)|cleared?|ok|"
    r"critical|emergency|fatal|major|error|high|warning|minor|low|info)\b[\]\s:.\-–|)]*\W*)+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class AlertLine:
    """What the subject of an alert's letter says: whether it is over, how severe, and what it is about."""

    is_over: bool
    severity: str
    key: str


def alert_line(subject: str) -> AlertLine:
    """Return what a subject such as "[RESOLVED] critical: disk full on db-7" says; the key is the same for both."""
    line = " ".join(subject[:500].split())
    front = _IN_FRONT.match(line)
    rest = line[front.end() :] if front else line
    severity = _SEVERITY.search(front[0] if front else "")
    return AlertLine(_OVER.match(line) is not None, severity[1].lower() if severity else "", (rest or line).lower())


# ---- words ----

_WROTE = re.compile(
    r"^\s*(?:(?:on|am|le|el)\b.{0,200}|.{0,200}(?:wrote|schrieb|écrit|escribió)\s*):\s*$", re.IGNORECASE
)
_ORIGINAL = re.compile(
    r"^\s*(?:-{2,} ?(?:original message|ursprüngliche nachricht|forwarded message).*|_{10,})\s*$", re.IGNORECASE
)


def own_words(text: str) -> str:
    """Return what the sender of a reply wrote: without the quoted letter below it and without the signature.

    A text that is nothing else is kept whole; so is a quote with words below it, which are answers in between.
    """
    kept: list[str] = []
    for line in text.split("\n"):
        if line.rstrip("\r") in {"-- ", "--"} or _ORIGINAL.match(line):
            break
        kept.append(line.rstrip())
    while kept and (not kept[-1] or kept[-1].startswith(">")):
        kept.pop()
    if kept and _WROTE.match(kept[-1]) and len(kept) < len(text.split("\n")):
        kept.pop()
    elif len(kept) > 1 and _WROTE.match(f"{kept[-2]} {kept[-1]}"):
        # the line that names who is quoted was broken in two
        kept = kept[:-2]
    return "\n".join(kept).strip() or text.strip()


def plain_subject(subject: str) -> str:
    """Return a subject without what replies and forwards put in front."""
    return re.sub(r"^(?:\s*(?:re|fwd?|aw|wg|antw|sv)\s*(?:\[\d+\])?\s*:)+\s*", "", subject, flags=re.IGNORECASE).strip()
