"""A workspace with the policy's channels, the trio linked to it, and the app: what stories about Slack begin with."""

from dataclasses import dataclass, field
from typing import Any

from hausmeister.base import clock
from hausmeister.base.outgoing import Client
from hausmeister.chat import hearing
from hausmeister.connectors.slack import events
from hausmeister.connectors.slack.api import LIMITS, SlackApi
from hausmeister.connectors.slack.app import SlackApp
from hausmeister.connectors.slack.catching_up import CatchingUp
from hausmeister.connectors.slack.chat_sender import SlackChatSender
from hausmeister.connectors.slack.directory import Directory
from hausmeister.connectors.slack.fake import FakeSlack
from hausmeister.connectors.slack.workspace import Workspace
from hausmeister.team.rules import Channel
from tests import builders
from tests.builders import BuiltTeam
from tests.connectors.slack.deliveries import (
    ALARMS,
    ANA,
    APP_TOKEN,
    BRUNO,
    CARLA,
    DORA,
    GUILD,
    HELP,
    INFRA,
    NAMES,
    SHIFTS,
    TOKEN,
    message,
    payload,
    pressed,
    slash,
    submission,
)  # fmt: skip

__all__ = [
    "ALARMS", "ANA", "APP_TOKEN", "BRUNO", "CARLA", "DORA", "GUILD", "HELP", "INFRA", "NAMES", "SHIFTS", "TOKEN",
    "Place", "fake_slack", "link", "message", "payload", "pressed", "slash", "submission",
]  # fmt: skip


def fake_slack() -> FakeSlack:
    """Return a workspace whose members can be written to, and whose channels have the policy's names."""
    channels = {f"#{name}": one for one, name in NAMES.items()} | {one: one for one in NAMES}
    direct = {member: f"D{member[1:]}" for member in (ANA, BRUNO, CARLA, DORA)}
    slack = FakeSlack(token=TOKEN, app_token=APP_TOKEN, channels=channels | direct | {d: d for d in direct.values()})
    slack.rooms = [
        {"id": one, "name": name, "is_member": True, "is_archived": False} for one, name in NAMES.items()
    ]  # fmt: skip
    slack.members = {ANA: "Ana Okafor", BRUNO: "Bruno", CARLA: "Carla", DORA: "Dora Lind"}
    slack.groups = {"hausmeister": "S0HAUS", "backstop": "S0BACK"}
    return slack


def link(built: BuiltTeam, *, but: str = "") -> None:
    """Link the trio to their members here."""
    for name, member in (("ana", ANA), ("bruno", BRUNO), ("carla", CARLA)):
        if name != but:
            builders.method(built.people[name], Channel.SLACK, member)


@dataclass
class Place:
    """The app of one workspace, without a line: deliveries are handed to it."""

    slack: FakeSlack
    workspace: Workspace
    app: SlackApp
    sender: SlackChatSender
    reading: CatchingUp
    number: int = field(default=0)

    @classmethod
    def of(cls, slack: FakeSlack, **options: Any) -> "Place":
        api = SlackApi(Client(limits=LIMITS), url=slack.api, token=TOKEN)
        workspace = Workspace(api, directory=Directory(api))
        sender = SlackChatSender(Client(), url=slack.api, token=TOKEN, directory=workspace.directory,
                                 stopwatch_s=lambda: clock.now().timestamp())  # fmt: skip
        reading = CatchingUp(workspace, begin=lambda work: work(), breath_s=0.0, **options)
        return cls(slack, workspace, SlackApp(workspace), sender, reading)

    def watch(self, now: Any) -> int:
        return hearing.watch("slack", self.workspace.find_room, stamp_of=events.stamp_of, now=now)

    def event(self, **event: Any) -> None:
        self.app.take("events_api", payload(**event))

    def command(self, text: str, *, member: str = ANA, channel: str = HELP) -> dict[str, Any]:
        self.number += 1
        taken = self.app.take("slash_commands", slash(text, member=member, channel=channel, number=self.number))
        if taken.then is not None:
            taken.then()
        return taken.body or {}

    def press(self, button: dict[str, Any], *, member: str = ANA, channel: str = HELP, trigger: str = "") -> None:
        self.number += 1
        taken = self.app.take("interactive", pressed(button, member=member, channel=channel,
                                                     trigger=trigger or f"press-{self.number}"))  # fmt: skip
        if taken.then is not None:
            taken.then()

    def submit(self, view: dict[str, Any], *, member: str = ANA, **given: str) -> dict[str, Any]:
        self.number += 1
        taken = self.app.take("interactive", submission(view, member=member, number=self.number, **given))
        return taken.body or {}
