"""The life of a heartbeat: made, pinged, missed, paused. Its alert opens and closes in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import IntegrityError, transaction

from hausmeister.alerts import operations as alerts
from hausmeister.alerts.operations import Incoming
from hausmeister.alerts.rules import Action, Signal
from hausmeister.base import chance
from hausmeister.base.untrusted import cut, one_line
from hausmeister.base.words import duration
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import ENGINE, Actor, Fact
from hausmeister.monitoring.models import Heartbeat, Ping
from hausmeister.monitoring.rules import heartbeats as rules
from hausmeister.monitoring.rules.heartbeats import BadSchedule, Beat, Kind, State
from hausmeister.team import operations as team_operations
from hausmeister.team.models import Team

SOURCE_NAME = "Heartbeats"
TOKEN_LENGTH = 32
KEPT_PINGS = 100
MOST_OF_A_TEAM = 2_000


class HeartbeatRefused(Exception):
    """The heartbeat cannot be as asked; `field` says where, the text what came and what is allowed."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True)
class Wanted:
    """What a heartbeat shall be: each `period`, or by `cron` in `zone_name`; `grace` later is still in time."""

    name: str
    grace: timedelta
    period: timedelta | None = None
    cron: str = ""
    zone_name: str = "UTC"
    severity: str = ""
    what: str = ""


@transaction.atomic
def make(team: Team, wanted: Wanted, *, by: Actor, now: datetime) -> Heartbeat:
    """Make a heartbeat; nothing is missing before its first ping. Raises HeartbeatRefused."""
    fields = _checked(wanted, now=now)
    if Heartbeat.objects.alive().filter(team=team).count() >= MOST_OF_A_TEAM:
        raise HeartbeatRefused("", f"A team has at most {MOST_OF_A_TEAM} heartbeats.")
    try:
        with transaction.atomic():
            made = Heartbeat.objects.create(team=team, token=chance.text(TOKEN_LENGTH), created_at=now, **fields)
    except IntegrityError as error:
        raise HeartbeatRefused("name", f"{team.name} has a heartbeat named {wanted.name!r} already.") from error
    _told(made, "heartbeat.made", by, now, name=made.name)
    return made


@transaction.atomic
def change(heartbeat: Heartbeat, wanted: Wanted, *, by: Actor, now: datetime) -> None:
    """Change a heartbeat; what was expected is computed anew from its last ping. Raises HeartbeatRefused."""
    fields = _checked(wanted, now=now)
    locked = _locked(heartbeat)
    for name, value in fields.items():
        setattr(locked, name, value)
    _await(locked)
    try:
        with transaction.atomic():
            locked.save()
    except IntegrityError as error:
        raise HeartbeatRefused("name", f"There is a heartbeat named {wanted.name!r} already.") from error
    _told(locked, "heartbeat.changed", by, now, name=locked.name)


def _checked(wanted: Wanted, *, now: datetime) -> dict[str, object]:
    name = one_line(wanted.name, 200)
    if not name.strip():
        raise HeartbeatRefused("name", "A heartbeat needs a name.")
    try:
        zone = ZoneInfo(wanted.zone_name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise HeartbeatRefused("zone", f"{wanted.zone_name!r} is no zone; Europe/Berlin is one.") from error
    if (wanted.period is None) == (not wanted.cron.strip()):
        raise HeartbeatRefused("period", "Either a period or a cron expression says how often it comes.")
    cron = ""
    if wanted.period is None:
        try:
            cron = rules.checked_cron(wanted.cron, zone=zone, now=now)
        except BadSchedule as error:
            raise HeartbeatRefused("cron", str(error)) from error
    elif not rules.SHORTEST_PERIOD <= wanted.period <= rules.LONGEST_PERIOD:
        raise HeartbeatRefused("period", "A period is from a minute to a year.")
    if not timedelta(0) <= wanted.grace <= rules.LONGEST_GRACE:
        raise HeartbeatRefused("grace", "The grace is at most 31 days.")
    return {
        "name": name,
        "what": cut(wanted.what, 500),
        "period_s": None if wanted.period is None else int(wanted.period.total_seconds()),
        "cron": cron,
        "zone_name": wanted.zone_name,
        "grace_s": int(wanted.grace.total_seconds()),
        "severity": one_line(wanted.severity, 40),
    }


def _locked(heartbeat: Heartbeat) -> Heartbeat:
    return Heartbeat.objects.select_for_update(of=("self",)).select_related("team").get(pk=heartbeat.pk)


def _await(heartbeat: Heartbeat) -> None:
    """Set what is expected next, and when the alarm is raised without it."""
    if heartbeat.last_at is None and heartbeat.started_at is None:
        heartbeat.expected_at = heartbeat.alarm_at = None
        return
    last_at = heartbeat.last_at or heartbeat.started_at
    assert last_at is not None  # noqa: S101 - one of the two is there # nosec B101
    beat: Beat = heartbeat.beat
    heartbeat.expected_at = rules.expected_at(beat, last_at=last_at)
    is_waiting = heartbeat.state in {State.UP, State.RUNNING}
    heartbeat.alarm_at = rules.alarm_at(beat, last_at=last_at, started_at=heartbeat.started_at) if is_waiting else None


@transaction.atomic
def ping(heartbeat: Heartbeat, kind: Kind, *, exit_code: int | None = None, text: str = "", now: datetime) -> Heartbeat:
    """Take one ping. A success closes the alert, a failure raises it at once, a start begins a run.

    A paused heartbeat is watched again from its next success or start on; a failure leaves it paused.
    """
    locked = _locked(heartbeat)
    if locked.removed_at is not None:
        return locked
    was_down, is_paused = locked.state == State.DOWN, locked.state == State.PAUSED
    if kind is Kind.START:
        locked.started_at = now
        if not was_down:
            locked.state = State.RUNNING
    else:
        locked.took_s = _took_s(locked, now)
        locked.started_at = None
        locked.exit_code = exit_code
        if kind is Kind.SUCCESS:
            locked.state, locked.last_at = State.UP, now
        elif not is_paused:
            locked.state = State.DOWN
    _await(locked)
    locked.save()
    Ping.objects.create(heartbeat=locked, at=now, kind=kind, exit_code=exit_code, text=cut(text, 1_000))
    _forget_old(locked)
    if kind is Kind.SUCCESS and was_down:
        _signal(locked, Signal(Action.RESOLVE, locked.key, text="it is heard again"), now)
    elif kind is Kind.FAIL and not is_paused:
        # also while it is down: an open alert counts it, and one that was closed by hand opens anew
        because = "failed" if exit_code is None else f"failed with exit code {exit_code}"
        _signal(locked, _fire(locked, because, text), now)
    return locked


def _took_s(heartbeat: Heartbeat, now: datetime) -> int | None:
    if heartbeat.started_at is None:
        return None
    return max(0, min(int((now - heartbeat.started_at).total_seconds()), 2**31 - 1))


def _forget_old(heartbeat: Heartbeat) -> None:
    first_old = heartbeat.pings.order_by("-id").values_list("id", flat=True)[KEPT_PINGS : KEPT_PINGS + 1]
    for number in list(first_old):
        heartbeat.pings.filter(id__lte=number).delete()


def overdue_ids(now: datetime) -> Sequence[int]:
    """Return the heartbeats whose alarm is due, longest first."""
    return list(Heartbeat.objects.overdue(now).values_list("id", flat=True)[:200])


@transaction.atomic
def miss(heartbeat_id: int, *, now: datetime) -> int:
    """Raise the alarm of a heartbeat that did not come; return 1, or 0 when it came in between."""
    locked = Heartbeat.objects.select_for_update(of=("self",)).select_related("team").get(pk=heartbeat_id)
    if locked.alarm_at is None or locked.alarm_at > now:
        return 0
    is_run = locked.started_at is not None and locked.alarm_at == locked.started_at + locked.beat.grace
    because = "began and did not end" if is_run else "did not come"
    since = locked.started_at if is_run else locked.last_at
    text = "" if since is None else f"Last heard of {duration(now - since)} ago."
    locked.state, locked.alarm_at = State.DOWN, None
    locked.save()
    _signal(locked, _fire(locked, because, text), now)
    _told(locked, "heartbeat.missed", ENGINE, now, because=because)
    return 1


@transaction.atomic
def put_off(heartbeat_id: int, *, now: datetime, reason: str) -> None:
    """Try a heartbeat whose alarm cannot be raised again in a minute, and say so in the journal."""
    if not Heartbeat.objects.overdue(now).filter(pk=heartbeat_id).update(alarm_at=now + timedelta(minutes=1)):
        return
    journal.record(Fact(now, "heartbeat.put_off", f"heartbeat:{heartbeat_id}", ENGINE, None, {"reason": reason}))


@transaction.atomic
def pause(heartbeat: Heartbeat, *, by: Actor, now: datetime) -> None:
    """Miss nothing from now on; its alert, if there is one, is over."""
    locked = _locked(heartbeat)
    was_down = locked.state == State.DOWN
    locked.state, locked.alarm_at, locked.started_at = State.PAUSED, None, None
    locked.save()
    if was_down:
        _signal(locked, Signal(Action.RESOLVE, locked.key, text="paused"), now)
    _told(locked, "heartbeat.paused", by, now)


@transaction.atomic
def resume(heartbeat: Heartbeat, *, by: Actor, now: datetime) -> None:
    """Watch a paused heartbeat again, as if it had come just now."""
    locked = _locked(heartbeat)
    if locked.state != State.PAUSED:
        return
    locked.state = State.UP if locked.last_at else State.NEW
    if locked.last_at:
        locked.last_at = now
    _await(locked)
    locked.save()
    _told(locked, "heartbeat.resumed", by, now)


@transaction.atomic
def remove(heartbeat: Heartbeat, *, by: Actor, now: datetime) -> None:
    """Take a heartbeat out; its address answers no more and its alert is over."""
    locked = _locked(heartbeat)
    if locked.removed_at is not None:
        return
    if locked.state == State.DOWN:
        _signal(locked, Signal(Action.RESOLVE, locked.key, text="taken out"), now)
    locked.removed_at, locked.alarm_at = now, None
    locked.save()
    _told(locked, "heartbeat.removed", by, now, name=locked.name)


def _fire(heartbeat: Heartbeat, because: str, text: str) -> Signal:
    return Signal(
        Action.FIRE,
        heartbeat.key,
        title=f"{heartbeat.name}: {because}",
        text="\n".join(filter(None, (heartbeat.what, text))),
        severity=heartbeat.severity,
        origin=heartbeat.name,
        labels={"heartbeat": heartbeat.name},
    )


def _signal(heartbeat: Heartbeat, signal: Signal, now: datetime) -> None:
    source = team_operations.make_source(heartbeat.team, name=SOURCE_NAME, by=ENGINE, now=now)
    alerts.receive([Incoming(signal, source.pk, source.name, heartbeat.team_id)], now=now)


def _told(heartbeat: Heartbeat, verb: str, by: Actor, now: datetime, **facts: object) -> None:
    journal.record(Fact(now, verb, heartbeat.subject, by, heartbeat.team_id, facts))
