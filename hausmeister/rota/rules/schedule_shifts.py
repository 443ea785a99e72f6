"""The turns of a schedule as those live them whom a ladder calls by it: announced and rehearsed like a duty.

Only turns of some days: of each shorter one there would be a message a day.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from hausmeister.rota.rules.foresight import Who
from hausmeister.rota.rules.layers import Stretch
from hausmeister.rota.rules.shifts import Shift
from hausmeister.rota.rules.slots import Post

_SHORTEST = timedelta(days=3)


def schedule_shifts(
    final: Sequence[Stretch], names: Mapping[int, str], *, schedule_id: int, title: str, team_id: int, team: str
) -> list[Shift]:
    """Return everybody's shifts in `final`, what a schedule says in the end, the first one first.

    A turn that its hours restrict, or an override interrupts, is one shift. Who is on because of a duty has the
    duty's.
    """
    kept: dict[tuple[datetime, int], list[int]] = {}
    for place, one in enumerate(final):
        turns = one.because.turns
        if len(turns) != 1 or turns[0].why or turns[0].ends_at - turns[0].starts_at < _SHORTEST:
            continue
        for person in sorted(one.people):
            kept.setdefault((turns[0].starts_at, person), []).append(place)
    found = []
    for (turn_starts_at, person), places in kept.items():
        first, last = places[0], places[-1]
        following = sorted(final[last + 1].people) if last + 1 < len(final) else []
        found.append(
            Shift(
                team_id=team_id,
                team=team,
                post=Post.PRIMARY,
                title=title,
                turn_starts_at=turn_starts_at,
                person=Who(person, names[person]),
                starts_at=final[first].starts_at,
                ends_at=final[last].ends_at,
                other=None,
                other_until=final[last].ends_at,
                after=Who(following[0], names[following[0]]) if following else None,
                follows_on=first > 0 and person in final[first - 1].people,
                schedule_id=schedule_id,
            )
        )
    return sorted(found, key=lambda one: (one.starts_at, one.person.person_id))
