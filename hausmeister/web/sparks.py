"""A sparkline as marks (UI, section 9): 96 by 24, no axis. Pure; the last value stands beside it in digits."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 96, 24
_EDGE = 3


@dataclass(frozen=True)
class Spark:
    """The line as SVG's `points`, and where its last point is."""

    points: str
    x: float
    y: float


def spark(numbers: Sequence[float]) -> Spark | None:
    """Return the line of `numbers`, oldest first; None where there are fewer than two."""
    if len(numbers) < 2:
        return None
    least, most = min(numbers), max(numbers)
    span = most - least
    step = (WIDTH - 2 * _EDGE) / (len(numbers) - 1)
    # what never changes is a line in the middle
    places = [
        (
            round(_EDGE + step * place, 1),
            round(HEIGHT - _EDGE - (HEIGHT - 2 * _EDGE) * ((number - least) / span if span else 0.5), 1),
        )
        for place, number in enumerate(numbers)
    ]
    return Spark(" ".join(f"{x},{y}" for x, y in places), *places[-1])


def in_digits(number: float | int | None) -> str:
    """Return a metric as a person reads it: 2.1 M, 41, 0.003; "" for none."""
    if number is None:
        return ""
    size = abs(number)
    for least, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= least:
            divided = number / (least if letter != "k" else 1e3)
            return f"{divided:.3g} {letter}" if size < 1e15 else f"{number:.3g}"
    return str(number) if isinstance(number, int) else f"{number:.4g}"
