"""GitHub as somebody else built it, end to end: made here, changed there, and back by webhook and by asking."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from hausmeister.answers.models import PullRequest, Recurring
from hausmeister.answers.operations import offering
from hausmeister.answers.operations.offering import Paper
from hausmeister.answers.sending import Following, PullSender
from hausmeister.base import database
from hausmeister.base.far_side import FarSide
from hausmeister.base.outgoing import Client
from hausmeister.base.priority import Priority
from hausmeister.connectors.github.api import LIMITS, GitHub
from hausmeister.connectors.github.pulls import GitHubPulls
from hausmeister.issues.models import Feed, Issue
from hausmeister.issues.operations import working
from hausmeister.issues.polling import Poll
from hausmeister.issues.sending import TrackerSender
from hausmeister.team.operations import as_actor
from tests.counterparts import emulate
from tests.issues.stage import REPOSITORY, SECRET, TOKEN, Stage

pytestmark = [pytest.mark.counterpart("emulate"), pytest.mark.slow]

SEED = {
    "tokens": {TOKEN: {"login": "nubank", "scopes": ["repo", "admin:repo_hook"]}},
    "github": {
        "users": [{"login": "nubank", "name": "Nubank"}],
        "repos": [{"owner": "nubank", "name": "itaipu", "description": "x"}],
    },
}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with emulate.github(tmp_path_factory.mktemp("emulate"), seed=SEED) as found:
        yield found


def person(url, method, path, body=None):
    """Do what a person does there; return the answer."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    raw = json.dumps(body).encode() if body is not None else b""
    answer = Client().request(method, f"{url}/repos/{REPOSITORY}{path}", headers=headers, body=raw)
    assert answer.status < 300, (answer.status, answer.body)
    return json.loads(answer.body) if answer.body else None


def test_made_here_edited_there_and_back(url, world, trio, settings):
    settings.HAUSMEISTER_TRACKERS = ("github",)
    settings.HAUSMEISTER_GITHUB_WEBHOOK_SECRET = SECRET
    # the far side keeps its own time: ours must be the same
    world.now = datetime.now(UTC)
    tracker = GitHub(Client(limits=LIMITS), url=url, token=TOKEN)
    world.engine._dispatcher._senders["github"] = TrackerSender(tracker)
    with FarSide() as listener:
        config = {"url": f"{listener.url}/in/github", "content_type": "json", "secret": SECRET}
        person(url, "POST", "/hooks", {"config": config, "events": ["issues", "issue_comment"]})
        stage = Stage(world, trio, None, tracker, Poll({"github": tracker}, begin=database.at_once))
        issue = stage.make("Commit service retries", text="For ever.", priority=Priority.P2, areas=("commits",))
        number = Issue.objects.get().mirror.number
        there = person(url, "GET", f"/issues/{number}")
        assert {label["name"] for label in there["labels"]} == {"bug", "data-infra", "P2", "commits"}
        assert there["body"].startswith("For ever.")

        person(url, "PATCH", f"/issues/{number}", {"title": "Renamed", "labels": ["bug", "data-infra", "P1"]})
        person(url, "POST", f"/issues/{number}/comments", {"body": "I have seen this before."})
        relay(stage, listener)
        issue = Issue.objects.get()
        assert (issue.title, issue.rank, issue.areas) == ("Renamed", Priority.P1, [])
        assert "issue.noted" in stage.verbs(issue)

        person(url, "PATCH", f"/issues/{number}", {"state": "closed"})
        listener.delivered.clear()
        world.now += timedelta(minutes=2)
        assert stage.ask() == 1
        assert stage.ask() == 1
        issue.refresh_from_db()
        assert not issue.is_open

        working.reopen(issue.pk, by=as_actor(trio.ana), person=trio.ana, now=world.now)
        world.tick()
        assert person(url, "GET", f"/issues/{number}")["state"] == "open"
        relay(stage, listener)
        issue.refresh_from_db()
        assert issue.is_open
        assert issue.mirror.is_in_sync
        assert Feed.objects.get().failing_why == ""
        marker = issue.mirror.marker
        found = tracker.find(REPOSITORY, marker, since=issue.opened_at - timedelta(hours=1))
        assert found is not None
        assert found.number == number
        listener.delivered.clear()


def test_a_document_is_offered_reviewed_and_merged(url, world, trio, settings):
    settings.HAUSMEISTER_TRACKERS = ("github",)
    world.now = datetime.now(UTC)
    pulls = GitHubPulls(GitHub(Client(limits=LIMITS), url=url, token=TOKEN))
    tracker = GitHub(Client(limits=LIMITS), url=url, token=TOKEN)
    world.engine._dispatcher._senders["github"] = TrackerSender(tracker, {offering.KIND: PullSender(pulls)})
    question = Recurring.objects.create(team=trio.team, state="proposed", created_at=world.now, proposed_at=world.now)
    offering.offer(question.pk, Paper("Undrop", "Use UNDROP – twice."), by=as_actor(trio.ana), now=world.now)
    world.tick()
    pull = PullRequest.objects.get()
    assert (pull.state, pull.problem) == ("open", "")
    there = person(url, "GET", f"/pulls/{pull.number}")
    assert (there["head"]["ref"], there["base"]["ref"], there["title"]) == (pull.branch, "main", "Undrop")
    assert pull.path == f"docs/questions/undrop-{question.pk}.md"
    offered = person(url, "GET", f"/contents/{pull.path}?ref={pull.branch}")
    assert base64.b64decode(offered["content"]).decode() == "Use UNDROP – twice.\n"
    # the same message once more: its answer may have been lost
    repository, again = pull.repository, offering.Offer(pull.branch, pull.path, pull.text, "Undrop", "x")
    assert pulls.offer(repository, again).number == pull.number
    assert len(person(url, "GET", "/pulls?state=all")) == 1

    person(url, "PUT", f"/pulls/{pull.number}/merge", {})
    world.now += timedelta(minutes=11)
    assert Following({"github": pulls}).run(world.now) == 1
    pull.refresh_from_db()
    assert pull.state == "merged"
    kept = person(url, "GET", f"/contents/{pull.path}?ref=main")
    assert base64.b64decode(kept["content"]).decode() == "Use UNDROP – twice.\n"


def relay(stage, listener):
    """Bring each call that arrived to our door, byte for byte."""
    while listener.delivered:
        call = listener.delivered.pop(0)
        wanted = ("x-github-event", "x-github-delivery", "x-hub-signature-256")
        answer = stage.relay(call.body, {name: call.headers[name] for name in wanted if name in call.headers})
        assert answer.status_code == 200, answer.content
