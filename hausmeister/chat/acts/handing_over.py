"""Accepting a hand-off below the message that brings it."""

from hausmeister.chat.acts.act import Act, CannotDo
from hausmeister.chat.shapes import Answer, Call, said
from hausmeister.handoff import queries
from hausmeister.handoff.operations import accepting, telling
from hausmeister.handoff.operations.accepting import HandoffRefused
from hausmeister.team import permissions
from hausmeister.team.rules import Capability


def problem(error: Exception) -> str:
    """Return in words what people can expect to go wrong, "" for anything else."""
    return str(error) if isinstance(error, HandoffRefused) else ""


def accept(call: Call) -> Answer:
    """Accept everything that stands in the hand-off."""
    value = call.asked.value
    number = int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else 0
    found = queries.visible_to(call.person).filter(pk=number).first()
    if found is None:
        raise CannotDo("This hand-off is not there any more.")
    permissions.check(call.person, Capability.ACT_ON_PAGES, team_id=found.team_id)
    accepting.accept(found.pk, by=call.person, now=call.asked.now)
    return said(f"Accepted: you have the duty of {found.team.name}.")


ACTS = (Act(telling.ACCEPT, accept),)
