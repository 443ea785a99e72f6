"""How we stand with the mailbox: for its page, the doctor, and whoever shows an address of ours."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from hausmeister.chat import line, standing
from hausmeister.chat.models import Line
from hausmeister.mailbox import rules
from hausmeister.mailbox.models import Arrival, Reading

SERVICE = "mail"
SHOWN = 30


@dataclass(frozen=True)
class Standing:
    """The mailbox: its address, its server's line in words, what is wrong, the newest letters."""

    address: str
    line: Line | None
    words: str
    problem: str
    reading: Reading | None
    arrivals: tuple[Arrival, ...]


def is_set_up() -> bool:
    """Say whether a mailbox is read."""
    return settings.HAUSMEISTER_MAILBOX is not None


def of_mailbox(*, now: datetime) -> Standing | None:
    """Return how we stand with the mailbox, None where none is set up."""
    if not is_set_up():
        return None
    found = line.of(SERVICE)
    return Standing(
        str(settings.HAUSMEISTER_MAILBOX_ADDRESS),
        found,
        standing.line_words(SERVICE, found, now=now),
        standing.line_problem(SERVICE, found, now=now),
        Reading.objects.filter(pk=1).first(),
        tuple(Arrival.objects.order_by("-id")[:SHOWN]),
    )


def address_of_team(slug: str) -> str:
    """Return the address of a team, "" where no mailbox is set up."""
    return rules.tagged(str(settings.HAUSMEISTER_MAILBOX_ADDRESS), slug) if is_set_up() else ""


def address_of_heartbeat(token: str) -> str:
    """Return the address to which a job's mail is a beat, "" where no mailbox is set up."""
    return address_of_team(f"beat-{token}")
