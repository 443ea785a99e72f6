"""Tables of the alerts room."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from hausmeister.alerts.silences.models import Silence
from hausmeister.base.priority import Priority
from hausmeister.pager.models import Page
from hausmeister.team.models import Source, Team

__all__ = ["Alert", "AlertQuerySet", "Silence"]


class AlertQuerySet(models.QuerySet["Alert"]):
    """Questions asked of alerts."""

    def open(self) -> "AlertQuerySet":
        """Alerts whose cause is not over."""
        return self.filter(closed_at=None)


class Alert(models.Model):
    """What a source said is wrong: one row from its first signal to its end, however often it is repeated.

    Whether somebody works on it is its page's to say (rule 3).
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="alerts", db_index=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="alerts", db_index=False)
    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="alerts")
    # the silence that covered it when it came in; whether it still does is its page's to say
    silence = models.ForeignKey(Silence, null=True, on_delete=models.PROTECT, related_name="alerts", db_index=False)
    key = models.CharField(max_length=512)
    title = models.CharField(max_length=300)
    text = models.TextField(default="")
    severity = models.CharField(max_length=40, default="")
    priority = models.PositiveSmallIntegerField(choices=[(p.value, p.label) for p in Priority])
    is_hard = models.BooleanField()
    # what the sender calls the place it came from
    origin = models.CharField(max_length=100, default="")
    labels = models.JSONField(default=dict)
    links = models.JSONField(default=list)
    details = models.JSONField(default=dict)
    count = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=200, default="")

    objects = AlertQuerySet.as_manager()

    class Meta:
        constraints = [
            # a second open alert for one key would page twice for one thing; closing frees the key
            models.UniqueConstraint(
                fields=["source", "key"], name="alert_one_open_per_key", condition=Q(closed_at=None)
            ),
        ]
        indexes = [
            models.Index(fields=["source", "key", "id"], name="alert_by_key"),
            models.Index(fields=["silence"], name="alert_by_silence", condition=Q(silence__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"alert {self.pk}: {self.title}"

    @property
    def rank(self) -> Priority:
        """The priority, with its word."""
        return Priority(self.priority)

    def lasted_until(self, now: datetime) -> datetime:
        """Return when it ended, or `now` while it goes on."""
        return self.closed_at or now
