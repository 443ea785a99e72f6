"""E-mail through a mail server in every kind of trouble."""

import stat

import pytest

from hausmeister.base import outgoing
from hausmeister.base.env import MailServer
from hausmeister.base.outgoing import Limits
from hausmeister.connectors.smtp.fake import CUT, DRIP, HANG, FakeMailServer
from hausmeister.connectors.smtp.line import LIMITS, Route
from hausmeister.connectors.smtp.sender import MailSender
from hausmeister.outbox.delivery import NoLongerWanted, Refused, TryLater
from hausmeister.pager import links
from hausmeister.team import operations as team
from tests.connectors.parcels import NOW, at_night, code, page, parcel

FROM = "Hausmeister <pager@ops.example>"
ANA = "ana@example.org"
QUICK = Limits(connect_s=0.3, total_s=0.3)


@pytest.fixture(autouse=True)
def night():
    with at_night():
        yield


@pytest.fixture
def server():
    with FakeMailServer() as fake:
        yield fake


def sender_to(fake, *, limits=LIMITS):
    route = Route(MailServer("127.0.0.1", fake.port, "", "", "opportunistic"), limits=limits)
    return MailSender(route, sender=FROM, folder=None)


# ---- what a letter says ----


def test_a_page_says_what_is_wrong_who_is_called_and_what_comes_next_at_which_time(server):
    assert sender_to(server).send(page("email", ANA)) == "2.0.0 Ok: queued as 4F2A"
    letter = server.expect(ANA)
    link = links.make(page_id=4821, person_id=7, method_id=3, now=NOW)
    assert letter.message["Subject"] == "P4 very high: Dataset billing_cycles built with 0 rows (page 4821)"
    assert letter.text.replace("\r\n", "\n") == (
        "Ana, you are called as hausmeister.\n\n"
        "P4 very high, hard: Dataset billing_cycles built with 0 rows\n"
        "prometheus, airflow-s1, since 03:20\n\n"
        "0 rows, yesterday 48 M.\nRun nightly_itaipu\n\n"
        f"Answer here:\n{link}\n"
        "The link opens the page; only its button acknowledges. It is yours alone: pass it on to nobody.\n\n"
        "If nobody answers, Bruno (backstop) is called at 03:25.\n"
        "Times are on the clocks of Europe/Berlin.\n"
    )
    assert f'href="{link}"' in letter.html
    assert "If nobody answers, Bruno (backstop) is called at 03:25." in letter.html


def test_a_step_on_another_day_names_the_day_and_a_nameless_duty_its_title(server):
    sender_to(server).send(page("email", ANA, hard=False, then_at="2026-11-25T08:00:00+00:00", then_who="on duty"))
    letter = server.expect()
    assert "If nobody answers, whoever is on duty then is called at Wed 09:00." in letter.text
    assert "Importance" not in letter.message


def test_a_test_page_threatens_nobody_with_the_next_step(server):
    sender_to(server).send(page("email", ANA, test=True, then_at="", then_who=""))
    letter = server.expect()
    assert "this is a test" in letter.text
    assert "Nobody else is called for it." in letter.text
    assert "If nobody answers" not in letter.text


def test_the_headers_mark_a_machines_letter_and_hard_pages_as_urgent(server):
    sender_to(server).send(page("email", ANA))
    message = server.expect().message
    assert message["From"] == FROM
    assert message["To"] == ANA
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Importance"] == "high"
    assert message["Date"] == "Tue, 24 Nov 2026 02:20:00 +0000"
    assert message.get_content_type() == "multipart/alternative"


def test_a_retry_is_the_same_letter_and_a_possible_duplicate_says_so(server):
    sender = sender_to(server)
    sender.send(page("email", ANA))
    sender.send(page("email", ANA, again=True))
    sender.send(parcel("page", {"address": ANA, "method": 3}, page("email", ANA).facts, key="page-4821-7-2-3-0"))
    first, again, anew = (server.expect() for _ in range(3))
    assert first.message["Message-ID"] == again.message["Message-ID"] != anew.message["Message-ID"]
    assert first.message["Message-ID"].endswith("@ops.example>")
    told = "This may have reached you before: whether an earlier try arrived is not known."
    assert told in again.text
    assert told in again.html
    assert told not in first.text + first.html


def test_a_code_comes_first_in_subject_and_text(server):
    sender_to(server).send(code("email", ANA))
    letter = server.expect(ANA, "048213 is your Hausmeister code")
    assert letter.text.startswith("048213 is your Hausmeister code.")
    assert "10 minutes" in letter.text


def test_a_letter_of_the_products_own_is_carried_as_it_is(server):
    facts = {"subject": "Set a new password", "text": "Open this:\nhttps://hm.example/reset/abc"}
    sender = sender_to(server)
    sender.send(parcel("mail", {"address": ANA}, facts, key="mail-1"))
    sender.send(parcel("mail", {"address": ANA}, {**facts, "html": "<p>Open <b>this</b></p>"}, key="mail-2"))
    plain, both = server.expect(ANA, "Set a new password"), server.expect(ANA)
    assert plain.text.splitlines() == ["Open this:", "https://hm.example/reset/abc"]
    assert plain.html == ""
    assert both.html.strip() == "<p>Open <b>this</b></p>"


def test_other_kinds_are_refused(server):
    with pytest.raises(Refused, match="kind post"):
        sender_to(server).send(parcel("post", {"address": ANA}, {}))


def test_s42_a_title_with_line_ends_makes_no_header(server):
    sender_to(server).send(page("email", ANA, title="Disk full\r\nBcc: eve@example.org\r\n\r\n<script>"))
    letter = server.expect(ANA)
    assert letter.message["Bcc"] is None
    assert letter.message["Subject"] == "P4 very high: Disk full Bcc: eve@example.org <script> (page 4821)"
    assert "<script>" not in letter.html
    assert "&lt;script&gt;" in letter.html


@pytest.mark.parametrize(
    "address",
    ["", "ana", "@example.org", "ana@", "ana@example.org\r\nRCPT TO:<eve@example.org>", "a b@example.org", "añá@x.org"],
)
def test_what_is_no_address_is_refused_before_anything_is_dialled(server, address):
    with pytest.raises(Refused, match="no e-mail address"):
        sender_to(server).send(page("email", address))
    assert server.conversations == 0


def test_a_letter_that_is_no_longer_wanted_is_not_handed_over(server):
    def look():
        raise NoLongerWanted

    with pytest.raises(NoLongerWanted), outgoing.looking(look):
        sender_to(server).send(page("email", ANA))
    assert server.conversations == 1
    # the fake fails at its end for any letter that nobody expected


def test_a_line_that_begins_with_a_dot_arrives_whole(server):
    sender_to(server).send(page("email", ANA, text=".\n.. two dots\n.hidden"))
    assert server.expect().text.splitlines()[5:8] == [".", ".. two dots", ".hidden"]


# ---- trouble ----


@pytest.mark.parametrize("step", ["greeting", "MAIL", "RCPT", "DATA", "end of data"])
def test_a_4xx_at_any_step_is_for_later(server, step):
    server.at(step, "451 4.3.0 come back later")
    with pytest.raises(TryLater, match=r"The mail server answered 451 4\.3\.0 come back later") as failed:
        sender_to(server).send(page("email", ANA))
    assert not failed.value.maybe_delivered


@pytest.mark.parametrize("step", ["greeting", "MAIL", "RCPT", "DATA", "end of data"])
def test_a_5xx_at_any_step_is_a_refusal(server, step):
    server.at(step, "554 5.7.1 not here")
    with pytest.raises(Refused, match=r"The mail server answered 554 5\.7\.1 not here"):
        sender_to(server).send(page("email", ANA))


@pytest.mark.parametrize("how", [HANG, CUT, DRIP])
@pytest.mark.parametrize("step", ["greeting", "EHLO", "MAIL", "RCPT"])
def test_a_server_that_goes_silent_before_the_letter_has_not_got_it(server, step, how):
    server.at(step, how)
    with pytest.raises(TryLater) as failed:
        sender_to(server, limits=QUICK).send(page("email", ANA))
    assert not failed.value.maybe_delivered
    told = "broke off the conversation" if how == CUT else "did not answer within 0.3 s"
    assert str(failed.value) == f"The mail server {told}."


@pytest.mark.parametrize("how", [HANG, CUT, DRIP])
def test_a_line_lost_after_data_may_have_delivered_the_letter(server, how):
    server.at("end of data", how)
    with pytest.raises(TryLater) as failed:
        sender_to(server, limits=QUICK).send(page("email", ANA))
    assert failed.value.maybe_delivered


def test_a_good_bye_that_fails_changes_nothing(server):
    sender_to(server).send(page("email", ANA))
    server.expect()
    assert server.conversations == 1


def test_a_server_that_is_not_there_is_for_later(server):
    route = Route(MailServer("127.0.0.1", 1, "", "", "opportunistic"), limits=QUICK)
    with pytest.raises(TryLater, match="The mail server: no connection could be made"):
        MailSender(route, sender=FROM, folder=None).send(page("email", ANA))


def test_s31_an_answer_that_repeats_the_address_is_told_without_it(server):
    server.at("RCPT", "550 5.1.1 <ana@example.org> unknown")
    with pytest.raises(Refused) as failed:
        sender_to(server).send(page("email", ANA))
    assert "ana@" not in str(failed.value)
    assert "550 5.1.1" in str(failed.value)


# ---- no mail server ----


@pytest.mark.django_db
def test_without_a_mail_server_a_letter_is_refused_with_the_setting_to_set(tmp_path):
    with pytest.raises(Refused, match="HAUSMEISTER_EMAIL_URL"):
        MailSender(None, sender=FROM, folder=tmp_path / "mail").send(page("email", ANA))
    assert not (tmp_path / "mail").exists()


@pytest.mark.django_db
def test_a_demo_without_a_mail_server_keeps_letters_as_files_of_its_owner_alone(tmp_path):
    team.mark_demo(now=NOW)
    folder = tmp_path / "mail"
    assert MailSender(None, sender=FROM, folder=folder).send(page("email", ANA)) == "00000099-page.eml"
    file = folder / "00000099-page.eml"
    assert b"Subject: P4 very high: Dataset billing_cycles" in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [one.name for one in folder.iterdir()] == ["00000099-page.eml"]


@pytest.mark.django_db
def test_a_demo_that_cannot_write_tries_later(tmp_path):
    team.mark_demo(now=NOW)
    (tmp_path / "mail").write_text("a file where the folder should be")
    with pytest.raises(TryLater, match="data folder"):
        MailSender(None, sender=FROM, folder=tmp_path / "mail").send(page("email", ANA))
