"""Tables of the chat room: how the line to a chat stands, and what was last told there."""

from django.db import models


class LineState(models.TextChoices):
    """How the line to a chat stands."""

    DOWN = "down"
    UP = "up"
    # the chat refuses us until somebody changes something: a revoked token, a missing scope
    REFUSED = "refused"


class Line(models.Model):
    """The line to one chat: what the doctor and the integrations page show."""

    service = models.CharField(primary_key=True, max_length=20)
    state = models.CharField(max_length=10, choices=LineState.choices)
    reason = models.CharField(max_length=300, default="")
    since_at = models.DateTimeField()
    # when something last came from there
    heard_at = models.DateTimeField(null=True)
    # up to where a chat was read that gives such a mark with each answer
    mark = models.CharField(max_length=500, default="")

    def __str__(self) -> str:
        return f"line to {self.service}: {self.state}"


class Told(models.Model):
    """What the chat was last told of the duty: `what` such as "shift of 3" or "slack group backstop", `says` in short.

    `number` counts the tellings, so that each is a message of its own for ever.
    """

    id = models.BigAutoField(primary_key=True)
    # two engines that see the same change must not both tell it
    what = models.CharField(max_length=120, unique=True)
    says = models.CharField(max_length=64)
    number = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.what}: {self.says}"


class Gap(models.Model):
    """A room of which something may have been missed: all that was said after the stamp `after` is to be read again."""

    id = models.BigAutoField(primary_key=True)
    service = models.CharField(max_length=20)
    room_id = models.CharField(max_length=120)
    after = models.CharField(max_length=200)

    class Meta:
        constraints = [
            # the older of two gaps holds the younger
            models.UniqueConstraint(fields=["service", "room_id"], name="gap_once_per_room"),
        ]

    def __str__(self) -> str:
        return f"gap in {self.room_id} of {self.service} after {self.after}"
