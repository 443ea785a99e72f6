"""An issue and its mirror in GitHub stay in step, whichever side changes what, in whatever order it is told."""

from datetime import timedelta

import pytest

from hausmeister.base.priority import Priority
from hausmeister.issues.models import Delivery, Issue
from hausmeister.issues.operations import arriving, mirroring, working
from hausmeister.issues.operations.storing import IssueRefused
from hausmeister.team.operations import as_actor


def test_an_issue_made_here_is_made_there_and_what_people_do_there_comes_back(stage):
    issue = stage.make(text="It retries for ever.", areas=("commits",))
    (request,) = stage.take_delivered()
    assert request.json["labels"] == ["bug", "data-infra", "P2", "commits"]
    assert request.json["body"].startswith("It retries for ever.\n\n<!-- hausmeister:")
    assert f"/issues/{issue.pk})" in request.json["body"]
    assert issue.mirror.number == 1
    assert issue.mirror.is_in_sync
    stage.world.now += timedelta(minutes=5)
    stage.github.change(1, title="Commit service retries for ever", labels=["bug", "data-infra", "P3", "commits"])
    assert stage.hook(stage.github.event(1, "edited")).json() == {"result": "taken"}
    issue = Issue.objects.get()
    assert (issue.title, issue.rank) == ("Commit service retries for ever", Priority.P3)
    stage.world.now += timedelta(minutes=5)
    stage.github.change(1, state="closed")
    stage.hook(stage.github.event(1, "closed", by="dana"))
    issue.refresh_from_db()
    assert (issue.is_open, issue.close_reason) == (False, "closed by dana in GitHub")
    stage.world.tick()
    assert stage.take_delivered() == []
    assert "issue.mirrored" in stage.verbs(issue)


def test_a_change_here_sends_only_what_changed(stage):
    issue = stage.make(text="Long.")
    stage.take_delivered()
    stage.world.now += timedelta(minutes=1)
    working.set_priority(
        issue.pk, Priority.P1, by=as_actor(stage.trio.ana), person=stage.trio.ana, now=stage.world.now, why="rare"
    )
    stage.world.tick()
    (request,) = stage.take_delivered()
    assert request.method == "PATCH"
    assert request.json == {"labels": ["bug", "data-infra", "P1"]}
    # what comes back of our own doing changes nothing
    assert stage.hook(stage.github.event(1, "labeled")).json() == {"result": "taken"}
    stage.world.tick()
    assert stage.take_delivered() == []


def test_a_call_counts_once_and_one_told_late_counts_not_at_all(stage):
    issue = stage.make()
    stage.take_delivered()
    stage.world.now += timedelta(minutes=1)
    stage.github.change(1, title="First")
    first = stage.github.event(1, "edited")
    stage.world.now += timedelta(minutes=1)
    stage.github.change(1, title="Second")
    second = stage.github.event(1, "edited")
    assert stage.hook(second, delivery="b").json() == {"result": "taken"}
    assert stage.hook(second, delivery="b").json() == {"result": "repeated"}
    stage.hook(first, delivery="a")
    issue.refresh_from_db()
    assert issue.title == "Second"
    assert Delivery.objects.count() == 2


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=00", "sha1=00", "sha256=ü"])
def test_a_call_without_our_signature_is_refused_and_leaves_nothing(stage, signature):
    stage.make()
    stage.take_delivered()
    event = stage.github.event(1, "closed") | {"x": 1}
    answer = stage.hook(event, **{"X-Hub-Signature-256": signature})
    assert answer.status_code == 401
    assert answer.json()["code"] == "bad_signature"
    assert stage.hook(event, secret="another secret, as long as ours").status_code == 401
    assert Delivery.objects.count() == 0
    assert Issue.objects.get().is_open


def test_without_a_secret_there_is_no_such_path(stage, settings):
    settings.HAUSMEISTER_GITHUB_WEBHOOK_SECRET = ""
    assert stage.hook({"zen": "x"}, kind="ping").status_code == 404


def test_an_unknown_outcome_makes_no_second_issue(stage):
    stage.github.reset(takes=True)
    issue = stage.make()
    issue.mirror.refresh_from_db()
    assert issue.mirror.number is None
    assert not issue.mirror.is_in_sync
    stage.world.go(minutes=1)
    assert list(stage.github.issues) == [1]
    issue.mirror.refresh_from_db()
    assert issue.mirror.number == 1
    assert issue.mirror.is_in_sync
    stage.take_delivered()


def test_closed_here_while_open_there_is_closed_there(stage):
    issue = stage.make()
    stage.world.now += timedelta(minutes=1)
    working.close(issue.pk, reason="mended", by=as_actor(stage.trio.ana), now=stage.world.now)
    stage.world.tick()
    assert stage.there().state == "closed"
    assert stage.take_delivered()[-1].json == {"state": "closed", "state_reason": "completed"}


def test_closed_here_before_it_was_ever_made_there_it_is_made_closed(stage):
    stage.github.fail(503)
    issue = stage.make()
    working.close(issue.pk, reason="mended", by=as_actor(stage.trio.ana), now=stage.world.now)
    stage.world.go(minutes=1)
    assert [one.state for one in stage.github.issues.values()] == ["closed"]
    stage.take_delivered()


def test_when_both_sides_changed_the_same_the_later_one_counts(stage):
    issue = stage.make()
    stage.take_delivered()
    stage.github.fail(503)
    stage.world.now += timedelta(minutes=1)
    by, now = as_actor(stage.trio.ana), stage.world.now
    working.edit(issue.pk, title="Ours", text="", areas=(), why="x", bites_back=None, by=by, now=now)
    stage.world.tick()
    stage.world.now += timedelta(seconds=2)
    stage.github.change(1, title="Theirs, later")
    stage.hook(stage.github.event(1, "edited"))
    issue.refresh_from_db()
    assert issue.title == "Theirs, later"
    stage.world.go(minutes=2)
    assert stage.there().title == "Theirs, later"
    assert stage.take_delivered() == []


def test_when_ours_is_later_it_goes_there_once(stage):
    issue = stage.make()
    stage.take_delivered()
    stage.world.now += timedelta(minutes=1)
    stage.github.change(1, title="Theirs")
    told_late = stage.github.event(1, "edited")
    stage.world.now += timedelta(minutes=1)
    stage.github.fail(503)
    by, now = as_actor(stage.trio.ana), stage.world.now
    working.edit(issue.pk, title="Ours, later", text="", areas=(), why="x", bites_back=None, by=by, now=now)
    stage.world.tick()
    stage.hook(told_late)
    stage.world.go(minutes=3)
    issue.refresh_from_db()
    assert issue.title == "Ours, later"
    assert stage.there().title == "Ours, later"
    assert len(stage.take_delivered()) == 1
    stage.hook(stage.github.event(1, "edited"))
    stage.world.go(minutes=3)
    assert stage.take_delivered() == []


def test_a_priority_label_taken_off_there_leaves_ours(stage):
    issue = stage.make()
    stage.take_delivered()
    stage.world.now += timedelta(minutes=1)
    stage.github.change(1, labels=["bug", "data-infra"])
    stage.hook(stage.github.event(1, "unlabeled"))
    issue.refresh_from_db()
    assert issue.rank is Priority.P2
    assert "issue.label_gone" in stage.verbs(issue)
    stage.world.tick()
    assert stage.take_delivered() == []


def test_an_issue_made_there_with_our_labels_is_on_the_one_list(stage):
    stage.github.make("Serving layer is late", labels=("Bug", "data-infra", "P3", "serving"), author="imani")
    stage.hook(stage.github.event(1, "opened", by="imani"))
    issue = Issue.objects.get()
    assert (issue.title, issue.rank, issue.areas) == ("Serving layer is late", Priority.P3, ["serving"])
    assert issue.opened_by_name == "imani in GitHub"
    assert issue.owner == stage.trio.ana
    stage.world.tick()
    stage.world.expect("email", "Ana", kind="mail")
    stage.github.make("Not ours", labels=("bug",))
    assert stage.hook(stage.github.event(2, "opened")).json() == {"result": "ignored"}


def test_a_deleted_issue_stays_here_and_can_be_made_again(stage):
    issue = stage.make()
    stage.world.now += timedelta(minutes=1)
    stage.hook(stage.github.event(1, "deleted", by="dana"))
    issue.mirror.refresh_from_db()
    assert issue.mirror.gone_at == stage.world.now
    assert issue.mirror.out_why == "deleted there by dana"
    assert Issue.objects.get().is_open
    mirroring.make_again(issue.pk, by=as_actor(stage.trio.ana), now=stage.world.now)
    stage.world.tick()
    issue.mirror.refresh_from_db()
    assert (issue.mirror.number, issue.mirror.is_in_sync) == (2, True)
    with pytest.raises(IssueRefused, match="still in the tracker"):
        mirroring.make_again(issue.pk, by=as_actor(stage.trio.ana), now=stage.world.now)
    stage.take_delivered()


def test_a_transferred_issue_is_followed(stage):
    issue = stage.make()
    stage.take_delivered()
    moved = {**stage.there().as_json("nubank/other"), "number": 77}
    changes = {"new_issue": moved, "new_repository": {"full_name": "nubank/other"}}
    stage.hook(stage.github.event(1, "transferred", changes=changes))
    issue.mirror.refresh_from_db()
    assert str(issue.mirror) == "nubank/other#77"


def test_forty_thousand_characters_are_kept_and_sent_whole(stage):
    text = "línea ñ\r\n" * 4_000 + "e" * 4_000
    issue = stage.make(text=text)
    stage.take_delivered()
    assert len(issue.text) == 36_000 - 4_000 + 4_000
    assert stage.there().body.startswith("línea ñ\nlínea")
    stage.world.now += timedelta(minutes=1)
    stage.github.change(1, title="New")
    stage.hook(stage.github.event(1, "edited"))
    again = Issue.objects.get()
    assert (again.title, again.text) == ("New", issue.text)
    with pytest.raises(IssueRefused, match="at most 60000"):
        stage.make(text="x" * 60_001)


def test_a_call_that_comes_as_a_form_is_read_too(stage):
    import json
    from urllib.parse import urlencode

    issue = stage.make()
    stage.take_delivered()
    stage.world.now += timedelta(minutes=1)
    stage.github.change(1, title="By form")
    raw = urlencode({"payload": json.dumps(stage.github.event(1, "edited"))}).encode()
    assert stage.hook(raw, content_type="application/x-www-form-urlencoded").json() == {"result": "taken"}
    issue.refresh_from_db()
    assert issue.title == "By form"


@pytest.mark.parametrize("raw", [b"", b"[]", b"x" * 1000, b"\xff\xfe", b"[" * 100_000, b'{"issue":'])
def test_a_signed_call_that_is_no_event_is_refused_in_words(stage, raw):
    answer = stage.hook(raw)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_body")


@pytest.mark.parametrize(
    "event",
    [
        {"issue": {"number": 1}, "repository": {"full_name": "nubank/itaipu"}},
        {"issue": {"number": "1", "title": 3}, "repository": "x", "sender": []},
        {"action": "transferred", "issue": None, "changes": 1},
        {"issue": {"number": 1, "title": "x", "created_at": "yesterday", "updated_at": "2026-11-24"}},
    ],
)
def test_an_event_with_parts_of_the_wrong_kind_is_ignored(stage, event):
    assert stage.hook(event).json() == {"result": "ignored"}


def test_calls_are_forgotten_after_thirty_days(stage):
    stage.hook({"zen": "x"}, kind="ping")
    assert arriving.forget_old(stage.world.now + timedelta(days=29)) == 0
    assert arriving.forget_old(stage.world.now + timedelta(days=31)) == 1
    assert Delivery.objects.count() == 0


def test_odd_characters_from_there_are_made_storable(stage):
    stage.github.make("a\u0000b\u202e", labels=("bug", "data-infra", "x\u0000y"))
    event = stage.github.event(1, "opened")
    event["issue"]["body"] = "nul \u0000 and lone"
    stage.hook(event)
    assert "\u0000" not in Issue.objects.get().title + Issue.objects.get().text
