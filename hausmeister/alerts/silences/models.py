"""The table of silences."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from hausmeister.alerts.silences.rules import Condition, How, Kind, Rule, Standing
from hausmeister.team.models import Person, Team
from hausmeister.team.revision import Watched, WatchedQuerySet


class SilenceQuerySet(WatchedQuerySet["Silence"]):
    """Questions asked of silences."""

    def ahead(self, now: datetime) -> "SilenceQuerySet":
        """Silences that are not over, those that end first first."""
        return self.filter(ended_at=None, ends_at__gt=now).order_by("ends_at", "id")

    def active(self, now: datetime) -> "SilenceQuerySet":
        """Silences that hold at `now`, those that end first first."""
        return self.ahead(now).filter(starts_at__lte=now)

    def planned(self, now: datetime) -> "SilenceQuerySet":
        """Silences that begin later, the next first."""
        return self.ahead(now).filter(starts_at__gt=now).order_by("starts_at", "id")

    def over(self, now: datetime) -> "SilenceQuerySet":
        """Silences that are over, the newest first."""
        return self.filter(Q(ended_at__isnull=False) | Q(ends_at__lte=now)).order_by("-id")


class Silence(Watched):
    """A rule under which new alerts call nobody, from `starts_at` up to `ends_at`, because of `reason`.

    `ended_at` is set when somebody ended it before its time. A change of it changes the revision, so that the intake
    keeps what it read for exactly as long as it is true.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="silences", db_index=False)
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in Kind])
    # [[field, how, value], …]: all must be so; none at all: everything
    conditions = models.JSONField(default=list)
    covers_p4 = models.BooleanField(default=False)
    reason = models.CharField(max_length=300)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    made_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    made_by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    # counts every change: what a form was drawn from
    version = models.PositiveIntegerField(default=1)

    objects = SilenceQuerySet.as_manager()

    class Meta:
        app_label = "alerts"
        constraints = [
            # a silence without an end would be forgotten, and the alerts under it with it
            models.CheckConstraint(name="silence_ends_after_it_begins", condition=Q(ends_at__gt=F("starts_at"))),
            # whoever takes over must know why nobody was called
            models.CheckConstraint(name="silence_has_a_reason", condition=~Q(reason="")),
        ]
        indexes = [
            models.Index(fields=["team", "ends_at"], name="silence_ahead", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def subject(self) -> str:
        """The silence's name in the journal."""
        return f"silence:{self.pk}"

    @property
    def over_at(self) -> datetime:
        """When it ends, or ended."""
        return self.ended_at or self.ends_at

    @property
    def asked(self) -> tuple[Condition, ...]:
        """The conditions."""
        return tuple(Condition(name, How(how), value) for name, how, value in self.conditions)

    @property
    def rule(self) -> Rule:
        """The silence as the rules take it."""
        return Rule(
            self.pk, self.starts_at, self.over_at, self.asked, self.covers_p4, self.reason, self.made_by_name
        )  # fmt: skip

    def standing(self, now: datetime) -> Standing:
        """Return where it is in its life."""
        if self.ended_at is not None or self.ends_at <= now:
            return Standing.OVER
        return Standing.ACTIVE if self.starts_at <= now else Standing.PLANNED
