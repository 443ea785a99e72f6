"""Signed webhooks through a receiver that checks what the docs tell receivers to check (S46)."""

import ipaddress

import msgspec
import pytest

from hausmeister.base import clock
from hausmeister.base.guard import Guard
from hausmeister.base.outgoing import LIMITS, Client, Limits
from hausmeister.connectors.webhook.fake import FakeReceiver
from hausmeister.connectors.webhook.sender import WebhookSender
from hausmeister.journal.rules import CONSOLE
from hausmeister.outbox.delivery import Refused, TryLater
from hausmeister.pager import links
from hausmeister.team import operations as team
from hausmeister.team.models import ContactMethod
from hausmeister.team.rules import Channel
from tests import builders
from tests.connectors.parcels import NOW, at_night, code, page, parcel, runbook_facts

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture(autouse=True)
def night(db):
    with at_night():
        yield


@pytest.fixture
def method():
    return builders.method(builders.person("Ana Okafor"), Channel.WEBHOOK, "https://hooks.example.com/ana")


@pytest.fixture
def receiver(method):
    with FakeReceiver(secret=method.secret, now_s=lambda: clock.now().timestamp()) as fake:
        yield fake


def send(receiver, method, make=page, *, limits=LIMITS, **facts):
    client = Client(guard=Guard(allow=LOOPBACK, more_ports=(receiver.port,)), limits=limits)
    return WebhookSender(client).send(make("webhook", f"{receiver.url}/ana", method=method.pk, **facts))


def test_a_page_is_the_documented_json(receiver, method):
    assert send(receiver, method) == ""
    received = receiver.expect()
    assert (received.method, received.target) == ("POST", "/ana")
    assert received.headers["content-type"] == "application/json"
    assert received.headers["hausmeister-id"] == "page-4821-7-1-3-0"
    assert received.json == {
        "version": 1,
        "type": "page",
        "id": "page-4821-7-1-3-0",
        "attempt": 1,
        "possible_duplicate": False,
        "sent_at": "2026-11-24T02:20:00+00:00",
        "summary": "P4 very high: Dataset billing_cycles built with 0 rows (page 4821)",
        "page": {
            "number": 4821,
            "url": "http://testserver/pages/4821",
            "title": "Dataset billing_cycles built with 0 rows",
            "text": "0 rows, yesterday 48 M.\nRun nightly_itaipu",
            "priority": "P4",
            "priority_word": "very high",
            "hard": True,
            "storm": False,
            "test": False,
            "source": "prometheus, airflow-s1",
            "opened_at": "2026-11-24T02:20:00+00:00",
            "team": "Data Infra",
        },
        "called": {"name": "Ana Okafor", "role": "hausmeister", "round": 0},
        "next": {"at": "2026-11-24T02:25:00+00:00", "who": "Bruno (backstop)"},
        "runbook": None,
        "answer_url": links.make(page_id=4821, person_id=7, method_id=method.pk, now=NOW),
    }


def test_l5_the_section_of_the_runbook_goes_along(receiver, method):
    others = [{"place": "old.md, line 3", "url": "https://hausmeister.example.org/runbooks/sections/9"}]
    send(receiver, method, runbook=runbook_facts(others=others, is_whole=False))
    told = receiver.take()["runbook"]
    assert (told["heading"], told["how"]) == ("Dataset built with 0 rows", "its heading is this alert's title")
    assert told["text"].startswith("Look at the upstream first.")
    assert (told["is_whole"], told["others"]) == (False, ["https://hausmeister.example.org/runbooks/sections/9"])


def test_a_code_is_carried(receiver, method):
    send(receiver, method, make=code)
    body = receiver.take("code")
    assert (body["code"], body["minutes"]) == ("048213", 10)


def test_a_possible_duplicate_keeps_its_id_and_says_so(receiver, method):
    send(receiver, method)
    send(receiver, method, again=True)
    first, again = receiver.take(), receiver.take()
    assert first["id"] == again["id"]
    assert (again["possible_duplicate"], again["attempt"]) == (True, 2)


def test_s46_each_message_is_signed_with_the_methods_own_secret_at_its_own_time(receiver, method):
    send(receiver, method)
    with at_night(NOW.replace(minute=50)):
        send(receiver, method)
    signatures = [receiver.expect().headers["hausmeister-signature"] for _ in range(2)]
    assert signatures[0].startswith(f"t={int(NOW.timestamp())},v1=")
    assert signatures[0] != signatures[1]
    assert method.secret not in "".join(signatures)


def test_s46_a_receiver_with_another_secret_takes_nothing(method):
    with FakeReceiver(secret="another", now_s=lambda: clock.now().timestamp()) as receiver:
        with pytest.raises(Refused, match="answered 400"):
            send(receiver, method)
        assert receiver.complaints == ["the signature does not fit the body"]
        receiver.complaints.clear()


def test_a_webhook_that_was_removed_is_refused(receiver, method):
    team.remove_method(method, by=CONSOLE, now=NOW)
    method.pk = 4711
    with pytest.raises(Refused, match="gone"):
        send(receiver, method)
    assert receiver.seen == []


def test_a_webhook_without_a_secret_is_not_sent_unsigned(receiver, method):
    ContactMethod.objects.update(secret="")
    with pytest.raises(Refused, match="no secret"):
        send(receiver, method)
    assert receiver.seen == []


def test_a_2xx_is_a_success_whatever_its_body_says(receiver, method):
    receiver.error_body()
    assert send(receiver, method) == ""


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_500_is_never_a_delivery(receiver, method, status):
    receiver.fail(status)
    with pytest.raises(TryLater, match=f"The webhook's server answered {status}"):
        send(receiver, method)


@pytest.mark.parametrize("status", [302, 400, 401, 404, 410])
def test_a_no_is_a_refusal_told_without_the_address(receiver, method, status):
    receiver.refuse(status)
    with pytest.raises(Refused, match=f"The webhook's server answered {status}") as failed:
        send(receiver, method)
    assert "127.0.0.1" not in str(failed.value)


def test_a_lost_answer_may_have_delivered(receiver, method):
    receiver.hang(takes=True)
    with pytest.raises(TryLater) as failed:
        send(receiver, method, limits=Limits(total_s=0.3))
    assert failed.value.maybe_delivered
    receiver.take()


def test_other_kinds_are_refused(receiver, method):
    with pytest.raises(Refused, match="kind update"):
        WebhookSender(Client()).send(parcel("update", {"address": receiver.url, "method": method.pk}, {}))


def test_s44_an_inner_address_is_refused(receiver, method):
    client = Client(guard=Guard(more_ports=(receiver.port,)))
    with pytest.raises(Refused, match="This address is not allowed"):
        WebhookSender(client).send(page("webhook", receiver.url, method=method.pk))
    assert receiver.seen == []


def test_the_body_is_what_was_signed_octet_for_octet(receiver, method):
    send(receiver, method, title='Zürich "→" \\ 🚨\x00\ud83d')
    received = receiver.expect()
    assert received.json["page"]["title"] == 'Zürich "→" \\ 🚨\ufffd\ufffd'
    assert msgspec.json.encode(received.json) == received.body
