"""What an address means, whether a machine wrote, what a job's subject says, and which words are the sender's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausmeister.mailbox import rules
from hausmeister.mailbox.rules import Automatic, GoalKind

OPS = "ops@example.org"


@pytest.mark.parametrize(
    ("to", "goals"),
    [
        (["ops@example.org"], [(GoalKind.TEAM, "", "")]),
        (["OPS+Data-Infra@Example.org"], [(GoalKind.TEAM, "data-infra", "")]),
        (["ops+beat-abc@example.org"], [(GoalKind.BEAT, "abc", "")]),
        (["ops+beat-abc-fail@example.org"], [(GoalKind.BEAT, "abc", "fail")]),
        (["ops+beat-abc-0@example.org"], [(GoalKind.BEAT, "abc", "0")]),
        (["ops+alert-hm123@example.org"], [(GoalKind.ALERT, "hm123", "")]),
        (["ops@example.org", "ops+beat-a@example.org", "ops@example.org"], [
            (GoalKind.TEAM, "", ""), (GoalKind.BEAT, "a", "")]),
        (["ops@evil.example", "xops@example.org", "ops", "@", ""], []),
    ],
)  # fmt: skip
def test_what_stands_behind_the_plus_says_where_a_letter_goes(to, goals):
    assert [(one.kind, one.name, one.word) for one in rules.goals(to, OPS)] == goals


def told(**given_):
    base = {"submitted": "", "precedence": "", "return_path": None, "kind": "text/plain", "subject": "", "answers": ""}
    return rules.automatic(**{**base, **given_})


@pytest.mark.parametrize(
    ("headers", "automatic"),
    [
        ({}, Automatic.NO),
        ({"submitted": "no"}, Automatic.NO),
        ({"return_path": "<imani@client.example>"}, Automatic.NO),
        ({"precedence": "list"}, Automatic.NO),
        ({"subject": "Is the out of office note stored somewhere?"}, Automatic.NO),
        ({"submitted": "auto-generated; owner=x"}, Automatic.GENERATED),
        ({"submitted": "Auto-Notified"}, Automatic.GENERATED),
        ({"return_path": "<>"}, Automatic.REPLIED),
        ({"kind": "multipart/report"}, Automatic.REPLIED),
        ({"submitted": "auto-replied (vacation)", "subject": "Out of office"}, Automatic.REPLIED),
        ({"subject": "Undeliverable: Backfill"}, Automatic.REPLIED),
    ],
)
def test_a_machine_is_known_by_its_headers(headers, automatic):
    assert told(**headers) is automatic


@pytest.mark.parametrize(
    ("subject", "is_over", "severity", "key"),
    [
        ("[CRITICAL] Disk full on nas-2", False, "critical", "disk full on nas-2"),
        ("[RESOLVED] [CRITICAL] Disk full on nas-2", True, "critical", "disk full on nas-2"),
        ("OK: Disk full on nas-2", True, "", "disk full on nas-2"),
        ("Disk full on nas-2", False, "", "disk full on nas-2"),
        ("Alert: warning - queue long", False, "warning", "queue long"),
        ("Oklahoma is slow", False, "", "oklahoma is slow"),
        ("CRITICAL", False, "critical", "critical"),
        ("", False, "", ""),
    ],
)
def test_an_alerts_subject_says_how_bad_whether_over_and_what_about(subject, is_over, severity, key):
    line = rules.alert_line(subject)
    assert (line.is_over, line.severity, line.key) == (is_over, severity, key)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Thanks!\n\nOn Tue, 24 Nov 2026, Ana wrote:\n> Run it\n> twice", "Thanks!"),
        ("Danke\n\nAm 24.11.2026 um 10:00 schrieb Ana <ana@example.org>:\n> Ja", "Danke"),
        ("Still broken\n-- \nImani\nClient Ltd", "Still broken"),
        ("Same here\n-----Original Message-----\nFrom: Ana", "Same here"),
        ("> Which day?\nThe 3rd.\n> Which table?\ncontracts", "> Which day?\nThe 3rd.\n> Which table?\ncontracts"),
        ("> only a quote", "> only a quote"),
        ("It says:\nno such table", "It says:\nno such table"),
        ("", ""),
    ],
)
def test_a_replys_own_words_are_without_the_letter_below_and_the_signature(text, own):
    assert rules.own_words(text) == own


@given(st.text(max_size=2000))
def test_no_text_breaks_the_rules_or_takes_them_long(text):
    assert isinstance(rules.own_words(text), str)
    assert isinstance(rules.alert_line(text).key, str)
    assert isinstance(rules.word_of_beat("", text), str)
    assert not rules.plain_subject(text).startswith(" ")
