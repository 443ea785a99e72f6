"""GitLab's shapes, as values. Source: GitLab's REST API v4 (issues, notes) and its webhook events.

Its webhooks write times in two forms: "2013-12-03T17:15:43Z" and "2013-12-03 17:15:43 UTC".
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hausmeister.issues.rules.mirror import Remote, is_of_our_time, number_of, split_body
from hausmeister.issues.tracker import Pull


def moment(value: Any) -> datetime | None:
    """Return the instant that GitLab writes, None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.removesuffix(" UTC"))
    except ValueError:
        return None
    told = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return told if is_of_our_time(told) else None


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""


def issue(given: Any, *, repository: str, by: str = "") -> Remote | None:
    """Return an issue as the API writes it; None for what is no issue."""
    if not isinstance(given, Mapping):
        return None
    author = given.get("author")
    return _issue(
        given,
        repository=repository,
        url=_text(given, "web_url"),
        author=_text(author, "username") if isinstance(author, Mapping) else "",
        by=by,
    )


def event(body: Mapping[str, Any]) -> Remote | None:
    """Return the issue that a webhook's event is about, None for what is no issue; who did it is who made it, too."""
    given = body.get("object_attributes")
    project, user = body.get("project"), body.get("user")
    if not isinstance(given, Mapping) or not isinstance(project, Mapping):
        return None
    place = _text(project, "path_with_namespace")
    if not place.isprintable():
        # PostgreSQL cannot even be asked for a name with a NUL in it
        return None
    who = _text(user, "username") if isinstance(user, Mapping) else ""
    labels = body.get("labels") if isinstance(body.get("labels"), list) else given.get("labels")
    merged = {**given, "labels": labels}
    return _issue(merged, repository=place, url=_text(given, "url"), author=who, by=who)


def _issue(given: Mapping[str, Any], *, repository: str, url: str, author: str, by: str) -> Remote | None:
    number, title = number_of(given.get("iid")), given.get("title")
    created, updated = moment(given.get("created_at")), moment(given.get("updated_at"))
    if number is None or not isinstance(title, str) or created is None or updated is None:
        return None
    text, marker = split_body(_text(given, "description"))
    return Remote(
        repository=repository, number=number, url=url, title=title, text=text, labels=_labels(given.get("labels")),
        is_open=given.get("state") != "closed", created_at=created, updated_at=updated, author=author, by=by,
        marker=marker,
    )  # fmt: skip


def _labels(given: Any) -> tuple[str, ...]:
    """Return the names of labels: text in the API, objects with a title in webhooks."""
    found = []
    for one in given if isinstance(given, list) else []:
        name = one.get("title") if isinstance(one, Mapping) else one
        if isinstance(name, str) and name:
            found.append(name)
    return tuple(found)


# a locked one is being merged right now
_STATES = {"opened": "open", "locked": "open", "merged": "merged", "closed": "closed"}


def pull(given: Any) -> Pull | None:
    """Return a merge request as the API (`web_url`) and webhooks (`url`) write it; None for what is none."""
    if not isinstance(given, Mapping):
        return None
    number, state = number_of(given.get("iid")), _STATES.get(_text(given, "state"))
    if number is None or state is None:
        return None
    return Pull(number, _text(given, "web_url") or _text(given, "url"), state)
