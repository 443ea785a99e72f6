"""Reading alerts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Case, Count, Max, Q, Value, When

from hausmeister.alerts.models import Alert, AlertQuerySet
from hausmeister.base.priority import Priority
from hausmeister.pager.models import Page
from hausmeister.team import permissions
from hausmeister.team.models import Person, Source, Team
from hausmeister.team.rules import Capability


def visible_to(person: Person) -> AlertQuerySet:
    """Return the alerts that `person` may see; another team's do not exist for them (S30)."""
    teams = permissions.team_ids(person, Capability.SEE_PAGES)
    return Alert.objects.all() if teams is None else Alert.objects.filter(team_id__in=teams)


def on_page(page: Page, *, most: int = 100) -> list[Alert]:
    """Return the alerts on `page`, oldest first, at most `most`."""
    return list(Alert.objects.filter(page=page).select_related("source").order_by("id")[:most])


def first_on(pages: Iterable[Page]) -> dict[int, Alert]:
    """Return the first alert of each page."""
    found: dict[int, Alert] = {}
    for alert in Alert.objects.filter(page__in=list(pages)).select_related("source").order_by("-id"):
        found[alert.page_id] = alert
    return found


def same_before(alert: Alert, *, most: int = 5) -> list[Alert]:
    """Return earlier alerts with the same key from the same source, newest first."""
    earlier = Alert.objects.filter(source_id=alert.source_id, key=alert.key, id__lt=alert.pk)
    return list(earlier.select_related("page").order_by("-id")[:most])


# ---- the list ----


class Show(StrEnum):
    """Which alerts a list holds. Quiet ones are snoozed, silenced, or soft and waiting for working hours."""

    OPEN = "open"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    QUIET = "quiet"
    CLOSED = "closed"


_ACKED = Q(page__acked_at__isnull=False)
_FIRING = Q(page__acked_at=None, page__snoozed_until=None, page__silenced_until=None, page__waits_for_work=False)
_QUIET = Q(page__acked_at=None) & (
    Q(page__snoozed_until__isnull=False) | Q(page__silenced_until__isnull=False) | Q(page__waits_for_work=True)
)
_STATES = {Show.FIRING: _FIRING, Show.ACKNOWLEDGED: _ACKED, Show.QUIET: _QUIET}


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed to; every part but `show` may be left out."""

    show: Show = Show.OPEN
    team_id: int | None = None
    priority: Priority | None = None
    text: str = ""


def listed(person: Person, wanted: Filter) -> AlertQuerySet:
    """Return the alerts of a list: firing before acknowledged before quiet, P4 before P1, then the oldest.

    Closed ones are listed the newest first, as a history is.
    """
    found = _narrowed(person, wanted)
    if wanted.show is Show.CLOSED:
        return found.filter(closed_at__isnull=False).order_by("-id")
    if wanted.show in _STATES:
        found = found.filter(_STATES[wanted.show])
    place = Case(When(_FIRING, then=Value(0)), When(_ACKED, then=Value(1)), default=Value(2))
    return found.open().annotate(place=place).order_by("place", "-priority", "first_seen_at", "id")


def _narrowed(person: Person, wanted: Filter) -> AlertQuerySet:
    found = visible_to(person)
    if wanted.team_id is not None:
        found = found.filter(team_id=wanted.team_id)
    if wanted.priority is not None:
        found = found.filter(priority=int(wanted.priority))
    if wanted.text:
        likes = Q(title__icontains=wanted.text) | Q(key__icontains=wanted.text) | Q(origin__icontains=wanted.text)
        number = wanted.text.removeprefix("#")
        # longer ones are no numbers of pages, and more than a column holds
        if number.isascii() and number.isdecimal() and len(number) <= 9:
            likes |= Q(page_id=int(number))
        found = found.filter(likes)
    return found


def counts(person: Person, wanted: Filter, *, closed_since: datetime) -> dict[Show, int]:
    """Return how many alerts each list holds under the same narrowing; closed ones since a moment."""
    found = _narrowed(person, wanted)
    states = found.open().aggregate(
        open=Count("id"), **{show.value: Count("id", filter=state) for show, state in _STATES.items()}
    )
    # by the page's own index: there are far more closed alerts than open ones
    closed = found.filter(page__closed_at__gte=closed_since, closed_at__isnull=False).count()
    return {**{show: states[show.value] for show in (Show.OPEN, *_STATES)}, Show.CLOSED: closed}


def last_heard(team: Team) -> dict[int, datetime]:
    """Return when each of the team's sources was last heard, by the source's id; a silent one is left out."""
    found: dict[int, datetime] = {}
    for source_id in Source.objects.filter(team=team).values_list("id", flat=True):
        # the newest alert, and the open one that repeated last: neither reads a source's whole history
        newest = (
            Alert.objects.filter(source_id=source_id).order_by("-id").values_list("last_seen_at", flat=True).first()
        )
        repeated = Alert.objects.open().filter(source_id=source_id).aggregate(at=Max("last_seen_at"))["at"]
        moments = [moment for moment in (newest, repeated) if moment is not None]
        if moments:
            found[source_id] = max(moments)
    return found


def open_pages_of(team: Team, keys: Sequence[str]) -> dict[str, int]:
    """Return the page of each open alert of a team that has one of `keys`, by key."""
    rows = Alert.objects.filter(team=team, key__in=keys, closed_at=None).order_by("id")
    return dict(rows.values_list("key", "page_id"))
