"""What keeps coming is told to whoever is on duty, once, with the tap that drafts its document (H9)."""

import pytest

from hausmeister.answers import operations
from hausmeister.answers.models import PullRequest, Recurring
from hausmeister.chat import recurring
from hausmeister.chat.acts import table as acts
from hausmeister.chat.models import Told
from hausmeister.chat.shapes import Asked, Member
from hausmeister.outbox.chat import Place, Words
from hausmeister.team.rules import Channel
from tests import builders, harness
from tests.harness import at

ASKED = ("How do I restore a dropped table?", "I dropped a table, can I restore it", "restoring a dropped table")


@pytest.fixture
def day(db):
    with harness.world(at("2026-11-24 09:00")) as told:
        yield told


@pytest.fixture
def team(day, settings):
    settings.HAUSMEISTER_CHAT, settings.HAUSMEISTER_CHAT_HEARS = "slack", True
    built = builders.trio()
    builders.method(built.ana, Channel.SLACK, "U0ANA")
    return built


def keeps_coming(day, team):
    for said, by in zip(ASKED, ("imani", "bo", "carl"), strict=True):
        operations.note_asking(team.team, said, by=by, at=day.now, where="https://chat.test/1")
    operations.tend_recurring(day.now)
    return Recurring.objects.get()


def told(day):
    return [Words.of(one.parcel.facts) for one in day.sent if one.channel == "chat"]


def press(day, value, *, member="U0ANA"):
    return acts.press(recurring.DRAFT, Asked(Member("slack", member), Place(member), "k1", day.now, value=value))


def test_the_third_asking_is_told_once_whatever_joins_it_later(day, team):
    question = keeps_coming(day, team)
    day.go(minutes=6)
    (words,) = told(day)
    assert words.headline == "This keeps coming: How do I restore a dropped table?"
    assert "asked 3 times" in words.paragraphs[0]
    assert words.links[0].url.endswith(f"/triage/recurring/{question.pk}")
    operations.note_asking(team.team, "Can a dropped table be restored?", by="dora", at=day.now, where="")
    operations.tend_recurring(day.now)
    operations.relink_all(day.now)
    day.go(hours=2)
    assert len(told(day)) == 1
    day.forget()


def test_out_of_hours_nobody_is_told_until_questions_are_taken_again(day, team):
    day.go_to(at("2026-11-24 22:00"))
    keeps_coming(day, team)
    day.go(minutes=30)
    mine = Told.objects.filter(what__startswith="recurring ")
    assert not mine.exists()
    day.go_to(at("2026-11-25 10:00"))
    day.go(minutes=1)
    assert mine.count() == len(day.sent) == 1
    day.forget()


def test_who_is_not_in_the_chat_gets_a_letter(day, team, settings):
    settings.HAUSMEISTER_CHAT = ""
    keeps_coming(day, team)
    day.go(minutes=6)
    assert day.expect("email", title="This keeps coming")


def test_what_was_dismissed_before_anybody_was_told_is_told_to_nobody(day, team):
    question = keeps_coming(day, team)
    operations.dismiss(question, by=builders.CONSOLE, now=day.now)
    day.go(minutes=10)
    assert not told(day)


def test_the_tap_offers_the_drafted_document_once(day, team, settings):
    settings.HAUSMEISTER_TRACKERS = ("github",)
    question = keeps_coming(day, team)
    answer = press(day, str(question.pk))
    assert "on its way to nubank/itaipu" in answer.words.headline
    assert PullRequest.objects.get().title == "How do I restore a dropped table?"
    again = press(day, str(question.pk))
    assert (again.is_problem, "a moment before you" in again.words.headline) == (True, True)
    assert PullRequest.objects.count() == 1


@pytest.mark.parametrize("value", ["", "x", "9" * 30, "-1", "0"])
def test_a_tap_on_what_is_not_there_says_so(day, team, value):
    assert "not there any more" in press(day, value).words.headline


def test_whoever_is_of_no_team_may_not(day, team):
    other = builders.person("Eve", email="eve@example.org", zone="Europe/Berlin")
    builders.method(other, Channel.SLACK, "U0EVE")
    assert press(day, str(keeps_coming(day, team).pk), member="U0EVE").is_problem
    day.go(minutes=6)
    day.forget()
