"""The shape of our own alert format, documented in `docs/api.md`."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from hausmeister.alerts.intake import Answer, Problem, Request
from hausmeister.alerts.operations import Happened, Taken, as_dict
from hausmeister.alerts.rules import Action, Signal
from hausmeister.base.priority import Priority
from hausmeister.base.signing import sha256_hex

KNOWN = ("title", "key", "text", "severity", "priority", "source", "labels", "links", "action")
PRIORITIES = tuple(priority.name for priority in reversed(Priority))


def parse(request: Request) -> list[Signal]:
    """Return the one signal of the body. Raises Problem naming the field at fault."""
    is_form = request.content_type == "application/x-www-form-urlencoded"
    return [signal(_form(request.body) if is_form else _json(request.body))]


def signal(given: Mapping[str, Any]) -> Signal:
    """Return the signal that these fields describe. Raises Problem naming the field at fault."""
    title = _text(given, "title")
    if not title.strip():
        raise Problem(422, "missing_field", "The field title is missing; it says what is wrong, in one line.", "title")
    labels = _labels(given)
    return Signal(
        action=_action(given),
        key=_text(given, "key") or _own_key(title, _text(given, "source"), labels),
        title=title,
        text=_text(given, "text"),
        severity=_text(given, "severity"),
        priority=_priority(given),
        origin=_text(given, "source"),
        labels=labels,
        links=_links(given),
        details={name: value for name, value in given.items() if name not in KNOWN},
    )


def _json(body: bytes) -> dict[str, Any]:
    value = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    if not isinstance(value, dict):
        raise Problem(422, "not_an_object", 'The body must be one JSON object, such as {"title": "Disk full"}.')
    return value


def _form(body: bytes) -> dict[str, Any]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200))


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise Problem(422, "wrong_type", f"The field {name} must be a text.", name)


def _own_key(title: str, source: str, labels: Mapping[str, str]) -> str:
    """Return a dedup key for a sender that gives none: the same title, source and labels are the same alert."""
    return "auto:" + sha256_hex(msgspec.json.encode([title, source, sorted(labels.items())]).decode())


def _action(given: Mapping[str, Any]) -> Action:
    word = _text(given, "action") or Action.FIRE.value
    if word not in {Action.FIRE.value, Action.RESOLVE.value}:
        raise Problem(422, "wrong_value", "The field action must be fire or resolve.", "action")
    return Action(word)


def _priority(given: Mapping[str, Any]) -> Priority | None:
    word = _text(given, "priority").strip().upper()
    if not word:
        return None
    if word not in Priority.__members__:
        raise Problem(
            422,
            "wrong_value",
            f"The field priority must be one of {', '.join(PRIORITIES)}; P4 is the most urgent.",
            "priority",
        )
    return Priority[word]


def _labels(given: Mapping[str, Any]) -> dict[str, str]:
    labels = given.get("labels") or {}
    if not isinstance(labels, dict):
        raise Problem(422, "wrong_type", "The field labels must be an object of texts.", "labels")
    return {str(name): value if isinstance(value, str) else _compact(value) for name, value in labels.items()}


def _compact(value: Any) -> str:
    return msgspec.json.encode(value).decode("utf-8", "replace")


def _links(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    links = given.get("links") or []
    if not isinstance(links, list):
        raise Problem(
            422,
            "wrong_type",
            "The field links must be a list of URLs, or of objects with href and text.",
            "links",
        )
    return tuple(_link(one) for one in links)


def _link(one: Any) -> tuple[str, str]:
    if isinstance(one, str):
        return one, one
    if isinstance(one, dict) and isinstance(one.get("href"), str):
        return one["href"], str(one.get("text") or one["href"])
    raise Problem(422, "wrong_type", "A link must be a URL, or an object with href and text.", "links")


def answer(taken: Sequence[Taken]) -> Answer:
    """Return what became of the signal: 201 for a new alert, 200 otherwise."""
    one = taken[0]
    return Answer(201 if one.happened is Happened.OPENED else 200, as_dict(one))
