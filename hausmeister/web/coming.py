"""What is next for somebody, as the rota answers: planned duties, with the parts others have, and what was taken over.

Now asks on every look, so all but the plan comes from the outlooks of the teams, which are kept: as far as each team
looks ahead, two weeks at least.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hausmeister.rota import queries as rota
from hausmeister.rota.foresight import Outlook
from hausmeister.rota.models import Shift
from hausmeister.rota.queries.given_away import GivenAway
from hausmeister.rota.rules.foresight import Held, Stretch
from hausmeister.rota.rules.slots import Post
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team


@dataclass(frozen=True)
class Coming:
    """A duty that begins: what, when, and which parts of it somebody else has; `instead_of` where it was taken over."""

    team: Team
    title: str
    starts_at: datetime
    ends_at: datetime
    elsewhere: Sequence[GivenAway] = ()
    is_taken_over: bool = False
    instead_of: Person | None = None


def coming(person: Person, outlooks: Mapping[int, Outlook], *, now: datetime, most: int) -> list[Coming]:
    """Return the next duties of `person` that have not begun, the soonest first, at most `most`.

    `outlooks` are those of the person's teams, by the team's id.
    """
    shifts = [one for one in rota.next_duty_of(person, now=now) if one.starts_at > now]
    found = [one for shift in shifts if (one := _planned(shift, outlooks.get(shift.team_id))) is not None]
    for of in outlooks.values():
        found += [one for one in _taken_over(person, of) if one.starts_at > now]
    return sorted(found, key=lambda one: (one.starts_at, one.team.pk, one.title))[:most]


def _planned(shift: Shift, of: Outlook | None) -> Coming | None:
    """Return a planned duty with what others have of it; None where that is all of it."""
    parts = _elsewhere(shift, of) if of is not None else []
    if sum((one.ends_at - one.starts_at for one in parts), start=timedelta()) >= shift.ends_at - shift.starts_at:
        return None
    policy = of.policy if of is not None else team_queries.policy_of(shift.team_id)
    return Coming(shift.team, policy.duty_title(shift.duty, shift.post), shift.starts_at, shift.ends_at, parts)


def _held(one: Stretch, post: str) -> Held:
    return one.primary if post == Post.PRIMARY else one.backstop


def _elsewhere(shift: Shift, of: Outlook) -> list[GivenAway]:
    parts: list[GivenAway] = []
    for one in of.stretches:
        held = _held(one, shift.post)
        if one.turn_starts_at != shift.starts_at or (held.person and held.person.person_id == shift.person_id):
            continue
        person = of.people.get(held.person.person_id) if held.person else None
        last = parts[-1] if parts else None
        if last and (last.ends_at, last.person) == (one.starts_at, person):
            parts[-1] = replace(last, ends_at=one.ends_at)
        else:
            parts.append(GivenAway(one.starts_at, one.ends_at, person))
    return parts


def _taken_over(person: Person, of: Outlook) -> list[Coming]:
    """Return what an override gave to `person`, in stretches of one turn and one post."""
    found: dict[tuple[datetime, Post], list[Coming]] = {}
    for one in of.stretches:
        for held in one.held_by(person.pk):
            if not held.is_override or (held.planned and held.planned.person_id == person.pk):
                continue
            instead_of = of.people.get(held.planned.person_id) if held.planned else None
            parts = found.setdefault((one.turn_starts_at, held.post), [])
            if parts and parts[-1].ends_at == one.starts_at:
                parts[-1] = replace(parts[-1], ends_at=one.ends_at)
            else:
                parts.append(
                    Coming(of.team, held.title, one.starts_at, one.ends_at, is_taken_over=True, instead_of=instead_of)
                )
    return [part for parts in found.values() for part in parts]
