"""A mark that changes with every change to people, teams, policies or the rota.

The intake needs all of that for each batch and cannot afford to read it each time: it keeps what it read for
as long as the mark stands. The mark is changed here, by the tables themselves and in the transaction of the
change, so that no operation can forget it. It is drawn at random and not counted: a number would come back
after a rollback, and what was read meanwhile would look fresh.
"""

from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import Q

from hausmeister.base import chance

_M = TypeVar("_M", bound=models.Model)


class Revision(models.Model):
    """The one row that holds the mark."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    mark = models.CharField(max_length=20)

    class Meta:
        app_label = "team"
        constraints = [
            # two marks would let a stale answer look fresh
            models.CheckConstraint(name="revision_is_one", condition=Q(id=1)),
        ]

    def __str__(self) -> str:
        return f"revision {self.mark}"


def current() -> str:
    """Return the mark as this transaction sees it."""
    return Revision.objects.filter(pk=1).values_list("mark", flat=True).first() or ""


def _change() -> None:
    mark = chance.text(16)
    if not Revision.objects.filter(pk=1).update(mark=mark):
        Revision.objects.bulk_create([Revision(mark=mark)], ignore_conflicts=True)


class WatchedQuerySet(models.QuerySet[_M]):
    """A queryset whose writes change the mark."""

    def update(self, **kwargs: Any) -> int:
        """Update, and change the mark."""
        changed = super().update(**kwargs)
        if changed:
            _change()
        return changed

    def update_quietly(self, **kwargs: Any) -> int:
        """Update fields that nobody keeps: when a method was tested, a code, a last sign-in."""
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete, and change the mark."""
        deleted = super().delete()
        _change()
        return deleted

    def bulk_create(self, *args: Any, **kwargs: Any) -> list[_M]:
        """Insert, and change the mark."""
        created = super().bulk_create(*args, **kwargs)
        _change()
        return created

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        """Update, and change the mark."""
        changed = super().bulk_update(*args, **kwargs)
        _change()
        return changed


class Watched(models.Model):
    """A table whose changes change the mark. Its manager must come from a WatchedQuerySet."""

    class Meta:
        abstract = True

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row, and change the mark."""
        super().save(*args, **kwargs)
        _change()

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row, and change the mark."""
        deleted = super().delete(*args, **kwargs)
        _change()
        return deleted
