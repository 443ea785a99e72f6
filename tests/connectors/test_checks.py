"""What the doctor asks of each channel: does the far side answer? Nothing is sent by asking."""

import ipaddress

import pytest

from hausmeister.base import clock
from hausmeister.base.env import MailServer
from hausmeister.base.far_side import json_reply
from hausmeister.base.guard import Guard
from hausmeister.base.outgoing import Client, Limits
from hausmeister.connectors.ntfy.fake import FakeNtfy
from hausmeister.connectors.ntfy.sender import NtfySender
from hausmeister.connectors.opsgenie.fake import FakeOpsgenie
from hausmeister.connectors.opsgenie.sender import OpsgenieApi, OpsgenieSender
from hausmeister.connectors.slack.fake import FakeSlack
from hausmeister.connectors.slack.sender import SlackSender
from hausmeister.connectors.smtp.fake import HANG, FakeMailServer
from hausmeister.connectors.smtp.line import Route
from hausmeister.connectors.smtp.sender import MailSender
from hausmeister.outbox.delivery import Checkable, Refused, TryLater
from hausmeister.team import operations as team

QUICK = Limits(connect_s=0.3, total_s=0.3)
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def mail(port, folder=None):
    route = Route(MailServer("127.0.0.1", port, "", "", "opportunistic"), limits=QUICK) if port else None
    return MailSender(route, sender="Hausmeister <pager@ops.example>", folder=folder)


def test_a_mail_server_is_greeted_and_gets_no_letter():
    with FakeMailServer() as server:
        assert mail(server.port).check() == f"the mail server 127.0.0.1:{server.port} lets us in"


@pytest.mark.parametrize(("play", "error"), [("421 busy", TryLater), ("550 go away", Refused), (HANG, TryLater)])
def test_a_mail_server_in_trouble_is_told_in_its_own_words(play, error):
    with FakeMailServer() as server:
        server.at("NOOP", play)
        with pytest.raises(error, match="The mail server"):
            mail(server.port).check()


def test_a_mail_server_that_nobody_runs_is_not_well():
    with pytest.raises(TryLater):
        mail(9).check()


def test_without_a_mail_server_only_a_demo_is_well(world, tmp_path):
    with pytest.raises(Refused, match="HAUSMEISTER_EMAIL_URL"):
        mail(None, tmp_path).check()
    team.mark_demo(now=world.now)
    assert str(tmp_path) in mail(None, tmp_path).check()


def test_slack_says_whom_it_takes_us_for_or_what_to_mend():
    with FakeSlack(token="xoxb-canary", channels={}) as slack:
        assert SlackSender(Client(), url=slack.api, token="xoxb-canary").check() == "Slack knows us as pager of Data"
        with pytest.raises(Refused, match="HAUSMEISTER_SLACK_TOKEN"):
            SlackSender(Client(), url=slack.api, token="xoxb-wrong").check()
        slack.fail(503)
        with pytest.raises(TryLater, match="503"):
            SlackSender(Client(), url=slack.api, token="xoxb-canary").check()


def test_opsgenie_says_how_much_our_key_can_see():
    with FakeOpsgenie(key="canary", now=clock.now) as opsgenie:

        def ask(key):
            return OpsgenieSender(OpsgenieApi(Client(), url=opsgenie.url, key=key)).check()

        assert ask("canary") == "Opsgenie answers; 0 alerts are open there"
        with pytest.raises(Refused, match="401"):
            ask("wrong")
        opsgenie.plays_with_questions = True
        opsgenie.play(json_reply(200, {"data": "a sign-in page"}))
        with pytest.raises(TryLater, match="not as Opsgenie does"):
            ask("canary")


def test_ntfy_says_that_it_is_healthy():
    with FakeNtfy() as ntfy:
        client = Client(guard=Guard(allow=LOOPBACK, more_ports=(ntfy.port,)))
        sender = NtfySender(client, server=ntfy.url)
        assert sender.check() == f"the ntfy server {ntfy.url} says that it is healthy"
        ntfy.play(json_reply(200, {"healthy": False}))
        with pytest.raises(TryLater, match="does not say that it is healthy"):
            sender.check()


def test_every_channel_but_the_webhook_can_be_asked():
    for sender in (mail(1), SlackSender(Client(), url="", token=""), NtfySender(Client())):
        assert isinstance(sender, Checkable)
