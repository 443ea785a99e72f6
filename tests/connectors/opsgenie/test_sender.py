"""Paging through Opsgenie: what we send, and what its answers mean."""

import pytest

from hausmeister.base import clock
from hausmeister.base.far_side import Ending, Reply, json_reply
from hausmeister.base.outgoing import Client, Limits
from hausmeister.connectors.opsgenie import wire
from hausmeister.connectors.opsgenie.fake import FakeOpsgenie
from hausmeister.connectors.opsgenie.sender import OpsgenieApi, OpsgenieSender
from hausmeister.outbox.delivery import Refused, TryLater
from hausmeister.pager.operations import acting
from tests.connectors.parcels import at_night, code, page, parcel

KEY = "canary-geniekey"
ALIAS = "hausmeister-page-4821-7"


@pytest.fixture
def night():
    with at_night():
        yield


@pytest.fixture
def opsgenie(night):
    with FakeOpsgenie(key=KEY, now=clock.now) as fake:
        yield fake


def send(opsgenie, one=None, *, key=KEY, **limits):
    api = OpsgenieApi(Client(limits=Limits(**limits)), url=opsgenie.url, key=key)
    return OpsgenieSender(api).send(one or page("opsgenie", "ana@corp.example"))


def test_a_page_is_an_alert_for_one_user_with_an_alias_of_its_own(opsgenie):
    assert send(opsgenie) == "request-1"
    assert opsgenie.take() == {
        "message": "Dataset billing_cycles built with 0 rows",
        "alias": ALIAS,
        "description": "Ana, you are called as hausmeister.\n"
        "prometheus, airflow-s1, since 03:20\n"
        "0 rows, yesterday 48 M.\nRun nightly_itaipu\n"
        "Page 4821: http://testserver/pages/4821\n"
        "If nobody answers, Bruno (backstop) is called at 03:25.\n"
        "Times are on the clocks of Europe/Berlin.",
        "responders": [{"type": "user", "username": "ana@corp.example"}],
        "tags": ["hausmeister", "hard"],
        "details": {
            "page": "http://testserver/pages/4821",
            "priority": "P4 very high (Hausmeister)",
            "role": "hausmeister",
        },
        "source": "Hausmeister",
        "user": "Hausmeister",
        "priority": "P1",
    }


def test_s11_an_alert_that_many_can_read_holds_no_signed_link(opsgenie):
    send(opsgenie)
    assert "/p/" not in str(opsgenie.take())


def test_one_page_is_one_alert_however_often_it_is_sent(opsgenie):
    send(opsgenie)
    send(opsgenie, page("opsgenie", "ana@corp.example", again=True))
    assert opsgenie.take()["alias"] == opsgenie.take()["alias"]
    (alert,) = opsgenie.alerts[ALIAS]
    assert (alert.count, alert.rang) == (2, 1)


def test_somebody_called_anew_is_rung_again_although_the_alert_was_acknowledged(opsgenie):
    send(opsgenie)
    opsgenie.does("ana@corp.example", "acknowledge", ALIAS)
    send(opsgenie, page("opsgenie", "ana@corp.example", cycle=2))
    opsgenie.take()
    opsgenie.take()
    assert opsgenie.take("unacknowledge")["source"] == "Hausmeister"
    (alert,) = opsgenie.alerts[ALIAS]
    assert (alert.is_acknowledged, alert.rang) == (False, 2)


def test_a_long_page_fits(opsgenie):
    send(opsgenie, page("opsgenie", "ana@corp.example", title="🚨" * 300, text="ü" * 5000))
    body = opsgenie.take()
    assert len(body["message"]) == 130
    assert body["message"].endswith("… [cut]")


def test_a_code_is_carried(opsgenie):
    assert send(opsgenie, code("opsgenie", "ana@corp.example"))
    body = opsgenie.take()
    assert body["message"] == "048213 is your Hausmeister code"
    assert body["responders"] == [{"type": "user", "username": "ana@corp.example"}]


# ---- telling of acknowledgement and close ----


def tell(kind, page_id=4821, by="Bruno"):
    return parcel(kind, {"channel": "opsgenie"}, {"page": page_id, "person_id": 7, "by": by})


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "verb"), [("ack", "acknowledge"), ("close", "close")])
def test_acknowledgement_and_close_are_told_by_alias(opsgenie, kind, verb):
    send(opsgenie)
    send(opsgenie, tell(kind))
    opsgenie.take()
    body = opsgenie.take(verb)
    assert body["source"] == "Hausmeister"
    alert = opsgenie.newest(ALIAS)
    assert (alert.is_acknowledged, alert.is_open) == (kind == "ack", kind == "ack")
    if kind == "ack":
        assert body["note"] == "Acknowledged in Hausmeister by Bruno."


@pytest.mark.django_db
@pytest.mark.parametrize(
    "reply",
    [
        json_reply(404, {"message": "Alert does not exist", "took": 0.1, "requestId": "x"}),
        json_reply(422, {"message": "Alert with alias [x] does not exist", "took": 0.1, "requestId": "x"}),
        json_reply(422, {"message": "Alert is already closed", "took": 0.1, "requestId": "x"}),
        Reply(404, b"<html>"),
    ],
)
@pytest.mark.parametrize("kind", ["ack", "close"])
def test_an_alert_that_is_gone_needs_telling_no_more(opsgenie, kind, reply):
    opsgenie.play(reply)
    assert send(opsgenie, tell(kind)) == ""


@pytest.mark.django_db
def test_another_422_is_a_refusal(opsgenie):
    opsgenie.play(json_reply(422, {"message": "Request body is not processable", "took": 0.1, "requestId": "x"}))
    with pytest.raises(Refused, match="Opsgenie answered 422"):
        send(opsgenie, tell("ack"))


def test_an_acknowledgement_that_was_taken_back_meanwhile_is_not_told(world, trio):
    with FakeOpsgenie(key=KEY, now=clock.now) as opsgenie:
        opened = world.fire()
        with pytest.raises(Refused, match="open again"):
            send(opsgenie, tell("ack", opened.pk))
        acting.acknowledge(opened.pk, by=trio.ana, now=world.now)
        send(opsgenie, tell("ack", opened.pk))
        opsgenie.take("acknowledge")
    world.forget()


# ---- when Opsgenie says no ----


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"{}"),
        Reply(202, b""),
        Reply(202, b"<html>"),
        json_reply(202, {"result": "Request will be processed"}),
        json_reply(202, {"requestId": 7}),
        json_reply(201, {"requestId": "x"}),
        Reply(202, b'{"requestId": "x', ending=Ending.DRIP),
    ],
)
def test_only_a_202_with_a_request_id_is_a_success(opsgenie, reply):
    opsgenie.play(reply)
    with pytest.raises(TryLater, match="not as Opsgenie does") as failed:
        send(opsgenie, total_s=0.3)
    assert failed.value.maybe_delivered


def test_a_200_with_an_error_in_its_body_is_no_success(opsgenie):
    opsgenie.error_body()
    with pytest.raises(TryLater, match="not as Opsgenie does"):
        send(opsgenie)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_is_for_later(opsgenie, status):
    opsgenie.fail(status, retry_after="4")
    with pytest.raises(TryLater, match=f"Opsgenie answered {status}") as failed:
        send(opsgenie)
    assert failed.value.retry_after_s == 4.0


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422])
def test_a_no_is_a_refusal(opsgenie, status):
    opsgenie.refuse(status)
    with pytest.raises(Refused, match=f"Opsgenie answered {status}"):
        send(opsgenie)


def test_a_wrong_key_is_refused_and_never_told(opsgenie):
    with pytest.raises(Refused, match="Opsgenie answered 401") as failed:
        send(opsgenie, key="canary-wrong")
    assert "canary" not in str(failed.value)


def test_other_kinds_are_refused(opsgenie):
    with pytest.raises(Refused, match="kind post"):
        send(opsgenie, parcel("post", {}, {}))


# ---- reading ----


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("hausmeister-page-4821-7", (4821, 7)),
        ("hausmeister-page-4821-7-2", None),
        ("hausmeister-page--7", None),
        ("hausmeister-page-4821-", None),
        ("hausmeister-page-" + "9" * 19 + "-7", None),
        ("hausmeister-page-٤-7", None),
        ("disk-full", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_only_our_own_aliases_are_read(text, read):
    assert wire.read_alias(text) == read


def test_the_alias_we_make_is_the_alias_we_read():
    assert wire.read_alias(wire.alias(4821, 7)) == (4821, 7)


@pytest.mark.parametrize(
    ("value", "at"),
    [
        (1420452224764002246, "2015-01-05T10:03:44.764002+00:00"),
        (1420452191104, "2015-01-05T10:03:11.104000+00:00"),
        (0, None),
        (-1, None),
        (10**30, None),
        (True, None),
        ("1420452191104", None),
        (None, None),
    ],
)
def test_the_time_of_an_event_is_nanoseconds_or_milliseconds(value, at):
    read = wire.event({"action": "Close", "alert": {"alias": ALIAS, "updatedAt": value}})
    assert (read.at.isoformat() if read.at else None) == at


@pytest.mark.parametrize(
    "answer",
    [None, {}, {"data": None}, {"data": []}, {"data": {}}, {"data": {"status": 1}}, {"message": "no such alert"}],
)
def test_what_is_no_alert_has_no_standing(answer):
    assert wire.standing(answer) is None


def test_a_standing_without_a_report_falls_back_to_owner_and_last_change():
    found = wire.standing({"data": {"status": "open", "acknowledged": True, "owner": "ana@corp.example",
                                    "updatedAt": "2026-11-24T02:21:00.5Z"}})  # fmt: skip
    assert (found.is_acknowledged, found.by, found.at.isoformat()) == (
        True,
        "ana@corp.example",
        "2026-11-24T02:21:00.500000+00:00",
    )
