"""Earlier answers: offered quietly, judged by whoever asks or answers, and no clock ever stops for them."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from hausmeister.answers.models import Card
from hausmeister.triage import operations as triage
from hausmeister.triage.models import Verdict
from hausmeister.triage.operations.earlier import Earlier
from hausmeister.triage.rules.states import State
from hausmeister.triage.shapes import Candidate
from tests.harness import at
from tests.triage.talk import BACKFILL, only_item

FIRST = Candidate(
    "7", "Backfill a day", "Run backfill --day DATE.", "Very likely", "Bo in #data-help", "May", "https://chat.test/7"
)
SECOND = Candidate("9", "Re-run a shard", "Use rerun --shard.", "Perhaps", "docs, runbook", "October")


@dataclass
class Known:
    """Answers that are always the same, and what was learned."""

    answers: list[Candidate]
    learned: list[tuple[str, bool, str]] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    kept: list[tuple[str, str, str]] = field(default_factory=list)

    def suggest(self, team, text, *, now, most=3):
        return self.answers[:most]

    def note(self, team, text, *, by, where, at):
        self.noted.append(text)

    def keep(self, team, answered, *, now):
        self.kept.append((answered.title, answered.text, answered.author))

    def learn(self, team, card, asked, *, fits, by, now):
        self.learned.append((card, fits, by))


@pytest.fixture
def known(day) -> Known:
    day.pointer = Known([FIRST, SECOND])
    return day.pointer


def test_the_best_is_offered_with_its_source_and_age_and_the_clock_goes_on(day, team, talk, known):
    talk.say(BACKFILL)
    day.go(seconds=1)
    words = talk.expect("Very likely: Backfill a day")
    assert (words.quote, words.notes[0]) == ("Run backfill --day DATE.", "Bo in #data-help, May")
    assert [(one.act, one.value) for one in words.buttons] == [
        ("item.answered", "1:7".replace("1", str(only_item().pk))),
        ("item.not_this", f"{only_item().pk}:7"),
        ("item.still", f"{only_item().pk}:7"),
    ]
    assert only_item().due_at == at("2026-11-24 11:00")
    day.go_to(at("2026-11-24 10:31"))
    talk.expect("Due Tue 12:00")
    assert known.learned == []


def test_the_asker_says_that_it_answered_and_the_card_learns_it(day, team, talk, known):
    talk.say(BACKFILL)
    day.go(seconds=1)
    talk.expect("Very likely")
    said = talk.press("item.answered", f"{only_item().pk}:7")
    assert said == "Good. It is remembered for the next who asks."
    item = only_item()
    assert (item.state, item.reason, item.due_at) == (State.CLOSED, "this answered it", None)
    day.go(minutes=1)
    talk.expect("Answered by this.", kind="revise")
    assert known.learned == [("7", True, "Imani")]
    assert "closed already" in talk.press("item.not_this", f"{item.pk}:7")
    day.go(hours=30)
    day.expect_none()


@pytest.mark.parametrize("act", ["item.answered", "item.not_this", "item.still"])
def test_a_passer_by_does_not_judge_the_answer_to_somebody_else_and_the_team_does(day, team, talk, known, act):
    talk.say(BACKFILL)
    day.go(seconds=1)
    talk.expect("Very likely")
    value = f"{only_item().pk}:7"
    with pytest.raises(triage.NotPossible, match="Only who asked, or the team"):
        talk.press(act, value, by="Stranger")
    assert (only_item().is_open, known.learned) == (True, [])
    assert talk.press(act, value, by="Ana")
    day.sent.clear()


def test_not_this_offers_the_next_one_and_after_the_last_a_person(day, team, talk, known):
    talk.say(BACKFILL)
    day.go(seconds=1)
    talk.expect("Very likely")
    value = f"{only_item().pk}:"
    assert talk.press("item.not_this", value + "7") == "Here is another one."
    assert talk.press("item.not_this", value + "7") == "Here is another one."
    day.go(seconds=1)
    talk.expect("Perhaps: Re-run a shard", kind="revise")
    assert talk.press("item.not_this", value + "9") == "Somebody of the team will answer."
    day.go(seconds=1)
    talk.expect("Somebody of the team will answer.", kind="revise")
    assert known.learned == [("7", False, "Imani"), ("9", False, "Imani")]
    assert only_item().state == State.OPEN


def test_who_still_needs_a_person_says_nothing_of_the_card(day, team, talk, known):
    talk.say(BACKFILL)
    day.go(seconds=1)
    talk.press("item.still", f"{only_item().pk}:7")
    day.go(seconds=1)
    day.forget()
    assert not Verdict.objects.exists()
    assert only_item().offered == 2


def test_what_was_answered_meanwhile_or_asked_long_ago_gets_no_message(day, team, talk):
    asked = talk.say(BACKFILL)
    talk.say("Run backfill --day.", by="Bruno", thread=asked.stamp)
    talk.say("Where is the schema of the serving layer?", by="Tomas")
    day.go(hours=1)
    day.pointer = Known([FIRST])
    day.go(minutes=1)
    assert [kind for kind, _ in talk.told()] == []


def test_a_search_that_breaks_keeps_nobody_from_answering(day, team, talk):
    class Broken(Known):
        def suggest(self, team, text, *, now, most=3):
            raise ValueError("no index")

    day.allow_error("item.not_pointed")
    day.pointer = Broken([])
    talk.say(BACKFILL)
    day.go(seconds=1)
    assert only_item().candidates == []
    triage.claim(only_item().pk, team.ana, day.now)
    day.go(minutes=1)
    talk.expect("Ana has taken this.")


def test_buttons_of_strangers_and_of_things_that_are_gone_do_nothing(day, team, talk, known):
    talk.say(BACKFILL)
    item = only_item()
    for act, value in (
        ("item.claim", str(item.pk)), ("item.kind", f"{item.pk}:issue"), ("item.answered", str(item.pk + 9)),
        ("item.claim", "9" * 30), ("item.claim", ""), ("item.explode", str(item.pk)),
    ):  # fmt: skip
        with pytest.raises(triage.TriageRefused):
            talk.press(act, value, by="Tomas")
    assert talk.press("item.kind", f"{item.pk}:incident", by="Ana") == "It is a incident now."
    assert talk.press("item.claim", str(item.pk), by="Ana") == "You have it."
    with pytest.raises(triage.TriageRefused, match="no kind"):
        talk.press("item.kind", f"{item.pk}:nonsense", by="Ana")
    with pytest.raises(triage.AlreadyTaken):
        talk.press("item.claim", str(item.pk), by="Bruno")
    day.go(minutes=1)
    day.forget()
    assert only_item().opened_at + timedelta(hours=1) == only_item().due_at


def test_what_thanked_for_is_kept_as_an_answer_once_and_the_next_asker_is_pointed_to_it(day, team, talk):
    """With the real answers room: asked, answered, thanked, asked again by somebody else."""
    day.pointer = Earlier()
    asked = talk.say(BACKFILL)
    talk.say("Run backfill --day DATE --dataset contracts on the bastion.", by="Bruno", thread=asked.stamp)
    talk.say("thanks, that worked!", thread=asked.stamp)
    day.go(minutes=10)
    card = Card.objects.get()
    assert (card.title, card.by) == (BACKFILL, "Bruno")
    assert "on the bastion" in card.text
    talk.say("Hello, how can I backfill one day of the contracts dataset?", by="Tomas")
    day.go(seconds=2)
    words = talk.expect("Run backfill --day DATE")
    value = words.buttons[0].value
    talk.press("item.answered", value, by="Tomas")
    day.go(minutes=1)
    assert Card.objects.count() == 1
    assert card.askings.count() == 2
    day.forget()
