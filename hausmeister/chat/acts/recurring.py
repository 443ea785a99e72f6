"""The tap below "this keeps coming": the document, as it is drafted, is offered for review."""

from hausmeister.answers import queries
from hausmeister.answers.models import Recurring
from hausmeister.answers.operations import offering
from hausmeister.answers.operations.offering import NotOffered, Paper
from hausmeister.chat.acts.act import Act, CannotDo
from hausmeister.chat.recurring import DRAFT
from hausmeister.chat.shapes import Answer, Call
from hausmeister.outbox.chat import Link, Words
from hausmeister.team import operations as team_operations
from hausmeister.team import permissions
from hausmeister.team.rules import Capability
from hausmeister.triage.operations import telling


def problem(error: Exception) -> str:
    """Return in words what people can expect to go wrong, "" for anything else."""
    return str(error) if isinstance(error, NotOffered) else ""


def draft(call: Call) -> Answer:
    """Offer the document for review, as it was drafted."""
    value, now = call.asked.value, call.asked.now
    number = int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else 0
    question = Recurring.objects.exclude(state="open").select_related("team").filter(pk=number).first()
    if question is None:
        raise CannotDo("This question is not there any more.")
    permissions.check(call.person, Capability.ACT_ON_PAGES, team_id=question.team_id)
    (told,) = queries.proposals(question.team, states=(question.state,), only=question.pk)
    paper = Paper(told.title, queries.draft(question, now=now))
    pull = offering.offer(question.pk, paper, by=team_operations.as_actor(call.person), now=now)
    link = Link("Open", telling.address_of_recurring(question.pk))
    return Answer(Words(f"The document is on its way to {pull.repository}, for review.", links=(link,)))


ACTS = (Act(DRAFT, draft),)
