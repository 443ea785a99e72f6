"""Public holidays, from the maintained package `holidays`; a plan keeps a copy of what it was given."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache


class NoSuchCalendar(Exception):
    """There are no public holidays known under these codes; the text says what is allowed."""


@lru_cache(maxsize=1)
def _supported() -> dict[str, list[str]]:
    import holidays  # a quarter of the time that a command takes to start; few need it

    return holidays.list_supported_countries(include_aliases=False)


def countries() -> list[str]:
    """Return the codes of the countries whose public holidays are known."""
    return sorted(_supported())


def codes(country: str, subdivision: str) -> tuple[str, str]:
    """Return both codes as they are written; "" is none. Raises NoSuchCalendar when no holidays are known for them."""
    if not country:
        if subdivision:
            raise NoSuchCalendar(f"The region {subdivision} needs its country, such as DE.")
        return "", ""
    if country.upper() not in _supported():
        raise NoSuchCalendar(f"{country!r} is no country whose public holidays are known; write two letters, as in DE.")
    known = {one.lower(): one for one in _supported()[country.upper()]}
    if subdivision and subdivision.lower() not in known:
        regions = ", ".join(known.values()) or "none"
        raise NoSuchCalendar(
            f"{subdivision!r} is no region of {country} with holidays of its own; there are: {regions}."
        )
    return country.upper(), known[subdivision.lower()] if subdivision else ""


@lru_cache(maxsize=256)
def _of_year(country: str, subdivision: str, year: int) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))


def between(country: str, subdivision: str, years: Iterable[int]) -> frozenset[date]:
    """Return the public holidays of these years; none for no country."""
    if not country:
        return frozenset()
    return frozenset().union(*(_of_year(country, subdivision, year) for year in years))
