"""The answers room as the one who knows earlier answers: suggests, learns, and keeps what the team answered."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hausmeister.answers import operations, queries
from hausmeister.answers.models import Card
from hausmeister.answers.queries import Suggestion
from hausmeister.journal.rules import Actor
from hausmeister.team.models import Team
from hausmeister.triage.operations.pointing import MOST, Answered
from hausmeister.triage.shapes import Candidate


class Earlier:
    """Asks the answers room."""

    def suggest(self, team: Team, text: str, *, now: datetime, most: int = MOST) -> Sequence[Candidate]:
        """Return the cards that probably answer, the likeliest first."""
        return [_candidate(one) for one in queries.suggest(team, text, now=now, most=most)]

    def note(self, team: Team, text: str, *, by: str, where: str, at: datetime) -> None:
        """Let it be noticed when a question keeps coming."""
        operations.note_asking(team, text, by=by, at=at, where=where)

    def learn(self, team: Team, card: str, asked: str, *, fits: bool, by: str, now: datetime) -> None:
        """Confirm or reject a card; one that is gone by now learns nothing."""
        found = Card.objects.filter(team=team, pk=int(card)).first() if card.isdecimal() else None
        actor = Actor("chat", None, by)
        if found is None:
            return
        if fits:
            operations.confirm(found, asked, by=actor, now=now, asked_by=by)
        else:
            operations.reject(found, asked, by=actor, now=now)

    def keep(self, team: Team, answered: Answered, *, now: datetime) -> None:
        """Keep an answer that its asker was content with."""
        operations.add_answer(
            team, title=answered.title, text=answered.text, by=Actor("chat", None, answered.author), now=now,
            author=answered.author, link=answered.link, asking_text=answered.asked,
        )  # fmt: skip


def _candidate(one: Suggestion) -> Candidate:
    source = one.by_whom or (_("a document") if one.source_kind == "document" else _("an earlier answer"))
    return Candidate(
        card=str(one.card.pk),
        title=one.title,
        text=one.extract or one.card.text[:600],
        confidence=one.words.capitalize(),
        source=source,
        age=_age(one.days_old),
        link=one.card.link,
    )


def _age(days: int) -> str:
    if days < 1:
        return _("today")
    if days < 60:
        return ngettext("%(n)d day old", "%(n)d days old", days) % {"n": days}
    months = days // 30
    return ngettext("%(n)d month old", "%(n)d months old", months) % {"n": months}
