"""Riemann's bytes: what its senders write, and what nobody should."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausmeister.base.event import Event
from hausmeister.connectors.riemann import wire

TEXT = st.text(max_size=20).filter(lambda text: text.isprintable())


def message(*fields):
    return b"".join(wire._field(0x32, field) for field in fields)


def read_one(field):
    return wire.read(message(field)).events[0]


@given(
    st.builds(
        Event,
        host=TEXT, service=TEXT, state=TEXT, description=TEXT,
        metric=st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False),
        tags=st.lists(TEXT.filter(bool), max_size=3).map(tuple),
        attributes=st.dictionaries(TEXT.filter(bool), TEXT, max_size=3),
        time_s=st.none() | st.integers(-(2**33), 2**33).map(float),
        ttl_s=st.none() | st.floats(0, 1e6, width=32),
    )
)  # fmt: skip
def test_an_event_comes_back_as_it_was_written(event):
    assert read_one(wire.event_bytes(event)) == event


@pytest.mark.parametrize(
    ("field", "metric"),
    [
        (b"\x68\x03", -2),
        (b"\x71" + struct.pack("<d", 0.5), 0.5),
        (b"\x7d" + struct.pack("<f", 0.5), 0.5),
        (b"\x7d" + struct.pack("<f", 0.1) + b"\x71" + struct.pack("<d", 0.1), 0.1),
        (b"\x71" + struct.pack("<d", 0.1) + b"\x7d" + struct.pack("<f", 0.1), 0.1),
        (b"\x71" + struct.pack("<d", float("nan")), None),
        (b"\x7d" + struct.pack("<f", float("inf")), None),
        (b"", None),
    ],
)
def test_each_of_the_three_fields_for_a_metric_is_read(field, metric):
    assert read_one(field).metric == metric


def test_a_time_in_microseconds_is_finer_and_wins():
    assert read_one(b"\x08\x05\x50" + wire._number_bytes(5_250_000)).time_s == 5.25


def test_the_old_form_of_events_is_read_too():
    old = wire._field(0x22, wire._text_field(0x1A, "api"))
    assert wire.read(old).events[0].service == "api"


def test_fields_that_nobody_knows_yet_are_passed_over():
    event = b"\x1a\x03api" + b"\xf8\x07\x05" + b"\xa2\x06\x02hi" + b"\x30\x01"
    assert read_one(event).service == "api"


def test_too_long_texts_are_cut_and_half_a_character_is_replaced():
    assert len(read_one(wire._field(0x1A, b"x" * 10_000)).service) == 300
    assert read_one(wire._field(0x1A, b"a\xff\x00b")).service == "a\ufffd\ufffdb"


@pytest.mark.parametrize(
    "body",
    [b"\x32", b"\x32\xff\xff\xff\xff\x7f", b"\x32\x05\x1a\x0aab", b"\xff" * 12, b"\x33", b"\x32\x02\x71\x00"],
)
def test_what_is_no_message_is_told_apart(body):
    with pytest.raises(wire.Malformed):
        wire.read(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_told_to_be_none(body):
    try:
        wire.read(body)
    except wire.Malformed:
        return


def test_json_carries_attributes_beside_the_fields_and_the_time_in_words():
    event = Event(host="a", service="b", metric=1, time_s=1_795_000_000.25, ttl_s=30.0, attributes={"dc": "fra"})
    told = wire.as_json(event)
    assert (told["dc"], told["time"], told["state"]) == ("fra", "2026-11-18T11:06:40.250Z", None)
    assert wire.from_json(told) == event


@pytest.mark.parametrize("line", [[], "x", 5, {"metric": "x"}, {"metric": True}, {"tags": "x"}, {"time": "soon"}])
def test_json_that_is_no_event_is_told_apart(line):
    with pytest.raises(wire.Malformed):
        wire.from_json(line)


@pytest.mark.parametrize("metric", [10**400, float("inf"), -(10**309)])
def test_a_number_beyond_all_others_is_left_out(metric):
    assert wire.from_json({"metric": metric}).metric is None
