"""Reading calendars that other programs wrote: what is there, and why a file is refused."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from hausmeister.rota.calendars import reader
from hausmeister.rota.rules.calendars import reading
from hausmeister.rota.rules.calendars.importing import BadCalendar, Member, Occurrence, recognise
from tests.rota.calendars import files

# files are read by a process of its own: not part of the fast half
pytestmark = pytest.mark.slow

SINCE, UNTIL = date(2026, 9, 1), date(2027, 12, 1)


def read(body):
    return reading.read(body, since=SINCE, until=UNTIL, zone=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize("name", files.BAD)
def test_a_bad_file_is_refused_with_a_sentence(name):
    body, words = files.BAD[name]
    with pytest.raises(BadCalendar) as refused:
        read(body)
    assert words in str(refused.value)
    assert str(refused.value).endswith(".")
    # what it says may be shown: nothing of the file stands in it
    assert "sign in" not in str(refused.value).replace("sign-in", "")


def test_days_are_days_and_times_are_instants():
    body = files.calendar(
        files.days("1", "20261207", "20261212"),
        files.event("UID:2", "DTSTART;TZID=W. Europe Standard Time:20261207T090000", "DURATION:PT8H", "SUMMARY:away"),
        files.event("UID:3", "DTSTART:20261207T090000", "DTEND:20261207T170000"),
    )
    found = read(body).occurrences
    (week,) = (one for one in found if one.starts_on)
    (windows,) = (one for one in found if one.summary == "away")
    (floating,) = (one for one in found if not one.summary)
    assert (week.starts_on, week.ends_on) == (date(2026, 12, 7), date(2026, 12, 11))
    for one in (windows, floating):
        assert (one.starts_at, one.ends_at) == (
            datetime(2026, 12, 7, 8, tzinfo=UTC),
            datetime(2026, 12, 7, 16, tzinfo=UTC),
        )


def test_a_series_follows_the_clock_on_the_wall_over_both_changes_with_its_exceptions():
    body = files.calendar(
        files.event(
            "UID:1", "DTSTART;TZID=Europe/Berlin:20261016T110000", "DTEND;TZID=Europe/Berlin:20261016T170000",
            "RRULE:FREQ=WEEKLY;COUNT=26", "EXDATE;TZID=Europe/Berlin:20261023T110000", "SUMMARY:on call",
        ),
        files.event(
            "UID:1", "RECURRENCE-ID;TZID=Europe/Berlin:20261030T110000",
            "DTSTART;TZID=Europe/Berlin:20261031T120000", "DTEND;TZID=Europe/Berlin:20261031T170000", "SUMMARY:moved",
        ),
    )  # fmt: skip
    found = read(body).occurrences
    assert len(found) == len({one.event for one in found}) == 25
    by_day = {one.starts_at.date(): one for one in found}
    assert date(2026, 10, 23) not in by_day
    assert by_day[date(2026, 10, 16)].starts_at.hour == 9
    assert by_day[date(2026, 11, 6)].starts_at.hour == 10
    assert by_day[date(2027, 4, 2)].starts_at.hour == 9
    assert (by_day[date(2026, 10, 31)].summary, by_day[date(2026, 10, 31)].starts_at.hour) == ("moved", 11)


def test_an_event_is_the_same_one_after_it_was_moved_and_a_series_tells_its_days_apart():
    (before,) = read(files.calendar(files.days("1", "20261207", "20261212"))).occurrences
    (after,) = read(files.calendar(files.days("1", "20261214", "20261219"))).occurrences
    assert before.event == after.event
    series = files.event("UID:1", "DTSTART;VALUE=DATE:20261207", "RRULE:FREQ=WEEKLY;COUNT=3")
    assert len({one.event for one in read(files.calendar(series)).occurrences}) == 3


def test_what_was_called_off_does_not_happen_and_who_declined_does_not_come():
    body = files.calendar(
        files.event("UID:1", "DTSTART;VALUE=DATE:20261207", "STATUS:CANCELLED"),
        files.event(
            "UID:2", "DTSTART;VALUE=DATE:20261208", "ATTENDEE;PARTSTAT=DECLINED:mailto:ana@example.org",
            "ATTENDEE;CN=Bruno:mailto:bruno@example.org",
        ),
    )  # fmt: skip
    (one,) = read(body).occurrences
    assert one.people == ("bruno@example.org", "Bruno")


def test_an_endless_series_ends_the_process_that_reads_it_and_nothing_else(monkeypatch):
    monkeypatch.setattr(reader, "CPU_S", 1)
    endless = (
        files.event(f"UID:{n}", "DTSTART:00010101T000000Z", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")
        for n in range(99)
    )
    with pytest.raises(BadCalendar, match="takes too long to read"):
        reader.read(files.calendar(*endless), since=SINCE, until=UNTIL, zone_name="Europe/Berlin")


def test_the_process_apart_reads_the_same_and_says_the_same():
    apart = reader.read(files.schedule(), since=SINCE, until=UNTIL, zone_name="Europe/Berlin")
    assert apart == read(files.schedule())
    with pytest.raises(BadCalendar, match="Event 1 has no beginning"):
        reader.read(files.BAD["no beginning"][0], since=SINCE, until=UNTIL, zone_name="Europe/Berlin")
    with pytest.raises(BadCalendar, match="larger than 2 MiB"):
        reader.read(b"x" * (2 * 1024 * 1024 + 1), since=SINCE, until=UNTIL, zone_name="Europe/Berlin")


def test_the_process_apart_is_given_no_secret(monkeypatch):
    monkeypatch.setenv("HAUSMEISTER_SECRET_KEYS", "canary")
    given = {}
    real = reader.subprocess.run

    def spy(*args, **kwargs):
        given.update(kwargs["env"])
        return real(*args, **kwargs)

    monkeypatch.setattr(reader.subprocess, "run", spy)
    reader.read(files.calendar(), since=SINCE, until=UNTIL, zone_name="UTC")
    assert set(given) == {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}


MEMBERS = [
    Member(1, "Ana Silva", "ana@example.org"),
    Member(2, "Bruno Costa", "bruno@example.org"),
    Member(3, "Ana Reis", "reis@example.org"),
]


@pytest.mark.parametrize(
    ("summary", "people", "person"),
    [
        ("Bruno Costa on call", ("ANA@example.org", "x"), 1),
        ("on call", ("pager@example.org", "Bruno Costa"), 2),
        ("On call - ana silva - Data Infra", (), 1),
        ("bruno's week", (), 2),
        ("reis@example.org", (), 3),
        ("Ana", (), None),
        ("Bruno Costa or Ana Reis", (), None),
        ("", ("ana@example.org", "bruno@example.org"), None),
        ("Brunos", ("notana@example.org",), None),
    ],
)
def test_who_is_meant(summary, people, person):
    found, problem = recognise(Occurrence("e", summary, people=people), MEMBERS)
    assert found == person
    assert bool(problem) is (person is None)
