"""The way out for Opsgenie: an alert for each person called, and what became of the page afterwards."""

from typing import Any
from urllib.parse import quote

import msgspec

from hausmeister.base import clock
from hausmeister.base.outgoing import Answer, Client
from hausmeister.connectors.opsgenie import wire
from hausmeister.outbox import over_http
from hausmeister.outbox.delivery import Parcel, Refused, TryLater
from hausmeister.pager import links
from hausmeister.pager import queries as pager
from hausmeister.pager.rules.words import words_of

FAR_SIDE = "Opsgenie"

# an action on an alert that is not there, or not open any more, has nothing left to do
_NOTHING_TO_DO = frozenset({404, 422})


class OpsgenieApi:
    """Opsgenie's alert API with one key."""

    def __init__(self, client: Client, *, url: str, key: str) -> None:
        self._client = client
        self._url = url
        self._key = key

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, good: frozenset[int] = frozenset()
    ) -> Answer:
        """Make one call. Raises TryLater or Refused."""
        return over_http.exchange(
            self._client,
            method,
            f"{self._url}/v2/alerts{path}",
            far_side=FAR_SIDE,
            headers={"Authorization": f"GenieKey {self._key}", "Content-Type": "application/json"},
            body=msgspec.json.encode(body) if body is not None else b"",
            good=good,
        )

    def create(self, body: dict[str, Any]) -> str:
        """Have an alert made; return the request's id. Only a 202 with one is a success."""
        return _accepted(self.call("POST", "", body))

    def act(self, alias: str, verb: str, note: str) -> str:
        """Acknowledge, unacknowledge or close by alias; return the request's id, "" where nothing was to do."""
        path = f"/{quote(alias, safe='')}/{verb}?identifierType=alias"
        answer = self.call("POST", path, wire.action(note), good=_NOTHING_TO_DO)
        if answer.status == 404 or (answer.status == 422 and _is_over(answer)):
            return ""
        if answer.status == 422:
            over_http.check(answer, far_side=FAR_SIDE)
        return _accepted(answer)

    def standing(self, alias: str) -> wire.Standing | None:
        """Return how an alert stands, None when there is none. Raises TryLater or Refused."""
        path = f"/{quote(alias, safe='')}?identifierType=alias"
        answer = self.call("GET", path, good=frozenset({404}))
        if answer.status == 404:
            return None
        found = wire.standing(over_http.object_of(answer))
        if found is None:
            raise TryLater(f"{FAR_SIDE} answered {answer.status}, but not as Opsgenie does")
        return found


def _accepted(answer: Answer) -> str:
    reference = wire.request_id(over_http.object_of(answer)) if answer.status == 202 else ""
    if not reference:
        raise TryLater(f"{FAR_SIDE} answered {answer.status}, but not as Opsgenie does", maybe_delivered=True)
    return reference


def _is_over(answer: Answer) -> bool:
    said = str((over_http.object_of(answer) or {}).get("message", "")).lower()
    return "does not exist" in said or "already" in said


class OpsgenieSender:
    """Pages through Opsgenie, and tells it of acknowledgement and close."""

    def __init__(self, api: OpsgenieApi) -> None:
        self._api = api

    def send(self, parcel: Parcel) -> str:
        """Deliver `parcel`; return Opsgenie's request id. Raises TryLater or Refused."""
        if parcel.kind == "page":
            return self._page(parcel)
        if parcel.kind == "code":
            username = str(parcel.to["address"])
            return self._api.create(wire.code_alert(parcel.facts, username=username, key=parcel.idempotency_key))
        if parcel.kind in {"ack", "close"}:
            return self._tell(parcel)
        raise Refused(f"Opsgenie carries no messages of the kind {parcel.kind}.")

    def _page(self, parcel: Parcel) -> str:
        facts = parcel.facts
        words = words_of(facts, now=clock.now(), maybe_twice=parcel.is_possible_duplicate)
        url = links.page_url(facts["page"])
        body = wire.page_alert(words, facts, username=str(parcel.to["address"]), page_url=url)
        reference = self._api.create(body)
        if facts.get("cycle", 1) > 1:
            # called anew: the alert may still be there, acknowledged, and would then stay silent
            self._api.act(body["alias"], "unacknowledge", "Called again by Hausmeister.")
        return reference

    def _tell(self, parcel: Parcel) -> str:
        facts = parcel.facts
        page = pager.find(facts["page"])
        if parcel.kind == "ack" and page is not None and page.closed_at is None and page.acked_at is None:
            raise Refused("The page is open again, so Opsgenie was not told of the acknowledgement.")
        alias = wire.alias(facts["page"], facts["person_id"])
        if parcel.kind == "close":
            return self._api.act(alias, "close", "Closed in Hausmeister.")
        return self._api.act(alias, "acknowledge", f"Acknowledged in Hausmeister by {facts['by']}.")
