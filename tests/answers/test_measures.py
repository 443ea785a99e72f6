"""The figures: by hand, and against the plainest way to reckon each."""

from hypothesis import given
from hypothesis import strategies as st

from hausmeister.answers.rules import measures

CONFIDENT = st.lists(
    st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.5, 0.81, 1.0]), st.booleans()), min_size=1, max_size=30
)


def test_ranks_are_means_over_cases_and_what_is_missing_counts_nothing() -> None:
    found = measures.ranks([(["a", "b", "c"], {"b"}), (["x"], {"y"}), (["p", "q"], {"p", "q"})])
    assert found["mrr"] == (1 / 2 + 0 + 1) / 3
    assert found["map"] == (1 / 2 + 0 + 1) / 3
    assert found["r1"] == (0 + 0 + 1) / 3
    assert found["r5"] == (1 + 0 + 1) / 3


def test_no_case_is_no_division_by_nothing() -> None:
    assert measures.ranks([])["mrr"] == 0
    assert measures.coverage([], precision=0.9, answerable=0) == 0
    assert measures.precision_recall(0, 0, 0) == (0.0, 0.0, 0.0)


@given(CONFIDENT, st.sampled_from([0.7, 0.9, 0.95]))
def test_coverage_is_the_best_of_every_threshold(said: list[tuple[float, bool]], precision: float) -> None:
    shares = [0.0]
    for threshold in {confidence for confidence, _ in said}:
        spoken = [is_right for confidence, is_right in said if confidence >= threshold]
        if sum(spoken) / len(spoken) >= precision:
            shares.append(sum(spoken) / 40)
    assert measures.coverage(said, precision=precision, answerable=40) == max(shares)


@given(CONFIDENT)
def test_calibration_error_weighs_each_bin_by_its_size(said: list[tuple[float, bool]]) -> None:
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, is_right in said:
        bins.setdefault(min(9, int(confidence * 10 + 1e-9)), []).append((confidence, is_right))
    expected = sum(
        len(part) / len(said) * abs(sum(c for c, _ in part) / len(part) - sum(r for _, r in part) / len(part))
        for part in bins.values()
    )
    assert abs(measures.calibration_error(said) - expected) < 1e-9


def test_natural_figures_weigh_messages_and_a_wrong_kind_of_opening_still_opens() -> None:
    rows = [("question", "incident", 2.0), ("other", "question", 10.0), ("incident", "incident", 2.0)]
    found = measures.labels(rows, every=["question", "incident", "other"], opening=frozenset({"question", "incident"}))
    assert found["opens_p"] == 2 / 3
    assert found["natural_opens_p"] == 4 / 14
    assert found["opens_r"] == found["natural_opens_r"] == 1
    assert found["question_f1"] == 0
    assert found["incident_p"] == 1 / 2


def test_a_proposal_is_right_when_four_fifths_of_it_are_one_topic() -> None:
    topics = {"a1": "a", "a2": "a", "a3": "a", "a4": "a", "b1": "b", "b2": "b", "b3": "b", "c1": "c", "x": None}
    found = measures.proposals([{"a1", "a2", "a3", "a4", "x"}, {"b1", "b2", "x"}, {"c1", "x"}, {"b1", "b2"}], topics)
    assert found["topics"] == 2
    assert found["proposals"] == 2
    assert found["precision"] == found["recall"] == 1 / 2
    assert found["coverage"] == (4 / 4 + 2 / 3) / 2
