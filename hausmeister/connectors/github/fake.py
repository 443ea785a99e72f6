"""A GitHub that minds each call and keeps its issues, with people in it who change them."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hausmeister.base import signing
from hausmeister.base.far_side import FarSide, Received, Reply, Unexpected, json_reply

_ISSUES = re.compile(r"/repos/([^/]+/[^/]+)/issues")
_ISSUE = re.compile(r"/repos/([^/]+/[^/]+)/issues/(\d+)")
_COMMENTS = re.compile(r"/repos/([^/]+/[^/]+)/issues/(\d+)/comments")
_REST = re.compile(r"/repos/([^/]+/[^/]+)(|/pulls|/pulls/\d+|/git/refs?(?:/heads/.+)?|/contents/.+)")
_KNOWN = {"title", "body", "labels", "state", "state_reason"}
TITLE_MOST, BODY_MOST = 256, 65_536


@dataclass
class Issue:
    """One issue as GitHub keeps it."""

    number: int
    title: str
    body: str
    labels: list[str]
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    author: str = "hausmeister-bot"
    comments: list[str] = field(default_factory=list)
    is_deleted: bool = False

    def as_json(self, repository: str) -> dict[str, Any]:
        """Return it as the API and webhooks write it."""
        return {
            "number": self.number, "title": self.title, "body": self.body, "state": self.state,
            "labels": [{"name": name} for name in self.labels], "user": {"login": self.author},
            "html_url": f"https://github.example/{repository}/issues/{self.number}",
            "created_at": _written(self.created_at), "updated_at": _written(self.updated_at),
        }  # fmt: skip


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Pull:
    """One pull request as GitHub keeps it."""

    number: int
    branch: str
    title: str
    body: str
    state: str = "open"
    merged_at: str | None = None

    def as_json(self, repository: str) -> dict[str, Any]:
        """Return it as lists, single answers and webhooks write it."""
        return {
            "number": self.number, "title": self.title, "body": self.body, "state": self.state,
            "merged_at": self.merged_at, "head": {"ref": self.branch},
            "html_url": f"https://github.example/{repository}/pull/{self.number}",
        }  # fmt: skip


class FakeGitHub(FarSide):
    """One repository with one good token. Its clock is the story's."""

    def __init__(self, *, token: str, repository: str, now: Callable[[], datetime], page: int = 50) -> None:
        self.token = token
        self.repository = repository
        self.now = now
        self.page = page
        self.issues: dict[int, Issue] = {}
        self.pulls: dict[int, Pull] = {}
        # what each branch holds, by path
        self.branches: dict[str, dict[str, str]] = {"main": {"README.md": "hello"}}
        # how many questions it answered with "nothing new"
        self.not_modified = 0
        super().__init__()

    # ---- the people in it ----

    def make(self, title: str, *, labels: tuple[str, ...] = ("bug", "data-infra"), author: str = "octocat") -> Issue:
        """Let somebody make an issue there."""
        return self._add({"title": title, "body": "", "labels": list(labels)}, author)

    def change(self, number: int, **fields: Any) -> Issue:
        """Let somebody change an issue there."""
        issue = self.issues[number]
        for name, value in fields.items():
            setattr(issue, name, value)
        issue.updated_at = self.now()
        return issue

    def event(self, number: int, action: str, *, by: str = "octocat", **more: Any) -> dict[str, Any]:
        """Return the webhook's event about an issue as it is now."""
        return {
            "action": action, "issue": self.issues[number].as_json(self.repository),
            "repository": {"full_name": self.repository}, "sender": {"login": by}, **more,
        }  # fmt: skip

    # ---- the API ----

    def answer(self, received: Received) -> Reply:
        """Answer as GitHub does. Raises Unexpected for what it, or we, would not accept."""
        if received.headers.get("authorization") != f"Bearer {self.token}":
            return json_reply(401, {"message": "Bad credentials"})
        if not received.headers.get("user-agent"):
            raise Unexpected("GitHub wants a User-Agent")
        split = urlsplit(received.target)
        if split.path == "/rate_limit":
            return json_reply(200, {"rate": {"remaining": 4999}})
        handlers = (
            (_COMMENTS, self._on_comments), (_ISSUE, self._on_issue), (_ISSUES, self._on_issues), (_REST, self._on_rest)
        )  # fmt: skip
        for pattern, handle in handlers:
            found = pattern.fullmatch(split.path)
            if found is not None:
                if found[1] != self.repository:
                    return json_reply(404, {"message": "Not Found"})
                return handle(received, *found.groups()[1:])
        raise Unexpected(f"{received.method} {received.target}")

    def _on_issues(self, received: Received) -> Reply:
        if received.method == "POST":
            _mind(received.json, must={"title", "body", "labels"})
            self.deliver(received)
            return json_reply(201, self._add(received.json, "hausmeister-bot").as_json(self.repository))
        return self._list(received)

    def _on_issue(self, received: Received, number: str) -> Reply:
        issue = self.issues.get(int(number))
        if issue is None:
            return json_reply(404, {"message": "Not Found"})
        if issue.is_deleted:
            return json_reply(410, {"message": "This issue was deleted"})
        if received.method != "PATCH":
            raise Unexpected(f"{received.method} {received.target}")
        _mind(received.json, must=set())
        self.deliver(received)
        changed = {name: value for name, value in received.json.items() if name != "state_reason"}
        return json_reply(200, self.change(int(number), **changed).as_json(self.repository))

    def _on_comments(self, received: Received, number: str) -> Reply:
        issue = self.issues[int(number)]
        if received.method == "POST":
            self.deliver(received)
            issue.comments.append(received.json["body"])
            return json_reply(201, {"id": len(issue.comments), "html_url": f"https://github.example/c/{number}"})
        return json_reply(200, [{"id": place, "body": text} for place, text in enumerate(issue.comments)])

    # ---- documents for review ----

    def pull_event(self, number: int, action: str) -> dict[str, Any]:
        """Return the webhook's event about a pull request as it is now."""
        return {
            "action": action, "number": number, "pull_request": self.pulls[number].as_json(self.repository),
            "repository": {"full_name": self.repository}, "sender": {"login": "octocat"},
        }  # fmt: skip

    def _on_rest(self, received: Received, place: str) -> Reply:
        split = urlsplit(received.target)
        asked = {name: values[0] for name, values in parse_qs(split.query).items()}
        if place == "" and received.method == "GET":
            return json_reply(200, {"full_name": self.repository, "default_branch": "main"})
        if place.startswith("/git/"):
            return self._on_refs(received, place)
        if place.startswith("/contents/"):
            return self._on_contents(received, unquote(place.removeprefix("/contents/")), asked)
        if place == "/pulls":
            return self._on_pulls(received, asked)
        found = self.pulls.get(int(place.rpartition("/")[2]))
        return json_reply(200, found.as_json(self.repository)) if found else json_reply(404, {"message": "Not Found"})

    def _on_refs(self, received: Received, place: str) -> Reply:
        if received.method == "GET" and place.startswith("/git/ref/heads/"):
            branch = unquote(place.removeprefix("/git/ref/heads/"))
            if branch not in self.branches:
                return json_reply(404, {"message": "Not Found"})
            return json_reply(200, {"ref": f"refs/heads/{branch}", "object": {"type": "commit", "sha": _sha(branch)}})
        if received.method != "POST" or place != "/git/refs" or set(received.json) != {"ref", "sha"}:
            raise Unexpected(f"{received.method} {received.target}")
        branch = received.json["ref"].removeprefix("refs/heads/")
        if branch in self.branches:
            return json_reply(422, {"message": "Reference already exists"})
        if received.json["sha"] != _sha("main"):
            raise Unexpected("a branch from nowhere")
        self.branches[branch] = dict(self.branches["main"])
        return json_reply(201, {"ref": received.json["ref"]})

    def _on_contents(self, received: Received, path: str, asked: dict[str, str]) -> Reply:
        if received.method == "GET":
            known = path in self.branches.get(asked["ref"], {})
            return json_reply(200, {"path": path}) if known else json_reply(404, {"message": "Not Found"})
        given = received.json
        if received.method != "PUT" or set(given) != {"message", "content", "branch"} or not given["message"]:
            raise Unexpected(f"{received.method} {received.target} with {sorted(given)}")
        if given["branch"] not in self.branches:
            return json_reply(404, {"message": "Branch not found"})
        if path in self.branches[given["branch"]]:
            return json_reply(422, {"message": 'Invalid request. "sha" wasn\'t supplied.'})
        self.branches[given["branch"]][path] = base64.b64decode(given["content"], validate=True).decode()
        return json_reply(201, {"content": {"path": path}})

    def _on_pulls(self, received: Received, asked: dict[str, str]) -> Reply:
        if received.method == "GET":
            # heads are named with their owner; without one GitHub leaves the filter out
            owner, _, branch = asked["head"].partition(":")
            if owner != self.repository.partition("/")[0] or asked["state"] != "all":
                raise Unexpected(f"GET {received.target}")
            rows = [one.as_json(self.repository) for one in self.pulls.values() if one.branch == branch]
            return json_reply(200, rows)
        given = received.json
        if set(given) != {"title", "body", "head", "base"} or given["base"] != "main":
            raise Unexpected(f"a pull request with {given}")
        if any(one.branch == given["head"] and one.state == "open" for one in self.pulls.values()):
            return json_reply(422, {"message": "A pull request already exists"})
        if self.branches.get(given["head"]) in (None, self.branches["main"]):
            return json_reply(422, {"message": "No commits between main and it"})
        self.deliver(received)
        number = len(self.issues) + len(self.pulls) + 1
        self.pulls[number] = Pull(number, given["head"], given["title"], given["body"])
        return json_reply(201, self.pulls[number].as_json(self.repository))

    def _list(self, received: Received) -> Reply:
        split = urlsplit(received.target)
        asked = {name: values[0] for name, values in parse_qs(split.query).items()}
        found = self._matching(asked)
        tag = f'W/"{signing.sha256_hex(str([one.as_json(self.repository) for one in found]))[:20]}"'
        if received.headers.get("if-none-match") == tag:
            self.not_modified += 1
            return Reply(304, b"", (("ETag", tag),))
        start = (int(asked.get("page", "1")) - 1) * self.page
        shown = found[start : start + self.page]
        headers = [("ETag", tag)]
        if len(found) > start + self.page:
            rest = "&".join(f"{name}={value}" for name, value in asked.items() if name != "page")
            following = f"{self.url}{split.path}?{rest}&page={int(asked.get('page', '1')) + 1}"
            headers.append(("Link", f'<{following}>; rel="next"'))
        return json_reply(200, [one.as_json(self.repository) for one in shown], *headers)

    def _matching(self, asked: dict[str, str]) -> list[Issue]:
        found = [one for one in self.issues.values() if not one.is_deleted]
        if asked.get("state", "open") == "open":
            found = [one for one in found if one.state == "open"]
        for label in filter(None, asked.get("labels", "").split(",")):
            found = [one for one in found if label in one.labels]
        if "since" in asked:
            since = datetime.fromisoformat(asked["since"])
            found = [one for one in found if one.updated_at.replace(microsecond=0) >= since]
        by = "created_at" if asked.get("sort") == "created" else "updated_at"
        return sorted(found, key=lambda one: (getattr(one, by), one.number), reverse=asked.get("direction") != "asc")

    def _add(self, given: dict[str, Any], author: str) -> Issue:
        number = len(self.issues) + 1
        self.issues[number] = Issue(
            number, given["title"], given["body"], given["labels"], self.now(), self.now(), author=author
        )
        return self.issues[number]


def _sha(branch: str) -> str:
    return signing.sha256_hex(branch)[:40]


def _mind(body: dict[str, Any], *, must: set[str]) -> None:
    """Raise Unexpected for what GitHub would refuse, or silently do otherwise."""
    if set(body) - _KNOWN or must - set(body):
        raise Unexpected(f"an issue with {sorted(body)}")
    if len(body.get("title", "x")) not in range(1, TITLE_MOST + 1) or len(body.get("body", "")) > BODY_MOST:
        raise Unexpected("a title or a text of a length that GitHub does not take")
    if any(len(label) > 50 or "," in label for label in body.get("labels", ())):
        raise Unexpected(f"labels {body['labels']}")
