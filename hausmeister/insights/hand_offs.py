"""Hand-offs accepted in time: how many duties changed hands, and what became of each."""

from datetime import datetime

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from hausmeister.handoff.models import Handoff
from hausmeister.insights.figures import Figure
from hausmeister.team.models import Team

NAME = "hand-offs"


def figure(team: Team, starts_at: datetime, ends_at: datetime) -> Figure | None:
    """Return how the hand-offs of the span were accepted, None where no duty changed hands in it. One query."""
    moved = Handoff.objects.standing().filter(team=team, moved_at__isnull=False, at__gte=starts_at, at__lt=ends_at)
    in_time = Q(accepted_at__isnull=False, raise_at__isnull=True) | Q(accepted_at__lte=F("raise_at"))
    found = moved.exclude(outgoing=F("incoming"), outgoing__isnull=False).aggregate(
        all=Count("pk"),
        in_time=Count("pk", filter=in_time),
        accepted=Count("pk", filter=Q(accepted_at__isnull=False)),
        overtaken=Count("pk", filter=Q(accepted_at=None, overtaken_at__isnull=False)),
    )
    if not found["all"]:
        return None
    open_still = found["all"] - found["accepted"] - found["overtaken"]
    rows = (
        (_("accepted in time"), found["in_time"]),
        (_("accepted late"), found["accepted"] - found["in_time"]),
        (_("not accepted, overtaken by the next"), found["overtaken"]),
        (_("not accepted"), open_still),
    )
    return Figure(NAME, _("Hand-offs"), (_("How"), _("Hand-offs")), rows)
