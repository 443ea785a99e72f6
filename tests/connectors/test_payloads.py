"""One table of nasty texts, every medium, compared octet for octet as each far side received them (S42)."""

import ipaddress
from contextlib import ExitStack

import pytest

from hausmeister.base import clock
from hausmeister.base.env import MailServer
from hausmeister.base.guard import Guard
from hausmeister.base.outgoing import Client
from hausmeister.connectors.ntfy.fake import FakeNtfy
from hausmeister.connectors.ntfy.sender import NtfySender
from hausmeister.connectors.opsgenie.fake import FakeOpsgenie
from hausmeister.connectors.opsgenie.sender import OpsgenieApi, OpsgenieSender
from hausmeister.connectors.slack.fake import FakeSlack
from hausmeister.connectors.slack.sender import SlackSender
from hausmeister.connectors.smtp.fake import FakeMailServer
from hausmeister.connectors.smtp.line import Route
from hausmeister.connectors.smtp.sender import MailSender
from hausmeister.connectors.webhook.fake import FakeReceiver
from hausmeister.connectors.webhook.sender import WebhookSender
from hausmeister.team.rules import Channel
from tests import builders
from tests.connectors.parcels import at_night, page, parcel
from tests.connectors.slack.test_sender import post_facts

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)

# what an alert's title holds, then what must stand in: the mail's subject, its HTML, Slack's and ntfy's JSON,
# Opsgenie's and the webhook's. "" repeats the column before it.
TABLE = {
    "mentions": (
        "<!channel> <!here|x> <@U024BE7LH> <#C1>",
        "<!channel> <!here|x> <@U024BE7LH> <#C1>",
        "&lt;!channel&gt; &lt;!here|x&gt; &lt;@U024BE7LH&gt; &lt;#C1&gt;",
        "&lt;!channel&gt; &lt;!here|x&gt; &lt;@U024BE7LH&gt; &lt;#C1&gt;",
        "<!channel> <!here|x> <@U024BE7LH> <#C1>",
        "",
        "",
    ),
    "at": (
        "@here @channel @Everyone",
        "@here @channel @Everyone",
        "",
        "@\u200bhere @\u200bchannel @\u200bEveryone",
        "@here @channel @Everyone",
        "",
        "",
    ),
    "line ends": (
        "Disk full\r\nBcc: eve@example.org\r\n\r\nX",
        "Disk full Bcc: eve@example.org X",
        "",
        "",
        "",
        "",
        "Disk full\\r\\nBcc: eve@example.org\\r\\n\\r\\nX",
    ),
    "direction": (
        "invoice\u202egpj.exe \u2066x\u2069",
        "invoice gpj.exe x",
        "",
        "",
        "",
        "",
        "invoice\u202egpj.exe \u2066x\u2069",
    ),
    "NUL and bell": ("a\x00b\x07c\x1b[31m", "a\ufffdb c [31m", "", "", "", "", "a\ufffdb\\u0007c\\u001b[31m"),
    "half a character": ("a\ud83db", "a\ufffdb", "", "", "", "", ""),
    "HTML": (
        '<script>alert(1)</script><a href="javascript:x">y</a>',
        '<script>alert(1)</script><a href="javascript:x">y</a>',
        "&lt;script&gt;alert(1)&lt;/script&gt;&lt;a href=&quot;javascript:x&quot;&gt;y&lt;/a&gt;",
        '&lt;script&gt;alert(1)&lt;/script&gt;&lt;a href=\\"javascript:x\\"&gt;y&lt;/a&gt;',
        '<script>alert(1)</script><a href=\\"javascript:x\\">y</a>',
        "",
        "",
    ),
    "entities": (
        "&lt;!channel&gt; &amp;",
        "&lt;!channel&gt; &amp;",
        "&amp;lt;!channel&amp;gt; &amp;amp;",
        "",
        "&lt;!channel&gt; &amp;",
        "",
        "",
    ),
    "emoji": ("🚨 👩‍👩‍👧 東京 ḋ", "🚨 👩‍👩‍👧 東京 ḋ", "", "", "", "", ""),
    "templates": (
        "{{ settings.SECRET_KEY }} {% debug %} ${7*7} {0.__class__} %s %(x)s",
        "{{ settings.SECRET_KEY }} {% debug %} ${7*7} {0.__class__} %s %(x)s",
        "",
        "",
        "",
        "",
        "",
    ),
    "Slack's marks": ("*bold* _it_ `code` ~no~ :bomb: >quote", "*bold* _it_ `code` ~no~ :bomb: >quote",
                      "*bold* _it_ `code` ~no~ :bomb: &gt;quote", "", "*bold* _it_ `code` ~no~ :bomb: >quote", "", ""),
    "a formula": ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0", "=cmd|&#x27; /C calc&#x27;!A0",
                  "=cmd|' /C calc'!A0", "", "", ""),
    "quotes": ("a \" b ' c \\ d", "a \" b ' c \\ d", "a &quot; b &#x27; c \\ d", "a \\\" b ' c \\\\ d", "", "", ""),
}  # fmt: skip


class FarSides:
    """Every far side at once, and what each received for one page."""

    def __init__(self, stack: ExitStack) -> None:
        method = builders.method(builders.person("Ana"), Channel.WEBHOOK, "https://hooks.example.com/ana")
        self.method = method.pk
        self.mail = stack.enter_context(FakeMailServer())
        self.slack = stack.enter_context(FakeSlack(token="t", channels={"U1": "D1", "#alarms": "C1"}))
        self.ntfy = stack.enter_context(FakeNtfy())
        self.opsgenie = stack.enter_context(FakeOpsgenie(key="k", now=clock.now))
        now_s = lambda: clock.now().timestamp()  # noqa: E731
        self.hook = stack.enter_context(FakeReceiver(secret=method.secret, now_s=now_s))
        typed = Client(guard=Guard(allow=LOOPBACK, more_ports=(self.ntfy.port, self.hook.port)))
        route = Route(MailServer("127.0.0.1", self.mail.port, "", "", "opportunistic"))
        self.senders = {
            "email": (MailSender(route, sender="H <h@ops.example>", folder=None), "ana@example.org"),
            "slack": (SlackSender(Client(), url=self.slack.api, token="t"), "U1"),
            "ntfy": (NtfySender(typed), f"{self.ntfy.url}/ana"),
            "opsgenie": (OpsgenieSender(OpsgenieApi(Client(), url=self.opsgenie.url, key="k")), "ana@corp.example"),
            "webhook": (WebhookSender(typed), self.hook.url),
        }

    def send(self, **facts: object) -> None:
        for channel, (sender, address) in self.senders.items():
            sender.send(page(channel, address, method=self.method, **facts))
        self.senders["slack"][0].send(parcel("post", {"room": "#alarms"}, post_facts(**facts)))


@pytest.fixture
def far_sides(db):
    with at_night(), ExitStack() as stack:
        yield FarSides(stack)


def letter_link(letter):
    """Return the one link that a letter may hold."""
    return next(line for line in letter.text.splitlines() if line.startswith("http://testserver/p/"))


@pytest.mark.parametrize("name", TABLE)
def test_s42_each_medium_gets_a_title_that_cannot_act_there(far_sides, name):
    title, *wanted = TABLE[name]
    for place, text in enumerate(wanted):
        wanted[place] = text or wanted[place - 1]
    subject, html, slack, ntfy, opsgenie, webhook = wanted
    far_sides.send(title=title, text=title)
    letter = far_sides.mail.expect()
    assert letter.message["Subject"] == f"P4 very high: {subject} (page 4821)"
    assert f"<h1>{html}</h1>".encode() in letter.html.encode()
    assert "<script" not in letter.html
    assert "<a href=" not in letter.html.replace(f'<a href="{letter_link(letter)}"', "")
    called, posted = far_sides.slack.expect(), far_sides.slack.expect()
    assert f'"text":"P4 very high: {slack} (page 4821)"'.encode() in called.body
    assert f"*P4 very high, hard*\\n{slack}\\nprometheus".encode() in called.body
    assert f'"text":"P2 medium, soft: waits for 09:00: {slack}"'.encode() in posted.body
    assert f'"title":"P4 very high: {ntfy}"'.encode() in far_sides.ntfy.expect().body
    assert f'"message":"{opsgenie}","alias"'.encode() in far_sides.opsgenie.expect().body
    assert f'"title":"{webhook}","text":"{webhook}"'.encode() in far_sides.hook.expect().body


def test_s42_five_thousand_characters_fit_everywhere_and_are_marked_as_cut(far_sides):
    far_sides.send(title="ä" * 5000, text="ö🚨" * 2500, source="ü" * 5000)
    letter = far_sides.mail.expect()
    assert len(letter.message["Subject"]) <= 200
    assert "ö… [cut]" in letter.text or "🚨… [cut]" in letter.text
    for one in (far_sides.slack.expect(), far_sides.slack.expect(), far_sides.ntfy.expect()):
        assert "… [cut]".encode() in one.body
        assert "ä".encode() * 200 in one.body
    assert far_sides.opsgenie.expect().json["message"] == "ä" * 123 + "… [cut]"
    # a program reads the webhook: it gets all there is
    assert far_sides.hook.expect().json["page"]["title"] == "ä" * 5000


def test_s42_names_and_reasons_are_escaped_like_titles(far_sides):
    nasty = "<!channel>\r\n@here"
    far_sides.send(person=f"{nasty} X", role=nasty, then_who=f"{nasty} (backstop)", acked_by=nasty, close_reason=nasty,
                   state="closed")  # fmt: skip
    called, posted = far_sides.slack.expect(), far_sides.slack.expect()
    assert b"<!" not in called.body + posted.body
    assert b"@here" not in called.body + posted.body
    assert "&lt;!channel&gt; @\u200bhere" in posted.json["text"]
    assert "<!channel>" not in far_sides.mail.expect().html
    far_sides.ntfy.expect()
    far_sides.opsgenie.expect()
    far_sides.hook.expect()
