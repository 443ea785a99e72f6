"""Teams to plan for: drawn from a seed, with everything that makes a real one awkward."""

import random
from datetime import date, timedelta

from hausmeister.rota.planner.instance import Absence, Goal, History, Instance, Planned, Role, Slot, Spacing

START = date(2027, 1, 4)
AREAS = ("streaming", "storage", "warehouse", "k8s")
HOLIDAYS = {
    "DE": frozenset(date(2027, *day) for day in ((1, 1), (3, 26), (3, 29), (5, 6), (5, 17), (10, 3), (12, 25))),
    "FR": frozenset(date(2027, *day) for day in ((1, 1), (3, 29), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (12, 25))),
}  # fmt: skip


def person(name: str, experience: int, **more) -> Planned:
    """Return somebody who is always there, in full, unless `more` says otherwise."""
    return Planned(id=name, experience=experience, **more)


def instance(people, *, weeks: int = 4, min_gap: int = 1, ideal_gap: int = 1, **more) -> Instance:
    """Return a small task with these people."""
    return Instance(
        name="small", start=START, weeks=weeks, people=tuple(people), spacing=Spacing(min_gap, ideal_gap),
        timezone="Europe/Berlin", **more,
    )  # fmt: skip


def team(
    size: int, weeks: int, *, seed: int, min_gap: int | None = None, busy: float = 1.0, everybody: bool = True
) -> Instance:
    """Return a team as they are: ties in experience, part-timers, a leaver, a joiner, long leave, history, wishes.

    `busy` scales how much of their time people are away; holidays of `everybody` are spread so that not the whole
    team is away at once.
    """
    chance = random.Random(seed)
    gap = min_gap if min_gap is not None else 2 if size <= 8 else 3 if size <= 15 else size // 6
    people = [_member(chance, place, size, weeks, gap, busy) for place in range(size)]
    if size >= 10 and everybody:
        leaves = START + timedelta(days=7 * chance.randrange(weeks // 2, weeks) - 3)
        joins = START + timedelta(days=7 * chance.randrange(2, weeks // 2))
        people[1] = _with(people[1], employed_to=leaves)
        people[2] = _with(people[2], employed_from=joins, history=History())
    return Instance(
        name=f"team{size}_{weeks}_{seed}", start=START, weeks=weeks, people=tuple(people),
        spacing=Spacing(gap, gap + 1 + size // 10), timezone="Europe/Berlin", holidays=HOLIDAYS,
    )  # fmt: skip


def _with(one: Planned, **changes) -> Planned:
    return Planned(**{name: changes.get(name, getattr(one, name)) for name in one.__dataclass_fields__})


def _member(chance: random.Random, place: int, size: int, weeks: int, gap: int, busy: float) -> Planned:
    fte = chance.choice((100, 100, 100, 100, 80, 60))
    experience = round(70 * (place / size) ** 1.3) // (1 if size < 10 else 2)
    served = chance.choice((0, 8, 26, 52))
    last = chance.choice((None, None, -1, -2)) if served else None
    return Planned(
        id=f"p{place + 1:03}",
        experience=experience,
        country=chance.choice(("DE", "DE", "FR")),
        fte=fte,
        off_weekdays=tuple(sorted(chance.sample(range(5), (100 - fte) // 20))),
        away=tuple(_absences(chance, weeks, busy)),
        prefer_not=frozenset(Slot(chance.randrange(weeks), chance.choice((Role.D, Role.W))) for _ in range(2)),
        history=History(
            weeks=served, d=served // size + chance.randrange(2), w=served // size + chance.randrange(2),
            b=2 * served // size + chance.randrange(2), h=chance.randrange(3) if served else 0,
            last_primary_week=last, last_duty_week=last,
        ),
        expert_in=frozenset(area for area in AREAS if chance.random() < experience / 50),
        learning=tuple(Goal(area) for area in chance.sample(AREAS, 2) if experience < 20),
    )  # fmt: skip


def _absences(chance: random.Random, weeks: int, busy: float):
    for _ in range(round(busy * weeks / 13)):
        begins = START + timedelta(days=chance.randrange(7 * weeks))
        yield Absence(begins, begins + timedelta(days=chance.choice((0, 2, 4, 11, 13))))
    if chance.random() < 0.12 * busy:
        begins = START + timedelta(days=chance.randrange(7 * weeks))
        yield Absence(begins, begins + timedelta(days=7 * chance.choice((6, 10))), "leave")
