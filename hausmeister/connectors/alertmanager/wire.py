"""The webhook payload of Alertmanager, version 4.

Source: Alertmanager's documentation of `webhook_config`. One alert of ours for each alert of the group, told
apart by fingerprint. Unknown fields are tolerated everywhere; only what cannot be an alert is refused.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from hausmeister.alerts.intake import Answer, Problem, Request
from hausmeister.alerts.operations import Happened, Taken
from hausmeister.alerts.rules import Action, Signal
from hausmeister.base.signing import sha256_hex


def parse(request: Request) -> list[Signal]:
    """Return a signal for each alert of the group. Raises Problem when the body is no group."""
    group = msgspec.json.decode(request.body.removeprefix(b"\xef\xbb\xbf"))
    if not isinstance(group, dict):
        raise Problem(422, "not_a_group", "The body must be Alertmanager's webhook payload, a JSON object.")
    alerts = group.get("alerts")
    if not isinstance(alerts, list):
        raise Problem(422, "missing_field", "The field alerts is missing; it is the list of alerts.", "alerts")
    return [_signal(alert, group, place) for place, alert in enumerate(alerts)]


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    return {str(name): text if isinstance(text, str) else str(text) for name, text in value.items()}


def _signal(alert: Any, group: Mapping[str, Any], place: int) -> Signal:
    if not isinstance(alert, Mapping):
        raise Problem(422, "not_an_alert", "Each of alerts must be an object.", f"alerts[{place}]")
    labels, annotations = _texts(alert.get("labels")), _texts(alert.get("annotations"))
    status = alert.get("status") or group.get("status")
    generator, outside = alert.get("generatorURL"), group.get("externalURL")
    return Signal(
        action=Action.RESOLVE if status == "resolved" else Action.FIRE,
        key=str(alert.get("fingerprint") or _fingerprint(labels)),
        title=annotations.get("summary") or annotations.get("title") or _named(labels),
        text=annotations.get("description") or annotations.get("message") or "",
        severity=labels.get("severity", ""),
        origin=labels.get("instance") or labels.get("job", ""),
        labels=labels,
        links=tuple(_links(annotations, generator, outside)),
        details={
            "annotations": annotations,
            "startsAt": str(alert.get("startsAt") or ""),
            "groupKey": str(group.get("groupKey") or ""),
            "receiver": str(group.get("receiver") or ""),
        },
    )


def _named(labels: Mapping[str, str]) -> str:
    name, where = labels.get("alertname", "Alert without a name"), labels.get("instance", "")
    return f"{name} on {where}" if where else name


def _fingerprint(labels: Mapping[str, str]) -> str:
    """Return a key for versions before 0.20, which send no fingerprint: the labels are the identity."""
    return "labels:" + sha256_hex(msgspec.json.encode(sorted(labels.items())).decode())


def _links(annotations: Mapping[str, str], generator: Any, outside: Any) -> list[tuple[str, str]]:
    found = [
        (annotations[name], name.removesuffix("_url"))
        for name in ("runbook_url", "dashboard_url")
        if annotations.get(name)
    ]
    if isinstance(generator, str) and generator:
        found.append((generator, "graph"))
    if isinstance(outside, str) and outside:
        found.append((outside, "Alertmanager"))
    return found


def answer(taken: Sequence[Taken]) -> Answer:
    """Return how many alerts were taken; Alertmanager reads the status alone."""
    fresh = sum(one.happened is Happened.OPENED for one in taken)
    return Answer(200, {"taken": len(taken), "opened": fresh})
