"""A question from a client's first word to its end, and what nobody must be bothered with."""

import pytest

from hausmeister.triage import operations as triage
from hausmeister.triage.models import Item
from hausmeister.triage.operations import AlreadyTaken
from hausmeister.triage.rules.states import ItemKind, State
from tests.harness import at
from tests.triage.talk import BACKFILL, only_item


def test_a_question_is_claimed_answered_and_thanked_and_the_thread_is_told_once(day, team, talk):
    asked = talk.say(f"Hi team! {BACKFILL}")
    item = only_item()
    assert (item.state, item.kind, item.is_unsure) == (State.OPEN, ItemKind.QUESTION, False)
    assert item.due_at == at("2026-11-24 11:00")

    triage.claim(item.pk, team.ana, day.now)
    day.go(minutes=1)
    assert talk.expect("Ana has taken this.").headline == "Ana has taken this."
    day.expect_none()

    triage.answer(item.pk, team.ana, day.now, text="Run `backfill --day 2026-11-23`.")
    day.go(minutes=1)
    talk.expect("Ana answers: | Run `backfill --day 2026-11-23`.")
    talk.expect("Answered by Ana.", kind="revise")

    talk.say("thanks a lot!", thread=asked.stamp)
    day.go(hours=30)
    talk.expect("Closed.", kind="revise")
    item.refresh_from_db()
    assert (item.state, item.reason) == (State.CLOSED, "the asker says thanks")


def test_two_people_take_one_item_and_the_second_reads_who_was_first(day, team, talk):
    talk.say(BACKFILL)
    item = only_item()
    triage.claim(item.pk, team.bruno, day.now)
    with pytest.raises(AlreadyTaken, match="Bruno took this a moment before you"):
        triage.claim(item.pk, team.ana, day.now)
    assert triage.claim(item.pk, team.bruno, day.now).holder == team.bruno
    day.tick()
    triage.undo(item.pk, team.bruno, day.now)
    day.go(minutes=1)
    day.expect_none()


def test_the_holder_is_reminded_before_the_promise_breaks_and_the_backstop_hears_after_it_each_once(day, team, talk):
    talk.say(BACKFILL)
    triage.claim(only_item().pk, team.ana, day.now)
    day.go_to(at("2026-11-24 10:29"))
    talk.expect("Ana has taken this.")
    day.expect_none()
    day.go_to(at("2026-11-24 10:31"))
    assert talk.expect("Due Tue 12:00").buttons == ()
    day.expect_none()
    day.go_to(at("2026-11-24 11:01"))
    assert talk.expect("Late:").buttons[0].act == "item.claim"
    day.go(hours=48)
    day.expect_none()


def test_a_question_of_friday_evening_waits_unseen_until_the_next_hausmeister(day, team, talk):
    day.go_to(at("2026-11-27 16:30"))  # Friday 17:30 in Berlin: working hours, but the weekend's duty has begun
    talk.say(BACKFILL)
    day.go_to(at("2026-11-30 09:59"))  # Monday 10:59: working hours again, the weekend's duty not yet over
    day.expect_none()
    assert only_item().due_at == at("2026-11-30 12:00")
    day.go_to(at("2026-11-30 11:31"))
    talk.expect("Due Mon 13:00")


def test_what_needs_nobody_opens_nothing(day, team, talk):
    talk.say("good morning everyone")
    talk.say("deployed the new version of the commit service")
    talk.say(BACKFILL, room="random")
    talk.say("Build 412 failed", by="buildbot", is_bot=True)
    assert not Item.objects.exists()


def test_an_answer_that_nobody_comes_back_to_closes_by_itself_and_a_late_word_opens_it(day, team, talk):
    asked = talk.say(BACKFILL)
    talk.say("Run backfill --day.", by="Ana", thread=asked.stamp)
    day.go(days=6)
    assert only_item().state == State.ANSWERED
    day.go(days=2)
    assert (only_item().state, only_item().reason) == (State.CLOSED, "nobody asked again")
    day.expect_none()
    talk.say("it still does not work for the ledger", thread=asked.stamp)
    assert only_item().state == State.OPEN
    day.go(minutes=1)
    day.expect_none()
