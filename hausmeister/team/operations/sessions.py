"""One's sessions: which browsers are signed in, and ending them on the server (S20)."""

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.team.models import Person


@transaction.atomic
def end(person: Person, session_id: int, *, by: Actor, now: datetime) -> None:
    """End one session of `person`. Raises UserSession.DoesNotExist when it is not theirs."""
    one = UserSession.objects.get(pk=session_id, user=person)
    _end([one.session_key])
    journal.record(Fact(now, "session.ended", f"person:{person.pk}", by, None, {}))


@transaction.atomic
def end_all(person: Person, *, but: str = "") -> int:
    """End every session of `person`, all but the one with the key `but`; return how many."""
    keys = [key for key in UserSession.objects.filter(user=person).values_list("session_key", flat=True) if key != but]
    _end(keys)
    return len(keys)


def _end(keys: list[str]) -> None:
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
