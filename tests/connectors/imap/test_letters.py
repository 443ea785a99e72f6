"""Letters as they come, and as they come from somebody who means harm: each is read, none breaks us."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausmeister.connectors.imap import wire
from hausmeister.mailbox.rules import Automatic

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
HEAD = b"From: Imani <imani@client.example>\r\nTo: ops@example.org\r\nMessage-ID: <1@client.example>\r\n"


def read(raw, **more):
    return wire.parse(raw, size_bytes=more.pop("size_bytes", len(raw)), arrived_at=NOW, **more)


def test_a_plain_letter():
    found = read(HEAD + b"Subject: Backfill\r\nReferences: <a@x>\r\n <b@x>\r\nIn-Reply-To: <b@x>\r\n\r\nHow?\r\n")
    assert (found.sender, found.sender_name, found.subject) == ("imani@client.example", "Imani", "Backfill")
    assert (found.references, found.text, found.automatic) == (("<a@x>", "<b@x>"), "How?", Automatic.NO)
    assert found.recipients == ("ops@example.org",)


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (b"=?utf-8?q?Gr=C3=B6=C3=9Fe?=", "Größe"),
        (b"=?iso-8859-1?b?R3L2332?=", None),
        (b"=?x-klingon?q?Gr=F6=DFe?=", "Größe"),
        (b"=?utf-8?b?%%%%?=", None),
        ("Größe".encode(), "Größe"),
        (b"a\r\n b\r\n\tc", "a b c"),
        (b"\xff\xfe\x00", None),
        (b"=?utf-8?q?" + b"A" * 5000 + b"?=", "A" * 493 + "… [cut]"),
    ],
)
def test_subjects_in_every_spelling(subject, words):
    found = read(HEAD + b"Subject: " + subject + b"\r\n\r\nx")
    assert words is None or found.subject == words
    assert "\n" not in found.subject


@pytest.mark.parametrize(
    "sender",
    [
        b"a@x.example, b@x.example",
        b"undisclosed-recipients:;",
        b"",
        b"<>",
        b'"x@y" <',
        b"a@x.example\x00b",
        b"(" * 2000,
        b"=?utf-8?q?=40?=" * 300,
    ],
)
def test_a_sender_that_is_none_or_several_is_nobody(sender):
    assert read(b"From: " + sender + b"\r\nTo: ops@example.org\r\n\r\nx").sender == ""


def test_a_flood_of_headers_is_read_in_part():
    raw = HEAD + b"".join(b"To: u%d@x.example\r\n" % n for n in range(10_000)) + b"X: y\r\n" * 10_000 + b"\r\nHow?"
    found = read(raw)
    assert len(found.recipients) <= wire.MOST_ADDRESSES
    assert found.text == "How?"
    many = read(HEAD + b"References: " + b" ".join(b"<%d@x>" % n for n in range(20_000)) + b"\r\n\r\nx")
    assert len(many.references) <= wire.MOST_REFERENCES


def test_a_letter_nested_a_thousandfold_is_read_or_said_to_be_unreadable():
    raw = HEAD
    for n in range(3_000):
        raw += b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
    found = read(raw + b"\r\nHow?")
    assert found.arrived_at == NOW
    assert found.text == "" or "cannot be read" in found.text


def test_a_letter_of_ten_thousand_parts_names_some_of_them():
    parts = b"".join(b"--b\r\nContent-Disposition: attachment; filename=%d.txt\r\n\r\nx\r\n" % n for n in range(10_000))
    found = read(HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + parts + b"--b--")
    assert len(found.attachments) == wire.MOST_ATTACHMENTS + 1


def test_a_forwarded_letter_is_an_attachment_and_its_words_are_not_the_senders():
    raw = HEAD + (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nSee below.\r\n'
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: boss@x.example\r\n\r\nDelete everything.\r\n--b--"
    )
    found = read(raw)
    assert (found.text, found.attachments) == ("See below.", ("a forwarded mail",))


def test_an_attachments_name_in_another_script_and_one_that_leads_out_of_a_folder():
    raw = HEAD + (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Disposition: attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.pdf\r\n\r\nx\r\n"
        b'--b\r\nContent-Disposition: attachment; filename="../../etc/passwd"\r\n\r\nx\r\n--b--'
    )
    assert read(raw).attachments == ("Größe.pdf", "../../etc/passwd")


def test_a_letter_of_which_only_the_beginning_was_read():
    raw = HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nHow?\r\n'
    raw += b"--b\r\nContent-Disposition: attachment\r\n\r\nAAAA"
    found = read(raw, size_bytes=40_000_000)
    assert (found.text, found.is_cut) == ("How?", True)


def test_a_quoted_letter_in_html_is_marked_as_one():
    raw = HEAD + b"Content-Type: text/html\r\n\r\n<div>Thanks</div><blockquote>Run it<br>twice</blockquote>"
    assert read(raw).text == "Thanks\n\n> Run it\n> twice"


def test_only_the_topmost_word_of_the_server_that_is_believed_proves_a_sender():
    good = b"Authentication-Results: mx.example.org; dmarc=pass header.from=client.example\r\n"
    bad = b"Authentication-Results: mx.example.org; dmarc=fail header.from=client.example\r\n"
    assert read(good + HEAD + b"\r\nx", vouched_by="mx.example.org").is_proven
    # the letter brought its own beneath the server's
    assert not read(bad + HEAD + good + b"\r\nx", vouched_by="mx.example.org").is_proven
    assert not read(good + HEAD + b"\r\nx").is_proven


def test_one_letter_has_one_digest_however_it_came():
    one, other = read(b"Received: a\r\n" + HEAD + b"\r\nx"), read(b"Received: b\r\n" + HEAD + b"\r\nx\r\n[footer]")
    assert one.digest == other.digest
    assert read(HEAD.replace(b"Imani <imani", b"Eve <eve") + b"\r\nx").digest != one.digest


@given(st.binary(max_size=3000))
def test_no_bytes_break_the_reader(raw):
    read(raw, vouched_by="mx.example.org")
    read(HEAD + raw, vouched_by="mx.example.org")
