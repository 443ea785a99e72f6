"""What an exchange over HTTP means for a message."""

import pytest

from hausmeister.base import clock
from hausmeister.base.far_side import FarSide, Reply
from hausmeister.base.guard import Guard
from hausmeister.base.outgoing import Answer, Client, Limits
from hausmeister.outbox import over_http
from hausmeister.outbox.delivery import Refused, TryLater
from tests.harness import at

NOW = at("2026-11-24 02:20")


@pytest.fixture
def far_side():
    with FarSide() as server, clock.run_by(lambda: NOW):
        yield server


def exchange(far_side, **more):
    return over_http.exchange(Client(**more), "POST", far_side.url, far_side="The far side", body=b"{}")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_a_2xx_is_for_the_connector_to_judge(far_side, status):
    far_side.play(Reply(status))
    assert exchange(far_side).status == status


@pytest.mark.parametrize(
    ("status", "maybe_delivered"),
    [
        *((status, False) for status in (408, 425, 429, 501, 503, 507)),
        *((status, True) for status in (500, 502, 504, 599)),
    ],
)
def test_trouble_on_the_far_side_is_for_later(far_side, status, maybe_delivered):
    far_side.fail(status)
    with pytest.raises(TryLater, match=f"The far side answered {status}$") as failed:
        exchange(far_side)
    assert failed.value.maybe_delivered is maybe_delivered


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 403, 404, 405, 410, 413, 422])
def test_a_redirect_and_any_other_4xx_is_a_refusal(far_side, status):
    far_side.refuse(status)
    with pytest.raises(Refused, match=f"The far side answered {status}"):
        exchange(far_side)


def test_s45_nobody_is_shown_what_the_far_side_said(far_side):
    far_side.refuse(403)
    with pytest.raises(Refused) as failed:
        exchange(far_side)
    assert "<b>" not in str(failed.value)
    assert "127.0.0.1" not in str(failed.value)


def test_a_far_side_that_took_it_and_never_answered_may_have_delivered(far_side):
    far_side.hang(takes=True)
    with pytest.raises(TryLater, match="it did not answer within") as failed:
        exchange(far_side, limits=Limits(total_s=0.2))
    assert failed.value.maybe_delivered
    far_side.expect()


def test_s44_a_forbidden_address_is_a_refusal(far_side):
    with pytest.raises(Refused, match="The far side: This address is not allowed"):
        exchange(far_side, guard=Guard(more_ports=(far_side.port,)))
    assert far_side.seen == []


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30.0),
        (" 0 ", 0.0),
        ("Tue, 24 Nov 2026 02:21:30 GMT", 90.0),
        ("Tue, 24 Nov 2026 02:19:00 GMT", 0.0),
        ("Tuesday, 24-Nov-26 02:21:30 GMT", 90.0),
        ("Tue, 24 Nov 2026 03:21:30 +0100", 90.0),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣٠", None),
        ("Tue, 99 Nov 2026 02:21:30 GMT", None),
        ("9" * 400, 999999999.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert over_http.retry_after_s(value, now=NOW) == seconds


def test_retry_after_reaches_the_outbox(far_side):
    far_side.fail(429, retry_after="Tue, 24 Nov 2026 02:21:00 GMT")
    with pytest.raises(TryLater) as failed:
        exchange(far_side)
    assert failed.value.retry_after_s == 60.0


@pytest.mark.parametrize(
    ("body", "is_whole", "found"),
    [
        (b'{"ok": true}', True, {"ok": True}),
        (b'{"ok": true}', False, None),
        (b"[1]", True, None),
        (b"<html>", True, None),
        (b"", True, None),
        (b"\xff\xfe", True, None),
        (b"[" * 100_000, True, None),
    ],
)
def test_only_one_whole_json_object_is_an_answer(body, is_whole, found):
    assert over_http.object_of(Answer(200, {}, body, is_whole)) == found
