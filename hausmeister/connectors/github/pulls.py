"""A file offered to a GitHub repository: a branch, a commit, a pull request; each looked for before it is made.

Source: GitHub's REST API 2022-11-28, "Git references", "Repository contents", "Pull requests".
"""

import base64
from typing import Any
from urllib.parse import quote, urlencode

from hausmeister.base.outgoing import Answer
from hausmeister.connectors.github import wire
from hausmeister.connectors.github.api import FAR_SIDE, GitHub
from hausmeister.connectors.github.errors import NotThere
from hausmeister.issues.tracker import Gone, Offer, Pull
from hausmeister.outbox import over_http
from hausmeister.outbox.delivery import TryLater


class GitHubPulls:
    """Pull requests in the repositories that `github` may see."""

    label = "GitHub"

    def __init__(self, github: GitHub) -> None:
        self._github = github

    def offer(self, repository: str, offer: Offer) -> Pull:
        """Open a pull request; one from the same branch that is there already is returned as it is.

        Raises TryLater or Refused.
        """
        found = self._from_branch(repository, offer.branch)
        if found is not None:
            return found
        into = self._text_of(self._call("GET", repository, ""), "default_branch")
        if not self._has(repository, f"/git/ref/heads/{quote(offer.branch)}"):
            self._branch_off(repository, into, offer.branch)
        place = f"/contents/{quote(offer.path)}"
        if not self._has(repository, f"{place}?{urlencode({'ref': offer.branch})}"):
            content = base64.b64encode(offer.text.encode()).decode()
            self._call("PUT", repository, place, message=offer.title, content=content, branch=offer.branch)
        answer = self._call(
            "POST", repository, "/pulls", title=offer.title, body=offer.body, head=offer.branch, base=into
        )
        return _pull(answer)

    def look(self, repository: str, number: int) -> Pull:
        """Return a pull request as it is now. Raises TryLater, Refused or Gone."""
        try:
            return _pull(self._call("GET", repository, f"/pulls/{number}"))
        except NotThere as error:
            raise Gone(str(error)) from error

    def _from_branch(self, repository: str, branch: str) -> Pull | None:
        owner = repository.partition("/")[0]
        query = urlencode({"head": f"{owner}:{branch}", "state": "all", "per_page": 10})
        answer = self._call("GET", repository, f"/pulls?{query}")
        rows = over_http.list_of(answer)
        if rows is None:
            raise _not_as_github(answer)
        return next(filter(None, map(wire.pull, rows)), None)

    def _branch_off(self, repository: str, into: str, branch: str) -> None:
        answer = self._call("GET", repository, f"/git/ref/heads/{quote(into)}")
        target = (over_http.object_of(answer) or {}).get("object")
        sha = target.get("sha") if isinstance(target, dict) else None
        if not isinstance(sha, str):
            raise _not_as_github(answer)
        self._call("POST", repository, "/git/refs", ref=f"refs/heads/{branch}", sha=sha)

    def _has(self, repository: str, place: str) -> bool:
        try:
            self._call("GET", repository, place)
        except NotThere:
            return False
        return True

    def _text_of(self, answer: Answer, name: str) -> str:
        value = (over_http.object_of(answer) or {}).get(name)
        if not isinstance(value, str) or not value:
            raise _not_as_github(answer)
        return value

    def _call(self, method: str, repository: str, place: str, **body: Any) -> Answer:
        return self._github.call(method, f"{self._github.base(repository)}{place}", body or None)


def _pull(answer: Answer) -> Pull:
    found = wire.pull(over_http.object_of(answer))
    if found is None:
        raise _not_as_github(answer)
    return found


def _not_as_github(answer: Answer) -> TryLater:
    return TryLater(f"{FAR_SIDE} answered {answer.status}, but not as GitHub does", maybe_delivered=True)
