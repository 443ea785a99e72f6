"""The life of a check of ours: made, claimed, looked at, paused. Its alert opens and closes with the result."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from hausmeister.alerts import operations as alerts
from hausmeister.alerts.operations import Incoming
from hausmeister.alerts.rules import Action, Signal
from hausmeister.base import guard
from hausmeister.base.guard import Forbidden, NoAnswer
from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import cut, one_line
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import ENGINE, Actor, Fact
from hausmeister.monitoring.probe_models import Probe
from hausmeister.monitoring.rules import probes as rules
from hausmeister.monitoring.rules.probes import Finding, ProbeKind, Step
from hausmeister.team import operations as team_operations
from hausmeister.team.models import Team

SOURCE_NAME = "Checks"
MOST_OF_A_TEAM = 500
# longer than any look: looking a name up, connecting and reading; after it another engine looks
CLAIM = timedelta(minutes=2)


class ProbeRefused(Exception):
    """The check cannot be as asked; `field` says where, the text what is allowed."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True)
class Wanted:
    """What a check shall be. By HTTP it has `url`, by TCP `host` and `port`."""

    name: str
    kind: ProbeKind = ProbeKind.HTTP
    url: str = ""
    host: str = ""
    port: int | None = None
    first_status: int = 200
    last_status: int = 399
    text: str = ""
    days_left: int | None = None
    every: timedelta = timedelta(minutes=1)
    timeout: timedelta = timedelta(seconds=10)
    enough: int = 2
    priority: Priority = Priority.P3
    what: str = ""


def typed(name: str, target: str, *, status: str, **told: Any) -> Wanted:
    """Return what a person typed: TARGET is a URL or HOST:PORT, `status` one or a range. Raises ProbeRefused."""
    first, _, last = status.replace(" ", "").partition("-")
    if not all(part.isascii() and part.isdecimal() and len(part) == 3 for part in (first, last or first)):
        raise ProbeRefused("status", f"{status[:20]!r} is no status; 200 and 200-399 are.")
    told |= {"first_status": int(first), "last_status": int(last or first)}
    if "://" in target:
        return Wanted(name, ProbeKind.HTTP, url=target, **told)
    host, _, port = target.strip().rpartition(":")
    if not (host and port.isascii() and port.isdecimal() and 1 <= len(port) <= 5 and 1 <= int(port) <= 65_535):
        raise ProbeRefused(
            "host", f"{target[:60]!r} is neither a URL nor a host and port, such as db.example.org:5432."
        )
    return Wanted(name, ProbeKind.TCP, host=host.strip("[]"), port=int(port), **told)


# ---- what people do ----


def make(team: Team, wanted: Wanted, *, by: Actor, now: datetime) -> Probe:
    """Make a check; it is looked at with the next tick. Looks its name up first. Raises ProbeRefused."""
    fields = _checked(wanted)
    with transaction.atomic():
        if Probe.objects.alive().filter(team=team).count() >= MOST_OF_A_TEAM:
            raise ProbeRefused("", f"A team has at most {MOST_OF_A_TEAM} checks.")
        try:
            with transaction.atomic():
                made = Probe.objects.create(team=team, created_at=now, next_at=now, **fields)
        except IntegrityError as error:
            raise ProbeRefused("name", f"{team.name} has a check named {wanted.name!r} already.") from error
        _told(made, "check.made", by, now, name=made.name)
    return made


def change(probe: Probe, wanted: Wanted, *, by: Actor, now: datetime) -> None:
    """Change a check; a look that is under way counts for nothing, and the next is due. Raises ProbeRefused."""
    fields = _checked(wanted)
    with transaction.atomic():
        locked = _locked(probe.pk)
        for name, value in fields.items():
            setattr(locked, name, value)
        locked.claimed_until = None
        if not locked.is_paused:
            locked.next_at = now
        try:
            with transaction.atomic():
                locked.save()
        except IntegrityError as error:
            raise ProbeRefused("name", f"There is a check named {wanted.name!r} already.") from error
        _told(locked, "check.changed", by, now, name=locked.name)


def _checked(wanted: Wanted) -> dict[str, object]:
    name = one_line(wanted.name, 200)
    if not name.strip():
        raise ProbeRefused("name", "A check needs a name.")
    if not rules.SHORTEST_EVERY <= wanted.every <= rules.LONGEST_EVERY:
        raise ProbeRefused("every", "A check looks each 30 seconds to each day.")
    if not rules.SHORTEST_TIMEOUT <= wanted.timeout <= rules.LONGEST_TIMEOUT:
        raise ProbeRefused("timeout", "A look takes 1 to 30 seconds at most.")
    if not 1 <= wanted.enough <= rules.MOST_FAILURES:
        raise ProbeRefused("enough", f"The alert opens after 1 to {rules.MOST_FAILURES} failures in a row.")
    return {
        "name": name,
        "what": cut(wanted.what, 500),
        "kind": wanted.kind,
        "every_s": int(wanted.every.total_seconds()),
        "timeout_s": int(wanted.timeout.total_seconds()),
        "enough": wanted.enough,
        "priority": wanted.priority,
        **_good(wanted),
        **_place(wanted),
    }


def _good(wanted: Wanted) -> dict[str, object]:
    if not 100 <= wanted.first_status <= wanted.last_status <= 599:
        raise ProbeRefused("status", "A status is from 100 to 599, and a range begins with the lower one.")
    if wanted.days_left is not None and not 1 <= wanted.days_left <= rules.MOST_DAYS:
        raise ProbeRefused("days_left", f"A certificate shall last 1 to {rules.MOST_DAYS} more days.")
    if wanted.days_left is not None and not wanted.url.strip().lower().startswith("https://"):
        raise ProbeRefused("days_left", "Only an address with https:// has a certificate.")
    return {
        "first_status": wanted.first_status,
        "last_status": wanted.last_status,
        "text": one_line(wanted.text, 200),
        "days_left": wanted.days_left,
    }


def _place(wanted: Wanted) -> dict[str, object]:
    """Return where it leads, judged by the rules that hold at each look. A name nobody knows yet may be stored."""
    if wanted.kind is ProbeKind.TCP:
        host = wanted.host.strip().lower()
        if not host or wanted.port is None:
            raise ProbeRefused("host", "A check by TCP needs a host and a port, such as db.example.org:5432.")
        _judge("host", lambda: guard.of_settings().judge_place(host, wanted.port or 0))
        return {"url": "", "host": host, "port": wanted.port}
    url = wanted.url.strip()
    if len(url) > 1_000:
        raise ProbeRefused("url", "An address has at most 1000 characters.")
    try:
        read = guard.read_url(url)
    except Forbidden as error:
        raise ProbeRefused("url", str(error)) from error
    _judge("url", lambda: guard.judge_typed(url))
    return {"url": url, "host": read.host.lower()[:255], "port": guard.port_of(read)}


def _judge(field: str, judged: Callable[[], object]) -> None:
    try:
        judged()
    except Forbidden as error:
        raise ProbeRefused(field, str(error)) from error
    except NoAnswer:
        # away, or not set up yet: that is what the check will tell
        return


@transaction.atomic
def pause(probe: Probe, *, by: Actor, now: datetime) -> None:
    """Look no more; its alert, if there is one, is over."""
    locked = _locked(probe.pk)
    if locked.is_paused:
        return
    _close(locked, "paused", now)
    locked.next_at = locked.claimed_until = None
    locked.save()
    _told(locked, "check.paused", by, now)


@transaction.atomic
def resume(probe: Probe, *, by: Actor, now: datetime) -> None:
    """Look at a paused check again, at once."""
    locked = _locked(probe.pk)
    if not locked.is_paused or locked.removed_at is not None:
        return
    locked.next_at = now
    locked.save()
    _told(locked, "check.resumed", by, now)


@transaction.atomic
def remove(probe: Probe, *, by: Actor, now: datetime) -> None:
    """Take a check out; its alert is over."""
    locked = _locked(probe.pk)
    if locked.removed_at is not None:
        return
    _close(locked, "taken out", now)
    locked.removed_at, locked.next_at, locked.claimed_until = now, None, None
    locked.save()
    _told(locked, "check.removed", by, now, name=locked.name)


# ---- what the engine does ----


@transaction.atomic
def claim(*, most: int, busy: Collection[str], now: datetime) -> list[Probe]:
    """Take up to `most` checks that are due, one of each host and none of a host that is `busy` or claimed."""
    taken = {*busy, *Probe.objects.filter(claimed_until__gt=now).values_list("host", flat=True)}
    found: list[Probe] = []
    for probe in Probe.objects.due(now).exclude(host__in=taken)[:200]:
        if len(found) >= most:
            break
        if probe.host in taken:
            continue
        until = now + CLAIM
        if Probe.objects.due(now).filter(pk=probe.pk).update(claimed_until=until):
            probe.claimed_until = until
            taken.add(probe.host)
            found.append(probe)
    return found


@transaction.atomic
def record(claimed: Probe, finding: Finding, *, started_at: datetime, now: datetime) -> bool:
    """Store a result and open or close the alert; return False when the claim is no longer ours."""
    locked = _locked(claimed.pk)
    if locked.claimed_until is None or locked.claimed_until != claimed.claimed_until:
        return False
    standing, step = rules.after(locked.standing, finding, enough=locked.enough, now=now)
    if locked.is_good is not finding.is_good:
        locked.changed_at = now
    locked.is_good, locked.problem, locked.slow_ms = finding.is_good, cut(finding.problem, 300), finding.slow_ms
    locked.failures, locked.is_down, locked.told_at = standing.failures, standing.is_down, standing.told_at
    locked.looked_at, locked.claimed_until = now, None
    locked.next_at = rules.next_at(started_at, timedelta(seconds=locked.every_s), now=now)
    locked.save()
    if step is Step.OPEN:
        _signal(locked, _fire(locked), now)
        if not claimed.is_down:
            _told(locked, "check.failed", ENGINE, now, because=locked.problem)
    elif step is Step.CLOSE:
        _signal(locked, Signal(Action.RESOLVE, locked.key, text="it answers again"), now)
        _told(locked, "check.recovered", ENGINE, now)
    return True


def _fire(probe: Probe) -> Signal:
    times = "once" if probe.failures == 1 else f"{probe.failures} times in a row"
    return Signal(
        Action.FIRE,
        probe.key,
        title=f"{probe.name}: {probe.problem}",
        text="\n".join(filter(None, (probe.what, f"Failed {times}: {probe.target}"))),
        priority=Priority(probe.priority),
        origin=probe.name,
        labels={"check": probe.name, "kind": probe.kind},
    )


def _close(probe: Probe, because: str, now: datetime) -> None:
    if probe.is_down:
        _signal(probe, Signal(Action.RESOLVE, probe.key, text=because), now)
    probe.failures, probe.is_down, probe.told_at = 0, False, None


def _locked(number: int) -> Probe:
    return Probe.objects.select_for_update(of=("self",)).select_related("team").get(pk=number)


def _signal(probe: Probe, signal: Signal, now: datetime) -> None:
    source = team_operations.make_source(probe.team, name=SOURCE_NAME, by=ENGINE, now=now)
    alerts.receive([Incoming(signal, source.pk, source.name, probe.team_id)], now=now)


def _told(probe: Probe, verb: str, by: Actor, now: datetime, **facts: object) -> None:
    journal.record(Fact(now, verb, probe.subject, by, probe.team_id, facts))
