"""Opsgenie's heartbeat calls, for what pings there already: only the address in front changes.

Source: Opsgenie's OpenAPI description of the Heartbeat API. A ping is answered 202 also for a name that nobody knows,
as Opsgenie does; other calls answer 404 then.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from hausmeister.base import chance, clock, log
from hausmeister.journal.rules import Actor
from hausmeister.monitoring import queries
from hausmeister.monitoring.models import Heartbeat
from hausmeister.monitoring.operations import heartbeats
from hausmeister.monitoring.operations.heartbeats import HeartbeatRefused, Wanted
from hausmeister.monitoring.rules.heartbeats import Kind, State
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team
from hausmeister.team.queries import KeyHolder
from hausmeister.team.rules import Capability, Scope, covers

_log = log.get(__name__)

_UNITS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}
NAME_MOST = 200


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _door(scope: Scope, *methods: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Open a call to keys with `scope`, and word every answer as Opsgenie does."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        def guarded(request: HttpRequest, **more: Any) -> HttpResponse:
            try:
                holder = _holder(request, scope)
                if request.method not in methods:
                    raise _Refused(405, "Method not allowed")
                return view(request, holder, **more)
            except _Refused as refused:
                return _answer(refused.status, message=str(refused))
            except DatabaseError as error:
                _log.error("opsgenie.heartbeat_not_stored", error=type(error).__name__)
                return _answer(503, message="It could not be stored; send it again.")

        guarded.capability = Capability.PUBLIC  # type: ignore[attr-defined]  # the key is asked for here
        return guarded

    return decorate


def _holder(request: HttpRequest, scope: Scope) -> KeyHolder:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "geniekey":
        key = request.GET.get("apiKey", "")
    holder = team_queries.key_holder(key.strip(), now=clock.now()) if key.strip() else None
    if holder is None:
        raise _Refused(401, "Could not authenticate")
    if not covers(holder.scopes, scope):
        raise _Refused(403, f"This key lacks the scope {scope.value}.")
    return holder


def _answer(status: int, **told: Any) -> JsonResponse:
    return JsonResponse({**told, "took": 0.0, "requestId": chance.uuid()}, status=status)


def _found(holder: KeyHolder, name: str) -> Heartbeat | None:
    return queries.heartbeats(holder.team_id).filter(name=name[:NAME_MOST]).first()


def _known(holder: KeyHolder, name: str) -> Heartbeat:
    found = _found(holder, name)
    if found is None:
        raise _Refused(404, f"Heartbeat with name [{name[:NAME_MOST]}] does not exist")
    return found


def _actor(holder: KeyHolder) -> Actor:
    return Actor("source", holder.source_id, holder.source_name)


@_door(Scope.HEARTBEAT, "GET", "POST", "PUT", "PATCH")
def ping(_request: HttpRequest, holder: KeyHolder, *, name: str) -> HttpResponse:
    """Take one ping."""
    found = _found(holder, name)
    if found is None:
        _log.warning("opsgenie.unknown_heartbeat", name=name[:NAME_MOST], team=holder.team_id)
    else:
        heartbeats.ping(found, Kind.SUCCESS, now=clock.now())
    return _answer(202, result="PONG - Heartbeat received")


@_door(Scope.MANAGE, "GET", "POST")
def listed(request: HttpRequest, holder: KeyHolder) -> HttpResponse:
    """List all, or make one."""
    if request.method == "GET":
        found = [_shown(one) for one in queries.heartbeats(holder.team_id)]
        return _answer(200, data={"heartbeats": found})
    given = _body(request)
    missing = [one for one in ("name", "interval", "intervalUnit", "enabled") if given.get(one) in (None, "")]
    if missing:
        raise _Refused(422, f"{missing[0]} can not be empty")
    team = Team.objects.get(pk=holder.team_id)
    made = _refusing(lambda: heartbeats.make(team, _wanted(given, None), by=_actor(holder), now=clock.now()))
    if given["enabled"] is False:
        heartbeats.pause(made, by=_actor(holder), now=clock.now())
    return _answer(201, data=_short(_known(holder, made.name)))


@_door(Scope.MANAGE, "GET", "PATCH", "DELETE")
def one(request: HttpRequest, holder: KeyHolder, *, name: str) -> HttpResponse:
    """Show, change or take out one."""
    found, by, now = _known(holder, name), _actor(holder), clock.now()
    if request.method == "GET":
        return _answer(200, data=_shown(found))
    if request.method == "DELETE":
        heartbeats.remove(found, by=by, now=now)
        return _answer(200, result="Deleted")
    given = _body(request)
    _refusing(lambda: heartbeats.change(found, _wanted(given, found), by=by, now=now))
    if isinstance(given.get("enabled"), bool):
        (heartbeats.resume if given["enabled"] else heartbeats.pause)(found, by=by, now=now)
    return _answer(200, data=_short(_known(holder, name)))


@_door(Scope.MANAGE, "POST")
def enable(_request: HttpRequest, holder: KeyHolder, *, name: str) -> HttpResponse:
    """Watch it again."""
    heartbeats.resume(_known(holder, name), by=_actor(holder), now=clock.now())
    return _answer(200, data=_short(_known(holder, name)))


@_door(Scope.MANAGE, "POST")
def disable(_request: HttpRequest, holder: KeyHolder, *, name: str) -> HttpResponse:
    """Pause it."""
    heartbeats.pause(_known(holder, name), by=_actor(holder), now=clock.now())
    return _answer(200, data=_short(_known(holder, name)))


def _refusing(operation: Callable[[], Any]) -> Any:
    try:
        return operation()
    except HeartbeatRefused as error:
        raise _Refused(422, str(error)) from error


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        given = msgspec.json.decode(request.body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _Refused(422, "Request body is not processable. Please check the errors.") from error
    if not isinstance(given, dict):
        raise _Refused(422, "Request body is not processable. Please check the errors.")
    return given


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
            raise _Refused(422, "interval should be a number from 1, intervalUnit one of [ minutes, hours, days ]")
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
