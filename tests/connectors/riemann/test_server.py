"""Events over TCP and UDP: taken, answered, and refused in words."""

import errno
import socket
import ssl
import struct

import pytest

from hausmeister.base.event import Event
from hausmeister.connectors.riemann import wire
from hausmeister.connectors.riemann.server import Address, Server, tls_context
from hausmeister.monitoring.station import Station
from tests.connectors.riemann.conftest import Sender
from tests.processes import ROOT

CERTIFICATES = ROOT / "tests" / "certificates"


def message(*events):
    return wire.framed(b"".join(wire._field(0x32, wire.event_bytes(event)) for event in events))


def event(service="api", **more):
    return Event(host="a", service=service, state="ok", **more)


def test_each_message_is_acknowledged_and_stands_in_the_index(here, sender):
    sender.send(message(event(), event("disk")))
    assert sender.answer() == (True, "", ())
    assert {one.service for one in here.events()} == {"api", "disk"}
    assert here.events(shard="s1") == []


def test_a_message_in_pieces_and_two_in_one_piece_are_all_answered(here, sender):
    data = message(event("one")) + message(event("two"))
    for place in range(0, len(data), 3):
        sender.send(data[place : place + 3])
    sender.send(message(event("three")) + message(event("four")))
    assert [sender.answer()[0] for _ in range(4)] == [True] * 4
    assert len(here.events()) == 4


def test_an_event_without_a_time_has_the_time_of_its_arrival(here, sender):
    sender.send(message(event()))
    sender.answer()
    assert here.events("time > 1700000000")


def test_a_query_is_answered_from_the_index_and_a_wrong_one_in_words(here, sender):
    sender.send(message(event(metric=5), event("disk", metric=1)))
    sender.answer()
    sender.send(wire.question("metric > 2"))
    assert [one.service for one in sender.answer()[2]] == ["api"]
    sender.send(wire.question('state = "critical"'))
    assert sender.answer() == (True, "", ())
    sender.send(wire.question("state = critical"))
    ok, error, _ = sender.answer()
    assert not ok
    assert "no value" in error


def test_a_message_that_cannot_be_read_is_answered_and_the_next_one_taken(here, sender):
    sender.send(wire.framed(b"\x32\x05\x1a\x0aab"))
    ok, error, _ = sender.answer()
    assert (ok, error[:26]) == (False, "The message cannot be read")
    sender.send(message(event()))
    assert sender.answer()[0]
    assert here.station.shard("s0").malformed == 1


def test_a_length_of_a_gigabyte_is_refused_before_a_byte_of_it_is_kept(here, sender):
    sender.send(message(event()) + struct.pack(">I", 1 << 30) + b"x" * 1_000)
    assert sender.answer()[0]
    ok, error, _ = sender.answer()
    assert (ok, error) == (False, "A message of 1073741824 bytes; at most 4194304 are read.")
    assert sender.is_closed()


def test_a_datagram_is_a_message_and_a_broken_one_is_counted(here):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"\xff\xff\xff", here.tcp(1))
        udp.sendto(message(event("by udp"))[4:], here.tcp(1))
    assert here.wait_for('service = "by udp"', shard="s1")
    assert here.station.shard("s1").malformed == 1


def test_a_flood_on_one_shard_leaves_the_others_answering(here, sender):
    flood = message(*(event(str(number)) for number in range(500)))
    with socket.create_connection(here.tcp(1), timeout=10) as other:
        sender.socket.setblocking(False)
        sent = 0
        try:
            while sent < 20_000_000:
                sent += sender.socket.send(flood)
        except BlockingIOError:
            pass
        calm = Sender(other)
        calm.send(message(event("calm")))
        assert calm.answer()[0]
    assert here.events(shard="s1")


AUTHORITY = str(CERTIFICATES / "authority.pem")
OURS = (str(CERTIFICATES / "localhost.pem"), str(CERTIFICATES / "localhost.pem"))


def secured(*files):
    station = Station(["s0"], store=lambda changes, _now: None)
    return station, Server(station, [Address("s0", "127.0.0.1", 0, tls=True)], tls=tls_context(files))


def told_over_tls(server):
    """Return whether the server answered an event sent over TLS."""
    trusting = ssl.create_default_context(cafile=AUTHORITY)
    trusting.check_hostname = False
    try:
        with socket.create_connection(server.bound[0], timeout=10) as plain, trusting.wrap_socket(plain) as stranger:
            stranger.sendall(message(event()))
            return bool(stranger.recv(100))
    except (ssl.SSLError, ConnectionError):
        return False


def test_over_tls_events_are_taken_from_whoever_trusts_the_certificate():
    station, server = secured(*OURS)
    server.start()
    try:
        assert told_over_tls(server)
        assert len(station.shard("s0").index) == 1
        with socket.create_connection(server.bound[0], timeout=10) as plain:
            plain.sendall(message(event("in the clear")))
            plain.recv(100)
        assert len(station.shard("s0").index) == 1
    finally:
        server.stop()


def test_whoever_shows_no_certificate_of_the_authority_is_not_taken():
    station, server = secured(*OURS, AUTHORITY)
    server.start()
    try:
        assert not told_over_tls(server)
        assert len(station.shard("s0").index) == 0
    finally:
        server.stop()


def test_an_address_that_is_taken_is_said_at_the_start(here):
    station = Station(["s0"], store=lambda changes, _now: None)
    again = Server(station, [Address("s0", *here.tcp())])
    with pytest.raises(OSError, match="in use") as taken:
        again.start()
    assert taken.value.errno == errno.EADDRINUSE


def test_thousands_of_queries_in_one_packet_are_not_all_answered_at_once(here, sender):
    sender.send(message(*(event(str(number), description="x" * 2_000) for number in range(1_000))))
    assert sender.answer()[0]
    sender.send(wire.question("true") * 200)
    sender.socket.settimeout(20)
    answered = 0
    while (told := sender.answer())[0]:
        answered += 1
        assert answered < 200
    assert told[1].startswith("Too much was asked at once")


def test_a_query_by_datagram_is_not_answered(here):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(wire.question("true")[4:] + message(event("and an event"))[4:], here.tcp(1))
    assert here.wait_for('service = "and an event"', shard="s1")
