"""ntfy through a server that minds each message."""

import ipaddress

import pytest

from hausmeister.base.far_side import Ending, Reply
from hausmeister.base.guard import Guard
from hausmeister.base.outgoing import Client, Limits
from hausmeister.connectors.ntfy.fake import FakeNtfy
from hausmeister.connectors.ntfy.sender import NtfySender
from hausmeister.outbox.delivery import Refused, TryLater
from hausmeister.pager import links
from tests.connectors.parcels import NOW, at_night, code, page, parcel, runbook_facts

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture(autouse=True)
def night():
    with at_night():
        yield


@pytest.fixture
def ntfy():
    with FakeNtfy() as fake:
        yield fake


def sender(ntfy, **limits):
    return NtfySender(Client(guard=Guard(allow=LOOPBACK, more_ports=(ntfy.port,)), limits=Limits(**limits)))


def send(ntfy, one=None, **limits):
    return sender(ntfy, **limits).send(one or page("ntfy", f"{ntfy.url}/ana-7f3a"))


def test_a_hard_page_rings_with_the_highest_priority_and_opens_the_signed_page(ntfy):
    assert send(ntfy) == "fake000001"
    link = links.make(page_id=4821, person_id=7, method_id=3, now=NOW)
    assert ntfy.take("ana-7f3a") == {
        "topic": "ana-7f3a",
        "title": "P4 very high: Dataset billing_cycles built with 0 rows",
        "message": "Ana, you are called as hausmeister.\n"
        "prometheus, airflow-s1, since 03:20\n"
        "0 rows, yesterday 48 M.\nRun nightly_itaipu\n"
        "If nobody answers, Bruno (backstop) is called at 03:25.",
        "priority": 5,
        "tags": ["rotating_light"],
        "click": link,
        "actions": [{"action": "view", "label": "Answer page 4821", "url": link}],
    }


def test_a_soft_page_does_not_override_do_not_disturb(ntfy):
    send(ntfy, page("ntfy", f"{ntfy.url}/ana", hard=False, priority=2))
    assert ntfy.take("ana", "P2 medium")["priority"] == 3


def test_a_possible_duplicate_says_so(ntfy):
    send(ntfy, page("ntfy", f"{ntfy.url}/ana", again=True))
    assert ntfy.take()["message"].endswith(
        "This may have reached you before: whether an earlier try arrived is not known."
    )


def test_s10_no_action_acts_by_itself(ntfy):
    send(ntfy)
    assert [action["action"] for action in ntfy.take()["actions"]] == ["view"]


def test_a_code_is_carried(ntfy):
    assert send(ntfy, code("ntfy", f"{ntfy.url}/ana"))
    assert ntfy.take()["message"].startswith("048213 is your Hausmeister code.")


def test_a_long_page_stays_a_message_and_keeps_its_last_sentence(ntfy):
    send(ntfy, page("ntfy", f"{ntfy.url}/ana", text="🚨" * 5000, title="ü" * 300, source="→" * 100))
    message = ntfy.take()["message"]
    assert len(message.encode()) <= 4096
    assert "… [cut]" in message
    assert message.endswith("is called at 03:25.")


def test_l5_the_section_of_the_runbook_stands_below_the_call(ntfy):
    send(ntfy, page("ntfy", f"{ntfy.url}/ana", runbook=runbook_facts()))
    assert ntfy.take()["message"].endswith(
        "is called at 03:25.\n\n"
        "Runbook: Dataset built with 0 rows (its heading is this alert's title)\n"
        "Look at the upstream first.\n\nThen run it again.\n"
        "From datasets.md, line 40: https://hausmeister.example.org/runbooks/sections/12"
    )


@pytest.mark.parametrize("page_text", ["short", "🚨" * 5000])
def test_a_long_section_is_cut_between_lines_and_says_where_the_rest_is(ntfy, page_text):
    section = runbook_facts(text="\n\n".join(["ü" * 90 + "."] * 60))
    send(ntfy, page("ntfy", f"{ntfy.url}/ana", text=page_text, title="ü" * 300, runbook=section))
    message = ntfy.take()["message"]
    assert len(message.encode()) <= 4096
    assert "is called at 03:25." in message
    assert message.endswith("The rest stands in datasets.md, line 40: " + section["url"])
    assert message.splitlines()[-2] in {"ü" * 90 + ".", ""}


def test_a_section_whose_address_does_not_fit_stays_behind_and_the_call_is_whole(ntfy):
    section = runbook_facts(url="https://hausmeister.example.org/" + "x" * 4000)
    send(ntfy, page("ntfy", f"{ntfy.url}/ana", runbook=section))
    assert ntfy.take()["message"].endswith("is called at 03:25.")


def test_the_access_token_of_a_topic_goes_with_the_query(ntfy):
    send(ntfy, page("ntfy", f"{ntfy.url}/ana?auth=QmFzaWM"))
    assert ntfy.expect().target == "/?auth=QmFzaWM"


@pytest.mark.parametrize(
    "address",
    ["https://ntfy.sh", "https://ntfy.sh/", "https://ntfy.sh/a/b", "https://ntfy.sh/a b", "https://ntfy.sh/" + "x" * 65,
     "ntfy.sh/topic", "mailto:ana@example.org", "https://ntfy.sh/../admin/x"],
)  # fmt: skip
def test_what_is_no_topic_is_refused(ntfy, address):
    with pytest.raises(Refused, match=r"not allowed|no ntfy topic"):
        send(ntfy, page("ntfy", address))
    assert ntfy.seen == []


def test_other_kinds_are_refused(ntfy):
    with pytest.raises(Refused, match="kind post"):
        send(ntfy, parcel("post", {"address": f"{ntfy.url}/ana"}, {}))


def test_s44_a_topic_on_an_inner_server_is_refused(ntfy):
    with pytest.raises(Refused, match="The ntfy server: This address is not allowed"):
        NtfySender(Client(guard=Guard(more_ports=(ntfy.port,)))).send(page("ntfy", f"{ntfy.url}/ana"))
    assert ntfy.seen == []


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_is_for_later(ntfy, status):
    ntfy.fail(status, retry_after="7")
    with pytest.raises(TryLater, match=f"The ntfy server answered {status}") as failed:
        send(ntfy)
    assert failed.value.retry_after_s == 7.0


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 413])
def test_a_no_is_a_refusal(ntfy, status):
    ntfy.refuse(status)
    with pytest.raises(Refused, match=f"The ntfy server answered {status}"):
        send(ntfy)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>Welcome to the hotel</html>"),
        Reply(200, b""),
        Reply(200, b"[]"),
        Reply(200, b'{"id": 7, "event": "message"}'),
        Reply(200, b'{"id": "x", "event": "open"}'),
        Reply(200, b'{"id": "x", "event": "mess', ending=Ending.DRIP),
    ],
)
def test_a_200_that_is_not_ntfys_is_no_success(ntfy, reply):
    ntfy.play(reply)
    with pytest.raises(TryLater, match="answered 200, but not as ntfy does") as failed:
        send(ntfy, total_s=0.3)
    assert failed.value.maybe_delivered


def test_a_200_with_an_error_in_its_body_is_no_success(ntfy):
    ntfy.error_body()
    with pytest.raises(TryLater, match="not as ntfy does"):
        send(ntfy)


def test_a_lost_answer_may_have_delivered(ntfy):
    ntfy.reset(takes=True)
    with pytest.raises(TryLater) as failed:
        send(ntfy)
    assert failed.value.maybe_delivered
    ntfy.hang()
    with pytest.raises(TryLater, match="did not answer within") as failed:
        send(ntfy, total_s=0.2)
    assert failed.value.maybe_delivered
    ntfy.take()
