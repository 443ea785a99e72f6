"""The one door for outgoing HTTP, against real servers on loopback (S43 to S45)."""

import gzip
import ipaddress
import socket
import threading
import tracemalloc
from datetime import UTC, datetime

import pytest

from hausmeister.base import outgoing
from hausmeister.base.far_side import Ending, FarSide, Reply
from hausmeister.base.guard import Forbidden, Guard, NoAnswer
from hausmeister.base.outgoing import Client, Limits, connect, looking
from tests.certificates import client_context, server_context

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
QUICK = Limits(connect_s=0.5, total_s=0.3)


@pytest.fixture
def far_side():
    with FarSide() as server:
        yield server


def guarded(server, **more):
    return Client(guard=Guard(allow=LOOPBACK, more_ports=(server.port,)), **more)


def leading_to(*addresses):
    """Return a resolver whose name leads to each of `addresses` in turn, one a look-up, and what was asked."""
    asked = []

    def resolve(host, port):
        asked.append((host, port))
        return [addresses[min(len(asked), len(addresses)) - 1]]

    return resolve, asked


# ---- judged is dialled ----


def test_s44_a_name_that_changes_its_answer_is_asked_once_and_the_judged_address_is_dialled(far_side):
    # the second answer would be an inner address with a server that must never be reached
    resolve, asked = leading_to("127.0.0.1", "10.0.0.5")
    client = Client(guard=Guard(allow=LOOPBACK, more_ports=(far_side.port,), resolve=resolve))
    answer = client.request("POST", f"http://rebind.test:{far_side.port}/hook", body=b"{}")
    assert answer.status == 200
    assert asked == [("rebind.test", far_side.port)]
    assert far_side.expect().headers["host"] == f"rebind.test:{far_side.port}"


def test_s44_a_name_that_turns_inward_is_refused_before_anything_is_dialled(far_side):
    resolve, asked = leading_to("127.0.0.1")
    with pytest.raises(Forbidden):
        Client(guard=Guard(more_ports=(far_side.port,), resolve=resolve)).request(
            "POST", f"https://rebind.test:{far_side.port}/hook"
        )
    assert len(asked) == 1
    assert far_side.seen == []


def test_s44_the_certificate_is_that_of_the_name_though_an_address_is_dialled():
    with FarSide(context=server_context("hooks.test")) as server:
        resolve, _ = leading_to("127.0.0.1")
        guard = Guard(allow=LOOPBACK, more_ports=(server.port,), resolve=resolve)
        client = Client(guard=guard, context=client_context())
        assert client.request("GET", f"https://hooks.test:{server.port}/").status == 200
        assert server.expect().headers["host"] == f"hooks.test:{server.port}"
        with pytest.raises(NoAnswer, match="certificate is not trusted") as failed:
            client.request("GET", f"https://other.test:{server.port}/")
        assert not failed.value.maybe_sent


def test_s49_a_certificate_nobody_vouches_for_is_not_trusted():
    with FarSide(context=server_context("localhost")) as server:
        with pytest.raises(NoAnswer, match="certificate is not trusted"):
            Client().request("GET", f"https://localhost:{server.port}/")
        assert server.seen == []


def test_a_dead_address_does_not_hide_the_living_one(far_side):
    client = Client(resolve=lambda *_: ["127.0.0.2", "127.0.0.1"])
    assert client.request("GET", f"http://two.test:{far_side.port}/").status == 200
    far_side.expect()


# ---- what is never followed or believed ----


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_s45_a_redirect_is_an_answer_and_nothing_more(far_side, status):
    with FarSide() as inner:
        far_side.play(Reply(status, b"", (("Location", f"{inner.url}/inside"),)))
        assert guarded(far_side).request("POST", far_side.url, body=b"{}").status == status
        assert inner.seen == []


def test_s45_a_redirect_to_nonsense_is_an_answer_too(far_side):
    far_side.play(Reply(302, b"", (("Location", "https://[::1"),)))
    assert guarded(far_side).request("GET", far_side.url).status == 302


def test_s45_proxies_of_the_environment_are_not_used(far_side, monkeypatch):
    with FarSide() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert guarded(far_side).request("GET", f"{far_side.url}/hook").status == 200
        assert Client().request("GET", f"{far_side.url}/hook").status == 200
        assert proxy.seen == []
    assert [one.target for one in far_side.delivered] == ["/hook", "/hook"]
    far_side.delivered.clear()


def test_an_ipv6_address_stands_in_brackets_in_the_host_header(far_side):
    # an IPv6 address that leads to this machine's IPv4 side
    assert Client().request("GET", f"http://[::ffff:127.0.0.1]:{far_side.port}/").status == 200
    assert far_side.expect().headers["host"] == f"[::ffff:127.0.0.1]:{far_side.port}"


def test_nothing_is_kept_or_said_of_us_but_a_name(far_side):
    guarded(far_side).request("POST", f"{far_side.url}/hook", headers={"X-Ours": "yes"}, body=b"{}")
    headers = dict(far_side.expect().headers)
    assert headers == {
        "host": f"127.0.0.1:{far_side.port}",
        "user-agent": "Hausmeister",
        "accept-encoding": "identity",
        "connection": "close",
        "content-length": "2",
        "x-ours": "yes",
    }


# ---- limits ----


def test_s45_a_server_that_never_answers_is_given_up(far_side):
    far_side.hang(takes=True)
    with pytest.raises(NoAnswer, match="did not answer within") as failed:
        guarded(far_side, limits=QUICK).request("POST", far_side.url, body=b"{}")
    assert failed.value.maybe_sent
    far_side.expect()


def test_s45_a_server_that_drips_its_headers_holds_nobody():
    """A byte now and then keeps every single read alive; only a limit on the whole ends it."""
    with _dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ") as port, pytest.raises(NoAnswer) as failed:
        Client(limits=QUICK).request("GET", f"http://127.0.0.1:{port}/")
    assert failed.value.maybe_sent


def test_s45_a_server_that_drips_its_body_holds_nobody_and_its_status_counts(far_side):
    far_side.play(Reply(200, b"begin ", ending=Ending.DRIP))
    answer = guarded(far_side, limits=QUICK).request("GET", far_side.url)
    assert answer.status == 200
    assert not answer.is_whole
    assert answer.body.startswith(b"begin x")


def test_s45_a_big_body_is_read_up_to_64_kib(far_side):
    far_side.play(Reply(200, b"y" * 64 * 1024), Reply(200, b"y" * (64 * 1024 + 1)), Reply(200, b"y" * 20_000_000))
    whole, cut, huge = (guarded(far_side).request("GET", far_side.url) for _ in range(3))
    assert (len(whole.body), whole.is_whole) == (64 * 1024, True)
    assert (len(cut.body), cut.is_whole) == (64 * 1024, False)
    assert (len(huge.body), huge.is_whole) == (64 * 1024, False)


def test_s45_a_gzip_bomb_is_not_inflated(far_side):
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 64 * 1024
    far_side.play(Reply(200, bomb, (("Content-Encoding", "gzip"),)))
    tracemalloc.start()
    try:
        answer = guarded(far_side).request("GET", far_side.url)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (len(answer.body), answer.is_whole) == (64 * 1024, False)
    assert peak < 5_000_000


@pytest.mark.parametrize(
    ("encoding", "sent", "read", "is_whole"),
    [
        ("gzip", gzip.compress(b'{"ok":true}', mtime=0), b'{"ok":true}', True),
        ("gzip", gzip.compress(b'{"ok":true}', mtime=0)[:-4], b'{"ok":true}', False),
        ("gzip", b"not gzip at all", b"", False),
        ("br", b"whatever", b"", False),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), b"", False),
        ("identity", b"plain", b"plain", True),
    ],
)
def test_s45_one_layer_of_gzip_is_read_and_nothing_else(far_side, encoding, sent, read, is_whole):
    far_side.play(Reply(200, sent, (("Content-Encoding", encoding),)))
    answer = guarded(far_side).request("GET", far_side.url)
    assert (answer.body, answer.is_whole) == (read, is_whole)


def test_an_answer_that_breaks_off_is_not_whole():
    with _saying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") as port:
        answer = Client().request("GET", f"http://127.0.0.1:{port}/")
    assert (answer.status, answer.body, answer.is_whole) == (200, b"half", False)


# ---- what is known when it fails ----


def test_a_line_cut_after_the_request_may_have_delivered_it(far_side):
    far_side.reset(takes=True)
    with pytest.raises(NoAnswer, match="broke before an answer") as failed:
        Client().request("POST", far_side.url, body=b"{}")
    assert failed.value.maybe_sent
    far_side.expect()


def test_a_connection_that_never_came_about_delivered_nothing():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NoAnswer, match="no connection could be made") as failed:
            Client().request("POST", f"http://127.0.0.1:{taken.getsockname()[1]}/", body=b"{}")
    assert not failed.value.maybe_sent


def test_a_server_that_accepts_and_says_nothing_in_tls_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(NoAnswer, match="no connection within") as failed:
            Client(limits=Limits(connect_s=0.2, total_s=1)).request("GET", f"https://localhost:{port}/")
    assert not failed.value.maybe_sent


def test_what_is_not_http_is_no_answer():
    with _saying(b"220 mail.example ESMTP\r\n") as port, pytest.raises(NoAnswer) as failed:
        Client().request("GET", f"http://127.0.0.1:{port}/")
    assert "mail.example" not in str(failed.value)


def test_a_failure_tells_neither_address_nor_path_nor_answer(far_side):
    far_side.reset()
    secret = "canary-topic-7f3a"
    with pytest.raises(NoAnswer) as failed:
        guarded(far_side).request("POST", f"{far_side.url}/{secret}", headers={"X-Key": secret}, body=secret.encode())
    assert secret not in str(failed.value)
    assert "127.0.0.1" not in str(failed.value)


def test_a_connection_for_other_protocols_is_bounded_too():
    with socket.create_server(("127.0.0.1", 0)) as server:
        connect("localhost", server.getsockname()[1]).close()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NoAnswer, match="no connection could be made"):
            connect("127.0.0.1", taken.getsockname()[1])


# ---- the last look ----


@pytest.mark.parametrize("is_secured", [False, True])
def test_the_last_look_comes_after_connection_and_encryption_and_can_stop_the_first_byte(is_secured):
    context = server_context("localhost") if is_secured else None
    scheme = "https" if is_secured else "http"

    class Stopped(Exception):
        pass

    def look():
        raise Stopped

    with FarSide(context=context) as server:
        client = Client(context=client_context())
        url = f"{scheme}://localhost:{server.port}/"
        with pytest.raises(Stopped), looking(look):
            client.request("POST", url, body=b"secret")
        assert server.seen == [], "not a byte of the request went out"
        looks = []
        with looking(lambda: looks.append(len(server.seen))):
            assert client.request("POST", url, body=b"x" * 200_000).status == 200
        assert looks == [0], "once, before everything"
        server.expect()


# ---- servers that speak no proper HTTP ----


class _Raw:
    """A server that says some bytes to the first who comes, then drips or closes."""

    def __init__(self, words: bytes, *, drips: bool) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._words, self._drips = words, drips
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        line, _ = self._server.accept()
        with line:
            line.settimeout(5)
            line.recv(65536)
            line.sendall(self._words)
            while self._drips and not self._over.wait(0.005):
                try:
                    line.sendall(b"x")
                except OSError:
                    return

    def __enter__(self) -> int:
        self._thread.start()
        return int(self._server.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._server.close()


def _saying(words: bytes) -> _Raw:
    return _Raw(words, drips=False)


def _dripping(words: bytes) -> _Raw:
    return _Raw(words, drips=True)


@pytest.mark.parametrize(
    "certificate", [None, {}, {"notAfter": ""}, {"notAfter": "soon"}, {"notAfter": "Foo 30 10:00:00 2027 GMT"}]
)
def test_a_certificate_whose_end_cannot_be_read_stops_nothing(certificate):
    assert outgoing._end_of(certificate) is None


def test_the_end_of_a_certificate_is_read_as_it_is_written():
    found = outgoing._end_of({"notAfter": "Nov 27 16:00:00 2026 GMT"})
    assert found == datetime(2026, 11, 27, 16, tzinfo=UTC)
