"""Tables of the pager."""

from datetime import datetime
from enum import StrEnum

from django.db import models
from django.db.models import F, Q

from hausmeister.base.priority import Priority
from hausmeister.team.models import Person, Team


class PageState(StrEnum):
    """What a page is to the eye; computed, never stored."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    SILENCED = "silenced"
    WAITING = "waiting"
    CLOSED = "closed"


class PageQuerySet(models.QuerySet["Page"]):
    """Questions asked of pages."""

    def open(self) -> "PageQuerySet":
        """Pages that are not closed."""
        return self.filter(closed_at=None)

    def unanswered(self) -> "PageQuerySet":
        """Open pages that nobody has acknowledged; snoozed, silenced and waiting ones among them."""
        return self.filter(closed_at=None, acked_at=None)

    def due(self, now: datetime) -> "PageQuerySet":
        """Unanswered pages whose next step is at or before `now`, the most overdue first."""
        return self.unanswered().filter(is_test=False, next_step_at__lte=now).order_by("next_step_at", "id")

    def forgotten(self, now: datetime) -> "PageQuerySet":
        """Acknowledged pages that nobody touched for too long, the longest first; a test ends by itself."""
        return self.open().filter(is_test=False, ack_expires_at__lte=now).order_by("ack_expires_at", "id")

    def worst_first(self) -> "PageQuerySet":
        """Unanswered before acknowledged, P4 before P1, then the oldest."""
        return self.order_by(F("acked_at").asc(nulls_first=True), "-priority", "opened_at", "id")


class Page(models.Model):
    """One call for help, and how far it has climbed. Its number is what people say on the phone."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="pages", db_index=False)
    title = models.CharField(max_length=300)
    # the beginning of what the alert says; the whole stays with the alert
    text = models.CharField(max_length=1000, default="")
    priority = models.PositiveSmallIntegerField(choices=[(p.value, p.label) for p in Priority])
    is_hard = models.BooleanField()
    ladder = models.CharField(max_length=40)
    source = models.CharField(max_length=100, default="")
    # pages of one source take turns with those of others, and gather in a storm
    source_key = models.CharField(max_length=40, default="")
    is_storm = models.BooleanField(default=False)
    # calls one person, climbs to nobody, ends by itself
    is_test = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    steps_done = models.PositiveIntegerField(default=0)
    place = models.PositiveIntegerField(default=0)
    round = models.PositiveIntegerField(default=0)
    next_step_at = models.DateTimeField(null=True)
    # a soft page waits for its first step; a snoozed one for its next
    waits_for_work = models.BooleanField(default=False)
    snoozed_until = models.DateTimeField(null=True)
    # every alert on it is covered by a silence (alerts.silences): it begins to call at this moment
    silenced_until = models.DateTimeField(null=True)
    # when such a silence ended and the page began to call; its age counts from then
    silence_over_at = models.DateTimeField(null=True)
    exhausted_at = models.DateTimeField(null=True)
    acked_at = models.DateTimeField(null=True)
    acked_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    ack_expires_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    close_reason = models.CharField(max_length=200, default="")
    # counts every change: what a form was drawn from, what the live stream tells
    version = models.PositiveIntegerField(default=1)

    objects = PageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["next_step_at"], name="page_due", condition=Q(acked_at=None, closed_at=None)),
            models.Index(fields=["ack_expires_at"], name="page_forgotten", condition=Q(ack_expires_at__isnull=False)),
            models.Index(fields=["team", "opened_at"], name="page_open", condition=Q(closed_at=None)),
            models.Index(fields=["opened_at"], name="page_test", condition=Q(is_test=True, closed_at=None)),
            # tests are few: who answered their last one is asked often
            models.Index(fields=["opened_at"], name="page_tests", condition=Q(is_test=True)),
            models.Index(fields=["source_key", "opened_at"], name="page_source"),
            models.Index(
                fields=["source_key"],
                name="page_storm",
                condition=Q(is_storm=True, acked_at__isnull=True, closed_at__isnull=True),
            ),
            # few at a time: read whenever a silence changes, and for each silenced alert that comes in
            models.Index(fields=["source_key"], name="page_silenced", condition=Q(silenced_until__isnull=False)),
            models.Index(fields=["team", "closed_at"], name="page_closed", condition=Q(closed_at__isnull=False)),
        ]
        constraints = [
            # an open page without a next step would never call anybody again: the worst bug there is
            models.CheckConstraint(
                name="page_open_has_a_future",
                condition=Q(closed_at__isnull=False) | Q(acked_at__isnull=False) | Q(next_step_at__isnull=False),
            ),
            # somebody who acknowledged must not be called again by a step left over
            models.CheckConstraint(
                name="page_acked_has_no_step",
                condition=Q(acked_at=None) | Q(next_step_at=None),
            ),
            # a closed page is over: nothing about it is due
            models.CheckConstraint(
                name="page_closed_is_over",
                condition=Q(closed_at=None) | Q(next_step_at=None, ack_expires_at=None, snoozed_until=None),
            ),
            # a silence has an end: a silenced page must call then, whatever happens to the silence meanwhile
            models.CheckConstraint(
                name="page_silenced_calls_then",
                condition=Q(silenced_until=None) | Q(next_step_at__isnull=False, next_step_at__lte=F("silenced_until")),
            ),
            # hand-offs count on knowing who took a page, so half an acknowledgement must not exist
            models.CheckConstraint(
                name="page_ack_has_person_and_time",
                condition=Q(acked_at=None, acked_by=None) | Q(acked_at__isnull=False, acked_by__isnull=False),
            ),
            # an acknowledged page that nobody touches calls again; without this time it would be forgotten
            models.CheckConstraint(
                name="page_ack_expires",
                condition=Q(acked_at=None, ack_expires_at=None)
                | Q(acked_at__isnull=False, closed_at=None, ack_expires_at__isnull=False)
                | Q(acked_at__isnull=False, closed_at__isnull=False, ack_expires_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"page {self.pk}: {self.title}"

    @property
    def subject(self) -> str:
        """The page's name in journal and outbox."""
        return f"page:{self.pk}"

    @property
    def rank(self) -> Priority:
        """The priority, with its word."""
        return Priority(self.priority)

    @property
    def state(self) -> PageState:
        """What the page is to the eye."""
        if self.closed_at is not None:
            return PageState.CLOSED
        if self.acked_at is not None:
            return PageState.ACKNOWLEDGED
        if self.snoozed_until is not None:
            return PageState.SNOOZED
        if self.silenced_until is not None:
            return PageState.SILENCED
        return PageState.WAITING if self.waits_for_work else PageState.FIRING


class SummonsQuerySet(models.QuerySet["Summons"]):
    """Questions asked of summonses."""

    def due(self, now: datetime) -> "SummonsQuerySet":
        """Those with a rung at or before `now`, the most overdue first."""
        return self.filter(next_ring_at__lte=now).order_by("next_ring_at", "id")


class Summons(models.Model):
    """A person called for a page: as what, since when, how far their own ladder has run, and whether they came."""

    id = models.BigAutoField(primary_key=True)
    # the constraint below is its index
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="summonses", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="summonses", db_index=False)
    role = models.CharField(max_length=60)
    # how often this person was called anew for this page; part of each message's dedup key
    cycle = models.PositiveIntegerField(default=1)
    since_at = models.DateTimeField()
    upto_s = models.IntegerField(default=-1)
    next_ring_at = models.DateTimeField(null=True)
    # they acknowledged, or called for help: they are on it, and are not called again (H7)
    joined_at = models.DateTimeField(null=True)

    objects = SummonsQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["page", "person"], name="summons_once_per_person"),
        ]
        indexes = [
            models.Index(fields=["next_ring_at"], name="summons_due", condition=Q(next_ring_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.person} called for page {self.page_id} as {self.role}"


class Beat(models.Model):
    """An engine's sign of life: what the auditor, the doctor and the health check look at."""

    id = models.BigAutoField(primary_key=True)
    node = models.CharField(max_length=100, unique=True)
    ticked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.node} ticked {self.ticked_at:%H:%M:%S}"


class ToldFinding(models.Model):
    """Something wrong with the coming duties that was found, and how urgently it was told so far.

    `key` is the finding's own name for itself (see `rota.rules.foresight`). What is mended is closed and kept: it
    may come back.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="findings")
    key = models.CharField(max_length=200)
    # when the duty begins that suffers from it
    starts_at = models.DateTimeField()
    # 0: found at night and not told yet; else a value of rota.rules.foresight.Severity
    told = models.PositiveSmallIntegerField(default=0)
    found_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # two rows for one finding would tell it twice
            models.UniqueConstraint(fields=["team", "key"], name="told_finding_once"),
        ]

    def __str__(self) -> str:
        return f"finding {self.key} of team {self.team_id}"


class ShiftEnd(models.TextChoices):
    """Which end of a shift a notice is about."""

    START = "start", "start"
    END = "end", "end"


class ToldShift(models.Model):
    """A notice to somebody that their shift begins or ends at `at`; `post` says of what, a post or a schedule."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    post = models.CharField(max_length=10)
    which = models.CharField(max_length=5, choices=ShiftEnd.choices)
    at = models.DateTimeField()
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            # one message for each end of a shift, whoever asks at the same time
            models.UniqueConstraint(fields=["team", "person", "post", "which", "at"], name="told_shift_once"),
        ]
        indexes = [models.Index(fields=["team", "at"], name="told_shift_at")]

    def __str__(self) -> str:
        return f"{self.which} of the shift of {self.person_id} at {self.at:%d %b %H:%M}"

    @property
    def subject(self) -> str:
        """The notice's name in the outbox."""
        return f"shift:{self.pk}"


class Rehearsal(models.Model):
    """The test page that whoever begins a duty at `starts_at` is asked to confirm, and whether they did.

    Without a page: they answered one shortly before (`confirmed_at`), or cannot be reached at all.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="rehearsals")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="rehearsals")
    starts_at = models.DateTimeField()
    page = models.ForeignKey(Page, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    # the lead and the current holder heard that it was not confirmed
    told_at = models.DateTimeField(null=True)
    # the lead and whoever shares the coming duty heard it once more in the last hour before
    last_told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # two engines at once ask once
            models.UniqueConstraint(fields=["team", "person", "starts_at"], name="rehearsal_once"),
        ]
        indexes = [models.Index(fields=["team", "starts_at"], name="rehearsal_starts")]

    def __str__(self) -> str:
        return f"rehearsal of {self.person_id} for {self.starts_at:%d %b %H:%M}"
