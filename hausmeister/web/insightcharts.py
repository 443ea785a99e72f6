"""Charts of the insights (UI, section 9). Pure: figures in, marks out; bars start at zero, what is not known is
hatched."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from hausmeister.web.plancharts import FOOT, HEAD, Chart, Line, Mark, Table, Text

_TALL = 120
_LEFT, _LETTER = 28, 6.6


@dataclass(frozen=True)
class Column:
    """One column: its label, the part of it that is `dark`, and all of it; None: nothing is known."""

    label: str
    dark: int | None
    all: int | None

    @property
    def says(self) -> str:
        """What the column says in words."""
        if self.all is None:
            return _("%(label)s: not known") % {"label": self.label}
        return _("%(label)s: %(n)s, at night %(dark)s") % {"label": self.label, "n": self.all, "dark": self.dark}


def columns(
    finding: str,
    found: Sequence[Column],
    *,
    width: int,
    table: Table,
    limit: float | None = None,
    limit_words: str = "",
) -> Chart:
    """Return stacked bars, nights below; `limit` is a dashed line with its words."""
    most = max([1, limit or 0, *(one.all or 0 for one in found)])
    step = (width - _LEFT) / max(1, len(found))
    marks: list[Mark] = []
    texts = [Text(_LEFT - 6, HEAD + 4, str(round(most)), "end"), Text(_LEFT - 6, HEAD + _TALL, "0", "end")]
    free_from = 0.0
    for place, one in enumerate(found):
        x = round(_LEFT + step * place, 1)
        marks += _column(one, x, round(max(step - 2, 1), 1), most)
        if x >= free_from and x + _LETTER * len(one.label) <= width:
            texts.append(Text(x, HEAD + _TALL + 16, one.label))
            free_from = x + _LETTER * (len(one.label) + 1)
    foot = HEAD + _TALL
    lines = [Line(_LEFT, foot, width, foot, "zero")]
    if limit is not None:
        y = round(foot - _TALL * limit / most, 1)
        lines.append(Line(_LEFT, y, width, y, "limit"))
        texts.append(Text(width - 4, y - 4, limit_words, "end"))
    return Chart(width, HEAD + _TALL + FOOT + 4, finding, tuple(marks), tuple(texts), tuple(lines), table)


def _column(one: Column, x: float, wide: float, most: float) -> list[Mark]:
    if one.all is None or one.dark is None:
        # thin strokes with gaps: the content security policy allows no pattern that a style refers to
        return [Mark(x, HEAD + y, wide, 2, "unknown", one.says) for y in range(0, _TALL, 8)]
    dark = round(_TALL * one.dark / most, 1)
    light = round(_TALL * (one.all - one.dark) / most, 1)
    foot = HEAD + _TALL
    return [
        Mark(x, round(foot - height - below, 1), wide, height, kind, one.says)
        for height, below, kind in ((dark, 0.0, "night"), (light, dark, "day"))
        if height
    ]
