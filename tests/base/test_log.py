"""Log lines: what is secret is masked wherever it stands (S52)."""

import json
from pathlib import Path

import pytest

from hausmeister.base.log import mask, mask_secrets

KEY = "hm" + "a1" * 15
TOKEN = "x7" * 16


@pytest.mark.parametrize(
    "text",
    [
        f"Internal Server Error: /invitation/{TOKEN}",
        f"Internal Server Error: /welcome?token={TOKEN}",
        f"Internal Server Error: /password/reset/1a-{TOKEN}",
        f"POST /p/{TOKEN}:abc-_x",
        f"Authorization: Bearer {TOKEN}",
        f"GET /v2/alerts?apiKey={TOKEN}&x=1",
        f"the key {KEY} was wrong",
    ],
)
def test_s52_no_token_in_a_path_or_a_sentence_reaches_the_log(text):
    told = mask(text)
    assert TOKEN not in told
    assert KEY not in told
    assert "***" in told


class Odd:
    """A fact that is no text yet, but is written as one."""

    def __str__(self) -> str:
        return f"odd with {KEY}"


@pytest.mark.parametrize(
    "fact",
    [
        Odd(),
        ValueError(f"key {KEY}"),
        Path("/p") / KEY,
        KEY.encode(),
        {"a": {"b": {"c": {"d": {"e": KEY}}}}},
        [[[[[[KEY]]]]]],
        {"password": KEY},
        ({"x": (KEY,)},),
    ],
)
def test_s52_whatever_shape_a_fact_has_its_secrets_are_masked(fact):
    line = json.dumps(mask_secrets(None, "", {"event": "x", "fact": fact}), default=str)
    assert KEY not in line


def test_numbers_and_nothing_stay_what_they_are():
    facts = {"event": "x", "count": 3, "wait_s": 0.5, "is_so": True, "who": None}
    assert mask_secrets(None, "", dict(facts)) == facts


def test_a_line_end_in_a_fact_forges_no_line():
    assert "\n" not in json.dumps(mask_secrets(None, "", {"event": 'x\n{"event": "forged"}'}))
