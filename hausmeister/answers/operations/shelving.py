"""Putting passages on a team's shelf and taking them off: rows, counts of terms and index, always together."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import F

from hausmeister.answers.index import Entry, index
from hausmeister.answers.models import Asking, Card, Passage, Shelf, Term
from hausmeister.answers.rules.words import is_identifier, terms
from hausmeister.base.untrusted import storable
from hausmeister.team.models import Team

# longer texts are searched by their beginning
MOST_SEARCHED = 8000
_ONCE = 500


@dataclass(frozen=True)
class Put:
    """A text to be found by."""

    card: Card
    kind: str
    text: str
    asking: Asking | None = None


def lock(team: Team) -> Shelf:
    """Return the team's shelf, locked: one writer at a time, so that counts and index stay in step."""
    Shelf.objects.get_or_create(team=team)
    return Shelf.objects.select_for_update().get(team=team)


def put(shelf: Shelf, texts: Iterable[Put]) -> None:
    """Store the passages of `texts`; the shelf must be locked."""
    wanted = [(one, terms(one.text[:MOST_SEARCHED])) for one in texts]
    rows = [
        Passage(
            team_id=shelf.team_id, card=one.card, asking=one.asking, kind=one.kind,
            text=storable(one.text[:MOST_SEARCHED]), stems=" ".join(stems),
        )
        for one, stems in wanted
    ]  # fmt: skip
    for start in range(0, len(rows), _ONCE):
        Passage.objects.bulk_create(rows[start : start + _ONCE])
    index().add(
        [Entry(row.pk, shelf.team_id, stems, _names(stems)) for row, (_, stems) in zip(rows, wanted, strict=True)]
    )
    _count(shelf.team_id, Counter(term for _, stems in wanted for term in set(stems)))
    Shelf.objects.filter(pk=shelf.pk).update(
        texts=F("texts") + len(rows), terms=F("terms") + sum(len(stems) for _, stems in wanted)
    )


def _names(stems: Sequence[str]) -> str:
    return " ".join(dict.fromkeys(term for term in stems if is_identifier(term)))


def take(shelf: Shelf, passages: Sequence[Passage]) -> None:
    """Remove these passages; the shelf must be locked."""
    stems = [one.stems.split() for one in passages]
    numbers = [one.pk for one in passages]
    for start in range(0, len(numbers), _ONCE):
        Passage.objects.filter(pk__in=numbers[start : start + _ONCE]).delete()
    index().remove(numbers)
    _count(shelf.team_id, Counter({term: -n for term, n in Counter(t for one in stems for t in set(one)).items()}))
    Shelf.objects.filter(pk=shelf.pk).update(texts=F("texts") - len(passages), terms=F("terms") - sum(map(len, stems)))


def _count(team_id: int, counts: Counter[str]) -> None:
    """Raise or lower in how many texts each term occurs."""
    rows = [(team_id, term[:100], count) for term, count in sorted(counts.items()) if count]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO answers_term (team_id, stem, texts) VALUES (%s, %s, %s)"
            " ON CONFLICT (team_id, stem) DO UPDATE SET texts = answers_term.texts + excluded.texts",
            rows,
        )
    if any(count < 0 for _, _, count in rows):
        Term.objects.filter(team_id=team_id, texts__lte=0).delete()
