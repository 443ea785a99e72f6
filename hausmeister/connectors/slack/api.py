"""Slack's Web API with one token: a method's name and its arguments, the answer or what went wrong.

Methods that change something take JSON; those that only read take a form, as Slack documents it.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from hausmeister.base import clock
from hausmeister.base.outgoing import Answer, Client, Limits
from hausmeister.connectors.slack import errors, wire
from hausmeister.outbox import over_http
from hausmeister.outbox.delivery import TryLater

FAR_SIDE = "Slack"
# two hundred messages of 40,000 characters, as Slack writes them
LIMITS = Limits(connect_s=5.0, total_s=15.0, read_bytes=16 * 1024 * 1024)
MOST_PAGES = 200


class SlackApi:
    """Speaks to the workspace that `token` belongs to; `url` is the Web API's base."""

    def __init__(self, client: Client, *, url: str, token: str) -> None:
        self._client = client
        self._url = url
        self._token = token

    def change(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call a method that changes something; return Slack's answer. Raises TryLater or SlackSaysNo."""
        return self._call(method, msgspec.json.encode(arguments), "application/json; charset=utf-8", changes=True)

    def read(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call a method that only reads; return Slack's answer. Raises TryLater or SlackSaysNo."""
        given = {name: _as_field(value) for name, value in arguments.items() if value is not None}
        return self._call(method, urlencode(given).encode(), "application/x-www-form-urlencoded", changes=False)

    def pages(self, method: str, arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the pages of a long answer, following Slack's cursor. Raises TryLater or SlackSaysNo."""
        cursor = ""
        for _ in range(MOST_PAGES):
            page = self.read(method, {**arguments, "cursor": cursor or None})
            yield page
            cursor = wire.next_cursor(page)
            if not cursor:
                return

    def _call(self, method: str, body: bytes, content_type: str, *, changes: bool) -> dict[str, Any]:
        answer = self._exchange(method, body, content_type)
        said = over_http.object_of(answer)
        if said is None or said.get("ok") is not True:
            raise TryLater(f"{FAR_SIDE} answered {answer.status}, but not as Slack does", maybe_delivered=changes)
        return said

    def _exchange(self, method: str, body: bytes, content_type: str) -> Answer:
        """Return Slack's answer, unless it says no."""
        answer = over_http.exchange(
            self._client,
            "POST",
            f"{self._url}/{method}",
            far_side=FAR_SIDE,
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": content_type},
            body=body,
        )
        said = over_http.object_of(answer)
        if said is not None and said.get("ok") is False:
            wait_s = over_http.retry_after_s(answer.headers.get("retry-after", ""), now=clock.now())
            raise errors.failure(wire.error_word(said), retry_after_s=wait_s)
        return answer


def _as_field(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
