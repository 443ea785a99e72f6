"""An Opsgenie that minds each call and keeps its alerts, with people in it who act on them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from hausmeister.base.far_side import FarSide, Received, Reply, Unexpected, json_reply

_ACTION = re.compile(r"/v2/alerts/([^/?]+)/(acknowledge|unacknowledge|close)\?identifierType=alias")
_ONE = re.compile(r"/v2/alerts/([^/?]+)\?identifierType=alias")
_LIMITS = {"message": 130, "alias": 512, "description": 15_000, "source": 100, "user": 100, "note": 25_000}
_KNOWN = {*_LIMITS, "responders", "visibleTo", "actions", "tags", "details", "entity", "priority"}


@dataclass
class Alert:
    """One alert as Opsgenie keeps it."""

    body: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    count: int = 1
    is_open: bool = True
    is_acknowledged: bool = False
    # how often its responders' phones rang
    rang: int = 1
    report: dict[str, Any] = field(default_factory=dict)


class FakeOpsgenie(FarSide):
    """One account with one API key. Writes are accepted with 202 and done at once, or when `is_slow` is over."""

    def __init__(self, *, key: str, now: Callable[[], datetime]) -> None:
        self.key = key
        self.now = now
        # every alert that ever had an alias, the newest last
        self.alerts: dict[str, list[Alert]] = {}
        self.is_slow = False
        # whether misbehaviour is meant for questions too, or for writes alone
        self.plays_with_questions = False
        self._to_do: list[Callable[[], None]] = []
        super().__init__()

    def is_played_with(self, received: Received) -> bool:
        """Questions come by themselves, all the time; a story mostly means the writes."""
        return received.method != "GET" or self.plays_with_questions

    # ---- the API ----

    def answer(self, received: Received) -> Reply:
        """Answer as Opsgenie does. Raises Unexpected for what it, or we, would not accept."""
        if received.headers.get("authorization") != f"GenieKey {self.key}":
            return self._said(401, {"message": "Could not authenticate"})
        if received.method == "GET" and (one := _ONE.fullmatch(received.target)):
            return self._show(unquote(one[1]))
        if received.method == "POST" and received.target == "/v2/alerts":
            mind(received.json)
            self.deliver(received)
            return self._accept(lambda: self._create(received.json))
        if received.method == "POST" and (one := _ACTION.fullmatch(received.target)):
            _mind_lengths(received.json)
            self.deliver(received)
            alias, verb, user = unquote(one[1]), one[2], received.json["user"]
            return self._accept(lambda: self._act(alias, verb, user))
        raise Unexpected(f"{received.method} {received.target}")

    def _said(self, status: int, body: dict[str, Any]) -> Reply:
        return json_reply(status, {**body, "took": 0.002, "requestId": f"request-{len(self.seen)}"})

    def _accept(self, work: Callable[[], None]) -> Reply:
        self._to_do.append(work)
        if not self.is_slow:
            self.work_off()
        return self._said(202, {"result": "Request will be processed"})

    def work_off(self) -> None:
        """Do everything that was accepted and not done yet."""
        while self._to_do:
            self._to_do.pop(0)()

    def _create(self, body: dict[str, Any]) -> None:
        kept = self.alerts.setdefault(body["alias"], [])
        if kept and kept[-1].is_open:
            kept[-1].count += 1
            kept[-1].updated_at = self.now()
        else:
            kept.append(Alert(body, self.now(), self.now()))

    def _show(self, alias: str) -> Reply:
        if alias not in self.alerts:
            return self._said(404, {"message": "Alert does not exist"})
        alert = self.newest(alias)
        shown = {
            "alias": alias,
            "message": alert.body["message"],
            "status": "open" if alert.is_open else "closed",
            "acknowledged": alert.is_acknowledged,
            "count": alert.count,
            "createdAt": alert.created_at.isoformat().replace("+00:00", "Z"),
            "updatedAt": alert.updated_at.isoformat().replace("+00:00", "Z"),
            "owner": alert.report.get("acknowledgedBy", ""),
            "priority": alert.body["priority"],
        }
        return self._said(200, {"data": {**shown, "report": alert.report} if alert.report else shown})

    def _act(self, alias: str, verb: str, user: str) -> None:
        if alias not in self.alerts or not self.newest(alias).is_open:
            return
        alert = self.newest(alias)
        length_ms = int((self.now() - alert.created_at).total_seconds() * 1000)
        alert.updated_at = self.now()
        if verb == "close":
            alert.is_open = False
            alert.report |= {"closedBy": user, "closeTime": length_ms}
        elif verb == "acknowledge" and not alert.is_acknowledged:
            alert.is_acknowledged = True
            # the time of the first acknowledgement is kept: the worst that the documentation allows for
            alert.report = {"ackTime": length_ms, **alert.report, "acknowledgedBy": user}
        elif verb == "unacknowledge" and alert.is_acknowledged:
            alert.is_acknowledged = False
            alert.rang += 1

    # ---- the people in it, and the story ----

    def newest(self, alias: str) -> Alert:
        """Return the newest alert with this alias. Raises KeyError when there is none."""
        return self.alerts[alias][-1]

    def does(self, user: str, verb: str, alias: str) -> dict[str, Any]:
        """Have `user` acknowledge, unacknowledge or close; return the event that the webhook would send."""
        self._act(alias, verb, user)
        action = {"acknowledge": "Acknowledge", "unacknowledge": "UnAcknowledge", "close": "Close"}[verb]
        return self.event(action, alias, user=user, source={"name": "", "type": "web"})

    def event(self, action: str, alias: str, *, user: str, source: dict[str, str]) -> dict[str, Any]:
        """Return an event of the outgoing webhook, as Opsgenie's sample data shows it."""
        return {
            "source": source,
            "alert": {
                "updatedAt": int(self.now().timestamp() * 1_000) * 1_000_000,
                "tags": [],
                "message": self.newest(alias).body["message"] if alias in self.alerts else "",
                "username": user,
                "alertId": "052652ac-5d1c-464a-812a-7dd18bbfba8c",
                "source": "Hausmeister",
                "alias": alias,
                "tinyId": "23",
                "createdAt": int(self.now().timestamp() * 1_000),
                "userId": "daed1180-0ce8-438b-8f8e-57e1a5920a2d",
                "entity": "",
            },
            "action": action,
            "integrationId": "37c8f316-17c6-49d7-899b-9c7e540c048d",
            "integrationName": "Hausmeister",
        }

    def error_body(self) -> None:
        """Answer the next call with 200 and an error in the body."""
        self.play(json_reply(200, {"message": "something went wrong", "took": 0.1}))

    def take(self, ending: str = "") -> dict[str, Any]:
        """Return the body of the oldest write whose target ends so; "" fits the creation of an alert only."""
        wanted = f"/{ending}?identifierType=alias" if ending else "/v2/alerts"
        body: dict[str, Any] = self.expect(lambda one: one.target.endswith(wanted)).json
        return body


def mind(body: dict[str, Any]) -> None:
    """Raise Unexpected for an alert that Opsgenie would refuse, or that would lose something on the way."""
    _mind_lengths(body)
    if not set(body) <= _KNOWN or not body["message"].strip():
        raise Unexpected(f"fields {sorted(body)}, message {body.get('message')!r}")
    if body["priority"] not in {"P1", "P2", "P3", "P4", "P5"}:
        raise Unexpected(f"priority {body['priority']}")
    tags, details = body.get("tags", []), body.get("details", {})
    if len(tags) > 20 or any(len(tag) > 50 for tag in tags) or sum(map(len, [*details, *details.values()])) > 8_000:
        raise Unexpected(f"tags {tags}, details {details}")
    for one in body["responders"]:
        if set(one) != {"type", "username"} or one["type"] != "user":
            raise Unexpected(f"responder {one}")


def _mind_lengths(body: dict[str, Any]) -> None:
    for name, most in _LIMITS.items():
        if len(body.get(name, "")) > most:
            raise Unexpected(f"{name} has {len(body[name])} characters, {most} are allowed")
