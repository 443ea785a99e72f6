"""The real program on a line to our own Slack: for the crash story and for the measurements."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from hausmeister.connectors.slack.fake import FakeSlack
from tests.connectors.slack.deliveries import APP_TOKEN, TOKEN
from tests.connectors.slack.socket_server import SocketServer, socket_server
from tests.processes import Deployment, Process, free_port

_FOUND = """
from hausmeister.base import clock
from hausmeister.journal.rules import CONSOLE
from hausmeister.team import operations as team
from hausmeister.team.models import Team
from hausmeister.team.policy import reading
from tests import builders
built = builders.trio()
text = reading.DEFAULT_FILE.read_text(encoding="utf-8")
old = 'questions = ["#squad-data-infra", "#guild-data-eng", "#data-help"]'
assert old in text
text = text.replace(old, "questions = " + repr({names!r}).replace("'", '"'))
team.apply_policy(built.team, text=text, file="test", by=CONSOLE, now=clock.now())
"""


@dataclass
class Running:
    """A deployment with a team whose policy watches `channels`, and the far side it is to speak to."""

    deployed: Deployment
    slack: FakeSlack
    server: SocketServer
    channels: dict[str, str] = field(default_factory=dict)
    lines: int = 0

    def start(self) -> Process:
        """Start the program; return once its line stands."""
        process = self.deployed.start("up", port=free_port())
        self.lines += 1
        self.server.wait_for_line(self.lines)
        return process

    def ask(self, question: str) -> str:
        """Return what the program's own tables say."""
        return self.deployed.python(question)


@contextmanager
def running(names: Sequence[str], deployed: Deployment, *, hears: bool = True) -> Iterator[Running]:
    """Make `deployed` have a team that watches these channels; with `hears=False` no chat is set up."""
    ids = {f"C{number:04d}": name for number, name in enumerate((*names, "squad-di-alarms"))}
    channels = {f"#{name}": one for one, name in ids.items()} | {one: one for one in ids}
    slack = FakeSlack(token=TOKEN, app_token=APP_TOKEN, channels=channels)
    slack.rooms = [{"id": one, "name": name, "is_member": True, "is_archived": False} for one, name in ids.items()]
    with slack, socket_server() as server:
        slack.socket_url = server.url
        more = {
            "HAUSMEISTER_SLACK_TOKEN": TOKEN, "HAUSMEISTER_SLACK_APP_TOKEN": APP_TOKEN,
            "HAUSMEISTER_SLACK_URL": slack.api,
        }  # fmt: skip
        deployed.more.update(more if hears else {})
        deployed.python("from django.core.management import call_command; call_command('migrate', verbosity=0)")
        deployed.python(_FOUND.format(names=[f"#{name}" for name in names]))
        yield Running(deployed, slack, server, ids)
        deployed.stop()
        slack.forget()
