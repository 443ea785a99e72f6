"""What a message that was heard is: the one place that asks, whoever knows."""

from hausmeister.triage.models import Said
from hausmeister.triage.rules import reading
from hausmeister.triage.rules.reading import Verdict


def judge(said: Said) -> Verdict:
    """Return what `said` is, by its form."""
    return reading.classify(said.text)
