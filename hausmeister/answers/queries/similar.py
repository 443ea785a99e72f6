"""Probable duplicates of an issue, by the best means at hand: words and titles, meaning where an encoder is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hausmeister.answers import encoder
from hausmeister.answers.models import IssueMeaning
from hausmeister.answers.rules import duplicates
from hausmeister.answers.rules.duplicates import IssueText, Meanings
from hausmeister.issues.rules.similar import Described

if TYPE_CHECKING:
    from hausmeister.answers.encoder import Encoder

# with the encoder those are compared by meaning that words and titles put forward
_COMPARED = 60


class IssueRanker:
    """What the room of issues asks which issues are alike (`issues.queries.Ranker`)."""

    def likely(self, asked: Described, others: Sequence[Described], *, most: int) -> list[tuple[int, float]]:
        """Return number and chance (0 to 1) of the few that `asked` probably repeats; often none.

        Two short texts are encoded, no more: the issues' own vectors were made by the engine. While one of them is
        still to come, words alone decide.
        """
        texts = [IssueText(str(one.number), one.title, one.text, one.at) for one in others]
        issue = IssueText("", asked.title, asked.text, asked.at)
        meanings, model = None, encoder.best()
        if model is not None and texts:
            first = duplicates.Issues([*texts, issue]).similar(len(texts), among=range(len(texts)), most=_COMPARED)
            keys = {one.key for one in first}
            chosen = [one for one in texts if one.key in keys]
            meanings = _meanings(issue, chosen, model)
            texts = chosen if meanings is not None else texts
        found = duplicates.similar_texts(issue, texts, most=most, meanings=meanings)
        return [(int(one.key), round(one.confidence, 3)) for one in found]


def _meanings(issue: IssueText, chosen: Sequence[IssueText], model: "Encoder") -> Meanings | None:
    """Return how near `issue` is to each of `chosen` by meaning; None while one of them has no vectors."""
    from hausmeister.answers.encoder.kept import unpacked

    rows = IssueMeaning.objects.filter(issue__in=[int(one.key) for one in chosen], encoder=model.name)
    kept = {number: bytes(vectors) for number, vectors in rows.values_list("issue_id", "vectors")}
    if len(kept) < len(chosen):
        return None
    vectors = unpacked(b"".join(kept[int(one.key)] for one in chosen), model.dimensions)
    title, whole = model.encode([issue.title, duplicates.whole(issue.title, issue.body)])
    # the issue itself comes last, and is as near to itself as can be
    near = [*(vectors[0::2] @ title).tolist(), 1.0], [*(vectors[1::2] @ whole).tolist(), 1.0]
    return lambda _number: near
