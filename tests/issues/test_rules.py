"""The rules of issues, with plain values."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import lines
from hausmeister.issues.rules import mirror, similar, work
from hausmeister.issues.rules.mirror import Snapshot
from hausmeister.issues.rules.similar import Described
from hausmeister.issues.rules.work import Helper
from hausmeister.team.policy import reading

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MARKER = "abcdefghijklmnopqrstuvwx"
BASE = ("bug", "data-infra")

snapshots = st.builds(
    Snapshot,
    title=st.sampled_from(["one", "other"]),
    text=st.sampled_from(["", "text"]),
    priority=st.sampled_from([None, *Priority]),
    areas=st.sampled_from([(), ("kafka",), ("commits", "kafka")]),
    is_open=st.booleans(),
)


@given(st.text(max_size=400))
def test_any_text_comes_back_as_it_was_sent(text):
    ours = lines(text, mirror.TEXT_MOST)
    sent = mirror.body(ours, marker=MARKER, number=12, link="https://x.example/issues/12")
    assert mirror.split_body(sent.replace("\n", "\r\n")) == (ours, MARKER)


def test_what_people_write_below_our_line_is_not_lost():
    sent = mirror.body("Ours.", marker=MARKER, number=12, link="https://x.example/issues/12")
    assert mirror.split_body(sent + "\n\nTheirs, below.")[0] == "Ours.\n\nTheirs, below."


@given(snapshots.filter(lambda one: one.priority is not None))
def test_labels_say_what_they_were_made_of(snapshot):
    labels = mirror.labels_for(snapshot, BASE)
    assert mirror.read_labels(labels, BASE) == (snapshot.priority, snapshot.areas)


@pytest.mark.parametrize(
    ("labels", "priority", "areas"),
    [
        (("BUG", "Data-Infra", "p4"), Priority.P4, ()),
        (("P1", "P3", "kafka"), Priority.P3, ("kafka",)),
        (("P5", "sev1"), None, ("P5", "sev1")),
        (("a,b", " ", "x" * 60), None, ("a b", f"{'x' * 43}… [cut]")),
    ],
)
def test_labels_of_all_kinds_are_read(labels, priority, areas):
    assert mirror.read_labels(labels, BASE) == (priority, tuple(sorted(areas)))


@given(snapshots, snapshots, snapshots, st.booleans())
def test_of_each_field_one_side_has_the_last_word(ours, seen, theirs, ours_is_later):
    merged = mirror.merge(
        ours.marks, seen.marks, theirs.marks, ours_at=NOON + timedelta(seconds=ours_is_later), theirs_at=NOON
    )
    assert not set(merged.taken) & set(merged.kept)
    for name, value in theirs.marks.items():
        if value == seen.marks[name]:
            # what nobody changed there never overwrites what is here
            assert name not in merged.taken
        elif value not in (None, ours.marks[name]) and ours.marks[name] == seen.marks[name]:
            assert name in merged.taken
    assert merged.kept == () or ours_is_later


@given(snapshots, snapshots)
def test_when_both_have_heard_of_each_other_there_is_nothing_to_say(ours, theirs):
    merged = mirror.merge(ours.marks, theirs.marks, theirs.marks, ours_at=NOON, theirs_at=NOON)
    assert (merged.taken, merged.kept) == ((), ())
    assert mirror.unsent(ours.marks, ours.marks) == ()


@pytest.mark.parametrize(
    ("title", "is_like"),
    [
        ("The commit service retries for ever", True),
        ("commit-service: retry storm", True),
        ("Commits are retried", True),
        ("Disk 80 % on db-7", False),
        ("", False),
        ("🔥🔥🔥", False),
    ],
)
def test_what_is_alike_is_found_and_the_rest_is_not(title, is_like):
    found = similar.likely(
        Described(0, title, "", NOON),
        [Described(1, "Commit service retries", "on s1", NOON), Described(2, "", "", NOON)],
    )
    assert bool(found) == is_like


def test_a_flood_of_words_costs_no_more_than_its_beginning():
    assert len(similar.words("word " * 40_000 + "x" * 40_000)) == similar.TEXT_WORDS


def test_whom_to_pull_in():
    def helper(number, seniority, **more):
        return Helper(number, seniority, **({"is_reachable": True, "is_away": False, "takes_part": True} | more))

    team = [
        helper(1, 1), helper(2, 9, is_away=True), helper(3, 9, is_reachable=False), helper(4, 5), helper(5, 7),
        helper(6, 9, takes_part=False), helper(7, 2, is_backstop=True), helper(8, 5),
    ]  # fmt: skip
    assert work.candidates(team, on_it=frozenset({1}), asked=frozenset()) == [7, 5, 4, 8]
    assert work.candidates(team, on_it=frozenset({1}), asked=frozenset({7, 5})) == [4, 8]


@pytest.mark.parametrize("priority", Priority)
def test_only_an_open_p3_is_asked_about(priority):
    policy = reading.default()
    hours = policy.working_hours(UTC)
    found = work.nag_at(priority, is_open=True, nags=0, touched_at=NOON, idle=timedelta(hours=4), hours=hours)
    assert (found is not None) == (priority is Priority.P3)
    assert work.nag_at(priority, is_open=False, nags=0, touched_at=NOON, idle=timedelta(hours=4), hours=hours) is None
    assert work.nag_at(priority, is_open=True, nags=2, touched_at=NOON, idle=timedelta(hours=4), hours=hours) is None
