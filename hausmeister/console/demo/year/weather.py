"""What goes wrong in a year: pure, the same for the same seed. Rates are per week, for a quiet week."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hausmeister.base.chance import Stream
from hausmeister.base.wall_time import instant
from hausmeister.console.demo.week import Answers, Scene

ALERTS = 4_000
_MINUTE = timedelta(minutes=1)
_DAY_HOURS = (9, 10, 10, 11, 11, 12, 13, 14, 14, 15, 15, 16, 17, 18, 20, 22)
_RUN_HOURS = (22, 23, 0, 0, 1, 1, 2, 2, 3, 3, 4, 5)
_ANY_HOURS = tuple(range(24))


@dataclass(frozen=True)
class Fault:
    """One kind of trouble. `{n}` in its title is one of `names`.

    `rate` is how often it comes against the others, `hours` when (wall-clock, the team's zone), `lasts` how long
    until its source says that it is over, in minutes, 0 when a person must close it. `fixed_on` is the day of the
    year on which somebody mended the cause for good, `since` the day on which it began.
    """

    source: str
    title: str
    severity: str
    rate: float
    hours: Sequence[int] = _ANY_HOURS
    names: Sequence[str] = ("",)
    lasts: tuple[int, int] = (5, 90)
    text: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    notes: Sequence[str] = ()
    closing: Sequence[str] = ("fixed",)
    since: int = 0
    fixed_on: int = 400
    storms: int = 1

    def is_about(self, day: int) -> bool:
        """Say whether it can come on this day of the year."""
        return self.since <= day < self.fixed_on


_SHARDS = ("s0", "s1", "s2", "s3")
_DISKS = ("db-1", "db-3", "db-4", "db-7", "db-9")
FAULTS = (
    Fault(
        "prometheus", "Disk over 80 % on {n}", "warning", 9.0, names=_DISKS, lasts=(60, 900),
        text="At this rate it is full in 11 days.", labels=(("alertname", "DiskFillsUp"), ("area", "storage")),
        notes=("Old segments removed.", "The clean-up was stuck; started again."), closing=("clean-up runs again",),
    ),
    Fault(
        "prometheus", "Kafka lag over 1 M messages on {n}", "warning", 8.0, names=_SHARDS, lasts=(8, 60),
        labels=(("alertname", "KafkaLag"), ("area", "ingestion")), fixed_on=262, storms=9,
        notes=("One broker was restarted; all groups catch up.",), closing=("caught up",),
    ),
    Fault(
        "prometheus", "Riemann index: no event from {n} for 10 min", "warning", 6.0, names=_SHARDS, lasts=(4, 25),
        labels=(("alertname", "RiemannSilent"), ("area", "monitoring")),
    ),
    Fault(
        "airflow", "Contracts are committed late on {n}", "error", 0.8, _RUN_HOURS, _SHARDS, (20, 120),
        text="88 % committed, 95 % due.", labels=(("dag", "nightly_itaipu"), ("area", "contracts")),
        notes=("93 % by now and rising.", "Waited for the upstream export; it is through."),
        closing=("all committed",),
    ),
    Fault(
        "airflow", "Task load_{n} failed after 3 tries", "error", 1.0, _RUN_HOURS,
        ("ledger", "customers", "cards", "loans", "billing_cycles"), (15, 240),
        labels=(("dag", "nightly_itaipu"), ("area", "ingestion")),
        notes=("Cleared it; the second try went through.", "Bad row in the export; told its owners."),
        closing=("re-run went through", "skipped today, agreed with the owners"),
    ),
    Fault(
        "airflow", "Serving layer: {n} datasets not loaded", "error", 0.9, (17, 18, 19, 19, 20, 21), ("12", "31", "57"),
        (20, 180), labels=(("dag", "serving_layer"), ("area", "serving")), closing=("loaded",),
        notes=("The loader waited for a lock.",),
    ),
    Fault(
        "airflow", "Check {n} takes twice as long as last month", "info", 9.0, _RUN_HOURS,
        ("schema_drift", "row_counts", "null_keys", "freshness"), (0, 0),
        labels=(("dag", "checks"), ("area", "quality")), closing=("known, harmless", "larger warehouse since today"),
    ),
    Fault(
        "grafana", "Commit service answers 5xx on {n}", "error", 0.7, _DAY_HOURS, _SHARDS, (10, 80),
        text="9 % of commits failed in the last 10 minutes; the limit is 2 %.",
        labels=(("service", "commit"), ("area", "contracts")), closing=("rolled back",), fixed_on=310,
        notes=("Began with the deploy of this morning. Rolling back.",),
    ),
    Fault(
        "grafana", "Latency of the query API over 2 s on {n}", "warning", 9.0, _DAY_HOURS, _SHARDS, (3, 30),
        labels=(("service", "query"), ("area", "serving")),
    ),
    Fault(
        "grafana", "Certificate of {n} ends in 20 days", "info", 1.0, (9,), ("broker-2", "gateway", "registry"), (0, 0),
        labels=(("area", "platform"),), closing=("renewed",),
    ),
    Fault(
        "prometheus", "Node {n} is not ready", "warning", 5.0, names=("w-11", "w-14", "w-20", "w-23"), lasts=(3, 40),
        labels=(("alertname", "NodeNotReady"), ("area", "platform")),
    ),
    Fault(
        "prometheus", "Backup of {n} is older than 26 h", "warning", 2.0, (6, 7), _DISKS, (0, 0), since=90,
        labels=(("alertname", "BackupOld"), ("area", "storage")), closing=("ran by hand", "ran in the next window"),
    ),
    Fault(
        "airflow", "Dataset {n} built with 0 rows", "critical", 0.12, _RUN_HOURS, ("billing_cycles", "positions"),
        (0, 0),
        labels=(("dag", "nightly_itaipu"), ("area", "contracts")), closing=("built again, rows checked",),
        notes=("Stopped what reads it. Building it again.",),
    ),
)  # fmt: skip


def year(*, began_on: date, until: datetime, zone: ZoneInfo, dice: Stream, most: int) -> list[Scene]:
    """Return scenes with `most` alerts in all, from `began_on` to `until`, in the order of time."""
    days = (until.astimezone(zone).date() - began_on).days
    drawn: list[Scene] = []
    left = most
    while left > 0:
        scene = _one(dice, days, began_on=began_on, until=until, zone=zone, most=left)
        left -= scene.alerts
        drawn.append(scene)
    return sorted(drawn, key=lambda scene: scene.at)


def _one(dice: Stream, days: int, *, began_on: date, until: datetime, zone: ZoneInfo, most: int) -> Scene:
    while True:
        day = int(dice.triangular(0, days + 1, days * 0.45))
        present = [fault for fault in FAULTS if fault.is_about(day)]
        fault = dice.choices(present, [one.rate for one in present])[0]
        on = began_on + timedelta(days=day)
        # weekends are quieter: nobody deploys
        if on.weekday() >= 5 and dice.random() < 0.45:
            continue
        at = instant(on, time(dice.choice(fault.hours), dice.randrange(60), dice.randrange(60)), zone)
        if at < until - 40 * _MINUTE:
            return _scene(dice, fault, at, most=most)


def _scene(dice: Stream, fault: Fault, at: datetime, *, most: int) -> Scene:
    plain = Scene(
        at=at,
        source=fault.source,
        title=fault.title.replace("{n}", dice.choice(fault.names)),
        severity=fault.severity,
        text=fault.text,
        labels=dict(fault.labels),
        signals=dice.choice((1, 1, 1, 2, 3)),
        answered_after=timedelta(minutes=dice.choice((1, 1, 1, 2, 2, 2, 3, 3, 4, 7))),
        noted_after=timedelta(minutes=dice.randrange(8, 50)),
    )
    alerts = fault.storms if fault.storms <= most and fault.storms > 1 and dice.random() < 0.04 else 1
    scene = replace(plain, alerts=alerts, note=dice.choice(fault.notes) if _noted(dice, fault) else "")
    shortest, longest = fault.lasts
    if longest == 0:
        after = timedelta(minutes=dice.randrange(8, 58))
        return replace(scene, closed_after=after, closed_because=dice.choice(fault.closing))
    lasts = timedelta(minutes=dice.randrange(shortest, longest))
    if lasts > timedelta(minutes=55) and fault.notes:
        # what takes long is written down, so that nobody is called again for it
        scene = replace(scene, note=dice.choice(fault.notes))
    if fault.severity not in {"error", "critical"}:
        # whoever sees it in the morning does something about it, unless it is over by then
        by_hand = timedelta(minutes=dice.randrange(10, 50)) if lasts > timedelta(hours=1) else None
        return replace(scene, ends_after=lasts, closed_after=by_hand, closed_because=dice.choice(fault.closing))
    if dice.random() < 0.08:
        # slept through it: the backstop is called
        return replace(scene, answers=Answers.BACKSTOP, over_after=lasts)
    if dice.random() < 0.16:
        helped = timedelta(minutes=dice.randrange(10, 40))
        return replace(scene, helped_after=helped, over_after=lasts + helped)
    return replace(scene, ends_after=max(lasts, 12 * _MINUTE))


def _noted(dice: Stream, fault: Fault) -> bool:
    return bool(fault.notes) and dice.random() < (0.7 if fault.severity in {"error", "critical"} else 0.15)


def worst(scenes: Sequence[Scene], *, most: int) -> Iterator[Scene]:
    """Return the scenes that become incidents: the critical ones that a person ends, far from each other."""
    chosen: list[Scene] = []
    for scene in scenes:
        if scene.severity == "critical" and all(scene.at - one.at > timedelta(days=45) for one in chosen):
            chosen.append(scene)
    return iter(chosen[:most])
