"""Every example of a call that GitHub's own people publish: taken without a fault, acted on where it is ours."""

import json
from pathlib import Path

import pytest

from hausmeister.issues.models import Delivery, Issue
from hausmeister.journal import queries as journal
from tests.builders import policy_with
from tests.counterparts import registry
from tests.issues.stage import stage as on_stage

pytestmark = pytest.mark.counterpart("webhooks-examples")

FILE = registry.FOLDER / "node_modules" / "@octokit" / "webhooks-examples" / "api.github.com" / "index.json"


def examples():
    return [(one["name"], body) for one in json.loads(Path(FILE).read_text()) for body in one["examples"]]


def test_every_published_example_is_taken_without_a_fault(world, trio, settings):
    with on_stage(world, trio, settings) as stage:
        found = examples()
        assert len(found) == 329
        for place, (kind, body) in enumerate(found):
            answer = stage.hook(body, kind=kind, delivery=str(place))
            assert answer.status_code == 200, (kind, body.get("action"))
            assert answer.json()["result"] in {"ignored", "repeated"}, (kind, body.get("action"))
        assert Issue.objects.count() == 0
        # some are one and the same, under an old and a new kind
        assert Delivery.objects.count() == len({json.dumps(body) for _, body in found})


def test_the_examples_about_our_repository_make_and_change_issues(world, trio, settings):
    policy_with(
        trio.team, ('repository = "nubank/itaipu"', 'repository = "Codertocat/Hello-World"'),
        ('labels = ["bug", "data-infra"]', 'labels = ["bug"]'),
    )  # fmt: skip
    with on_stage(world, trio, settings) as stage:
        for place, (kind, body) in enumerate(sorted(examples(), key=lambda one: one[0] != "issues")):
            if kind == "issue_comment":
                # published years ago: what is said there would be too old to be a call of today
                body["comment"]["created_at"] = world.now.isoformat()
            answer = stage.hook(body, kind=kind, delivery=str(place))
            assert answer.status_code == 200, (kind, body.get("action"))
        first = Issue.objects.get(mirror__number=1)
        assert first.title == "Spelling error in the README file"
        assert first.opened_by_name == "Codertocat in GitHub"
        told = {entry.verb for entry in journal.timeline(first.subject)}
        assert {"issue.opened", "issue.noted"} <= told
