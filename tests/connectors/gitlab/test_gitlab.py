"""GitLab as the second tracker: the same stories, in its words."""

import json
from datetime import timedelta

import pytest
from django.test import Client as Browser

from hausmeister.answers.models import PullRequest, Recurring
from hausmeister.answers.operations import offering
from hausmeister.answers.operations.offering import Paper
from hausmeister.answers.sending import Following, PullSender
from hausmeister.base import database
from hausmeister.base.outgoing import Client
from hausmeister.base.priority import Priority
from hausmeister.connectors.gitlab.api import LIMITS, GitLab
from hausmeister.connectors.gitlab.fake import FakeGitLab
from hausmeister.connectors.gitlab.merges import GitLabMerges
from hausmeister.issues import queries
from hausmeister.issues.models import Delivery, Feed, Issue
from hausmeister.issues.operations import working
from hausmeister.issues.operations.working import Wish
from hausmeister.issues.polling import Poll
from hausmeister.issues.sending import TrackerSender
from hausmeister.outbox.delivery import Refused
from hausmeister.team.operations import as_actor
from hausmeister.team.queries import policy_of
from tests.builders import policy_with

PROJECT, TOKEN, SECRET = "data/infra/itaipu", "glpat-local", "a-secret-for-webhooks-1234"


@pytest.fixture
def gitlab(world, trio, settings):
    settings.HAUSMEISTER_TRACKERS = ("gitlab",)
    settings.HAUSMEISTER_GITLAB_WEBHOOK_SECRET = SECRET
    policy_with(
        trio.team,
        ('kind = "github" ', 'kind = "gitlab" '),
        ('repository = "nubank/itaipu"', f'repository = "{PROJECT}"'),
    )
    with FakeGitLab(token=TOKEN, project=PROJECT, now=lambda: world.now.replace(microsecond=0)) as far:
        far.tracker = GitLab(Client(limits=LIMITS), url=far.url, token=TOKEN)
        far.merging = GitLabMerges(far.tracker)
        world.engine._dispatcher._senders["gitlab"] = TrackerSender(
            far.tracker, {offering.KIND: PullSender(far.merging)}
        )
        far.poll = Poll({"gitlab": far.tracker}, begin=database.at_once)
        yield far


def make(world, trio, **more):
    wish = Wish("Commit service retries", more.pop("text", "For ever."), Priority.P2, why="x", **more)
    made = working.open_issue(trio.team, wish, by=as_actor(trio.ana), person=trio.ana, now=world.now)
    world.tick()
    return Issue.objects.get(pk=made.pk)


def hook(event, *, token=SECRET, kind="Issue Hook"):
    headers = {"X-Gitlab-Token": token, "X-Gitlab-Event": kind, "X-Gitlab-Event-UUID": "u"}
    return Browser().post("/in/gitlab", json.dumps(event), content_type="application/json", headers=headers)


def test_made_here_changed_there_and_back(world, trio, gitlab):
    issue = make(world, trio, areas=("commits",))
    assert gitlab.issues[1].labels == ["bug", "data-infra", "P2", "commits"]
    gitlab.delivered.clear()
    world.now += timedelta(minutes=1)
    gitlab.change(1, title="Renamed", labels=["bug", "data-infra", "P1"])
    assert hook(gitlab.event(1, "update")).json() == {"result": "taken"}
    assert hook(gitlab.event(1, "update")).json() == {"result": "repeated"}
    issue.refresh_from_db()
    assert (issue.title, issue.rank, issue.areas) == ("Renamed", Priority.P1, [])
    working.close(issue.pk, reason="mended", by=as_actor(trio.ana), now=world.now)
    world.tick()
    assert gitlab.issues[1].state == "closed"
    assert gitlab.delivered.pop().json == {"state_event": "close"}
    world.now += timedelta(minutes=1)
    gitlab.change(1, state="opened")
    gitlab.poll.run(world.now)
    gitlab.poll.run(world.now)
    issue.refresh_from_db()
    assert issue.is_open


def test_a_call_without_the_secret_leaves_nothing(world, trio, gitlab, settings):
    make(world, trio)
    gitlab.delivered.clear()
    assert hook(gitlab.event(1, "close"), token="x").status_code == 401
    assert Delivery.objects.count() == 0
    settings.HAUSMEISTER_GITLAB_WEBHOOK_SECRET = ""
    assert hook(gitlab.event(1, "close")).status_code == 404


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"object_kind": "push"},
        {"object_kind": "issue"},
        {"object_kind": "note", "issue": {"iid": "x"}},
        {"user": 1},
    ],
)
def test_what_does_not_concern_us_is_ignored(world, trio, gitlab, event):
    assert hook(event).json() == {"result": "ignored"}


def test_a_comment_there_is_in_the_timeline_here_and_system_notes_are_not(world, trio, gitlab):
    make(world, trio)
    gitlab.delivered.clear()
    event = {
        "object_kind": "note", "user": {"username": "dana"}, "project": {"path_with_namespace": PROJECT},
        "issue": {"iid": 1}, "object_attributes": {"note": "Seen before.", "system": False},
    }  # fmt: skip
    assert hook(event, kind="Note Hook").json() == {"result": "taken"}
    event["object_attributes"] = {"note": "changed title", "system": True}
    assert hook(event, kind="Note Hook").json() == {"result": "ignored"}


def test_an_unknown_outcome_makes_no_second_issue(world, trio, gitlab):
    gitlab.page = 1
    gitlab.reset(takes=True)
    issue = make(world, trio)
    world.go(minutes=1)
    assert list(gitlab.issues) == [1]
    issue.mirror.refresh_from_db()
    assert issue.mirror.number == 1
    gitlab.delivered.clear()


def test_a_revoked_token_is_said_in_words_and_the_check_says_who_we_are(world, trio, gitlab):
    assert gitlab.tracker.check() == "GitLab knows us as hausmeister-bot"
    gitlab.token = "another"
    gitlab.poll.run(world.now)
    assert Feed.objects.get().failing_why.startswith("GitLab says 401: it does not know our token")
    with pytest.raises(Refused, match="401"):
        gitlab.tracker.check()


def test_its_own_list_is_the_handbook_s_query(world, trio, gitlab):
    address = queries.tracker_query(policy_of(trio.team.pk))
    assert address == (
        "https://gitlab.com/data/infra/itaipu/-/issues?state=opened&label_name[]=bug&label_name[]=data-infra"
    )


# ---- documents for review ----


def offer(world, trio):
    question = Recurring.objects.create(team=trio.team, state="proposed", created_at=world.now, proposed_at=world.now)
    offering.offer(question.pk, Paper("Undrop", "Use UNDROP."), by=as_actor(trio.ana), now=world.now)
    return question


def test_a_document_is_offered_as_a_merge_request_and_followed_by_its_webhook(world, trio, gitlab):
    question = offer(world, trio)
    world.tick()
    pull = PullRequest.objects.get()
    assert gitlab.branches[pull.branch][f"docs/questions/undrop-{question.pk}.md"] == "Use UNDROP.\n"
    assert (pull.state, pull.url, pull.word) == ("open", f"https://gitlab.example/{PROJECT}/-/merge_requests/1",
                                                 "merge request")  # fmt: skip
    gitlab.delivered.clear()
    gitlab.merges[1]["state"] = "merged"
    assert hook(gitlab.merge_event(1), kind="Merge Request Hook").json() == {"result": "taken"}
    assert PullRequest.objects.get().state == "merged"
    assert hook({"object_kind": "merge_request"}, kind="Merge Request Hook").json() == {"result": "ignored"}


@pytest.mark.parametrize("lost_after", [0, 1, 2, 3, 4])
def test_whichever_call_the_line_breaks_in_there_is_one_merge_request(world, trio, gitlab, lost_after):
    played = iter(range(99))
    gitlab.is_played_with = lambda _received: next(played) == lost_after
    gitlab.reset(takes=True)
    offer(world, trio)
    world.go(minutes=3)
    assert (len(gitlab.merges), len(gitlab.branches)) == (1, 2)
    gitlab.delivered.clear()


def test_a_merge_request_that_was_closed_or_is_gone_calls_for_a_document_again(world, trio, gitlab):
    question = offer(world, trio)
    world.tick()
    gitlab.delivered.clear()
    del gitlab.merges[1]
    world.go(minutes=11)
    Following({"gitlab": gitlab.merging}).run(world.now)
    question.refresh_from_db()
    assert (question.state, question.pulls.get().state) == ("proposed", "closed")


@pytest.mark.parametrize("kind", ["issue", "note", "merge_request"])
@pytest.mark.parametrize(
    ("number", "place", "at"),
    [
        (10**30, "nubank/itaipu", "2026-11-24T09:00:00Z"),
        (True, "nubank/itaipu", "2026-11-24T09:00:00Z"),
        (1, "nubank/\u0000", "2026-11-24T09:00:00Z"),
        (1, "nubank/itaipu", "0001-01-01 00:00:00 UTC"),
    ],
)
def test_a_call_that_no_gitlab_makes_changes_nothing_and_breaks_nothing(world, trio, settings, kind, number, place, at):
    settings.HAUSMEISTER_GITLAB_WEBHOOK_SECRET = "a-secret-for-webhooks-1234"
    of = {"iid": number, "title": "x", "created_at": at, "updated_at": at, "state": "opened", "note": "x", "url": "u"}
    body = {"object_kind": kind, "object_attributes": of, "issue": of, "project": {"path_with_namespace": place}}
    answer = Browser().post(
        "/in/gitlab", json.dumps(body), content_type="application/json",
        headers={"X-Gitlab-Token": "a-secret-for-webhooks-1234"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()) == (200, {"result": "ignored"})
