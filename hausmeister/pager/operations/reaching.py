"""How a person is reached changes: pages that call them at this moment look again when to ring next."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from hausmeister.journal.rules import Actor
from hausmeister.pager.operations import climbing
from hausmeister.team import operations as team
from hausmeister.team.models import ContactMethod, Person
from hausmeister.team.operations import profile
from hausmeister.team.rules import ListName


@transaction.atomic
def set_ladder(
    person: Person, list_name: ListName, rungs: Sequence[tuple[int, int]], *, by: Actor, now: datetime
) -> None:
    """Make the person's own ladder `rungs`: (seconds after the call, method id). Raises ContactMethod.DoesNotExist."""
    team.set_ladder(person, list_name, rungs, by=by, now=now)
    climbing.reschedule_rings(person.pk, now=now)


@transaction.atomic
def remove_method(method: ContactMethod, *, by: Actor, now: datetime) -> None:
    """Remove a way to reach somebody, with its rungs and the codes that wait for it."""
    person_id = method.person_id
    profile.forget_codes(method, now=now)
    team.remove_method(method, by=by, now=now)
    climbing.reschedule_rings(person_id, now=now)


@transaction.atomic
def switch_method(method: ContactMethod, *, on: bool, by: Actor, now: datetime) -> None:
    """Let a contact method rest, or use it again."""
    profile.switch_method(method, on=on, by=by, now=now)
    climbing.reschedule_rings(method.person_id, now=now)


@transaction.atomic
def verify_method(method: ContactMethod, *, code: str, by: Actor, now: datetime) -> None:
    """Count a method from now on. Raises WrongCode or CodeIsVoid (see `team.operations.verify`)."""
    team.verify(method, code=code, by=by, now=now)
    climbing.reschedule_rings(method.person_id, now=now)
