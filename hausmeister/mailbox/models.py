"""Tables of the mailbox: up to where it was read, and every letter that was taken, by its digest."""

from django.db import models


class Reading(models.Model):
    """Up to where the mail folder was read: the last number, within one numbering of the server (RFC 3501, 2.3.1.1).

    After a new numbering everything that arrived since `since_at` is looked at again; None once that is done.
    """

    # there is one mailbox: the installation's
    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    validity = models.BigIntegerField()
    uid = models.BigIntegerField()
    since_at = models.DateTimeField(null=True)
    renumbered_at = models.DateTimeField(null=True)
    # the arrival of the newest letter, and when the folder was last read to its end
    heard_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            # two places in one folder would each lose what the other passed
            models.CheckConstraint(name="reading_is_one", condition=models.Q(id=1)),
        ]

    def __str__(self) -> str:
        return f"read up to {self.uid} of {self.validity}"


class Outcome(models.TextChoices):
    """What became of a letter."""

    TAKEN = "taken"
    PASSED_OVER = "passed over"
    NOT_READ = "not read"


class Arrival(models.Model):
    """A letter that came, and what became of it; its words are where it went."""

    id = models.BigAutoField(primary_key=True)
    # a letter counts once, also after the server numbers its folder anew
    digest = models.CharField(max_length=64, unique=True)
    sender = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    why = models.CharField(max_length=300, default="")
    arrived_at = models.DateTimeField()
    taken_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.subject} from {self.sender}: {self.outcome}"
