"""GitLab's issues as the room's tracker, with one token."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from hausmeister.base.outgoing import Answer, Client, Limits
from hausmeister.connectors.gitlab import wire
from hausmeister.issues.rules.mirror import Remote
from hausmeister.issues.tracker import Changes, Wanted
from hausmeister.outbox import over_http
from hausmeister.outbox.delivery import NotDelivered, Refused, TryLater

FAR_SIDE = "GitLab"
LIMITS = Limits(connect_s=5.0, total_s=10.0, read_bytes=8 * 1024 * 1024)
A_PAGE = 50
MOST_PAGES = 10
MOST_PAGES_TO_FIND = 4
# these are judged here; 429 and 5xx are what they are for every connector, with GitLab's Retry-After
_JUDGED = frozenset({400, 401, 403, 404, 422})


class NotThere(Refused):
    """404: it does not exist, or our token may not see it."""


class GitLab:
    """Speaks to the projects that `token` may see; `url` is GitLab's own address."""

    name, label = "gitlab", "GitLab"

    def __init__(self, client: Client, *, url: str, token: str) -> None:
        self._client = client
        self._url = url
        self._token = token

    # ---- out ----

    def create(self, repository: str, wanted: Wanted) -> Remote:
        """Make an issue. Raises TryLater or Refused."""
        body = {
            "title": wanted.title, "description": wanted.body, "labels": ",".join(wanted.labels or ()),
        }  # fmt: skip
        return self._issue(self.call("POST", f"{self.base(repository)}/issues", body), repository)

    def update(self, repository: str, number: int, wanted: Wanted) -> Remote:
        """Change the parts that are given. Raises TryLater or Refused."""
        body: dict[str, Any] = {"title": wanted.title, "description": wanted.body}
        if wanted.labels is not None:
            body["labels"] = ",".join(wanted.labels)
        if wanted.is_open is not None:
            body["state_event"] = "reopen" if wanted.is_open else "close"
        given = {name: value for name, value in body.items() if value is not None}
        return self._issue(self.call("PUT", f"{self.base(repository)}/issues/{number}", given), repository)

    def find(self, repository: str, marker: str, *, since: datetime) -> Remote | None:
        """Return our issue by its marker, among those made since."""
        query = {"scope": "all", "order_by": "created_at", "sort": "desc", "per_page": A_PAGE}
        query |= {"created_after": _written(since)}
        address = f"{self.base(repository)}/issues?{urlencode(query)}"
        for place, answer in enumerate(self._pages(address)):
            found = self._issues(answer, repository)
            ours = next((one for one in found if one.marker == marker), None)
            if ours is not None or place + 1 == MOST_PAGES_TO_FIND:
                return ours
        return None

    def comment(self, repository: str, number: int, text: str, *, marker: str, look_first: bool) -> str:
        """Add a note; return its number. Raises TryLater or Refused."""
        address = f"{self.base(repository)}/issues/{number}/notes"
        hidden = f"<!-- hausmeister:comment:{marker} -->"
        if look_first:
            for answer in self._pages(f"{address}?per_page=100"):
                for one in self._list(answer):
                    if isinstance(one, dict) and hidden in str(one.get("body", "")):
                        return str(one.get("id", ""))
        answer = self.call("POST", address, {"body": f"{text}\n\n{hidden}"})
        said = over_http.object_of(answer)
        if said is None or not isinstance(said.get("id"), int):
            raise _not_as_gitlab(answer)
        return str(said["id"])

    # ---- back ----

    def changes(self, repository: str, labels: Sequence[str], *, since: datetime | None, etag: str) -> Changes:
        """Return what changed, oldest change first, so that a look that breaks off loses nothing."""
        query: dict[str, Any] = {"scope": "all", "order_by": "updated_at", "sort": "asc", "per_page": A_PAGE}
        if since is None:
            query |= {"state": "opened", "labels": ",".join(labels)}
        else:
            query |= {"state": "all", "updated_after": _written(since)}
        found: list[Remote] = []
        first_etag, is_all = etag, True
        address = f"{self.base(repository)}/issues?{urlencode(query)}"
        for place, answer in enumerate(self._pages(address, etag=etag)):
            if answer.status == 304:
                return Changes((), etag, None)
            first_etag = answer.headers.get("etag", "") if place == 0 else first_etag
            found += self._issues(answer, repository)
            if place + 1 == MOST_PAGES and answer.headers.get("x-next-page", ""):
                is_all = False
                break
        upto = max((one.updated_at for one in found), default=None)
        is_same_question = since is not None and (upto is None or upto <= since)
        return Changes(found, first_etag if is_same_question else "", upto, is_all)

    def check(self) -> str:
        """Return whom GitLab takes us for; nothing is changed. Raises TryLater or Refused."""
        said = over_http.object_of(self.call("GET", f"{self._url}/api/v4/user"))
        name = said.get("username") if said else None
        if not isinstance(name, str):
            raise TryLater(f"{FAR_SIDE} answered, but not as GitLab does")
        return f"GitLab knows us as {name[:80]}"

    # ---- the wire ----

    def base(self, repository: str) -> str:
        """Return where the API has a repository. Raises Refused for a name that cannot be one."""
        return f"{self._url}/api/v4/projects/{quote(repository, safe='')}"

    def _pages(self, address: str, *, etag: str = "") -> Iterator[Answer]:
        """Yield page after page by number: an address that the far side writes is never followed with our token."""
        following = "1"
        while following.isdecimal():
            separator = "&" if "?" in address else "?"
            page = "" if following == "1" else f"{separator}page={following}"
            answer = self.call("GET", address + page, etag=etag)
            yield answer
            etag, following = "", answer.headers.get("x-next-page", "")

    def call(self, method: str, address: str, body: dict[str, Any] | None = None, *, etag: str = "") -> Answer:
        answer = over_http.exchange(
            self._client,
            method,
            address,
            far_side=FAR_SIDE,
            headers={
                "PRIVATE-TOKEN": self._token,
                **({"If-None-Match": etag} if etag else {}),
                **({"Content-Type": "application/json"} if body is not None else {}),
            },
            body=msgspec.json.encode(body) if body is not None else b"",
            good=_JUDGED | {304},
        )
        if answer.status in _JUDGED:
            raise _failure(answer)
        return answer

    def _issue(self, answer: Answer, repository: str) -> Remote:
        found = wire.issue(over_http.object_of(answer), repository=repository)
        if found is None:
            raise _not_as_gitlab(answer)
        return found

    def _issues(self, answer: Answer, repository: str) -> list[Remote]:
        found = [wire.issue(one, repository=repository) for one in self._list(answer)]
        return [one for one in found if one is not None]

    def _list(self, answer: Answer) -> list[Any]:
        body = over_http.list_of(answer)
        if body is None:
            raise TryLater(f"{FAR_SIDE} answered {answer.status}, but not as GitLab does")
        return body


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _failure(answer: Answer) -> NotDelivered:
    if answer.status == 401:
        return Refused(
            "GitLab says 401: it does not know our token (revoked or expired); put a good token into"
            " HAUSMEISTER_GITLAB_TOKEN."
        )
    if answer.status == 403:
        return Refused("GitLab says 403: our token may not do this; give it the scope api.")
    if answer.status == 404:
        return NotThere("GitLab says 404: there is no such project or issue, or our token may not see it.")
    return Refused(f"GitLab says {answer.status}: it does not accept what was sent.")


def _not_as_gitlab(answer: Answer) -> TryLater:
    return TryLater(f"{FAR_SIDE} answered {answer.status}, but not as GitLab does", maybe_delivered=True)
