"""A year of duties and the fairness of a plan as marks (UI, section 9). Pure: values in, geometry out; letters stay
as large as they are, because each chart is drawn 1:1 at the width it is asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _

# a phone of 390 px, less the margins of screen and card; and what a desk has room for
WIDTHS = (350, 720)
ROW = 24
HEAD, FOOT = 28, 20
_NAMES = {350: 84, 720: 140}
_LETTER = 6.6


@dataclass(frozen=True)
class Text:
    """A word at a place; `anchor` is start, middle or end."""

    x: float
    y: float
    words: str
    anchor: str = "start"


@dataclass(frozen=True)
class Mark:
    """A rectangle that says something. `kind` chooses its look, `says` is its title."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    says: str


@dataclass(frozen=True)
class Line:
    """A line from top to bottom, or across."""

    x1: float
    y1: float
    x2: float
    y2: float
    kind: str


@dataclass(frozen=True)
class Table:
    """The same as a chart in words: a heading for each column, and rows of cells; the first cell names its row."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """Everything a template writes. `finding` is what the chart shows, in a sentence."""

    width: int
    height: int
    finding: str
    marks: tuple[Mark, ...]
    texts: tuple[Text, ...]
    lines: tuple[Line, ...]
    table: Table | None = None


# ---- a year of duties ----


@dataclass(frozen=True)
class Duty:
    """One turn in the heat-map: whose, the Monday of its week, its role (D, W, BD, BW)."""

    person: str
    week: date
    role: str


@dataclass(frozen=True)
class Year:
    """What the heat-map draws. People come in the order in which they are drawn: by name."""

    people: Sequence[str]
    first_week: date
    weeks: int
    duties: Sequence[Duty]
    # weeks in which somebody is away for the whole of it
    away: Sequence[tuple[str, date]]
    titles: Mapping[str, str]
    this_week: date
    # Mondays at which the weeks stop being frozen, and published
    thaws_on: date
    tentative_on: date


def heat_map(year: Year, *, width: int) -> Chart:
    """Return who has which duty in which week: full cells are weekdays, outlined ones weekends, low ones backstops."""
    left = _NAMES[width]
    cell = (width - left) / max(year.weeks, 1)
    row_of = {name: place for place, name in enumerate(year.people)}
    bottom = HEAD + ROW * len(year.people)
    height = bottom + FOOT

    def x_of(week: date) -> float:
        return _px(left + cell * ((week - year.first_week).days // 7))

    marks = [
        Mark(x_of(week), HEAD + ROW * row_of[name] + ROW / 2 - 1, _px(cell), 2, "away",
             _("%(name)s is away, %(week)s") % {"name": name, "week": _week(week)})
        for name, week in year.away
        if name in row_of and _inside(year, week)
    ]  # fmt: skip
    marks += [_cell(one, year, x_of(one.week), HEAD + ROW * row_of[one.person], cell)
              for one in year.duties if one.person in row_of and _inside(year, one.week)]  # fmt: skip
    lines = [Line(0, _px(HEAD + ROW * row), width, _px(HEAD + ROW * row), "rule") for row in range(len(row_of) + 1)]
    for border, kind in ((year.thaws_on, "frozen"), (year.tentative_on, "published"), (year.this_week, "needle")):
        if _inside(year, border):
            lines.append(Line(x_of(border), 16, x_of(border), bottom + (0 if kind == "needle" else FOOT), kind))
    texts = [Text(4, HEAD + ROW * row + 16, _short(name, left)) for name, row in row_of.items()]
    texts += _months(year, x_of, width)
    texts += [Text(_px(x_of(week) + 3), bottom + 14, word) for week, word in _firm_words(year, x_of, width)]
    facts = {
        "n": len(year.duties), "people": len(year.people), "weeks": year.weeks,
        "frozen": formatted(year.thaws_on, "j M"), "published": formatted(year.tentative_on, "j M"),
    }  # fmt: skip
    finding = _(
        "%(n)d duties of %(people)d people in %(weeks)d weeks; frozen up to %(frozen)s, published up to %(published)s"
    )
    return Chart(width, height, finding % facts, tuple(marks), tuple(texts), tuple(lines), _year_table(year))


def _firmness(year: Year, week: date) -> str:
    if week < year.this_week:
        return _("over")
    if week < year.thaws_on:
        return _("frozen")
    return _("published") if week < year.tentative_on else _("tentative")


def _firm_words(year: Year, x_of: Callable[[date], float], width: int) -> list[tuple[date, str]]:
    """Return where the weeks begin to be frozen, published and tentative, as far as there is room for the word."""
    inside = [week for week in (year.this_week, year.thaws_on, year.tentative_on) if _inside(year, week)]
    starts = sorted({max(year.first_week, week) for week in inside} | {year.first_week})
    ends = [*(x_of(week) for week in starts[1:]), float(width)]
    words = [(week, _firmness(year, week)) for week in starts]
    return [
        (week, word)
        for (week, word), end in zip(words, ends, strict=True)
        if x_of(week) + 6 + _LETTER * len(word) <= end
    ]


def _year_table(year: Year) -> Table:
    """Return the heat-map as rows: a week, how firm it is, and who has each role."""
    held = {(one.week, one.role): one.person for one in year.duties}
    roles = [role for role in ("D", "W", "BD", "BW") if any(one.role == role for one in year.duties)]
    weeks = [year.first_week + timedelta(weeks=number) for number in range(year.weeks)]
    return Table(
        (_("Week"), *(year.titles.get(role, role) for role in roles), _("How firm")),
        tuple(
            (formatted(week, "j M Y"), *(held.get((week, role), "–") for role in roles), _firmness(year, week))
            for week in weeks
        ),
    )


def _inside(year: Year, week: date) -> bool:
    return 0 <= (week - year.first_week).days // 7 < year.weeks


def _cell(one: Duty, year: Year, x: float, y: float, cell: float) -> Mark:
    says = f"{one.person}: {year.titles.get(one.role, one.role)}, {_week(one.week)}"
    wide = _px(max(cell - 1, 2))
    half = _px(wide / 2)
    loose = " tentative" if one.week >= year.tentative_on else ""
    if one.role in {"BD", "BW"}:
        return Mark(_px(x + (half if one.role == "BW" else 0)), y + ROW - 7, half, 5, f"backstop{loose}", says)
    if one.role == "W":
        return Mark(_px(x + half), y + 3, half, ROW - 11, f"weekend{loose}", says)
    return Mark(x, y + 3, half, ROW - 11, f"weekday{loose}", says)


def _months(year: Year, x_of: Callable[[date], float], width: int) -> list[Text]:
    """Return the name of each month where its first week begins, as far as there is room."""
    found: list[Text] = []
    free_from = 0.0
    for number in range(year.weeks):
        week = year.first_week + timedelta(weeks=number)
        x = x_of(week)
        name = formatted(week, "M")
        if (week.day <= 7 or number == 0) and x >= free_from and x + _LETTER * len(name) <= width:
            found.append(Text(x, 12, name))
            free_from = x + _LETTER * (len(name) + 1)
    return found


# ---- deviations from fair shares ----


@dataclass(frozen=True)
class Deviation:
    """How far from a fair share somebody is, in tenths of a duty: by what stands, and by the plan (None: only one)."""

    name: str
    before: int
    after: int | None = None


def deviations(title: str, rows: Sequence[Deviation], *, width: int) -> Chart:
    """Return the bars of one kind of duty: to the right who has more than their share, to the left who has less."""
    left, right = _NAMES[width], 52
    reach = max([10, *(abs(one.before) for one in rows), *(abs(one.after or 0) for one in rows)])
    middle = left + (width - left - right) / 2
    scale = (width - left - right) / 2 / reach
    marks: list[Mark] = []
    texts: list[Text] = []
    for place, one in enumerate(rows):
        y = HEAD + ROW * place
        now = one.before if one.after is None else one.after
        if one.after is not None:
            says = _("%(name)s, as it stands: %(n)s") % {"name": one.name, "n": tenths(one.before)}
            marks.append(_bar(middle, y + 4, 4, one.before * scale, "before", says))
        marks.append(_bar(middle, y + 10, 8, now * scale, "after", f"{one.name}: {tenths(now)}"))
        texts += [Text(4, y + 17, _short(one.name, left)), Text(width - 4, y + 17, tenths(now), "end")]
    height = HEAD + ROW * len(rows)
    texts.append(Text(4, 16, title))
    lines = (Line(_px(middle), HEAD - 4, _px(middle), height, "zero"),)
    return Chart(width, height, _finding(title, rows), tuple(marks), tuple(texts), lines)


def _bar(middle: float, y: float, height: float, length: float, kind: str, says: str) -> Mark:
    return Mark(_px(min(middle, middle + length)), y, _px(max(abs(length), 1)), height, kind, says)


def _finding(title: str, rows: Sequence[Deviation]) -> str:
    def spread(values: list[int]) -> str:
        return tenths(max(values) - min(values)).removeprefix("+") if values else "0"

    before = spread([one.before for one in rows])
    if any(one.after is None for one in rows) or not rows:
        return _("%(title)s: between most and least lie %(n)s duties") % {"title": title, "n": before}
    after = spread([one.after for one in rows if one.after is not None])
    facts = {"title": title, "before": before, "after": after}
    return _("%(title)s: between most and least lie %(before)s duties as it stands, %(after)s by the plan") % facts


def tenths(value: int) -> str:
    """Return tenths of a duty in words: "+1.2", "-0.3", "0"."""
    if value == 0:
        return "0"
    return f"{'+' if value > 0 else '-'}{abs(value) / 10:.1f}".removesuffix(".0")


def _short(name: str, room: float) -> str:
    most = int((room - 8) / _LETTER)
    return name if len(name) <= most else name.split(" ", maxsplit=1)[0][:most]


def _week(week: date) -> str:
    return _("week of %(day)s") % {"day": formatted(week, "j M")}


def _px(value: float) -> float:
    return round(value, 1)
