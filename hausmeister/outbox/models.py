"""The table of messages."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from hausmeister.outbox.rules import Lane, State


class MessageQuerySet(models.QuerySet["Message"]):
    """Questions asked of the outbox."""

    def undecided(self) -> "MessageQuerySet":
        """Messages that may still leave: pending or claimed."""
        return self.filter(state__in=[State.PENDING, State.CLAIMED])

    def due(self, now: datetime) -> "MessageQuerySet":
        """Messages to be tried now."""
        return self.filter(state=State.PENDING, due_at__lte=now)

    def overdue(self, now: datetime) -> "MessageQuerySet":
        """Messages that ought to have left by `now`: still due, or claimed by a sender whose lease ran out."""
        return self.filter(Q(state=State.PENDING, due_at__lte=now) | Q(state=State.CLAIMED, claimed_until__lte=now))


class Message(models.Model):
    """One message to one address. `subject` names what it is about, such as "page:4821"."""

    id = models.BigAutoField(primary_key=True)
    lane = models.CharField(max_length=10, choices=[(lane.value, lane.value) for lane in Lane])
    channel = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=80)
    team_id = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField(null=True)
    method_id = models.BigIntegerField(null=True)
    # messages of one fair key take turns with those of others, so that a storm cannot hold up a neighbour
    fair_key = models.CharField(max_length=80, default="")
    urgency = models.SmallIntegerField(default=0)
    to = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    dedup_key = models.CharField(max_length=120, unique=True)
    state = models.CharField(max_length=10, default=State.PENDING)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=40, default="")
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    is_possible_duplicate = models.BooleanField(default=False)
    finished_at = models.DateTimeField(null=True)
    provider_ref = models.CharField(max_length=200, default="")
    last_error = models.CharField(max_length=500, default="")

    objects = MessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["lane", "channel", "due_at"], name="message_due", condition=Q(state=State.PENDING)),
            models.Index(
                fields=["lane", "channel", "fair_key", "-urgency", "due_at"],
                name="message_turns",
                condition=Q(state=State.PENDING),
            ),
            models.Index(fields=["claimed_until"], name="message_lease", condition=Q(state=State.CLAIMED)),
            models.Index(fields=["subject"], name="message_subject"),
            # failures are few: whether a phone can be counted on is asked often
            models.Index(fields=["finished_at"], name="message_failed", condition=Q(state=State.FAILED)),
        ]
        constraints = [
            # a message without a time would lie about for ever, and nobody would be called
            models.CheckConstraint(
                name="message_waits_for_a_time",
                condition=Q(state=State.PENDING, due_at__isnull=False)
                | Q(state=State.CLAIMED, claimed_until__isnull=False)
                | Q(state__in=[State.SENT, State.FAILED, State.CANCELLED]),
            ),
            # only an end that is known may be called one
            models.CheckConstraint(
                name="message_end_has_a_time",
                condition=Q(state__in=[State.PENDING, State.CLAIMED], finished_at__isnull=True)
                | Q(state__in=[State.SENT, State.FAILED, State.CANCELLED], finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.pk} ({self.kind} by {self.channel}, {self.state})"
