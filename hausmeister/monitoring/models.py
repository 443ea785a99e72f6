"""The tables of monitoring: which rules are on, so that a restart neither forgets an alert nor leaves one open;
and the heartbeats with their last pings."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q

from hausmeister.monitoring.probe_models import Probe
from hausmeister.monitoring.rules.heartbeats import CRON_MOST, Beat, State
from hausmeister.monitoring.runs.models import Dag, LevelDay, Run, RunAlarm, RunsPost, Scheduler, Try
from hausmeister.team.models import Team

__all__ = [
    "Dag",
    "Heartbeat",
    "HeartbeatQuerySet",
    "Hit",
    "LevelDay",
    "Ping",
    "Probe",
    "Run",
    "RunAlarm",
    "RunsPost",
    "Scheduler",
    "Try",
]


class Hit(models.Model):
    """A rule of a team that is on for one host and service of a shard: its alert is open."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    shard = models.CharField(max_length=60)
    rule = models.CharField(max_length=60)
    host = models.CharField(max_length=300)
    service = models.CharField(max_length=300)
    since_at = models.DateTimeField()

    class Meta:
        constraints = [
            # two of one key would need two closings
            models.UniqueConstraint(fields=["team", "shard", "rule", "host", "service"], name="hit_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.service} on {self.host}, {self.shard}"


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    """Questions asked of heartbeats."""

    def alive(self) -> "HeartbeatQuerySet":
        """Heartbeats that are not taken out, by name."""
        return self.filter(removed_at=None).order_by("name", "id")

    def overdue(self, now: datetime) -> "HeartbeatQuerySet":
        """Heartbeats whose alarm is due: nothing came in time."""
        return self.filter(removed_at=None, alarm_at__lte=now).order_by("alarm_at", "id")


class Heartbeat(models.Model):
    """Something that says at certain times that it is well; silence is the alarm.

    `token` is the secret end of its address. `alarm_at` is None while nothing can be missed: before the first ping,
    while it is paused, and once the alarm is raised.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    what = models.CharField(max_length=500, default="")
    token = models.CharField(max_length=40, unique=True)
    # one of the two says how often
    period_s = models.PositiveIntegerField(null=True)
    cron = models.CharField(max_length=CRON_MOST, default="")
    zone_name = models.CharField(max_length=64, default="UTC")
    grace_s = models.PositiveIntegerField()
    severity = models.CharField(max_length=40, default="")
    state = models.CharField(max_length=10, default=State.NEW)
    last_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    expected_at = models.DateTimeField(null=True)
    alarm_at = models.DateTimeField(null=True)
    # how long the last run took, where it said when it began
    took_s = models.PositiveIntegerField(null=True)
    exit_code = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["alarm_at"], name="heartbeat_alarm", condition=Q(alarm_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name"], name="heartbeat_name_once", condition=Q(removed_at__isnull=True)
            ),
            # without a time nothing is ever missing, and nobody would notice
            models.CheckConstraint(
                name="heartbeat_has_a_schedule",
                condition=Q(period_s__isnull=False, cron="") | (Q(period_s__isnull=True) & ~Q(cron="")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        """How the journal names it."""
        return f"heartbeat:{self.pk}"

    @property
    def beat(self) -> Beat:
        """Its times as plain values."""
        period = None if self.period_s is None else timedelta(seconds=self.period_s)
        return Beat(period, self.cron, ZoneInfo(self.zone_name), timedelta(seconds=self.grace_s))

    @property
    def key(self) -> str:
        """The key of its alert."""
        return f"heartbeat/{self.pk}"


class Ping(models.Model):
    """One ping, for the history; the newest hundred of each heartbeat are kept."""

    id = models.BigAutoField(primary_key=True)
    heartbeat = models.ForeignKey(Heartbeat, on_delete=models.CASCADE, related_name="pings")
    at = models.DateTimeField()
    kind = models.CharField(max_length=10)
    exit_code = models.PositiveSmallIntegerField(null=True)
    text = models.CharField(max_length=1_000, default="")

    class Meta:
        indexes = [models.Index(fields=["heartbeat", "-id"], name="ping_newest")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M:%S}"
