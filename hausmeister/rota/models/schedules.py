"""Tables of schedules: layers, who takes turns in them, entries of a plan, overrides on top."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q

from hausmeister.base.wall_time import zone_named
from hausmeister.rota.rules.definitions import Content
from hausmeister.rota.rules.layers import Kind
from hausmeister.rota.rules.rotations import Unit
from hausmeister.rota.rules.slots import Post
from hausmeister.team.models import Person, Team
from hausmeister.team.revision import Watched, WatchedQuerySet


class ZoneIsGone(Exception):
    """The schedule's zone is not known on this machine any more: renamed, or its time zone data are too old."""


class Schedule(Watched):
    """A schedule of a team. Its layers' wall-clock times are read in its zone."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="schedules")
    slug = models.CharField(max_length=60)
    name = models.CharField(max_length=100)
    zone_name = models.CharField(max_length=60)
    description = models.CharField(max_length=500, default="")
    # whoever has a duty may be on by it at the same time: that is no conflict (L10)
    beside_duties = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField()

    objects = WatchedQuerySet["Schedule"].as_manager()

    class Meta:
        constraints = [
            # a policy names a schedule by its slug
            models.UniqueConstraint(fields=["team", "slug"], name="schedule_slug_once_per_team"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the schedule's wall-clock times. Raises ZoneIsGone."""
        try:
            return zone_named(self.zone_name)
        except ValueError as error:
            raise ZoneIsGone(
                f"The zone {self.zone_name} of the schedule {self.name} is not known here any more;"
                " give it another one."
            ) from error


class Layer(Watched):
    """One layer: a rotation, one of the team's duties, or entries with dates. Higher positions lie on top.

    `starts_on`, `starts`, `ends_on` and `ends` are wall-clock times in the schedule's zone; `windows` are its
    restrictions, as rows of [starts, ends, first day, last day].
    """

    id = models.BigAutoField(primary_key=True)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="layers")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    content = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Content])
    starts_on = models.DateField(null=True)
    starts = models.TimeField(null=True)
    ends_on = models.DateField(null=True)
    ends = models.TimeField(null=True)
    windows = models.JSONField(default=list)
    # a layer that is changed ends here and another begins: what was on before stays what it was
    since_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField(null=True)
    # of a rotation
    unit = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Unit], default="")
    length = models.PositiveSmallIntegerField(default=1)
    hand_off = models.TimeField(null=True)
    # weekly: the weekday, 0 is Monday; monthly: the day of the month
    day = models.PositiveSmallIntegerField(default=0)
    # of a duty
    duty = models.CharField(max_length=40, default="")
    post = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Post], default="")

    objects = WatchedQuerySet["Layer"].as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                # a rotation without a start or of length 0 has no turns to count
                name="layer_rotation_can_be_counted",
                condition=~Q(content="rotation")
                | Q(starts_on__isnull=False, starts__isnull=False, hand_off__isnull=False, length__gte=1),
            ),
            models.CheckConstraint(
                name="layer_begins_and_ends_at_a_time",
                condition=Q(starts_on__isnull=True, starts__isnull=True)
                | Q(starts_on__isnull=False, starts__isnull=False),
            ),
            models.CheckConstraint(
                name="layer_runs_forward",
                condition=Q(ends_on__isnull=True, ends__isnull=True)
                | Q(ends__isnull=False, starts_on__isnull=True)
                | Q(ends__isnull=False, starts_on__lt=F("ends_on"))
                | Q(ends__isnull=False, starts_on=F("ends_on"), starts__lt=F("ends")),
            ),
            models.CheckConstraint(
                name="layer_is_replaced_after_it_began",
                condition=Q(since_at__isnull=True) | Q(until_at__isnull=True) | Q(since_at__lt=F("until_at")),
            ),
            # a plan that follows a duty must say which
            models.CheckConstraint(name="layer_names_its_duty", condition=~Q(content="duty") | ~Q(duty="")),
        ]

    def __str__(self) -> str:
        return self.name


class Participant(Watched):
    """A place in a rotation's list, for a part of the time: a person, whoever is on duty in a team, or nobody."""

    id = models.BigAutoField(primary_key=True)
    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="participants")
    position = models.PositiveIntegerField()
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="rotations")
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    # None: from the layer's beginning, or for good. Nobody is ever deleted from a list: past turns count on it
    joins_at = models.DateTimeField(null=True)
    leaves_at = models.DateTimeField(null=True)

    objects = WatchedQuerySet["Participant"].as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                name="participant_is_one_of_them", condition=Q(person__isnull=True) | Q(team__isnull=True)
            ),
            models.CheckConstraint(
                name="participant_leaves_after_joining",
                condition=Q(joins_at__isnull=True) | Q(leaves_at__isnull=True) | Q(joins_at__lt=F("leaves_at")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.person or self.team or "nobody")


class PlanEntry(Watched):
    """An explicit duty in a plan, for example from an import."""

    id = models.BigAutoField(primary_key=True)
    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="entries")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="plan_entries")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    objects = WatchedQuerySet["PlanEntry"].as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(name="entry_runs_forward", condition=Q(starts_at__lt=F("ends_at"))),
        ]
        indexes = [models.Index(fields=["layer", "ends_at"], name="entry_layer_ends")]

    def __str__(self) -> str:
        return f"{self.person} {self.starts_at:%d %b %H:%M} to {self.ends_at:%d %b %H:%M}"


class ScheduleOverrideQuerySet(WatchedQuerySet["ScheduleOverride"]):
    """Questions asked of the overrides of schedules."""

    def touching(self, starts_at: datetime, ends_at: datetime) -> "ScheduleOverrideQuerySet":
        """Overrides in force at any instant of the span, oldest first."""
        return self.filter(cancelled_at=None, starts_at__lt=ends_at, ends_at__gt=starts_at).order_by("id")

    def on(self, schedule: Schedule) -> "ScheduleOverrideQuerySet":
        """Overrides of this schedule, and those for all of its team's."""
        return self.filter(Q(schedule=schedule) | Q(schedule=None), team_id=schedule.team_id)


class ScheduleOverride(Watched):
    """An override on a schedule, or, without one, on all of the team's (see `rules.layers.Change`)."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="schedule_overrides")
    schedule = models.ForeignKey(Schedule, null=True, on_delete=models.CASCADE, related_name="overrides")
    kind = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Kind])
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="schedule_overrides")
    instead_of = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, default="")
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    objects = ScheduleOverrideQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="schedule_override_runs_forward", condition=Q(starts_at__lt=F("ends_at"))),
            # half a replacement would take somebody off without anybody noticing
            models.CheckConstraint(
                name="schedule_override_names_whom_it_needs",
                condition=Q(kind="add", person__isnull=False, instead_of__isnull=True)
                | Q(kind="remove", person__isnull=True, instead_of__isnull=False)
                | Q(kind="replace", person__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["team", "ends_at"], name="schedule_override_team_ends")]

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_at:%d %b %H:%M} to {self.ends_at:%d %b %H:%M}"
