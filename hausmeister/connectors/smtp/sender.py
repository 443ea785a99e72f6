"""The way out for e-mail."""

from datetime import datetime
from email.utils import parseaddr
from pathlib import Path

from hausmeister.base import clock
from hausmeister.connectors.smtp import kept, line, wire
from hausmeister.connectors.smtp.line import Route
from hausmeister.connectors.smtp.wire import Letter
from hausmeister.outbox.delivery import Parcel, Refused
from hausmeister.pager import links
from hausmeister.pager.rules.words import words_of
from hausmeister.runbooks.rules import words as runbook_words
from hausmeister.team import queries as team_queries


class MailSender:
    """Hands letters to the mail server of `route`.

    Without one: in a demo they become files in `folder` and count as sent; elsewhere they are refused.
    """

    def __init__(self, route: Route | None, *, sender: str, folder: Path) -> None:
        self._route = route
        self._sender = sender
        self._folder = folder

    def send(self, parcel: Parcel) -> str:
        """Deliver `parcel`; return what the server said. Raises TryLater or Refused."""
        now, to = clock.now(), str(parcel.to["address"])
        letter = _letter(parcel, now)
        try:
            message = wire.enveloped(letter, to=to, sender=self._sender, key=parcel.idempotency_key, now=now)
        except wire.BadAddress as error:
            raise Refused("This is no e-mail address that mail can be sent to.") from error
        if self._route is not None:
            return line.deliver(message, sender=parseaddr(self._sender)[1], to=to, route=self._route)
        if team_queries.is_demo():
            return kept.keep(message, folder=self._folder, name=f"{parcel.message_id:08d}-{parcel.kind}")
        raise _no_server()

    def check(self) -> str:
        """Return that the mail server lets us in; nothing is sent. Raises TryLater or Refused."""
        if self._route is not None:
            line.greet(self._route)
            return f"the mail server {self._route.server.host}:{self._route.server.port} lets us in"
        if team_queries.is_demo():
            return f"no mail server is set; as this is a demo, mails are written to {self._folder}"
        raise _no_server()


def _no_server() -> Refused:
    return Refused("No mail server is set up: set HAUSMEISTER_EMAIL_URL, such as smtp://user:password@host:port.")


def _letter(parcel: Parcel, now: datetime) -> Letter:
    twice = parcel.is_possible_duplicate
    if parcel.kind == "page":
        words = words_of(parcel.facts, now=now, maybe_twice=twice)
        link = links.for_message(parcel.facts, parcel.to, now=now)
        return wire.page_letter(words, link, runbook_words.words_of(parcel.facts))
    if parcel.kind == "code":
        return wire.code_letter(parcel.facts, maybe_twice=twice)
    if parcel.kind == "mail":
        return wire.plain_letter(parcel.facts, maybe_twice=twice)
    raise Refused(f"E-mail carries no messages of the kind {parcel.kind}.")
