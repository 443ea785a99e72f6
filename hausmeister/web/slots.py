"""What can be said of one turn: who, from when to when, why, who stands behind, and who changed it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from hausmeister.rota.models import Override
from hausmeister.rota.planning.rules.horizon import Horizon
from hausmeister.rota.rules.slots import Post
from hausmeister.team.models import Person
from hausmeister.web import weeks
from hausmeister.web.lanes import Span
from hausmeister.web.turns import Turn


@dataclass(frozen=True)
class Slot:
    """The details of a turn. `role` is the planner's name for the post, "" where it has none."""

    turn: Turn
    words: str
    firmness: str
    others: tuple[str, ...]
    override: Override | None
    instead_of: Person | None
    role: str
    is_mine: bool
    is_ahead: bool


@dataclass(frozen=True)
class Known:
    """What the details are taken from: all turns of the span, the overrides, and who was planned for what."""

    found: Sequence[Turn]
    overrides: Sequence[Override]
    # by post and beginning of the duty
    planned: Mapping[tuple[Post, datetime], Person | None]
    horizon: Horizon
    # the planner's role by duty and post
    roles: Mapping[tuple[str, Post], str]


def slots(known: Known, shown: Span, *, viewer: Person) -> list[Slot]:
    """Return the details of every turn of the span that counts."""
    return [_slot(one, known, shown, viewer) for one in known.found if one.counts(shown.now)]


def _slot(turn: Turn, known: Known, shown: Span, viewer: Person) -> Slot:
    override = _override(turn, known.overrides)
    planned = known.planned.get((turn.post, turn.duty_starts_at))
    return Slot(
        turn,
        shown.words(turn.starts_at, turn.ends_at),
        weeks.firmness(turn.week, known.horizon, today=shown.now.astimezone(shown.zone).date()),
        tuple(_others(turn, known.found, shown)),
        override,
        planned if planned != turn.person and not turn.is_planned else None,
        known.roles.get((turn.duty, turn.post), ""),
        turn.person == viewer,
        turn.ends_at > shown.now,
    )


def _override(turn: Turn, overrides: Sequence[Override]) -> Override | None:
    """Return the override by which the person has the turn: the newest that holds it."""
    holding = [
        one for one in overrides
        if one.post == turn.post and one.person_id == (turn.person.pk if turn.person else None)
        and one.starts_at <= turn.starts_at < one.ends_at
    ]  # fmt: skip
    return max(holding, key=lambda one: one.pk, default=None) if not turn.is_planned else None


def _others(turn: Turn, found: Sequence[Turn], shown: Span) -> list[str]:
    """Return who holds the other post meanwhile; with their time where they hold it for a part only."""
    told = []
    for one in found:
        if one.post is turn.post or not one.touches(turn.starts_at, turn.ends_at):
            continue
        name = one.person.name if one.person else _("nobody")
        begins, ends = max(one.starts_at, turn.starts_at), min(one.ends_at, turn.ends_at)
        whole = (begins, ends) == (turn.starts_at, turn.ends_at)
        told.append(name if whole else f"{name}, {shown.words(begins, ends)}")
    return told


def asked(turn: Turn, *, now: datetime) -> str:
    """Return the query that fills the form for an override with a turn, from now on."""
    return urlencode(
        {
            "post": turn.post.value,
            "from": max(turn.starts_at, now).isoformat(timespec="seconds"),
            "until": turn.ends_at.isoformat(timespec="seconds"),
        }
    )
