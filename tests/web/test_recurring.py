"""What keeps coming, on the screens: the draft is read, put right, and offered by one tap."""

import pytest

from hausmeister.answers import operations
from hausmeister.answers.models import PullRequest, Recurring
from hausmeister.issues.models import Issue
from tests import builders
from tests.web.test_triage import browser, text

ASKED = ("How do I restore a dropped table?", "I dropped a table, can I restore it", "restoring a <b>dropped</b> table")


@pytest.fixture
def question(world, trio):
    for said, by in zip(ASKED, ("ana", "bo", "carla"), strict=True):
        operations.note_asking(trio.team, said, by=by, at=world.now, where="https://chat.example.org/1")
    operations.tend_recurring(world.now)
    return Recurring.objects.get()


@pytest.fixture
def ana(trio):
    return browser(trio.ana)


def test_triage_says_that_something_keeps_coming_and_leads_to_the_draft(world, trio, question, ana):
    assert "1 question keeps coming and calls for a document." in text(ana.get("/triage"))
    assert "asked 3 times" in text(ana.get("/triage/recurring"))
    shown = text(ana.get(f"/triage/recurring/{question.pk}"))
    assert "# How do I restore a dropped table?" in shown
    assert "restoring a &lt;b&gt;dropped" in shown
    assert "<b>dropped" not in shown
    assert "Make an issue of it" in shown
    assert "for review" not in shown


def test_it_is_offered_as_it_was_put_right_and_a_second_tap_offers_nothing(world, trio, question, ana, settings):
    settings.HAUSMEISTER_TRACKERS = ("github",)
    assert "Offer it to nubank/itaipu for review" in text(ana.get(f"/triage/recurring/{question.pk}"))
    paper = {"title": "Undrop", "text": "Use UNDROP.", "as": "pull"}
    answer = ana.post(f"/triage/recurring/{question.pk}/offer", paper, follow=True)
    assert "on its way to nubank/itaipu" in text(answer)
    assert "Take it back" in text(answer)
    assert PullRequest.objects.get().text == "Use UNDROP.\n"
    again = browser(trio.bruno).post(f"/triage/recurring/{question.pk}/offer", {**paper, "text": "Use BACKUP."})
    assert again.status_code == 422
    assert "a moment before you" in text(again)
    assert "Use BACKUP." in text(again)
    assert PullRequest.objects.count() == 1
    assert "Taken back" in text(ana.post(f"/triage/recurring/{question.pk}/take-back", follow=True))
    assert "nothing to take back" in text(ana.post(f"/triage/recurring/{question.pk}/take-back", follow=True))
    world.tick()


def test_what_cannot_be_offered_keeps_what_was_typed(trio, question, ana):
    answer = ana.post(f"/triage/recurring/{question.pk}/offer", {"title": "Undrop", "text": "Use UNDROP."})
    assert answer.status_code == 422
    assert "No tracker is set up" in text(answer)
    assert "Use UNDROP." in text(answer)


def test_an_issue_is_made_of_it_and_leads_back(world, trio, question, ana):
    paper = {"title": "Undrop", "text": "Use UNDROP.", "as": "issue"}
    shown = text(ana.post(f"/triage/recurring/{question.pk}/offer", paper, follow=True))
    issue = Issue.objects.get()
    assert f"/issues/{issue.pk}" in shown
    assert "Asked 3 times" in issue.why
    assert f"/triage/recurring/{question.pk}" in text(ana.get(f"/issues/{issue.pk}"))
    assert "keeps coming" not in text(ana.get("/triage"))


def test_not_the_same_and_no_document_needed(world, trio, question, ana):
    asking = question.askings.first()
    ana.post(f"/triage/recurring/{question.pk}/split", {"asking": asking.pk})
    assert question.askings.count() == 2
    assert ana.post(f"/triage/recurring/{question.pk}/split", {"asking": asking.pk}).status_code == 404
    assert ana.post(f"/triage/recurring/{question.pk}/split", {"asking": "x"}).status_code == 404
    ana.post(f"/triage/recurring/{question.pk}/dismiss")
    question.refresh_from_db()
    assert question.state == "dismissed"
    assert "look again" in text(ana.post(f"/triage/recurring/{question.pk}/dismiss", follow=True))


def test_who_may_not_see_the_inbox_sees_none_of_it(world, trio, question):
    other = builders.trio(slug="streaming")
    assert browser(other.carla).get(f"/triage/recurring/{question.pk}").status_code == 404
    assert browser(other.carla).post(f"/triage/recurring/{question.pk}/dismiss").status_code == 404
    assert "How do I restore" not in text(browser(other.carla).get("/triage/recurring"))
    question.state = "open"
    question.save()
    assert browser(trio.ana).get(f"/triage/recurring/{question.pk}").status_code == 404
