"""The query language of dashboards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausmeister.base.event import Event
from hausmeister.base.event_query import BadQuery, compiled

LAG = Event(
    host="db-7", service="kafka lag", state="critical", metric=2.1, tags=("kafka", "s0"), attributes={"dc": "fra"}
)


@pytest.mark.parametrize(
    ("query", "passes"),
    [
        ("", True),
        ("true", True),
        ("false", False),
        ('service = "kafka lag" and state = "critical"', True),
        ('service = "kafka lag" and state = "ok"', False),
        ('state = "ok" or state = "critical" and metric > 3', False),
        ('(state = "ok" or state = "critical") and metric > 2', True),
        ('not state = "ok"', True),
        ('not (state = "critical" or host = "x")', False),
        ('service =~ "kafka%"', True),
        ('service =~ "%lag"', True),
        ('service =~ "lag"', False),
        ('service =~ "kafka.lag"', False),
        ('service ~= "^k.*g$"', True),
        ('service ~= "ka+f"', True),
        ('tagged "kafka"', True),
        ('tagged "kaf"', False),
        ("metric >= 2.1", True),
        ("metric < 2.1e0", False),
        ("metric_f <= 3", True),
        ("metric != 2.1", False),
        ("ttl = nil", True),
        ("ttl > 5", False),
        ("ttl < 5", False),
        ('dc = "fra"', True),
        ("dc = nil", False),
        ("cluster = nil", True),
        ('host != "db-8"', True),
        ('description = nil', True),
        ('service = "kafka \\"lag\\""', False),
    ],
)  # fmt: skip
def test_a_query_picks_what_riemann_would_pick(query, passes):
    assert compiled(query)(LAG) is passes


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("service = kafka", "no value"),
        ("'x'", "double quotes"),
        ("service", "ends where a comparison"),
        ('(state = "ok"', "never closed"),
        ('state = "ok")', "after the end"),
        ('state ~= "("', "no regular expression"),
        ('metric > "a"', "compares numbers"),
        ("state =~ 5", "compares with a text"),
        ("not " * 200 + "true", "nested more than"),
        ("(" * 200, "nested more than"),
        ('x = "' + "a" * 5_000 + '"', "characters"),
        ("tagged 5", "is not a tag"),
    ],
)
def test_what_is_no_query_is_told_in_a_sentence(query, says):
    with pytest.raises(BadQuery, match=says):
        compiled(query)


def test_an_expression_made_to_hang_a_matcher_does_not():
    slow = Event(service="a" * 5_000 + "!")
    assert compiled('service ~= "^(a+)+$"')(slow) is False


@given(st.text(max_size=60))
def test_any_text_is_a_query_or_told_to_be_none(text):
    try:
        passes = compiled(text)(LAG)
    except BadQuery:
        return
    assert passes in (True, False)
