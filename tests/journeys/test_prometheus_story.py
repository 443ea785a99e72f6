"""The real story, with programs that none of us wrote on both sides.

Prometheus probes a dead port; its Alertmanager tells our webhook; the page reaches a real mail server; nobody
answers and the backstop is mailed; the link in that mail acknowledges; silence; the port comes back; resolved.
Two installations hear the same Alertmanager, one on SQLite, one on PostgreSQL.
"""

import email
import re
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from email.message import EmailMessage
from email.policy import default

import pytest
from aiosmtpd.controller import Controller

from tests import postgres
from tests.counterparts import prometheus
from tests.counterparts.prometheus import SAMPLES, Port, Receiver
from tests.processes import Deployment, Process, deployment, free_port, seed_trio

pytestmark = [pytest.mark.slow]


class Mailbox:
    """What a real SMTP server was handed, by recipient."""

    def __init__(self) -> None:
        self.letters: dict[str, list[EmailMessage]] = {}
        self._changed = threading.Condition()

    async def handle_DATA(self, _server, _session, envelope):  # type: ignore[no-untyped-def]
        with self._changed:
            letter = email.message_from_bytes(envelope.content, policy=default)
            for address in envelope.rcpt_tos:
                self.letters.setdefault(address, []).append(letter)
            self._changed.notify_all()
        return "250 OK"

    def wait_for(self, address: str, *, count: int = 1, within_s: float) -> EmailMessage:
        with self._changed:
            there = self._changed.wait_for(lambda: len(self.letters.get(address, ())) >= count, within_s)
            assert there, f"no letter to {address} within {within_s} s; there are: {sorted(self.letters)}"
            return self.letters[address][count - 1]


def wait_until(what: Callable[[], bool], *, within_s: float) -> None:
    ends_at = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < ends_at, "it did not come to pass"
        time.sleep(0.2)


def fetch(url: str, *, data: bytes | None = None) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def body_of(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


class Installation:
    """One of the two: its process, its key, its people's addresses."""

    def __init__(self, stack: ExitStack, name: str, database_url: str, mail_port: int) -> None:
        self.name, self.port = name, free_port()
        self.told: Deployment = stack.enter_context(
            deployment(
                database_url,
                HAUSMEISTER_EMAIL_URL=f"smtp://127.0.0.1:{mail_port}",
                HAUSMEISTER_BASE_URL=f"http://127.0.0.1:{self.port}",
            )
        )
        self.process: Process = self.told.start("up", port=self.port)
        self.key = seed_trio(self.told, address=self.address("NAME"), channel="EMAIL", wait="12s")

    def address(self, who: str) -> str:
        return f"{who}@{self.name}.example.org"

    def page_state(self) -> str:
        return self.told.python("from hausmeister.pager.models import Page; print(Page.objects.get().state)")


@pytest.mark.counterpart("postgresql")
@pytest.mark.counterpart("prometheus")
@pytest.mark.counterpart("alertmanager")
@pytest.mark.counterpart("blackbox-exporter")
def test_a_dead_port_mails_the_one_on_duty_then_the_backstop_whose_link_ends_it(tmp_path):
    mailbox, watched = Mailbox(), Port()
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        with ExitStack() as stack:
            url = stack.enter_context(postgres.cluster(durable=True, with_tables=True))
            both = [
                Installation(stack, name, where, server.port) for name, where in (("sqlite", ""), ("postgresql", url))
            ]
            receivers = [Receiver(f"http://127.0.0.1:{one.port}", one.key) for one in both]
            stack.enter_context(prometheus.chain(tmp_path, watches=watched, receivers=receivers))
            for one in both:
                _nobody_answers_but_the_backstop(one, mailbox)
            watched.open()
            for one in both:
                wait_until(lambda one=one: one.page_state() == "closed", within_s=60)
            watched.close()
            letters = {address: len(found) for address, found in mailbox.letters.items()}
            assert letters == {one.address(who): 1 for one in both for who in ("ana", "bruno")}, "and silence since"
    finally:
        server.stop()


def _nobody_answers_but_the_backstop(one: Installation, mailbox: Mailbox) -> None:
    first = mailbox.wait_for(one.address("ana"), within_s=60)
    assert "does not answer" in first["Subject"]
    assert "Bruno" in body_of(first), "the letter says who is called next"
    second = mailbox.wait_for(one.address("bruno"), within_s=60)
    link = re.search(rf"http://127\.0\.0\.1:{one.port}/p/\S+", body_of(second))
    assert link is not None, body_of(second)
    status, screen = fetch(link[0])
    assert status == 200
    assert "Acknowledge as Bruno" in screen
    assert one.page_state() == "firing", "opening the link changes nothing"
    status, screen = fetch(link[0], data=_form(screen))
    assert status == 200
    assert one.page_state() == "acknowledged"


def _form(screen: str) -> bytes:
    """Return what a browser sends when the first button is pressed: the hidden fields and that button."""
    form = re.search(r"<form[^>]*>(.*?)</form>", screen, re.DOTALL)
    assert form is not None
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[1])
    pairs += re.findall(r'<button[^>]*name="([^"]+)" value="([^"]*)"', form[1])[:1]
    return urllib.parse.urlencode(pairs).encode()


@pytest.mark.counterpart("prometheus")
@pytest.mark.counterpart("alertmanager")
def test_the_samples_we_ship_are_accepted_by_their_own_checkers():
    for command in (
        ["amtool", "check-config", str(SAMPLES / "alertmanager.yml")],
        ["promtool", "check", "config", str(SAMPLES / "prometheus.yml")],
        ["promtool", "check", "rules", str(SAMPLES / "rules.yml")],
    ):
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr
