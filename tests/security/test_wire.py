"""S9: the parser is strict and single. Raw bytes to the real program; at most one answer a connection."""

import re
import socket
from collections.abc import Iterator

import pytest

from tests.processes import Process, deployment, free_port

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    with deployment() as told:
        yield told.start("up", port=free_port())


def say(process: Process, *pieces: bytes) -> bytes:
    """Send `pieces` and return everything that comes back until the server closes or is silent for a second."""
    assert process.port is not None
    received = b""
    with socket.create_connection(("127.0.0.1", process.port), timeout=5) as line:
        for piece in pieces:
            line.sendall(piece)
        line.settimeout(1)
        try:
            while chunk := line.recv(65536):
                received += chunk
        except TimeoutError:
            received += b"<still open>"
        except OSError:
            pass
    return received


_HEAD = b"POST /api/v1/alerts HTTP/1.1\r\nHost: localhost\r\n"
_SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
BROKEN = {
    "length and chunks": _HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + _SMUGGLED,
    "two lengths": _HEAD + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd" + _SMUGGLED,
    "a list of lengths": _HEAD + b"Content-Length: 4, 5\r\n\r\nabcd" + _SMUGGLED,
    "a negative length": _HEAD + b"Content-Length: -1\r\n\r\n" + _SMUGGLED,
    "a length with a sign": _HEAD + b"Content-Length: +4\r\n\r\nabcd" + _SMUGGLED,
    "odd chunk ends": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\nabcd\n0\n\n" + _SMUGGLED,
    "a chunk of no number": _HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabcd\r\n0\r\n\r\n" + _SMUGGLED,
    "an unknown coding": _HEAD + b"Transfer-Encoding: xchunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n" + _SMUGGLED,
    "blank before the colon": _HEAD + b"Content-Length : 4\r\n\r\nabcd" + _SMUGGLED,
    "a folded line": _HEAD + b"X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n" + _SMUGGLED,
    "a bare line feed in a header": _HEAD + b"X-A: b\nX-C: d\r\nContent-Length: 0\r\n\r\n" + _SMUGGLED,
    "NUL in a header": _HEAD + b"X-A: b\x00c\r\nContent-Length: 0\r\n\r\n" + _SMUGGLED,
    "no version": b"POST /api/v1/alerts\r\n\r\n" + _SMUGGLED,
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + _SMUGGLED,
}


@pytest.mark.parametrize("name", BROKEN)
def test_s9_what_two_parsers_could_read_differently_is_answered_once_and_closed(process, name):
    received = say(process, BROKEN[name])
    assert received.count(b"HTTP/1.1 ") <= 1, received
    assert b"HTTP/1.1 200" not in received, "the request hidden behind it was served"
    assert b"<still open>" not in received
    assert received.startswith((b"HTTP/1.1 4", b"")), received


def test_a_proper_request_in_pieces_is_served_and_the_connection_stays(process):
    received = say(process, b"GET /healthz HT", b"TP/1.1\r\nHost: local", b"host\r\n\r\n", _SMUGGLED)
    assert received.count(b"HTTP/1.1 200 OK") == 2
    assert received.endswith(b"<still open>")


def test_s50_an_answer_names_no_product_and_no_version(process):
    for path in ("/healthz", "/nothing-here", "/api/v1/alerts", "/v2/alerts"):
        answer = say(process, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()).lower()
        head = answer.split(b"\r\n\r\n")[0]
        for word in (b"uvicorn", b"django", b"python", b"\r\nserver:"):
            assert word not in head, (path, word)
        assert b"traceback" not in answer
        assert b"5.2." not in answer


def test_s24_every_answer_carries_the_security_headers_the_intakes_too(process):
    for request in ("GET /healthz", "GET /nothing-here", "POST /v2/alerts", "GET /sign-in"):
        answer = say(
            process, f"{request} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        head = answer.split(b"\r\n\r\n")[0].lower()
        for name in (
            b"content-security-policy: default-src 'none'",
            b"x-content-type-options: nosniff",
            b"referrer-policy:",
        ):
            assert name in head, (request, name)
        assert head.count(b"content-security-policy") == 1
        assert b"access-control-allow" not in head, "no CORS (S26)"


POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; "
    "worker-src 'self'"
)


@pytest.mark.parametrize("request_line", ["GET /sign-in", "GET /api/docs", "POST /v2/alerts", "GET /nothing-here"])
def test_s24_the_content_security_policy_is_word_for_word_the_promised_one(process, request_line):
    ask = f"{request_line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    head = say(process, ask.encode()).split(b"\r\n\r\n")[0].decode().splitlines()
    policies = [line.partition(": ")[2] for line in head if line.lower().startswith("content-security-policy")]
    assert policies == [POLICY]


def test_s26_no_other_site_may_read_anything_a_style_sheet_neither(process):
    sheet = re.search(rb"/static/[^\"]+", process.ask("GET", "/sign-in")[1])
    assert sheet is not None
    for path in (sheet[0].decode(), "/api/openapi.json", "/healthz", "/events", "/p/x"):
        ask = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\nConnection: close\r\n\r\n"
        head = say(process, ask.encode()).split(b"\r\n\r\n")[0].lower()
        assert b"http/1.1 " in head
        assert b"access-control-" not in head, (path, head)
        assert head.count(b"x-robots-tag: noindex") == 1, (path, head)


@pytest.mark.parametrize("path", ["/sign-in", "/api/v1/pages/1/note", "/password/reset"])
def test_a_body_over_the_limit_is_413_also_in_pieces(process, path):
    piece = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    received = say(process, head, *[piece] * 17)
    assert received.startswith(b"HTTP/1.1 413"), received[:200]
    assert b"1024 KiB" in received


def test_bodies_that_never_end_hold_up_no_screen(process):
    """With the cookie of any visitor a form's body is read before its token is judged."""
    assert process.port is not None
    visit = say(process, b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    cookie = re.search(rb"(?i)set-cookie: (csrf=[^;]+)", visit)
    assert cookie is not None
    head = (
        b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nCookie: " + cookie[1]
        + b"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na"
    )  # fmt: skip
    lines = [socket.create_connection(("127.0.0.1", process.port), timeout=5) for _ in range(20)]
    try:
        for line in lines:
            line.sendall(head)
        assert process.ask("GET", "/sign-in")[0] == 200
    finally:
        for line in lines:
            line.close()


def test_an_unknown_host_is_refused_and_never_repeated(process):
    answer = say(process, b"GET /sign-in HTTP/1.1\r\nHost: evil.example.org\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"evil.example.org" not in answer
