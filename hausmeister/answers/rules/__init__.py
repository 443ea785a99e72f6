"""Pure decisions: words and their stems, how well texts fit, what a message is, what keeps coming, how good it is."""

from hausmeister.answers.rules.messages import Context, Judged, Label, Said, classify

__all__ = ["Context", "Judged", "Label", "Said", "classify"]
