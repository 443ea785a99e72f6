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

TOKEN, APP_TOKEN = "xoxb-canary-token", "xapp-canary-token"
HELP, ALARMS, INFRA, GUILD, SHIFTS = "C0HELP", "C0ALARMS", "C0INFRA", "C0GUILD", "C0SHIFTS"
NAMES = {
    HELP: "data-help", ALARMS: "squad-di-alarms", INFRA: "squad-data-infra", GUILD: "guild-data-eng", SHIFTS: "shifts",
}  # fmt: skip
ANA, BRUNO, CARLA, DORA = "U0ANA", "U0BRUNO", "U0CARLA", "U0DORA"


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
        reading = CatchingUp(workspace, begin=lambda work: work(), **options)
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


def payload(**event: Any) -> dict[str, Any]:
    return {
        "type": "event_callback", "team_id": "T0DATA", "api_app_id": "A1", "event_id": "Ev1",
        "authorizations": [{"user_id": "U0PAGER", "is_bot": True}], "event": event,
    }  # fmt: skip


def slash(text: str, *, member: str = ANA, channel: str = HELP, number: int = 1) -> dict[str, Any]:
    return {
        "command": "/hausmeister", "text": text, "user_id": member, "user_name": member.lower(),
        "channel_id": channel, "channel_name": NAMES.get(channel, "directmessage"), "team_id": "T0DATA",
        "trigger_id": f"trigger-{number}", "response_url": "https://hooks.slack.example/1",
    }  # fmt: skip


def pressed(button: dict[str, Any], *, member: str = ANA, channel: str = HELP, trigger: str = "t-1") -> dict[str, Any]:
    return {
        "type": "block_actions", "user": {"id": member, "name": member.lower()}, "trigger_id": trigger,
        "container": {"type": "message", "channel_id": channel, "message_ts": "1795.000000"},
        "channel": {"id": channel}, "actions": [{**button, "action_ts": "1795.5"}],
    }  # fmt: skip


def submission(view: dict[str, Any], *, member: str = ANA, number: int = 1, **given: str) -> dict[str, Any]:
    values = {}
    for block in view["blocks"]:
        element, value = block["element"], given.get(block["block_id"])
        chosen = value if value is not None else (element.get("initial_option") or {}).get("value")
        key = "selected_option" if element["type"] == "static_select" else "value"
        held = {"value": chosen} if key == "selected_option" and chosen else chosen
        values[block["block_id"]] = {element["action_id"]: {"type": element["type"], key: held}}
    return {
        "type": "view_submission", "user": {"id": member, "name": member.lower()}, "trigger_id": f"s-{number}",
        "view": {**view, "id": f"V{number}", "state": {"values": values}},
    }  # fmt: skip


def message(text: str, *, ts: str, channel: str = HELP, user: str = DORA, **more: Any) -> dict[str, Any]:
    return {"type": "message", "channel": channel, "user": user, "text": text, "ts": ts, "channel_type": "channel",
            **more}  # fmt: skip
