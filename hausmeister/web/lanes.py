"""The rota as marks: who holds which post from when to when, as blocks in lanes. Pure.

Places are per cent of the span's width, so that the picture fills its container and letters keep their size.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hausmeister.base.wall_time import instant, monday_of
from hausmeister.rota.models import Override, ScheduleOverride
from hausmeister.rota.planning.rules.horizon import Firmness, Horizon
from hausmeister.rota.queries.schedules import On, ScheduleTimeline, override_words
from hausmeister.team.models import Person
from hausmeister.team.rules import Away
from hausmeister.web import when
from hausmeister.web.turns import Turn

HEAD = 32
ROW = 44
BLOCK = 32
# how wide the picture mostly is, the edge of a block, and a letter of 12 px, all in CSS px
NARROWEST, EDGE, LETTER = 720, 14, 7
FIRM = {
    Firmness.FROZEN: gettext_lazy("frozen"),
    Firmness.PUBLISHED: gettext_lazy("published"),
    Firmness.TENTATIVE: gettext_lazy("tentative"),
}


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
    # the turn whose details it opens; None for what is no turn
    turn: Turn | None = None
    is_tentative: bool = False


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


def lanes(
    shown: Span,
    *,
    rows: Sequence[tuple[str, Sequence[Turn]]],
    overrides: Sequence[Override],
    away: Sequence[tuple[Person, Away]],
    horizon: Horizon,
    viewer: Person,
) -> Lanes:
    """Return the picture: a lane for each post of `rows`, changes and leave where there are any, and how firm it is."""
    names = [title for title, _turns in rows]
    blocks = [_block(turn, row, shown, viewer, horizon) for row, (_title, found) in enumerate(rows) for turn in found]
    if overrides:
        blocks += [_change(one, len(names), shown, viewer) for one in overrides]
        names.append(_("Changes"))
    if away:
        blocks += [_absence(person, leave, len(names), shown, viewer) for person, leave in away]
        names.append(_("Leave"))
    blocks += _firmness(len(names), shown, horizon, viewer)
    names.append(_("How firm"))
    return _picture(names, blocks, shown)


def _firmness(row: int, shown: Span, horizon: Horizon, viewer: Person) -> Iterable[Block]:
    """Yield how firm the weeks are: frozen, published, tentative, each as far as it reaches."""
    borders = (
        shown.starts_at,
        *(instant(day, time(0), shown.zone) for day in (horizon.thaws_on, horizon.tentative_on)),
    )
    ends = (*borders[1:], shown.ends_at)
    for kind, begins, over in zip(Firmness, borders, ends, strict=True):
        starts_at, ends_at = max(begins, shown.starts_at), min(over, shown.ends_at)
        if starts_at < ends_at:
            yield _placed(
                starts_at, ends_at, row, shown, label=str(FIRM[kind]), says=str(FIRM[kind]), person=None,
                kind=kind.value, viewer=viewer,
            )  # fmt: skip


def schedule_lanes(
    shown: Span, told: ScheduleTimeline, away: Sequence[tuple[Person, Away]], *, viewer: Person
) -> Lanes:
    """Return the picture of a schedule: who is on in the end, each layer, the topmost first, overrides, leave."""
    rows = [(_("On call"), told.final), *((lane.name, lane.stretches) for lane in reversed(told.lanes))]
    names = [name for name, _stretches in rows]
    blocks = [
        _on(one, row, shown, viewer) for row, (_name, found) in enumerate(rows) for one in found if one.people
    ]  # fmt: skip
    if told.overrides:
        blocks += [_schedule_change(one, len(names), shown, viewer) for one in told.overrides]
        names.append(_("Changes"))
    if away:
        blocks += [_absence(person, leave, len(names), shown, viewer) for person, leave in away]
        names.append(_("Leave"))
        blocks_away = list(_on_and_away(told.final, away, len(names), shown, viewer))
        if blocks_away:
            blocks += blocks_away
            names.append(_("On, but away"))
    return _picture(names, blocks, shown)


def _on_and_away(
    final: Iterable[On], away: Sequence[tuple[Person, Away]], row: int, shown: Span, viewer: Person
) -> Iterable[Block]:
    for one in final:
        for person, leave in away:
            starts_at, ends_at = max(one.starts_at, leave.starts_at), min(one.ends_at, leave.ends_at)
            if person in one.people and starts_at < ends_at:
                says = _("%(name)s is on, and away, %(span)s") % {
                    "name": person.name, "span": shown.words(starts_at, ends_at),
                }  # fmt: skip
                yield _placed(
                    starts_at, ends_at, row, shown, label=person.first_name, says=says, person=person, kind="gap",
                    viewer=viewer,
                )  # fmt: skip


def _on(one: On, row: int, shown: Span, viewer: Person) -> Block:
    label = _fitting(", ".join(person.first_name for person in one.people), one, shown)
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


def _block(turn: Turn, row: int, shown: Span, viewer: Person, horizon: Horizon) -> Block:
    name = turn.person.first_name if turn.person else _("nobody")
    kind = "gap" if turn.person is None else "hatched" if turn.is_hatched else "plain"
    says = f"{turn.person.name if turn.person else name}, {shown.words(turn.starts_at, turn.ends_at)}"
    if not turn.is_planned:
        says = f"{says}: {turn.why}"
    drawn = _placed(
        turn.starts_at, turn.ends_at, row, shown, label=_fitting(name, turn, shown), says=says, person=turn.person,
        kind=kind, viewer=viewer,
    )  # fmt: skip
    return replace(drawn, turn=turn, is_tentative=horizon.of(turn.week) is Firmness.TENTATIVE)


def _fitting(name: str, turn: Turn | On, shown: Span) -> str:
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
