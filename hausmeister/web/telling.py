"""The journal in words: one sentence for each entry about a page, in the order in which things happened.

An entry is a fact for ever; how it is told may change. A verb nobody has taught this module is told plainly.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hausmeister.base.priority import Priority
from hausmeister.journal.models import Entry
from hausmeister.team import queries as team_queries
from hausmeister.team.rules import Channel
from hausmeister.web import when


@dataclass(frozen=True)
class Told:
    """One entry as people read it. `sign` says what kind it is: done, failed, human or later."""

    at: datetime
    sign: str
    words: SafeString
    detail: str = ""
    is_wrong: bool = False
    note: str = ""


@dataclass(frozen=True)
class Reader:
    """Who reads: the moment, and the clocks they live by."""

    now: datetime
    zone: ZoneInfo

    def at(self, text: object) -> str:
        """Return a stored moment in words, with seconds."""
        return when.at(datetime.fromisoformat(str(text)), now=self.now, zone=self.zone, seconds=True)

    def until(self, text: object) -> str:
        """Return a stored end in words."""
        return when.until(datetime.fromisoformat(str(text)), now=self.now, zone=self.zone)


def tell(entry: Entry, reader: Reader) -> Told:
    """Return `entry` in words."""
    teller = _TELLERS.get(entry.verb)
    if teller is None:
        return Told(entry.at, "done", format_html(_("{who}: {what}"), who=_bold(entry.actor_name), what=entry.verb))
    return teller(entry, reader)


def _bold(name: object) -> SafeString:
    return format_html("<b>{}</b>", name)


def _names(names: Iterable[str]) -> SafeString:
    return format_html_join(", ", "<b>{}</b>", ((name,) for name in names))


def channel_word(channel: str) -> str:
    """Return a channel's name; one that no longer exists keeps its own."""
    return team_queries.channel_label(channel) if channel in set(Channel) else channel


def _steps(entry: Entry) -> tuple[SafeString, str]:
    """Return whom the steps of an entry called, and what was skipped and why."""
    called, skipped = [], []
    for step in entry.facts.get("steps", ()):
        if step["called"]:
            called += [f"{one['person']} ({one['role']})" for one in step["called"]]
        else:
            skipped.append(_("%(call)s skipped: %(why)s") % {"call": step["call"], "why": step["skipped"]})
    return _names(called), "; ".join(skipped)


def _opened(entry: Entry, reader: Reader) -> Told:
    facts = entry.facts
    who = _bold(entry.actor_name)
    if facts.get("test"):
        return Told(entry.at, "human", format_html(_("{who} sent a test page."), who=who))
    if facts.get("silenced_until"):
        return _opened_silenced(entry, reader)
    names, skipped = _steps(entry)
    if facts.get("waits_until"):
        words = format_html(
            _("Opened by {who}. Soft, so it waits until {until}."), who=who, until=reader.until(facts["waits_until"])
        )
        posted = _("Posted to %(room)s.") % {"room": facts["posted_to"]} if facts.get("posted_to") else ""
        return Told(entry.at, "done", words, posted)
    words = format_html(_("Opened by {who}. Calls {names}."), who=who, names=names or _("nobody yet"))
    rule = _("Rule: %(rule)s.") % {"rule": facts["rule"]} if facts.get("rule") else ""
    return Told(entry.at, "done", words, " ".join(filter(None, [rule, skipped])), is_wrong=bool(skipped))


def _opened_silenced(entry: Entry, reader: Reader) -> Told:
    facts = entry.facts
    words = format_html(
        _("Opened by {who}. Silenced by {name} until {until}, because: {reason}."),
        who=_bold(entry.actor_name),
        name=_bold(facts.get("silenced_by", "")),
        until=reader.until(facts["silenced_until"]),
        reason=str(facts.get("silenced_because", "")).rstrip("."),
    )
    return Told(entry.at, "later", words, _("Nobody is called before."))


def _silence_over(entry: Entry, _reader: Reader) -> Told:
    names, skipped = _steps(entry)
    words = format_html(_("The silence is over: calls {names}."), names=names) if names else _("The silence is over.")
    return Told(entry.at, "done", conditional_escape(words), skipped, is_wrong=bool(skipped))


def _woken(entry: Entry, reader: Reader) -> Told:
    if entry.facts.get("silenced"):
        return _human(lambda: _("{who} ended the silence for this page: it calls now."))(entry, reader)
    return _human(lambda: _("{who} ended the snooze: it calls now."))(entry, reader)


def _climbed(entry: Entry, _reader: Reader) -> Told:
    names, skipped = _steps(entry)
    if not names:
        return Told(entry.at, "failed", conditional_escape(_("Nobody at all can be reached.")), skipped, is_wrong=True)
    words = format_html(_("Nobody answered: calls {names}."), names=names)
    if entry.facts.get("exhausted"):
        words = format_html(_("The ladder is used up and starts again: calls {names}."), names=names)
    return Told(entry.at, "done", words, skipped, is_wrong=bool(skipped))


def _rang(entry: Entry, _reader: Reader) -> Told:
    facts = entry.facts
    by = ", ".join(channel_word(channel) for channel in facts.get("by", ()))
    words = format_html(_("Calls {who} by {channels} too."), who=_bold(facts.get("person", "")), channels=by)
    return Told(entry.at, "done", words, facts.get("because", ""))


def _waits(entry: Entry, reader: Reader) -> Told:
    until = reader.until(entry.facts["waits_until"])
    return Told(entry.at, "done", format_html(_("Outside working hours: waits until {until}."), until=until))


def _step_failed(entry: Entry, reader: Reader) -> Told:
    words = format_html(
        _("The next step could not be worked out; tried again {when}."), when=reader.at(entry.facts["again_at"])
    )
    return Told(entry.at, "failed", words, str(entry.facts.get("reason", "")), is_wrong=True)


def _via(entry: Entry) -> str:
    via = entry.facts.get("via", "")
    return _("by %(via)s") % {"via": via} if via and via != "web" else ""


def _in_flight(entry: Entry) -> str:
    number = int(entry.facts.get("in_flight") or 0)
    if not number:
        return ""
    return ngettext(
        "%(number)d message was on the wire and may still arrive.",
        "%(number)d messages were on the wire and may still arrive.",
        number,
    ) % {"number": number}


def _human(template: Callable[[], str]) -> Callable[[Entry, Reader], Told]:
    """Return a teller for an act of a person that needs no more than the name."""

    def teller(entry: Entry, _reader: Reader) -> Told:
        detail = ". ".join(filter(None, [_via(entry), _in_flight(entry)]))
        return Told(entry.at, "human", format_html(template(), who=_bold(entry.actor_name)), detail)

    return teller


def _snoozed(entry: Entry, reader: Reader) -> Told:
    words = format_html(
        _("{who} snoozed it until {until}."), who=_bold(entry.actor_name), until=reader.until(entry.facts["until"])
    )
    return Told(entry.at, "human", words, _via(entry))


def _closed(entry: Entry, _reader: Reader) -> Told:
    sign = "human" if entry.actor_kind == "person" else "done"
    words = format_html(
        _("{who} closed it: {reason}."), who=_bold(entry.actor_name), reason=entry.facts.get("reason") or _("over")
    )
    return Told(entry.at, sign, words, ". ".join(filter(None, [_via(entry), _in_flight(entry)])))


def _noted(entry: Entry, _reader: Reader) -> Told:
    words = format_html(_("{who} noted:"), who=_bold(entry.actor_name))
    return Told(entry.at, "human", words, note=str(entry.facts.get("text", "")))


def _escalated(entry: Entry, _reader: Reader) -> Told:
    names, skipped = _steps(entry)
    words = format_html(_("{who} asked for help: {names} is called as well."), who=_bold(entry.actor_name), names=names)
    return Told(entry.at, "human", words, ". ".join(filter(None, [_via(entry), skipped])))


def _reassigned(entry: Entry, _reader: Reader) -> Told:
    words = format_html(_("{who} handed it to {to}."), who=_bold(entry.actor_name), to=_bold(entry.facts.get("to", "")))
    return Told(entry.at, "human", words, _via(entry))


def _raised(entry: Entry, _reader: Reader) -> Told:
    rank = Priority(int(entry.facts.get("priority", 1))).label
    words = format_html(_("More urgent now, says {who}: {rank}."), who=_bold(entry.actor_name), rank=rank)
    return Told(entry.at, "done", words, _("hard, pages now") if entry.facts.get("hard") else "")


def _forgotten(entry: Entry, _reader: Reader) -> Told:
    words = format_html(
        _("{who} had it, and nothing happened for too long: it calls again."),
        who=_bold(entry.facts.get("acked_by", "")),
    )
    return Told(entry.at, "done", words)


def _message(entry: Entry) -> dict[str, Any]:
    facts = entry.facts
    return {
        "channel": channel_word(str(facts.get("channel", ""))),
        "who": _bold(facts["person"]) if facts.get("person") else _("the alarms channel"),
    }


def _sent(entry: Entry, _reader: Reader) -> Told:
    words = format_html(_("Delivered by {channel} to {who}."), **_message(entry))
    twice = _("possible duplicate") if entry.facts.get("maybe_twice") else ""
    tries = int(entry.facts.get("attempt") or 1)
    again = ngettext("%(n)d try", "%(n)d tries", tries) % {"n": tries} if tries > 1 else ""
    return Told(entry.at, "done", words, ", ".join(filter(None, [again, twice])))


def _late(entry: Entry, _reader: Reader) -> Told:
    words = format_html(_("Delivered by {channel} to {who}, too late to be stopped."), **_message(entry))
    return Told(entry.at, "done", words, _("It was on the wire when the page was answered."))


def _retry(entry: Entry, reader: Reader) -> Told:
    words = format_html(_("Not delivered by {channel} to {who}."), **_message(entry))
    again = entry.facts.get("again_at")
    more = _("Tried again %(when)s.") % {"when": reader.at(again)} if again else ""
    reason = str(entry.facts.get("reason", "")).rstrip(".")
    return Told(entry.at, "failed", words, ". ".join(filter(None, [reason, more])), is_wrong=True)


def _failed(entry: Entry, _reader: Reader) -> Told:
    words = format_html(_("Could not be delivered by {channel} to {who}."), **_message(entry))
    return Told(entry.at, "failed", words, str(entry.facts.get("reason", "")), is_wrong=True)


_TELLERS: dict[str, Callable[[Entry, Reader], Told]] = {
    "page.opened": _opened,
    "page.climbed": _climbed,
    "page.rang": _rang,
    "page.waits": _waits,
    "page.step_failed": _step_failed,
    "page.acknowledged": _human(lambda: _("{who} acknowledged it.")),
    "page.unacknowledged": _human(lambda: _("{who} gave it back: it calls again from the top.")),
    "page.silence_over": _silence_over,
    "page.woken": _woken,
    "page.snoozed": _snoozed,
    "page.closed": _closed,
    "page.noted": _noted,
    "page.escalated": _escalated,
    "page.reassigned": _reassigned,
    "page.raised": _raised,
    "page.forgotten": _forgotten,
    "message.sent": _sent,
    "message.late": _late,
    "message.retry": _retry,
    "message.failed": _failed,
}
