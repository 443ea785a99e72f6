"""In whose clocks a screen writes times: the viewer's, or those of the zone that the address names."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import zone_named
from hausmeister.web.access import Request

LONGEST = 60
UTC = "UTC"


@dataclass(frozen=True)
class Clocks:
    """The zone of a screen; `unknown` is a name that was asked for and is none."""

    zone: ZoneInfo
    is_own: bool
    unknown: str = ""


def asked(request: Request) -> Clocks:
    """Return the zone that `?zone=` names, else the viewer's own."""
    own, text = request.user.zone, request.GET.get("zone", "").strip()[:LONGEST]
    if not text:
        return Clocks(own, is_own=True)
    try:
        zone = zone_named(text)
    except ValueError:
        return Clocks(own, is_own=True, unknown=text)
    return Clocks(zone, is_own=zone.key == own.key)


def offered(*names: str) -> list[str]:
    """Return the zones to choose from, each once, by name, and UTC."""
    return [*sorted(set(names) - {UTC}), UTC]
