"""What a message about a page says, in sentences; each connector sets them in its own medium.

Everything taken from an alert is still untrusted here: escaping for the medium is the connector's part (S42).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import lines, one_line

TITLE_MOST = 300
TEXT_MOST = 1000

MAYBE_TWICE = "This may have reached you before: whether an earlier try arrived is not known."


@dataclass(frozen=True)
class Words:
    """One call, in words. Every part but `title`, `text` and `where` is ours; empty parts are left out."""

    number: int
    priority: str
    urgency: str
    title: str
    text: str
    where: str
    since: str
    called_as: str
    then: str
    clocks: str
    again: str

    @property
    def headline(self) -> str:
        """How bad, in one breath: "P4 very high, hard"."""
        return f"{self.priority}, {self.urgency}"

    @property
    def subject(self) -> str:
        """The one line by which people find the message again."""
        return f"{self.priority}: {self.title} (page {self.number})"

    @property
    def origin(self) -> str:
        """Where it comes from and since when."""
        return f"{self.where}, since {self.since}" if self.where else f"Since {self.since}"


def words_of(facts: Mapping[str, Any], *, now: datetime, maybe_twice: bool) -> Words:
    """Return what a message of kind page says. `facts` are those of `pager.operations.calling.page_facts`."""
    zone = ZoneInfo(str(facts["zone"]))
    first_name = str(facts["person"]).split(" ", maxsplit=1)[0]
    return Words(
        number=int(facts["page"]),
        priority=Priority(int(facts["priority"])).label,
        urgency="hard" if facts["hard"] else "soft",
        title=one_line(str(facts["title"]), TITLE_MOST),
        text=lines(str(facts["text"]), TEXT_MOST),
        where=one_line(str(facts["source"]), 100),
        since=clock_time(datetime.fromisoformat(facts["opened_at"]), zone=zone, now=now),
        called_as=_called_as(first_name, facts),
        then=_then(facts, zone, now),
        clocks=f"Times are on the clocks of {zone.key}.",
        again=MAYBE_TWICE if maybe_twice else "",
    )


def _called_as(first_name: str, facts: Mapping[str, Any]) -> str:
    if facts.get("test"):
        return f"{first_name}, this is a test. Acknowledge it as you would a real page."
    again = ", once more" if facts["round"] else ""
    return f"{first_name}, you are called as {facts['role']}{again}."


# how the ladder's own words for a call stand in a sentence, when no name can be given yet
_CALLS = {
    "on duty": "whoever is on duty then",
    "backstop": "the backstop",
    "last resort": "the last resort",
    "leads": "the leads",
}


def called(call: str) -> str:
    """Return how a call of a ladder, or the names of those it means, stand in a sentence."""
    if call.startswith("schedule "):
        return f"whoever is on by the {call} then"
    return _CALLS.get(call, call)


def _then(facts: Mapping[str, Any], zone: ZoneInfo, now: datetime) -> str:
    if facts.get("test"):
        return "Nobody else is called for it."
    if not facts["then_at"]:
        return ""
    who = called(str(facts["then_who"]))
    verb = "are" if "," in who or who == "the leads" else "is"
    at = clock_time(datetime.fromisoformat(facts["then_at"]), zone=zone, now=now)
    return f"If nobody answers, {who} {verb} called at {at}."


def clock_time(moment: datetime, *, zone: ZoneInfo, now: datetime) -> str:
    """Return `moment` as a clock in `zone` shows it: 19:08 today, Wed 19:08 near today, else 25 Nov 19:08."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    if abs(local.date() - today) < timedelta(days=7):
        return f"{_DAYS[local.weekday()]} {local:%H:%M}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day} {_MONTHS[local.month - 1]}{year} {local:%H:%M}"


# not strftime: its names follow the machine's locale
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class PostWords:
    """A soft page's post in the alarms channel, in words."""

    number: int
    priority: str
    urgency: str
    title: str
    text: str
    origin: str
    state: str

    @property
    def headline(self) -> str:
        """How bad, and how it stands: "P2 medium, soft: waits for Tue 09:00"."""
        return f"{self.priority}, {self.urgency}: {self.state}"


def post_words_of(facts: Mapping[str, Any], *, now: datetime) -> PostWords:
    """Return what a post says. `facts` are those of `pager.operations.calling.chat_facts`."""
    zone = ZoneInfo(str(facts["zone"]))
    where = one_line(str(facts["source"]), 100)
    since = clock_time(datetime.fromisoformat(facts["opened_at"]), zone=zone, now=now)
    return PostWords(
        number=int(facts["page"]),
        priority=Priority(int(facts["priority"])).label,
        urgency="hard" if facts["hard"] else "soft",
        title=one_line(str(facts["title"]), TITLE_MOST),
        text=lines(str(facts["text"]), TEXT_MOST),
        origin=f"{where}, since {since}" if where else f"Since {since}",
        state=_state(facts, zone, now),
    )


def _state(facts: Mapping[str, Any], zone: ZoneInfo, now: datetime) -> str:
    state = str(facts["state"])
    if state == "acknowledged":
        return f"acknowledged by {one_line(str(facts['acked_by']), 100)}"
    if state == "closed":
        return f"closed, {one_line(str(facts['close_reason']), 200)}" if facts["close_reason"] else "closed"
    if state == "waiting" and facts["waits_until"]:
        return f"waits for {clock_time(datetime.fromisoformat(facts['waits_until']), zone=zone, now=now)}"
    return state
