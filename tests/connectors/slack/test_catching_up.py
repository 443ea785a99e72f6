"""Reading again what may have been missed: no question is lost by a restart, and none is taken twice."""

from datetime import timedelta

import pytest

from hausmeister.base import clock
from hausmeister.chat import hearing
from hausmeister.chat.models import Gap, Line
from hausmeister.connectors.slack import events
from hausmeister.triage.models import Item, Said, WatchedRoom
from tests import builders
from tests.connectors.parcels import NOW
from tests.connectors.slack import workplace
from tests.connectors.slack.workplace import ANA, DORA, GUILD, HELP, Place, message
from tests.harness import at

pytestmark = pytest.mark.django_db


class Watch:
    """A clock of the wall and a stopwatch that go together."""

    def __init__(self):
        self.now = NOW

    def go(self, seconds):
        self.now += timedelta(seconds=seconds)

    def stopwatch_s(self):
        return self.now.timestamp()


@pytest.fixture
def watch():
    told = Watch()
    with clock.run_by(lambda: told.now):
        yield told


@pytest.fixture
def slack():
    with workplace.fake_slack() as fake:
        yield fake


@pytest.fixture
def place(slack, watch):
    workplace.link(builders.trio())
    return Place.of(slack, stopwatch_s=watch.stopwatch_s)


def stamp(seconds):
    return events.stamp_of(NOW + timedelta(seconds=seconds))


def said(slack, text, seconds, *, channel=HELP, user=DORA, **more):
    one = message(text, ts=stamp(seconds), channel=channel, user=user, **more)
    slack.said.setdefault(channel, []).append(one)
    return one


def open_line(watch):
    """What happens when a line is opened."""
    hearing.open_gaps("slack", stamp_of=events.stamp_of)


def test_a_stamp_and_its_moment_are_the_same_thing():
    assert events.moment("1795485600.000100") == at("2026-11-24 02:00:00.000100")
    assert events.stamp_of(at("2026-11-24 02:00:00.000100")) == "1795485600.000100"
    with pytest.raises(ValueError, match="is no stamp"):
        events.moment("yesterday")


def test_what_was_asked_while_we_were_away_comes_in_once_and_in_order(place, slack, watch):
    place.reading.run(watch.now)
    place.event(**said(slack, "How do I rerun a DAG?", 10))
    # we are away; then a line opens, and something new is heard before the round
    for number in range(5):
        said(slack, f"How can I get access to table {number}?", 100 + number * 600, user=f"U{number}")
    watch.go(4_000)
    open_line(watch)
    place.event(**said(slack, "Who owns the exports?", 4_000, user="U9"))
    assert Said.objects.count() == 2
    place.reading.run(watch.now)
    assert [one.text for one in Said.objects.order_by("at")] == [
        "How do I rerun a DAG?",
        *(f"How can I get access to table {number}?" for number in range(5)),
        "Who owns the exports?",
    ]  # fmt: skip
    assert Item.objects.count() == 7
    assert not Gap.objects.exists()
    # everything once more, as after a crash
    open_line(watch)
    place.reading.run(watch.now)
    assert Said.objects.count() == 7


def test_a_crash_while_reading_again_reads_again(place, slack, watch):
    place.reading.run(watch.now)
    open_line(watch)
    said(slack, "Where is the table?", 100)
    slack.fail(500)
    place.reading.run(watch.now)
    assert Gap.objects.count() == 4
    place.reading.run(watch.now)
    assert (Item.objects.count(), Gap.objects.count()) == (1, 0)


def test_a_long_gap_is_stored_in_small_parts_and_a_crash_goes_on_from_there(place, slack, watch, monkeypatch):
    place.reading.run(watch.now)
    open_line(watch)
    for number in range(50):
        said(slack, f"How can I get access to table {number}?", 10 + number, user=f"U{number}")
    real, calls = hearing.hear, []

    def hear(heard, *, now):
        calls.append(len(heard))
        if len(calls) == 2:
            raise ValueError("a crash")
        real(heard, now=now)

    monkeypatch.setattr(hearing, "hear", hear)
    place.reading.run(watch.now)
    assert Said.objects.count() == 20
    assert Gap.objects.get(room_id=HELP).after == stamp(29)
    place.reading.run(watch.now)
    assert calls == [20, 20, 20, 10]
    assert (Said.objects.count(), Gap.objects.count()) == (50, 0)


def test_replies_in_threads_that_still_wait_are_read_too(place, slack, watch):
    place.reading.run(watch.now)
    place.event(**said(slack, "How do I rerun a DAG?", 10))
    open_line(watch)
    said(slack, "With airflow dags backfill.", 200, user=ANA, thread_ts=stamp(10))
    new = said(slack, "Where is the table?", 300, reply_count=1, user="U7")
    said(slack, "In the lake.", 310, user=ANA, thread_ts=new["ts"])
    watch.go(400)
    place.reading.run(watch.now)
    assert [one.state for one in Item.objects.order_by("id")] == ["answered", "answered"]


def test_a_room_in_which_nothing_was_heard_is_read_from_when_it_was_watched(place, slack, watch):
    said(slack, "Long before", -5_000)
    place.reading.run(watch.now)
    said(slack, "How do I rerun a DAG?", 50)
    watch.go(3_600)
    open_line(watch)
    place.reading.run(watch.now)
    assert [one.text for one in Said.objects.all()] == ["How do I rerun a DAG?"]


def test_slack_that_says_429_is_left_alone_as_long_as_it_asks(place, slack, watch):
    place.reading.run(watch.now)
    open_line(watch)
    said(slack, "How do I rerun a DAG?", 50)
    slack.is_flooded = True
    calls = len(slack.seen)
    for _ in range(60):
        watch.go(10)
        place.reading.run(watch.now)
    # ten minutes of it: a call each half minute, and no more
    assert len(slack.seen) - calls <= 21
    slack.is_flooded = False
    watch.go(31)
    place.reading.run(watch.now)
    assert Item.objects.count() == 1


def test_a_channel_without_the_app_or_without_a_place_in_the_workspace_is_a_state(place, slack, watch):
    slack.rooms = [{**one, "is_member": one["id"] != HELP} for one in slack.rooms if one["id"] != GUILD]
    place.reading.run(watch.now)
    rooms = {one.name: one for one in WatchedRoom.objects.all()}
    assert (rooms["data-help"].state, "invite it" in rooms["data-help"].problem) == ("removed", True)
    assert (rooms["guild-data-eng"].state, rooms["squad-data-infra"].state) == ("unknown", "watching")
    since = rooms["data-help"].since_at
    watch.go(301)
    place.reading.run(watch.now)
    assert WatchedRoom.objects.get(name="data-help").since_at == since
    # somebody invites it: the next look finds it
    slack.rooms = [{**one, "is_member": True} for one in slack.rooms]
    place.event(type="member_joined_channel", user="U0PAGER", channel=HELP)
    watch.go(301)
    place.reading.run(watch.now)
    assert WatchedRoom.objects.get(name="data-help").state == "watching"


def test_a_channel_that_was_left_while_reading_stops_no_other(place, slack, watch):
    place.reading.run(watch.now)
    open_line(watch)
    said(slack, "How do I rerun a DAG?", 50, channel=GUILD)
    slack.rooms = [{**one, "is_member": one["id"] != HELP} for one in slack.rooms]
    place.reading.run(watch.now)
    assert WatchedRoom.objects.get(name="data-help").state == "removed"
    assert Item.objects.count() == 1


def test_a_revoked_token_is_a_state_and_asked_about_once_a_minute(place, slack, watch):
    slack.token = "xoxb-another"
    for _ in range(6):
        place.reading.run(watch.now)
        watch.go(10)
    assert Line.objects.get(pk="slack").state == "refused"
    assert len(slack.seen) == 1


def test_where_slack_calls_us_everything_is_read_again_each_ten_minutes(slack, watch):
    workplace.link(builders.trio())
    place = Place.of(slack, sweeps=True, stopwatch_s=watch.stopwatch_s)
    place.reading.run(watch.now)
    said(slack, "How do I rerun a DAG?", 50)
    watch.go(300)
    place.reading.run(watch.now)
    assert not Item.objects.exists()
    watch.go(301)
    place.reading.run(watch.now)
    assert Item.objects.count() == 1


# ---- what was changed meanwhile ----


def away(place, slack, watch, minutes=30):
    """Let time pass in which nobody tells us anything, and open a line again."""
    watch.go(minutes * 60)
    open_line(watch)
    place.reading.run(watch.now)


def change(slack, stamp_, text, *, at_s, channel=HELP):
    (one,) = [one for one in slack.said[channel] if one["ts"] == stamp_]
    one.update(text=text, edited={"user": one.get("user"), "ts": stamp(at_s)})


def take_back(slack, stamp_, *, channel=HELP):
    slack.said[channel] = [one for one in slack.said[channel] if one["ts"] != stamp_]


def test_what_was_edited_or_taken_back_while_we_were_away_is_so_here_too(place, slack, watch):
    place.reading.run(watch.now)
    first, second, third = (
        said(slack, f"How can I get access to table {one}?", one, user=f"U{one}") for one in (1, 2, 3)
    )
    for one in (first, second, third):
        place.event(**one)
    change(slack, first["ts"], "How can I get access to the bucket?", at_s=60)
    take_back(slack, second["ts"])
    away(place, slack, watch)
    assert [(one.text, one.state) for one in Item.objects.order_by("id")] == [
        ("How can I get access to the bucket?", "open"), ("", "closed"), ("How can I get access to table 3?", "open"),
    ]  # fmt: skip
    assert not Gap.objects.exists()
    versions = list(Item.objects.order_by("id").values_list("version", flat=True))
    # and once more, as after a crash: nothing changes a second time
    away(place, slack, watch)
    assert list(Item.objects.order_by("id").values_list("version", flat=True)) == versions


def test_the_teams_only_answer_that_was_taken_back_while_we_were_away_leaves_the_question_open(place, slack, watch):
    place.reading.run(watch.now)
    asked = said(slack, "How do I rerun a DAG?", 1)
    answer = said(slack, "Use the rerun button.", 30, user=ANA, thread_ts=asked["ts"])
    kept = said(slack, "I look at it.", 40, user="U0BESIDE", thread_ts=asked["ts"])
    for one in (asked, answer, kept):
        place.event(**one)
    assert Item.objects.get().state == "answered"
    take_back(slack, answer["ts"])
    away(place, slack, watch)
    assert Item.objects.get().state == "open"
    assert Said.objects.filter(removed_at=None).count() == 2


def test_an_answer_written_here_and_what_was_said_long_before_are_left_alone(place, slack, watch):
    place.reading.run(watch.now)
    old = said(slack, "How do I rerun a DAG?", 1)
    place.event(**old)
    item = Item.objects.get()
    watch.go(25 * 3600)
    place.event(**said(slack, "Who owns the exports?", 25 * 3600, user="U9"))
    Said.objects.create(
        team=item.team, item=item, service="slack", room_id=HELP, stamp="ours:1", thread=old["ts"], author_id="",
        author_name="Ana", text="Press the button.", at=watch.now,
    )  # fmt: skip
    # a day later nobody can tell a message that was taken back from one that the chat shows no more
    take_back(slack, old["ts"])
    away(place, slack, watch)
    assert Said.objects.filter(removed_at=None).count() == 3


def test_of_a_busy_channel_only_the_newest_of_before_are_looked_at_again(place, slack, watch, monkeypatch):
    monkeypatch.setattr("hausmeister.connectors.slack.catching_up.MOST_LOOKED_BACK", 2)
    place.reading.run(watch.now)
    for one in range(1, 6):
        place.event(**said(slack, f"How can I get access to table {one}?", one, user=f"U{one}"))
    first, last = slack.said[HELP][0], slack.said[HELP][-1]
    take_back(slack, first["ts"])
    take_back(slack, last["ts"])
    away(place, slack, watch)
    assert Said.objects.get(stamp=first["ts"]).removed_at is None
    assert Said.objects.get(stamp=last["ts"]).removed_at is not None
