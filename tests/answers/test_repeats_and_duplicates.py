"""What keeps coming, and which issues are the same."""

from datetime import UTC, datetime, timedelta

import pytest

from hausmeister.answers.rules import duplicates, recurring
from hausmeister.answers.rules.recurring import Asking

NIGHT = datetime(2026, 11, 24, 2, tzinfo=UTC)


def at(days: float, by: str) -> Asking:
    return Asking(by, NIGHT + timedelta(days=days))


@pytest.mark.parametrize(
    ("askings", "is_due"),
    [
        ([at(0, "ana"), at(1, "bo"), at(30, "ana")], True),
        ([at(0, "ana"), at(1, "bo"), at(31, "ana")], False),
        ([at(0, "ana"), at(1, "ana"), at(2, "ana")], False),
        ([at(0, "ana"), at(40, "bo"), at(50, "ana"), at(60, "carla")], True),
        ([at(0, "ana"), at(1, "bo")], False),
        ([at(0, ""), at(1, ""), at(2, "")], True),
    ],
)
def test_a_document_is_called_for_at_the_third_asking_by_two_people_within_a_month(
    askings: list[Asking], is_due: bool
) -> None:
    assert recurring.is_due(list(reversed(askings))) is is_due


def test_groups_join_by_their_average_and_a_persons_no_is_kept() -> None:
    near = [[1.0, 0.8, 0.7, 0.1], [0.8, 1.0, 0.6, 0.1], [0.7, 0.6, 1.0, 0.5], [0.1, 0.1, 0.5, 1.0]]
    assert recurring.groups(near, threshold=0.55) == [[0, 1, 2], [3]]
    assert recurring.groups(near, threshold=0.55, apart=[(0, 2)]) == [[0, 1], [2], [3]]
    assert recurring.groups([], threshold=0.5) == []


def test_askings_of_one_thing_are_near_by_words() -> None:
    near = recurring.by_words(["restore a dropped table", "I dropped a table, restore it?", "gpu for notebooks", ""])
    assert near[0][1] > recurring.NEAR_BY_WORDS > near[0][2]


def issue(key: str, title: str, body: str, day: int) -> duplicates.IssueText:
    return duplicates.IssueText(key, title, body, NIGHT + timedelta(days=day))


def test_the_same_break_reported_twice_comes_first() -> None:
    listed = [
        issue("1", "Loader fails with NullPointerException", "at com.acme.OrderLoader.read", 0),
        issue("2", "Dashboard shows no data", "The revenue chart is empty since Monday.", 1),
        issue("3", "Please add a dark theme", "White hurts at night.", 2),
        issue("4", "NullPointerException in OrderLoader", "Stack: com.acme.OrderLoader.read(OrderLoader.java:42)", 3),
    ]
    found = duplicates.Issues(listed).similar(3, among=range(3))
    assert found[0].key == "1"
    assert found[0].confidence > found[1].confidence
    assert duplicates.Issues(listed).similar(0, among=[]) == []


def test_similar_texts_are_few_and_silence_is_an_answer() -> None:
    listed = [
        issue("1", "Loader fails with NullPointerException", "at com.acme.OrderLoader.read", 0),
        issue("2", "Dashboard shows no data", "The revenue chart is empty since Monday.", 1),
        issue("3", "Cannot log in with a new phone", "The second factor is refused.", 2),
        issue("4", "Backup takes nine hours", "It used to take one.", 2),
    ]
    same = issue("new", "Loader fails with NullPointerException again", "com.acme.OrderLoader.read", 3)
    assert [one.key for one in duplicates.similar_texts(same, listed)] == ["1"]
    other = issue("new", "Please water the plants", "They look sad.", 3)
    assert duplicates.similar_texts(other, listed) == []
