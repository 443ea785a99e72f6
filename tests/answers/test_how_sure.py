"""How sure a suggestion is: what the numbers are made of, and what a team's own answers do to them."""

from hausmeister.answers.rules import ranking
from hausmeister.answers.rules.ranking import Fit


def test_the_first_stands_above_the_mean_of_the_ten_that_follow():
    fits = [("a", 0, Fit(0.2, 0.9)), *((str(number), 0, Fit(0.1, 0.3)) for number in range(12))]
    first, *others = ranking.rank(fits, named=0.0)
    assert first.card == "a"
    assert round(first.above, 6) == round(first.score - others[0].score, 6)
    assert others[-1].above == others[-1].score, "nothing follows the last one"


def test_a_card_agrees_when_no_other_has_better_words():
    fits = [("near", 0, Fit(0.1, 0.9)), ("near", 1, Fit(0.5, 0.2)), ("same words", 0, Fit(0.4, 0.3))]
    first, second = ranking.rank(fits, named=0.0)
    assert (first.card, first.agrees) == ("near", True), "the card's best words count, whichever text they stand in"
    assert (second.card, second.agrees) == ("same words", False)


def test_with_meaning_a_suggestion_is_surer_the_more_it_stands_out():
    def chance(crowd: float) -> float:
        others = ((str(number), 0, Fit(0.0, crowd)) for number in range(12))
        return ranking.confidence(ranking.rank([("a", 0, Fit(0.3, 0.75)), *others], named=0.0)[0])

    assert chance(0.1) > chance(0.4) > chance(0.7)


def test_weights_of_a_team_from_before_a_sign_was_there_are_left_aside():
    one = ranking.rank([("a", 0, Fit(0.3, 0.75)), ("b", 0, Fit(0.1, 0.3))], named=0.0)[0]
    assert ranking.confidence(one, own={"bias": 9.0, "score": 9.0, "ahead": 9.0}) == ranking.confidence(one)
    own = {"bias": 9.0, "score": 0.0, "ahead": 0.0, "above": 0.0, "agrees": 0.0}
    assert ranking.confidence(one, own=own) > 0.999


def test_answers_of_a_team_move_its_weights_and_the_shipped_ones_hold_them():
    signs = {"bias": 1.0, "score": 0.5, "ahead": 0.1, "above": 0.2, "agrees": 1.0}
    for tier in ("words", "meaning"):
        few = ranking.refit(tier, [(signs, True)] * 2)
        many = ranking.refit(tier, [(signs, True)] * 200)
        assert few.keys() == set(ranking.SIGNS[tier])
        assert many["bias"] > few["bias"]
