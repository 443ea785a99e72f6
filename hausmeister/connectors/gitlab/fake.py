"""A GitLab that minds each call and keeps its issues, with people in it who change them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hausmeister.base import signing
from hausmeister.base.far_side import FarSide, Received, Reply, Unexpected, json_reply

_ISSUES = re.compile(r"/api/v4/projects/([^/]+)/issues(?:/(\d+))?")
_REST = re.compile(r"/api/v4/projects/([^/]+)(|/repository/.+|/merge_requests(?:/\d+)?)")
_KNOWN = {"title", "description", "labels", "state_event"}
TITLE_MOST = 255


@dataclass
class Issue:
    """One issue as GitLab keeps it."""

    iid: int
    title: str
    description: str
    labels: list[str]
    created_at: datetime
    updated_at: datetime
    state: str = "opened"

    def as_json(self, project: str) -> dict[str, Any]:
        """Return it as the API writes it."""
        return {
            "iid": self.iid, "title": self.title, "description": self.description, "labels": self.labels,
            "state": self.state, "author": {"username": "hausmeister-bot"},
            "web_url": f"https://gitlab.example/{project}/-/issues/{self.iid}",
            "created_at": self.created_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "updated_at": self.updated_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }  # fmt: skip


class FakeGitLab(FarSide):
    """One project with one good token. Its clock is the story's."""

    def __init__(self, *, token: str, project: str, now: Callable[[], datetime], page: int = 50) -> None:
        self.token = token
        self.project = project
        self.now = now
        self.page = page
        self.issues: dict[int, Issue] = {}
        self.merges: dict[int, dict[str, Any]] = {}
        # what each branch holds, by path
        self.branches: dict[str, dict[str, str]] = {"main": {"README.md": "hello"}}
        super().__init__()

    # ---- the people in it ----

    def change(self, iid: int, **fields: Any) -> Issue:
        """Let somebody change an issue there."""
        issue = self.issues[iid]
        for name, value in fields.items():
            setattr(issue, name, value)
        issue.updated_at = self.now()
        return issue

    def event(self, iid: int, action: str, *, by: str = "dana") -> dict[str, Any]:
        """Return the webhook's event about an issue as it is now; times as its webhooks write them."""
        one = self.issues[iid]
        return {
            "object_kind": "issue", "user": {"username": by}, "project": {"path_with_namespace": self.project},
            "object_attributes": {
                **one.as_json(self.project), "action": action, "url": f"https://gitlab.example/x/{iid}",
                "created_at": one.created_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
                "updated_at": one.updated_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            },
            "labels": [{"title": name} for name in one.labels],
        }  # fmt: skip

    # ---- the API ----

    def answer(self, received: Received) -> Reply:
        """Answer as GitLab does. Raises Unexpected for what it, or we, would not accept."""
        if received.headers.get("private-token") != self.token:
            return json_reply(401, {"message": "401 Unauthorized"})
        split = urlsplit(received.target)
        if split.path == "/api/v4/user":
            return json_reply(200, {"username": "hausmeister-bot"})
        found = _ISSUES.fullmatch(split.path)
        rest = _REST.fullmatch(split.path)
        if rest is not None and unquote(rest[1]) == self.project:
            return self._on_rest(received, rest[2], parse_qs(split.query))
        if found is None:
            raise Unexpected(f"{received.method} {received.target}")
        if unquote(found[1]) != self.project:
            return json_reply(404, {"message": "404 Project Not Found"})
        if received.method == "GET":
            return self._list({name: values[0] for name, values in parse_qs(split.query).items()}, received)
        return self._write(received, found[2])

    def _write(self, received: Received, iid: str | None) -> Reply:
        given = received.json
        if set(given) - _KNOWN or len(given.get("title", "x")) not in range(1, TITLE_MOST + 1):
            raise Unexpected(f"an issue with {sorted(given)}")
        if received.method == "POST" and iid is None:
            self.deliver(received)
            number = len(self.issues) + 1
            labels = [label for label in given["labels"].split(",") if label]
            self.issues[number] = Issue(number, given["title"], given["description"], labels, self.now(), self.now())
            return json_reply(201, self.issues[number].as_json(self.project))
        if received.method != "PUT" or iid is None:
            raise Unexpected(f"{received.method} {received.target}")
        if int(iid) not in self.issues:
            return json_reply(404, {"message": "404 Not found"})
        self.deliver(received)
        changed = {name: value for name, value in given.items() if name in {"title", "description"}}
        if "labels" in given:
            changed["labels"] = [label for label in given["labels"].split(",") if label]
        if "state_event" in given:
            changed["state"] = {"close": "closed", "reopen": "opened"}[given["state_event"]]
        return json_reply(200, self.change(int(iid), **changed).as_json(self.project))

    # ---- documents for review ----

    def merge_event(self, iid: int) -> dict[str, Any]:
        """Return the webhook's event about a merge request as it is now."""
        one = self.merges[iid]
        return {
            "object_kind": "merge_request", "user": {"username": "dana"},
            "project": {"path_with_namespace": self.project},
            "object_attributes": {"iid": iid, "state": one["state"], "url": one["web_url"]},
        }  # fmt: skip

    def _on_rest(self, received: Received, place: str, asked: dict[str, list[str]]) -> Reply:
        if place == "":
            return json_reply(200, {"path_with_namespace": self.project, "default_branch": "main"})
        if place.startswith("/repository/branches/"):
            known = unquote(place.removeprefix("/repository/branches/")) in self.branches
            return json_reply(200, {"name": "x"}) if known else json_reply(404, {"message": "404 Branch Not Found"})
        if place == "/repository/commits":
            return self._commit(received.json)
        if received.method == "POST":
            return self._merge_request(received)
        if place == "/merge_requests":
            rows = [one for one in self.merges.values() if one["source_branch"] == asked["source_branch"][0]]
            return json_reply(200, rows)
        found = self.merges.get(int(place.rpartition("/")[2]))
        return json_reply(200, found) if found else json_reply(404, {"message": "404 Not found"})

    def _commit(self, given: dict[str, Any]) -> Reply:
        if set(given) != {"branch", "start_branch", "commit_message", "actions"} or given["start_branch"] != "main":
            raise Unexpected(f"a commit with {given}")
        if given["branch"] in self.branches:
            return json_reply(400, {"message": f"Branch '{given['branch']}' already exists"})
        (action,) = given["actions"]
        if set(action) != {"action", "file_path", "content"} or action["action"] != "create":
            raise Unexpected(f"a commit that does {action}")
        self.branches[given["branch"]] = self.branches["main"] | {action["file_path"]: action["content"]}
        return json_reply(201, {"id": "c0ffee"})

    def _merge_request(self, received: Received) -> Reply:
        given = received.json
        must = {"source_branch", "target_branch", "title", "description", "remove_source_branch"}
        if set(given) != must or given["source_branch"] not in self.branches or given["target_branch"] != "main":
            raise Unexpected(f"a merge request with {given}")
        if any(one["source_branch"] == given["source_branch"] for one in self.merges.values()):
            return json_reply(409, {"message": ["Another open merge request already exists for this source branch"]})
        self.deliver(received)
        iid = len(self.merges) + 1
        self.merges[iid] = given | {
            "iid": iid, "state": "opened", "web_url": f"https://gitlab.example/{self.project}/-/merge_requests/{iid}",
        }  # fmt: skip
        return json_reply(201, self.merges[iid])

    def _list(self, asked: dict[str, str], received: Received) -> Reply:
        found = list(self.issues.values())
        if asked.get("state", "all") == "opened":
            found = [one for one in found if one.state == "opened"]
        for label in filter(None, asked.get("labels", "").split(",")):
            found = [one for one in found if label in one.labels]
        for name, field in (("updated_after", "updated_at"), ("created_after", "created_at")):
            if name in asked:
                since = datetime.fromisoformat(asked[name])
                found = [one for one in found if getattr(one, field) >= since]
        found.sort(key=lambda one: (getattr(one, asked["order_by"]), one.iid), reverse=asked["sort"] == "desc")
        tag = f'W/"{signing.sha256_hex(str([one.as_json(self.project) for one in found]))[:20]}"'
        if received.headers.get("if-none-match") == tag:
            return Reply(304, b"", (("ETag", tag),))
        page = int(asked.get("page", "1"))
        shown = found[(page - 1) * self.page : page * self.page]
        following = str(page + 1) if len(found) > page * self.page else ""
        rows = [one.as_json(self.project) for one in shown]
        return json_reply(200, rows, ("ETag", tag), ("X-Next-Page", following))
