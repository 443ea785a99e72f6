"""What the views of the rota share: a span of one team read once, as turns, lanes, weeks and details."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from hausmeister.rota.models import Override
from hausmeister.rota.planning import snapshot
from hausmeister.rota.planning.rules.horizon import Horizon
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.rota.queries import Book, Segment
from hausmeister.rota.rules.slots import Post
from hausmeister.team.models import Person, Team
from hausmeister.team.policy.shape import Policy
from hausmeister.web import lanes, slots, turns, weeks
from hausmeister.web.lanes import Lanes, Span
from hausmeister.web.slots import Known, Slot
from hausmeister.web.turns import Turn
from hausmeister.web.weeks import Week

# more is read than is shown, so that a turn at the edge says when it truly begins and ends
MARGIN = timedelta(days=8)


@dataclass(frozen=True)
class Read:
    """A span of a rota. `turns` are those to show: all, or only the viewer's."""

    book: Book
    shown: Span
    segments: list[Segment]
    every_turn: tuple[Turn, ...]
    horizon: Horizon
    viewer: Person
    only_mine: bool

    @property
    def turns(self) -> list[Turn]:
        """Return the turns to show; before the first plan there are none."""
        return [
            one
            for one in self.every_turn
            if one.counts(self.shown.now) and (not self.only_mine or one.person == self.viewer)
        ]

    @property
    def zones(self) -> set[str]:
        """Return the names of the zones in which the people of the rota live."""
        return {one.zone_name for one in self.book.people.values()}

    def overrides_in(self, span: Span) -> list[Override]:
        """Return the overrides to show of a span."""
        return [
            one
            for one in self.book.overrides
            if one.starts_at < span.ends_at and one.ends_at > span.starts_at and self._shows(one.person)
        ]

    def lanes(self, span: Span) -> Lanes:
        """Return the picture of a span."""
        inside = [one for one in self.turns if one.touches(span.starts_at, span.ends_at)]
        return lanes.lanes(
            span,
            rows=turns.by_post(inside, self.book.policy),
            overrides=self.overrides_in(span),
            away=[(who, away) for who, away in self.book.away(span.starts_at, span.ends_at) if self._shows(who)],
            horizon=self.horizon,
            viewer=self.viewer,
        )

    def weeks(self, free: Mapping[date, Person]) -> list[Week]:
        """Return the weeks in words; `free` says whose backlog week each is. With only mine: those with a turn."""
        return weeks.weeks(
            self.shown,
            self.turns,
            policy=self.book.policy,
            horizon=self.horizon,
            free={monday: who for monday, who in free.items() if self._shows(who)},
            away=[
                (who, away)
                for who, away in self.book.away(self.shown.starts_at, self.shown.ends_at)
                if self._shows(who)
            ],
        )

    def slots(self) -> list[Slot]:
        """Return the details of the turns that are shown."""
        planned = {
            (one.post, one.slot.starts_at): self.book.people.get(one.person_id) if one.person_id else None
            for one in self.book.facts.planned
        }
        known = Known(self.every_turn, self.book.overrides, planned, self.horizon, _roles(self.book.policy))
        keys = {one.key for one in self.turns}
        return [one for one in slots.slots(known, self.shown, viewer=self.viewer) if one.turn.key in keys]

    def _shows(self, person: Person) -> bool:
        return not self.only_mine or person == self.viewer


def read(team: Team, shown: Span, *, viewer: Person, only_mine: bool) -> Read:
    """Return a span of the rota of `team`. Raises TooFarAhead."""
    starts_at, ends_at = shown.starts_at - MARGIN, shown.ends_at + MARGIN
    book = Book.load(team, starts_at=starts_at, ends_at=ends_at)
    found = book.timeline(starts_at, ends_at)
    inside = [one for one in turns.turns(found, book.policy) if one.touches(shown.starts_at, shown.ends_at)]
    return Read(
        book,
        shown,
        [one for one in found if one.starts_at < shown.ends_at and one.ends_at > shown.starts_at],
        tuple(inside),
        snapshot.horizon_of(team, book.policy, now=shown.now),
        viewer,
        only_mine,
    )


def _roles(policy: Policy) -> dict[tuple[str, Post], str]:
    """Return the planner's name of each post; none where the planner does not know the weeks."""
    try:
        roles = snapshot.roles_of_team(policy)
    except CannotPlan:
        return {}
    return {(rule.name, post): roles.role(rule.name, post) or "" for rule in policy.duties for post in Post}
