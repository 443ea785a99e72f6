"""The way out for Slack: two calls of its Web API with a bot token."""

from typing import Any

from hausmeister.base import clock
from hausmeister.base.outgoing import Client
from hausmeister.base.untrusted import one_line
from hausmeister.chat import page_buttons
from hausmeister.connectors.slack import wire
from hausmeister.connectors.slack.api import FAR_SIDE, SlackApi
from hausmeister.connectors.slack.blocks import with_buttons
from hausmeister.outbox import queries as outbox
from hausmeister.outbox.chat import Button
from hausmeister.outbox.delivery import Parcel, Refused, TryLater
from hausmeister.outbox.rules import State
from hausmeister.pager import links
from hausmeister.pager.rules.words import Words, post_words_of, words_of
from hausmeister.runbooks.rules import words as runbook_words


class SlackSender:
    """Speaks to the workspace that `token` belongs to; `url` is the Web API's base.

    With the app set up (`has_buttons`) pages and posts can be answered where they are read.
    """

    def __init__(self, client: Client, *, url: str, token: str, has_buttons: bool = False) -> None:
        self._api = SlackApi(client, url=url, token=token)
        self._has_buttons = has_buttons

    def send(self, parcel: Parcel) -> str:
        """Deliver `parcel`; return "channel:ts" of the message. Raises TryLater or Refused."""
        if parcel.kind == "page":
            words = words_of(parcel.facts, now=clock.now(), maybe_twice=parcel.is_possible_duplicate)
            link = links.for_message(parcel.facts, parcel.to, now=clock.now())
            return self._post(str(parcel.to["address"]), self._page(parcel, words, link))
        if parcel.kind == "code":
            return self._post(str(parcel.to["address"]), wire.code_message(parcel.facts))
        if parcel.kind == "notice":
            return self._post(str(parcel.to["address"]), wire.notice_message(parcel.facts))
        if parcel.kind == "post":
            return self._post(str(parcel.to["room"]), self._post_message(parcel))
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
        message = self._post_message(parcel)
        del message["unfurl_links"], message["unfurl_media"]  # chat.update knows neither
        return self._call("chat.update", {"channel": channel, "ts": stamp, **message})

    def check(self) -> str:
        """Return whom Slack takes us for; nothing is posted. Raises TryLater or Refused."""
        said = self._api.change("auth.test", {})
        return (
            f"Slack knows us as {one_line(str(said.get('user', '')), 80)} of {one_line(str(said.get('team', '')), 80)}"
        )

    def _call(self, method: str, arguments: dict[str, Any]) -> str:
        """Return the reference of the message that Slack says it has stored. Raises TryLater or Refused."""
        reference = wire.reference(self._api.change(method, arguments))
        if not reference:
            raise TryLater(f"{FAR_SIDE} answered 200, but not as Slack does", maybe_delivered=True)
        return reference

    def _page(self, parcel: Parcel, words: Words, link: str) -> dict[str, Any]:
        return with_buttons(wire.page_message(words, link, runbook_words.words_of(parcel.facts)), self._buttons(parcel))

    def _post_message(self, parcel: Parcel) -> dict[str, Any]:
        facts = parcel.facts
        words = post_words_of(facts, now=clock.now())
        runbook = runbook_words.words_of(facts)
        message = wire.post_message(words, str(facts["state"]), links.page_url(facts["page"]), runbook)
        return with_buttons(message, self._buttons(parcel))

    def _buttons(self, parcel: Parcel) -> tuple[Button, ...]:
        return page_buttons.of_message(parcel.facts) if self._has_buttons else ()
