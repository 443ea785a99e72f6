"""S20, S24: under an https address cookies and headers are those of https, in the real program."""

import pytest

from tests.processes import deployment, free_port
from tests.security.test_wire import say

pytestmark = pytest.mark.slow


def test_s20_under_https_cookies_are_secure_and_bound_to_the_host():
    with deployment(HAUSMEISTER_BASE_URL="https://ops.example.org") as told:
        process = told.start("up", port=free_port())
        answer = say(process, b"GET /sign-in HTTP/1.1\r\nHost: ops.example.org\r\nConnection: close\r\n\r\n")
        head = answer.split(b"\r\n\r\n")[0].decode().lower()
        cookies = [line for line in head.splitlines() if line.startswith("set-cookie:")]
        asked = ["NAME", "SECURE", "HTTPONLY", "SAMESITE", "DOMAIN"]
        names = told.python(
            "from django.conf import settings\n"
            f"print(*(getattr(settings, 'SESSION_COOKIE_' + name) for name in {asked!r}))"
        )
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("set-cookie: __host-")
        for part in ("; secure", "; httponly", "; samesite=lax", "; path=/"):
            assert part in cookie, cookie
        assert "domain=" not in cookie
    assert names == "__Host-session True True Lax None"
    assert "strict-transport-security: max-age=31536000" in head
