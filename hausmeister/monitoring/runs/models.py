"""The tables of DAG runs: the schedulers asked, what DAGs look like, runs, tries of tasks, and each level's days."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from hausmeister.monitoring.runs.rules.levels import Verdict
from hausmeister.monitoring.runs.rules.states import OVER, Believed, Shape, State, TaskShape
from hausmeister.team.models import Team

NAME_MOST = 250


class Scheduler(models.Model):
    """An Airflow that is asked, and how it answers: what is not known of its runs must be said, not guessed."""

    id = models.BigAutoField(primary_key=True)
    url = models.CharField(max_length=500, unique=True)
    # "" before the first answer
    version = models.CharField(max_length=60, default="")
    read_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    # away, refused, or not understood
    failing_how = models.CharField(max_length=20, default="")
    failing_why = models.CharField(max_length=500, default="")

    def __str__(self) -> str:
        return self.url


class Dag(models.Model):
    """A DAG of a team: what its tasks are and which follow which, as its scheduler said last."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=NAME_MOST)
    # task → {"then": [...], "tags": [...], "alarm": ""}
    tasks = models.JSONField(default=dict)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="dag_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def shape(self) -> Shape:
        """What its tasks are, as plain values."""
        return {
            task: TaskShape(tuple(one.get("then", ())), tuple(one.get("tags", ())), one.get("alarm", ""))
            for task, one in self.tasks.items()
        }


class RunQuerySet(models.QuerySet["Run"]):
    """Questions asked of runs."""

    def unsettled(self) -> "RunQuerySet":
        """Runs that go on, oldest first."""
        return self.exclude(state__in=[*OVER]).order_by("id")

    def newest(self) -> "RunQuerySet":
        """Latest begun first; what has not begun counts from when it was heard of."""
        return self.order_by("-began_at", "-id")


class Run(models.Model):
    """One run of a DAG. `name` is the scheduler's; `began_at` is its start, or when it was first heard of."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    dag = models.CharField(max_length=NAME_MOST)
    name = models.CharField(max_length=NAME_MOST)
    # the day on which it began, on the team's clocks
    day = models.DateField()
    is_scheduled = models.BooleanField(default=True)
    state = models.CharField(max_length=30, default=State.WAITING)
    said_at = models.DateTimeField()
    began_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    link = models.CharField(max_length=1_000, default="")
    # once it is over: task → [seconds after its start, seconds it took], for the forecasts of later runs
    pace = models.JSONField(default=dict)
    # up to when its tasks were asked for, and whether its end was among what came
    read_at = models.DateTimeField(null=True)
    is_read = models.BooleanField(default=False)
    # when its alarms are to be looked at; None while nothing can change by itself
    judge_at = models.DateTimeField(null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "dag", "name"], name="run_once")]
        indexes = [
            models.Index(fields=["team", "day"], name="run_of_day"),
            models.Index(fields=["team", "dag", "-began_at"], name="run_newest"),
            models.Index(fields=["judge_at"], name="run_judge", condition=Q(judge_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.dag}, {self.name}"

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.state in OVER

    @property
    def believed(self) -> Believed:
        """How it stands, as a plain value."""
        return Believed(State(self.state), self.said_at, self.started_at, self.ended_at)


class Try(models.Model):
    """One try of a task of a run; a mapped task has them for each of its places, other tasks for place -1."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="tries", db_index=False)
    task = models.CharField(max_length=NAME_MOST)
    place = models.IntegerField(default=-1)
    attempt = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=30)
    said_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    alarm = models.CharField(max_length=4, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "task", "place", "attempt"], name="try_once")]

    def __str__(self) -> str:
        return f"{self.task}, try {self.attempt}"

    @property
    def believed(self) -> Believed:
        """How it stands, as a plain value."""
        return Believed(State(self.state), self.said_at, self.started_at, self.ended_at)


class LevelDay(models.Model):
    """How a service level stood, or stands, for one of its hours."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    level = models.CharField(max_length=60)
    dag = models.CharField(max_length=NAME_MOST)
    hour = models.DateTimeField()
    # the hour's day on clocks of the level's zone
    day = models.DateField()
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="+")
    verdict = models.CharField(max_length=10, default=Verdict.UNKNOWN)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    needed = models.PositiveIntegerField(default=0)
    met_at = models.DateTimeField(null=True)
    likely_at = models.DateTimeField(null=True)
    slow_at = models.DateTimeField(null=True)
    chance_late_percent = models.PositiveSmallIntegerField(null=True)
    earlier_runs = models.PositiveIntegerField(default=0)
    in_the_way = models.JSONField(default=list)
    judged_at = models.DateTimeField()
    # whether it was looked at before its hour: what was over when we came calls nobody
    is_watched = models.BooleanField(default=True)
    # when the updates channel heard that it is at risk
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "level", "hour"], name="level_day_once")]

    def __str__(self) -> str:
        return f"{self.level} on {self.day}: {self.verdict}"


class RunAlarm(models.Model):
    """An alert about a run or a level that is open, so that a restart neither forgets it nor raises it twice."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    # "run:12" or "level:5": whose alarms are compared as one set
    subject = models.CharField(max_length=60)
    key = models.CharField(max_length=512)
    says = models.CharField(max_length=300)
    is_hard = models.BooleanField()
    since_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "key"], name="run_alarm_once")]
        indexes = [models.Index(fields=["subject"], name="run_alarm_subject")]

    def __str__(self) -> str:
        return self.says


class RunsPost(models.Model):
    """A post to the updates channel that was made: each hour of the policy is told once."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    due_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "due_at"], name="runs_post_once")]

    def __str__(self) -> str:
        return f"{self.due_at:%Y-%m-%d %H:%M}"
