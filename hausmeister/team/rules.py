"""Pure decisions about people: roles and what they allow, channels, keys, codes, being away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import instant


class Role(StrEnum):
    """What a person is in one team."""

    LEAD = "lead"
    RESPONDER = "responder"
    VIEWER = "viewer"


class Capability(StrEnum):
    """What a view, an API call or a command asks for."""

    # about a team
    SEE_STATUS = "see status"
    SEE_PAGES = "see pages"
    ACT_ON_PAGES = "act on pages"
    SILENCE_ALERTS = "silence alerts"
    SEE_ISSUES = "see issues"
    WORK_ON_ISSUES = "work on issues"
    SEE_INCIDENTS = "see incidents"
    ACT_ON_INCIDENTS = "act on incidents"
    CHANGE_ROTA = "change rota"
    CHANGE_POLICY = "change policy"
    MANAGE_SOURCES = "manage sources"
    MANAGE_MEMBERS = "manage members"
    # about oneself
    OWN_PROFILE = "own profile"
    # about the installation
    ADMINISTER = "administer"
    # nobody needs to be anybody: sign-in, signed links, health
    PUBLIC = "public"


_VIEWER = frozenset({Capability.SEE_STATUS})
_RESPONDER = _VIEWER | {
    Capability.SEE_PAGES,
    Capability.ACT_ON_PAGES,
    Capability.SILENCE_ALERTS,
    Capability.SEE_ISSUES,
    Capability.WORK_ON_ISSUES,
    Capability.SEE_INCIDENTS,
    Capability.ACT_ON_INCIDENTS,
}
_LEAD = _RESPONDER | {
    Capability.CHANGE_ROTA,
    Capability.CHANGE_POLICY,
    Capability.MANAGE_SOURCES,
    Capability.MANAGE_MEMBERS,
}
ALLOWED: dict[Role, frozenset[Capability]] = {
    Role.VIEWER: _VIEWER,
    Role.RESPONDER: _RESPONDER,
    Role.LEAD: _LEAD,
}


class Scope(StrEnum):
    """What an API key may do (S35)."""

    ALERTS_WRITE = "alerts:write"
    ALERTS_ALL = "alerts:all"
    HEARTBEAT = "heartbeat"
    READ = "read"
    MANAGE = "manage"
    ALL = "all"


def covers(scopes: frozenset[str], wanted: Scope) -> bool:
    """Say whether a key with `scopes` may do what needs `wanted`."""
    if Scope.ALL in scopes or wanted in scopes:
        return True
    return wanted is Scope.ALERTS_WRITE and Scope.ALERTS_ALL in scopes


class Channel(StrEnum):
    """The ways to reach a person that exist so far."""

    EMAIL = "email"
    NTFY = "ntfy"
    SLACK = "slack"
    MATRIX = "matrix"
    WEBHOOK = "webhook"
    OPSGENIE = "opsgenie"

    @property
    def label(self) -> str:
        """The name people read."""
        return _LABELS[self]


_LABELS = {
    Channel.EMAIL: "e-mail",
    Channel.NTFY: "ntfy",
    Channel.SLACK: "Slack",
    Channel.MATRIX: "Matrix",
    Channel.WEBHOOK: "webhook",
    Channel.OPSGENIE: "Opsgenie",
}


class ListName(StrEnum):
    """A person's two ladders: important for hard pages, default for soft ones."""

    IMPORTANT = "important"
    DEFAULT = "default"


KEY_PREFIX = "hm"
KEY_LENGTH = 32
CODE_DIGITS = 6
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
INVITATION_LIFE = timedelta(hours=72)


def code_told(facts: Mapping[str, Any]) -> str:
    """Return the sentences that carry a verification code; the code first, for a lock screen's one line."""
    return (
        f"{facts['code']} is your Hausmeister code. It proves that this contact method reaches you, and is good for"
        f" {facts['minutes']} minutes. If you did not ask for it, do nothing."
    )


@dataclass(frozen=True)
class Away:
    """A span in which a person is away."""

    starts_at: datetime
    ends_at: datetime

    def touches(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Say whether any instant of the span from `starts_at` up to `ends_at` lies within."""
        return self.starts_at < ends_at and starts_at < self.ends_at

    def contains(self, at: datetime) -> bool:
        """Say whether `at` lies within; the end itself does not."""
        return self.starts_at <= at < self.ends_at


# the first and the last days of the calendar have no instant in every zone, and no week before or after them
YEARS = range(2000, 2201)


def wrong_with_days(starts_on: date, ends_on: date) -> str:
    """Return in words why these days cannot be stored, "" when they can: one bad row would break every reading."""
    for day in (starts_on, ends_on):
        if day.year not in YEARS:
            return f"{day} is in no year that a rota reaches; it must be from {YEARS[0]} to {YEARS[-1]}."
    return "" if starts_on <= ends_on else f"The last day, {ends_on}, comes before the first, {starts_on}."


def away(starts_on: date, ends_on: date, zone: ZoneInfo) -> Away:
    """Return the span of a leave of whole days, both included, on the clocks of `zone`."""
    midnight = time(0)
    return Away(instant(starts_on, midnight, zone), instant(ends_on + timedelta(days=1), midnight, zone))


def masked(channel: Channel, address: str) -> str:
    """Return `address` as others than its owner may see it: enough to recognise, not to use (S31)."""
    if channel is Channel.EMAIL and "@" in address:
        local, host = address.rsplit("@", 1)
        return f"{local[:1]}…@{host}"
    return f"…{address[-3:]}"
