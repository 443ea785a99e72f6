"""Our own checks against real servers on loopback: what is good, what hangs, what floods; and whom a failure calls."""

import ipaddress
import socket
import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hausmeister.alerts import operations as alerts
from hausmeister.base import clock, guard
from hausmeister.base.outgoing import Client
from hausmeister.journal.rules import CONSOLE
from hausmeister.monitoring import probing
from hausmeister.monitoring.models import Probe
from hausmeister.monitoring.operations import probes
from hausmeister.monitoring.operations.probes import ProbeRefused, Wanted
from hausmeister.monitoring.rules.probes import Finding, ProbeKind
from hausmeister.pager.models import Page
from tests import certificates

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(302 if self.path == "/moved" else self.server.status)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        try:
            if self.path == "/flood":
                for _ in range(160):
                    self.wfile.write(b"x" * 65_536)
            self.wfile.write(b"all is well")
        except OSError:
            self.server.was_cut = True

    def log_message(self, format, *args):  # noqa: A002 - the library's own name
        """Say nothing."""


@contextmanager
def shop(port=0, *, tls=False):
    server = ThreadingHTTPServer(("127.0.0.1", port), Shop)
    server.status, server.was_cut = 200, False
    if tls:
        server.socket = certificates.server_context("localhost").wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def mute():
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture(autouse=True)
def any_port(settings):
    settings.HAUSMEISTER_OUTGOING_PORTS = tuple(range(1_024, 65_536))


def make(world, trio, url, **more):
    return probes.make(trio.team, Wanted(more.pop("name", "shop"), url=url, **more), by=CONSOLE, now=world.now)


def looked(probe, **more):
    door = lambda limits: Client(guard=guard.of_settings(), limits=limits, **more)  # noqa: E731
    return probing.look(probe, door)


def test_a_server_that_dies_calls_the_person_on_duty_and_its_return_closes_the_page(world, trio):
    # the engine reads the ports when it is built
    world.engine = world._engine()
    with shop() as server:
        port = server.server_address[1]
        probe = make(world, trio, f"http://127.0.0.1:{port}/", what="Look at the shop.")
        world.tick()
        probe.refresh_from_db()
        assert (probe.state, probe.problem, probe.changed_at) == ("up", "", world.now)
    world.go(seconds=60)
    world.expect_none()
    world.go(seconds=61)
    told = world.expect("email", "Ana", "shop: no connection could be made").parcel.facts
    assert told["priority"] == 3
    assert told["text"].startswith("Look at the shop.\nFailed 2 times in a row: http://127.0.0.1")
    page = Page.objects.get()
    with shop(port):
        world.go(seconds=61)
        page.refresh_from_db()
        assert page.closed_at is not None
        probe.refresh_from_db()
        assert (probe.state, probe.failures) == ("up", 0)
    world.sent.clear()
    probes.pause(probe, by=CONSOLE, now=world.now)
    world.go(minutes=30)
    world.expect_none()
    assert Page.objects.count() == 1


def test_status_text_and_redirects_are_judged_as_they_come(world, trio):
    with shop() as server:
        home = f"http://127.0.0.1:{server.server_address[1]}"
        assert looked(make(world, trio, f"{home}/", text="all is well")).is_good
        assert "is not in" in looked(make(world, trio, f"{home}/", name="b", text="all is lost")).problem
        moved = make(world, trio, f"{home}/moved", name="c")
        assert looked(moved).is_good
        strict = make(world, trio, f"{home}/moved", name="d", last_status=299)
        assert looked(strict).problem == "answered 302, not 200 to 299"


def test_of_ten_megabytes_only_the_beginning_is_read(world, trio):
    with shop() as server:
        flood = make(world, trio, f"http://127.0.0.1:{server.server_address[1]}/flood", text="all is well")
        assert "first 64 KB" in looked(flood).problem
    assert server.was_cut


def test_who_takes_the_line_and_never_answers_fails_after_its_time(world, trio):
    with mute() as port:
        silent = make(world, trio, f"http://127.0.0.1:{port}/", timeout=timedelta(seconds=1))
        assert looked(silent).problem == "it did not answer within 1 s"
        tcp = Wanted("port", ProbeKind.TCP, host="127.0.0.1", port=port)
        assert looked(probes.make(trio.team, tcp, by=CONSOLE, now=world.now)).is_good
    gone = Wanted("gone", ProbeKind.TCP, host="127.0.0.1", port=free_port())
    assert looked(probes.make(trio.team, gone, by=CONSOLE, now=world.now)).problem == "no connection could be made"


def test_a_certificate_near_its_end_is_told_and_one_nobody_vouches_for_is_refused(world, trio, monkeypatch):
    names = {"resolve": lambda _host, _port: ["127.0.0.1"]}
    monkeypatch.setattr(guard, "of_settings", lambda: guard.Guard(LOOPBACK, range(1_024, 65_536), **names))
    with shop(tls=True) as server:
        probe = make(world, trio, f"https://localhost:{server.server_address[1]}/", days_left=30)
        trusted = certificates.client_context()
        answer = Client(guard=guard.of_settings(), context=trusted).request("GET", probe.url)
        ends_at = answer.certificate_ends_at
        assert looked(probe, context=trusted).is_good
        with clock.run_by(lambda: ends_at - timedelta(days=10)):
            assert looked(probe, context=trusted).problem == "its certificate ends in 10 days, 30 are wanted"
        assert looked(probe).problem == "its certificate is not trusted"


def test_a_private_address_is_refused_when_it_is_stored_and_when_it_is_dialled(world, trio, settings):
    probe = make(world, trio, "http://127.0.0.1:8080/")
    settings.HAUSMEISTER_OUTGOING_ALLOW = ()
    assert "does not lead to a public server" in looked(probe).problem
    for wanted in (Wanted("a", url="http://10.0.0.1/"), Wanted("b", ProbeKind.TCP, host="10.0.0.1", port=5_432)):
        with pytest.raises(ProbeRefused, match="public server"):
            probes.make(trio.team, wanted, by=CONSOLE, now=world.now)
    settings.HAUSMEISTER_OUTGOING_PORTS = ()
    with pytest.raises(ProbeRefused, match="port"):
        probes.make(trio.team, Wanted("c", ProbeKind.TCP, host="9.9.9.9", port=22), by=CONSOLE, now=world.now)


def test_of_two_engines_one_looks_and_the_claim_of_a_dead_one_runs_out(world, trio):
    probe = make(world, trio, "http://127.0.0.1:8080/")
    (dead,) = probes.claim(most=8, busy=(), now=world.now)
    assert probes.claim(most=8, busy=(), now=world.now + timedelta(minutes=1)) == []
    later = world.now + probes.CLAIM
    (ours,) = probes.claim(most=8, busy=(), now=later)
    assert not probes.record(dead, Finding("late", 1), started_at=world.now, now=later)
    assert probes.record(ours, Finding("", 1), started_at=later, now=later)
    probe.refresh_from_db()
    assert (probe.is_good, probe.next_at) == (True, later + timedelta(minutes=1))


def test_at_most_eight_at_once_and_one_of_each_host(world, trio):
    for number in range(12):
        make(world, trio, f"http://127.0.0.{number + 1}/", name=f"host {number}")
    make(world, trio, "http://127.0.0.1/other", name="the same host")
    begun = []
    round_ = probing.Round(probing.guarded(guard.of_settings()), begin=begun.append)
    assert round_.run(world.now) == 8
    assert round_.run(world.now) == 0
    claimed = Probe.objects.filter(claimed_until__gt=world.now)
    assert len({probe.host for probe in claimed}) == len(claimed) == len(begun) == 8


def test_a_result_that_comes_after_a_pause_or_a_change_counts_for_nothing(world, trio):
    probe = make(world, trio, "http://127.0.0.1/", enough=1)
    for act in (lambda: probes.pause(probe, by=CONSOLE, now=world.now), lambda: probes.change(
        probe, Wanted("shop", url="http://127.0.0.2/"), by=CONSOLE, now=world.now)):  # fmt: skip
        (claimed,) = probes.claim(most=8, busy=(), now=world.now)
        act()
        assert not probes.record(claimed, Finding("down", 1), started_at=world.now, now=world.now)
        probes.resume(probe, by=CONSOLE, now=world.now)
    assert not Page.objects.exists()


def test_an_alert_closed_by_hand_opens_anew_while_it_is_down_and_ends_with_the_check(world, trio):
    probe = make(world, trio, "http://127.0.0.1/", enough=1)

    def fail():
        (claimed,) = probes.claim(most=8, busy=(), now=world.now)
        probes.record(claimed, Finding("no connection could be made", 1), started_at=world.now, now=world.now)

    fail()
    alerts.close_page(Page.objects.get().pk, by=CONSOLE, person=None, reason="", now=world.now)
    world.now += timedelta(minutes=5)
    fail()
    assert Page.objects.count() == 2
    probes.remove(probe, by=CONSOLE, now=world.now)
    assert not Page.objects.filter(closed_at=None).exists()


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"name": ""}, "name"),
        ({"every": timedelta(seconds=29)}, "every"),
        ({"timeout": timedelta(seconds=31)}, "timeout"),
        ({"enough": 0}, "enough"),
        ({"first_status": 300, "last_status": 200}, "status"),
        ({"days_left": 5}, "days_left"),
        ({"url": "ftp://127.0.0.1/"}, "url"),
        ({"url": "http://user:word@127.0.0.1/"}, "url"),
        ({"kind": ProbeKind.TCP}, "host"),
        ({"kind": ProbeKind.TCP, "host": "a b", "port": 8080}, "host"),
        ({}, "name"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(world, trio, wanted, field):
    make(world, trio, "http://127.0.0.1/")
    with pytest.raises(ProbeRefused) as refused:
        probes.make(
            trio.team, Wanted(**{"name": "shop", "url": "http://127.0.0.1/", **wanted}), by=CONSOLE, now=world.now
        )
    assert refused.value.field == field
