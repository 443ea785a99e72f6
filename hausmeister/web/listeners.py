"""Who listens to the live stream: the session behind its cookie, and what that person may hear now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session

from hausmeister.base import signing
from hausmeister.team import permissions
from hausmeister.team.models import Person
from hausmeister.team.rules import Capability
from hausmeister.web import accounts
from hausmeister.web.middleware import LONGEST_SESSION
from hausmeister.web.middleware import SESSION_KEY as SESSION_KEY_FORM


@dataclass(frozen=True)
class Listener:
    """A session that listens."""

    session_key: str
    person_id: int


@dataclass(frozen=True)
class Rights:
    """What one person may hear: the teams for each capability, None for every team."""

    teams: dict[Capability, frozenset[int] | None]

    def allows(self, capability: Capability, team_id: int) -> bool:
        """Say whether the person may hear of this team's things."""
        teams = self.teams[capability]
        return teams is None or team_id in teams


def of_cookies(text: str, *, now: datetime) -> Listener | None:
    """Return who sent these cookies, None for a stranger. Raises DatabaseError."""
    try:
        cookie = SimpleCookie(text).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    if cookie is None or not SESSION_KEY_FORM.fullmatch(cookie.value):
        return None
    return _listener(cookie.value, now=now)


def _listener(session_key: str, *, now: datetime) -> Listener | None:
    session: Any = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    person_id = str(session.get(SESSION_KEY, ""))
    if not person_id.isdecimal():
        return None
    person = Person.objects.filter(pk=int(person_id), is_active=True).first()
    if person is None or not signing.same(str(session.get(HASH_SESSION_KEY, "")), person.get_session_auth_hash()):
        return None
    began = datetime.fromtimestamp(session.get(accounts.SIGNED_IN_AT, 0), UTC)
    return Listener(session_key, person.pk) if now - began <= LONGEST_SESSION else None


def still_valid(found: Iterable[Listener], *, now: datetime) -> set[Listener]:
    """Return those whose session has not ended meanwhile."""
    asked = list(found)
    alive = set(
        Session.objects.filter(session_key__in=[one.session_key for one in asked]).values_list("session_key", flat=True)
    )
    return {one for one in asked if one.session_key in alive and _listener(one.session_key, now=now) is not None}


def rights_of(person_ids: Iterable[int]) -> dict[int, Rights]:
    """Return what each of these people may hear at this moment; nobody inactive is among them."""
    found = {}
    for person in Person.objects.filter(pk__in=set(person_ids), is_active=True):
        permissions.remember_roles(person)
        asked = (Capability.SEE_STATUS, Capability.SEE_PAGES, Capability.SEE_ISSUES, Capability.SEE_INCIDENTS)
        found[person.pk] = Rights({capability: permissions.team_ids(person, capability) for capability in asked})
    return found
