"""Where the pages find the shards: the station of this process, which the start of the program makes known here."""

from hausmeister.monitoring.station import Station

_stations: list[Station] = []


def provide(station: Station) -> None:
    """Let the pages of this process read `station`."""
    _stations[:] = [station]


def withdraw() -> None:
    """Let the pages read none: the station ends."""
    _stations.clear()


def station() -> Station | None:
    """Return this process's station, None where no events come to."""
    return _stations[0] if _stations else None
