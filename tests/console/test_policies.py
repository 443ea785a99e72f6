"""`hausmeister policy`."""

import pytest

from hausmeister.team import queries
from hausmeister.team.models import PolicyVersion
from hausmeister.team.policy import reading

DEFAULT = reading.DEFAULT_FILE.read_text(encoding="utf-8")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "team.toml"


def test_the_policy_that_ships_can_be_used(run):
    told = run("policy", "check", str(reading.DEFAULT_FILE)).output
    assert "can be used: duties Hausmeister, Weekend on-call; ladders hard, soft" in told


def test_everything_that_is_wrong_is_told_with_file_line_key_what_came_and_what_may(run, file):
    broken = DEFAULT.replace("storm_pages = 5 ", "storm_pages = -5").replace(
        'ack_timeout = "1h" ', 'ack_timeout = "1 fortnight"'
    )
    file.write_text(broken)
    told = run("policy", "check", str(file), code=1).output
    assert "2 things are wrong" in told
    for key, came, allowed in (
        ("pager.ack_timeout", "1 fortnight", "from 5m to 7d"),
        ("pager.storm_pages", "-5", "from 0 to 1000"),
    ):
        number = next(place for place, line in enumerate(broken.splitlines(), 1) if came in line)
        told_line = next(line for line in told.splitlines() if key in line)
        assert told_line.startswith(f"{file}, line {number}: {key} is ")
        assert came in told_line
        assert allowed in told_line


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "cannot be read"), (b"\xff\xfe", "not UTF-8"), (b"[duties", "cannot be used"), (b"#" * 300_000, "256 KiB")],
)
def test_a_file_that_is_no_policy_is_told_as_such(run, file, content, says):
    if content is not None:
        file.write_bytes(content)
    assert says in run("policy", "check", str(file), code=1).output


def test_what_is_shown_can_be_applied_and_a_bad_one_is_never_half_applied(world, trio, run, file):
    shown = run("policy", "show").output
    assert shown == DEFAULT
    file.write_text(shown.replace('ack_timeout = "1h"', 'ack_timeout = "2h"'))
    told = run("policy", "apply", str(file)).output
    assert '+ack_timeout = "2h"' in told
    assert "In force for Data Infra as version" in told
    assert run("policy", "show").output == file.read_text()
    before = queries.policy_of(trio.team.pk)
    file.write_text(shown.replace('"1h"', '"1 x"').replace("storm_pages = 5", "storm_pages = 6"))
    assert "stays as it was" in run("policy", "apply", str(file), code=1).output
    assert queries.policy_of(trio.team.pk) == before
    assert PolicyVersion.objects.count() == 1


def test_without_a_file_the_policies_in_force_are_checked(world, trio, run):
    assert "can be used" in run("policy", "check").output
    PolicyVersion.objects.create(team=trio.team, text="[duties", created_at=world.now)
    assert "cannot be used" in run("policy", "check", code=1).output
