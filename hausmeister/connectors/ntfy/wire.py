"""What ntfy takes when a message is published as JSON.

Source: ntfy's documentation, "Publish as JSON". JSON, not headers: a header would carry line ends and control
characters of an alert onto the wire (S42). The one action is a `view`, which opens the page: only a person's
POST on that page acts (S10).
"""

import re
from collections.abc import Mapping
from typing import Any

from hausmeister.base.guard import read_url
from hausmeister.base.untrusted import cut, cut_bytes
from hausmeister.pager.rules.words import Words
from hausmeister.runbooks.rules.words import RunbookWords
from hausmeister.team.rules import code_told

TITLE_MOST = 250
# above 4,096 bytes ntfy turns a message into a file to download
MESSAGE_MOST_BYTES = 3_900
_TEXT_MOST_BYTES = 2_000
# a phone's notification is no place for more of a runbook
_RUNBOOK_MOST = 1_500
_TOPIC = re.compile("[-_A-Za-z0-9]{1,64}")

# ntfy's highest, for which the app overrides "do not disturb", and its ordinary one
RINGS, DEFAULT = 5, 3


class BadTopic(ValueError):
    """What stands where a topic's URL should is none."""


def split(address: str) -> tuple[str, str]:
    """Return the URL to publish to and the topic that `address` names.

    A query stays: ntfy reads `auth` from it. Raises BadTopic, or Forbidden for what is no URL.
    """
    url = read_url(address)
    topic = url.path.strip("/")
    if not _TOPIC.fullmatch(topic):
        raise BadTopic("This is no ntfy topic: it must look like https://ntfy.sh/a-topic-of-your-own.")
    return str(url.copy_with(path="/", fragment=None)), topic


def page_message(words: Words, link: str, topic: str, runbook: RunbookWords | None = None) -> dict[str, Any]:
    """Return the message that calls somebody."""
    text = cut_bytes(words.text, _TEXT_MOST_BYTES)
    told = [words.called_as, words.origin, text, words.then, words.again]
    call = cut_bytes("\n".join(filter(None, told)), MESSAGE_MOST_BYTES)
    is_hard = words.urgency == "hard"
    return {
        "topic": topic,
        "title": cut(f"{words.priority}: {words.title}", TITLE_MOST),
        "message": call + _runbook(runbook, MESSAGE_MOST_BYTES - len(call.encode())),
        "priority": RINGS if is_hard else DEFAULT,
        "tags": ["rotating_light" if is_hard else "bell"],
        "click": link,
        "actions": [{"action": "view", "label": f"Answer page {words.number}", "url": link}],
    }


def _runbook(runbook: RunbookWords | None, room_bytes: int) -> str:
    """Return the section for below the call, in at most `room_bytes` bytes: where it stands goes before its text."""
    if runbook is None:
        return ""
    around = f"\n\n{runbook.headline}\n\n{runbook.rest(0)}"
    room_bytes -= len(around.encode())
    if room_bytes < 0:
        return ""
    fitting = runbook.plain(_RUNBOOK_MOST).encode()[:room_bytes].decode(errors="ignore")
    text = runbook.plain(len(fitting))
    return "\n".join(("\n", runbook.headline, *filter(None, [text]), runbook.rest(len(fitting))))


def code_message(facts: Mapping[str, Any], topic: str) -> dict[str, Any]:
    """Return the message with a verification code."""
    return {"topic": topic, "title": "Hausmeister", "message": code_told(facts), "priority": DEFAULT, "tags": ["key"]}


def notice_message(facts: Mapping[str, Any], topic: str) -> dict[str, Any]:
    """Return the message of a notice that calls nobody: it does not ring."""
    return {
        "topic": topic,
        "title": cut(facts["subject"], TITLE_MOST),
        "message": cut_bytes(facts["text"], MESSAGE_MOST_BYTES),
        "priority": DEFAULT,
        "tags": ["calendar"],
    }


def reference(answer: Mapping[str, Any] | None) -> str:
    """Return ntfy's id of a message that it has published, "" when the answer is no such thing."""
    if answer is None or answer.get("event") != "message" or "error" in answer:
        return ""
    found = answer.get("id")
    return found if isinstance(found, str) else ""
