"""Browsers for tests: a client that is signed in as somebody, with or without a password just typed."""

from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hausmeister.base import clock
from hausmeister.team.models import Person
from hausmeister.web import accounts

PASSWORD = "correct horse"


def browser(person: Person, *, fresh: bool = True, **options: object) -> Client:
    """Return a client with a session of `person`; a `fresh` one typed the password just now."""
    client = Client(**options)  # type: ignore[arg-type]
    client.force_login(person)
    session = client.session
    session[accounts.SIGNED_IN_AT] = session[accounts.SEEN_AT] = clock.now().timestamp()
    if fresh:
        session[accounts.CONFIRMED_AT] = clock.now().timestamp()
    session.save()
    UserSession.objects.get_or_create(
        session_key=session.session_key, defaults={"user": person, "ip": "127.0.0.1", "user_agent": "a test"}
    )
    return client


def queries_of(client: Client, path: str) -> list[str]:
    """Return the statements that drawing `path` takes, the second time: what is kept between requests is kept."""
    assert client.get(path).status_code == 200
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(path).status_code == 200
    return [one["sql"] for one in captured.captured_queries]
