"""The rota as marks: who holds which post from when to when, as blocks in lanes, as weeks, as days. Pure.

Places are per cent of the span's width, so that the picture fills its container and letters keep their size.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _

from hausmeister.base.wall_time import instant, monday_of
from hausmeister.rota.models import Override, ScheduleOverride
from hausmeister.rota.planning.rules.horizon import Firmness, Horizon
from hausmeister.rota.queries import Segment
from hausmeister.rota.queries.schedules import On, ScheduleTimeline, override_words
from hausmeister.team.models import Person
from hausmeister.team.policy.shape import Policy
from hausmeister.team.rules import Away
from hausmeister.web import when

HEAD = 32
ROW = 44
BLOCK = 32
# how wide the picture mostly is, the edge of a block, and a letter of 12 px, all in CSS px
NARROWEST, EDGE, LETTER = 720, 14, 7


@dataclass(frozen=True)
class Turn:
    """A stretch in which one person, or nobody, holds a post without a break."""

    starts_at: datetime
    ends_at: datetime
    person: Person | None
    is_planned: bool
    why: str
    is_hatched: bool = False


@dataclass(frozen=True)
class Block:
    """A turn as a rectangle."""

    x: str
    width: str
    y: int
    label: str
    says: str
    person: Person | None
    is_mine: bool
    kind: str


@dataclass(frozen=True)
class Lanes:
    """Everything the picture draws: a heading for each row, blocks, Mondays, now."""

    rows: tuple[str, ...]
    blocks: tuple[Block, ...]
    rules: tuple[int, ...]
    mondays: tuple[tuple[str, str], ...]
    needle: str
    height: int


@dataclass(frozen=True)
class Span:
    """Part of the time line that is shown, and by whose clocks."""

    starts_at: datetime
    ends_at: datetime
    zone: ZoneInfo
    now: datetime

    def place(self, moment: datetime) -> float:
        """Return where `moment` lies, in per cent; what is outside lies at the edge."""
        inside = min(max(moment, self.starts_at), self.ends_at)
        return 100 * ((inside - self.starts_at) / (self.ends_at - self.starts_at))

    def words(self, starts_at: datetime, ends_at: datetime) -> str:
        """Return a stretch in words: "Mon 11:00 to Fri 17:00"."""
        return _("%(from)s to %(to)s") % {"from": self.at(starts_at), "to": self.at(ends_at)}

    def at(self, moment: datetime) -> str:
        """Return a moment in words, always with its day."""
        local, today = moment.astimezone(self.zone), self.now.astimezone(self.zone).date()
        if monday_of(local.date()) == monday_of(today):
            return formatted(local, "D H:i")
        return f"{formatted(local, 'D')} {when.short_date(local.date(), today=today)} {formatted(local, 'H:i')}"


def span(monday: date, *, weeks: int, zone: ZoneInfo, now: datetime) -> Span:
    """Return the span of so many weeks from `monday` on the clocks of `zone`."""
    return Span(
        instant(monday, time(0), zone), instant(monday + timedelta(weeks=weeks), time(0), zone), zone, now
    )  # fmt: skip


def turns(segments: Iterable[Segment], *, duty: str | None, policy: Policy) -> list[Turn]:
    """Return who holds a post, in stretches: the duty called `duty`, or the backstop for None."""
    hatched = {rule.name for rule in policy.duties if not rule.triage}
    found: list[Turn] = []
    for one in segments:
        if duty is not None and one.duty.duty != duty:
            continue
        post = one.duty.backstop if duty is None else one.duty.primary
        turn = Turn(one.starts_at, one.ends_at, post.person, post.is_planned, post.why, duty in hatched)
        last = found[-1] if found else None
        if last and last.ends_at == turn.starts_at and (last.person, last.why) == (turn.person, turn.why):
            found[-1] = Turn(last.starts_at, turn.ends_at, turn.person, turn.is_planned, turn.why, turn.is_hatched)
        else:
            found.append(turn)
    return found


def lanes(
    shown: Span,
    *,
    policy: Policy,
    segments: Sequence[Segment],
    overrides: Sequence[Override],
    away: Sequence[tuple[Person, Away]],
    viewer: Person,
) -> Lanes:
    """Return the picture: a lane for each duty, the backstop, and where there are any, changes and leave."""
    rows = [(rule.title, turns(segments, duty=rule.name, policy=policy)) for rule in policy.duties]
    rows.append((policy.rota.backstop_title, turns(segments, duty=None, policy=policy)))
    names = [title for title, _turns in rows]
    blocks = [_block(turn, row, shown, viewer) for row, (_title, found) in enumerate(rows) for turn in found]
    if overrides:
        blocks += [_change(one, len(names), shown, viewer) for one in overrides]
        names.append(_("Changes"))
    if away:
        blocks += [_absence(person, leave, len(names), shown, viewer) for person, leave in away]
        names.append(_("Leave"))
    return _picture(names, blocks, shown)


def schedule_lanes(shown: Span, told: ScheduleTimeline, *, viewer: Person) -> Lanes:
    """Return the picture of a schedule: who is on in the end, each layer, the topmost first, and the overrides."""
    rows = [(_("On call"), told.final), *((lane.name, lane.stretches) for lane in reversed(told.lanes))]
    names = [name for name, _stretches in rows]
    blocks = [
        _on(one, row, shown, viewer) for row, (_name, found) in enumerate(rows) for one in found if one.people
    ]  # fmt: skip
    if told.overrides:
        blocks += [_schedule_change(one, len(names), shown, viewer) for one in told.overrides]
        names.append(_("Changes"))
    return _picture(names, blocks, shown)


def _on(one: On, row: int, shown: Span, viewer: Person) -> Block:
    label = ", ".join(person.first_name for person in one.people)
    says = f"{one.names}, {shown.words(one.starts_at, one.ends_at)}: {one.why}"
    mine = viewer if viewer in one.people else one.people[0]
    return _placed(
        one.starts_at, one.ends_at, row, shown, label=label, says=says, person=mine, kind="plain", viewer=viewer
    )


def _schedule_change(one: ScheduleOverride, row: int, shown: Span, viewer: Person) -> Block:
    says = f"{override_words(one)}, {shown.words(one.starts_at, one.ends_at)}"
    person = one.person or one.instead_of
    label = person.first_name if one.person and person else f"– {person.first_name}" if person else ""
    return _placed(
        one.starts_at, one.ends_at, row, shown, label=label, says=says, person=person, kind="change", viewer=viewer
    )


def _picture(names: Sequence[str], blocks: Sequence[Block], shown: Span) -> Lanes:
    return Lanes(
        rows=tuple(names),
        blocks=tuple(blocks),
        rules=tuple(HEAD + ROW * row for row in range(len(names) + 1)),
        mondays=tuple(_mondays(shown)),
        needle=_percent(shown.place(shown.now)) if shown.starts_at <= shown.now < shown.ends_at else "",
        height=HEAD + ROW * len(names),
    )


def _mondays(shown: Span) -> Iterable[tuple[str, str]]:
    day, today = shown.starts_at.astimezone(shown.zone).date(), shown.now.astimezone(shown.zone).date()
    while (moment := instant(day, time(0), shown.zone)) < shown.ends_at:
        yield _percent(shown.place(moment)), when.short_date(day, today=today)
        day += timedelta(days=7)


def _block(turn: Turn, row: int, shown: Span, viewer: Person) -> Block:
    name = turn.person.first_name if turn.person else _("nobody")
    kind = "gap" if turn.person is None else "hatched" if turn.is_hatched else "plain"
    says = f"{turn.person.name if turn.person else name}, {shown.words(turn.starts_at, turn.ends_at)}"
    if not turn.is_planned:
        says = f"{says}: {turn.why}"
    return _placed(
        turn.starts_at,
        turn.ends_at,
        row,
        shown,
        label=_fitting(name, turn, shown),
        says=says,
        person=turn.person,
        kind=kind,
        viewer=viewer,
    )


def _fitting(name: str, turn: Turn, shown: Span) -> str:
    """Return as much of `name` as a short turn has room for: a name cut in its middle could be another's."""
    width = (shown.place(turn.ends_at) - shown.place(turn.starts_at)) * NARROWEST / 100
    return name if width >= EDGE + LETTER * len(name) else name[:1]


def _change(one: Override, row: int, shown: Span, viewer: Person) -> Block:
    reason = f": {one.reason}" if one.reason else ""
    says = f"{one.person.name}, {shown.words(one.starts_at, one.ends_at)}{reason}"
    return _placed(
        one.starts_at, one.ends_at, row, shown, label=one.person.first_name, says=says, person=one.person,
        kind="change", viewer=viewer,
    )  # fmt: skip


def _absence(person: Person, leave: Away, row: int, shown: Span, viewer: Person) -> Block:
    says = _("%(name)s is away, %(span)s") % {"name": person.name, "span": shown.words(leave.starts_at, leave.ends_at)}
    return _placed(
        leave.starts_at, leave.ends_at, row, shown, label=person.first_name, says=says, person=person, kind="away",
        viewer=viewer,
    )  # fmt: skip


def _placed(
    starts_at: datetime, ends_at: datetime, row: int, shown: Span, *, label: str, says: str,
    person: Person | None, kind: str, viewer: Person,
) -> Block:  # fmt: skip
    begin, end = shown.place(starts_at), shown.place(ends_at)
    y = HEAD + ROW * row + (ROW - BLOCK) // 2
    return Block(_percent(begin), _percent(end - begin), y, label, says, person, person == viewer, kind)


def _percent(value: float) -> str:
    return f"{value:.3f}%"


# ---- weeks and days ----


@dataclass(frozen=True)
class Week:
    """One week as a list: for each post who has it, and who takes part of it."""

    monday: date
    is_now: bool
    posts: tuple[tuple[str, tuple[Turn, ...]], ...]
    firmness: Firmness = Firmness.PUBLISHED
    # whose backlog week it is, where the team has them (L8)
    backlog: Person | None = None


def weeks(shown: Span, *, policy: Policy, segments: Sequence[Segment], horizon: Horizon | None = None) -> list[Week]:
    """Return the weeks of the span; a turn belongs to the week in which its duty begins."""
    today = monday_of(shown.now.astimezone(shown.zone).date())
    by_week: dict[date, list[Segment]] = {}
    for one in segments:
        monday = monday_of(one.duty.starts_at.astimezone(one.duty.team.zone).date())
        by_week.setdefault(monday, []).append(one)
    first = shown.starts_at.astimezone(shown.zone).date()
    return [
        Week(
            monday,
            monday == today,
            (
                *((rule.title, tuple(turns(found, duty=rule.name, policy=policy))) for rule in policy.duties),
                (policy.rota.backstop_title, tuple(turns(found, duty=None, policy=policy))),
            ),
            horizon.of(monday) if horizon else Firmness.PUBLISHED,
        )
        for monday, found in sorted(by_week.items())
        if monday >= first
    ]  # fmt: skip


@dataclass(frozen=True)
class Day:
    """One day of a month: who is on duty, with the clock time where somebody takes over during it."""

    date: date
    is_today: bool
    is_other: bool
    on_duty: tuple[tuple[str, str], ...]
    backstop: tuple[tuple[str, str], ...]


def month(first: date, shown: Span, segments: Sequence[Segment]) -> list[list[Day]]:
    """Return the weeks of the month that begins at `first`, each of seven days."""
    today = shown.now.astimezone(shown.zone).date()
    start = monday_of(first)
    days = []
    for number in range(42):
        day = start + timedelta(days=number)
        begins, ends = instant(day, time(0), shown.zone), instant(day + timedelta(days=1), time(0), shown.zone)
        inside = [one for one in segments if one.starts_at < ends and one.ends_at > begins and _counts(one, shown.now)]
        days.append(
            Day(
                day,
                day == today,
                day.month != first.month,
                _takes(((one.starts_at, one.duty.primary.person) for one in inside), begins, shown.zone),
                _takes(((one.starts_at, one.duty.backstop.person) for one in inside), begins, shown.zone),
            )
        )
    rows = [days[place : place + 7] for place in range(0, 42, 7)]
    return [row for row in rows if any(not day.is_other for day in row)]


def _counts(one: Segment, now: datetime) -> bool:
    """Say whether a stretch was, or will be, somebody's duty: before the first plan nobody was on call."""
    return one.ends_at > now or one.duty.primary.is_planned or "nobody is planned" not in one.duty.primary.why


def _takes(
    found: Iterable[tuple[datetime, Person | None]], begins: datetime, zone: ZoneInfo
) -> tuple[tuple[str, str], ...]:
    """Return (clock, name) for everybody of the day in turn; the clock is empty for who had it before."""
    told: list[tuple[str, str]] = []
    for starts_at, person in found:
        name = person.first_name if person else _("nobody")
        if not told or told[-1][1] != name:
            told.append(("" if starts_at <= begins else formatted(starts_at.astimezone(zone), "H:i"), name))
    return tuple(told)
