"""A document for a question that keeps coming is offered by one tap, once, and followed to its end."""

import pytest

from hausmeister.answers import operations
from hausmeister.answers.models import PullRequest, Recurring
from hausmeister.answers.operations import offering
from hausmeister.answers.operations.offering import NotOffered, Paper
from hausmeister.answers.sending import Following, PullSender
from hausmeister.base.far_side import json_reply
from hausmeister.connectors.github.pulls import GitHubPulls
from hausmeister.issues.models import Issue
from hausmeister.issues.sending import TrackerSender
from hausmeister.team.operations import as_actor
from tests.builders import policy_with
from tests.issues import stage as stages
from tests.issues.stage import TOKEN

PAPER = Paper("How do I restore a dropped table?", "# How do I restore a dropped table?\n\nUse `UNDROP`, says @bo.\n")
ASKED = ("How do I restore a dropped table?", "I dropped a table, can I restore it", "restoring a dropped table")


@pytest.fixture
def stage(world, trio, settings):
    with stages.stage(world, trio, settings) as found:
        pulls = GitHubPulls(found.tracker)
        world.engine._dispatcher._senders["github"] = TrackerSender(found.tracker, {offering.KIND: PullSender(pulls)})
        found.following = Following({"github": pulls})
        yield found


@pytest.fixture
def question(world, trio):
    for text, by in zip(ASKED, ("ana", "bo", "carla"), strict=True):
        operations.note_asking(trio.team, text, by=by, at=world.now)
    operations.tend_recurring(world.now)
    return Recurring.objects.get()


def offer(stage, question, paper=PAPER):
    return offering.offer(question.pk, paper, by=as_actor(stage.trio.ana), now=stage.world.now)


def test_the_document_is_on_a_branch_of_its_own_in_the_folder_and_its_link_comes_back(world, stage, question):
    pull = offer(stage, question)
    question.refresh_from_db()
    assert (question.state, question.link) == ("written", "")
    world.tick()
    (said,) = stage.take_delivered()
    assert said.json["head"] == pull.branch
    assert "Offered by Ana" in said.json["body"]
    assert stage.github.branches[pull.branch][f"docs/questions/how-do-i-restore-a-dropped-table-{question.pk}.md"] == (
        PAPER.text
    )
    assert list(stage.github.branches["main"]) == ["README.md"]
    question.refresh_from_db()
    pull.refresh_from_db()
    assert (pull.state, question.link) == ("open", "https://github.example/nubank/itaipu/pull/1")


def test_two_people_at_once_offer_one_document(world, stage, question):
    offer(stage, question)
    with pytest.raises(NotOffered, match="a moment before you"):
        offer(stage, question)
    with pytest.raises(NotOffered, match="a moment before you"):
        offering.make_issue(
            question.pk, PAPER, person=stage.trio.bruno, by=as_actor(stage.trio.bruno), now=stage.world.now
        )
    world.tick()
    assert len(stage.take_delivered()) == 1
    assert Issue.objects.count() == 0


@pytest.mark.parametrize("lost_after", [0, 1, 2, 3, 4, 5, 6])
def test_whichever_call_the_line_breaks_in_there_is_one_pull_request(world, stage, question, lost_after):
    played = iter(range(99))
    stage.github.is_played_with = lambda _received: next(played) == lost_after
    stage.github.reset(takes=True)
    offer(stage, question)
    world.go(minutes=3)
    assert len(stage.github.pulls) == 1
    assert len(stage.github.branches) == 2
    assert PullRequest.objects.get().state == "open"
    assert len(stage.take_delivered()) == 1


def test_a_revoked_token_is_said_where_the_button_was_and_nothing_is_lost(world, stage, question):
    stage.github.token = "another"
    offer(stage, question)
    world.tick()
    pull = PullRequest.objects.get()
    assert (pull.state, pull.problem[:16]) == ("asked", "GitHub says 401:")
    stage.github.token = TOKEN
    world.go(minutes=11)
    stage.following.run(world.now)
    world.tick()
    assert PullRequest.objects.get().state == "open"
    assert len(stage.take_delivered()) == 1


def test_what_is_not_open_yet_can_be_taken_back(world, stage, question):
    stage.github.fail(503)
    offer(stage, question)
    world.tick()
    offering.take_back(question.pk, by=as_actor(stage.trio.ana), now=world.now)
    world.go(minutes=30)
    stage.following.run(world.now)
    world.tick()
    question.refresh_from_db()
    assert (question.state, PullRequest.objects.get().state) == ("proposed", "taken back")
    assert stage.github.pulls == {}
    with pytest.raises(NotOffered, match="nothing to take back"):
        offering.take_back(question.pk, by=as_actor(stage.trio.ana), now=world.now)


def test_a_merged_one_is_done_and_one_closed_without_that_calls_for_a_document_again(world, stage, question):
    offer(stage, question)
    world.tick()
    stage.take_delivered()
    stage.github.pulls[1].state = "closed"
    stage.following.run(world.now)
    assert PullRequest.objects.get().state == "open"
    world.go(minutes=11)
    stage.following.run(world.now)
    question.refresh_from_db()
    assert (question.state, question.link, PullRequest.objects.get().state) == ("proposed", "", "closed")
    offer(stage, question)
    world.tick()
    stage.take_delivered()
    stage.github.pulls[2].state, stage.github.pulls[2].merged_at = "closed", "2026-11-24T10:00:00Z"
    assert stage.hook(stage.github.pull_event(2, "closed"), kind="pull_request").json() == {"result": "taken"}
    question.refresh_from_db()
    assert (question.state, question.pulls.get(number=2).state) == ("written", "merged")
    assert stage.hook(stage.github.pull_event(1, "closed"), kind="pull_request").json() == {"result": "taken"}
    question.refresh_from_db()
    assert question.state == "written"


def test_the_pull_request_of_somebody_else_is_ignored(world, stage, question):
    event = {"pull_request": {"number": 9, "html_url": "x", "state": "open"}, "repository": {"full_name": "a/b"}}
    assert stage.hook(event, kind="pull_request").json() == {"result": "ignored"}
    assert stage.hook({"pull_request": 3}, kind="pull_request").json() == {"result": "ignored"}


def test_a_tracker_that_does_not_answer_is_asked_again_later(world, stage, question):
    offer(stage, question)
    world.tick()
    stage.take_delivered()
    world.go(minutes=11)
    stage.github.fail(502)
    stage.following.run(world.now)
    assert stage.following.run(world.now) == 0
    assert PullRequest.objects.get().state == "open"


def test_an_issue_is_made_instead_and_calls_nobody_there(world, stage, question):
    number = offering.make_issue(
        question.pk, PAPER, person=stage.trio.ana, by=as_actor(stage.trio.ana), now=world.now
    )  # fmt: skip
    world.tick()
    (said,) = stage.take_delivered()
    assert "@\u200bbo" in said.json["body"]
    question.refresh_from_db()
    assert question.link.endswith(f"/issues/{number}")
    assert Issue.objects.get().links.get().path == f"/triage/recurring/{question.pk}"


@pytest.mark.parametrize(
    ("paper", "says"),
    [
        (Paper(" ", "x"), "a title and a text"),
        (Paper("x", " \n "), "a title and a text"),
        (Paper("x", "y" * 60_001), "longer than 60000"),
    ],
)
def test_an_empty_or_endless_document_is_refused(stage, question, paper, says):
    with pytest.raises(NotOffered, match=says):
        offer(stage, question, paper)
    assert PullRequest.objects.count() == 0


def test_without_a_tracker_nothing_is_offered(stage, question, settings):
    settings.HAUSMEISTER_TRACKERS = ()
    with pytest.raises(NotOffered, match="No tracker is set up"):
        offer(stage, question)
    assert Recurring.objects.get().state == "proposed"


def test_the_policy_names_another_repository_and_folder(world, trio, stage, question):
    policy_with(
        trio.team, ('docs_repository = "" ', 'docs_repository = "nubank/docs" '), ('"docs/questions"', '"/handbook/"')
    )
    pull = offer(stage, question, Paper("Über größe?", "x"))
    assert (pull.repository, pull.path) == ("nubank/docs", f"handbook/uber-groe-{question.pk}.md")
    world.tick()
    assert "404" in PullRequest.objects.get().problem
    offering.take_back(question.pk, by=as_actor(trio.ana), now=world.now)


def test_what_github_says_without_sense_is_met_again(world, stage, question):
    offer(stage, question)
    stage.github.play(json_reply(200, {"message": "moved"}))
    world.tick()
    assert "not as GitHub does" in PullRequest.objects.get().problem
    world.go(minutes=2)
    assert PullRequest.objects.get().problem == ""
    assert len(stage.take_delivered()) == 1
