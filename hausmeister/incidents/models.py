"""Tables of incidents. The timeline is not among them: it is the journal of "incident:31" and of its pages."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from hausmeister.incidents.rules.kinds import Answer, IncidentState, Post, TellKind, TimerKind
from hausmeister.pager.models import Page
from hausmeister.team.models import Person, Team

TITLE_MOST = 200
TEXT_MOST = 4000
REVIEW_MOST = 200_000
TASK_MOST = 500


class IncidentQuerySet(models.QuerySet["Incident"]):
    """Questions asked of incidents."""

    def running(self) -> "IncidentQuerySet":
        """Incidents that are not over, the oldest first."""
        return self.filter(over_at=None).order_by("opened_at", "id")

    def open(self) -> "IncidentQuerySet":
        """Incidents with something left to do: running, or over and not closed."""
        return self.filter(closed_at=None)

    def with_due(self) -> "IncidentQuerySet":
        """The same, each with `update_due_at`: when its next update is due, None for no such promise."""
        due = Timer.objects.filter(incident=models.OuterRef("pk"), kind=TimerKind.UPDATE).values("due_at")[:1]
        return self.annotate(update_due_at=models.Subquery(due))

    def newest_first(self) -> "IncidentQuerySet":
        """Running ones first, then the newest."""
        return self.order_by(F("over_at").desc(nulls_first=True), "-opened_at", "-id")


class Incident(models.Model):
    """One incident. Its level is kept as it was when it was chosen: the policy may change meanwhile."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="incidents", db_index=False)
    title = models.CharField(max_length=TITLE_MOST)
    # what set it off, such as "page:12" or "issue:5"; "" by hand
    opened_from = models.CharField(max_length=80, default="", blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    level = models.CharField(max_length=20)
    level_word = models.CharField(max_length=40)
    level_meaning = models.CharField(max_length=500)
    update_every_s = models.PositiveIntegerField(null=True)
    announce_within_s = models.PositiveIntegerField(null=True)
    needs_review = models.BooleanField()
    # who acts: there is always somebody
    point = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    # who tells; while there is nobody, point does both, and the screen says so
    comms = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    crash_room = models.CharField(max_length=500, default="", blank=True)
    over_at = models.DateTimeField(null=True)
    over_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    # what ended it, in a sentence: the log book's "what helped"
    helped = models.CharField(max_length=500, default="", blank=True)
    review_due_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    # counts every change: part of dedup keys, and what the live stream tells
    version = models.PositiveIntegerField(default=1)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["team", "opened_at"], name="incident_team"),
            models.Index(fields=["opened_at"], name="incident_running", condition=Q(over_at=None)),
        ]
        constraints = [
            # a page, an issue or a message opens one incident, however often somebody presses the button
            models.UniqueConstraint(
                fields=["team", "opened_from"], name="incident_once_per_origin", condition=~Q(opened_from="")
            ),
            # a closed incident is over: otherwise its topic would stay red for ever
            models.CheckConstraint(
                name="incident_closed_is_over", condition=Q(closed_at=None) | Q(over_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"incident {self.pk}: {self.title}"

    @property
    def subject(self) -> str:
        """The incident's name in journal and outbox."""
        return f"incident:{self.pk}"

    @property
    def label(self) -> str:
        """The level with its word: "SEV2 major"."""
        return f"{self.level} {self.level_word}"

    @property
    def state(self) -> IncidentState:
        """What the incident is to the eye."""
        if self.closed_at is not None:
            return IncidentState.CLOSED
        return IncidentState.OVER if self.over_at is not None else IncidentState.RUNNING

    @property
    def is_running(self) -> bool:
        """Whether it is not over."""
        return self.over_at is None

    @property
    def teller(self) -> Person:
        """Who tells now: comms, or point while there is none."""
        return self.comms or self.point

    def review_is_overdue(self, now: datetime) -> bool:
        """Say whether the review ought to have been written by `now`."""
        return self.reviewed_at is None and self.review_due_at is not None and self.review_due_at < now


class Step(models.Model):
    """One line of the procedure, as the policy had it when the level was chosen."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="steps")
    place = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=500)
    # a line of a level that the incident had before is kept, and not shown
    is_current = models.BooleanField(default=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [
            # a tick without a name would be nobody's word
            models.CheckConstraint(
                name="step_tick_has_person_and_time",
                condition=Q(done_at=None, done_by=None) | Q(done_at__isnull=False, done_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.text} ({'done' if self.done_at else 'to do'})"


class Offer(models.Model):
    """Somebody is asked to be point or comms; nothing changes hands before they say yes."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="offers")
    post = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Post])
    to = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    answer = models.CharField(max_length=10, default=Answer.NONE, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # two people who both believe that they are asked would both believe that they have it
            models.UniqueConstraint(
                fields=["incident", "post"], name="offer_one_at_a_time", condition=Q(answer=Answer.NONE)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.to} is asked to be {self.post} of incident {self.incident_id}"


class Telling(models.Model):
    """What was said in one place: the text is kept here, since a message forgets it once it has left."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="tellings")
    kind = models.CharField(max_length=10, choices=[(one.value, one.value) for one in TellKind])
    # a room of the chat, or the name of a squad
    room = models.CharField(max_length=500)
    is_client = models.BooleanField(default=False)
    text = models.CharField(max_length=TEXT_MOST)
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField()
    # the message in the outbox that carries it
    dedup_key = models.CharField(max_length=120, unique=True)
    # made when a form is drawn: pressing twice tells once
    act_key = models.CharField(max_length=40, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "act_key", "room"], name="telling_once_per_press", condition=~Q(act_key="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.room}"


class Timer(models.Model):
    """When somebody is reminded next. There is none for an incident that is over."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="timers")
    kind = models.CharField(max_length=10, choices=[(one.value, one.value) for one in TimerKind])
    # what is promised; it stays while nobody keeps it
    due_at = models.DateTimeField()
    reminder_at = models.DateTimeField(db_index=True)
    is_late = models.BooleanField(default=False)
    interval_ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "kind"], name="timer_once_per_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of incident {self.incident_id} due {self.due_at:%H:%M}"


class Linked(models.Model):
    """A page that belongs to an incident: its journal is part of the timeline."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="linked")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "page"], name="linked_once"),
        ]

    def __str__(self) -> str:
        return f"page {self.page_id} of incident {self.incident_id}"


class FollowUp(models.Model):
    """Something to be done so that it does not happen again; may become an issue."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="follow_ups")
    incident = models.ForeignKey(Incident, null=True, on_delete=models.CASCADE, related_name="follow_ups")
    # the failure of the log book that it is to end, "" for none
    failure = models.CharField(max_length=300, default="", blank=True)
    text = models.CharField(max_length=TASK_MOST)
    owner = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=200)
    done_at = models.DateTimeField(null=True)
    # where the issue is, once there is one
    issue = models.CharField(max_length=300, default="", blank=True)

    class Meta:
        constraints = [
            # one failure of the log book is one task, however often somebody presses the button
            models.UniqueConstraint(
                fields=["team", "failure"], name="follow_up_once_per_failure",
                condition=~Q(failure="") & Q(done_at=None),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.text


class Review(models.Model):
    """One saved version of an incident's review, in Markdown."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="reviews")
    number = models.PositiveIntegerField()
    text = models.TextField()
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [
            # two people who save at once: the second is told, and neither text is lost
            models.UniqueConstraint(fields=["incident", "number"], name="review_number_once"),
        ]

    def __str__(self) -> str:
        return f"review {self.number} of incident {self.incident_id}"


class Remedy(models.Model):
    """What helped against a failure of the log book, as somebody wrote it down; the newest counts."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="remedies", db_index=False)
    failure = models.CharField(max_length=300)
    text = models.CharField(max_length=500)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=200)

    class Meta:
        indexes = [models.Index(fields=["team", "failure"], name="remedy_failure")]

    def __str__(self) -> str:
        return f"{self.failure}: {self.text}"
