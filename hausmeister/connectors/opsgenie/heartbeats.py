"""Opsgenie's heartbeat calls, for what pings there already: only the address in front changes.

Source: Opsgenie's OpenAPI description of the Heartbeat API. A ping is answered 202 also for a name that nobody knows,
as Opsgenie does; other calls answer 404 then.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from hausmeister.base import clock, log
from hausmeister.connectors.opsgenie.door import Refused, answer, body_of, door
from hausmeister.journal.rules import Actor
from hausmeister.monitoring import queries
from hausmeister.monitoring.models import Heartbeat
from hausmeister.monitoring.operations import heartbeats
from hausmeister.monitoring.operations.heartbeats import HeartbeatRefused, Wanted
from hausmeister.monitoring.rules.heartbeats import Kind, State
from hausmeister.team.models import Team
from hausmeister.team.queries import KeyHolder
from hausmeister.team.rules import Scope

_log = log.get(__name__)

_UNITS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}
NAME_MOST = 200


def _found(holder: KeyHolder, name: str) -> Heartbeat | None:
    return queries.heartbeats(holder.team_id).filter(name=name[:NAME_MOST]).first()


def _known(holder: KeyHolder, name: str) -> Heartbeat:
    found = _found(holder, name)
    if found is None:
        raise Refused(404, f"Heartbeat with name [{name[:NAME_MOST]}] does not exist")
    return found


def _actor(holder: KeyHolder) -> Actor:
    return Actor("source", holder.source_id, holder.source_name)


@door(Scope.HEARTBEAT, "GET", "POST", "PUT", "PATCH")
def ping(_request: HttpRequest, holder: KeyHolder, *, name: str) -> HttpResponse:
    """Take one ping."""
    found = _found(holder, name)
    if found is None:
        _log.warning("opsgenie.unknown_heartbeat", name=name[:NAME_MOST], team=holder.team_id)
    else:
        heartbeats.ping(found, Kind.SUCCESS, now=clock.now())
    return answer(202, result="PONG - Heartbeat received")


@door(Scope.MANAGE, "GET", "POST")
def listed(request: HttpRequest, holder: KeyHolder) -> HttpResponse:
    """List all, or make one."""
    if request.method == "GET":
        found = [_shown(one) for one in queries.heartbeats(holder.team_id)]
        return answer(200, data={"heartbeats": found})
    given = body_of(request)
    missing = [one for one in ("name", "interval", "intervalUnit", "enabled") if given.get(one) in (None, "")]
    if missing:
        raise Refused(422, f"{missing[0]} can not be empty")
    team = Team.objects.get(pk=holder.team_id)
    made = _refusing(lambda: heartbeats.make(team, _wanted(given, None), by=_actor(holder), now=clock.now()))
    if given["enabled"] is False:
        heartbeats.pause(made, by=_actor(holder), now=clock.now())
    return answer(201, data=_short(_known(holder, made.name)))


@door(Scope.MANAGE, "GET", "PATCH", "DELETE")
def one(request: HttpRequest, holder: KeyHolder, *, name: str) -> HttpResponse:
    """Show, change or take out one."""
    found, by, now = _known(holder, name), _actor(holder), clock.now()
    if request.method == "GET":
        return answer(200, data=_shown(found))
    if request.method == "DELETE":
        heartbeats.remove(found, by=by, now=now)
        return answer(200, result="Deleted")
    given = body_of(request)
    _refusing(lambda: heartbeats.change(found, _wanted(given, found), by=by, now=now))
    if isinstance(given.get("enabled"), bool):
        (heartbeats.resume if given["enabled"] else heartbeats.pause)(found, by=by, now=now)
    return answer(200, data=_short(_known(holder, name)))


@door(Scope.MANAGE, "POST")
def enable(_request: HttpRequest, holder: KeyHolder, *, name: str) -> HttpResponse:
    """Watch it again."""
    heartbeats.resume(_known(holder, name), by=_actor(holder), now=clock.now())
    return answer(200, data=_short(_known(holder, name)))


@door(Scope.MANAGE, "POST")
def disable(_request: HttpRequest, holder: KeyHolder, *, name: str) -> HttpResponse:
    """Pause it."""
    heartbeats.pause(_known(holder, name), by=_actor(holder), now=clock.now())
    return answer(200, data=_short(_known(holder, name)))


def _refusing(operation: Callable[[], Any]) -> Any:
    try:
        return operation()
    except HeartbeatRefused as error:
        raise Refused(422, str(error)) from error


def _wanted(given: dict[str, Any], found: Heartbeat | None) -> Wanted:
    """Return what a call asks for; what it leaves out stays as it is in `found`."""
    period = None if found is None or found.period_s is None else timedelta(seconds=found.period_s)
    cron = "" if found is None else found.cron
    if "interval" in given or "intervalUnit" in given:
        unit, number = given.get("intervalUnit", "minutes"), given.get("interval")
        if (
            not isinstance(unit, str)
            or unit not in _UNITS
            or isinstance(number, bool)
            or not isinstance(number, int)
            or not 0 < number <= 10**6
        ):
            raise Refused(422, "interval should be a number from 1, intervalUnit one of [ minutes, hours, days ]")
        period, cron = number * _UNITS[unit], ""
    return Wanted(
        name=found.name if found is not None else str(given["name"]),
        grace=timedelta(0) if found is None else timedelta(seconds=found.grace_s),
        period=period,
        cron=cron,
        zone_name="UTC" if found is None else found.zone_name,
        severity="" if found is None else found.severity,
        what=str(given.get("description") or ("" if found is None else found.what)),
    )


def _short(one: Heartbeat) -> dict[str, Any]:
    return {"name": one.name, "enabled": one.state != State.PAUSED, "expired": one.state == State.DOWN}


def _shown(one: Heartbeat) -> dict[str, Any]:
    period = timedelta(seconds=one.period_s or 0)
    unit = next((name for name in ("days", "hours") if period and not period % _UNITS[name]), "minutes")
    last = "" if one.last_at is None else one.last_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        **_short(one),
        "description": one.what,
        "interval": period // _UNITS[unit],
        "intervalUnit": unit,
        "lastPingTime": last,
        "alertMessage": f"{one.name} is expired",
        "alertTags": [],
        "alertPriority": "P3",
    }


urlpatterns = [
    path("v2/heartbeats", listed, name="opsgenie_heartbeats"),
    path("v2/heartbeats/", listed, name="opsgenie_heartbeats_too"),
    path("v2/heartbeats/<str:name>/ping", ping, name="opsgenie_heartbeat_ping"),
    path("v2/heartbeats/<str:name>/enable", enable, name="opsgenie_heartbeat_enable"),
    path("v2/heartbeats/<str:name>/disable", disable, name="opsgenie_heartbeat_disable"),
    path("v2/heartbeats/<str:name>", one, name="opsgenie_heartbeat"),
]
