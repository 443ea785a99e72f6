"""Suggestions: the cards that probably answer a question, few, with how sure it is; often none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from hausmeister.answers import encoder
from hausmeister.answers.index import index
from hausmeister.answers.models import Asking, Card, Feedback, Passage, Shelf, Term
from hausmeister.answers.queries import memory
from hausmeister.answers.rules import lexical, ranking
from hausmeister.answers.rules.lexical import Asked, Collection
from hausmeister.answers.rules.ranking import Fit, Ranked
from hausmeister.answers.rules.words import is_identifier, terms
from hausmeister.team.models import Team

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hausmeister.answers.encoder import Encoder

MOST_ASKED = 2000
_BY_WORDS, _BY_MEANING = 150, 150
# terms that are looked up: the rarest, as long as they stand in so many texts together
_MOST_TERMS, _MOST_POSTINGS = 8, 20_000
_EXTRACT = 240
# from where on a question is the one for which somebody said "not this"
_SAME = 0.8


@dataclass(frozen=True)
class Suggestion:
    """A card that probably answers, and why it is shown."""

    card: Card
    title: str
    extract: str
    confidence: float
    # "quite sure" or "maybe"
    words: str
    # "answer" or "document"
    source_kind: str
    days_old: int
    asked_times: int
    last_asked_at: datetime | None
    by_whom: str
    # the stems that question and card share; screens show words with these stems in bold
    matched: tuple[str, ...]
    # the earlier asking that is nearest, "" where the card itself is
    earlier_asking: str
    # whether the card's text changed after it helped somebody last
    changed_since: bool
    # to be handed to `confirm` or `reject`, so that the team's feedback is learned from
    signs: Mapping[str, float | str] = field(default_factory=dict)


def suggest(team: Team, text: str, *, now: datetime, most: int = 3) -> list[Suggestion]:
    """Return at most `most` cards that probably answer `text`, the likeliest first; nothing when it is not likely.

    Takes some 20 ms with an encoder, less without. A card that was "not this" for such a question is left out.
    """
    shelf = Shelf.objects.filter(team=team).first()
    asked_terms = terms(text[:MOST_ASKED])
    if shelf is None or not shelf.texts or not text.strip():
        return []
    asked = lexical.ask(asked_terms, _collection(shelf, asked_terms))
    model = encoder.best()
    vector = None if model is None else model.encode([text[:MOST_ASKED]])[0]
    passages = _candidates(shelf, asked, model, vector)
    average = shelf.terms / max(1, shelf.texts)
    meanings = {} if model is None or vector is None else _meanings(passages, model, vector)
    fits = [(one.card_id, one.pk, Fit(_words(one, asked, average), meanings.get(one.pk))) for one in passages]
    ranked = _not_rejected(ranking.rank(fits, named=asked.named), asked_terms)
    return _shown(ranked, {one.pk: one for one in passages}, asked, shelf, now, most)


def _collection(shelf: Shelf, asked_terms: Sequence[str]) -> Collection:
    """Return what is known of the question's terms in this team's texts."""
    from hausmeister.answers.rules import alike

    wanted = {term[:100] for one in asked_terms for term in (one, *alike.others(one))}
    known = dict(Term.objects.filter(team_id=shelf.team_id, stem__in=wanted).values_list("stem", "texts"))
    return Collection(shelf.texts, shelf.terms / max(1, shelf.texts), known)


def _candidates(
    shelf: Shelf, asked: Asked, model: "Encoder | None", vector: "NDArray[np.float32] | None"
) -> list[Passage]:
    """Return the passages worth judging: by words, by parts of names, by meaning."""
    collection_of = {term: asked.weights.get(term, 0.0) for term in asked.weights}
    found = dict.fromkeys(index().find(shelf.team_id, _looked_up(shelf, asked), most=_BY_WORDS))
    for name in [one for one in collection_of if is_identifier(one) and len(one) >= 4][:3]:
        found |= dict.fromkeys(index().find_named(shelf.team_id, name, most=20))
    if model is not None and vector is not None:
        found |= dict.fromkeys(memory.nearest(shelf, model, vector, most=_BY_MEANING))
    return list(Passage.objects.filter(pk__in=list(found)).defer("signs"))


def _looked_up(shelf: Shelf, asked: Asked) -> dict[str, float]:
    """Return the terms that the index is asked for: the rarest ones that occur, then what stands for them."""
    wanted = {term: weight for term, weight in asked.weights.items() if weight > 0}
    for term, others in asked.others.items():
        for other, share in others.items():
            wanted.setdefault(other, asked.weights[term] * share)
    counts = dict(Term.objects.filter(team_id=shelf.team_id, stem__in=list(wanted)).values_list("stem", "texts"))
    chosen: dict[str, float] = {}
    read = 0
    for term in sorted(counts, key=lambda one: (-wanted[one], one)):
        if len(chosen) == _MOST_TERMS or (chosen and read + counts[term] > _MOST_POSTINGS):
            break
        chosen[term] = wanted[term]
        read += counts[term]
    return chosen


def _words(passage: Passage, asked: Asked, average: float) -> float:
    stems = passage.stems.split()
    return lexical.score(asked, Counter(stems), length=len(stems), average=average)


def _meanings(passages: Sequence[Passage], model: "Encoder", vector: "NDArray[np.float32]") -> dict[int, float]:
    """Return how near each passage is by meaning; those whose vectors are still to come are left out."""
    from hausmeister.answers.encoder.kept import rows_in, unpacked

    ready = [(one.pk, bytes(one.vectors)) for one in passages if one.vectors and one.encoder == model.name]
    if not ready:
        return {}
    near = (unpacked(b"".join(kept for _, kept in ready), model.dimensions) @ vector).tolist()
    found, start = {}, 0
    for number, kept in ready:
        end = start + rows_in(kept, model.dimensions)
        found[number] = ranking.meaning_of(near[start], near[start + 1 : end])
        start = end
    return found


def _not_rejected(ranked: list[Ranked[int]], asked_terms: Sequence[str]) -> list[Ranked[int]]:
    """Leave out the cards of which somebody said "not this" for this very question, or one in the same words."""
    wanted = set(asked_terms)
    first = [one.card for one in ranked[:10]]
    said = Feedback.objects.filter(card__in=first, verdict="not this").values_list("card_id", "text")
    hidden = {
        card for card, text in said if len(wanted & (other := set(terms(text)))) >= _SAME * max(1, len(wanted | other))
    }
    return [one for one in ranked if one.card not in hidden]


def _shown(
    ranked: list[Ranked[int]], passages: Mapping[int, Passage], asked: Asked, shelf: Shelf, now: datetime, most: int
) -> list[Suggestion]:
    """Return what is shown of the ranked cards: the first when it is sure enough, others that come close to it."""
    cards = Card.objects.select_related("document__source").in_bulk([one.card for one in ranked[:most]])
    found: list[Suggestion] = []
    for one in ranked[:most]:
        card = cards.get(one.card)
        if card is None:
            continue
        askings = list(card.askings.order_by("-asked_at", "-id"))
        tier = "words" if one.fit.meaning is None else "meaning"
        chance = ranking.confidence(one, own=shelf.weights.get(tier))
        if card.kind == "answer":
            chance = ranking.faded(chance, days=(now - card.changed_at).days, confirmed=len(askings))
        words = ranking.in_words(chance)
        if not words:
            break
        found.append(_suggestion(one, card, passages[one.text], askings, asked, chance, words, now, tier))
    return found


def _suggestion(
    one: Ranked[int], card: Card, passage: Passage, askings: list[Asking], asked: Asked, chance: float, words: str,
    now: datetime, tier: str,
) -> Suggestion:  # fmt: skip
    last = askings[0] if askings else None
    document = card.document
    matched = sorted(asked.every_term() & set(passage.stems.split()))
    return Suggestion(
        card=card,
        title=card.title,
        extract=_extract(card.text, asked),
        confidence=round(chance, 3),
        words=words,
        source_kind="document" if document is not None else "answer",
        days_old=max(0, (now - card.changed_at).days),
        asked_times=len(askings),
        last_asked_at=last.asked_at if last else None,
        by_whom=card.by or (document.source.name if document is not None else ""),
        matched=tuple(matched),
        earlier_asking=passage.text if passage.kind == "asking" else "",
        changed_since=last is not None and card.changed_at > last.asked_at,
        signs={**ranking.signs(one), "tier": tier},
    )


def _extract(text: str, asked: Asked) -> str:
    """Return the part of the text that says most of what was asked for, in one or two lines."""
    wanted = asked.every_term()
    parts = ranking.windows(text, most=40) or [text]
    best = max(parts, key=lambda part: sum(asked.weights.get(term, 0.1) for term in set(terms(part)) & wanted))
    line = " ".join(best.split())
    return line if len(line) <= _EXTRACT else line[: _EXTRACT - 1].rstrip() + "…"
