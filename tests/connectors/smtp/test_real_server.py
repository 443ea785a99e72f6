"""E-mail to aiosmtpd, a mail server that none of us wrote: over TCP, with encryption, passwords and refusals."""

import email
import ipaddress
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from hausmeister.base.env import MailServer
from hausmeister.connectors.smtp import line
from hausmeister.connectors.smtp.line import Route
from hausmeister.connectors.smtp.sender import MailSender
from hausmeister.outbox.delivery import Refused, TryLater
from tests.certificates import client_context, server_context
from tests.connectors.parcels import at_night, page

FROM = "Hausmeister <pager@ops.example>"
ANA = "ana@example.org"
CANARY = "canary-p4ss"


class OnAnyPort(Controller):
    """aiosmtpd on a port that the system picks."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Mailbox:
    """Takes letters, and refuses those to nobody@."""

    def __init__(self):
        self.letters = []
        self.was_encrypted = []
        self.logged_in = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("grey@"):
            return "450 4.2.0 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.letters.append(email.message_from_bytes(envelope.content, policy=default))
        self.was_encrypted.append(session.ssl is not None)
        return "250 OK"


@pytest.fixture
def mailbox():
    return Mailbox()


@pytest.fixture
def serve(mailbox):
    running = []

    def start(**options):
        controller = OnAnyPort(mailbox, hostname="127.0.0.1", port=0, **options)
        controller.start()
        running.append(controller)
        return controller.port

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture
def authenticator(mailbox):
    def check(server, session, envelope, mechanism, auth_data):
        mailbox.logged_in.append((auth_data.login, auth_data.password))
        good = (auth_data.login, auth_data.password) == (b"pager", CANARY.encode())
        return AuthResult(success=good, handled=False)

    return check


@pytest.fixture(autouse=True)
def night():
    with at_night():
        yield


def sender(port, *, tls="opportunistic", user="", password="", host="127.0.0.1", **more):
    route = Route(MailServer(host, port, user, password, tls), **{"context": client_context(), **more})
    return MailSender(route, sender=FROM, folder=None)


def test_a_page_arrives_whole_at_a_real_server(serve, mailbox):
    sender(serve()).send(page("email", ANA, title="Zürich → 0 rows 🚨"))
    (letter,) = mailbox.letters
    assert letter["Subject"] == "P4 very high: Zürich → 0 rows 🚨 (page 4821)"
    assert letter["To"] == ANA
    assert "If nobody answers, Bruno (backstop) is called at 03:25." in letter.get_body(("plain",)).get_content()
    assert "Zürich → 0 rows 🚨" in letter.get_body(("html",)).get_content()
    assert letter.defects == []
    assert mailbox.was_encrypted == [False]


def test_refusals_of_a_real_server_become_our_two_words(serve, mailbox):
    port = serve()
    with pytest.raises(Refused, match=r"550 5\.1\.1"):
        sender(port).send(page("email", "nobody@example.org"))
    with pytest.raises(TryLater, match=r"450 4\.2\.0"):
        sender(port).send(page("email", "grey@example.org"))
    assert mailbox.letters == []


def test_a_server_that_offers_encryption_is_spoken_to_encrypted(serve, mailbox):
    port = serve(tls_context=server_context("localhost"))
    sender(port, host="localhost").send(page("email", ANA))
    assert mailbox.was_encrypted == [True]


def test_s49_insisting_on_encryption_means_a_certificate_that_fits(serve, mailbox):
    good = serve(tls_context=server_context("localhost"))
    sender(good, host="localhost", tls="starttls").send(page("email", ANA))
    wrong_name = serve(tls_context=server_context("hooks.test"))
    with pytest.raises(TryLater, match="certificate is not trusted"):
        sender(wrong_name, host="localhost", tls="starttls").send(page("email", ANA))
    with pytest.raises(TryLater, match="certificate is not trusted"):
        sender(good, host="localhost", tls="starttls", context=None).send(page("email", ANA))
    assert mailbox.was_encrypted == [True]


def test_a_self_made_certificate_is_good_enough_on_this_very_machine_and_nowhere_else(serve, mailbox, monkeypatch):
    port = serve(tls_context=server_context("hooks.test"))
    sender(port, host="localhost").send(page("email", ANA))
    assert mailbox.was_encrypted == [True]
    monkeypatch.setattr(line._Line, "is_local", False)
    with pytest.raises(TryLater, match="certificate is not trusted"):
        sender(port, host="localhost").send(page("email", ANA))


def test_insisting_on_encryption_where_there_is_none_is_refused(serve, mailbox):
    with pytest.raises(Refused, match="offers no encryption"):
        sender(serve(), tls="starttls").send(page("email", ANA))
    assert mailbox.letters == []


def test_encryption_from_the_first_byte(serve, mailbox):
    port = serve(ssl_context=server_context("localhost"))
    sender(port, host="localhost", tls="tls").send(page("email", ANA))
    assert len(mailbox.letters) == 1
    with pytest.raises(TryLater, match="certificate is not trusted"):
        sender(port, host="localhost", tls="tls", context=None).send(page("email", ANA))


def test_user_name_and_password_open_the_door(serve, mailbox, authenticator):
    port = serve(
        tls_context=server_context("localhost"), authenticator=authenticator, auth_required=True, require_starttls=True
    )
    sender(port, host="localhost", user="pager", password=CANARY).send(page("email", ANA))
    assert mailbox.logged_in == [(b"pager", CANARY.encode())]
    with pytest.raises(Refused, match="Check user name and password in HAUSMEISTER_EMAIL_URL") as refused:
        sender(port, host="localhost", user="pager", password="canary-wrong").send(page("email", ANA))
    assert "canary" not in str(refused.value)
    with pytest.raises(Refused, match="530"):
        sender(port, host="localhost").send(page("email", ANA))
    assert len(mailbox.letters) == 1


def test_a_password_never_leaves_this_machine_unencrypted_unless_the_network_is_named(
    serve, mailbox, authenticator, monkeypatch
):
    port = serve(authenticator=authenticator, auth_require_tls=False)
    sender(port, user="pager", password=CANARY).send(page("email", ANA))
    assert mailbox.logged_in == [(b"pager", CANARY.encode())]
    monkeypatch.setattr(line._Line, "is_local", False)
    with pytest.raises(Refused, match="the password was not sent"):
        sender(port, user="pager", password=CANARY).send(page("email", ANA))
    assert len(mailbox.logged_in) == 1
    named = (ipaddress.ip_network("127.0.0.0/8"),)
    sender(port, user="pager", password=CANARY, plain_networks=named).send(page("email", ANA))
    assert len(mailbox.letters) == 2


def test_a_server_that_wants_no_password_gets_none(serve, mailbox):
    sender(serve(), user="pager", password=CANARY).send(page("email", ANA))
    assert len(mailbox.letters) == 1
