"""Tables of the hand-off: one row for each change of duty, what was open at it, and the weekly reports."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from hausmeister.base.priority import Priority
from hausmeister.handoff.rules.states import HandoffState, Moments, ThingKind, state_of
from hausmeister.team.models import Person, Team

NOTE_MOST = 8_000
LINE_MOST = 500
REPORT_MOST = 16_000


class Watch(models.Model):
    """Up to when a team's rota was looked at for changes of duty: after a standstill those in between are found."""

    id = models.BigAutoField(primary_key=True)
    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="+")
    looked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"duty of team {self.team_id} looked at {self.looked_at:%d %b %H:%M}"


class HandoffQuerySet(models.QuerySet["Handoff"]):
    """Questions asked of hand-offs."""

    def standing(self) -> "HandoffQuerySet":
        """Those whose change of duty was, or is still to be."""
        return self.filter(cancelled_at=None)

    def unmoved(self) -> "HandoffQuerySet":
        """Drafts: the clock has not come to them."""
        return self.standing().filter(moved_at=None)

    def unaccepted(self) -> "HandoffQuerySet":
        """Those that happened and that nobody has accepted; the same person going on accepts nothing."""
        moved = self.standing().filter(moved_at__isnull=False, accepted_at=None, overtaken_at=None)
        return moved.exclude(outgoing=F("incoming"), outgoing__isnull=False)

    def to_raise(self, now: datetime) -> "HandoffQuerySet":
        """Unaccepted ones of which the backstop is to hear, the oldest first."""
        return self.unaccepted().filter(raised_at=None, raise_at__lte=now).order_by("raise_at", "id")

    def newest_first(self) -> "HandoffQuerySet":
        """By when the duty changes hands."""
        return self.order_by("-at", "-id")


class Handoff(models.Model):
    """One change of duty: from whom to whom, what stands in it, and who accepted it."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    outgoing = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    incoming = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    backstop = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    title_from = models.CharField(max_length=60)
    title_to = models.CharField(max_length=60)
    triage_from = models.BooleanField()
    triage_to = models.BooleanField()
    # since when the outgoing person had the duty: pages since then are counted
    since_at = models.DateTimeField()
    drafted_at = models.DateTimeField()
    looked_at = models.DateTimeField()
    note = models.TextField(default="", blank=True)
    edits = models.PositiveIntegerField(default=0)
    # the duty moves at the clock whatever happens; this is when we carried it out
    moved_at = models.DateTimeField(null=True)
    raise_at = models.DateTimeField(null=True)
    raised_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    overtaken_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    # counts what was told of it, for keys of messages
    told = models.PositiveIntegerField(default=0)

    objects = HandoffQuerySet.as_manager()

    class Meta:
        constraints = [
            # two engines at once write one draft for one change
            models.UniqueConstraint(fields=["team", "at"], name="handoff_once", condition=Q(cancelled_at=None)),
            models.CheckConstraint(
                name="handoff_acceptance_has_person_and_time",
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
            ),
            # one that happened and has no time for the backstop would wait for ever, and nobody would hear of it
            models.CheckConstraint(
                name="handoff_moved_is_raised", condition=Q(moved_at=None) | Q(raise_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["team", "-at"], name="handoff_by_time"),
            models.Index(
                fields=["team"],
                name="handoff_unaccepted",
                condition=Q(accepted_at=None, overtaken_at=None, cancelled_at=None, moved_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"hand-off {self.pk} of team {self.team_id} at {self.at:%d %b %H:%M}"

    @property
    def subject(self) -> str:
        """The hand-off's name in journal and outbox."""
        return f"handoff:{self.pk}"

    @property
    def is_kept(self) -> bool:
        """Whether the same person goes on."""
        return self.outgoing_id is not None and self.outgoing_id == self.incoming_id

    @property
    def is_late(self) -> bool:
        """Whether it was written only after the change: nothing ran in the hour before it, or the change was sudden."""
        return self.drafted_at > self.at

    @property
    def state(self) -> HandoffState:
        """Where it stands."""
        return state_of(
            Moments(self.moved_at, self.accepted_at, self.raised_at, self.overtaken_at, self.cancelled_at, self.is_kept)
        )

    @property
    def may_be_edited(self) -> bool:
        """Whether notes may still change: until the next hand-off has taken its place."""
        return self.cancelled_at is None and self.overtaken_at is None


class HandoffItem(models.Model):
    """One thing that stands in a hand-off. What is closed before the change is gone, and kept for its note."""

    id = models.BigAutoField(primary_key=True)
    handoff = models.ForeignKey(Handoff, on_delete=models.CASCADE, related_name="items", db_index=False)
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in ThingKind])
    subject = models.CharField(max_length=120)
    title = models.CharField(max_length=300)
    detail = models.CharField(max_length=LINE_MOST, default="")
    path = models.CharField(max_length=200, default="")
    rank = models.PositiveSmallIntegerField(null=True)
    owner = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    # who has it after the change; None: it stays with whoever has it
    goes_to = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    # somebody said that it stays where it is
    stays = models.BooleanField(default=False)
    ends_at = models.DateTimeField(null=True)
    place = models.PositiveIntegerField(default=0)
    next_step = models.CharField(max_length=LINE_MOST, default="")
    note = models.TextField(default="", blank=True)
    edits = models.PositiveIntegerField(default=0)
    gone_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    # when it changed owner, or why it could not
    handed_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=LINE_MOST, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["handoff", "subject"], name="handoff_item_once"),
            models.CheckConstraint(
                name="handoff_item_acceptance_has_both",
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["subject"], name="handoff_item_subject")]

    def __str__(self) -> str:
        return f"{self.kind} in hand-off {self.handoff_id}: {self.title}"

    @property
    def sort(self) -> ThingKind:
        """The kind, with its words."""
        return ThingKind(self.kind)

    @property
    def priority(self) -> Priority | None:
        """Its priority, None where it has none."""
        return Priority(self.rank) if self.rank else None

    @property
    def number(self) -> int:
        """The number of what it is about, 0 where it has none."""
        tail = self.subject.rpartition(":")[2]
        return int(tail) if tail.isdecimal() else 0

    @property
    def moves(self) -> bool:
        """Whether it changes owner with the duty."""
        return self.goes_to_id is not None and not self.stays and self.gone_at is None


class Report(models.Model):
    """The weekly report to the clients (L7): drafted from what was done, posted when a person says so, once."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    text = models.TextField()
    drafted_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    edited_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.PositiveIntegerField(default=1)
    posted_at = models.DateTimeField(null=True)
    posted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=120, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "ends_at"], name="report_once"),
            # clients cannot unread it: who posted it, when and where must be known
            models.CheckConstraint(
                name="report_posted_is_whole",
                condition=Q(posted_at=None, posted_by=None, channel="")
                | (Q(posted_at__isnull=False, posted_by__isnull=False) & ~Q(channel="")),
            ),
        ]

    def __str__(self) -> str:
        return f"report {self.pk} of team {self.team_id} up to {self.ends_at:%d %b}"

    @property
    def subject(self) -> str:
        """The report's name in journal and outbox."""
        return f"report:{self.pk}"

    @property
    def dedup_key(self) -> str:
        """The key of its one post."""
        return f"weekly-report-{self.pk}"
