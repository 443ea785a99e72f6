"""Tables of the calendars: feeds, what was last written of each subject, and what is read from elsewhere."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from hausmeister.rota.models.schedules import Layer, Schedule
from hausmeister.rota.rules.calendars.importing import ImportKind
from hausmeister.rota.rules.calendars.subjects import UNUSED_LIFE, FeedKind, Subject
from hausmeister.team.models import Leave, Person, Team


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    """Questions asked of feeds."""

    def alive(self, now: datetime) -> "CalendarFeedQuerySet":
        """Feeds that are neither revoked nor unused for too long; whether their person may still see is asked apart."""
        long_ago = now - UNUSED_LIFE
        used = Q(last_used_at__gte=long_ago) | Q(last_used_at=None, created_at__gte=long_ago)
        return self.filter(used, revoked_at=None, person__is_active=True)


class CalendarFeed(models.Model):
    """A secret address of a calendar: for one person and one device, of which only the hash is kept (S14)."""

    id = models.BigAutoField(primary_key=True)
    token_hash = models.CharField(max_length=64, unique=True)
    last_four = models.CharField(max_length=4)
    # whose device it is on; the feed dies with their right to see
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="calendar_feeds")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in FeedKind])
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="calendar_feeds")
    # which of the team's, for kinds that need it: the name of a duty, the short name of a schedule
    what = models.CharField(max_length=60, default="")
    # a schedule that comes later by the same short name is another one
    schedule = models.ForeignKey(Schedule, null=True, on_delete=models.CASCADE, related_name="calendar_feeds")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    # fetches since `counted_from`, for the limit of an hour
    fetches = models.PositiveSmallIntegerField(default=0)
    counted_from = models.DateTimeField(null=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        constraints = [
            # a team's feed without its team would show nobody's rota
            models.CheckConstraint(
                name="feed_of_team_has_one", condition=Q(kind=FeedKind.PERSON.value) | Q(team__isnull=False)
            ),
            models.CheckConstraint(
                name="feed_of_schedule_has_one", condition=~Q(kind=FeedKind.SCHEDULE.value) | Q(schedule__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["person"], name="feed_person")]

    def __str__(self) -> str:
        return f"calendar feed {self.name} …{self.last_four}"

    @property
    def subject(self) -> Subject:
        """What the feed is about."""
        whose = self.person_id if self.kind == FeedKind.PERSON else None
        name = str(self.schedule_id) if self.kind == FeedKind.SCHEDULE else self.what
        return Subject(FeedKind(self.kind), self.team_id, whose, name)


class PublishedCalendar(models.Model):
    """What was last written of one subject, so that it is drawn anew only when something has changed."""

    id = models.BigAutoField(primary_key=True)
    subject = models.CharField(max_length=160, unique=True)
    # what it was drawn from: the revision of team and rota, the weeks, the wording
    basis = models.CharField(max_length=120)
    etag = models.CharField(max_length=40)
    changed_at = models.DateTimeField()
    body = models.TextField()
    # uid → what was told of it last, as `stretches.State`
    states = models.JSONField(default=dict)
    # counts the writes, so that two nodes at once do not give one number twice
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"calendar of {self.subject}"


class CalendarImportQuerySet(models.QuerySet["CalendarImport"]):
    """Questions asked of imports."""

    def due(self, now: datetime) -> "CalendarImportQuerySet":
        """Imports from an address whose time has come, the longest waiting first; not those of people who are gone."""
        waiting = self.filter(next_read_at__lte=now).exclude(url="").exclude(person__is_active=False)
        return waiting.order_by("next_read_at", "id")


class CalendarImport(models.Model):
    """Somebody else's calendar that is read into the rota: a person's leave, or a team's schedule."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in ImportKind])
    # whose leave
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="calendar_imports")
    # whose schedule
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="calendar_imports")
    name = models.CharField(max_length=100)
    # "" for a schedule from a file. Such an address is a secret: it is never shown or told whole
    url = models.CharField(max_length=1000, default="")
    # only events with one of these words in their title count; none: all
    words = models.JSONField(default=list)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    next_read_at = models.DateTimeField(null=True)
    # when it was last looked at, and when what it says was last taken
    looked_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    # why the last look gave nothing, "" when it was good
    problem = models.CharField(max_length=300, default="")
    # the calendar is empty all of a sudden: somebody must say that this is meant
    awaits_word = models.BooleanField(default=False)
    # somebody has said so: the next look takes an empty calendar too
    may_be_empty = models.BooleanField(default=False)
    # what the far side said of the version taken last, and the hash of that
    etag = models.CharField(max_length=200, default="")
    last_modified = models.CharField(max_length=60, default="")
    digest = models.CharField(max_length=64, default="")
    # where a schedule's turns are written, so that people can be called by it; None before the first good look
    layer = models.ForeignKey(Layer, null=True, on_delete=models.SET_NULL, related_name="+")
    # what was found last: counts, and what could not be matched
    found = models.JSONField(default=dict)

    objects = CalendarImportQuerySet.as_manager()

    class Meta:
        constraints = [
            # a leave without a person, or a schedule without a team, could be given to nobody
            models.CheckConstraint(
                name="import_is_of_somebody",
                condition=Q(kind=ImportKind.LEAVE.value, person__isnull=False, team=None)
                | Q(kind=ImportKind.SCHEDULE.value, person=None, team__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["next_read_at"], name="import_next_read")]

    def __str__(self) -> str:
        return f"calendar import {self.name}"

    @property
    def schedule(self) -> Schedule | None:
        """The team's schedule that the calendar is read into."""
        return self.layer.schedule if self.layer else None


class ImportedLeave(models.Model):
    """Which leave came from which event; leave without such a row was entered by hand and is never touched."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(CalendarImport, on_delete=models.CASCADE, related_name="leaves")
    leave = models.OneToOneField(Leave, on_delete=models.CASCADE, related_name="imported_by")
    # the event's identity, and of a series which of it
    event = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "event"], name="imported_leave_once_per_event")]

    def __str__(self) -> str:
        return f"{self.leave} from {self.source}"


class ImportedDuty(models.Model):
    """A turn of somebody else's schedule, as its calendar tells it. Nobody when no member could be recognised."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(CalendarImport, on_delete=models.CASCADE, related_name="duties")
    event = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="imported_duties")
    # why nobody was recognised, "" otherwise
    problem = models.CharField(max_length=200, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "event"], name="imported_duty_once_per_event"),
            models.CheckConstraint(name="imported_duty_runs_forward", condition=Q(starts_at__lt=F("ends_at"))),
        ]
        indexes = [models.Index(fields=["source", "ends_at"], name="imported_duty_ends")]

    def __str__(self) -> str:
        return f"{self.title} {self.starts_at:%d %b %H:%M}"
