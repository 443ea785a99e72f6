"""GitHub's shapes, as values. Source: GitHub's REST API 2022-11-28 and its webhook events and payloads."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hausmeister.issues.rules.mirror import Remote, is_of_our_time, number_of, split_body
from hausmeister.issues.tracker import Pull

_NEXT = re.compile(r'<([^>]*)>;\s*rel="next"')
_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


def is_repository(text: str) -> bool:
    """Say whether `text` is a repository's full name, such as "nubank/itaipu", and nothing else."""
    return _REPOSITORY.fullmatch(text) is not None


def moment(value: Any) -> datetime | None:
    """Return the instant that GitHub writes, None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is not None and is_of_our_time(found) else None


def login(value: Any) -> str:
    """Return what somebody is called there, "" for nobody."""
    name = value.get("login") if isinstance(value, Mapping) else None
    return name if isinstance(name, str) else ""


def issue(given: Any, *, repository: str, by: str = "") -> Remote | None:
    """Return an issue as the API and webhooks write it; None for a pull request, or what is no issue at all."""
    if not isinstance(given, Mapping) or given.get("pull_request"):
        return None
    number, title = number_of(given.get("number")), given.get("title")
    created, updated = moment(given.get("created_at")), moment(given.get("updated_at"))
    if number is None or not isinstance(title, str) or created is None or updated is None:
        return None
    text, marker = split_body(given["body"] if isinstance(given.get("body"), str) else "")
    return Remote(
        repository=repository,
        number=number,
        url=given["html_url"] if isinstance(given.get("html_url"), str) else "",
        title=title,
        text=text,
        labels=labels(given.get("labels")),
        is_open=given.get("state") != "closed",
        created_at=created,
        updated_at=updated,
        author=login(given.get("user")),
        by=by,
        marker=marker,
    )


def labels(given: Any) -> tuple[str, ...]:
    """Return the names of labels, which GitHub writes as objects, and in old payloads as text."""
    found = []
    for one in given if isinstance(given, list) else []:
        name = one.get("name") if isinstance(one, Mapping) else one
        if isinstance(name, str) and name:
            found.append(name)
    return tuple(found)


def next_page(link: str) -> str:
    """Return the address of the next page from a Link header, "" at the end."""
    found = _NEXT.search(link)
    return found[1] if found else ""


def repository_of(body: Mapping[str, Any]) -> str:
    """Return the full name of the repository that an event is about, "" for none."""
    found = body.get("repository")
    name = found.get("full_name") if isinstance(found, Mapping) else None
    # PostgreSQL cannot even be asked for a name with a NUL in it
    return name if isinstance(name, str) and name.isprintable() else ""


def pull(given: Any) -> Pull | None:
    """Return a pull request as the API and webhooks write it; None for what is none."""
    if not isinstance(given, Mapping):
        return None
    number, url, state = number_of(given.get("number")), given.get("html_url"), given.get("state")
    if number is None or not isinstance(url, str) or state not in {"open", "closed"}:
        return None
    # lists say when it was merged, a single one whether it is
    is_merged = bool(given.get("merged_at")) or given.get("merged") is True
    return Pull(number, url, "merged" if is_merged else str(state))
