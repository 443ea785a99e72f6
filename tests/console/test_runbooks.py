"""`hausmeister runbook`: a folder is looked at before alerts do."""

import json

import pytest

from tests.runbooks import oncall
from tests.runbooks.test_reading import use

TITLE = "Dataset built with 0 rows"


@pytest.fixture
def books(tmp_path):
    (tmp_path / "oncall.md").write_text(oncall.text(), encoding="utf-8")
    return tmp_path


def test_a_folder_is_checked_and_open_alerts_say_what_they_would_find(world, trio, books, run):
    world.fire("DATASET built with 7 rows", severity="warning")
    world.fire("Lamp is broken", severity="warning")
    told = run("runbook", "check", str(books)).output
    assert "1 files, 22 headings." in told
    assert "normalised  DATASET built with 7 rows" in told
    assert "no section" in told


def test_what_must_be_mended_is_told_and_gives_exit_code_1(world, trio, books, run):
    (books / "b.md").write_text(f"# {TITLE}\n```\n", encoding="utf-8")
    told = run("runbook", "check", str(books), code=1).output
    assert f"Twice: {TITLE!r} stands in b.md:1, oncall.md:" in told
    assert "is never closed" in told
    found = json.loads(run("runbook", "check", str(books), "--json", code=1).stdout)
    assert [one["file"] for one in found["repeated"][0]] == ["b.md", "oncall.md"]


def test_an_empty_folder_is_no_runbook(world, trio, tmp_path, run):
    assert "holds no Markdown file" in run("runbook", "check", str(tmp_path), code=1).output


def test_the_folders_of_the_policy_are_read_at_once_and_what_is_missing_is_listed(world, trio, books, run):
    assert "names no folder" in run("runbook", "read").output
    use(trio.team, books)
    assert "1 files had changed" in run("runbook", "read").output
    assert "Every alert has a section." in run("runbook", "missing").output
    world.fire("Lamp is broken", severity="warning")
    assert "1 times" in run("runbook", "missing").output
    use(trio.team, books / "gone")
    assert "is not there" in run("runbook", "read", code=1).output
