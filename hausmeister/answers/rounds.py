"""What the room does in the background, beside the engine: arithmetic and files must not hold up a page."""

from collections.abc import Callable
from datetime import datetime, timedelta

from hausmeister.answers import operations
from hausmeister.answers.models import Asking, Feedback, Source
from hausmeister.base.one_at_a_time import Begin, OneAtATime

Work = Callable[[datetime], int]
# name, what is done, whether there may be anything to do, how often
ROUNDS: tuple[tuple[str, Work, Callable[[], bool], timedelta], ...] = (
    (
        "give meaning",
        operations.give_meaning,
        operations.lacks_meaning,
        timedelta(seconds=10),
    ),
    ("read documents", operations.read_sources, Source.objects.exists, timedelta(minutes=5)),
    ("gather askings", operations.tend_recurring, Asking.objects.exists, timedelta(minutes=10)),
    ("regather askings", operations.relink_all, Asking.objects.exists, timedelta(hours=24)),
    ("refit confidence", operations.refit_confidence, Feedback.objects.exists, timedelta(hours=24)),
)


class Round:
    """One of them: begun when there may be something to do, unless it is still going on."""

    def __init__(self, name: str, work: Work, is_due: Callable[[], bool], *, begin: Begin):
        self.name = name
        self._work, self._is_due = work, is_due
        self._rounds = OneAtATime(begin, event="answers.round_failed", round=name)

    def run(self, now: datetime) -> int:
        """Begin it; return 1 when it was begun. What fails is logged, and met again in the next round."""
        return self._rounds.begin(lambda: self._go(now)) if self._is_due() else 0

    def _go(self, now: datetime) -> None:
        self._work(now)
