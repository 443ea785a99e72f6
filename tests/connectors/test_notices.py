"""A notice that calls nobody, by every way that carries one; the others refuse it."""

import ipaddress

import pytest

from hausmeister.base.guard import Guard
from hausmeister.base.outgoing import Client
from hausmeister.connectors.ntfy import wire as ntfy_wire
from hausmeister.connectors.ntfy.fake import FakeNtfy
from hausmeister.connectors.ntfy.sender import NtfySender
from hausmeister.connectors.opsgenie.fake import FakeOpsgenie
from hausmeister.connectors.opsgenie.sender import OpsgenieApi, OpsgenieSender
from hausmeister.connectors.slack.fake import FakeSlack
from hausmeister.connectors.slack.sender import SlackSender
from hausmeister.connectors.webhook.sender import WebhookSender
from hausmeister.outbox.delivery import Refused
from tests.connectors.parcels import NOW, at_night, parcel

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
FACTS = {
    "subject": "Your duty begins Fri 17:00",
    "text": "Your duty as Hausmeister of <Data & Infra> begins Fri 17:00.",
    "person": "Ana",
    "title": "",
}


@pytest.fixture(autouse=True)
def night(db):
    with at_night():
        yield


def notice(channel, address):
    return parcel("notice", {"channel": channel, "address": address, "method": 3}, FACTS, key="shift-1")


def test_slack_posts_it_with_what_could_be_markup_made_harmless():
    with FakeSlack(token="xoxb-1", channels={"U0ANA": "D0ANA"}) as slack:
        assert SlackSender(Client(), url=slack.api, token="xoxb-1").send(notice("slack", "U0ANA"))
        body = str(slack.expect(lambda _one: True).json)
    assert "Your duty begins Fri 17:00" in body
    assert "&lt;Data &amp; Infra&gt;" in body


def test_ntfy_shows_it_and_does_not_ring():
    with FakeNtfy() as ntfy:
        client = Client(guard=Guard(allow=LOOPBACK, more_ports=(ntfy.port,)))
        NtfySender(client, server=ntfy.url).send(notice("ntfy", f"{ntfy.url}/ana"))
        body = ntfy.expect(lambda _one: True).json
    assert (body["title"], body["message"], body["priority"]) == (FACTS["subject"], FACTS["text"], ntfy_wire.DEFAULT)
    assert "actions" not in body


def test_opsgenie_which_would_make_an_alert_of_it_refuses():
    with FakeOpsgenie(key="genie", now=lambda: NOW) as opsgenie, pytest.raises(Refused, match="kind notice"):
        OpsgenieSender(OpsgenieApi(Client(), url=opsgenie.url, key="genie")).send(notice("opsgenie", "ana"))


def test_a_webhook_behind_which_stands_a_program_refuses():
    with pytest.raises(Refused, match="kind notice"):
        WebhookSender(Client()).send(notice("webhook", "https://hooks.example.com/ana"))
