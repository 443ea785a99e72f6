"""The manifest that people paste into Slack is true: its scopes are what we call, its events what we understand."""

import re

import yaml

from hausmeister.chat.acts.items import SHORTCUTS
from hausmeister.connectors.slack.fake import READS, SCOPES
from hausmeister.connectors.slack.heard import Ears
from tests.house.documents import ROOT

FOLDER = ROOT / "hausmeister" / "connectors" / "slack"
MANIFEST = yaml.safe_load((FOLDER / "manifest.yaml").read_text(encoding="utf-8"))
# what a scope of the manifest is for besides the calls that our fake knows
_BESIDES = {
    "commands": "slash command and shortcuts",
    "chat:write.public": "posts in public channels without an invitation",
    "im:write": "direct messages",
    "groups:history": "conversations.history in private channels",
    "groups:read": "conversations.list with private channels",
    "groups:write": "conversations.setTopic in private channels",
    "reactions:read": "the event reaction_added",
}


def called():
    """Return every method of the Web API that the connector names."""
    text = "".join(one.read_text(encoding="utf-8") for one in FOLDER.glob("*.py") if one.name != "fake.py")
    return set(re.findall(r'"((?:auth|apps|chat|conversations|reactions|usergroups|users|views)\.[A-Za-z.]+)"', text))


def test_our_fake_knows_every_method_that_we_call_and_no_other():
    assert called() == set(SCOPES) | set(READS)


def test_the_scopes_are_what_we_call_and_nothing_more():
    needed = {scope for scope in (*SCOPES.values(), *READS.values()) if scope}
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == needed | set(_BESIDES)


def test_the_events_are_those_that_we_understand():
    asked = {one.partition(".")[0] for one in MANIFEST["settings"]["event_subscriptions"]["bot_events"]}
    assert asked == set(Ears(None)._kinds) | {"app_home_opened"}


def test_the_shortcuts_and_the_command_are_ours():
    found = {one["callback_id"]: one["name"] for one in MANIFEST["features"]["shortcuts"]}
    assert found == {one.name: one.label for one in SHORTCUTS}
    assert [one["command"] for one in MANIFEST["features"]["slash_commands"]] == ["/hausmeister"]
    assert all(len(one["description"]) <= 150 and len(one["name"]) <= 24 for one in MANIFEST["features"]["shortcuts"])
