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


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ('title = "Hausmeister"', 'title = "Haus\\u0000meister"', "duties.hausmeister.title", "control characters"),
        ('backstop_title = "Backstop"', 'backstop_title = "Back\\u001bstop"', "rota.backstop_title", "control"),
        ("[ladders.soft]", '[ladders."so\\u0000ft"]', "ladders", "control characters"),
        ("[ladders.soft]", f"[ladders.{'x' * 41}]", f"ladders.{'x' * 41}", "a name of at most 40"),
        ('ack_timeout = "1h"', f'ack_timeout = "{"9" * 30}d"', "pager.ack_timeout", "from 5m to 7d"),
        ('ack_timeout = "1h"', f'ack_timeout = "{"9" * 5000}d"', "pager.ack_timeout", "from 5m to 7d"),
    ],
)
def test_what_no_page_could_be_stored_with_is_refused_before_it_is_in_force(run, file, old, new, key, says):
    """PostgreSQL refuses NUL and over-long names: each alert of the team would be answered 503, for ever."""
    assert old in DEFAULT
    file.write_text(DEFAULT.replace(old, new))
    told = run("policy", "check", str(file), code=1).output
    line = next(one for one in told.splitlines() if f": {key} is " in one and says in one)
    assert line.startswith(f"{file}, line ")


_ODD = ["", "-1", "nan", "1e400", "[[]]", "{}", "2026-02-30", "'''a", '"\\ud800"', "99999999999999999999999", "true"]


def problems_of(text: str) -> list[object]:
    """Return what is wrong with a policy; anything but a problem of the file is raised."""
    try:
        reading.read(text, file="team.toml")
    except reading.BadPolicy as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize("place", range(0, 200, 9))
def test_a_line_that_is_spoilt_in_any_way_is_a_problem_of_the_file_and_never_of_the_program(place):
    lines = DEFAULT.splitlines()
    for number, line in enumerate(lines[place : place + 9], start=place):
        key, equals, _value = line.partition("=")
        spoilt = [f"{key}= {odd}" for odd in _ODD] if equals and not line.startswith("#") else []
        for other in (*spoilt, line[: len(line) // 2], line + line, "\x00" + line, "[" * 500):
            text = "\n".join([*lines[:number], other, *lines[number + 1 :]])
            assert all(str(one).startswith("team.toml, line ") for one in problems_of(text))


def test_a_policy_from_before_the_planner_keeps_working(run, file):
    old = "".join(
        line for line in DEFAULT.splitlines(keepends=True)
        if not line.startswith(("frozen_w", "ideal_w", "long_leave_d", "swap_h", "cover_alarm_h", "backlog_w"))
    )  # fmt: skip
    file.write_text(old)
    assert "can be used" in run("policy", "check", str(file)).output
    rule = reading.read(old, file="old").rota
    assert (rule.frozen_weeks, rule.ideal_weeks_between, rule.long_leave_days) == (2, 3, 28)
    assert (rule.swap_hours, rule.cover_alarm_hours, rule.backlog_week) == (72, 24, False)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("frozen_weeks = 2 ", "frozen_weeks = 14 ", "a whole number from 0 to 12"),
        ("weeks_ahead = 13 ", "weeks_ahead = 2 \nx", "unknown"),
        ("ideal_weeks_between = 3 ", 'ideal_weeks_between = "3" ', "a whole number from 0 to 52"),
        ("long_leave_days = 28 ", "long_leave_days = 3 ", "a whole number from 7 to 366"),
    ],
)
def test_the_keys_of_planning_are_checked(run, file, old, new, says):
    assert old in DEFAULT
    file.write_text(DEFAULT.replace(old, new.replace("\nx", "\nx = 1 ")))
    assert says in run("policy", "check", str(file), code=1).output


def test_no_more_weeks_are_frozen_than_published(run, file):
    file.write_text(
        DEFAULT.replace("weeks_ahead = 13 ", "weeks_ahead = 2 ").replace("frozen_weeks = 2 ", "frozen_weeks = 4 ")
    )
    assert "at most weeks_ahead, 2" in run("policy", "check", str(file), code=1).output
