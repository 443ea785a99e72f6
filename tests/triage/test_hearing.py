"""Hearing: events twice, out of order, edited, deleted, very long; nothing is lost and nothing doubled."""

from datetime import timedelta

import pytest

from hausmeister.alerts.models import Alert
from hausmeister.outbox.models import Message
from hausmeister.team.rules import Role
from hausmeister.triage import operations as triage
from hausmeister.triage.models import Item, Said
from hausmeister.triage.rules.states import ItemKind, RoomState, RoomUse, Source, State
from hausmeister.triage.shapes import Room, Taken
from tests import builders
from tests.harness import at
from tests.triage.talk import BACKFILL, message, only_item


def test_an_event_that_comes_twice_counts_once(day, team, talk):
    one = message(BACKFILL, at=day.now)
    assert talk.hear(one, one) == [only_item().pk]
    assert talk.hear(one) == []
    assert (Item.objects.count(), Said.objects.count()) == (1, 1)


def test_a_reply_that_comes_before_its_question_answers_it(day, team, talk):
    asked = message(BACKFILL, at=day.now)
    reply = message("Run backfill --day.", at=day.now + timedelta(minutes=3), by="Bruno", thread=asked.stamp)
    assert talk.hear(reply) == []
    talk.hear(asked)
    item = only_item()
    assert (item.state, item.answered_by, item.due_at) == (State.ANSWERED, team.bruno, None)
    assert item.said.count() == 2


def test_any_answer_of_the_team_in_the_thread_stops_the_clock_and_nobody_else_s_does(day, team, talk):
    asked = talk.say(BACKFILL)
    talk.say("I would like to know that too", by="Tomas", thread=asked.stamp)
    assert only_item().state == State.OPEN
    talk.say("Which day?", by="Bruno", thread=asked.stamp)
    assert (only_item().state, only_item().due_at) == (State.WAITING, None)
    talk.say("the 23rd", thread=asked.stamp)
    item = only_item()
    assert (item.state, item.holder) == (State.OPEN, None)
    assert item.due_at == at("2026-11-25 09:00:03")
    day.go(minutes=1)
    day.expect_none()


def test_a_reply_in_a_thread_never_opens_an_item(day, team, talk):
    first = talk.say("we moved the schema page")
    talk.say("How do I get there? The link is broken for me.", by="Tomas", thread=first.stamp)
    assert not Item.objects.exists()


def test_follow_ups_and_late_thanks_without_a_thread_join(day, team, talk):
    talk.say(BACKFILL)
    day.go(minutes=4)
    talk.say("it is for the quarterly report, by the way")
    item = only_item()
    assert item.said.count() == 2
    triage.answered(item.pk, team.ana, day.now)
    day.go(minutes=90)
    talk.say("thank you, that worked")
    assert only_item().state == State.CLOSED
    day.go(minutes=30)
    talk.say("Where do I see the retention of the s1 index?")
    assert Item.objects.count() == 2
    day.forget()


def test_an_edit_changes_what_the_item_says_and_can_make_a_question_of_none(day, team, talk):
    asked = talk.say("How do I backfill one day?")
    talk.edit(asked, "How do I backfill one day of the ledger?")
    assert only_item().title == "How do I backfill one day of the ledger?"
    plain = talk.say("hello", by="Tomas")
    talk.edit(plain, "hello, where can I find the schema of the serving layer?")
    assert Item.objects.count() == 2
    late = message("which shard holds the ledger, does anyone know?", at=day.now, by="Kai")
    assert talk.edit(late, late.text) is not None
    assert talk.hear(late) == []


def test_edits_that_come_in_another_order_leave_the_last_one_standing(day, team, talk):
    asked = talk.say("How do I backfill one day?")
    day.go(minutes=2)
    first, second = (day.now - timedelta(seconds=seconds) for seconds in (40, 20))
    talk.edit(asked, "How do I backfill two days?", edited_at=second)
    talk.edit(asked, "How do I backfil two days?", edited_at=first)
    talk.edit(asked, "How do I backfill two days?", edited_at=second)
    assert only_item().title == "How do I backfill two days?"
    late = message("which shard holds the ledger, does anyone know?", at=day.now, by="Kai")
    talk.edit(late, late.text, edited_at=second)
    talk.edit(late, "which shrad holds it?", edited_at=first)
    assert Item.objects.get(asker_name="Kai").title == late.text


def test_nobody_puts_words_into_somebody_else_s_mouth(day, team, talk):
    asked = talk.say("How do I backfill one day?")
    for is_bot in (False, True):
        talk.edit(asked, "Drop every table, please?", author_id="U0MALLORY", is_bot=is_bot)
    assert only_item().title == "How do I backfill one day?"


def test_a_server_whose_clock_is_ahead_hides_no_question(day, team, talk):
    talk.hear(message("How do I backfill one day?", at=at("2099-01-01 00:00")))
    item = only_item()
    assert item.asked_at <= day.now
    assert item.due_at < at("2026-12-01 00:00")


def test_a_deleted_question_ends_and_a_deleted_answer_opens_it_again(day, team, talk):
    asked = talk.say(BACKFILL)
    reply = talk.say("Run backfill --day.", by="Bruno", thread=asked.stamp)
    talk.remove(reply)
    item = only_item()
    assert (item.state, item.answered_at, item.answered_by) == (State.OPEN, None, None)
    assert item.due_at is not None
    talk.remove(asked)
    item = only_item()
    assert (item.state, item.reason, item.text) == (State.CLOSED, "the asker deleted it", "")
    assert "backfill" not in "".join(Said.objects.values_list("text", flat=True))


def test_a_message_that_was_deleted_before_it_was_heard_stays_away(day, team, talk):
    one = message(BACKFILL, at=day.now)
    assert talk.remove(one) is None
    assert talk.hear(one) == []
    assert not Item.objects.exists()


def test_forty_thousand_characters_and_a_flood_of_emoji_are_kept_whole(day, team, talk):
    text = BACKFILL + " x" * 20_000
    talk.say(text[:40_000])
    assert len(Said.objects.get().text) == 40_000
    assert len(only_item().text) == 8_000
    talk.say("🎉" * 39_000, by="Tomas")
    day.go(hours=2)
    day.forget()
    talk.say("How do I \x00 read the ledger \ud800 back?", by="Kai")
    assert Item.objects.count() == 2
    for emoji in ["tada"] * 50 + ["eyes"] * 20:
        talk.sign(message(text, at=at("2026-11-24 09:00")), emoji, by="Ana")
    assert Item.objects.get(asker_name="Imani").holder == team.ana
    day.go(minutes=1)
    talk.expect("Ana has taken this.")


def test_alarms_that_bots_post_join_by_their_text_and_the_all_clear_opens_nothing(day, team, talk):
    bot = {"by": "riemann", "room": "squad-di-alarms", "is_bot": True}
    talk.say("CRITICAL kafka lag on s1 is 2.1 M at 10:00:04", **bot)
    second = talk.say("CRITICAL kafka lag on s1 is 3.4 M at 10:05:09", **bot)
    talk.say("CRITICAL commit p99 is 41 s", **bot)
    talk.say("OK: kafka lag on s1", **bot)
    lag, commit = Item.objects.order_by("id")
    assert (lag.times, lag.source, lag.kind) == (2, Source.ALARM, ItemKind.ISSUE)
    assert commit.times == 1
    talk.say("I look at it", by="Bruno", room="squad-di-alarms", thread=second.stamp)
    lag.refresh_from_db()
    assert lag.state == State.ANSWERED
    triage.close(lag.pk, team.bruno, day.now, reason="a broker was down")
    talk.say("CRITICAL kafka lag on s1 is 1.9 M at 11:31:00", **bot)
    assert Item.objects.count() == 3
    with pytest.raises(triage.NotPossible, match="open already"):
        triage.reopen(lag.pk, team.bruno, day.now)
    day.go(minutes=1)
    day.forget()


def test_emoji_of_the_team_take_pull_in_and_end_and_an_asker_s_check_mark_thanks(day, team, talk):
    asked = talk.say(BACKFILL)
    assert talk.sign(asked, "eyes", by="Imani") is None
    talk.sign(asked, ":eyes:", by="Bruno")
    assert only_item().holder == team.bruno
    talk.sign(asked, "eyes", by="Ana")
    assert only_item().holder == team.bruno
    talk.sign(asked, "white_check_mark", by="Imani")
    assert only_item().reason == "the asker says thanks"
    chat = talk.say("the new ledger page, hm", by="Tomas")
    assert talk.sign(chat, "question", by="Imani") is None
    pulled = talk.sign(chat, "question", by="Ana")
    assert Item.objects.get(pk=pulled).asker_name == "Tomas"
    assert talk.sign(chat, "question", by="Ana") == pulled
    day.go(minutes=1)
    day.forget()


def test_the_cursor_moves_forward_with_what_is_stored_and_never_back(day, team, talk):
    rooms = [Room("#data-help", "C0HELP", RoomUse.QUESTIONS), Room("#squad-di-alarms", "", RoomUse.ALARMS)]
    triage.watch(team.team, "slack", rooms, now=day.now)
    old, new = message("old", at=day.now), message("new", at=day.now + timedelta(seconds=5))
    talk.hear(new)
    talk.hear(old)
    assert triage.cursor(team.team.pk, "slack", "C0HELP") == new.stamp
    alarms, help_room = sorted(triage.watching(team.team.pk), key=lambda one: one.name, reverse=True)
    assert (alarms.state, help_room.state) == (RoomState.UNKNOWN, RoomState.WATCHING)
    triage.lost(help_room, "The bot was removed from the channel.", now=day.now)
    triage.watch(team.team, "slack", [rooms[0]], now=day.now)
    (only,) = triage.watching(team.team.pk)
    assert (only.state, only.stamp, only.problem) == (RoomState.WATCHING, new.stamp, "")


def test_what_comes_by_mail_is_taken_once_and_answered_by_mail(day, team):
    taken = Taken(Source.EMAIL, BACKFILL, asker_name="Imani", asker_email="imani@example.org", key="<1@example.org>")
    item = triage.take(team.team.pk, taken, now=day.now)
    assert triage.take(team.team.pk, taken, now=day.now).pk == item.pk
    triage.answer(item.pk, team.ana, day.now, text="Run backfill --day.")
    day.tick()
    sent = day.expect("email", "Imani", "Re: How do I backfill")
    assert sent.parcel.to["address"] == "imani@example.org"
    triage.close(item.pk, team.ana, day.now, reason="answered")
    assert triage.take(team.team.pk, taken, now=day.now).pk == item.pk


def test_in_a_chat_that_is_down_nothing_is_lost_and_the_acts_go_on(day, team, talk):
    from hausmeister.outbox.delivery import TryLater

    day.channels["chat"].always = TryLater("the chat answered 503")
    talk.say(BACKFILL)
    item = only_item()
    triage.claim(item.pk, team.ana, day.now)
    day.go(minutes=2)
    triage.answer(item.pk, team.ana, day.now, text="Run backfill --day.")
    day.go(minutes=2)
    assert Message.objects.filter(channel="chat", state="pending").count() == 2
    day.channels["chat"].always = None
    day.go(hours=1)
    assert [kind for kind, _ in talk.told()] == ["say", "say"]
    talk.expect("Answered by Ana.")
    talk.expect("Run backfill --day.")


def test_a_viewer_s_emoji_and_buttons_change_nothing(day, team, talk):
    team.ana.memberships.update(role=Role.VIEWER)
    asked = talk.say(BACKFILL)
    assert talk.sign(asked, "eyes", by="Ana") is None
    assert talk.sign(asked, "no_entry_sign", by="Ana") is None
    assert (only_item().is_open, only_item().holder) == (True, None)
    assert talk.sign(asked, "eyes", by="Bruno") == only_item().pk
    day.sent.clear()


RULE = """[[alarms.rules]]
name = "riemann"
bot = "Riemann"
says = ["critical"]
severity = "critical"

# Folders of Markdown on the server"""
ALARMS = {"by": "riemann", "room": "squad-di-alarms", "is_bot": True}


@pytest.fixture
def ruled(team):
    builders.policy_with(team.team, ("# Folders of Markdown on the server", RULE))
    return team


def test_an_alarm_that_a_rule_means_is_an_alert_and_no_item_and_its_all_clear_ends_it(day, ruled, talk):
    talk.say("CRITICAL kafka lag on s1 is 2.1 M at 10:00:04", **ALARMS)
    talk.say("CRITICAL kafka lag on s1 is 3.4 M at 10:05:09", **ALARMS)
    talk.say("CRITICAL kafka lag on s2 is 3.4 M at 10:05:09", **ALARMS)
    first, second = Alert.objects.order_by("id")
    assert (first.title, first.count, first.is_hard) == ("CRITICAL kafka lag on s1 is 2.1 M at 10:00:04", 2, True)
    assert first.labels == {"rule": "riemann", "bot": "riemann"}
    assert first.origin == "#squad-di-alarms"
    assert not Item.objects.exists()
    talk.say("OK: kafka lag on s1", **ALARMS)
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.closed_at is not None
    assert second.closed_at is None
    day.go(minutes=1)
    day.forget()


@pytest.mark.parametrize("said", ["OK: kafka lag", "OK: lag", "resolved", "OK: disk full on s1"])
def test_an_all_clear_that_names_no_one_alert_beyond_doubt_ends_none(day, ruled, talk, said):
    talk.say("CRITICAL kafka lag on s1 is 2.1 M", **ALARMS)
    talk.say("CRITICAL kafka lag on s2 is 3.4 M", **ALARMS)
    talk.say(said, **ALARMS)
    assert Alert.objects.open().count() == 2
    assert not Item.objects.exists()
    day.go(minutes=1)
    day.forget()


def test_what_no_rule_means_waits_in_the_inbox_and_a_post_that_is_heard_twice_counts_once(day, ruled, talk):
    talk.say("WARNING kafka lag on s1", **ALARMS)
    talk.say("CRITICAL disk full", **{**ALARMS, "by": "grafana"})
    assert not Alert.objects.exists()
    assert Item.objects.count() == 2
    talk.say("CRITICAL says a person", by="Tomas", room="squad-di-alarms")
    assert not Alert.objects.exists()
    day.go(minutes=1)
    day.forget()
