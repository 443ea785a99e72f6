"""Answers over the JSON API: suggestions, cards and their askings, sources, what keeps coming."""

from typing import Annotated, Literal

from ninja import Query, Router, Status

from hausmeister.answers import operations, queries
from hausmeister.answers.models import Asking, Card, Recurring, Source
from hausmeister.answers.operations import AnswerRefused
from hausmeister.answers.rules.drafts import Asked, title_of
from hausmeister.answers.shapes import (
    CardChange,
    CardIn,
    CardOut,
    CardsOut,
    ConfirmIn,
    DocumentDraftOut,
    RecurringOut,
    RecurringsOut,
    RejectIn,
    SourceOut,
    SourcesOut,
    SplitIn,
    SuggestionOut,
    SuggestionsOut,
    WrittenIn,
)
from hausmeister.base import clock
from hausmeister.base.problem import Problem
from hausmeister.base.untrusted import storable
from hausmeister.journal.rules import Actor
from hausmeister.team import operations as team_operations
from hausmeister.team.asking import (
    REFUSALS,
    ApiRequest,
    Before,
    Id,
    Key,
    Limit,
    Named,
    ProblemOut,
    named_person,
    not_found,
)
from hausmeister.team.models import Team
from hausmeister.team.rules import Scope

router = Router(tags=["answers"])
State = Literal["open", "proposed", "written", "dismissed"]


def _team(request: ApiRequest) -> Team:
    return Team.objects.get(pk=request.auth.team_id)


def _actor(request: ApiRequest, email: str) -> Actor:
    return team_operations.as_actor(named_person(request.auth, email))


def _card(request: ApiRequest, card_id: int) -> Card:
    card = Card.objects.filter(pk=card_id, team_id=request.auth.team_id).select_related("team").first()
    if card is None:
        raise not_found("card")
    return card


def _recurring(request: ApiRequest, recurring_id: int) -> Recurring:
    found = Recurring.objects.filter(pk=recurring_id, team_id=request.auth.team_id).select_related("team").first()
    if found is None:
        raise not_found("recurring question")
    return found


def _refused(error: AnswerRefused) -> Problem:
    return Problem(422, "answer_refused", str(error))


@router.get(
    "/answers/suggestions", auth=Key(Scope.READ), response={200: SuggestionsOut, REFUSALS: ProblemOut},
    summary="What answers a question",
)  # fmt: skip
def suggestions(
    request: ApiRequest, text: Annotated[str, Query(min_length=1, max_length=4000, description="The question.")]
) -> SuggestionsOut:
    """The cards that probably answer, at most three; none when it is not likely enough."""
    found = queries.suggest(_team(request), storable(text), now=clock.now())
    return SuggestionsOut(items=[SuggestionOut.of(one) for one in found])


@router.get("/answers/cards", auth=Key(Scope.READ), response={200: CardsOut, REFUSALS: ProblemOut}, summary="Cards")
def cards(request: ApiRequest, before: Before = None, limit: Limit = 20) -> CardsOut:
    """The team's cards, the newest first."""
    found = Card.objects.filter(team_id=request.auth.team_id).order_by("-id")
    if before is not None:
        found = found.filter(pk__lt=before)
    return CardsOut(items=[CardOut.of(one) for one in found[:limit]])


@router.get(
    "/answers/cards/{card_id}", auth=Key(Scope.READ), response={200: CardOut, REFUSALS: ProblemOut}, summary="One card"
)
def one_card(request: ApiRequest, card_id: Id) -> CardOut:
    """One card with its text."""
    return CardOut.of(_card(request, card_id))


@router.post(
    "/answers/cards", auth=Key(Scope.MANAGE), response={201: CardOut, REFUSALS: ProblemOut}, summary="Add an answer"
)
def add_card(request: ApiRequest, named: Named, given: CardIn) -> Status[CardOut]:
    """Store an answer as a card."""
    try:
        card = operations.add_answer(
            _team(request), title=storable(given.title), text=storable(given.text), by=_actor(request, named),
            now=clock.now(), author=storable(given.author), link=storable(given.link),
            asking_text=storable(given.asking),
        )  # fmt: skip
    except AnswerRefused as error:
        raise _refused(error) from error
    return Status(201, CardOut.of(card))


@router.put(
    "/answers/cards/{card_id}", auth=Key(Scope.MANAGE), response={200: CardOut, REFUSALS: ProblemOut},
    summary="Change an answer",
)  # fmt: skip
def change_card(request: ApiRequest, card_id: Id, named: Named, given: CardChange) -> CardOut:
    """Change an answer's title and text; a section is changed in its document."""
    by, card = _actor(request, named), _card(request, card_id)
    try:
        return CardOut.of(
            operations.change_answer(
                card, title=storable(given.title), text=storable(given.text), by=by, now=clock.now()
            )
        )
    except AnswerRefused as error:
        raise _refused(error) from error


@router.delete(
    "/answers/cards/{card_id}", auth=Key(Scope.MANAGE), response={204: None, REFUSALS: ProblemOut},
    summary="Remove an answer",
)  # fmt: skip
def remove_card(request: ApiRequest, card_id: Id, named: Named) -> Status[None]:
    """Remove an answer; a section goes when it is removed from its document."""
    by, card = _actor(request, named), _card(request, card_id)
    try:
        operations.remove_answer(card, by=by, now=clock.now())
    except AnswerRefused as error:
        raise _refused(error) from error
    return Status(204, None)


@router.post(
    "/answers/cards/{card_id}/confirm", auth=Key(Scope.MANAGE), response={200: CardOut, REFUSALS: ProblemOut},
    summary="This answered it",
)  # fmt: skip
def confirm(request: ApiRequest, card_id: Id, named: Named, given: ConfirmIn) -> CardOut:
    """Record that the card answered an asking: it is found by it from now on."""
    by, card = _actor(request, named), _card(request, card_id)
    try:
        operations.confirm(
            card, storable(given.asking), by=by, now=clock.now(), asked_by=storable(given.asked_by),
            where=storable(given.where),
        )  # fmt: skip
    except AnswerRefused as error:
        raise _refused(error) from error
    return CardOut.of(card)


@router.post(
    "/answers/cards/{card_id}/reject", auth=Key(Scope.MANAGE), response={204: None, REFUSALS: ProblemOut},
    summary="Not this",
)  # fmt: skip
def reject(request: ApiRequest, card_id: Id, named: Named, given: RejectIn) -> Status[None]:
    """Record that the card does not answer an asking: it is not suggested for it again."""
    by, card = _actor(request, named), _card(request, card_id)
    operations.reject(card, storable(given.asking), by=by, now=clock.now())
    return Status(204, None)


@router.get(
    "/answers/sources", auth=Key(Scope.READ), response={200: SourcesOut, REFUSALS: ProblemOut}, summary="Sources"
)
def sources(request: ApiRequest) -> SourcesOut:
    """The folders of documents; they are added by `hausmeister questions import`, on the server."""
    found = Source.objects.filter(team_id=request.auth.team_id).order_by("name", "id")
    return SourcesOut(items=[SourceOut.of(one) for one in found])


@router.get(
    "/answers/recurring", auth=Key(Scope.READ), response={200: RecurringsOut, REFUSALS: ProblemOut},
    summary="Questions that keep coming",
)  # fmt: skip
def recurring(request: ApiRequest, state: State = "proposed", limit: Limit = 20) -> RecurringsOut:
    """The questions that call for a document, or those in another state."""
    found = queries.proposals(_team(request), states=(state,), most=limit)
    return RecurringsOut(items=[RecurringOut.of(one) for one in found])


@router.get(
    "/answers/recurring/{recurring_id}/draft", auth=Key(Scope.READ),
    response={200: DocumentDraftOut, REFUSALS: ProblemOut}, summary="The draft of a document",
)  # fmt: skip
def draft(request: ApiRequest, recurring_id: Id) -> DocumentDraftOut:
    """A document from the askings and the best answer so far."""
    found = _recurring(request, recurring_id)
    askings = [Asked(one.text, one.by, one.asked_at) for one in found.askings.order_by("asked_at", "id")]
    return DocumentDraftOut(title=title_of(askings), markdown=queries.draft(found, now=clock.now()))


@router.post(
    "/answers/recurring/{recurring_id}/split", auth=Key(Scope.MANAGE), response={204: None, REFUSALS: ProblemOut},
    summary="Not the same",
)  # fmt: skip
def split(request: ApiRequest, recurring_id: Id, named: Named, given: SplitIn) -> Status[None]:
    """Take an asking out of a recurring question, for good."""
    by, found = _actor(request, named), _recurring(request, recurring_id)
    asking = Asking.objects.filter(pk=given.asking, recurring=found).first()
    if asking is None:
        raise Problem(422, "answer_refused", f"Asking {given.asking} is not part of this question.", "asking")
    operations.split(found, asking, by=by, now=clock.now())
    return Status(204, None)


@router.post(
    "/answers/recurring/{recurring_id}/dismiss", auth=Key(Scope.MANAGE), response={204: None, REFUSALS: ProblemOut},
    summary="No document needed",
)  # fmt: skip
def dismiss(request: ApiRequest, recurring_id: Id, named: Named) -> Status[None]:
    """Say that no document is needed; it is not proposed again."""
    by, found = _actor(request, named), _recurring(request, recurring_id)
    operations.dismiss(found, by=by, now=clock.now())
    return Status(204, None)


@router.post(
    "/answers/recurring/{recurring_id}/written", auth=Key(Scope.MANAGE), response={204: None, REFUSALS: ProblemOut},
    summary="The document is written",
)  # fmt: skip
def written(request: ApiRequest, recurring_id: Id, named: Named, given: WrittenIn) -> Status[None]:
    """Record where the document is; with `card` its askings are confirmed for that card."""
    by, found = _actor(request, named), _recurring(request, recurring_id)
    card = _card(request, given.card) if given.card is not None else None
    operations.written(found, by=by, now=clock.now(), link=storable(given.link), card=card)
    return Status(204, None)
