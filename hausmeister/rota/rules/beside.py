"""Whoever has a duty and is on by a schedule at the same time (L10): a second duty in one week, found beforehand."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hausmeister.rota.rules.foresight import Finding, Held, Kind, Stretch, joined
from hausmeister.rota.rules.layers import Resolved, at_instant
from hausmeister.rota.rules.restrictions import Span


@dataclass(frozen=True)
class ScheduleOn:
    """Who is on by one schedule, and when, but for those who are on because of a duty; `link` is its screen."""

    schedule_id: int
    name: str
    team_id: int
    team: str
    slug: str
    link: str
    spans: Mapping[int, Sequence[Span]]


def on_by_themselves(resolved: Resolved) -> dict[int, list[Span]]:
    """Return when each person is on, leaving out the time in which a duty that the schedule follows puts them on."""
    found: dict[int, list[Span]] = {}
    for one in resolved.final:
        lanes = [at_instant(lane, one.starts_at) for lane in resolved.layers]
        by_duty = {pk for lane in lanes if any(turn.why for turn in lane.because.turns) for pk in lane.people}
        for person in sorted(one.people - by_duty):
            found.setdefault(person, []).append((one.starts_at, one.ends_at))
    return found


def schedule_conflicts(stretches: Iterable[Stretch], on: Sequence[ScheduleOn], *, now: datetime) -> list[Finding]:
    """Return where a person of `stretches`, one team's duties, is on by a schedule; the duty is what can move.

    One finding for each turn of a duty and each schedule, from the first such moment to the last.
    """
    return joined(
        _finding(here, held, there, span, is_ours=True)
        for here, held, there, span in _met(stretches, on, now)
    )  # fmt: skip


def duty_conflicts(on: Sequence[ScheduleOn], others: Iterable[Stretch], *, now: datetime) -> list[Finding]:
    """Return the same for the team of the schedules, where the duty is another team's."""
    return joined(
        _finding(here, held, there, span, is_ours=False)
        for here, held, there, span in _met(others, on, now)
        if here.team_id != there.team_id
    )


def _met(
    stretches: Iterable[Stretch], on: Sequence[ScheduleOn], now: datetime
) -> Iterator[tuple[Stretch, Held, ScheduleOn, Span]]:
    for here in stretches:
        for held in here.posts:
            for there in on if held.person is not None else ():
                assert held.person is not None  # noqa: S101 - asked a line above # nosec B101
                for begin, end in there.spans.get(held.person.person_id, ()):
                    span = max(here.starts_at, begin), min(here.ends_at, end)
                    if span[0] < span[1] and span[1] > now:
                        yield here, held, there, span


def _finding(here: Stretch, held: Held, there: ScheduleOn, span: Span, *, is_ours: bool) -> Finding:
    assert held.person is not None  # noqa: S101 - only posts that somebody holds meet a schedule # nosec B101
    way = here.ways.get(held.post) if is_ours else None
    of = "" if here.team_id == there.team_id else f" of {there.team}"
    text = (
        f"{held.person.name} is {held.title.lower()} of {here.team}"
        f" and on by the schedule {there.name}{of} at the same time"
    )
    found = Finding(
        kind=Kind.CONFLICT,
        key=f"{Kind.CONFLICT.value}:{held.person.person_id}:{here.mark(held.post)}:s{there.schedule_id}",
        team_id=here.team_id,
        slug=here.slug,
        starts_at=span[0],
        ends_at=span[1],
        text=f"{text}; {way.word} would settle it" if way else text,
        people=(held.person.person_id,),
        link=way.path if way else "",
    )
    return found if is_ours else replace(found, team_id=there.team_id, slug=there.slug, link=there.link)
