"""When reminders come, what is said in plain words, what makes two failures the same, and what a review asks for."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausmeister.base import markdown
from hausmeister.incidents.rules import logbook, review, timers, words
from hausmeister.incidents.rules.logbook import Happened
from hausmeister.incidents.rules.timers import Reminder
from hausmeister.incidents.rules.words import Face
from tests.harness import at

BERLIN = ZoneInfo("Europe/Berlin")
NOW = at("2026-11-24 02:00")


def face(**more):
    told = {
        "number": 31, "title": "Clients see yesterday's data", "label": "SEV2 major", "point": "Ada", "comms": "Bo",
        "zone": BERLIN, "opened_at": NOW,
    }  # fmt: skip
    return Face(**{**told, **more})


@pytest.mark.parametrize(("every", "lead"), [(20, 5), (60, 10), (240, 10), (5, 1.25)])
def test_comms_is_reminded_a_quarter_of_the_interval_before_ten_minutes_at_most(every, lead):
    assert timers.lead(timedelta(minutes=every)) == timedelta(minutes=lead)


@given(st.integers(300, 86_400), st.integers(0, 400_000))
def test_after_any_pause_the_next_reminder_lies_ahead_and_no_interval_is_told_twice(every_s, late_s):
    every = timedelta(seconds=every_s)
    due = NOW + every
    first = timers.first(due, every)
    now = first.at + timedelta(seconds=late_s)
    following = timers.following(first, every=every, now=now)
    if timers.said(first, now=now):
        # the engine stood still: the early reminder is left out, and what went by meanwhile is told once
        assert following.interval_ends_at > now
        assert not following.is_late
    else:
        assert following == Reminder(due, is_late=True, interval_ends_at=due)
        assert following.at > now


def test_in_the_hour_that_the_clock_repeats_reminders_go_by_real_time():
    every = timedelta(minutes=60)
    begins = at("2026-10-25 00:30")  # 02:30 in Berlin, for the first time
    reminder = timers.first(begins + every, every)
    assert reminder.interval_ends_at - begins == every
    assert words.clock(reminder.interval_ends_at, BERLIN, now=begins) == "02:30"


def test_a_topic_is_cut_to_what_a_chat_takes_and_keeps_its_circle():
    topic = words.topic([face(title="x" * 200), face(title="y" * 200)], None, now=NOW)
    assert len(topic) == words.TOPIC_MOST
    assert topic.startswith("\N{LARGE RED CIRCLE} running: SEV2 major, x")
    assert words.topic([], None, now=NOW) == ""


def test_a_message_names_the_day_when_it_is_another_one():
    text = words.topic([], face(over_at=at("2026-11-23 20:00")), now=NOW)
    assert text == "\N{LARGE GREEN CIRCLE} over since Mon 21:00: SEV2 major, Clients see yesterday's data"


def test_words_that_clients_do_not_know_are_found_once_each():
    assert words.jargon("The DAG of shard s1 and the dag of s0: P4, SEV2.") == [
        "dag",
        "shard",
        "s1",
        "s0",
        "P4",
        "SEV2",
    ]
    assert words.jargon("The data of today come later.") == []


def test_numbers_do_not_tell_two_failures_apart_words_do():
    assert logbook.key_of("Disk 80 % on db-7") == logbook.key_of("disk  85 % on db-12")
    assert logbook.key_of("Disk full") != logbook.key_of("Queue full")


def test_the_commonest_failure_stands_first_with_the_newest_reason_that_says_something():
    found = [
        Happened("Disk 80 %", "db", NOW, "/pages/1", "resized"),
        Happened("Disk 90 %", "db", NOW + timedelta(hours=1), "/pages/2", "done"),
        Happened("No login", "web", NOW + timedelta(hours=2), "/pages/3"),
    ]
    first, second = logbook.gathered(found, remedies={})
    assert (first.title, first.times, first.helped, first.last_address) == ("Disk 90 %", 2, "resized", "/pages/2")
    assert (second.title, second.times, second.helped) == ("No login", 1, "")
    (first, _second) = logbook.gathered(found, remedies={"disk # %": "Rotate the logs"})
    assert first.helped == "Rotate the logs"


def test_of_two_failures_in_one_moment_the_log_book_shows_the_one_that_came_last():
    newest_first = [
        Happened("Disk 91 %", "", NOW, "/pages/2", "moved"),
        Happened("Disk 90 %", "", NOW, "/pages/1", "no"),
    ]
    (failure,) = logbook.gathered(newest_first, remedies={})
    assert (failure.title, failure.helped, failure.last_address) == ("Disk 91 %", "moved", "/pages/2")


def test_a_draft_leaves_open_what_only_people_know():
    draft = review.Draft(
        title="No data", label="SEV1 critical", team="Data Infra", opened_at=NOW, over_at=NOW + timedelta(hours=2),
        first_told_after=None, point="Ada", comms="", helped="", lines=(), follow_ups=(),
    )  # fmt: skip
    text = review.write(draft, BERLIN)
    assert "Clients were told never" in text
    assert review.gaps(text) == 5
    assert review.gaps("All said.") == 0


def test_the_markdown_of_a_review_becomes_blocks_and_nothing_in_it_is_markup():
    text = "# Review\n\nIt <b>broke</b>\nat night.\n- one\n- two\n\n#### deep\n1. first"
    kinds = [(one.kind, one.lines, one.level) for one in markdown.blocks(text)]
    assert kinds == [
        ("heading", ("Review",), 1),
        ("text", ("It <b>broke</b>", "at night."), 0),
        ("list", ("one", "two"), 0),
        ("heading", ("deep",), 3),
        ("numbered", ("first",), 0),
    ]
