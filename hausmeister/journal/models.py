"""The table of entries, which can be added to and read, and nothing else."""

from typing import Any, NoReturn

from django.db import models


class JournalIsAppendOnly(Exception):
    """Somebody tried to change or remove an entry."""


class EntryQuerySet(models.QuerySet["Entry"]):
    """Entries; neither update nor delete exist."""

    def about(self, subject: str) -> "EntryQuerySet":
        """Everything said of `subject`, newest first."""
        return self.filter(subject=subject).order_by("-at", "-id")

    def update(self, **_kwargs: Any) -> NoReturn:
        """Refused: entries are facts."""
        raise JournalIsAppendOnly("An entry of the journal cannot be changed; add a new one.")

    def delete(self) -> NoReturn:
        """Refused: entries are facts."""
        raise JournalIsAppendOnly("An entry of the journal cannot be removed.")


class Entry(models.Model):
    """One fact: at this time, this actor did this to that, with these details."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    # plain numbers, not foreign keys: the journal outlives what it tells of
    team_id = models.BigIntegerField(null=True)
    subject = models.CharField(max_length=80)
    verb = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    facts = models.JSONField(default=dict)

    objects = EntryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["subject", "id"], name="entry_subject"),
            models.Index(fields=["team_id", "id"], name="entry_team"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name} {self.verb} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the entry. Raises JournalIsAppendOnly for one that is already stored."""
        if not self._state.adding:
            raise JournalIsAppendOnly("An entry of the journal cannot be changed; add a new one.")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refused: entries are facts."""
        raise JournalIsAppendOnly("An entry of the journal cannot be removed.")
