"""Pages as rows of a list: what stands in each row, gathered with few questions for the whole list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from hausmeister.pager import queries as pager
from hausmeister.pager.context import TeamContext
from hausmeister.pager.models import Page, PageState, Summons
from hausmeister.rota.queries import DutyNow
from hausmeister.team import permissions
from hausmeister.team.models import Person, Team
from hausmeister.team.policy.shape import Policy
from hausmeister.team.rules import Capability


@dataclass(frozen=True)
class Board:
    """One team at one instant: its policy, and who is on duty."""

    team: Team
    policy: Policy
    duty: DutyNow

    @staticmethod
    def of(team: Team, *, now: datetime) -> "Board":
        """Return the board of `team` now."""
        context = TeamContext.load(team.pk, at=now)
        return Board(team, context.policy, context.timeline(timedelta(seconds=1))[0].duty)

    def next_called(self, page: Page) -> str:
        """Return who is called next for `page` if nobody answers, in words."""
        ladder = self.policy.ladder_for(is_hard=page.is_hard, named=page.ladder)
        call = ladder.steps[page.place % len(ladder.steps)].call
        if page.next_step_at and page.next_step_at < self.duty.until:
            person = {"on duty": self.duty.primary.person, "backstop": self.duty.backstop.person}.get(call)
            if person is not None:
                return person.name
        if call.startswith("schedule "):
            return _("whoever is on by the %(schedule)s") % {"schedule": call}
        return {
            "on duty": _("whoever is on duty"),
            "backstop": _("the backstop"),
            "last resort": _("the last resort"),
            "leads": _("the leads"),
            "everybody": _("everybody"),
        }.get(call, call)


@dataclass(frozen=True)
class Row:
    """One page in a list."""

    page: Page
    board: Board
    called: tuple[Summons, ...] = ()
    is_mine: bool = False
    may_act: bool = False
    shows_team: bool = False
    is_first: bool = False
    next_called: str = field(default="")

    @property
    def is_firing(self) -> bool:
        """Whether it calls somebody now."""
        return self.page.state is PageState.FIRING

    @property
    def with_whom(self) -> str:
        """Who was called, by first names."""
        return ", ".join(one.person.first_name for one in self.called[:3])


def build(
    pages: Sequence[Page],
    boards: Mapping[int, Board],
    *,
    person: Person,
    called: Mapping[int, Sequence[Summons]] | None = None,
) -> list[Row]:
    """Return the rows for `pages`, in their order; `boards` must hold each page's team."""
    summonses = called if called is not None else pager.people_on_many(pages)
    acting = permissions.team_ids(person, Capability.ACT_ON_PAGES)
    several = len(boards) > 1 or len(permissions.roles_of(person)) > 1
    rows: list[Row] = []
    for page in pages:
        mine = tuple(summonses.get(page.pk, ()))
        board = boards[page.team_id]
        first = not any(row.is_first for row in rows) and page.state is PageState.FIRING
        rows.append(
            Row(
                page=page,
                board=board,
                called=mine,
                is_mine=is_mine(page, mine, person),
                may_act=acting is None or page.team_id in acting,
                shows_team=several,
                is_first=first,
                next_called=board.next_called(page) if page.next_step_at else "",
            )
        )
    return rows


def is_mine(page: Page, called: Iterable[Summons], person: Person) -> bool:
    """Say whether `person` holds the page or was called for it."""
    return page.acked_by_id == person.pk or any(one.person_id == person.pk for one in called)


def one(page: Page, *, person: Person, now: datetime, is_first: bool = False) -> Row:
    """Return the row of a single page, for a fragment; the first firing row alone has the primary button."""
    row = build([page], {page.team_id: Board.of(page.team, now=now)}, person=person)[0]
    return replace(row, is_first=is_first and row.is_firing)
