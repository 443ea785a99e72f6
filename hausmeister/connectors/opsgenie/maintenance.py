"""Opsgenie's maintenance calls, for clients that begin with one and scripts that make them before a deployment.

Source: Opsgenie's OpenAPI description of the Maintenance API. A maintenance is a silence over sources: what Opsgenie
calls an integration is a source here, named by its number or its name. Like every silence it has an end and leaves P4
alone; what our rules cannot say is refused with the reason.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from hausmeister.alerts.silences import operations
from hausmeister.alerts.silences.models import Silence
from hausmeister.alerts.silences.operations import SilenceChanged, SilenceIsOver, SilenceTooWide, Wanted, Who
from hausmeister.alerts.silences.rules import Condition, Facts, Field, How, Kind, Rule, SilenceRefused, Standing, fits
from hausmeister.base import clock
from hausmeister.base.priority import Priority
from hausmeister.connectors.opsgenie.door import Refused, answer, body_of, check, door
from hausmeister.journal.rules import Actor
from hausmeister.team.models import Source, Team
from hausmeister.team.queries import KeyHolder
from hausmeister.team.rules import Scope

_LENGTHS = {
    "for-5-minutes": timedelta(minutes=5),
    "for-30-minutes": timedelta(minutes=30),
    "for-1-hour": timedelta(hours=1),
}
_TYPES = ("all", "past", "non-expired")
LISTED_MOST = 100
NUMBER_MOST = 18


def _who(holder: KeyHolder) -> Who:
    return Who(Actor("source", holder.source_id, holder.source_name))


def _found(holder: KeyHolder, number: str) -> Silence:
    is_number = number.isascii() and number.isdecimal() and len(number) <= NUMBER_MOST
    found = Silence.objects.filter(team_id=holder.team_id, pk=int(number)).first() if is_number else None
    if found is None:
        raise Refused(404, f"Maintenance with id [{number[:60]}] does not exist")
    return found


@door(Scope.READ, "GET", "POST")
def listed(request: HttpRequest, holder: KeyHolder) -> HttpResponse:
    """List them, or make one."""
    if request.method == "POST":
        check(holder, Scope.MANAGE)
        return _make(request, holder)
    kind, now = request.GET.get("type") or "all", clock.now()
    if kind not in _TYPES:
        raise Refused(422, f"type should be one of [ {', '.join(_TYPES)} ]")
    found = Silence.objects.filter(team_id=holder.team_id)
    found = {"all": found.order_by("-id"), "past": found.over(now), "non-expired": found.ahead(now)}[kind]
    return answer(200, data=[_short(one, now) for one in found[:LISTED_MOST]])


def _make(request: HttpRequest, holder: KeyHolder) -> HttpResponse:
    team, now, given = Team.objects.get(pk=holder.team_id), clock.now(), body_of(request)
    wanted = _wanted(given, team, now)
    made = _refusing(
        lambda: operations.make(team, wanted, by=_who(holder), now=now, is_meant=True, kind=Kind.MAINTENANCE)
    )
    return answer(201, result="Created", data=_short(made, now))


@door(Scope.READ, "GET", "PUT", "DELETE")
def one(request: HttpRequest, holder: KeyHolder, *, number: str) -> HttpResponse:
    """Show, change or end one."""
    found, now = _found(holder, number), clock.now()
    if request.method == "GET":
        return answer(200, data={**_short(found, now), "rules": _rules(found)})
    check(holder, Scope.MANAGE)
    if request.method == "DELETE":
        if found.standing(now) is not Standing.OVER:
            _refusing(lambda: operations.end(found.pk, by=_who(holder), now=now))
        return answer(200, result="Deleted")
    wanted = _wanted(body_of(request), found.team, now)
    changed = _refusing(
        lambda: operations.change(found.pk, wanted, version=None, by=_who(holder), now=now, is_meant=True)
    )
    return answer(200, result="Updated", data=_short(changed, now))


@door(Scope.MANAGE, "POST")
def cancel(_request: HttpRequest, holder: KeyHolder, *, number: str) -> HttpResponse:
    """End it now, or call it off."""
    found, now = _found(holder, number), clock.now()
    _refusing(lambda: operations.end(found.pk, by=_who(holder), now=now))
    return answer(200, result="Cancelled")


@door(Scope.MANAGE, "POST")
def change_end_date(request: HttpRequest, holder: KeyHolder, *, number: str) -> HttpResponse:
    """Let it end at another time."""
    found, now = _found(holder, number), clock.now()
    ends_at = _date(body_of(request), "endDate")
    changed = _refusing(lambda: operations.move_end(found.pk, ends_at, by=_who(holder), now=now))
    return answer(200, result="Updated", data=_short(changed, now))


def _refusing(operation: Callable[[], Silence]) -> Silence:
    try:
        return operation()
    except (SilenceRefused, SilenceTooWide) as error:
        raise Refused(422, str(error)) from error
    except (SilenceIsOver, SilenceChanged) as error:
        raise Refused(422, f"Maintenance is not active or planned. {error}") from error


def _wanted(given: dict[str, Any], team: Team, now: datetime) -> Wanted:
    """Return what a call asks for. Raises Refused for what our rules cannot say."""
    span = given.get("time")
    if not isinstance(span, dict):
        raise Refused(422, "time can not be empty")
    starts_at, ends_at = _span(span, now)
    reason = given.get("description")
    reason = reason if isinstance(reason, str) and reason.strip() else "maintenance, by Opsgenie's call"
    return Wanted((_condition(given.get("rules"), team),), ends_at, reason, starts_at)


def _span(span: dict[str, Any], now: datetime) -> tuple[datetime | None, datetime]:
    kind = span.get("type")
    if isinstance(kind, str) and kind in _LENGTHS:
        return None, now + _LENGTHS[kind]
    if kind == "indefinitely":
        raise Refused(422, "time.type indefinitely is not served: every silence has an end. Use schedule.")
    if kind != "schedule":
        raise Refused(422, f"time.type should be one of [ {', '.join([*_LENGTHS, 'schedule'])} ]")
    return _date(span, "startDate") if span.get("startDate") else None, _date(span, "endDate")


def _date(given: dict[str, Any], name: str) -> datetime:
    value = given.get(name)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        moment = moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise Refused(422, f"{name} should be a date with its offset, such as 2026-11-27T22:00:00Z")
    return moment


def _condition(rules: Any, team: Team) -> Condition:
    """Return the condition that holds for the sources that `rules` switch off."""
    if not isinstance(rules, list) or not rules or len(rules) > 20:
        raise Refused(422, "rules should be a list of 1 to 20 rules")
    names = sorted({_source(rule, team).name for rule in rules})
    if len(names) == 1:
        return Condition(Field.SOURCE, How.IS, names[0])
    pattern = "^(" + "|".join(_escaped(name) for name in names) + ")$"
    if len(pattern) > 200:
        raise Refused(422, "rules name too many integrations for one maintenance; make several")
    return Condition(Field.SOURCE, How.MATCHES, pattern)


def _escaped(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in " _" else f"\\{letter}" for letter in name)


def _source(rule: Any, team: Team) -> Source:
    entity = rule.get("entity") if isinstance(rule, dict) else None
    if not isinstance(entity, dict) or entity.get("type") != "integration":
        raise Refused(422, "rules.entity.type should be integration: what is silenced here are sources")
    if rule.get("state") not in (None, "disabled"):
        raise Refused(422, "rules.state should be disabled")
    asked = str(entity.get("id") or "")
    sources = list(Source.objects.filter(team=team).order_by("id"))
    found = next((one for one in sources if asked in {str(one.pk), one.name}), None)
    if found is None:
        raise Refused(422, f"rules.entity.id: there is no integration [{asked[:60]}]; it is a source's number or name")
    return found


def _rules(one: Silence) -> list[dict[str, Any]]:
    """Return the sources that a silence covers, where it looks at sources alone; else none."""
    if any(condition.field != Field.SOURCE for condition in one.asked):
        return []
    rule = Rule(one.pk, one.starts_at, one.ends_at, one.asked, covers_p4=True)
    return [
        {"state": "disabled", "entity": {"id": str(source.pk), "type": "integration"}}
        for source in Source.objects.filter(team_id=one.team_id).order_by("id")
        if fits(rule, Facts(source.name, "", Priority.P1))
    ]


def _short(one: Silence, now: datetime) -> dict[str, Any]:
    standing = one.standing(now)
    status = "cancelled" if one.ended_at is not None else {Standing.OVER: "past"}.get(standing, standing.value)
    return {
        "id": str(one.pk),
        "status": status,
        "time": {"type": "schedule", "startDate": _told(one.starts_at), "endDate": _told(one.over_at)},
        "description": one.reason,
    }


def _told(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


urlpatterns = [
    path("v1/maintenance", listed, name="opsgenie_maintenances"),
    path("v1/maintenance/", listed, name="opsgenie_maintenances_too"),
    path("v1/maintenance/<str:number>/cancel", cancel, name="opsgenie_maintenance_cancel"),
    path("v1/maintenance/<str:number>/change-end-date", change_end_date, name="opsgenie_maintenance_end"),
    path("v1/maintenance/<str:number>", one, name="opsgenie_maintenance"),
]
