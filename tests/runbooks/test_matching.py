"""Which heading means an alert: the same words, the same but for what changes, similar ones, or none."""

import pytest

from hausmeister.runbooks.rules import files
from hausmeister.runbooks.rules.matching import Alerting, Entry, Headings, How, Saying, normal_words
from tests.runbooks import oncall


def of_runbook(text: str) -> tuple[Headings, list[files.SectionDraft]]:
    sections = [one for one in files.read(text.encode()).sections if one.is_alert]
    return Headings([Entry(place, one.words, one.raw) for place, one in enumerate(sections)]), sections


def alert(title: str, name: str = "", *places: str) -> Alerting:
    said = (Saying(title, "title"), *((Saying(name, "name"),) if name else ()))
    return Alerting(said, places)


HEADINGS, SECTIONS = of_runbook(oncall.text())


def test_the_runbook_of_the_check_has_the_size_and_the_headings_of_a_real_one():
    text = oncall.text()
    assert 50_000 < len(text.encode()) < 60_000
    reading = files.read(text.encode())
    assert len([one for one in reading.sections if one.level]) == 60
    assert reading.notes == ()
    # its title, "Alerts", the alerts themselves and the last chapter; not the parts that each of them has
    assert len(SECTIONS) == 3 + len(oncall.ALERTS)
    assert not HEADINGS.repeated()


@pytest.mark.parametrize("place", range(len(oncall.ALERTS)))
def test_each_of_its_alerts_is_found_word_for_word(place):
    found = HEADINGS.match(alert(SECTIONS[place + 2].words), similar_from=0.6)
    assert found is not None
    assert (found.how, found.section_ids) == (How.VERBATIM, (place + 2,))


@pytest.mark.parametrize(
    ("said", "heading"),
    [
        (alert("dataset built with 0 rows!"), "Dataset built with 0 rows"),
        (alert("Dataset built with 17 rows"), "Dataset built with 0 rows"),
        (alert("Disk almost full on i-99ffee01"), "Disk almost full on i-0a1b2c3d"),
        (alert("Disk almost full on db-prod", "", "db-prod"), "Disk almost full on i-0a1b2c3d"),
        (alert("Kafka consumer lag is growing on contracts", "", "contracts"),
         "Kafka consumer lag is growing on <topic>"),
        (alert("Contract skipped in nightly", "", "nightly"), "Contract skipped in {{ $labels.dag }}"),
        (alert("[FIRING:1] the pod", "kube_pod_crash_looping"), "KubePodCrashLooping"),
        (alert("Alert: Spark executor lost"), "Spark executor lost"),
        (alert("Riemann: no events from shard s2"), "Riemann: no events from shard s0"),
    ],
)  # fmt: skip
def test_what_changes_from_one_alert_to_the_next_is_not_compared(said, heading):
    found = HEADINGS.match(said, similar_from=0.6)
    assert found is not None
    assert found.how is How.NORMALISED
    assert SECTIONS[found.section_ids[0]].words == heading


@pytest.mark.parametrize(
    ("said", "heading"),
    [
        ("Zookeeper has lost its quorum", "Zookeeper quorum lost"),
        ("Schema registry answers errors", "Schema registry answers 500"),
        ("The serving layer load is late", "Serving layer load is late (soft)"),
    ],
)
def test_similar_ones_are_told_as_that(said, heading):
    found = HEADINGS.match(alert(said), similar_from=0.6)
    assert found is not None
    assert found.how is How.SIMILAR
    assert 0.6 <= found.likeness < 1
    assert SECTIONS[found.section_ids[0]].words == heading
    assert HEADINGS.match(alert(said), similar_from=2.0) is None


@pytest.mark.parametrize(
    "said", ["Mail server is on fire", "lost", "The coffee machine is late", "42", "Action", "Verification", ""]
)
def test_below_the_threshold_there_is_silence(said):
    assert HEADINGS.match(alert(said), similar_from=0.6) is None


def test_the_title_goes_before_the_name_and_words_before_likeness():
    headings, _ = of_runbook("# Disk full\n# DiskFull\n# Disk is full now\n")
    found = headings.match(alert("Disk full", "DiskFull"), similar_from=0.6)
    assert found is not None
    assert (found.section_ids, found.what) == ((0,), "title")
    found = headings.match(alert("something else", "DiskFull"), similar_from=0.6)
    assert found is not None
    assert (found.section_ids, found.what, found.how) == ((1,), "name", How.VERBATIM)


def test_a_heading_that_stands_twice_is_told_and_both_are_found():
    headings, _ = of_runbook("# A\n## Disk full\none\n# B\n## Disk full\ntwo\n")
    assert headings.repeated() == [(1, 3)]
    found = headings.match(alert("Disk full"), similar_from=0.6)
    assert found is not None
    assert found.section_ids == (1, 3)


def test_words_are_what_does_not_change():
    assert normal_words("Node_Disk-FULL on 10.0.0.3:9100 at db-3.example.org (99.5 %)") == (
        "node",
        "disk",
        "full",
        "on",
        "at",
    )
    assert normal_words("HTTPServerDown $HOST ${x} %s") == ("http", "server", "down")
    assert normal_words("Straße überfüllt") == ("strasse", "überfüllt")


@pytest.mark.parametrize(
    ("raw", "note"),
    [
        (b"# Gr\xfc\xdfe\n", "Line 1: byte 0xfc is not UTF-8; the file is read as Windows-1252."),
        ("# Grüße\n".encode("utf-16"), "It is UTF-16; UTF-8 is what others expect."),
        (b"no heading at all", "It has no heading, so no alert can find anything in it."),
    ],
)
def test_a_file_in_another_encoding_is_read_and_named(raw, note):
    reading = files.read(raw)
    assert reading.notes == (note,)
    assert "Grüße" in reading.sections[0].words or not reading.sections[0].level


def test_a_section_reaches_to_the_next_heading_of_its_level():
    reading = files.read(b"# A\n## B\n### C\n## D\n# E\n")
    assert [(one.words, one.ends, one.above) for one in reading.sections] == [
        ("A", 3, ""), ("B", 2, "A"), ("C", 2, "A > B"), ("D", 3, "A"), ("E", 4, ""),
    ]  # fmt: skip
