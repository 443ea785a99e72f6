"""Every far side at once, as real local servers, and the product's own senders pointed at them by its settings."""

import ipaddress
from contextlib import ExitStack
from functools import partial
from typing import Any

from hausmeister import wiring
from hausmeister.base import clock
from hausmeister.base.env import MailServer
from hausmeister.base.outgoing import Client, Limits
from hausmeister.connectors.matrix.fake import FakeMatrix
from hausmeister.connectors.ntfy.fake import FakeNtfy
from hausmeister.connectors.opsgenie.fake import FakeOpsgenie
from hausmeister.connectors.slack.fake import FakeSlack
from hausmeister.connectors.smtp.fake import FakeMailServer
from hausmeister.connectors.smtp.line import Route
from hausmeister.connectors.webhook.fake import FakeReceiver
from hausmeister.team.models import ContactMethod, Person
from hausmeister.team.rules import Channel
from tests import builders, harness
from tests.harness import World

SLACK_TOKEN = "xoxb-canary-slack-token"
MATRIX_TOKEN = "canary-matrix-token"
OPSGENIE_KEY = "canary-opsgenie-key"
MAIL_PASSWORD = "canary-mail-password"
TOPIC = "canary-topic-7f3a"
MEMBER, ROOM = "U024BE7LH", "#squad-di-alarms"

# a far side that never answers costs a test this long for each try
QUICK = Limits(connect_s=0.25, total_s=0.25)


class Outside:
    """The far sides; `world` sends to them from now on."""

    def __init__(self, world: World, settings: Any, monkeypatch: Any, stack: ExitStack) -> None:
        self._world, self._monkeypatch = world, monkeypatch
        self.mail = stack.enter_context(FakeMailServer())
        self.slack = stack.enter_context(FakeSlack(token=SLACK_TOKEN, channels={MEMBER: "D0ANA", ROOM: "C0"}))
        self.matrix = stack.enter_context(FakeMatrix(token=MATRIX_TOKEN))
        self.ntfy = stack.enter_context(FakeNtfy())
        self.opsgenie = stack.enter_context(FakeOpsgenie(key=OPSGENIE_KEY, now=clock.now))
        self.hook = stack.enter_context(FakeReceiver(secret="", now_s=lambda: clock.now().timestamp()))
        settings.HAUSMEISTER_EMAIL = MailServer("127.0.0.1", self.mail.port, "pager", MAIL_PASSWORD, "opportunistic")
        settings.HAUSMEISTER_SLACK_TOKEN, settings.HAUSMEISTER_SLACK_URL = SLACK_TOKEN, self.slack.api
        settings.HAUSMEISTER_MATRIX_TOKEN, settings.HAUSMEISTER_MATRIX_URL = MATRIX_TOKEN, self.matrix.url
        settings.HAUSMEISTER_CHAT = "slack"
        settings.HAUSMEISTER_OPSGENIE_KEY, settings.HAUSMEISTER_OPSGENIE_URL = OPSGENIE_KEY, self.opsgenie.url
        settings.HAUSMEISTER_OUTGOING_ALLOW = (ipaddress.ip_network("127.0.0.0/8"),)
        settings.HAUSMEISTER_OUTGOING_PORTS = (self.ntfy.port, self.hook.port)
        self._connect()

    def _connect(self) -> None:
        senders = wiring.senders()
        self._world.engine = harness.engine(dict(senders))

    def be_impatient(self) -> None:
        """Wait only a moment for answers: this story has a far side that gives none."""
        self._monkeypatch.setattr(wiring, "Client", partial(Client, limits=QUICK))
        self._monkeypatch.setattr(wiring, "MailRoute", partial(Route, limits=QUICK))
        self._connect()

    def method(self, of: Person, channel: Channel) -> ContactMethod:
        """Give `of` a verified way to be reached through one of the far sides."""
        addresses = {
            Channel.EMAIL: of.email,
            Channel.SLACK: MEMBER,
            Channel.MATRIX: "@ana:test",
            Channel.NTFY: f"{self.ntfy.url}/{TOPIC}",
            Channel.OPSGENIE: "ana@corp.example",
            Channel.WEBHOOK: f"{self.hook.url}/canary-path",
        }
        known = ContactMethod.objects.filter(person=of, channel=channel).first()
        method = known or builders.method(of, channel, addresses[channel])
        if channel is Channel.WEBHOOK:
            self.hook.secret = method.secret
        return method
