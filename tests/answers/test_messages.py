"""What a message is: the clear cases, and what no weight may change."""

import pytest

from hausmeister.answers.rules.messages import Context, Label, Said, classify, features

ASKED = (Said("ana", "how do I give somebody access to the sales schema?", 40),)


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        ("Hi all, how can I get read access to the finance schema?", Context("bo"), Label.QUESTION),
        ("does anyone know whether we keep more than a week of events", Context("bo"), Label.QUESTION),
        ("The nightly load fails with a timeout since this morning, can somebody look?", Context("bo"), Label.INCIDENT),
        ("dashboards are down, I get a 502 everywhere", Context("bo"), Label.INCIDENT),
        ("which schema is it?", Context("bo", ASKED), Label.FOLLOWUP),
        ("you have to open a pull request in the grants repository", Context("bo", ASKED), Label.OTHER),
        ("thanks, that worked", Context("ana", (*ASKED, Said("bo", "use the form", 20))), Label.OTHER),
        ("Good morning everybody", Context("bo"), Label.OTHER),
    ],
)
def test_the_clear_cases_are_told_apart(text: str, context: Context, expected: Label) -> None:
    judged = classify(text, context=context)
    assert judged.label is expected
    assert abs(sum(judged.chances.values()) - 1) < 1e-9


def test_a_reply_in_a_thread_opens_nothing_however_it_sounds() -> None:
    judged = classify("Everything is down, can anyone help?", context=Context("bo", in_thread=True))
    assert judged.opens == 0


def test_a_program_and_an_empty_text_ask_nothing() -> None:
    assert classify("How are you?", context=Context("bot", by_program=True)).label is Label.OTHER
    assert classify("  \n ", context=Context("bo")).label is Label.OTHER


@pytest.mark.parametrize("text", ["?" * 40_000, "😀" * 3000, "\x00\x1b[31m", "```" * 999, "<@" * 5000, "a@" * 20_000])
def test_no_message_is_too_odd(text: str) -> None:
    assert 0 <= classify(text, context=Context("bo", ASKED)).opens <= 1


def test_code_and_links_are_marks_not_words() -> None:
    plain = features("see [link]", Context())
    assert features("see https://example.com/why-does-it-fail?x=1", Context()) == plain
    assert features("see <https://example.com|here>", Context()) == plain
