"""Folders of runbooks: read again when something changed, and kept when they are gone."""

import os

import pytest

from hausmeister.runbooks import operations, queries
from hausmeister.runbooks.models import File, Folder, Section
from hausmeister.runbooks.rules.matching import Alerting, Saying
from tests import builders
from tests.harness import at

LATER = at("2026-11-24 03:00")


@pytest.fixture
def folder(tmp_path, trio):
    made = tmp_path / "books"
    made.mkdir()
    (made / "airflow.md").write_text(
        "# Airflow\n\n## Disk full\n\nEmpty it.\n\n### Action\n\n1. `rm`\n", encoding="utf-8"
    )
    use(trio.team, made)
    operations.read_all(LATER)
    return made


def use(team, *folders, percent: int = 60) -> None:
    named = "".join(f'[[runbooks.folders]]\npath = "{one}"\nweb = "https://git.example.org/books"\n' for one in folders)
    builders.policy_with(team, ("similar_percent = 60", f"similar_percent = {percent}\n{named}"))


def look(team, title: str):
    return queries.look_up(team.pk, Alerting((Saying(title, "title"),)))


def test_a_section_comes_with_all_that_stands_below_it_and_where_it_is(trio, folder):
    found = look(trio.team, "Disk full")
    assert found.first.text == "Empty it.\n\n# Action\n\n1. `rm`"
    assert found.first.is_whole
    assert found.first.place == "airflow.md > Airflow"
    assert found.first.web_url == "https://git.example.org/books/airflow.md#disk-full"


def test_what_changed_is_read_again_and_what_went_is_gone(trio, folder):
    assert operations.read_all(LATER) == 0
    (folder / "airflow.md").write_text("# Airflow\n\n## Disk almost full\n\nMore.\n", encoding="utf-8")
    (folder / "new.markdown").write_text("Lag\n===\nWait.\n", encoding="utf-8")
    assert operations.read_all(LATER) == 2
    assert look(trio.team, "Disk almost full").first.text == "More."
    assert look(trio.team, "Lag").first.text == "Wait."
    (folder / "new.markdown").unlink()
    assert operations.read_all(LATER) == 1
    assert look(trio.team, "Lag") is None


def test_a_file_that_was_only_touched_keeps_its_sections(trio, folder):
    before = list(Section.objects.values_list("id", flat=True))
    os.utime(folder / "airflow.md", ns=(1, 1))
    assert operations.read_all(LATER) == 0
    assert list(Section.objects.values_list("id", flat=True)) == before


@pytest.mark.parametrize("how", ["removed", "emptied", "a file"])
def test_of_a_checkout_that_is_gone_the_last_reading_stays_and_says_so(trio, folder, how):
    (folder / "airflow.md").unlink()
    if how != "emptied":
        folder.rmdir()
    if how == "a file":
        folder.write_text("", encoding="utf-8")
    operations.read_all(LATER)
    found = look(trio.team, "Disk full")
    assert found.first.text.startswith("Empty it.")
    assert str(folder) in found.first.stale
    known = Folder.objects.get()
    operations.read_all(LATER)
    # said once, not at each reading
    assert Folder.objects.get().mark == known.mark
    if how == "a file":
        folder.unlink()
    folder.mkdir(exist_ok=True)
    (folder / "airflow.md").write_text("# Disk full\nAgain.\n", encoding="utf-8")
    operations.read_all(LATER)
    assert look(trio.team, "Disk full").first.stale == ""


def test_a_folder_that_the_policy_names_no_more_is_forgotten(trio, folder):
    builders.policy_with(trio.team)
    operations.read_all(LATER)
    assert not Folder.objects.exists()
    assert look(trio.team, "Disk full") is None


def test_five_megabytes_are_read_and_more_than_fit_keeps_what_was_there(trio, folder):
    big = folder / "airflow.md"
    big.write_text("# Disk full\n" + "word " * 1_000_000, encoding="utf-8")
    operations.read_all(LATER)
    found = look(trio.team, "Disk full").first
    assert (len(found.text) <= queries.SHOWN_MOST, found.is_whole) == (True, False)
    big.write_text("# Other\n" + "word " * 1_700_000, encoding="utf-8")
    operations.read_all(LATER)
    assert File.objects.get().problem == "It has 8500008 bytes; 8000000 are read. Split it."
    assert look(trio.team, "Disk full").first.stale.startswith("It has 8500008 bytes")


def test_nothing_hidden_and_nothing_that_leads_outside_is_read(trio, folder, tmp_path):
    (folder / ".git").mkdir()
    (folder / ".git" / "note.md").write_text("# Secret\n", encoding="utf-8")
    (tmp_path / "outside.md").write_text("# Secret\n", encoding="utf-8")
    (folder / "link.md").symlink_to(tmp_path / "outside.md")
    (folder / "notes.txt").write_text("# Secret\n", encoding="utf-8")
    operations.read_all(LATER)
    assert look(trio.team, "Secret") is None


def test_other_teams_runbooks_say_nothing_here(trio, folder):
    other = builders.trio(slug="payments")
    assert look(other.team, "Disk full") is None
    assert queries.find([other.team], "disk") == []
    assert [one.words for one in queries.find([trio.team], "full DISK")] == ["Disk full"]


def test_a_heading_in_two_files_shows_both_and_is_told(trio, folder):
    (folder / "b.md").write_text("# Disk full\nThe other way.\n", encoding="utf-8")
    operations.read_all(LATER)
    assert [one.place for one in look(trio.team, "Disk full").sections] == ["airflow.md > Airflow", "b.md"]
    assert [[one.file.path for one in group] for group in queries.repeated(trio.team.pk)] == [["airflow.md", "b.md"]]


def test_a_bad_folder_does_not_keep_the_next_from_being_read(trio, folder, tmp_path):
    use(trio.team, tmp_path / "nowhere", folder)
    operations.read_all(LATER)
    assert sorted(bool(one.problem) for one in Folder.objects.all()) == [False, True]
    assert look(trio.team, "Disk full") is not None


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ('[[runbooks.folders]]\npath = "books"\n', "an absolute path"),
        ('[[runbooks.folders]]\npath = "/a"\nweb = "ftp://x"\n', "http:// or https://"),
        ('[[runbooks.folders]]\npath = "/a"\n[[runbooks.folders]]\npath = "/a"\n', "each once"),
    ],
)
def test_a_policy_that_names_no_usable_folder_is_refused(trio, named, says):
    from hausmeister.team.policy.reading import BadPolicy

    with pytest.raises(BadPolicy, match=says):
        builders.policy_with(trio.team, ("similar_percent = 60", f"similar_percent = 60\n{named}"))
