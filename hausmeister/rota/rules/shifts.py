"""A person's shift as they live it: from when to when, and when they hear of it. All in UTC but for their nights."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import instant
from hausmeister.base.working_time import WorkingHours
from hausmeister.rota.rules.foresight import Held, Stretch, Who
from hausmeister.rota.rules.slots import Post

# nothing that can wait is sent from then to then, on the person's own clock
NIGHT_FALLS, NIGHT_ENDS = time(22), time(7)
_BEFORE_THE_NIGHT = timedelta(minutes=30)
_TIME_TO_ANSWER = timedelta(hours=1)
_LOOK_BACK_DAYS = 10


@dataclass(frozen=True)
class Shift:
    """One turn of one post as its holder has it. An override in its middle is a break, not a second shift.

    `other` has the other post when the shift begins, until `other_until` at least. `after` has the post next. One of
    a schedule has no other post.
    """

    team_id: int
    team: str
    post: Post
    title: str
    turn_starts_at: datetime
    person: Who
    starts_at: datetime
    ends_at: datetime
    other: Who | None
    other_until: datetime
    breaks: tuple[tuple[datetime, datetime], ...] = ()
    after: Who | None = None
    follows_on: bool = False
    schedule_id: int | None = None

    @property
    def mark(self) -> str:
        """What it is a shift of, in ten characters: the post, or the schedule."""
        return self.post.value if self.schedule_id is None else f"s{self.schedule_id}"


def shifts(stretches: Iterable[Stretch]) -> list[Shift]:
    """Return everybody's shifts in `stretches`, which are one team's, without a hole, in the order of time."""
    ordered = list(stretches)
    kept: dict[tuple[datetime, Post, int], list[int]] = {}
    for place, stretch in enumerate(ordered):
        for held in stretch.posts:
            if held.person is not None:
                kept.setdefault((stretch.turn_starts_at, held.post, held.person.person_id), []).append(place)
    found = [_shift(ordered, places, post) for (_, post, _), places in kept.items()]
    return sorted(found, key=lambda one: (one.starts_at, one.post.value, one.person.person_id))


def _shift(ordered: list[Stretch], places: list[int], post: Post) -> Shift:
    first, last = ordered[places[0]], ordered[places[-1]]
    held = _held(first, post)
    assert held.person is not None  # noqa: S101 - only held posts are gathered # nosec B101
    other = _held(first, _other(post)).person
    before = ordered[places[0] - 1] if places[0] else None
    following = ordered[places[-1] + 1] if places[-1] + 1 < len(ordered) else None
    return Shift(
        team_id=first.team_id,
        team=first.team,
        post=post,
        title=held.title,
        turn_starts_at=first.turn_starts_at,
        person=held.person,
        starts_at=first.starts_at,
        ends_at=last.ends_at,
        other=other,
        other_until=_until(ordered, places, _other(post), other),
        breaks=tuple(
            (ordered[one].ends_at, ordered[two].starts_at)
            for one, two in itertools.pairwise(places)
            if ordered[one].ends_at < ordered[two].starts_at
        ),
        after=_held(following, post).person if following is not None else None,
        follows_on=before is not None and bool(before.held_by(held.person.person_id)),
    )


def _held(stretch: Stretch, post: Post) -> Held:
    return stretch.primary if post is Post.PRIMARY else stretch.backstop


def _other(post: Post) -> Post:
    return Post.BACKSTOP if post is Post.PRIMARY else Post.PRIMARY


def _until(ordered: list[Stretch], places: list[int], post: Post, who: Who | None) -> datetime:
    until = ordered[places[0]].ends_at
    for place in places[1:]:
        if _held(ordered[place], post).person != who:
            break
        until = ordered[place].ends_at
    return until


def is_night(at: datetime, zone: ZoneInfo) -> bool:
    """Say whether people in `zone` sleep at `at`."""
    clock = at.astimezone(zone).time()
    return clock >= NIGHT_FALLS or clock < NIGHT_ENDS


def morning_after(at: datetime, zone: ZoneInfo) -> datetime:
    """Return `at` by day, else the end of that night."""
    if not is_night(at, zone):
        return at
    local = at.astimezone(zone)
    day = local.date() + timedelta(days=1 if local.time() >= NIGHT_FALLS else 0)
    return instant(day, NIGHT_ENDS, zone)


def may_be_told(now: datetime, event_at: datetime, zone: ZoneInfo) -> bool:
    """Say whether a person may hear at `now` of what happens at `event_at`: by day, or when that is in this night."""
    morning = morning_after(now, zone)
    return morning == now or now < event_at < morning


def start_told_at(starts_at: datetime, *, lead: timedelta, zone: ZoneInfo) -> datetime:
    """Return when somebody hears that their shift begins: in the morning after, if that would be at night.

    A shift that begins before that morning is told at its time all the same.
    """
    wanted = starts_at - lead
    morning = morning_after(wanted, zone)
    return morning if morning <= starts_at else wanted


def end_told_at(ends_at: datetime, *, lead: timedelta, zone: ZoneInfo) -> datetime:
    """Return when somebody hears that their shift ends: the evening before, if that would be at night."""
    wanted = ends_at - lead
    if not is_night(wanted, zone):
        return wanted
    morning = morning_after(wanted, zone)
    if morning < ends_at:
        return morning
    evening = morning.astimezone(zone).date() - timedelta(days=1)
    return instant(evening, NIGHT_FALLS, zone) - _BEFORE_THE_NIGHT


def rehearsed_at(starts_at: datetime, *, lead: timedelta, hours: WorkingHours) -> datetime:
    """Return when a test page goes to whoever begins at `starts_at`: `lead` before, in their working hours.

    Where that is outside of them, in the last hour of the working day before.
    """
    wanted = starts_at - lead
    day = wanted.astimezone(hours.zone).date()
    for back in range(_LOOK_BACK_DAYS):
        bounds = hours.bounds(day - timedelta(days=back))
        if bounds is None or bounds[0] > wanted:
            continue
        return wanted if wanted < bounds[1] else max(bounds[0], bounds[1] - _TIME_TO_ANSWER)
    return wanted
