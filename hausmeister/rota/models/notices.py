"""Where a change of who is on is told: a signed webhook, or a room of the chat."""

from django.db import models
from django.db.models import Q

from hausmeister.rota.models.schedules import Schedule
from hausmeister.team.models import Team


class OnCallNoticeQuerySet(models.QuerySet["OnCallNotice"]):
    """Questions asked of notices."""

    def standing(self) -> "OnCallNoticeQuerySet":
        """Notices that nobody ended, the oldest first."""
        return self.filter(ended_at=None).order_by("id")


class OnCallNotice(models.Model):
    """An address that is told whenever others are on: by a schedule, or, without one, on the team's duty.

    `says` is who was on when it was told last, "" before the first time; `number` counts what was told.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="oncall_notices")
    schedule = models.ForeignKey(Schedule, null=True, on_delete=models.CASCADE, related_name="oncall_notices")
    # a URL, or "#room"
    address = models.CharField(max_length=500)
    # signs what goes to a URL; empty for a room
    secret = models.CharField(max_length=64, default="")
    says = models.CharField(max_length=64, default="")
    number = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = OnCallNoticeQuerySet.as_manager()

    class Meta:
        app_label = "rota"
        constraints = [
            # what goes to a URL unsigned could have been written by anybody
            models.CheckConstraint(
                name="notice_to_a_url_is_signed", condition=Q(address__startswith="#") | ~Q(secret="")
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk} to {self.address[:40]}"

    @property
    def is_room(self) -> bool:
        """Whether it goes to a room of the chat."""
        return self.address.startswith("#")
