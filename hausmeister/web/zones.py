"""In whose clocks a screen writes times: the viewer's, or those of the zone that the address names."""

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import zone_named
from hausmeister.web.access import Request

LONGEST = 60
UTC = "UTC"


@dataclass(frozen=True)
class Clocks:
    """The zone of a screen; `unknown` is a name that was asked for and is none, `offered` are names to choose from."""

    zone: ZoneInfo
    is_own: bool
    unknown: str = ""
    offered: tuple[str, ...] = ()


def asked(request: Request, *, near: Iterable[str] = ()) -> Clocks:
    """Return the zone that `?zone=` names, else the viewer's own; `near` are the zones of the people shown."""
    own, text = request.user.zone, request.GET.get("zone", "").strip()[:LONGEST]
    offered = (*sorted({own.key, *near} - {UTC}), UTC)
    if not text:
        return Clocks(own, is_own=True, offered=offered)
    try:
        zone = zone_named(text)
    except ValueError:
        return Clocks(own, is_own=True, unknown=text, offered=offered)
    return Clocks(zone, is_own=zone.key == own.key, offered=offered)
