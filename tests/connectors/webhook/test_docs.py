"""The docs' promises about the webhook, held against what really leaves."""

import re
from pathlib import Path

import msgspec
import pytest

from hausmeister.base import signing
from hausmeister.connectors.webhook import wire
from tests.connectors.parcels import NOW, page

PAGE = Path(__file__).parents[3] / "docs" / "connectors.md"


def block(name, language):
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n```{language}\n(.*?)```", text, re.DOTALL)
    assert found, f"docs/connectors.md has no block {name}"
    return found[1]


@pytest.fixture
def is_genuine():
    space = {}
    exec(block("webhook-check", "python"), space)
    return space["is_genuine"]


def test_s46_the_documented_check_takes_what_we_send_and_nothing_else(is_genuine):
    secret, body, at_s = "s3cret", b'{"version": 1}', int(NOW.timestamp())
    header = signing.webhook_signature(secret, body, at_s=at_s)
    assert is_genuine(secret, header, body, now=at_s + 300)
    assert not is_genuine(secret, header, body, now=at_s + 301)
    assert not is_genuine(secret, header, body)
    assert not is_genuine("another", header, body, now=at_s)
    assert not is_genuine(secret, header, body + b" ", now=at_s)
    assert not is_genuine(secret, signing.webhook_signature(secret, body, at_s=at_s - 1)[:-1] + "0", body, now=at_s)


@pytest.mark.parametrize("header", ["", "t=", "t=1,v1=", "t=x,v1=y", "v1=y", "t=1,v1=ü", "t=1,v1=a,v1=b", "=,="])
def test_s36_the_documented_check_survives_a_strange_header(is_genuine, header):
    assert is_genuine("s3cret", header, b"{}", now=1) is False


def test_the_documented_message_has_the_fields_that_we_send():
    documented = msgspec.json.decode(block("webhook-example", "json"))
    parcel = page("webhook", "https://hooks.example.com/", text="0 rows, yesterday 48 M.")
    sent = wire.page_body(
        parcel,
        answer_url="https://hausmeister.example.org/p/…",
        page_url="https://hausmeister.example.org/pages/4821",
        now=NOW,
    )
    assert sent == documented
