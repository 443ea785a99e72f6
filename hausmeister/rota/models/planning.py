"""Tables of planning: terms, wishes, drafts."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from hausmeister.rota.planning.rules.states import DraftState, Flavour, Purpose
from hausmeister.rota.planning.rules.terms import Goal, Terms
from hausmeister.team.models import Membership, Person, Team


class DutyTerms(models.Model):
    """On what terms a member shares the duties; a member without a row has the usual ones."""

    membership = models.OneToOneField(Membership, on_delete=models.CASCADE, related_name="terms", primary_key=True)
    fte_percent = models.PositiveSmallIntegerField(default=100)
    off_weekdays = models.JSONField(default=list)
    country = models.CharField(max_length=2, default="")
    subdivision = models.CharField(max_length=10, default="")
    knows = models.JSONField(default=list)
    # [{"area": …, "times": …}]
    learns = models.JSONField(default=list)
    from_on = models.DateField(null=True)
    until_on = models.DateField(null=True)

    class Meta:
        app_label = "rota"
        constraints = [
            # a share of nothing would divide the duties by zero
            models.CheckConstraint(name="terms_share_is_a_part", condition=Q(fte_percent__gte=1, fte_percent__lte=100)),
        ]

    def __str__(self) -> str:
        return f"terms of {self.membership}"

    @property
    def values(self) -> Terms:
        """The terms as plain values."""
        return Terms(
            self.fte_percent,
            tuple(self.off_weekdays),
            self.country,
            self.subdivision,
            tuple(self.knows),
            tuple(Goal(one["area"], one["times"]) for one in self.learns),
            self.from_on,
            self.until_on,
        )


class WishQuerySet(models.QuerySet["Wish"]):
    """Questions asked of wishes."""

    def standing(self) -> "WishQuerySet":
        """Wishes not taken back, the soonest first."""
        return self.filter(cancelled_at=None).order_by("starts_on", "id")


class Wish(models.Model):
    """Days on which a member would rather have no duty, or must not. The reason is for them and their leads alone."""

    id = models.BigAutoField(primary_key=True)
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="wishes")
    must = models.BooleanField(default=False)
    starts_on = models.DateField()
    ends_on = models.DateField()
    reason = models.CharField(max_length=200, default="")
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    objects = WishQuerySet.as_manager()

    class Meta:
        app_label = "rota"
        constraints = [
            models.CheckConstraint(name="wish_runs_forward", condition=Q(starts_on__lte=F("ends_on"))),
        ]

    def __str__(self) -> str:
        return f"wish of {self.membership}, {self.starts_on} to {self.ends_on}"


class DraftQuerySet(models.QuerySet["Draft"]):
    """Questions asked of drafts."""

    def to_solve(self, now: datetime) -> "DraftQuerySet":
        """Drafts nobody works on: asked, or claimed by an engine whose time ran out. The oldest first."""
        return self.filter(
            Q(state=DraftState.ASKED) | Q(state=DraftState.SOLVING, claimed_until__lte=now)
        ).order_by("id")  # fmt: skip

    def plans(self) -> "DraftQuerySet":
        """Drafts that are meant to be published, the newest first."""
        return self.filter(purpose=Purpose.PLAN).order_by("-id")


class Draft(models.Model):
    """A question to the planner and its answer. The inputs never change: what changed since makes it stale."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="drafts")
    purpose = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Purpose])
    state = models.CharField(max_length=12, default=DraftState.ASKED)
    flavour = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Flavour])
    # drafts of one comparison share it
    bundle = models.CharField(max_length=16)
    first_week = models.DateField()
    weeks = models.PositiveSmallIntegerField()
    seed = models.PositiveIntegerField(default=1)
    budget_s = models.PositiveSmallIntegerField(default=30)
    tolerance_percent = models.PositiveSmallIntegerField(default=0)
    # rules bent for it, and absences it imagines: [{"kind": …, …}]
    bends = models.JSONField(default=list)
    inputs = models.JSONField()
    inputs_hash = models.CharField(max_length=64)
    asked_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    claimed_by = models.CharField(max_length=40, default="")
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    progress = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    # what went wrong, or which facts conflict, in sentences
    problem = models.TextField(default="")
    finished_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    people_told = models.PositiveSmallIntegerField(default=0)
    # counts every change of state: what a form was drawn from
    version = models.PositiveIntegerField(default=1)

    objects = DraftQuerySet.as_manager()

    class Meta:
        app_label = "rota"
        constraints = [
            # a claim without an end would lie for ever when its engine dies
            models.CheckConstraint(
                name="draft_claim_ends",
                condition=~Q(state=DraftState.SOLVING) | Q(claimed_until__isnull=False),
            ),
            # half a publish must not exist
            models.CheckConstraint(
                name="draft_published_has_time",
                condition=Q(state=DraftState.PUBLISHED, published_at__isnull=False)
                | (~Q(state=DraftState.PUBLISHED) & Q(published_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="draft_ready_has_a_result",
                condition=~Q(state__in=[DraftState.READY, DraftState.PUBLISHED]) | Q(result__isnull=False),
            ),
            models.CheckConstraint(name="draft_weeks", condition=Q(weeks__gte=1, weeks__lte=52)),
        ]
        indexes = [
            models.Index(
                fields=["id"], name="draft_open", condition=Q(state__in=[DraftState.ASKED, DraftState.SOLVING])
            ),
            models.Index(fields=["team", "-id"], name="draft_team"),
        ]

    def __str__(self) -> str:
        return f"draft {self.pk} of {self.team} ({self.state})"

    @property
    def is_open(self) -> bool:
        """Whether it is still being worked on."""
        return self.state in {DraftState.ASKED, DraftState.SOLVING}
