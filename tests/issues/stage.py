"""A team whose issues are kept in a GitHub of our own making, with the webhook between them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.test import Client as Browser

from hausmeister.base import chance, database, signing
from hausmeister.base.outgoing import Client
from hausmeister.base.priority import Priority
from hausmeister.connectors.github.api import LIMITS, GitHub
from hausmeister.connectors.github.fake import FakeGitHub
from hausmeister.issues.models import Issue
from hausmeister.issues.operations import working
from hausmeister.issues.operations.working import Wish
from hausmeister.issues.polling import Poll
from hausmeister.issues.sending import TrackerSender
from hausmeister.journal import queries as journal
from hausmeister.team import operations as team_operations
from tests.builders import BuiltTeam
from tests.harness import World

TOKEN = "ghp_local"
SECRET = "a-secret-for-webhooks-1234"
REPOSITORY = "nubank/itaipu"


@dataclass
class Stage:
    """The world, the team, and the far side."""

    world: World
    trio: BuiltTeam
    github: FakeGitHub
    tracker: GitHub
    poll: Poll

    def make(self, title: str = "Commit service retries", *, priority: Priority = Priority.P2, **more: Any) -> Issue:
        """Let Ana make an issue; the engine sends what is due."""
        more.setdefault("why", "it wakes us twice a month" if priority <= Priority.P2 else "")
        wish = Wish(title=title, text=more.pop("text", ""), priority=priority, **more)
        by = self.trio.ana
        made = working.open_issue(
            self.trio.team, wish, by=team_operations.as_actor(by), person=by, now=self.world.now
        )  # fmt: skip
        self.world.tick()
        return Issue.objects.get(pk=made.pk)

    def there(self, number: int = 1) -> Any:
        """Return the issue in GitHub."""
        return self.github.issues[number]

    def take_delivered(self) -> list[Any]:
        """Take what reached GitHub off its list, oldest first."""
        found, self.github.delivered[:] = list(self.github.delivered), []
        return found

    def hook(
        self,
        event: dict[str, Any] | bytes,
        *,
        kind: str = "issues",
        delivery: str = "",
        secret: str = SECRET,
        **headers: str,
    ) -> Any:
        """Send a webhook call as GitHub does; return our answer."""
        raw = event if isinstance(event, bytes) else json.dumps(event).encode()
        return Browser().post(
            "/in/github", raw, content_type=headers.pop("content_type", "application/json"),
            headers={
                "X-GitHub-Event": kind, "X-GitHub-Delivery": delivery or str(chance.uuid()),
                "X-Hub-Signature-256": f"sha256={signing.hmac_sha256_hex(secret, raw)}", **headers,
            },
        )  # fmt: skip

    def relay(self, raw: bytes, headers: dict[str, str]) -> Any:
        """Bring a call that a far side made to our door, as it is; return our answer."""
        return Browser().post("/in/github", raw, content_type="application/json", headers=headers)

    def ask(self) -> int:
        """Let the house ask GitHub what changed."""
        return self.poll.run(self.world.now)

    def verbs(self, issue: Issue) -> list[str]:
        """Return what the journal tells of the issue, oldest first."""
        return [entry.verb for entry in reversed(journal.timeline(issue.subject))]


@contextmanager
def stage(world: World, trio: BuiltTeam, settings: Any) -> Iterator[Stage]:
    """Yield a stage; whatever reached GitHub unexpectedly fails the story."""
    settings.HAUSMEISTER_TRACKERS = ("github",)
    settings.HAUSMEISTER_GITHUB_WEBHOOK_SECRET = SECRET
    with FakeGitHub(token=TOKEN, repository=REPOSITORY, now=lambda: world.now.replace(microsecond=0)) as github:
        tracker = GitHub(Client(limits=LIMITS), url=github.url, token=TOKEN)
        world.engine._dispatcher._senders["github"] = TrackerSender(tracker)
        yield Stage(world, trio, github, tracker, Poll({"github": tracker}, begin=database.at_once))
