"""`hausmeister calendar`: feeds and imports from the console."""

import json

import pytest
from django.test import Client

from hausmeister.rota.calendars.models import CalendarFeed, CalendarImport
from tests.rota.calendars import files


def test_a_feed_is_printed_alone_listed_and_revoked(world, trio, run):
    url = run("calendar", "feed", "create", "ana@example.org", "--duty", "weekend", "--name", "phone").stdout.strip()
    path = url.removeprefix("http://testserver")
    assert Client().get(path).status_code == 200
    feed = CalendarFeed.objects.get()
    (listed,) = json.loads(run("calendar", "feed", "list", "--json").stdout)
    assert (listed["feed"], listed["shows"], listed["person"]) == (
        feed.pk,
        "duty weekend data-infra",
        "ana@example.org",
    )
    assert url not in str(listed)
    assert f"…{feed.last_four}" in run("calendar", "feed", "list").stdout
    assert "answers nobody" in run("calendar", "feed", "revoke", str(feed.pk)).stdout
    assert Client().get(path).status_code == 404
    assert "There is no feed" in run("calendar", "feed", "revoke", str(feed.pk), code=1).output


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("nobody@example.org",), "Nobody here has the address"),
        (("ana@example.org", "--duty", "nights"), "has no duty 'nights'"),
        (("ana@example.org", "--schedule", "nights"), "has no schedule 'nights'"),
        (("ana@example.org", "--rota", "--schedule", "nights"), "Give one of --rota, --duty and --schedule"),
        (("ana@example.org", "--rota", "--team", "moon"), "There is no team 'moon'"),
    ],
)
def test_a_feed_that_cannot_be_is_said_in_words(world, trio, run, given, words):
    assert words in run("calendar", "feed", "create", *given, code=1).output


def test_a_schedule_comes_from_a_file_or_not_at_all(world, trio, run, tmp_path):
    file = tmp_path / "rota.ics"
    file.write_bytes(files.schedule()[:300])
    said = run("calendar", "import", "schedule", "--file", str(file), code=1).output
    assert "The calendar breaks off" in said
    assert not CalendarImport.objects.exists()
    file.write_bytes(files.schedule())
    told = json.loads(run("calendar", "import", "schedule", "--file", str(file), "--name", "old rota", "--json").stdout)
    assert told["found"] == {"events": 3, "turns": 3, "unmatched": 1}
    assert "3 turns, 1 of them fit nobody" in run("calendar", "import", "list").stdout
    number = str(told["import"])
    assert "came from a file" in run("calendar", "import", "read", number, code=1).output
    assert told["schedule"] == "old-rota"
    url = run("calendar", "feed", "create", "ana@example.org", "--schedule", "old-rota").stdout
    assert "/calendar/" in url
    assert "schedule old-rota" in run("calendar", "feed", "list").stdout
    said = run("calendar", "import", "remove", number).stdout
    assert "is read no more. The schedule old-rota stays as it is." in said
    assert "There is no import" in run("calendar", "import", "remove", number, code=1).output


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("schedule",), "Give either an address or --file"),
        (("schedule", "--file", "/no/such.ics"), "cannot be read"),
        (("schedule", "https://10.1.2.3/x.ics"), "not allowed"),
        (("leave", "ana@example.org", "ftp://127.0.0.1/x.ics"), "not allowed"),
    ],
)
def test_what_cannot_be_imported_is_said_in_words(world, trio, run, given, words):
    assert words in run("calendar", "import", *given, code=1).output
    assert not CalendarImport.objects.exists()
