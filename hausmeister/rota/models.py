"""Tables of the rota."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from hausmeister.rota.asks_models import Ask, AskAnswer, AskOffer
from hausmeister.rota.planning_models import Draft, DutyTerms, Wish
from hausmeister.rota.rules.slots import Post
from hausmeister.team.models import Person, Team
from hausmeister.team.revision import Watched, WatchedQuerySet

__all__ = ["Ask", "AskAnswer", "AskOffer", "Draft", "DutyTerms", "Override", "Shift", "Wish"]

_POSTS = [(post.value, post.value) for post in Post]


class ShiftQuerySet(WatchedQuerySet["Shift"]):
    """Questions asked of shifts."""

    def touching(self, starts_at: datetime, ends_at: datetime) -> "ShiftQuerySet":
        """Shifts with any instant in the span, in the order of time."""
        return self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at).order_by("starts_at", "duty", "post")


class Shift(Watched):
    """A planned duty: one turn, one post, one person, or nobody when no one could take it."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="shifts")
    duty = models.CharField(max_length=40)
    post = models.CharField(max_length=10, choices=_POSTS)
    # the Monday of the week in which the turn begins
    week = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="shifts")
    # what the rotation could not keep, in words
    bent = models.JSONField(default=list)
    served_before = models.PositiveIntegerField(default=0)
    planned_at = models.DateTimeField()

    objects = ShiftQuerySet.as_manager()

    class Meta:
        constraints = [
            # two plans for one turn would give two answers to "who is on duty"
            models.UniqueConstraint(fields=["team", "duty", "post", "week"], name="shift_one_plan_per_turn"),
            models.CheckConstraint(name="shift_runs_forward", condition=Q(starts_at__lt=F("ends_at"))),
        ]
        indexes = [models.Index(fields=["team", "ends_at"], name="shift_team_ends")]

    def __str__(self) -> str:
        return f"{self.duty} {self.post} of {self.week}"


class OverrideQuerySet(WatchedQuerySet["Override"]):
    """Questions asked of overrides."""

    def touching(self, starts_at: datetime, ends_at: datetime) -> "OverrideQuerySet":
        """Overrides in force at any instant of the span, oldest first."""
        return self.filter(cancelled_at=None, starts_at__lt=ends_at, ends_at__gt=starts_at).order_by("id")


class Override(Watched):
    """For this span, this person holds the post, whatever is planned (L11). The newest wins."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="overrides")
    post = models.CharField(max_length=10, choices=_POSTS)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="overrides")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, default="")
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    objects = OverrideQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="override_runs_forward", condition=Q(starts_at__lt=F("ends_at"))),
        ]
        indexes = [models.Index(fields=["team", "ends_at"], name="override_team_ends")]

    def __str__(self) -> str:
        return f"{self.person} as {self.post} {self.starts_at:%d %b %H:%M} to {self.ends_at:%d %b %H:%M}"
