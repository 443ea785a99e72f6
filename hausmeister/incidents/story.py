"""The journal of an incident in words: one plain sentence for each entry, for screens, API, console and review."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from hausmeister.journal.models import Entry


@dataclass(frozen=True)
class Line:
    """One entry of the timeline. `kind` is what filters go by: told, note, page, chat, deploy or state."""

    number: int
    at: datetime
    recorded_at: datetime
    kind: str
    words: str
    note: str = ""
    link: str = ""
    is_human: bool = False
    is_wrong: bool = False
    belongs_in_review: bool = True


def line_of(entry: Entry, *, title: str = "") -> Line:
    """Return `entry` in words; a verb that nobody has taught this module is told plainly. `title` is its page's."""
    kind, worded = _WORDS.get(entry.verb, ("state", _plain))
    entry.facts.setdefault("title", title)
    happened = entry.facts.get("happened_at")
    return Line(
        number=entry.id,
        at=datetime.fromisoformat(happened) if happened else entry.at,
        recorded_at=entry.at,
        kind=kind,
        words=worded(entry),
        note=str(entry.facts.get("text", "")) if entry.verb in _WITH_TEXT else "",
        link=str(entry.facts.get("link", "")),
        is_human=entry.actor_kind == "person",
        is_wrong=bool(entry.facts.get("late")),
        belongs_in_review=entry.verb not in _BESIDE_THE_POINT,
    )


_WITH_TEXT = frozenset({
    "incident.told", "incident.noted", "incident.heard", "incident.deployed", "incident.pulled", "page.noted",
})  # fmt: skip
_BESIDE_THE_POINT = frozenset({
    "incident.ticked", "incident.unticked", "incident.reminded", "incident.not_told", "incident.told_again",
    "incident.reviewed",
    "incident.asked", "incident.follow_up", "follow_up.done", "follow_up.undone", "follow_up.issue",
})  # fmt: skip


def _facts(entry: Entry) -> dict[str, str]:
    number = entry.subject.partition(":")[2]
    shown = {key: _shown(value) for key, value in entry.facts.items()}
    return {"who": entry.actor_name, "n": number, **shown}


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _plain(entry: Entry) -> str:
    return _("%(who)s: %(what)s") % {"who": entry.actor_name, "what": entry.verb}


def _opened(entry: Entry) -> str:
    facts = {"opened_from": "", **_facts(entry)}
    origin = facts["opened_from"].replace(":", " ")
    if origin:
        return _("%(who)s opened it from %(origin)s as %(level)s. Point: %(point)s.") % {**facts, "origin": origin}
    return _("%(who)s opened it as %(level)s. Point: %(point)s.") % facts


def _told(entry: Entry) -> str:
    facts = _facts(entry)
    if not entry.facts.get("rooms"):
        return _("%(who)s wrote an update here:") % facts
    if entry.facts.get("over"):
        return _("%(who)s told %(rooms)s that it is over:") % facts
    return _("%(who)s told %(rooms)s:") % facts


def _noted(entry: Entry) -> str:
    return _("%(who)s noted:") % _facts(entry)


def _heard(entry: Entry) -> str:
    return _("%(author)s in the chat, kept by %(who)s:") % {"author": _("somebody"), **_facts(entry)}


def _deployed(entry: Entry) -> str:
    return _("%(who)s deployed:") % _facts(entry)


def _asked(entry: Entry) -> str:
    return _("%(who)s asked %(to)s to be %(post)s.") % _facts(entry)


def _declined(entry: Entry) -> str:
    return _("%(who)s cannot be %(post)s.") % _facts(entry)


def _handed_over(entry: Entry) -> str:
    facts = {"before": "", **_facts(entry)}
    if facts["who"] == facts["to"]:
        taken = _("%(who)s took %(post)s over from %(before)s.") if facts["before"] else _("%(who)s took %(post)s.")
        return taken % facts
    if facts["before"]:
        return _("%(who)s gave %(post)s to %(to)s; it was %(before)s.") % facts
    return _("%(who)s gave %(post)s to %(to)s.") % facts


def _level(entry: Entry) -> str:
    return _("%(who)s made it %(level)s; it was %(before)s.") % _facts(entry)


def _renamed(entry: Entry) -> str:
    return _("%(who)s calls it now: %(title)s.") % _facts(entry)


def _ticked(entry: Entry) -> str:
    return _("%(who)s ticked: %(step)s") % _facts(entry)


def _unticked(entry: Entry) -> str:
    return _("%(who)s took the tick back: %(step)s") % _facts(entry)


def _reminded(entry: Entry) -> str:
    facts = _facts(entry)
    if entry.facts.get("what") == "announce":
        return (_("Clients have not been told in time: %(to)s reminded.") if entry.facts.get("late")
                else _("Clients are to be told soon: %(to)s reminded.")) % facts  # fmt: skip
    return (_("The update is late: %(to)s told.") if entry.facts.get("late")
            else _("An update is due soon: %(to)s reminded.")) % facts  # fmt: skip


def _pulled(entry: Entry) -> str:
    return _("%(who)s called for the squad %(squad)s:") % _facts(entry)


def _paged(entry: Entry) -> str:
    return _("%(who)s paged %(to)s (page %(page)s).") % _facts(entry)


def _linked(entry: Entry) -> str:
    return _("%(who)s added page %(page)s: %(title)s.") % _facts(entry)


def _told_again(entry: Entry) -> str:
    return _("%(who)s sent what had not arrived once more.") % _facts(entry)


def _not_told(entry: Entry) -> str:
    facts = {"room": "", "reason": "", **_facts(entry)}
    if entry.facts.get("what") == "topic":
        return _("The topic of %(room)s could not be set: %(reason)s") % facts
    return _("%(room)s was not told: %(reason)s") % facts


def _over(entry: Entry) -> str:
    facts = _facts(entry)
    return (_("%(who)s gave the all clear. What helped: %(helped)s.") if facts.get("helped")
            else _("%(who)s gave the all clear.")) % facts  # fmt: skip


def _reopened(entry: Entry) -> str:
    return _("%(who)s opened it again: it is not over.") % _facts(entry)


def _closed(entry: Entry) -> str:
    return _("%(who)s closed it.") % _facts(entry)


def _reviewed(entry: Entry) -> str:
    return _("%(who)s saved version %(number)s of the review.") % _facts(entry)


def _follow_up(entry: Entry) -> str:
    facts = _facts(entry)
    return (_("%(who)s noted a follow-up for %(owner)s: %(text)s") if facts.get("owner")
            else _("%(who)s noted a follow-up: %(text)s")) % facts  # fmt: skip


def _done(entry: Entry) -> str:
    return _("%(who)s: follow-up done: %(text)s") % _facts(entry)


def _undone(entry: Entry) -> str:
    return _("%(who)s: follow-up not done after all: %(text)s") % _facts(entry)


def _issue(entry: Entry) -> str:
    return _("%(who)s made an issue of a follow-up: %(issue)s") % _facts(entry)


def _page(template: Callable[[], str]) -> Callable[[Entry], str]:
    return lambda entry: template() % {"title": "", "reason": "", "to": "", **_facts(entry)}


_WORDS: dict[str, tuple[str, Callable[[Entry], str]]] = {
    "incident.opened": ("state", _opened),
    "incident.told": ("told", _told),
    "incident.noted": ("note", _noted),
    "incident.heard": ("chat", _heard),
    "incident.deployed": ("deploy", _deployed),
    "incident.asked": ("state", _asked),
    "incident.declined": ("state", _declined),
    "incident.handed_over": ("state", _handed_over),
    "incident.level": ("state", _level),
    "incident.renamed": ("state", _renamed),
    "incident.ticked": ("state", _ticked),
    "incident.unticked": ("state", _unticked),
    "incident.reminded": ("state", _reminded),
    "incident.pulled": ("told", _pulled),
    "incident.paged": ("page", _paged),
    "incident.linked": ("page", _linked),
    "incident.told_again": ("told", _told_again),
    "incident.not_told": ("told", _not_told),
    "incident.over": ("state", _over),
    "incident.reopened": ("state", _reopened),
    "incident.closed": ("state", _closed),
    "incident.reviewed": ("state", _reviewed),
    "incident.follow_up": ("state", _follow_up),
    "follow_up.done": ("state", _done),
    "follow_up.undone": ("state", _undone),
    "follow_up.issue": ("state", _issue),
    "page.opened": ("page", _page(lambda: _("Page %(n)s opened: %(title)s."))),
    "page.silence_over": ("page", _page(lambda: _("Page %(n)s: its silence is over."))),
    "page.climbed": ("page", _page(lambda: _("Page %(n)s: nobody answered, the next are called."))),
    "page.acknowledged": ("page", _page(lambda: _("%(who)s acknowledged page %(n)s."))),
    "page.unacknowledged": ("page", _page(lambda: _("%(who)s gave page %(n)s back."))),
    "page.escalated": ("page", _page(lambda: _("%(who)s asked for help with page %(n)s."))),
    "page.reassigned": ("page", _page(lambda: _("%(who)s handed page %(n)s to %(to)s."))),
    "page.raised": ("page", _page(lambda: _("Page %(n)s is more urgent now, says %(who)s."))),
    "page.noted": ("note", _page(lambda: _("%(who)s noted on page %(n)s:"))),
    "page.forgotten": ("page", _page(lambda: _("Page %(n)s was not touched for too long and calls again."))),
    "page.closed": ("page", _page(lambda: _("%(who)s closed page %(n)s: %(reason)s."))),
}
