"""The policy's table about looking ahead: left out it is as by default, and what is wrong is told with its line."""

from datetime import timedelta

import pytest

from hausmeister.team.policy import reading
from hausmeister.team.policy.reading import BadPolicy
from hausmeister.team.policy.shape import ForesightRule

DEFAULT = reading.DEFAULT_FILE.read_text(encoding="utf-8")
BEGINS = DEFAULT.index("[foresight]")
TABLE = DEFAULT[BEGINS : DEFAULT.index("# ----", BEGINS)]


def test_a_policy_from_before_the_table_was_there_is_as_the_one_that_ships():
    assert reading.read(DEFAULT.replace(TABLE, ""), file="old").foresight == ForesightRule()
    assert reading.read(DEFAULT, file="new").foresight == ForesightRule()


def test_single_keys_may_be_left_out_and_notices_switched_off():
    given = reading.read(DEFAULT.replace(TABLE, '[foresight]\nweeks = 4\nnotice_before_end = "0h"\n\n'), file="some")
    assert given.foresight == ForesightRule(weeks=4, notice_before_end=timedelta(0))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("weeks = 0 ", "weeks = 200", "foresight.weeks is 200; it must be a whole number from 0 to 104."),
        ('test_counts_for = "60d"', 'test_counts_for = "long"', "foresight.test_counts_for is 'long'; it must be"),
        ('test_page_before = "24h"', "test_page_before = 24", "foresight.test_page_before is 24; it must be"),
        (
            'unconfirmed_before = "4h"', 'unconfirmed_before = "2d"',
            "foresight.unconfirmed_before is no shorter than test_page_before; it must be a shorter time than",
        ),
        ('notice_before_end = "1h"', 'notice_befor_end = "1h"', "foresight.notice_befor_end is unknown; it must be"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_file_line_and_key(old, new, says):
    text = DEFAULT.replace(old, new, 1)
    with pytest.raises(BadPolicy) as told:
        reading.read(text, file="team.toml")
    line = next(number for number, one in enumerate(text.splitlines(), 1) if new in one)
    assert str(told.value).startswith(f"team.toml, line {line}: {says}")
