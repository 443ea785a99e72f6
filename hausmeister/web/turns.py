"""Turns: the stretches in which one person, or nobody, holds a post of one duty. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from hausmeister.base.wall_time import monday_of
from hausmeister.rota.queries import Segment
from hausmeister.rota.rules.slots import Post
from hausmeister.team.models import Person
from hausmeister.team.policy.shape import Policy


@dataclass(frozen=True)
class Turn:
    """A stretch of one duty in which one person, or nobody, holds a post without a break."""

    starts_at: datetime
    ends_at: datetime
    person: Person | None
    is_planned: bool
    why: str
    post: Post
    # the duty that it is a part of: its name, its title, when it begins, and the Monday of its week
    duty: str
    title: str
    duty_starts_at: datetime
    week: date
    is_hatched: bool = False

    @property
    def key(self) -> str:
        """Return the name of the turn within a screen: it stands in its address."""
        return f"turn-{self.post.value}-{self.starts_at.astimezone(UTC):%Y%m%d%H%M}"

    def touches(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Say whether a part of it lies in the span."""
        return self.starts_at < ends_at and self.ends_at > starts_at

    def counts(self, now: datetime) -> bool:
        """Say whether it was, or will be, somebody's duty: before the first plan nobody was on call."""
        return self.ends_at > now or self.is_planned or "nobody is planned" not in self.why


def turns(segments: Iterable[Segment], policy: Policy) -> list[Turn]:
    """Return who holds each post, the duty itself and its backstop, in stretches; by when they begin."""
    hatched = {rule.name for rule in policy.duties if not rule.triage}
    found: dict[Post, list[Turn]] = {post: [] for post in Post}
    for one in segments:
        for post, held in ((Post.PRIMARY, one.duty.primary), (Post.BACKSTOP, one.duty.backstop)):
            turn = Turn(
                one.starts_at, one.ends_at, held.person, held.is_planned, held.why, post, one.duty.duty, held.title,
                one.duty.starts_at, monday_of(one.duty.starts_at.astimezone(one.duty.team.zone).date()),
                one.duty.duty in hatched,
            )  # fmt: skip
            last = found[post][-1] if found[post] else None
            if last and last.ends_at == turn.starts_at and _same(last, turn):
                found[post][-1] = replace(last, ends_at=turn.ends_at)
            else:
                found[post].append(turn)
    return sorted((turn for those in found.values() for turn in those), key=lambda turn: turn.starts_at)


def _same(one: Turn, other: Turn) -> bool:
    return (one.duty_starts_at, one.person, one.why) == (other.duty_starts_at, other.person, other.why)


def by_post(found: Iterable[Turn], policy: Policy) -> list[tuple[str, list[Turn]]]:
    """Return the turns of each duty under its title, and those of the backstops of all."""
    held = list(found)
    rows = [
        (rule.title, [one for one in held if one.post is Post.PRIMARY and one.duty == rule.name])
        for rule in policy.duties
    ]
    return [*rows, (policy.rota.backstop_title, [one for one in held if one.post is Post.BACKSTOP])]
