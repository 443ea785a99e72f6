"""Can a person on duty be reached? One thing that keeps them from it, the worst, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hausmeister.base.untrusted import one_line
from hausmeister.rota.rules.foresight import Finding, Kind, OnNext, Stretch

_WHY_MOST = 120


@dataclass(frozen=True)
class MethodKnown:
    """A contact method that is verified and switched on: when it was last proved, and whether it failed last."""

    label: str
    tested_at: datetime | None = None
    failed_at: datetime | None = None
    failed_why: str = ""


@dataclass(frozen=True)
class PersonKnown:
    """How one person is reached by the ladder that a hard page would use.

    `methods` count; `called_by` are those of them that the ladder uses. `has_ladder` says that they set up one of
    their own: without it every method is used. `unanswered_at` is the last test page that nobody answered.
    """

    person_id: int
    name: str
    methods: Sequence[MethodKnown] = ()
    called_by: Sequence[MethodKnown] = ()
    has_ladder: bool = False
    unanswered_at: datetime | None = None

    @property
    def tested_at(self) -> datetime | None:
        """When the last test was answered, by any method."""
        return max((one.tested_at for one in self.methods if one.tested_at is not None), default=None)


@dataclass(frozen=True)
class Problem:
    """What is wrong; `text` may name the moment `at` as {at}."""

    kind: Kind
    text: str
    at: datetime | None = None


def problem_of(known: PersonKnown, *, counts_for: timedelta, now: datetime) -> Problem | None:
    """Return the worst that keeps a person from being reached, None when nothing does.

    A test that was answered longer than `counts_for` ago says nothing about the phone of today.
    """
    if not known.methods:
        return Problem(Kind.NO_METHOD, "cannot be reached, no contact method is verified and switched on")
    if known.has_ladder and not known.called_by:
        return Problem(
            Kind.NO_RUNG, "no rung of the own ladder for hard pages counts any more, so every method is tried at once"
        )
    failed = [one for one in known.called_by or known.methods if one.failed_at is not None]
    if failed:
        worst = max(failed, key=lambda one: (one.failed_at, one.label))
        why = one_line(worst.failed_why, _WHY_MOST)
        return Problem(Kind.FAILED, f"the last message by {worst.label} failed {{at}}: {why}", worst.failed_at)
    return _of_tests(known, counts_for, now)


def _of_tests(known: PersonKnown, counts_for: timedelta, now: datetime) -> Problem | None:
    tested_at = known.tested_at
    if known.unanswered_at is not None and (tested_at is None or tested_at < known.unanswered_at):
        return Problem(Kind.UNANSWERED, "did not answer the test page of {at}", known.unanswered_at)
    if tested_at is None:
        return Problem(Kind.UNTESTED, "never answered a test page")
    if now - tested_at > counts_for:
        return Problem(Kind.OLD_TEST, "last answered a test page {at}", tested_at)
    return None


def next_held(stretches: Sequence[Stretch], called: Sequence[OnNext] = (), *, now: datetime) -> dict[int, OnNext]:
    """Return for each person when they may be called now, or next: by a duty, or by the schedules in `called`."""
    duties = [
        OnNext(held.person.person_id, one.team_id, one.slug, one.starts_at, one.ends_at)
        for one in stretches
        for held in one.posts
        if held.person is not None
    ]
    found: dict[int, OnNext] = {}
    for turn in sorted((*duties, *called), key=lambda one: one.starts_at):
        if turn.ends_at > now:
            found.setdefault(turn.person_id, turn)
    return found


def reach_findings(
    held: Mapping[int, OnNext], known: Sequence[PersonKnown], *, counts_for: timedelta, now: datetime
) -> list[Finding]:
    """Return who may be called, as `next_held` says, and cannot be counted on to answer."""
    found = []
    for one in known:
        problem = problem_of(one, counts_for=counts_for, now=now)
        if problem is None or one.person_id not in held:
            continue
        turn = held[one.person_id]
        found.append(
            Finding(
                kind=problem.kind,
                key=f"{problem.kind.value}:{one.person_id}",
                team_id=turn.team_id,
                slug=turn.slug,
                starts_at=turn.starts_at,
                ends_at=turn.ends_at,
                text=problem.text,
                people=(one.person_id,),
                about=one.name,
                at=problem.at,
            )
        )
    return found
