"""S51: the journal is added to and read, and nothing else."""

import pytest
from django.db import transaction

from hausmeister.journal import operations
from hausmeister.journal.models import Entry, JournalIsAppendOnly
from hausmeister.journal.rules import CONSOLE, Fact
from tests.house.documents import ROOT


@pytest.fixture
def entry(world):  # type: ignore[no-untyped-def]
    operations.record(Fact(world.now, "key.made", "source:1", CONSOLE, None, {"name": "ci"}))
    return Entry.objects.get()


def changed(entry: Entry) -> None:
    entry.actor_name = "somebody else"
    entry.save()


@pytest.mark.parametrize(
    "attempt",
    [
        changed,
        lambda entry: entry.delete(),
        lambda _entry: Entry.objects.all().delete(),
        lambda _entry: Entry.objects.filter(verb="key.made").update(verb="key.revoked"),
        lambda entry: Entry.objects.bulk_update([entry], ["verb"]),
        lambda entry: Entry.objects.update_or_create(pk=entry.pk, defaults={"verb": "x"}),
    ],
)
def test_s51_an_entry_is_neither_changed_nor_removed(entry, attempt):
    with pytest.raises(JournalIsAppendOnly), transaction.atomic():
        attempt(entry)
    stored = Entry.objects.get()
    assert (stored.verb, stored.actor_name) == ("key.made", CONSOLE.name)


def test_s51_no_statement_of_ours_goes_around_it():
    """Raw SQL could; there is none that names the journal's table outside its own migrations and the demo's reset."""
    for path in (ROOT / "hausmeister").rglob("*.py"):
        if "migrations" not in path.parts:
            text = path.read_text(encoding="utf-8")
            assert "journal_entry" not in text, path
