"""Pages by command: page, ack, escalate, snooze, close, note. Without a number the one page that calls you is meant."""

from collections.abc import Callable
from dataclasses import replace

from hausmeister.chat.acts import pages as acts
from hausmeister.chat.acts.act import CannotDo
from hausmeister.chat.commands.command import Command
from hausmeister.chat.shapes import Answer, Call, Form, said
from hausmeister.outbox.chat import Words
from hausmeister.pager import queries as pager

Perform = Callable[[Call], Answer]


def page(call: Call) -> Answer | Form:
    """Page whoever is on duty; without words a form asks for them."""
    text = call.asked.text.strip()
    how, _, rest = text.partition(" ")
    is_soft = how.lower() == "soft"
    title = rest.strip() if is_soft else text
    if not title:
        return acts.new_form(call)
    return acts.new(_with(call, "", title=title, how="soft" if is_soft else "hard"))


def _with(call: Call, value: str, **given: str) -> Call:
    return Call(replace(call.asked, value=value, given=given), call.person)


def _number(call: Call) -> tuple[str, str]:
    """Return the page that is meant and the rest of the text. Raises CannotDo when that is not one page."""
    first, _, rest = call.asked.text.strip().partition(" ")
    if first.lstrip("#").isdecimal():
        return first.lstrip("#"), rest.strip()
    mine = pager.needs(call.person)
    if len(mine) == 1:
        return str(mine[0].pk), call.asked.text.strip()
    if not mine:
        raise CannotDo("No open page is yours. Say its number, such as: ack 12.")
    listed = ", ".join(f"{one.pk} ({one.title[:40]})" for one in mine[:8])
    raise CannotDo(f"Several pages are yours: {listed}. Say the number of one.")


def ack(call: Call) -> Answer:
    """Take a page."""
    number, _ = _number(call)
    return acts.acknowledge(_with(call, number))


def escalate(call: Call) -> Answer:
    """Call for help."""
    number, _ = _number(call)
    return acts.escalate(_with(call, number))


def snooze(call: Call) -> Answer:
    """Silence a page until a moment, an hour if none is said."""
    number, rest = _number(call)
    until = rest or "in 1h"
    return acts.snooze(
        _with(call, number, **{"for": f"in {until}" if until[:1].isdecimal() and ":" not in until else until})
    )


def close(call: Call) -> Answer:
    """End a page."""
    number, rest = _number(call)
    return acts.close(_with(call, number, reason=rest or "done"))


def note(call: Call) -> Answer:
    """Write into a page's timeline."""
    number, rest = _number(call)
    return acts.note(_with(call, number, text=rest))


def mine(call: Call) -> Answer:
    """List the open pages that call one, or that one holds."""
    found = pager.needs(call.person)
    if not found:
        return said("No open page is yours.")
    if len(found) == 1:
        return Answer(acts.link_words(found[0]))
    lines = tuple(acts.link_words(one).headline + f" (page {one.pk})" for one in found[:20])
    return Answer(Words(f"{len(found)} open pages are yours, the worst first.", lines))


COMMANDS = (
    Command("page", "page [soft] WHAT IS WRONG", "page whoever is on duty; soft: in working hours", page),
    Command("pages", "pages", "the open pages that are yours", mine),
    Command("ack", "ack [NUMBER]", "take a page", ack, ("acknowledge",)),
    Command("escalate", "escalate [NUMBER]", "call the backstop, and stay on it", escalate),
    Command("snooze", "snooze [NUMBER] [1h | tomorrow 9:00]", "silence a page for a while", snooze),
    Command("close", "close [NUMBER] [REASON]", "end a page", close),
    Command("note", "note [NUMBER] WORDS", "write into a page's timeline", note),
)
