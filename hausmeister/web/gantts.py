"""A DAG run as a Gantt (UI, section 9). Pure: values in, geometry out, drawn 1:1 like the other charts.

One row a task with its tries one behind the other, a cross at each failure, the critical path outlined. Over 60 rows
tasks fold into their groups, and only what failed, waits for its next try or is critical keeps a row of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from hausmeister.base.words import duration
from hausmeister.monitoring.runs import words
from hausmeister.monitoring.runs.rules.states import State
from hausmeister.web.plancharts import Chart, Line, Mark, Text

WIDTHS = (350, 720)
MOST_ROWS = 60
MOST_MARKS = 600
ROW, HEAD, FOOT = 20, 24, 6
_NAMES = {350: 118, 720: 210}
_LETTER = 6.6
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880)
_KINDS = {
    State.SUCCESS: "t-done", State.RUNNING: "t-runs", State.FAILED: "t-failed", State.RETRY: "t-again",
    State.SKIPPED: "t-quiet", State.BLOCKED: "t-quiet", State.REMOVED: "t-quiet", State.QUEUED: "t-quiet",
    State.WAITING: "t-quiet",
}  # fmt: skip


@dataclass(frozen=True)
class Bar:
    """One try of a task, or the whole of a group: `name` is its row."""

    name: str
    group: str
    state: State
    attempt: int = 1
    began_at: datetime | None = None
    ended_at: datetime | None = None
    is_critical: bool = False


@dataclass(frozen=True)
class Picture:
    """What is drawn: the tries, from when to when, and lines at moments (kind, moment, word)."""

    title: str
    bars: Sequence[Bar]
    begins_at: datetime
    ends_at: datetime
    now: datetime
    zone: ZoneInfo
    lines: Sequence[tuple[str, datetime, str]] = ()


@dataclass(frozen=True)
class _Row:
    name: str
    bars: tuple[Bar, ...]


def group_of(task: str) -> str:
    """Return the group that a task folds into: what stands before its last dot, else the task itself."""
    return task.rpartition(".")[0] or task


def gantt(picture: Picture, *, width: int) -> Chart:
    """Return the run's rows as marks."""
    rows = _rows(picture.bars)
    left, right = _NAMES[width], 10
    span = max((picture.ends_at - picture.begins_at).total_seconds(), 60.0)

    def x_of(moment: datetime) -> float:
        share = (moment - picture.begins_at).total_seconds() / span
        return round(left + (width - left - right) * min(max(share, 0.0), 1.0), 1)

    bottom = HEAD + ROW * len(rows)
    marks: list[Mark] = []
    texts: list[Text] = []
    lines: list[Line] = []
    for moment, label in _ticks(picture, width - left - right):
        lines.append(Line(x_of(moment), HEAD - 6, x_of(moment), bottom, "rule"))
        texts.append(Text(x_of(moment), 12, label, "middle"))
    for kind, moment, _word in picture.lines:
        if picture.begins_at <= moment <= picture.ends_at:
            lines.append(Line(x_of(moment), HEAD - 6, x_of(moment), bottom, kind))
    for place, row in enumerate(rows):
        y = HEAD + ROW * place
        texts.append(Text(4, y + 14, _short(row.name, left)))
        for bar in row.bars:
            if bar.began_at is None or len(marks) >= MOST_MARKS:
                continue
            marks.append(_mark(bar, picture, x_of, y))
            if bar.state in {State.FAILED, State.RETRY}:
                end = x_of(bar.ended_at or picture.now)
                texts.append(Text(min(end + 7, width - 5), y + 14, "✕", "middle"))
    return Chart(width, bottom + FOOT, picture.title, tuple(marks), tuple(texts), tuple(lines))


def _mark(bar: Bar, picture: Picture, x_of, y: float) -> Mark:  # type: ignore[no-untyped-def]
    assert bar.began_at is not None  # noqa: S101 - looked at above # nosec B101
    end = bar.ended_at or picture.now
    x = x_of(bar.began_at)
    kind = _KINDS[bar.state] + (" critical" if bar.is_critical else "")
    tries = _(", try %(n)d") % {"n": bar.attempt} if bar.attempt > 1 else ""
    took = duration(max(end - bar.began_at, timedelta(0)))
    says = f"{bar.name}{tries}: {words.state(bar.state)}, {words.clock(bar.began_at, picture.zone)}, {took}"
    return Mark(x, y + 4, round(max(x_of(end) - x, 2), 1), ROW - 8, kind, says)


# ---- rows ----


def _rows(bars: Sequence[Bar]) -> list[_Row]:
    """Return the rows in the order in which they began; what has not begun comes last, by name."""
    by_name: dict[str, list[Bar]] = {}
    for bar in bars:
        by_name.setdefault(bar.name, []).append(bar)
    whole = [_Row(name, tuple(sorted(some, key=lambda bar: bar.attempt))) for name, some in by_name.items()]
    if len(whole) > MOST_ROWS:
        whole = _folded(whole)
    return sorted(whole, key=_place)


def _place(row: _Row) -> tuple[bool, float, str]:
    moments = [bar.began_at.timestamp() for bar in row.bars if bar.began_at]
    return (not moments, min(moments, default=0.0), row.name)


def _folded(rows: Sequence[_Row]) -> list[_Row]:
    """Return one row a group, and rows of their own for what failed or decides the end, as far as there is room."""
    groups: dict[str, list[_Row]] = {}
    for row in rows:
        groups.setdefault(row.bars[0].group, []).append(row)
    kept = sorted((row for row in rows if _is_telling(row)), key=lambda row: (not _has_failed(row), _place(row)))
    kept = kept[: MOST_ROWS // 2]
    room = MOST_ROWS - len(kept)
    largest = sorted(groups, key=lambda name: (-len(groups[name]), name))
    shown = largest if len(largest) <= room else largest[: room - 1]
    found = [_group_row(name, groups[name]) for name in shown if not _is_alone(groups[name], kept)]
    rest = [row for name in largest[len(shown) :] for row in groups[name]]
    if rest:
        found.append(_group_row(_("others"), rest))
    return found + kept


def _is_alone(rows: Sequence[_Row], kept: Sequence[_Row]) -> bool:
    return len(rows) == 1 and rows[0] in kept


def _is_telling(row: _Row) -> bool:
    return _has_failed(row) or row.bars[-1].is_critical


def _has_failed(row: _Row) -> bool:
    return row.bars[-1].state in {State.FAILED, State.RETRY}


def _group_row(name: str, rows: Sequence[_Row]) -> _Row:
    """Return a group as one bar: from its first begin to its last end, as bad as its worst."""
    last = [row.bars[-1] for row in rows]
    began = [bar.began_at for row in rows for bar in row.bars if bar.began_at]
    ended = [bar.ended_at for bar in last if bar.ended_at]
    states = {bar.state for bar in last}
    order = (State.FAILED, State.RUNNING, State.RETRY, State.SUCCESS)
    worst = next((state for state in order if state in states), State.WAITING)
    is_over = State.RUNNING not in states
    title = f"{name} ({len(rows)})" if len(rows) > 1 else name
    return _Row(
        title,
        (Bar(title, name, worst, 1, min(began, default=None), max(ended, default=None) if is_over else None),),
    )


def _ticks(picture: Picture, room: float) -> list[tuple[datetime, str]]:
    """Return whole times of day under which there is room for their words."""
    minutes = max((picture.ends_at - picture.begins_at).total_seconds() / 60, 1.0)
    most = max(int(room // 64), 1)
    step = next((one for one in _STEPS if minutes / one <= most), _STEPS[-1] * (1 + int(minutes / _STEPS[-1] / most)))
    local = picture.begins_at.astimezone(picture.zone)
    first = local.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = int((picture.begins_at - first).total_seconds() // 60 // step + 1)
    found: list[tuple[datetime, str]] = []
    moment = first + timedelta(minutes=step * passed)
    while moment <= picture.ends_at and len(found) < most:
        share = (moment - picture.begins_at).total_seconds() / 60 / minutes
        if 0.04 < share < 0.96:
            found.append((moment, words.clock(moment, picture.zone)))
        moment += timedelta(minutes=step)
    return found


def _short(name: str, room: float) -> str:
    """Return as much of a name as there is room for: without its group, else its end, which tells tasks apart."""
    most = int((room - 8) / _LETTER)
    if len(name) > most:
        name = name.rpartition(".")[2] or name
    return name if len(name) <= most else "…" + name[-(most - 1) :]
