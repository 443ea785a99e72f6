"""Tables of the issues room."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from hausmeister.base.priority import Priority
from hausmeister.issues.rules.mirror import Snapshot
from hausmeister.pager.models import Page
from hausmeister.team.models import Person, Team


class IssueQuerySet(models.QuerySet["Issue"]):
    """Questions asked of issues."""

    def open(self) -> "IssueQuerySet":
        """Issues that are not closed."""
        return self.filter(closed_at=None)

    def worst_first(self) -> "IssueQuerySet":
        """By priority, then the oldest: the one list of all issues (H10)."""
        return self.order_by("-priority", "opened_at", "id")

    def idle(self, now: datetime) -> "IssueQuerySet":
        """Those that somebody is to be asked about, the longest idle first."""
        return self.filter(nag_at__lte=now).order_by("nag_at", "id")


class Issue(models.Model):
    """A fault of our own services. Its number is ours; the tracker's is its mirror's."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="issues", db_index=False)
    title = models.CharField(max_length=200)
    text = models.TextField(default="", blank=True)
    priority = models.PositiveSmallIntegerField(choices=[(p.value, p.label) for p in Priority])
    # for the backlog: why it is worth anybody's time, and whether it will come back to bite the hausmeister (L8)
    why = models.CharField(max_length=500, default="")
    bites_back = models.BooleanField(null=True)
    areas = models.JSONField(default=list)
    owner = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    opened_by_name = models.CharField(max_length=200)
    closed_at = models.DateTimeField(null=True)
    closed_by_name = models.CharField(max_length=200, default="")
    close_reason = models.CharField(max_length=200, default="")
    priority_at = models.DateTimeField()
    # the last sign of work, and when somebody is asked about it
    touched_at = models.DateTimeField()
    nag_at = models.DateTimeField(null=True)
    nags = models.PositiveSmallIntegerField(default=0)
    # the last change made here: against it the tracker's own time is weighed
    changed_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    # made when a form is drawn, so that pressing twice makes one issue
    form_key = models.CharField(max_length=80, null=True, unique=True)

    objects = IssueQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["team", "-priority", "opened_at"], name="issue_open", condition=Q(closed_at=None)),
            models.Index(fields=["nag_at"], name="issue_idle", condition=Q(nag_at__isnull=False)),
            models.Index(fields=["team", "closed_at"], name="issue_closed", condition=Q(closed_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(name="issue_priority_is_ours", condition=Q(priority__in=[1, 2, 3, 4])),
            # nobody is asked about an issue that is over
            models.CheckConstraint(name="issue_closed_is_over", condition=Q(closed_at=None) | Q(nag_at=None)),
        ]

    def __str__(self) -> str:
        return f"issue {self.pk}: {self.title}"

    @property
    def subject(self) -> str:
        """The issue's name in journal and outbox."""
        return f"issue:{self.pk}"

    @property
    def rank(self) -> Priority:
        """The priority, with its word."""
        return Priority(self.priority)

    @property
    def clues(self) -> tuple[str, ...]:
        """What tells its area: first what people say it is about."""
        return (*self.areas, self.title, self.text)

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do."""
        return self.closed_at is None

    @property
    def snapshot(self) -> Snapshot:
        """What it says, as both sides understand it."""
        return Snapshot(self.title, self.text, self.rank, tuple(self.areas), self.is_open)

    @property
    def known_mirror(self) -> "Mirror | None":
        """Its mirror, None for an issue that is kept here alone."""
        try:
            return self.mirror
        except Mirror.DoesNotExist:
            return None


class Mirror(models.Model):
    """The same issue in a tracker. Without a number it is still to be made there."""

    id = models.BigAutoField(primary_key=True)
    issue = models.OneToOneField(Issue, on_delete=models.CASCADE, related_name="mirror")
    tracker = models.CharField(max_length=20)
    repository = models.CharField(max_length=200)
    number = models.BigIntegerField(null=True)
    url = models.CharField(max_length=500, default="")
    # hidden in the text there: by it the issue is found before it is made a second time
    marker = models.CharField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    # what was last seen there (Snapshot.marks), and the tracker's time of it
    seen = models.JSONField(default=dict)
    remote_at = models.DateTimeField(null=True)
    synced_at = models.DateTimeField(null=True)
    sent_version = models.PositiveIntegerField(default=0)
    # one message of an issue at a time; and whether making it was ever tried
    busy_until = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    out_since = models.DateTimeField(null=True)
    out_why = models.CharField(max_length=500, default="")
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # two issues here for one there would each undo what the other says
            models.UniqueConstraint(
                fields=["tracker", "repository", "number"], name="mirror_once", condition=Q(number__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["out_since"], name="mirror_out", condition=Q(out_since__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.repository}#{self.number or 'new'}"

    @property
    def is_in_sync(self) -> bool:
        """Whether both sides say the same, as far as we know."""
        return self.out_since is None and self.gone_at is None

    def carried(self, **changed: Any) -> None:
        """Write the fields named."""
        Mirror.objects.filter(pk=self.pk).update(**changed)


class Feed(models.Model):
    """A repository that is looked at: up to when it is read, and how it answers."""

    id = models.BigAutoField(primary_key=True)
    tracker = models.CharField(max_length=20)
    repository = models.CharField(max_length=200)
    etag = models.CharField(max_length=200, default="")
    since = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    failing_why = models.CharField(max_length=500, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tracker", "repository"], name="feed_once")]

    def __str__(self) -> str:
        return f"{self.repository} at {self.tracker}"


class Delivery(models.Model):
    """A webhook call that was taken, so that the same one counts once."""

    id = models.BigAutoField(primary_key=True)
    tracker = models.CharField(max_length=20)
    key = models.CharField(max_length=200)
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tracker", "key"], name="delivery_once")]
        indexes = [models.Index(fields=["taken_at"], name="delivery_age")]

    def __str__(self) -> str:
        return f"{self.tracker} {self.key}"


class Link(models.Model):
    """What else the issue is about, by its name: "page:12", "item:3", "incident:4"."""

    id = models.BigAutoField(primary_key=True)
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="links", db_index=False)
    subject = models.CharField(max_length=80)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issue", "subject"], name="link_once")]
        indexes = [models.Index(fields=["subject"], name="link_subject")]

    def __str__(self) -> str:
        return f"issue {self.issue_id} and {self.subject}"

    @property
    def path(self) -> str:
        """Where its screen is; the upper rooms keep to this form."""
        kind, _, number = self.subject.partition(":")
        screens = {"page": "/pages", "item": "/triage", "incident": "/incidents", "recurring": "/triage/recurring"}
        return f"{screens[kind]}/{number}" if kind in screens else ""


class Emergency(models.Model):
    """A P4 in force: the page that stops everything, and the page by which others are pulled in (H11, H12)."""

    id = models.BigAutoField(primary_key=True)
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="emergencies")
    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="+", db_index=False)
    # whether the page was opened for it, or was there already
    owns_page = models.BooleanField()
    help_page = models.ForeignKey(Page, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    next_ask_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # two at once would call everybody twice
            models.UniqueConstraint(fields=["issue"], name="emergency_once", condition=Q(ended_at=None)),
            models.CheckConstraint(name="emergency_over_asks_nobody", condition=Q(ended_at=None) | Q(next_ask_at=None)),
        ]
        indexes = [
            models.Index(fields=["next_ask_at"], name="emergency_asks", condition=Q(next_ask_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"emergency of issue {self.issue_id}"


class Help(models.Model):
    """Somebody who was asked to come, and what they said."""

    id = models.BigAutoField(primary_key=True)
    emergency = models.ForeignKey(Emergency, on_delete=models.CASCADE, related_name="helpers", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=10, default="")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["emergency", "person"], name="help_once"),
            models.CheckConstraint(
                name="help_answer_has_time",
                condition=Q(answer="", answered_at=None) | (~Q(answer="") & Q(answered_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} asked for emergency {self.emergency_id}"
