"""The measuring command, on a small folder that we wrote."""

import json

import pytest
from click.testing import CliRunner

from hausmeister.console.group import commands

FOLDER = {
    "faq_corpus": [
        {"id": "a1", "thread": "t1", "kind": "answer", "text": "UNDROP TABLE brings a dropped table back."},
        {"id": "q1", "thread": "t1", "kind": "question", "text": "How do I restore a dropped table?"},
        {"id": "a2", "thread": "t2", "kind": "answer", "text": "Book the GPU profile in the notebook's start form."},
    ],
    "faq_queries": [
        {"id": "1", "text": "restore a table that was dropped"},
        {"id": "2", "text": "gpu in a notebook"},
        {"id": "3", "text": "who waters the plants"},
    ],
    "faq_gold": [{"id": "1", "thread": "t1"}, {"id": "2", "thread": "t2"}, {"id": "3", "thread": None}],
    "issues": [
        {"id": "7", "created": "2026-01-01T10:00", "title": "Loader crashes at start", "body": "NullPointerException"},
        {"id": "8", "created": "2026-01-02T10:00", "title": "Dark theme", "body": "White hurts."},
        {"id": "9", "created": "2026-01-03T10:00", "title": "Loader crashes", "body": "NullPointerException at start"},
    ],
    "issues_queries": [{"id": "9"}],
    "issues_gold": [{"id": "9", "duplicates": ["7"]}],
    "chat": [
        {"id": "c1", "author": "U1", "text": "Hi all, how do I get a GPU in a notebook?", "context": []},
        {
            "id": "c2", "author": "U2", "text": "you can book one in the start form",
            "context": [{"author": "U1", "text": "how do I get a GPU?", "seconds_before": 30}],
        },
    ],
    "chat_gold": [{"id": "c1", "label": "question", "weight": 1.5}, {"id": "c2", "label": "other", "weight": 9.0}],
    "stream": [
        {"id": "s1", "asked_at": "2026-01-01T10:00", "text": "restore a dropped table"},
        {"id": "s2", "asked_at": "2026-01-02T10:00", "text": "I dropped a table, how to restore it"},
        {"id": "s3", "asked_at": "2026-01-03T10:00", "text": "restoring a table that was dropped"},
        {"id": "s4", "asked_at": "2026-01-03T11:00", "text": "new keyboard"},
    ],
    "stream_gold": [{"id": f"s{number}", "topic": "t" if number < 4 else None} for number in (1, 2, 3, 4)],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    for name, lines in FOLDER.items():
        text = "\n".join(json.dumps(line) for line in lines) + "\n"
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return tmp_path


def run(folder, *more):
    return CliRunner().invoke(commands, ["questions", "eval", "--data", str(folder), *more])


def test_every_task_prints_its_figures_in_one_line_of_json(folder):
    done = run(folder, "--tier", "0", "--json")
    assert done.exit_code == 0, done.output
    (line,) = done.output.splitlines()
    found = json.loads(line)
    assert list(found) == ["faq", "issues", "chat", "recurring", "learning"]
    assert found["faq"]["all_mrr"] == found["issues"]["mrr"] == found["recurring"]["f1"] == 1
    assert found["chat"]["opens_f1"] == found["chat"]["natural_opens_f1"] == 1
    assert found["faq"]["answerable"] == 2
    assert set(found["faq"]) >= {"coverage_at_p90", "coverage_at_p95", "calibration_error", "answers_only_r10"}
    assert set(found["issues"]) >= {"map", "coverage_at_p70", "missing", "duplicates"}


def test_people_read_names_and_three_digits(folder):
    done = run(folder, "--tier", "0")
    assert "By words alone" in done.output
    assert "all_mrr             1.000" in done.output


@pytest.mark.parametrize(("file", "text"), [("chat", "{"), ("issues", '{"id": "9"}\n'), ("faq_gold", "[1]\n")])
def test_a_file_that_is_wrong_is_named_and_ends_with_code_2(folder, file, text):
    (folder / f"{file}.jsonl").write_text(text, encoding="utf-8")
    done = run(folder, "--tier", "0", "--json")
    assert done.exit_code == 2
    assert file.split("_")[0] in done.output


def test_a_folder_without_a_file_is_told(tmp_path):
    done = run(tmp_path)
    assert done.exit_code == 2
    assert "faq_corpus.jsonl" in done.output


@pytest.mark.counterpart("encoder")
def test_the_encoder_finds_what_shares_no_word(folder):
    done = run(folder, "--tier", "1", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["faq"]["all_mrr"] == 1
