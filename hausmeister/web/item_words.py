"""An item's journal in words: one sentence for each entry."""

from collections.abc import Callable
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _

from hausmeister.base.priority import Priority
from hausmeister.journal.models import Entry
from hausmeister.web.telling import Told

_Facts = dict[str, Any]


def _reclassified(facts: _Facts) -> str:
    if facts.get("priority"):
        label = Priority(int(facts["priority"])).label
        return _("said that it is a %(kind)s, %(priority)s") % {"kind": facts["kind"], "priority": label}
    return _("said that it is a %(kind)s") % facts


_WORDS: dict[str, Callable[[_Facts], str]] = {
    "item.opened": lambda _facts: _("opened it"),
    "item.seen_again": lambda facts: _("said it again, %(times)s times by now") % facts,
    "item.followed_up": lambda _facts: _("wrote again"),
    "item.edited": lambda _facts: _("changed the message"),
    "item.message_removed": lambda _facts: _("deleted a message"),
    "item.pointed": lambda facts: _("offered an earlier answer: %(title)s") % facts,
    "item.wants_a_person": lambda _facts: _("still needs a person"),
    "item.claimed": lambda _facts: _("took it"),
    "item.released": lambda _facts: _("gave it back"),
    "item.assigned": lambda facts: _("handed it to %(to)s") % facts,
    "item.handed_on": lambda facts: _("handed it to %(to)s with the duty") % facts,
    "item.answered": lambda facts: _("asked back") if facts.get("state") == "waiting" else _("answered"),
    "item.reclassified": _reclassified,
    "item.promoted": lambda facts: _("made issue %(issue)s of it") % facts,
    "item.closed": lambda facts: _("closed it: %(reason)s") % facts,
    "item.reopened": lambda _facts: _("opened it again"),
    "item.undone": lambda facts: _("took back: %(act)s") % facts,
    "item.nudged": lambda facts: _("reminded %(to)s") % facts,
    "item.raised": lambda facts: _("told %(to)s that it is late") % facts,
}


def tell(entry: Entry) -> Told:
    """Return `entry` in words."""
    teller = _WORDS.get(entry.verb)
    said = teller(entry.facts) if teller else entry.verb
    sign = "human" if entry.actor_kind == "person" else "done"
    return Told(entry.at, sign, format_html("<b>{}</b> {}", entry.actor_name, said), note=entry.facts.get("note", ""))
