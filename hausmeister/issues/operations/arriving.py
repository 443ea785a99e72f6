"""Webhook calls: each counts once, and one that could not be stored counts not at all."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from hausmeister.issues.models import Delivery

# longer than any tracker keeps trying
KEPT = timedelta(days=30)


@transaction.atomic
def once(tracker: str, key: str, act: Callable[[], bool], *, now: datetime) -> bool | None:
    """Do `act` unless the call named `key` was taken before; return what it says, None for a repetition.

    The call and what it changes are one transaction: after a failure the tracker may send it again.
    """
    try:
        with transaction.atomic():
            Delivery.objects.create(tracker=tracker, key=key[:200], taken_at=now)
    except IntegrityError:
        return None
    return act()


def forget_old(now: datetime) -> int:
    """Remove calls that nobody repeats any more; return how many."""
    old = Delivery.objects.filter(taken_at__lt=now - KEPT)
    # mostly there are none, and asking takes no writer's lock
    return old.delete()[0] if old.exists() else 0
