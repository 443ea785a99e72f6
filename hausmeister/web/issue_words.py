"""The journal of an issue in words: one sentence for each entry. What is not taught here is told as of any subject."""

from collections.abc import Callable

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from hausmeister.base.priority import Priority
from hausmeister.journal.models import Entry
from hausmeister.web import telling
from hausmeister.web.telling import Reader, Told

Teller = Callable[[Entry, Reader], Told]


def tell(entry: Entry, reader: Reader) -> Told:
    """Return `entry` in words."""
    return _TELLERS.get(entry.verb, telling.tell)(entry, reader)


def _bold(name: object) -> SafeString:
    return format_html("<b>{}</b>", name)


def _rank(value: object) -> str:
    number = value if isinstance(value, int) else 0
    return Priority(number).label if number in set(Priority) else ""


def _sign(entry: Entry) -> str:
    return "human" if entry.actor_kind == "person" else "done"


def _plain(template: Callable[[], str], *, sign: str = "", wrong: bool = False) -> Teller:
    """Return a teller whose sentence needs no more than the entry's own facts."""

    def teller(entry: Entry, _reader: Reader) -> Told:
        facts = {name: _bold(value) for name, value in entry.facts.items()}
        words = format_html(template(), who=_bold(entry.actor_name), **{**_NO_FACTS, **facts})
        detail = str(entry.facts.get("reason", "")) if "{reason}" not in template() else ""
        return Told(entry.at, sign or _sign(entry), words, detail, is_wrong=wrong)

    return teller


# a fact that an older entry may not have
_NO_FACTS = {"place": "", "was": "", "to": "", "asked": "", "idle": "", "subject": "", "reason": "", "page": ""}


def _opened(entry: Entry, _reader: Reader) -> Told:
    facts = entry.facts
    words = format_html(_("{who} made it: {rank}."), who=_bold(entry.actor_name), rank=_rank(facts.get("priority")))
    owner = _("%(name)s works on it.") % {"name": facts["owner"]} if facts.get("owner") else ""
    why = _("Why: %(why)s") % {"why": facts["why"]} if facts.get("why") else ""
    return Told(entry.at, _sign(entry), words, " ".join(filter(None, [owner, why])))


def _prioritised(entry: Entry, _reader: Reader) -> Told:
    facts = entry.facts
    words = format_html(
        _("{who} set {rank}; it was {before}."), who=_bold(entry.actor_name), rank=_bold(_rank(facts.get("priority"))),
        before=_rank(facts.get("before")),
    )  # fmt: skip
    return Told(entry.at, _sign(entry), words, _("Why: %(why)s") % {"why": facts["why"]} if facts.get("why") else "")


def _noted(entry: Entry, _reader: Reader) -> Told:
    words = format_html(_("{who} noted:"), who=_bold(entry.actor_name))
    return Told(entry.at, _sign(entry), words, note=str(entry.facts.get("text", "")))


def _handed_over(entry: Entry, _reader: Reader) -> Told:
    words = format_html(_("{who} handed it to {to}:"), who=_bold(entry.actor_name), to=_bold(entry.facts.get("to", "")))
    return Told(entry.at, _sign(entry), words, note=str(entry.facts.get("text", "")))


def _edited(entry: Entry, _reader: Reader) -> Told:
    names = {
        "title": _("what is wrong"), "text": _("the text"), "areas": _("the areas"), "why": _("the why"),
        "bites_back": _("whether it comes back to bite"),
    }  # fmt: skip
    fields = ", ".join(names.get(name, name) for name in entry.facts.get("fields", ()))
    return Told(
        entry.at, _sign(entry), format_html(_("{who} changed {fields}."), who=_bold(entry.actor_name), fields=fields)
    )


def _label_gone(entry: Entry, _reader: Reader) -> Told:
    words = format_html(
        _("{who}: the priority label was taken off there. It stays {rank} here."), who=_bold(entry.actor_name),
        rank=_rank(entry.facts.get("priority")),
    )  # fmt: skip
    return Told(entry.at, "done", words)


def _later(entry: Entry, _reader: Reader) -> Told:
    words = _("It was changed on both sides; what was written here is the later, and goes there.")
    return Told(entry.at, "done", conditional_escape(words))


_TELLERS: dict[str, Teller] = {
    "issue.opened": _opened,
    "issue.prioritised": _prioritised,
    "issue.noted": _noted,
    "issue.handed_over": _handed_over,
    "issue.edited": _edited,
    "issue.label_gone": _label_gone,
    "issue.ours_was_later": _later,
    "issue.taken": _plain(lambda: _("{who} took it.")),
    "issue.linked": _plain(lambda: _("{who} linked it to {subject}.")),
    "issue.closed": _plain(lambda: _("{who} closed it: {reason}.")),
    "issue.reopened": _plain(lambda: _("{who} opened it again.")),
    "issue.idle": _plain(lambda: _("Nothing has happened for {idle} of working time: {asked} is asked."), sign="done"),
    "issue.not_asked": _plain(lambda: _("Nobody could be asked; tried again later."), sign="failed", wrong=True),
    "issue.urgent": _plain(lambda: _("{who}: stop everything. Page {page} calls.")),
    "issue.not_urgent": _plain(lambda: _("It stops nobody any more.")),
    "issue.asked": _plain(lambda: _("{asked} is asked to come."), sign="done"),
    "issue.helped": _plain(lambda: _("{who} comes to help."), sign="human"),
    "issue.declined": _plain(lambda: _("{who} cannot come."), sign="human"),
    "issue.search_over": _plain(lambda: _("The call for help was closed by hand: nobody more is asked."), sign="done"),
    "issue.nobody_left": _plain(
        lambda: _("Nobody else can be asked: the others are away, or cannot be reached."), sign="failed", wrong=True
    ),
    "issue.mirrored": _plain(lambda: _("{who} has it as {place}.")),
    "issue.moved": _plain(lambda: _("{who} moved it from {was} to {place}.")),
    "issue.gone": _plain(lambda: _("{place} is gone; here it stays."), sign="failed", wrong=True),
    "issue.made_again": _plain(lambda: _("{who} has it made in the tracker again.")),
    "issue.out_of_step": _plain(lambda: _("The tracker does not have the last change yet."), sign="failed", wrong=True),
}
