"""What stands around a screen: the entries that exist and that this person may open, and two numbers."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from hausmeister.base import clock
from hausmeister.team import permissions
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability
from hausmeister.triage import queries as triage
from hausmeister.web.answers import Toast, kept_toast


@dataclass(frozen=True)
class Entry:
    """One way to a screen. `key` is the letter after `g`; `is_primary` ones stand in the bar of a phone."""

    address: str
    words: str
    icon: str
    key: str = ""
    is_primary: bool = False
    is_current: bool = False
    number: int = 0


@dataclass(frozen=True)
class Group:
    """Entries under one heading."""

    words: str
    entries: tuple[Entry, ...]


class Shell:
    """The frame of one screen; each part is read only when the template asks for it."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def person(self) -> Person | None:
        """The signed-in person, None for a stranger."""
        # a request that is refused early has nobody
        user = getattr(self._request, "user", None)
        return user if isinstance(user, Person) else None

    @cached_property
    def theme(self) -> str:
        """The theme that the profile fixes, "" to follow the system."""
        return "" if self.person is None or self.person.theme == "system" else self.person.theme

    @cached_property
    def _numbers(self) -> tuple[int, int]:
        if self.person is None or not permissions.can(self.person, Capability.SEE_PAGES):
            return 0, 0
        return triage.numbers(self.person, now=clock.now())

    @property
    def firing(self) -> int:
        """How many pages call this person now."""
        return self._numbers[0]

    @property
    def due_today(self) -> int:
        """How many items of the inbox are due before this person's day is over."""
        return self._numbers[1]

    @cached_property
    def toast(self) -> Toast | None:
        """What the screen before left to be said."""
        return kept_toast(self._request)

    @cached_property
    def groups(self) -> list[Group]:
        """The entries of the rail."""
        duty = [
            self._entry("/", _("Now"), "house", "n", primary=True),
            self._entry("/alerts", _("Alerts"), "bell-ring", "a", Capability.SEE_PAGES, primary=True, number=True),
            self._entry("/triage", _("Triage"), "inbox", "t", Capability.SEE_PAGES, primary=True, number=True),
            self._entry("/issues", _("Issues"), "circle-dot", "i", Capability.SEE_ISSUES),
            self._entry("/incidents", _("Incidents"), "siren", "", Capability.SEE_INCIDENTS),
            self._entry("/handoff", _("Hand-off"), "handshake", "h", Capability.SEE_PAGES),
        ]
        plan = [
            self._entry("/rota", _("Rota"), "calendar-days", "r", primary=True),
            self._entry("/people", _("People"), "users", "p", Capability.SEE_PAGES),
            self._entry("/familiarity", _("Familiarity"), "graduation-cap", "", Capability.SEE_PAGES),
        ]
        watch = [
            self._entry("/monitoring", _("Monitoring"), "activity", "m", Capability.SEE_PAGES),
            self._entry("/runbooks", _("Runbooks"), "book-open", "", Capability.SEE_PAGES),
            self._entry("/runs", _("DAG runs"), "chart-gantt", "", Capability.SEE_PAGES),
            self._entry("/insights", _("Insights"), "chart-column", "", Capability.SEE_PAGES),
        ]
        set_up = [
            self._entry("/policy", _("Policy"), "scroll-text", "", Capability.SEE_PAGES),
            self._entry("/settings/integrations", _("Integrations"), "plug", "", Capability.MANAGE_SOURCES),
        ]
        named = ((_("Duty"), duty), (_("Plan"), plan), (_("Watch"), watch), (_("Set up"), set_up))
        groups = [Group(words, tuple(entry for entry in entries if entry)) for words, entries in named]
        return [group for group in groups if group.entries]

    def _entry(
        self,
        address: str,
        words: str,
        icon: str,
        key: str,
        capability: Capability = Capability.SEE_STATUS,
        *,
        primary: bool = False,
        number: bool = False,
    ) -> Entry | None:
        if self.person is None or not permissions.can(self.person, capability):
            return None
        numbers = {"/alerts": "firing", "/triage": "due_today"}
        shown: int = getattr(self, numbers[address]) if number else 0
        return Entry(address, words, icon, key, primary, self._is_current(address), shown)

    def _is_current(self, address: str) -> bool:
        path = self._request.path
        if address == "/":
            return path == "/"
        return path == address or path.startswith((f"{address}/", _BELOW.get(address, f"{address}/")))


# screens that stand under an entry with another address
_BELOW = {"/alerts": "/pages", "/incidents": "/logbook"}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the frame for templates (a context processor)."""
    return {"shell": SimpleLazyObject(lambda: Shell(request))}
