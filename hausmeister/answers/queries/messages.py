"""What a message is, by the best means at hand."""

from hausmeister.answers import encoder
from hausmeister.answers.rules.messages import Context, Judged, classify


def judge(text: str, *, context: Context) -> Judged:
    """Return what the message is, with the chance of each label; takes up to 20 ms where an encoder is installed."""
    model = encoder.best()
    vector = None if model is None or not text.strip() else model.encode([text])[0].tolist()
    return classify(text, context=context, vector=vector)
