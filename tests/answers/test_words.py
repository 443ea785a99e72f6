"""Words, stems and pieces."""

import pytest

from hausmeister.answers.encoder.wordpiece import WordPiece
from hausmeister.answers.rules import lexical, ranking
from hausmeister.answers.rules.lexical import Lexicon
from hausmeister.answers.rules.stems import stem
from hausmeister.answers.rules.words import is_identifier, terms


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("caresses", "caress"), ("ponies", "poni"), ("feed", "feed"), ("agreed", "agre"), ("plastered", "plaster"),
        ("motoring", "motor"), ("hopping", "hop"), ("falling", "fall"), ("filing", "file"), ("happy", "happi"),
        ("relational", "relat"), ("digitizer", "digit"), ("hopefulness", "hope"), ("electrical", "electr"),
        ("adoption", "adopt"), ("replacement", "replac"), ("rate", "rate"), ("cease", "ceas"), ("roll", "roll"),
        ("is", "is"), ("load_orders", "load_orders"), ("größen", "größen"),
    ],
)  # fmt: skip
def test_stems_are_those_of_the_paper(word: str, expected: str) -> None:
    assert stem(word) == expected


def test_an_identifier_is_found_by_its_parts_and_as_a_whole() -> None:
    found = terms("Why did `stg.OrderLoader_v2` fail?")
    assert {"order", "loader", "stg.orderloader_v2", "fail"} <= set(found)
    assert "why" not in found
    assert is_identifier("stg.orderloader_v2")
    assert not is_identifier("order")


def test_an_email_with_and_without_its_hyphen_is_one_word() -> None:
    assert set(terms("e-mails")) & set(terms("email"))


@pytest.mark.parametrize("text", ["", "   ", "???", "how to the", "\x00", "🙂" * 5000, "a" * 40_000, "ﷺ ﬁ Ⅷ"])
def test_no_text_is_too_odd(text: str) -> None:
    lexicon = Lexicon([terms(text), terms("how do I delete a table")])
    asked = lexical.ask(terms(text), lexicon.collection)
    assert all(score >= 0 for score in lexicon.scores(asked))
    ranking.windows(text)


def test_a_word_of_like_meaning_finds_less_than_the_word_itself() -> None:
    lexicon = Lexicon([terms("delete a table"), terms("remove a column"), terms("weather in spring")])
    same, alike, none = lexicon.scores(lexical.ask(terms("how do I delete it"), lexicon.collection))
    assert same > alike > none == 0


def test_one_text_alone_is_scored_as_among_all() -> None:
    texts = [terms("restart the failed loader again"), terms("loader of orders"), terms("lunch at noon")]
    lexicon = Lexicon(texts)
    asked = lexical.ask(terms("rerun loader"), lexicon.collection)
    counts = {one: texts[0].count(one) for one in texts[0]}
    alone = lexical.score(asked, counts, length=len(texts[0]), average=lexicon.collection.average_length)
    assert abs(alone - lexicon.scores(asked)[0]) < 1e-12


def test_pieces_are_the_longest_that_the_vocabulary_has() -> None:
    pieces = WordPiece(["[UNK]", "[CLS]", "[SEP]", "load", "##er", "##ers", "cafe", "!", "本", "##s"])
    assert pieces.ids("Loaders café!", most=20) == [1, 3, 5, 6, 7, 2]
    assert pieces.ids("日本", most=20) == [1, 0, 8, 2]
    assert pieces.ids("xyz loader", most=20) == [1, 0, 3, 4, 2]
    assert pieces.ids("load " * 50, most=4) == [1, 3, 3, 2]
