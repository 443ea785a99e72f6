"""What is said about an incident in chat and mail: topic, crash message, plain words for clients."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

TOPIC_MOST = 250
RED, GREEN = "\N{LARGE RED CIRCLE}", "\N{LARGE GREEN CIRCLE}"


@dataclass(frozen=True)
class Face:
    """What the words need to know of an incident. `comms` is "" while point tells as well."""

    number: int
    title: str
    label: str
    point: str
    comms: str
    zone: ZoneInfo
    opened_at: datetime
    over_at: datetime | None = None
    update_due_at: datetime | None = None
    latest: str = ""


def clock(moment: datetime, zone: ZoneInfo, *, now: datetime) -> str:
    """Return the time of day in `zone`, with its weekday unless that is today's."""
    local = moment.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else f"{local:%a %H:%M}"


def who(face: Face) -> str:
    """Return who acts and who tells: "Point Ada, comms Bo"."""
    return f"Point {face.point}, comms {face.comms or face.point}"


def topic(running: Sequence[Face], last: Face | None, *, now: datetime) -> str:
    """Return the topic of the crash channel: every incident that runs there, else the one that was over last."""
    if running:
        told = [f"{RED} running: {one.label}, {one.title}. {who(one)}" for one in running]
        return _short(" | ".join(told))
    if last is None or last.over_at is None:
        return ""
    return _short(f"{GREEN} over since {clock(last.over_at, last.zone, now=now)}: {last.label}, {last.title}")


def _short(text: str) -> str:
    return text if len(text) <= TOPIC_MOST else text[: TOPIC_MOST - 1] + "…"


def headline(face: Face) -> str:
    """Return the first line of the message in the crash channel."""
    if face.over_at is not None:
        return f"{GREEN} over: {face.label}, {face.title}"
    return f"{RED} running: {face.label}, {face.title}"


def state_lines(face: Face, *, now: datetime) -> tuple[str, ...]:
    """Return what stands below the headline: who, the newest news, when more is due."""
    lines = [f"{who(face)}."]
    if face.latest:
        lines.append(face.latest)
    if face.over_at is not None:
        lines.append(f"Over since {clock(face.over_at, face.zone, now=now)} ({face.zone.key}).")
    elif face.update_due_at is not None:
        lines.append(f"Next update by {clock(face.update_due_at, face.zone, now=now)} ({face.zone.key}).")
    return tuple(lines)


def announcement(face: Face, *, now: datetime) -> str:
    """Return what clients are told first, in plain words, to be changed by whoever posts it."""
    more = ""
    if face.update_due_at is not None:
        more = f" You hear from us again by {clock(face.update_due_at, face.zone, now=now)} ({face.zone.key})."
    since = clock(face.opened_at, face.zone, now=now)
    return f"We have a problem since {since}: {_sentence(face.title)} We are working on it.{more}"


def all_clear(face: Face, *, now: datetime) -> str:
    """Return what clients are told when it is over."""
    return f"It is over: {_sentence(face.title)} Since {clock(now, face.zone, now=now)} all works again."


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


# words that our clients need not know; whoever posts to them is shown which of these the text holds
_JARGON = re.compile(
    r"\b(P[1-4]|SEV ?\d|p\d\d|dag|dags|shard|shards|s\d|prod-\w+|kafka|lag|backfill|backfills|etl|oom|pod|pods|node"
    r"|nodes|cluster|deploy|deployed|deployment|rollback|rolled back|commit|commits|retry|retries|latency|throughput"
    r"|sla|slo|airflow|riemann|k8s|kubernetes|cron|heap|cpu|disk|api|http|5\d\d|4\d\d|timeout|timeouts|failover"
    r"|replica|partition|partitions|topic|consumer|upstream|downstream|runbook|root cause|hotfix|stack ?trace)\b",
    re.IGNORECASE,
)


def jargon(text: str) -> list[str]:
    """Return the words of `text` that clients may not understand, each once, in their order."""
    found = {match.group(0).lower(): match.group(0) for match in _JARGON.finditer(text)}
    return list(found.values())
