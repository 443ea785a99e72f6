"""The table of our own checks, with how the last look went."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from hausmeister.monitoring.rules.probes import Good, ProbeKind, Standing
from hausmeister.team.models import Team


class ProbeQuerySet(models.QuerySet["Probe"]):
    """Questions asked of checks."""

    def alive(self) -> "ProbeQuerySet":
        """Checks that are not taken out, by name."""
        return self.filter(removed_at=None).order_by("name", "id")

    def due(self, now: datetime) -> "ProbeQuerySet":
        """Checks whose look is due and that nobody is looking at, longest first."""
        is_free = Q(claimed_until=None) | Q(claimed_until__lte=now)
        return self.filter(is_free, removed_at=None, next_at__lte=now).order_by("next_at", "id")


class Probe(models.Model):
    """Something that is looked at each so often: a page that is asked for, or a port that is connected to.

    `next_at` is None while it is paused. Whoever looks holds a claim up to `claimed_until`; a result that comes
    under another claim is dropped. `is_good` is None before the first look.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    what = models.CharField(max_length=500, default="")
    kind = models.CharField(max_length=4)
    # of a check by HTTP; `host` is that of its address too
    url = models.CharField(max_length=1_000, default="")
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    first_status = models.PositiveSmallIntegerField(default=200)
    last_status = models.PositiveSmallIntegerField(default=399)
    text = models.CharField(max_length=200, default="")
    days_left = models.PositiveSmallIntegerField(null=True)
    every_s = models.PositiveIntegerField()
    timeout_s = models.PositiveSmallIntegerField()
    enough = models.PositiveSmallIntegerField()
    priority = models.PositiveSmallIntegerField()
    is_good = models.BooleanField(null=True)
    problem = models.CharField(max_length=300, default="")
    slow_ms = models.PositiveIntegerField(null=True)
    failures = models.PositiveIntegerField(default=0)
    is_down = models.BooleanField(default=False)
    told_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    objects = ProbeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="probe_due", condition=Q(next_at__isnull=False))]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name"], name="probe_name_once", condition=Q(removed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        """How the journal names it."""
        return f"check:{self.pk}"

    @property
    def key(self) -> str:
        """The key of its alert."""
        return f"check/{self.pk}"

    @property
    def is_paused(self) -> bool:
        """Say whether nobody looks."""
        return self.next_at is None

    @property
    def target(self) -> str:
        """What is looked at, as people write it."""
        return self.url or (f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}")

    @property
    def good(self) -> Good:
        """What an answer must be."""
        return Good(self.first_status, self.last_status, self.text, self.days_left)

    @property
    def standing(self) -> Standing:
        """How it stands, as plain values."""
        return Standing(self.failures, self.is_down, self.told_at)

    @property
    def state(self) -> str:
        """How it stands in one word: paused, new, up, failing or down."""
        if self.is_paused:
            return "paused"
        if self.is_down:
            return "down"
        return {None: "new", True: "up", False: "failing"}[self.is_good]

    @property
    def is_http(self) -> bool:
        """Say whether it asks for a page."""
        return self.kind == ProbeKind.HTTP
