"""Cards: an answer is added, changed, removed; an asking is confirmed, or a suggestion said to be wrong."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from hausmeister.answers.models import Asking, Card, Feedback, Passage
from hausmeister.answers.operations import shelving
from hausmeister.answers.operations.shelving import Put
from hausmeister.base.untrusted import cut, lines, one_line
from hausmeister.familiarity import operations as familiarity
from hausmeister.familiarity.operations import Work
from hausmeister.familiarity.rules import Kind
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.team.models import Team

_MOST_TEXT, _MOST_ASKING = 20_000, 4000


class AnswerRefused(Exception):
    """The card cannot be stored or changed so; the text says why."""


@transaction.atomic
def add_answer(
    team: Team,
    *,
    title: str,
    text: str,
    by: Actor,
    now: datetime,
    author: str = "",
    link: str = "",
    asking_text: str = "",
) -> Card:
    """Store an answer as a card; with `asking_text` that asking is confirmed at once, by whom it was asked unknown.

    `author` is who answered, as people read it. Raises AnswerRefused when there is no title or no text.
    """
    title, text = one_line(title, 300), lines(text, _MOST_TEXT)
    _check(title, text, link)
    shelf = shelving.lock(team)
    card = Card.objects.create(
        team=team, kind="answer", title=title, text=text, link=one_line(link, 1000), by=one_line(author, 200),
        created_at=now, changed_at=now,
    )  # fmt: skip
    shelving.put(shelf, [Put(card, "title", title), Put(card, "body", text)])
    _journal(card, "answer.added", by, now, title=title)
    if asking_text.strip():
        confirm(card, asking_text, by=by, now=now)
    return card


def _check(title: str, text: str, link: str) -> None:
    if not title:
        raise AnswerRefused("The answer has no title; it must have one line of at most 300 characters.")
    if not text.strip():
        raise AnswerRefused("The answer has no text.")
    if link and not link.startswith(("http://", "https://")):
        raise AnswerRefused(f"The link is {link[:80]!r}; it must begin with http:// or https://.")


@transaction.atomic
def change_answer(card: Card, *, title: str, text: str, by: Actor, now: datetime) -> Card:
    """Change an answer's title and text. Raises AnswerRefused for a section: its document is changed instead."""
    title, text = one_line(title, 300), lines(text, _MOST_TEXT)
    if card.kind != "answer":
        raise AnswerRefused("A section of a document is changed in the document; it is read again by itself.")
    _check(title, text, card.link)
    shelf = shelving.lock(card.team)
    shelving.take(shelf, list(Passage.objects.filter(card=card, asking=None)))
    Card.objects.filter(pk=card.pk).update(title=title, text=text, changed_at=now)
    card.refresh_from_db()
    shelving.put(shelf, [Put(card, "title", title), Put(card, "body", text)])
    _journal(card, "answer.changed", by, now, title=title)
    return card


@transaction.atomic
def remove_answer(card: Card, *, by: Actor, now: datetime) -> None:
    """Remove an answer; its askings stay, unanswered. Raises AnswerRefused for a section."""
    if card.kind != "answer":
        raise AnswerRefused("A section of a document goes when it is removed from the document.")
    shelf = shelving.lock(card.team)
    shelving.take(shelf, list(Passage.objects.filter(card=card)))
    _journal(card, "answer.removed", by, now, title=card.title)
    card.delete()


@transaction.atomic
def confirm(
    card: Card, asking_text: str, *, by: Actor, now: datetime, asked_by: str = "", where: str = "",
    asking: Asking | None = None, signs: Mapping[str, float] | None = None,
) -> Asking:  # fmt: skip
    """Record that the card answered this asking: from now on the card is found by it too.

    `asking` is the one that was noted before; else one is stored, asked by `asked_by` (a stable name). `signs` are
    those of the suggestion, where there was one. A second time changes nothing. Raises AnswerRefused for an empty text.
    """
    text = cut(asking_text.strip(), _MOST_ASKING)
    if not text:
        raise AnswerRefused("The asking has no text.")
    shelf = shelving.lock(card.team)
    if asking is None:
        known = Asking.objects.filter(team_id=card.team_id, text=text, by=one_line(asked_by, 200), where=where[:1000])
        asking = known.order_by("-id").first() or Asking.objects.create(
            team_id=card.team_id, text=text, by=one_line(asked_by, 200), where=one_line(where, 1000), asked_at=now
        )
    if asking.card_id == card.pk:
        return asking
    if asking.card_id is not None:
        shelving.take(shelf, list(Passage.objects.filter(asking=asking)))
    Asking.objects.filter(pk=asking.pk).update(card=card)
    asking.refresh_from_db()
    shelving.put(shelf, [Put(card, "asking", text, asking)])
    _feedback(card, text, "helped", by, now, signs)
    _journal(card, "answer.confirmed", by, now, asking=asking.pk)
    if by.kind == "person" and by.id is not None:
        work = Work(Kind.CONFIRMED, f"asking:{asking.pk}", (by.id,), (card.title, text), now)
        familiarity.record(card.team_id, [work])
    return asking


@transaction.atomic
def reject(card: Card, asking_text: str, *, by: Actor, now: datetime, signs: Mapping[str, float] | None = None) -> None:
    """Record that the card does not answer this asking: it is not suggested for it again."""
    text = cut(asking_text.strip(), _MOST_ASKING)
    if Feedback.objects.filter(card=card, verdict="not this", text=text).exists():
        return
    _feedback(card, text, "not this", by, now, signs)
    _journal(card, "answer.rejected", by, now)


def _feedback(card: Card, text: str, verdict: str, by: Actor, now: datetime, signs: Mapping[str, float] | None) -> None:
    Feedback.objects.create(
        card=card, text=text, verdict=verdict, by=by.name[:200], at=now, signs=dict(signs) if signs else {}
    )


def _journal(card: Card, verb: str, by: Actor, now: datetime, **facts: object) -> None:
    journal.record(Fact(now, verb, f"card:{card.pk}", by, card.team_id, dict(facts)))
