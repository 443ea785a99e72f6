"""Reading alerts."""

from collections.abc import Iterable

from hausmeister.alerts.models import Alert, AlertQuerySet
from hausmeister.pager.models import Page
from hausmeister.team import permissions
from hausmeister.team.models import Person
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
