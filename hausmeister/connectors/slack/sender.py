"""The way out for Slack: two calls of its Web API with a bot token."""

from typing import Any

import msgspec

from hausmeister.base import clock
from hausmeister.base.outgoing import Answer, Client
from hausmeister.base.untrusted import one_line
from hausmeister.connectors.slack import errors, wire
from hausmeister.outbox import over_http
from hausmeister.outbox import queries as outbox
from hausmeister.outbox.delivery import Parcel, Refused, TryLater
from hausmeister.outbox.rules import State
from hausmeister.pager import links
from hausmeister.pager.rules.words import post_words_of, words_of

FAR_SIDE = "Slack"


class SlackSender:
    """Speaks to the workspace that `token` belongs to; `url` is the Web API's base."""

    def __init__(self, client: Client, *, url: str, token: str) -> None:
        self._client = client
        self._url = url
        self._token = token

    def send(self, parcel: Parcel) -> str:
        """Deliver `parcel`; return "channel:ts" of the message. Raises TryLater or Refused."""
        if parcel.kind == "page":
            words = words_of(parcel.facts, now=clock.now(), maybe_twice=parcel.is_possible_duplicate)
            link = links.for_message(parcel.facts, parcel.to, now=clock.now())
            return self._post(str(parcel.to["address"]), wire.page_message(words, link))
        if parcel.kind == "code":
            return self._post(str(parcel.to["address"]), wire.code_message(parcel.facts))
        if parcel.kind == "notice":
            return self._post(str(parcel.to["address"]), wire.notice_message(parcel.facts))
        if parcel.kind == "post":
            return self._post(str(parcel.to["room"]), _post_message(parcel))
        if parcel.kind == "update":
            return self._update(parcel)
        raise Refused(f"Slack carries no messages of the kind {parcel.kind}.")

    def _post(self, channel: str, message: dict[str, Any]) -> str:
        return self._call("chat.postMessage", {"channel": channel, **message})

    def _update(self, parcel: Parcel) -> str:
        post = outbox.find(int(parcel.to["post"]))
        if post is None or post.state in {State.FAILED, State.CANCELLED}:
            raise Refused("The post to be changed was never made.")
        if outbox.is_outdated(parcel.message_id):
            raise Refused("A newer change of the post took this one's place.")
        channel, _, stamp = post.provider_ref.partition(":")
        if not stamp:
            raise TryLater("The post to be changed has not been made yet")
        message = _post_message(parcel)
        del message["unfurl_links"], message["unfurl_media"]  # chat.update knows neither
        return self._call("chat.update", {"channel": channel, "ts": stamp, **message})

    def check(self) -> str:
        """Return whom Slack takes us for; nothing is posted. Raises TryLater or Refused."""
        answer = self._exchange("auth.test", {})
        said = over_http.object_of(answer) or {}
        if said.get("ok") is not True:
            raise TryLater(f"{FAR_SIDE} answered {answer.status}, but not as Slack does")
        return (
            f"Slack knows us as {one_line(str(said.get('user', '')), 80)} of {one_line(str(said.get('team', '')), 80)}"
        )

    def _call(self, method: str, arguments: dict[str, Any]) -> str:
        """Return the reference of the message that Slack says it has stored. Raises TryLater or Refused."""
        answer = self._exchange(method, arguments)
        said = over_http.object_of(answer)
        reference = wire.reference(said) if said is not None and said.get("ok") is True else ""
        if not reference:
            raise TryLater(f"{FAR_SIDE} answered {answer.status}, but not as Slack does", maybe_delivered=True)
        return reference

    def _exchange(self, method: str, arguments: dict[str, Any]) -> Answer:
        """Return Slack's answer, unless it says no. Raises TryLater or Refused."""
        answer = over_http.exchange(
            self._client,
            "POST",
            f"{self._url}/{method}",
            far_side=FAR_SIDE,
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json; charset=utf-8"},
            body=msgspec.json.encode(arguments),
        )
        said = over_http.object_of(answer)
        if said is not None and said.get("ok") is False:
            wait_s = over_http.retry_after_s(answer.headers.get("retry-after", ""), now=clock.now())
            raise errors.failure(wire.error_word(said), retry_after_s=wait_s)
        return answer


def _post_message(parcel: Parcel) -> dict[str, Any]:
    facts = parcel.facts
    words = post_words_of(facts, now=clock.now())
    return wire.post_message(words, str(facts["state"]), links.page_url(facts["page"]))
