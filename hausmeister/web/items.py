"""Items of the inbox as rows: what stands in each, gathered with few questions for the whole list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from hausmeister.team import permissions
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability
from hausmeister.triage.models import Item
from hausmeister.triage.rules.states import ItemKind, State
from hausmeister.triage.shapes import Candidate
from hausmeister.web.states import Shown


@dataclass(frozen=True)
class ItemRow:
    """One item in a list."""

    item: Item
    may_act: bool
    is_late: bool
    shows_team: bool = False
    is_first: bool = False

    @property
    def shown(self) -> Shown:
        """What it is: the badge."""
        return of_kind(self.item)

    @property
    def state(self) -> Shown | None:
        """How far it is, where that is not plain from the rest of the row."""
        return of_state(self.item)

    @property
    def best(self) -> Candidate | None:
        """The earlier answer that is offered."""
        found = Candidate.all_of(self.item.candidates)
        return found[self.item.offered] if self.item.offered < len(found) else None

    @property
    def is_untaken(self) -> bool:
        """Whether somebody may take it."""
        return self.item.holder_id is None and State(self.item.state).is_unfinished


def of_kind(item: Item) -> Shown:
    """Return the badge that says what `item` is."""
    if item.is_unsure:
        return Shown(_("question?"), "plain", "circle-question-mark")
    looks = {
        ItemKind.QUESTION: (_("question"), "plain", "circle-question-mark"),
        ItemKind.ISSUE: (_("service issue"), "plain", "wrench"),
        ItemKind.INCIDENT: (_("incident"), "p3", "siren"),
        ItemKind.NOT_OURS: (_("not ours"), "quiet", "corner-up-left"),
    }
    return Shown(*looks[item.sort])


def of_state(item: Item) -> Shown | None:
    """Return the badge that says how far `item` is, None for one that nobody has taken."""
    looks = {
        State.CLAIMED: (_("taken"), "ok", "user-check"),
        State.WAITING: (_("waits for the asker"), "wait", "hourglass"),
        State.ANSWERED: (_("answered"), "ok", "check"),
        State.CLOSED: (_("closed"), "quiet", "check"),
    }
    look = looks.get(State(item.state))
    return Shown(*look) if look else None


def build(items: Sequence[Item], *, person: Person, now: datetime, first: bool = False) -> list[ItemRow]:
    """Return the rows for `items`, in their order; with `first` the first one's button is the primary one."""
    acting = permissions.team_ids(person, Capability.ACT_ON_PAGES)
    several = len(permissions.roles_of(person)) > 1
    return [
        ItemRow(
            item=item,
            may_act=acting is None or item.team_id in acting,
            is_late=item.due_at is not None and item.due_at <= now,
            shows_team=several,
            is_first=first and place == 0,
        )
        for place, item in enumerate(items)
    ]
