"""Tables of asks: a swap or cover that somebody asks for, what is offered, and who agreed."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from hausmeister.rota.asks.rules import Answer, AskKind, AskState, OfferState
from hausmeister.team.models import Person, Team


class AskQuerySet(models.QuerySet["Ask"]):
    """Questions asked of asks."""

    def open(self) -> "AskQuerySet":
        """Asks that wait for an answer, the duty that begins first at the top."""
        return self.filter(state=AskState.OPEN).order_by("starts_at", "id")

    def over(self, now: datetime) -> "AskQuerySet":
        """Open asks whose time has run out at `now`."""
        return self.open().filter(expires_at__lte=now)

    def agreed_on_turns(self) -> "AskQuerySet":
        """Asks by which whole turns changed hands."""
        return self.filter(state=AskState.AGREED, is_part=False)

    def unheard(self, now: datetime) -> "AskQuerySet":
        """Open asks for cover that lead and backstop must hear of by `now`, and have not."""
        return self.open().filter(kind=AskKind.COVER, alarmed_at=None, alarm_at__lte=now)


class Ask(models.Model):
    """Somebody would rather not have a turn, or part of it: swap it against another, or have it covered."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="asks")
    kind = models.CharField(max_length=10, choices=[(one.value, one.value) for one in AskKind])
    state = models.CharField(max_length=10, default=AskState.OPEN)
    asker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="asks")
    # the lead who asked in their name; the asker where they did it themselves
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    # the turn, by its Monday and the planner's role
    week = models.DateField()
    role = models.CharField(max_length=2)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_part = models.BooleanField(default=False)
    reason = models.CharField(max_length=200, default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # when lead and backstop hear that nobody agreed; and when they did
    alarm_at = models.DateTimeField(null=True)
    alarmed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    # the mark of team.revision at which the offers were last looked at
    seen_mark = models.CharField(max_length=20, default="")

    objects = AskQuerySet.as_manager()

    class Meta:
        app_label = "rota"
        constraints = [
            models.CheckConstraint(name="ask_runs_forward", condition=Q(starts_at__lt=F("ends_at"))),
            # an ask that is over and has no end would be tended for ever
            models.CheckConstraint(
                name="ask_closed_has_time",
                condition=Q(state=AskState.OPEN, closed_at__isnull=True)
                | (~Q(state=AskState.OPEN) & Q(closed_at__isnull=False)),
            ),
            # two open asks for one turn could both be agreed to
            models.UniqueConstraint(
                fields=["team", "week", "role"], name="ask_one_open_per_turn", condition=Q(state=AskState.OPEN)
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="ask_open", condition=Q(state=AskState.OPEN))]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} of {self.role} in the week of {self.week}"

    @property
    def is_open(self) -> bool:
        """Whether it still waits for an answer."""
        return self.state == AskState.OPEN


class AskOffer(models.Model):
    """One way out: turns that change hands together, once everybody of it agrees."""

    id = models.BigAutoField(primary_key=True)
    ask = models.ForeignKey(Ask, on_delete=models.CASCADE, related_name="offers")
    state = models.CharField(max_length=10, default=OfferState.OPEN)
    # what tells it from the ask's others
    key = models.CharField(max_length=200)
    # [{"week": ISO Monday, "role": …, "giver": person or null, "taker": person}]
    steps = models.JSONField()
    fair = models.IntegerField(default=0)
    comfort = models.IntegerField(default=0)

    class Meta:
        app_label = "rota"
        constraints = [
            # asking the same twice would tell people twice
            models.UniqueConstraint(fields=["ask", "key"], name="offer_once_per_ask"),
            # two who agree at once: the database lets one of them
            models.UniqueConstraint(
                fields=["ask"], name="offer_one_taken_per_ask", condition=Q(state=OfferState.TAKEN)
            ),
        ]

    def __str__(self) -> str:
        return f"offer {self.key}"


class AskAnswer(models.Model):
    """Somebody who must agree to an offer, and what they said."""

    id = models.BigAutoField(primary_key=True)
    offer = models.ForeignKey(AskOffer, on_delete=models.CASCADE, related_name="answers")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="ask_answers")
    answer = models.CharField(max_length=10, default=Answer.NONE)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "rota"
        constraints = [
            models.UniqueConstraint(fields=["offer", "person"], name="answer_once_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.answer or 'no answer'}"
