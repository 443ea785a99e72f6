"""The pager's look at itself: an engine's sign of life, and pages that ought to have moved."""

from datetime import datetime

from django.db import transaction

from hausmeister.pager.models import Beat


@transaction.atomic
def beat(node: str, *, now: datetime) -> None:
    """Record that `node` finished a whole tick."""
    Beat.objects.update_or_create(node=node, defaults={"ticked_at": now})
