"""Reading asks: what is asked of me and by me, and one ask with everybody's answers."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from hausmeister.rota.asks.board import Move
from hausmeister.rota.asks.rules import Answer, OfferState
from hausmeister.rota.models.asks import Ask, AskAnswer, AskOffer, AskQuerySet
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Capability


@dataclass(frozen=True)
class OfferShown:
    """An offer with its moves, and who has answered what, by name."""

    row: AskOffer
    moves: tuple[Move, ...]
    answers: tuple[AskAnswer, ...]
    names: dict[int, str]

    def waits_for(self, person: Person) -> bool:
        """Say whether the offer is open and `person` has not agreed to it yet."""
        mine = [one.answer for one in self.answers if one.person_id == person.pk]
        return self.row.state == OfferState.OPEN and mine == [Answer.NONE]


def visible_to(person: Person) -> AskQuerySet:
    """Return the asks that `person` may see: their own, those they are asked in, all of teams that they lead."""
    led = permissions.team_ids(person, Capability.CHANGE_ROTA)
    everything = Ask.objects.select_related("team", "asker", "created_by")
    if led is None:
        return everything.order_by("-id")
    mine = Ask.objects.filter(Q(asker=person) | Q(offers__answers__person=person) | Q(team_id__in=led))
    return everything.filter(pk__in=mine.values("pk")).order_by("-id")


def of_me(person: Person, *, now: datetime) -> list[Ask]:
    """Return the open asks that wait for an answer of `person`, the soonest duty first."""
    waiting = AskAnswer.objects.filter(person=person, answer=Answer.NONE, offer__state=OfferState.OPEN)
    found = Ask.objects.open().filter(pk__in=waiting.values("offer__ask"), expires_at__gt=now)
    return list(found.select_related("team", "asker"))


def by_me(person: Person) -> list[Ask]:
    """Return the asks that `person` made, the newest first, at most twenty."""
    return list(Ask.objects.filter(asker=person).select_related("team", "asker").order_by("-id")[:20])


def open_of(team: Team) -> list[Ask]:
    """Return every open ask of the team."""
    return list(Ask.objects.open().filter(team=team).select_related("team", "asker", "created_by"))


def offers(ask: Ask) -> list[OfferShown]:
    """Return the offers of the ask, in the order in which they were made."""
    found = []
    for row in ask.offers.order_by("id").prefetch_related("answers__person"):
        moves = tuple(Move.of(step) for step in row.steps)
        ids = {who for move in moves for who in (move.giver, move.taker) if who}
        names = {who: person.name for who, person in team_queries.people_by_id(ids).items()}
        found.append(OfferShown(row, moves, tuple(row.answers.all()), names))
    return found
