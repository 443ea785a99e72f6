"""Alerts over the JSON API, and closing a page together with what set it off."""

from datetime import datetime
from typing import Annotated

from ninja import Query, Router, Schema
from pydantic import Field

from hausmeister.alerts import operations
from hausmeister.alerts.models import Alert, AlertQuerySet
from hausmeister.base import clock
from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import one_line
from hausmeister.pager.api import Body, refusals_told, visible_to_key
from hausmeister.pager.shapes import WholePageOut, whole
from hausmeister.team import operations as team_operations
from hausmeister.team.asking import (
    REFUSALS,
    ApiRequest,
    Before,
    Id,
    Key,
    Limit,
    Named,
    ProblemOut,
    named_person,
    not_found,
)
from hausmeister.team.queries import KeyHolder
from hausmeister.team.rules import Scope, covers

router = Router(tags=["alerts"])


class LinkOut(Schema):
    """A link that the sender gave."""

    href: str
    text: str


class AlertOut(Schema):
    """What a source said is wrong, however often. Whether somebody works on it is its page's to say."""

    alert: int
    page: int
    key: str
    title: str
    text: str
    priority: str
    hard: bool
    severity: str
    source: str
    origin: str
    labels: dict[str, object]
    links: list[LinkOut]
    details: dict[str, object]
    count: int
    first_seen_at: datetime
    last_seen_at: datetime
    closed_at: datetime | None
    close_reason: str

    @staticmethod
    def of(one: Alert) -> "AlertOut":
        """Return `one` as the API words it."""
        return AlertOut(
            alert=one.pk,
            page=one.page_id,
            key=one.key,
            title=one.title,
            text=one.text,
            priority=Priority(one.priority).name,
            hard=one.is_hard,
            severity=one.severity,
            source=one.source.name,
            origin=one.origin,
            labels=one.labels,
            links=[LinkOut(**link) for link in one.links],
            details=one.details,
            count=one.count,
            first_seen_at=one.first_seen_at,
            last_seen_at=one.last_seen_at,
            closed_at=one.closed_at,
            close_reason=one.close_reason,
        )


class AlertsOut(Schema):
    """Alerts, the newest first. `next` goes into `before` for the next lot; null at the end."""

    items: list[AlertOut]
    next: int | None


class CloseIn(Body):
    """Why the page is over."""

    reason: str = Field("", max_length=200)


def alerts_visible_to_key(holder: KeyHolder) -> AlertQuerySet:
    """Return the alerts that a key may see: those of its source, with alerts:all those of its team (S7)."""
    found = Alert.objects.filter(team_id=holder.team_id).select_related("source")
    return found if covers(holder.scopes, Scope.ALERTS_ALL) else found.filter(source_id=holder.source_id)


@router.get("/alerts", auth=Key(Scope.READ), response={200: AlertsOut, REFUSALS: ProblemOut}, summary="Alerts")
def alerts(
    request: ApiRequest,
    is_open: Annotated[bool | None, Query(alias="open", description="Only open ones, or only closed ones.")] = None,
    before: Before = None,
    limit: Limit = 50,
) -> AlertsOut:
    """Alerts that the key may see, the newest first."""
    found = alerts_visible_to_key(request.auth).order_by("-id")
    if is_open is not None:
        found = found.filter(closed_at__isnull=is_open)
    if before is not None:
        found = found.filter(id__lt=before)
    rows = list(found[: limit + 1])
    return AlertsOut(
        items=[AlertOut.of(one) for one in rows[:limit]],
        next=rows[limit - 1].pk if len(rows) > limit else None,
    )


@router.get("/alerts/{alert_id}", auth=Key(Scope.READ), response={200: AlertOut, REFUSALS: ProblemOut})
def alert(request: ApiRequest, alert_id: Id) -> AlertOut:
    """One alert."""
    found = alerts_visible_to_key(request.auth).filter(pk=alert_id).first()
    if found is None:
        raise not_found("alert")
    return AlertOut.of(found)


@router.post(
    "/pages/{page_id}/close",
    auth=Key(Scope.MANAGE),
    response={200: WholePageOut, 409: ProblemOut, REFUSALS: ProblemOut},
    tags=["pages"],
)
def close(request: ApiRequest, page_id: Id, named: Named, asked: CloseIn | None = None) -> WholePageOut:
    """End the page and every alert on it, which frees their keys."""
    pages = visible_to_key(request.auth)
    if not pages.filter(pk=page_id).exists():
        raise not_found("page")
    by, now = named_person(request.auth, named), clock.now()
    reason = one_line(asked.reason, 200) if asked and asked.reason.strip() else f"closed by {by.name}"
    with refusals_told():
        operations.close_page(
            page_id, by=team_operations.as_actor(by), person=by, reason=reason, now=now,
            via=f"the key {request.auth.name}",
        )  # fmt: skip
    return whole(pages.get(pk=page_id), now=now)
