"""GitHub's issues as the room's tracker, with one token."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from hausmeister.base import clock
from hausmeister.base.outgoing import Answer, Client, Limits
from hausmeister.base.untrusted import one_line
from hausmeister.connectors.github import errors, wire
from hausmeister.issues.rules.mirror import Remote
from hausmeister.issues.tracker import Changes, Wanted
from hausmeister.outbox import over_http
from hausmeister.outbox.delivery import Refused, TryLater

FAR_SIDE = "GitHub"
# an issue's text may have 64 KiB, so a page of them has a few MiB at most
LIMITS = Limits(connect_s=5.0, total_s=10.0, read_bytes=8 * 1024 * 1024)
A_PAGE = 50
# so many pages in one look; the next look goes on from there
MOST_PAGES = 10
# issues made since ours was tried, before we say that it is not among them
MOST_PAGES_TO_FIND = 4


class GitHub:
    """Speaks to the repositories that `token` may see; `url` is the API's base."""

    name, label = "github", "GitHub"

    def __init__(self, client: Client, *, url: str, token: str) -> None:
        self._client = client
        self._url = url
        self._token = token

    # ---- out ----

    def create(self, repository: str, wanted: Wanted) -> Remote:
        """Make an issue. Raises TryLater or Refused."""
        body = {"title": wanted.title, "body": wanted.body, "labels": list(wanted.labels or ())}
        return self._issue(self.call("POST", f"{self.base(repository)}/issues", body), repository)

    def update(self, repository: str, number: int, wanted: Wanted) -> Remote:
        """Change the parts that are given. Raises TryLater, Refused or Gone."""
        body: dict[str, Any] = {"title": wanted.title, "body": wanted.body}
        if wanted.labels is not None:
            body["labels"] = list(wanted.labels)
        if wanted.is_open is not None:
            body |= {"state": "open"} if wanted.is_open else {"state": "closed", "state_reason": "completed"}
        given = {name: value for name, value in body.items() if value is not None}
        return self._issue(self.call("PATCH", f"{self.base(repository)}/issues/{number}", given), repository)

    def find(self, repository: str, marker: str, *, since: datetime) -> Remote | None:
        """Return our issue by its marker, among those made since; a list, since GitHub's search lags behind."""
        query = {"state": "all", "sort": "created", "direction": "desc", "per_page": A_PAGE}
        for place, answer in enumerate(self._pages(f"{self.base(repository)}/issues?{urlencode(query)}")):
            found = self._issues(answer, repository)
            ours = next((one for one in found if one.marker == marker), None)
            if ours is not None or place + 1 == MOST_PAGES_TO_FIND:
                return ours
            if any(one.created_at < since for one in found):
                return None
        return None

    def comment(self, repository: str, number: int, text: str, *, marker: str, look_first: bool) -> str:
        """Add a comment; return its address. Raises TryLater, Refused or Gone."""
        address = f"{self.base(repository)}/issues/{number}/comments"
        hidden = f"<!-- hausmeister:comment:{marker} -->"
        if look_first:
            for answer in self._pages(f"{address}?per_page=100"):
                for one in self._list(answer):
                    if isinstance(one, dict) and hidden in str(one.get("body", "")):
                        return str(one.get("html_url", ""))
        answer = self.call("POST", address, {"body": f"{text}\n\n{hidden}"})
        said = over_http.object_of(answer)
        if said is None or not isinstance(said.get("id"), int):
            raise _not_as_github(answer)
        return str(said.get("html_url", ""))

    # ---- back ----

    def changes(self, repository: str, labels: Sequence[str], *, since: datetime | None, etag: str) -> Changes:
        """Return what changed, oldest change first, so that a look that breaks off loses nothing."""
        query: dict[str, Any] = {"sort": "updated", "direction": "asc", "per_page": A_PAGE}
        if since is None:
            query |= {"state": "open", "labels": ",".join(labels)}
        else:
            query |= {"state": "all", "since": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        found: list[Remote] = []
        first_etag, is_all = etag, True
        address = f"{self.base(repository)}/issues?{urlencode(query)}"
        for place, answer in enumerate(self._pages(address, etag=etag)):
            if answer.status == 304:
                return Changes((), etag, None)
            first_etag = answer.headers.get("etag", "") if place == 0 else first_etag
            found += self._issues(answer, repository)
            if place + 1 == MOST_PAGES and wire.next_page(answer.headers.get("link", "")):
                is_all = False
                break
        upto = max((one.updated_at for one in found), default=None)
        # after something new the next look asks from another moment on, to which this ETag does not belong
        is_same_question = since is not None and (upto is None or upto <= since)
        return Changes(found, first_etag if is_same_question else "", upto, is_all)

    def check(self) -> str:
        """Return how many calls are left to us; the question itself costs none. Raises TryLater or Refused."""
        said = over_http.object_of(self.call("GET", f"{self._url}/rate_limit"))
        rate = said.get("rate") if said else None
        left = rate.get("remaining") if isinstance(rate, dict) else None
        if not isinstance(left, int):
            raise TryLater(f"{FAR_SIDE} answered, but not as GitHub does")
        return f"GitHub answers; {left} calls are left this hour"

    # ---- the wire ----

    def base(self, repository: str) -> str:
        """Return where the API has a repository. Raises Refused for a name that cannot be one."""
        if not wire.is_repository(repository):
            raise Refused(
                f"The policy's tracker.repository is {one_line(repository, 80)!r}; GitHub's look like owner/name."
            )
        return f"{self._url}/repos/{repository}"

    def _pages(self, address: str, *, etag: str = "") -> Iterator[Answer]:
        while address:
            answer = self.call("GET", address, etag=etag)
            yield answer
            etag, found = "", wire.next_page(answer.headers.get("link", ""))
            # a page that leads elsewhere would take our token there
            address = found if found.startswith(f"{self._url}/") else self._ours(found)

    def _ours(self, address: str) -> str:
        """Return the address on the host we were told, for a server that writes its own name in another way."""
        path = address.partition("://")[2].partition("/")[2]
        base = self._url.partition("://")[2].partition("/")[2]
        return f"{self._url}/{path.removeprefix(base).lstrip('/')}" if path else ""

    def call(self, method: str, address: str, body: dict[str, Any] | None = None, *, etag: str = "") -> Answer:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            **({"If-None-Match": etag} if etag else {}),
            **({"Content-Type": "application/json"} if body is not None else {}),
        }
        answer = over_http.exchange(
            self._client,
            method,
            address,
            far_side=FAR_SIDE,
            headers=headers,
            body=msgspec.json.encode(body) if body is not None else b"",
            good=errors.JUDGED | {304},
        )
        if answer.status in errors.JUDGED:
            raise errors.failure(answer, now=clock.now())
        return answer

    def _issue(self, answer: Answer, repository: str) -> Remote:
        found = wire.issue(over_http.object_of(answer), repository=repository)
        if found is None:
            raise _not_as_github(answer)
        return found

    def _issues(self, answer: Answer, repository: str) -> list[Remote]:
        found = [wire.issue(one, repository=repository) for one in self._list(answer)]
        return [one for one in found if one is not None]

    def _list(self, answer: Answer) -> list[Any]:
        body = over_http.list_of(answer)
        if body is None:
            raise TryLater(f"{FAR_SIDE} answered {answer.status}, but not as GitHub does")
        return body


def _not_as_github(answer: Answer) -> TryLater:
    return TryLater(f"{FAR_SIDE} answered {answer.status}, but not as GitHub does", maybe_delivered=True)
