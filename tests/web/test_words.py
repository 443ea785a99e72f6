"""Times, spans and the journal in words (UI, section 10)."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from hausmeister.journal.models import Entry
from hausmeister.rota.rules.slots import WeeklyDuty
from hausmeister.web import moments, telling, when
from hausmeister.web.templatetags import house
from hausmeister.web.weekline import week_line
from tests.harness import at

BERLIN = ZoneInfo("Europe/Berlin")
NOW = at("2026-11-25 18:12")


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-25 18:08", "19:08"),
        ("2026-11-24 18:08", "Tue 19:08"),
        ("2026-11-27 16:00", "Fri 17:00"),
        ("2026-12-01 10:00", "Tue 11:00"),
        ("2026-12-02 10:00", "2 Dec 11:00"),
        ("2026-11-18 10:00", "18 Nov 11:00"),
        ("2027-01-04 10:00", "4 Jan 2027 11:00"),
        # five minutes to midnight in Berlin is today there, whatever day it is elsewhere
        ("2026-11-25 22:55", "23:55"),
        ("2026-11-25 23:05", "Thu 00:05"),
    ],
)
def test_a_moment_is_told_by_the_clock_the_weekday_or_the_date(moment, words):
    assert when.at(at(moment), now=NOW, zone=BERLIN) == words


def test_seconds_are_told_where_they_matter():
    assert when.at(at("2026-11-25 18:08") + timedelta(seconds=2), now=NOW, zone=BERLIN, seconds=True) == "19:08:02"


@pytest.mark.parametrize(
    ("moment", "short", "long"),
    [
        ("2026-11-25 20:00", "today 21:00", "today 21:00"),
        ("2026-11-27 16:00", "Fri 17:00", "Friday 17:00"),
        ("2026-12-18 16:00", "18 Dec 17:00", "18 Dec 17:00"),
    ],
)
def test_an_end_always_names_its_day(moment, short, long):
    assert when.until(at(moment), now=NOW, zone=BERLIN) == short
    assert when.long_until(at(moment), now=NOW, zone=BERLIN) == long


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=40), "40 s ago"),
        (timedelta(minutes=4, seconds=59), "4 min ago"),
        (timedelta(hours=2, minutes=5), "2 h 05 ago"),
        (timedelta(hours=24), ""),
        (timedelta(seconds=-3), ""),
    ],
)
def test_an_age_is_rounded_down_and_given_up_after_a_day(ago, words):
    assert when.ago(NOW - ago, now=NOW) == words


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 12, 4), date(2026, 12, 4), "4 Dec"),
        (date(2026, 12, 4), date(2026, 12, 8), "4–8 Dec"),
        (date(2026, 12, 28), date(2027, 1, 3), "28 Dec – 3 Jan 2027"),
    ],
)
def test_days_are_told_as_a_span(first, last, words):
    assert when.span(first, last, today=date(2026, 11, 25)) == words


@pytest.mark.parametrize(("number", "words"), [(0, "0"), (999, "999"), (1000, "999+")])
def test_counts_stop_at_999(number, words):
    assert when.count(number) == words


def test_the_next_morning_is_nine_o_clock_on_ones_own_clock_also_across_a_change():
    assert moments.next_morning(at("2026-10-24 20:00"), zone=BERLIN) == at("2026-10-25 08:00")
    assert moments.next_morning(at("2026-11-25 03:00"), zone=BERLIN) == at("2026-11-25 08:00")


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-11-31T10:00", "25:00", "2026-11-27T"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(moments.NotAMoment):
        moments.local(text, zone=BERLIN)


def test_a_time_that_a_clock_change_skips_is_the_instant_of_the_change():
    assert moments.local("2026-03-29T02:30", zone=BERLIN) == at("2026-03-29 01:00")


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/129.0 Safari/537.36 Edg/129.0", "Edge, Windows"),
        ("curl/8.0", "curl/8.0"),
    ],
)
def test_a_browser_is_named_as_people_know_it(agent, words):
    assert house.browser(agent) == words


# ---- the week line ----

DUTIES = (
    WeeklyDuty("hausmeister", 0, time(11), 4, time(17), triage=True),
    WeeklyDuty("weekend", 4, time(17), 0, time(11)),
)


def test_the_week_line_is_drawn_from_the_duties():
    line = week_line(DUTIES, of=BERLIN, zone=BERLIN, now=NOW)
    assert [(one.x, one.width, one.is_work) for one in line.stretches] == [
        ("0.00%", "6.55%", False),
        ("6.55%", "60.71%", True),
        ("67.26%", "32.74%", False),
    ]
    assert [mark.words for mark in line.ticks] == ["11:00", "17:00"]
    assert [mark.words for mark in line.days] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert line.needle.words == "19:12"
    assert line.says == "This week: hand-offs Mon 11:00, Fri 17:00. Now: Wed 19:12."


def test_a_week_with_a_clock_change_is_drawn_true():
    line = week_line(DUTIES, of=BERLIN, zone=BERLIN, now=at("2026-10-21 10:00"))
    days = [float(mark.x.rstrip("%")) for mark in line.days]
    assert days[6] + 25 / 169 * 100 == pytest.approx(100, abs=0.01)


def test_a_reader_elsewhere_sees_the_hand_offs_on_their_own_clock():
    line = week_line(DUTIES, of=ZoneInfo("Europe/Lisbon"), zone=BERLIN, now=NOW)
    assert [mark.words for mark in line.ticks] == ["12:00", "18:00"]


def test_a_label_gives_way_to_the_needle():
    line = week_line(DUTIES, of=BERLIN, zone=BERLIN, now=at("2026-11-27 17:00"))
    assert [mark.words for mark in line.ticks] == ["11:00"]


# ---- the journal ----

READER = telling.Reader(NOW, BERLIN)


def told(verb: str, *, who: str = "Ada", **facts):  # type: ignore[no-untyped-def]
    entry = Entry(at=NOW, verb=verb, subject="page:1", actor_kind="person", actor_name=who, facts=facts)
    return telling.tell(entry, READER)


STEP = {
    "number": 0,
    "call": "on duty",
    "called": [{"person": "Ada", "role": "hausmeister", "first_after_s": 0}],
    "skipped": "",
}
SKIP = {"number": 1, "call": "backstop", "called": [], "skipped": "nobody is backstop"}


@pytest.mark.parametrize(
    ("verb", "facts", "words"),
    [
        ("page.opened", {"steps": [STEP]}, "Opened by <b>Ada</b>. Calls <b>Ada (hausmeister)</b>."),
        ("page.opened", {"waits_until": "2026-11-26T08:00:00+00:00"}, "Soft, so it waits until Thu 09:00."),
        ("page.opened", {"test": True}, "<b>Ada</b> sent a test page."),
        ("page.climbed", {"steps": [STEP]}, "Nobody answered: calls <b>Ada (hausmeister)</b>."),
        ("page.climbed", {"steps": [STEP], "exhausted": True}, "The ladder is used up and starts again"),
        ("page.climbed", {"steps": [SKIP]}, "Nobody at all can be reached."),
        ("page.rang", {"person": "Ada", "by": ["ntfy"]}, "Calls <b>Ada</b> by ntfy too."),
        ("page.waits", {"waits_until": "2026-11-26T08:00:00+00:00"}, "Outside working hours: waits until Thu 09:00."),
        ("page.step_failed", {"again_at": "2026-11-25T18:13:00+00:00"}, "tried again 19:13:00."),
        ("page.acknowledged", {"via": "ntfy"}, "<b>Ada</b> acknowledged it."),
        ("page.unacknowledged", {}, "<b>Ada</b> gave it back: it calls again from the top."),
        ("page.woken", {}, "<b>Ada</b> ended the snooze: it calls now."),
        ("page.snoozed", {"until": "2026-11-25T20:00:00+00:00"}, "<b>Ada</b> snoozed it until today 21:00."),
        ("page.closed", {"reason": "mended"}, "<b>Ada</b> closed it: mended."),
        ("page.noted", {"text": "a note"}, "<b>Ada</b> noted:"),
        ("page.escalated", {"steps": [STEP]}, "<b>Ada</b> asked for help: <b>Ada (hausmeister)</b> is called as well."),
        ("page.reassigned", {"to": "Bo"}, "<b>Ada</b> handed it to <b>Bo</b>."),
        ("page.raised", {"priority": 4, "hard": True}, "More urgent now, says <b>Ada</b>: P4 very high."),
        ("page.forgotten", {"acked_by": "Bo"}, "<b>Bo</b> had it, and nothing happened for too long: it calls again."),
        ("message.sent", {"channel": "email", "person": "Ada"}, "Delivered by e-mail to <b>Ada</b>."),
        ("message.sent", {"channel": "slack"}, "Delivered by Slack to the alarms channel."),
        ("message.late", {"channel": "ntfy", "person": "Ada"}, "too late to be stopped."),
        ("message.retry", {"channel": "ntfy", "person": "Ada"}, "Not delivered by ntfy to <b>Ada</b>."),
        ("message.failed", {"channel": "pigeon", "person": "Ada"}, "Could not be delivered by pigeon to <b>Ada</b>."),
        ("page.of_the_future", {}, "<b>Ada</b>: page.of_the_future"),
    ],
)  # fmt: skip
def test_every_entry_is_told_in_a_sentence(verb, facts, words):
    assert words in told(verb, **facts).words


def test_what_came_with_an_act_stands_beside_it():
    assert told("page.acknowledged", via="ntfy", in_flight=2).detail == (
        "by ntfy. 2 messages were on the wire and may still arrive."
    )
    assert told("page.climbed", steps=[SKIP, STEP]).detail == "backstop skipped: nobody is backstop"
    sent = told("message.sent", channel="email", person="Ada", attempt=3, maybe_twice=True)
    assert sent.detail == "3 tries, possible duplicate"


def test_names_and_reasons_in_the_journal_become_no_markup():
    one = told("page.closed", who="<script>", reason="<img src=x>")
    assert "<script>" not in one.words
    assert "<img" not in one.words
