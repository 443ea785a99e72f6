"""Calls of somebody who caught a true one, and calls that no tracker makes: nothing counts twice, nothing breaks."""

import json
from copy import deepcopy
from datetime import timedelta

import pytest

from hausmeister.issues.models import Delivery, Issue
from hausmeister.issues.operations import arriving
from hausmeister.journal import queries as journal
from tests.issues.stage import REPOSITORY
from tests.issues.stage import stage as on_stage


@pytest.fixture
def stage(world, trio, settings):
    with on_stage(world, trio, settings) as told:
        yield told


@pytest.fixture
def made(stage):
    issue = stage.make()
    stage.take_delivered()
    return issue


def comment(stage, text="Look at the retries.", number=1, **more):
    return {
        "action": "created", "issue": issue_of(stage, number),
        "comment": {"body": text, "id": 7, "created_at": stage.world.now.isoformat()},
        "repository": {"full_name": REPOSITORY}, "sender": {"login": "octo"}, **more,
    }  # fmt: skip


def issue_of(stage, number=1, **more):
    at = stage.world.now.isoformat()
    return {
        "number": number, "title": "Commit service retries", "body": "", "state": "open", "labels": [],
        "html_url": f"https://github.test/{REPOSITORY}/issues/{number}", "created_at": at, "updated_at": at,
        "user": {"login": "octo"}, **more,
    }  # fmt: skip


def noted(issue):
    return [one.facts["text"] for one in journal.verbs_about([issue.subject], "issue.noted")]


def result(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["result"]


def test_a_call_that_was_caught_does_not_count_again_under_another_number_or_as_another_kind(stage, made):
    body = comment(stage)
    assert result(stage.hook(body, kind="issue_comment", delivery="1")) == "taken"
    assert result(stage.hook(body, kind="issue_comment", delivery="2")) == "repeated"
    assert result(stage.hook(body, kind="issues", delivery="3")) == "repeated"
    assert noted(made) == ["Look at the retries."]


def test_a_call_that_was_caught_and_kept_until_it_was_forgotten_is_too_old(stage, made):
    body = comment(stage)
    assert result(stage.hook(body, kind="issue_comment")) == "taken"
    stage.world.now += arriving.KEPT + timedelta(days=1)
    arriving.forget_old(stage.world.now)
    assert not Delivery.objects.exists()
    assert result(stage.hook(body, kind="issue_comment")) == "ignored"
    assert len(noted(made)) == 1


def test_the_newest_word_stays_in_whatever_order_the_calls_come(stage, made):
    old = {"action": "edited", "issue": issue_of(stage, title="Old"), "repository": {"full_name": REPOSITORY},
           "sender": {"login": "octo"}}  # fmt: skip
    new = deepcopy(old)
    later = (stage.world.now + timedelta(minutes=5)).isoformat()
    new["issue"].update(title="New", updated_at=later)
    stage.world.now += timedelta(minutes=6)
    labels = [{"name": "bug"}, {"name": "data-infra"}, {"name": "P2"}]
    for one in (old, new):
        one["issue"]["labels"] = labels
    assert result(stage.hook(new)) == "taken"
    stage.hook(old)
    made.refresh_from_db()
    assert made.title == "New"


@pytest.mark.parametrize("place", ["evil/itaipu", "nubank/itaipu-fork", "", "nubank/itaipu/../x", "NUBANK\u0000/x"])
def test_another_repository_changes_nothing_of_ours(stage, made, place):
    body = comment(stage, repository={"full_name": place})
    assert result(stage.hook(body, kind="issue_comment")) == "ignored"
    assert result(stage.hook({**body, "action": "deleted"}, kind="issues")) == "ignored"
    made.mirror.refresh_from_db()
    assert (made.mirror.gone_at, noted(made)) == (None, [])


LABELS = [{"name": "bug"}, {"name": "data-infra"}, {"name": "P3"}]


@pytest.mark.parametrize(
    "odd",
    [
        {"title": "a\u0000b\ud800c\u202ed"},
        {"title": ""},
        {"title": "x" * 100_000},
        {"body": "\u0000" * 1000},
        {"body": "y" * 500_000},
        {"number": 10**30},
        {"number": -1},
        {"number": 0},
        {"number": True},
        {"labels": [*LABELS, {"name": "P1"}, {"name": "z" * 10_000}, {"name": "\u0000"}]},
        {"labels": [{"name": "bug"}] * 10_000 + LABELS},
        {"user": {"login": "l" * 10_000}},
        {"html_url": "javascript:alert(1)"},
        {"html_url": "https://x/" + "u" * 10_000},
        {"updated_at": "9999-12-31T23:59:59Z"},
        {"updated_at": "0001-01-01T00:00:00Z"},
        {"created_at": "9999-12-31T23:59:59+14:00"},
        {"created_at": "0001-01-01T00:00:00-14:00", "updated_at": "0001-01-01T00:00:00+14:00"},
        {"state": ["closed"]},
    ],
    ids=lambda odd: ",".join(odd)[:20],
)
def test_an_issue_that_no_tracker_would_make_breaks_nothing(stage, odd):
    base = issue_of(stage, 77, labels=LABELS)
    body = {"action": "opened", "issue": {**base, **odd}, "repository": {"full_name": REPOSITORY},
            "sender": {"login": "s" * 10_000 if "user" in odd else "octo"}}  # fmt: skip
    answer = stage.hook(json.dumps(body).encode())
    assert answer.status_code in {200, 400}, answer.content
    assert all(one.title for one in Issue.objects.all())
    for kind in ("issue_comment", "issues"):
        more = {"comment": {"body": "z\u0000" * 5000}, "action": "created" if kind == "issue_comment" else "deleted"}
        assert stage.hook(json.dumps({**body, **more}).encode(), kind=kind).status_code == answer.status_code
    # whoever was asked to take it is not the subject
    stage.world.forget()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"[" * 100_000, 400),
        (b'{"a":' * 100_000, 400),
        (b"", 400),
        (b"null", 400),
        (b"[]", 400),
        (b'{"issue": "\xff\xfe"}', 400),
        (b'{"issue": NaN}', 400),
        (b'{"action": "' + b"x" * 2_000_000 + b'"}', 200),
    ],
)
def test_a_body_that_is_none(stage, raw, status):
    assert stage.hook(raw).status_code == status


def test_a_body_of_thirty_megabytes_is_refused_without_being_read_into_an_issue(stage):
    answer = stage.hook(b'{"action": "' + b"x" * 30_000_000 + b'"}')
    assert answer.status_code in {400, 413}
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("signature", ["", "sha256=", "sha1=abc", "sha256=" + "0" * 64, "sha256=\u00e9", "0" * 64])
def test_a_call_without_our_signature_is_not_even_kept(stage, made, signature):
    answer = stage.hook(comment(stage), kind="issue_comment", **{"X-Hub-Signature-256": signature})
    assert answer.status_code == 401
    assert not Delivery.objects.exists()
