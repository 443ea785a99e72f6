"""A Tuesday morning on which a real mail server holds the team's mailbox, and we read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from hausmeister import wiring
from hausmeister.base import env
from tests import builders, harness
from tests.builders import BuiltTeam
from tests.counterparts import dovecot
from tests.counterparts.dovecot import PASSWORD, USER, MailServer
from tests.harness import Sent, World, at

TUESDAY_MORNING = at("2026-11-24 09:00")
OPS = "ops@example.org"
IMANI = "Imani Okafor <imani@client.example>"
BACKFILL = "How do I backfill one day of the contracts dataset?"


def letter(text: str = BACKFILL, *, subject: str = "Backfill", to: str = OPS, **headers: str) -> EmailMessage:
    """Return a letter of Imani's; an underscore in a header's name stands for a hyphen."""
    made = EmailMessage(policy=SMTP)
    given = {"From": IMANI, "To": to, "Subject": subject, **{k.replace("_", "-"): v for k, v in headers.items()}}
    for name, value in given.items():
        if value:
            made[name] = value
    made.set_content(text)
    return made


@dataclass
class Post:
    """The mailbox of a story: letters are laid into it, and read at the next round."""

    world: World
    built: BuiltTeam
    server: MailServer

    def arrives(self, made: EmailMessage | bytes, *, ago: timedelta = timedelta(0)) -> str:
        return self.server.deliver(made, at=self.world.now - ago)

    def comes(self, text: str = BACKFILL, **more: Any) -> None:
        """Lay a letter into the mailbox and let it be read."""
        number = len(self.server.maildir)
        self.arrives(letter(text, **{"Message_ID": f"<{number}@client.example>", **more}))
        self.read()

    def read(self) -> None:
        self.world.go(seconds=21)

    def sent(self, to: str = "") -> Sent:
        """Return the oldest letter of ours that leaves, and take it off the list."""
        for place, one in enumerate(self.world.sent):
            if one.channel == "email" and to in str(one.parcel.to["address"]):
                return self.world.sent.pop(place)
        raise AssertionError(f"no letter to {to!r}: {self.world.sent}")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with dovecot.mail_server() as running:
        yield running


@pytest.fixture
def day(db: None) -> Iterator[World]:
    with harness.world(TUESDAY_MORNING) as told:
        yield told


def url_of(server: MailServer, *, password: str = PASSWORD, folder: str = "INBOX") -> str:
    return f"imap://{USER}:{password}@127.0.0.1:{server.imap}/{folder}"


def read_by_us(settings: Any, url: str) -> None:
    settings.HAUSMEISTER_MAILBOX = env.mail_folder(url)
    settings.HAUSMEISTER_MAILBOX_ADDRESS = OPS


@pytest.fixture
def post(day: World, server: MailServer, settings: Any) -> Iterator[Post]:
    """The mailbox, read once: what lies in it before that is nobody's question."""
    read_by_us(settings, url_of(server))
    built = builders.trio()
    day.engine = harness.engine(dict(day.channels))
    made = Post(day, built, server)
    made.arrives(letter("How old is this?", subject="Years ago", Message_ID="<old@client.example>"))
    made.read()
    yield made
    assert wiring.mailbox() is not None


def now_of(world: World) -> datetime:
    return world.now
