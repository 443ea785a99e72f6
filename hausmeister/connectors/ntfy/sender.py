"""The way out for ntfy."""

from datetime import datetime
from typing import Any

import msgspec

from hausmeister.base import clock
from hausmeister.base.guard import Forbidden
from hausmeister.base.outgoing import Client
from hausmeister.connectors.ntfy import wire
from hausmeister.outbox import over_http
from hausmeister.outbox.delivery import Parcel, Refused, TryLater
from hausmeister.pager import links
from hausmeister.pager.rules.words import words_of
from hausmeister.runbooks.rules import words as runbook_words

FAR_SIDE = "The ntfy server"


class NtfySender:
    """Publishes to topics. `client` must be a guarded one: people type the address; `server` is the usual one."""

    def __init__(self, client: Client, *, server: str = "") -> None:
        self._client = client
        self._server = server

    def send(self, parcel: Parcel) -> str:
        """Deliver `parcel`; return ntfy's id. Raises TryLater or Refused."""
        try:
            url, topic = wire.split(str(parcel.to["address"]))
        except (wire.BadTopic, Forbidden) as error:
            raise Refused(str(error)) from error
        body = msgspec.json.encode(_message(parcel, topic, clock.now()))
        headers = {"Content-Type": "application/json"}
        answer = over_http.exchange(self._client, "POST", url, far_side=FAR_SIDE, headers=headers, body=body)
        reference = wire.reference(over_http.object_of(answer))
        if not reference:
            # a sign-in page of some network answers 200 as well
            raise TryLater(f"{FAR_SIDE} answered {answer.status}, but not as ntfy does", maybe_delivered=True)
        return reference

    def check(self) -> str:
        """Return that the usual server is well; nothing is published. Raises TryLater or Refused."""
        answer = over_http.exchange(self._client, "GET", f"{self._server}/v1/health", far_side=FAR_SIDE)
        if (over_http.object_of(answer) or {}).get("healthy") is not True:
            raise TryLater(f"{FAR_SIDE} {self._server} does not say that it is healthy")
        return f"the ntfy server {self._server} says that it is healthy"


def _message(parcel: Parcel, topic: str, now: datetime) -> dict[str, Any]:
    if parcel.kind == "page":
        words = words_of(parcel.facts, now=now, maybe_twice=parcel.is_possible_duplicate)
        link = links.for_message(parcel.facts, parcel.to, now=now)
        return wire.page_message(words, link, topic, runbook_words.words_of(parcel.facts))
    if parcel.kind == "code":
        return wire.code_message(parcel.facts, topic)
    if parcel.kind == "notice":
        return wire.notice_message(parcel.facts, topic)
    raise Refused(f"ntfy carries no messages of the kind {parcel.kind}.")
