"""A file offered to a GitLab project: a commit on a branch of its own, a merge request; looked for before it is made.

Source: GitLab's REST API v4, "Commits", "Branches", "Merge requests".
"""

from typing import Any
from urllib.parse import quote, urlencode

from hausmeister.base.outgoing import Answer
from hausmeister.connectors.gitlab import wire
from hausmeister.connectors.gitlab.api import FAR_SIDE, GitLab, NotThere
from hausmeister.issues.tracker import Gone, Offer, Pull
from hausmeister.outbox import over_http
from hausmeister.outbox.delivery import TryLater


class GitLabMerges:
    """Merge requests in the projects that `gitlab` may see."""

    label = "GitLab"

    def __init__(self, gitlab: GitLab) -> None:
        self._gitlab = gitlab

    def offer(self, repository: str, offer: Offer) -> Pull:
        """Open a merge request; one from the same branch that is there already is returned as it is.

        Branch and commit are made in one call, so a branch that is there holds the file. Raises TryLater or Refused.
        """
        found = self._from_branch(repository, offer.branch)
        if found is not None:
            return found
        answer = self._call("GET", repository, "")
        into = (over_http.object_of(answer) or {}).get("default_branch")
        if not isinstance(into, str) or not into:
            raise _not_as_gitlab(answer)
        if not self._has_branch(repository, offer.branch):
            action = {"action": "create", "file_path": offer.path, "content": offer.text}
            self._call(
                "POST", repository, "/repository/commits", branch=offer.branch, start_branch=into,
                commit_message=offer.title, actions=[action],
            )  # fmt: skip
        made = self._call(
            "POST", repository, "/merge_requests", source_branch=offer.branch, target_branch=into, title=offer.title,
            description=offer.body, remove_source_branch=True,
        )  # fmt: skip
        return _pull(made)

    def look(self, repository: str, number: int) -> Pull:
        """Return a merge request as it is now. Raises TryLater, Refused or Gone."""
        try:
            return _pull(self._call("GET", repository, f"/merge_requests/{number}"))
        except NotThere as error:
            raise Gone(str(error)) from error

    def _from_branch(self, repository: str, branch: str) -> Pull | None:
        query = urlencode({"source_branch": branch, "state": "all", "per_page": 10})
        answer = self._call("GET", repository, f"/merge_requests?{query}")
        rows = over_http.list_of(answer)
        if rows is None:
            raise _not_as_gitlab(answer)
        return next(filter(None, map(wire.pull, rows)), None)

    def _has_branch(self, repository: str, branch: str) -> bool:
        try:
            self._call("GET", repository, f"/repository/branches/{quote(branch, safe='')}")
        except NotThere:
            return False
        return True

    def _call(self, method: str, repository: str, place: str, **body: Any) -> Answer:
        return self._gitlab.call(method, f"{self._gitlab.base(repository)}{place}", body or None)


def _pull(answer: Answer) -> Pull:
    found = wire.pull(over_http.object_of(answer))
    if found is None:
        raise _not_as_gitlab(answer)
    return found


def _not_as_gitlab(answer: Answer) -> TryLater:
    return TryLater(f"{FAR_SIDE} answered {answer.status}, but not as GitLab does", maybe_delivered=True)
