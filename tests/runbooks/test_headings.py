"""Where a runbook is cut: headings as CommonMark has them, and what is broken in a file."""

import pytest

from hausmeister.base.headings import cut, readable


def words(text: str) -> list[tuple[int, str]]:
    return [(one.level, one.words) for one in cut(text).parts if one.level]


def test_both_kinds_of_headings_at_every_level_are_found():
    text = "Above\n=====\n\ntwo\nlines\n---\n\n### Third ###\n###### Sixth\n####### none\n#none\n"
    assert words(text) == [(1, "Above"), (2, "two lines"), (3, "Third"), (6, "Sixth")]


@pytest.mark.parametrize(
    "text",
    [
        "```\n# no\n```", "~~~sh\n# no\n~~~", "````\n```\n# no\n````", "1. do\n\n   ```bash\n   # no\n   ```",
        "    # no", "<!--\n# no\n-->", "<pre>\n# no\n</pre>", "---\ntitle: no\n---", "- item\n---", "> quoted\n---",
        "| a |\n|---|", "***\n---",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_heading_is_none(text):
    assert words(f"{text}\n\n# Yes") == [(1, "Yes")]
    assert not cut(f"{text}\n\n# Yes").notes


def test_a_fence_that_is_never_closed_is_told_with_its_line_and_swallows_no_heading():
    found = cut("# One\n```\ncommand\n\n# Two\ntext\n##three\n")
    assert [part.words for part in found.parts] == ["", "One", "Two"]
    assert found.notes == (
        "Line 2: what begins with '```' is never closed.",
        "Line 7: '##three' is no heading; a space is missing after the #.",
    )
    assert found.parts[1].body == "```\ncommand\n"


def test_no_line_of_a_file_is_lost():
    text = "before\n# One\na\n\nTwo\n---\nb\n```\n# c\n```\n### \nd"
    parts = cut(text).parts
    kept = "\n".join(part.body for part in parts)
    assert all(line in kept for line in ("before", "a", "b", "# c", "d"))
    assert [part.line for part in parts] == [1, 2, 5, 11]


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("**Disk** is `full`", "Disk is full"), ("snake_case_name and _stress_", "snake_case_name and stress"),
        ("[Lag](#lag) on <topic>", "Lag on <topic>"), ('<a name="x"></a>Late {#late}', "Late"),
        (r"a \* b &amp; c", "a * b & c"),
        ("`**literal**`", "**literal**"),
    ],
)  # fmt: skip
def test_a_heading_is_read_without_its_marks(raw, read):
    assert readable(raw) == read


@pytest.mark.parametrize(
    "text", ["```a\n" * 50_000, "~\n" * 50_000, "<!--\n" * 50_000, "# " + "[" * 200_000, "a\n" * 50_000]
)
def test_a_hostile_file_is_read_in_one_go(text):
    assert len(cut(text).parts) <= 2
