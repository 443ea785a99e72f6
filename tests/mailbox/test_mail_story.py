"""Questions by mail, heartbeats by mail, alerts by mail: with Dovecot, which none of us wrote (H16)."""

from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from hausmeister.alerts.models import Alert
from hausmeister.base import clock
from hausmeister.chat import line
from hausmeister.chat.models import LineState
from hausmeister.connectors.smtp import wire as smtp
from hausmeister.journal.rules import CONSOLE
from hausmeister.mailbox import queries
from hausmeister.mailbox.models import Arrival, Outcome, Reading
from hausmeister.monitoring.models import Heartbeat
from hausmeister.monitoring.operations import heartbeats
from hausmeister.monitoring.operations.heartbeats import Wanted
from hausmeister.monitoring.rules.heartbeats import State as Beating
from hausmeister.team.rules import Scope
from hausmeister.triage import operations as triage
from hausmeister.triage.models import Item, Said
from hausmeister.triage.rules.states import ItemKind, Source, State
from tests import builders, harness
from tests.mailbox.conftest import BACKFILL, IMANI, letter, read_by_us, url_of

pytestmark = pytest.mark.counterpart("dovecot")


def only_item():
    return Item.objects.select_related("holder").get()


def as_letter(sent):
    """Return a letter of ours as it leaves."""
    told = smtp.plain_letter(sent.parcel.facts, maybe_twice=False)
    return smtp.enveloped(
        told, to=str(sent.parcel.to["address"]), sender="Hausmeister <hm@ops.example>",
        key=sent.parcel.idempotency_key, now=clock.now(),
    )  # fmt: skip


def answer_to(ours, text, *, by=IMANI, **headers):
    """Return somebody's reply to our letter, as their mail program makes it."""
    return letter(
        f"{text}\n\nOn Tue, 24 Nov 2026 at 10:02, Hausmeister wrote:\n> {BACKFILL}\n", From=by,
        to=str(ours["Reply-To"]), subject=f"Re: {ours['Subject']}", In_Reply_To=str(ours["Message-ID"]), **headers,
    )  # fmt: skip


# ---- questions ----


def test_h16_a_question_by_mail_opens_an_item_and_what_lay_in_the_mailbox_before_opens_none(post):
    post.comes(to="ops+data-infra@example.org")
    item = only_item()
    assert (item.way, item.sort, item.state) == (Source.EMAIL, ItemKind.QUESTION, State.OPEN)
    assert (item.title, item.text) == ("Backfill", BACKFILL)
    assert (item.asker_name, item.asker_email) == ("Imani Okafor (imani@client.example)", "imani@client.example")
    assert item.place == "ops+data-infra@example.org"
    assert item.due_at is not None
    assert not item.is_in_chat


def test_a_report_by_mail_is_a_service_issue_and_what_reads_like_talk_is_asked_about_and_not_dropped(post):
    post.comes("The contracts dataset is empty since this morning, the job failed with an error.", subject="No data")
    assert only_item().kind == ItemKind.ISSUE
    post.comes("See you on Thursday.", subject="Lunch")
    assert Item.objects.order_by("-id").first().is_unsure


def test_the_asker_is_told_in_the_thread_who_has_taken_it_and_gets_the_answer_there(post):
    post.comes()
    triage.claim(only_item().pk, post.built.ana, post.world.now)
    post.world.go(minutes=2)
    told = as_letter(post.sent("imani@client.example"))
    assert "Ana has taken this." in told.get_content()
    assert told["In-Reply-To"] == told["References"] == "<1@client.example>"
    assert (told["Reply-To"], told["Subject"]) == ("ops@example.org", "Re: Backfill")
    triage.answer(only_item().pk, post.built.ana, post.world.now, text="Run the backfill DAG with that day.")
    post.world.go(minutes=2)
    answer = as_letter(post.sent("imani@client.example"))
    assert "Run the backfill DAG" in answer.get_content()
    # the reply names only our letter, and leaves out the one it began with
    post.arrives(answer_to(answer, "Thanks, that worked!"))
    post.read()
    item = only_item()
    assert (item.state, item.reason) == (State.CLOSED, "the asker says thanks")
    assert list(item.said.order_by("id").values_list("text", flat=True))[-1] == "Thanks, that worked!"


def test_who_takes_it_back_within_a_minute_has_told_nobody(post):
    post.comes()
    triage.claim(only_item().pk, post.built.ana, post.world.now)
    triage.release(only_item().pk, post.built.ana, post.world.now)
    post.world.go(minutes=5)
    assert not post.world.sent


def test_an_asker_who_wants_more_brings_their_item_back_and_opens_no_other(post):
    post.comes()
    triage.answered(only_item().pk, post.built.ana, post.world.now)
    post.comes(
        "It still does not work, what else?", References="<0@x.example> <1@client.example>", subject="AW: Backfill"
    )  # fmt: skip
    assert only_item().state == State.CLAIMED


def test_an_id_of_ours_that_somebody_made_up_joins_nothing(post):
    post.comes()
    number = only_item().pk
    forged = f"<{number}-0123456789abcdef.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA@ops.example>"
    post.comes("What is this about?", From="Eve <eve@evil.example>", In_Reply_To=forged)
    assert Item.objects.count() == 2


def test_an_item_that_was_handed_over_is_told_in_the_chat_or_by_mail_as_any_other(post):
    post.comes()
    triage.assign(only_item().pk, post.built.bruno, post.world.now, to=post.built.ana)
    post.world.go(minutes=2)
    assert "hands this to you" in post.sent("ana@example.org").parcel.facts["text"]
    assert "Ana has taken this." in post.sent("imani@client.example").parcel.facts["text"]


# ---- whose word it is ----


def test_a_spoofed_from_is_a_strangers_word_and_ends_nothing(post):
    post.comes()
    post.comes("It is answered.", From="Ana <ana@example.org>", References="<1@client.example>")
    item = only_item()
    assert (item.state, item.answered_by) == (State.OPEN, None)
    assert item.said.order_by("-id").first().author_name == "Ana (ana@example.org), not proven"


@pytest.mark.parametrize(
    ("results", "is_answered"),
    [
        ("mx.example.org; dkim=pass header.d=example.org; dmarc=pass (p=reject) header.from=example.org", True),
        ("mx.example.org; dmarc=fail header.from=example.org", False),
        ("mx.example.org; dmarc=pass header.from=evil.example", False),
        ("mx.evil.example; dmarc=pass header.from=example.org", False),
        ("", False),
    ],
)
def test_a_colleagues_mail_answers_where_their_mail_server_is_believed_and_says_so(
    post, settings, results, is_answered
):
    settings.HAUSMEISTER_MAILBOX_VOUCHED_BY = "mx.example.org"
    read_by_us(settings, url_of(post.server))
    post.world.engine = harness.engine(dict(post.world.channels))
    post.comes()
    post.comes(
        "Run the backfill DAG.", From="Ana <ana@example.org>", References="<1@client.example>",
        Authentication_Results=results,
    )  # fmt: skip
    assert (only_item().state == State.ANSWERED) is is_answered


# ---- machines ----


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated"},
        {"Return_Path": "<>", "From": "MAILER-DAEMON@client.example"},
        {"Precedence": "bulk"},
        {"Precedence": "auto_reply"},
        {"X_Autoreply": "yes"},
        {"subject": "Out of office: Backfill"},
        {"subject": "Automatische Antwort: Backfill"},
        {"From": "Hausmeister <ops@example.org>"},
        {"From": "Hausmeister <hausmeister@localhost>"},
    ],
)
def test_absence_notes_bounces_programs_and_our_own_letters_open_nothing_and_are_answered_by_nobody(post, headers):
    post.comes(**headers)
    assert not Item.objects.exists()
    arrival = Arrival.objects.get()
    assert (arrival.outcome, bool(arrival.why)) == (Outcome.PASSED_OVER, True)


def test_a_bounce_of_our_answer_does_not_bring_the_item_back(post):
    post.comes()
    triage.answered(only_item().pk, post.built.ana, post.world.now)
    post.comes(
        "What is wrong? Your mail could not be delivered.", Return_Path="<>", From="MAILER-DAEMON@client.example",
        References="<1@client.example>",
    )  # fmt: skip
    assert only_item().state == State.ANSWERED


def test_a_letter_over_a_mailing_list_is_heard_and_answered_to_its_writer_alone(post):
    post.comes(List_Id="<data-help.lists.example>", Precedence="list", Reply_To="data-help@lists.example")
    assert only_item().asker_email == "imani@client.example"


def test_an_answer_never_goes_to_ourselves(post):
    post.comes(Reply_To="ops+data-infra@example.org")
    assert only_item().asker_email == "imani@client.example"


# ---- nothing twice, nothing lost ----


def test_the_same_letter_over_two_ways_counts_once_and_one_without_an_id_by_its_bytes(post):
    for _ in range(2):
        post.comes(Message_ID="<same@client.example>")
        post.comes("Which table has the contracts?", Message_ID="", subject="Tables")
    assert Item.objects.count() == 2


def test_a_folder_that_is_numbered_anew_is_read_again_and_nothing_is_taken_twice(post):
    post.comes()
    before = Reading.objects.get()
    post.server.stop()
    post.server.renumber()
    post.arrives(letter("Where are the logs?", Message_ID="<2@client.example>"))
    post.server.start()
    post.world.now += timedelta(seconds=2)
    # the letter of before the first look is looked at again too, as it is not old: it was never taken
    post.read()
    after = Reading.objects.get()
    assert after.validity != before.validity
    assert after.since_at is None
    assert queries.of_mailbox(now=post.world.now).reading.renumbered_at is not None
    assert sorted(Item.objects.values_list("text", flat=True)) == [BACKFILL, "How old is this?", "Where are the logs?"]


def test_a_crash_between_two_letters_reads_on_from_there(post, monkeypatch):
    post.arrives(letter(Message_ID="<1@client.example>"))
    post.arrives(letter("Where are the logs?", Message_ID="<2@client.example>"))
    real = triage.post

    def crash(team_id, posted, *, now):
        if posted.message_id == "<2@client.example>":
            raise SystemExit
        return real(team_id, posted, now=now)

    monkeypatch.setattr(triage, "post", crash)
    with pytest.raises(SystemExit):
        post.read()
    assert (Item.objects.count(), Arrival.objects.count()) == (1, 1)
    monkeypatch.undo()
    post.read()
    assert sorted(Item.objects.values_list("text", flat=True)) == [BACKFILL, "Where are the logs?"]


def test_a_letter_that_breaks_us_stops_no_other_and_somebody_is_told_that_it_came(post, monkeypatch):
    post.arrives(letter(Message_ID="<1@client.example>"))
    post.arrives(letter("Where are the logs?", Message_ID="<2@client.example>"))
    real = triage.post

    def breaks(team_id, posted, *, now):
        if posted.message_id == "<1@client.example>":
            raise RuntimeError("a letter like no other")
        return real(team_id, posted, now=now)

    monkeypatch.setattr(triage, "post", breaks)
    post.world.allow_error("mailbox.not_taken")
    post.read()
    assert sorted(Item.objects.values_list("title", flat=True)) == ["A mail could not be read: Backfill", "Backfill"]
    assert Arrival.objects.filter(outcome=Outcome.NOT_READ).count() == 1


def test_a_letter_that_is_deleted_before_it_is_read_holds_nothing_up(post):
    key = post.arrives(letter(Message_ID="<1@client.example>"))
    post.arrives(letter("Where are the logs?", Message_ID="<2@client.example>"))
    post.server.remove(key)
    post.read()
    assert only_item().text == "Where are the logs?"


def test_a_mail_of_forty_megabytes_is_read_at_its_beginning_and_says_so(post):
    made = letter(Message_ID="<1@client.example>")
    made.add_attachment(b"\0" * 30_000_000, maintype="application", subtype="zip", filename="dump.zip")
    post.arrives(made)
    post.read()
    text = only_item().text
    assert text.startswith(BACKFILL)
    assert "Attached, and only in the mailbox: dump.zip." in text
    assert "The mail has 4" in text
    assert len(text) < 500


# ---- heartbeats ----


def nightly(post):
    return heartbeats.make(
        post.built.team, Wanted("Nightly", timedelta(minutes=10), timedelta(hours=1), severity="warning"),
        by=CONSOLE, now=post.world.now,
    )  # fmt: skip


def beat_of(beat, word=""):
    return queries.address_of_heartbeat(f"{beat.token}{word}")


def standing(beat):
    return Heartbeat.objects.get(pk=beat.pk)


def test_a_cron_jobs_mail_is_a_beat_and_its_silence_an_alarm(post):
    beat = nightly(post)
    post.comes("42 rows", subject="Cron <root@db-7> backup", to=beat_of(beat), Auto_Submitted="auto-generated")
    assert standing(beat).state == Beating.UP
    assert not Item.objects.exists()
    post.world.go(minutes=75)
    assert standing(beat).state == Beating.DOWN
    assert "Nightly: did not come" in Alert.objects.get().title
    post.world.sent.clear()


@pytest.mark.parametrize(
    ("word", "subject", "state", "code"),
    [
        ("", "backup FAILED", Beating.DOWN, None),
        ("", "backup exited with code 3", Beating.DOWN, 3),
        ("", "backup done, 0 errors", Beating.UP, None),
        ("", "backup finished without errors", Beating.UP, None),
        ("", "backup started", Beating.RUNNING, None),
        ("-fail", "backup", Beating.DOWN, None),
        ("-0", "backup failed to warn", Beating.UP, 0),
        ("-start", "backup", Beating.RUNNING, None),
    ],
)
def test_the_address_or_the_subject_says_what_a_job_reports(post, word, subject, state, code):
    beat = nightly(post)
    post.comes("", subject=subject, to=beat_of(beat, word))
    assert (standing(beat).state, standing(beat).exit_code) == (state, code)
    post.world.sent.clear()


def test_a_beat_that_lay_about_for_a_day_hides_no_dead_job(post):
    beat = nightly(post)
    post.arrives(letter("", subject="backup", to=beat_of(beat), Message_ID="<b@x.example>"), ago=timedelta(hours=20))
    post.read()
    assert standing(beat).state == Beating.NEW
    assert "too old" in Arrival.objects.get().why


@pytest.mark.parametrize("word", ["-perhaps", "-999"])
def test_a_beats_address_that_says_nothing_we_know_is_no_beat(post, word):
    beat = nightly(post)
    post.comes("", to=beat_of(beat, word))
    assert standing(beat).state == Beating.NEW
    assert Arrival.objects.get().outcome == Outcome.PASSED_OVER


def test_an_unknown_beat_and_an_absence_note_to_one_are_passed_over(post):
    beat = nightly(post)
    post.comes("", to="ops+beat-0000000000@example.org")
    post.comes("", to=beat_of(beat), Auto_Submitted="auto-replied")
    assert standing(beat).state == Beating.NEW
    assert not Item.objects.exists()


# ---- alerts ----


def test_an_alert_by_mail_pages_and_its_end_by_mail_closes_it(post):
    key = builders.new_key(post.built.team, source="NAS")
    address = f"ops+alert-{key}@example.org"
    post.comes("sda1 99%", subject="[CRITICAL] Disk full on nas-2", to=address, Auto_Submitted="auto-generated")
    alert = Alert.objects.get()
    assert (alert.title, alert.severity) == ("[CRITICAL] Disk full on nas-2", "critical")
    assert alert.page is not None
    post.comes("sda1 99%", subject="[CRITICAL] Disk full on nas-2", to=address)
    assert Alert.objects.get().count == 2
    post.comes("sda1 20%", subject="[RESOLVED] Disk full on nas-2", to=address)
    assert not Alert.objects.open().exists()
    post.world.sent.clear()


def test_a_key_that_may_do_more_than_alert_is_not_taken_from_an_address(post):
    key = builders.new_key(post.built.team, source="CI", scopes=(Scope.ALERTS_WRITE, Scope.MANAGE))
    post.comes("x", subject="Disk full", to=f"ops+alert-{key}@example.org")
    assert not Alert.objects.exists()
    assert "no key for alerts alone" in Arrival.objects.get().why


# ---- a mail server in trouble ----


def test_a_mail_server_that_is_down_is_said_so_pages_go_out_and_the_letters_of_meanwhile_come_in(post):
    post.server.stop()
    post.arrives(letter(Message_ID="<1@client.example>"))
    post.world.key = post.built.key
    post.world.fire(severity="critical")
    post.read()
    post.world.go(minutes=6)
    found = queries.of_mailbox(now=post.world.now)
    assert found.line.state == LineState.DOWN
    assert found.problem.startswith("The mailbox does not answer, for")
    assert post.world.expect("email", "Ana")
    post.server.start()
    post.read()
    assert only_item().text == BACKFILL
    assert line.of("mail").state == LineState.UP
    post.world.sent.clear()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "wrong-password"}, "does not let us in"),
        ({"folder": "Nowhere"}, "has no folder 'Nowhere'"),
    ],
)
def test_a_wrong_password_and_a_missing_folder_are_refusals_that_name_the_setting_and_not_the_secret(
    post, settings, change, said
):
    read_by_us(settings, url_of(post.server, **change))
    post.world.engine = harness.engine(dict(post.world.channels))
    post.read()
    found = line.of("mail")
    assert found.state == LineState.REFUSED
    assert said in found.reason
    assert "wrong-password" not in found.reason


def test_a_certificate_that_nobody_trusts_is_a_refusal(post, settings):
    read_by_us(settings, f"imaps://ops:canary-p4ss@127.0.0.1:{post.server.imaps}")
    post.world.engine = harness.engine(dict(post.world.channels))
    post.read()
    assert (line.of("mail").state, "certificate" in line.of("mail").reason) == (LineState.REFUSED, True)


def test_two_engines_take_each_letter_once(post):
    other = harness.engine(dict(post.world.channels), node="other")
    post.arrives(letter(Message_ID="<1@client.example>"))
    post.world.now += timedelta(seconds=21)
    post.world.tick()
    other.tick(post.world.now)
    assert Item.objects.count() == Said.objects.count() == 1


def test_html_alone_is_read_as_words_and_an_odd_charset_is_guessed(post):
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Message-ID"] = IMANI, "ops@example.org", "<1@client.example>"
    made["Subject"] = "Größe"
    made.set_content("<style>p{}</style><p>How do I read <b>contracts</b>?</p><script>x()</script>", subtype="html")
    post.arrives(made)
    raw = b"From: x@client.example\r\nTo: ops@example.org\r\nMessage-ID: <2@client.example>\r\n"
    raw += b'Content-Type: text/plain; charset="x-klingon"\r\n\r\nWo finde ich die gr\xfc\xdfe?\r\n'
    post.arrives(raw)
    post.read()
    first, second = Item.objects.order_by("id")
    assert (first.title, first.text) == ("Größe", "How do I read contracts?")
    assert second.text == "Wo finde ich die grüße?"
