"""Moments as people write them."""

from zoneinfo import ZoneInfo

import pytest

from hausmeister.base.moments import NoMoment, read_moment
from tests.harness import at

BERLIN = ZoneInfo("Europe/Berlin")
# a Tuesday, 03:00 in Berlin
NOW = at("2026-11-24 02:00")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("now", "2026-11-24 02:00"),
        ("", "2026-11-24 02:00"),
        ("18:00", "2026-11-24 17:00"),
        ("2:30", "2026-11-25 01:30"),
        ("9", "2026-11-24 08:00"),
        ("fri 18:00", "2026-11-27 17:00"),
        ("Friday 18:00", "2026-11-27 17:00"),
        ("tue 18:00", "2026-11-24 17:00"),
        ("tue 2:59", "2026-12-01 01:59"),
        ("tomorrow 9:00", "2026-11-25 08:00"),
        ("in 3h", "2026-11-24 05:00"),
        ("in 1d 30m", "2026-11-25 02:30"),
        ("2026-11-27 18:00", "2026-11-27 17:00"),
        ("2026-11-27", "2026-11-26 23:00"),
        ("2026-11-27T18:00:00Z", "2026-11-27 18:00"),
        ("2026-11-27T18:00-03:00", "2026-11-27 21:00"),
        # the plus of an offset, decoded as a blank on its way through an address
        ("2026-11-27T18:00:00 01:00", "2026-11-27 17:00"),
        # the hour that the spring change skips is the instant of the change
        ("2027-03-28 02:30", "2027-03-28 01:00"),
    ],
)
def test_a_moment_is_read_on_the_clocks_of_the_zone(text, utc):
    assert read_moment(text, now=NOW, zone=BERLIN) == at(utc)


@pytest.mark.parametrize(
    "text",
    ["soon", "fr 18:00", "25:00", "fri", "9999-01-01", "0001-01-01", "in 3", "today 2:00", "2026-13-01", "x" * 500],
)
def test_what_names_no_moment_is_refused_with_examples(text):
    with pytest.raises(NoMoment, match=r"fri 18:00"):
        read_moment(text, now=NOW, zone=BERLIN)
