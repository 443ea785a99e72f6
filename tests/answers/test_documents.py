"""Documents: a folder of Markdown becomes cards and follows what changes in it."""

import os

import pytest

from hausmeister.answers import operations, queries
from hausmeister.answers.models import Card, Source
from hausmeister.answers.rules.documents import sections
from tests.answers.test_cards import in_step
from tests.builders import CONSOLE
from tests.harness import at

LATER = at("2026-11-24 03:00")
GUIDE = """---
title: x
---
# Warehouse

Everything about the warehouse and its tables.

## Restoring a dropped table

UNDROP TABLE brings it back for seven days. See [the manual](https://example.org).

```sh
# this is no heading, it is a comment in a script
```

## Access
TODO
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "guide.md").write_text(GUIDE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def source(world, trio, folder):
    made = operations.add_source(
        trio.team,
        name="handbook",
        folder=str(folder),
        web_address="https://git.example/docs/",
        by=CONSOLE,
        now=world.now,
    )
    operations.import_docs(made, world.now)
    return made


def places():
    return sorted(Card.objects.values_list("place", flat=True))


def test_sections_are_named_by_their_headings_and_empty_ones_are_left_out():
    found = sections(GUIDE, name="guide")
    assert [one.place for one in found] == ["Warehouse", "Warehouse / Restoring a dropped table"]
    assert found[1].anchor == "restoring-a-dropped-table"
    assert "the manual." in found[1].text
    assert "this is no heading" in found[1].text


@pytest.mark.parametrize(
    "text", ["", "# only a heading", "\x00" * 50, "```\n# never closed\n" * 9, "=====\n-----\n", "#" * 5000]
)
def test_no_document_is_too_odd(text):
    assert all(one.place and one.text for one in sections(text, name="odd"))


def test_two_sections_of_one_name_are_two_places():
    twice = "# A\n\n" + "long enough to be an answer\n\n# A\n\n" + "another one, long enough too\n"
    assert [one.place for one in sections(twice, name="x")] == ["A", "A (2)"]
    titled = "A title\n=======\n\nlong enough to be an answer\n\nSmaller\n-------\n\nthis one is long enough too\n"
    assert [one.place for one in sections(titled, name="x")] == ["A title", "A title / Smaller"]


def test_a_section_answers_with_a_link_to_its_heading(world, trio, source):
    (found, *_) = queries.suggest(trio.team, "how do I restore a dropped table", now=world.now)
    assert found.source_kind == "document"
    assert found.by_whom == "handbook"
    assert found.card.link == "https://git.example/docs/guide.md#restoring-a-dropped-table"


def test_what_changed_is_read_again_and_keeps_its_askings(world, trio, source, folder):
    card = Card.objects.get(place__endswith="dropped table")
    operations.confirm(card, "my table vanished", by=CONSOLE, now=world.now)
    assert operations.read_sources(world.now) == 0
    (folder / "guide.md").write_text(GUIDE.replace("seven days", "nine days"), encoding="utf-8")
    assert operations.read_sources(LATER) == 1
    card.refresh_from_db()
    assert "nine days" in card.text
    (found, *_) = queries.suggest(trio.team, "my table vanished", now=LATER)
    assert (found.card, found.changed_since) == (card, True)
    assert in_step(trio.team)


def test_a_touched_file_is_not_a_changed_one(world, trio, source, folder):
    os.utime(folder / "guide.md", (1, 1))
    assert operations.read_sources(world.now) == 0


def test_removed_sections_and_files_go(world, trio, source, folder):
    (folder / "more").mkdir()
    (folder / "more" / "streams.md").write_text("Kafka keeps events for seven days at most.\n", encoding="utf-8")
    (folder / "guide.md").write_text(
        "# Warehouse\n\nEverything about the warehouse and its tables.\n", encoding="utf-8"
    )
    operations.import_docs(source, world.now)
    assert places() == ["Warehouse", "streams"]
    (folder / "guide.md").unlink()
    operations.import_docs(source, world.now)
    assert places() == ["streams"]
    assert in_step(trio.team)


def test_hidden_files_and_links_that_lead_outside_are_not_read(world, trio, folder, tmp_path_factory):
    secret = tmp_path_factory.mktemp("outside") / "secret.md"
    secret.write_text("# Secret\n\nNobody may read this sentence here.\n", encoding="utf-8")
    (folder / "link.md").symlink_to(secret)
    (folder / ".git").mkdir()
    (folder / ".git" / "notes.md").write_text("# Notes\n\nInside of the repository's own folder.\n", encoding="utf-8")
    made = operations.add_source(trio.team, name="x", folder=str(folder), by=CONSOLE, now=world.now)
    assert operations.import_docs(made, world.now).files == 1


def test_a_folder_that_is_gone_says_so_and_its_cards_stay(world, trio, source, folder):
    folder.rename(folder.with_name("elsewhere"))
    assert operations.read_sources(world.now) == 0
    assert "is not there" in Source.objects.get().problem
    assert len(places()) == 2
    folder.with_name("elsewhere").rename(folder)
    operations.read_sources(world.now)
    assert Source.objects.get().problem == ""


def test_a_removed_source_takes_its_cards_along(world, trio, source):
    operations.remove_source(source, by=CONSOLE, now=world.now)
    assert places() == []
    assert in_step(trio.team)


def test_what_is_no_folder_or_has_a_name_twice_is_refused(world, trio, source, folder):
    for name, place in (
        ("other", "/nowhere/at/all"),
        ("other", "relative"),
        ("handbook", str(folder)),
        ("", str(folder)),
    ):
        with pytest.raises(operations.SourceRefused):
            operations.add_source(trio.team, name=name, folder=place, by=CONSOLE, now=world.now)
