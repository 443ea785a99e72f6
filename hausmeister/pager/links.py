"""The links in messages: one page, one person, one method, to answer without signing in (S10 to S13).

A token opens no session and shows nothing but its page. Signed, not stored: a copy of the database holds none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing

from hausmeister.pager.models import Page
from hausmeister.team.models import ContactMethod, Person

LIFE = timedelta(hours=24)
_SALT = "hausmeister.pager.answer"


class LinkIsDead(Exception):
    """Altered, too old, or of a page, person or method that is gone; never says which (no oracle)."""


@dataclass(frozen=True)
class Link:
    """What a valid token stands for."""

    page: Page
    person: Person
    method: ContactMethod
    until: datetime


def make(*, page_id: int, person_id: int, method_id: int, now: datetime) -> str:
    """Return the URL with which `person_id` answers this page; made from the configured address (S15)."""
    token = signing.Signer(salt=_SALT).sign_object([page_id, person_id, method_id, int(now.timestamp())])
    return f"{settings.HAUSMEISTER_BASE_URL}/p/{token}"


def page_url(page_id: int) -> str:
    """Return the page's own address, for those who sign in."""
    return f"{settings.HAUSMEISTER_BASE_URL}/pages/{page_id}"


def for_message(facts: Mapping[str, Any], to: Mapping[str, Any], *, now: datetime) -> str:
    """Return the URL with which whoever gets a message of kind page answers it."""
    return make(page_id=facts["page"], person_id=facts["person_id"], method_id=to["method"], now=now)


def read(token: str, *, now: datetime) -> Link:
    """Return what `token` stands for. Raises LinkIsDead for whatever reason there may be."""
    try:
        page_id, person_id, method_id, made_s = signing.Signer(salt=_SALT).unsign_object(token)
        until = datetime.fromtimestamp(made_s, UTC) + LIFE
        page = Page.objects.select_related("team", "acked_by").get(pk=page_id, closed_at=None)
        method = ContactMethod.objects.select_related("person").get(
            pk=method_id,
            person_id=person_id,
            person__is_active=True,
            disabled_at=None,
            verified_at__isnull=False,
        )
    except (
        signing.BadSignature,
        ValueError,
        TypeError,
        Page.DoesNotExist,
        ContactMethod.DoesNotExist,
    ) as error:
        raise LinkIsDead from error
    if now >= until:
        raise LinkIsDead
    return Link(page, method.person, method, until)
