"""Where the two scales meet (H11): Opsgenie's P1 is the most urgent, ours is P4."""

import pytest

from hausmeister.base.priority import Priority
from hausmeister.connectors.opsgenie.priorities import FROM_OURS, TO_OURS


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("P1", Priority.P4), ("P2", Priority.P3), ("P3", Priority.P2), ("P4", Priority.P1), ("P5", Priority.P1)],
)
def test_h11_opsgenies_scale_becomes_ours(theirs, ours):
    assert TO_OURS[theirs] is ours


@pytest.mark.parametrize(
    ("ours", "theirs"), [(Priority.P4, "P1"), (Priority.P3, "P2"), (Priority.P2, "P3"), (Priority.P1, "P4")]
)
def test_h11_our_scale_becomes_opsgenies(ours, theirs):
    assert FROM_OURS[ours] == theirs


def test_h11_the_tables_are_whole_and_ours_comes_back_unchanged():
    assert set(FROM_OURS) == set(Priority)
    assert set(TO_OURS) == {"P1", "P2", "P3", "P4", "P5"}
    assert [TO_OURS[FROM_OURS[ours]] for ours in Priority] == list(Priority)
    urgency = [TO_OURS[theirs] for theirs in sorted(TO_OURS)]
    assert urgency == sorted(urgency, reverse=True)
