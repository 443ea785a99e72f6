"""Asking GitHub what changed: cheap when nothing did, patient with its limits, and nothing is lost."""

from datetime import timedelta

import pytest

from hausmeister.base.far_side import Reply, json_reply
from hausmeister.base.priority import Priority
from hausmeister.issues.models import Feed, Issue
from hausmeister.issues.operations import mirroring, working
from hausmeister.team.operations import as_actor


def settled(stage):
    """Return the feed once its first two looks are over."""
    stage.ask()
    stage.ask()
    feed = Feed.objects.get()
    assert feed.next_at > stage.world.now
    return feed


def later(stage, **length):
    stage.world.now += timedelta(**length)
    return stage.ask()


def test_what_was_there_before_is_read_first_and_changes_after_that(stage):
    stage.github.make("Ours", labels=("bug", "data-infra", "P1"))
    stage.github.make("Not ours", labels=("bug",))
    settled(stage)
    assert [(one.title, one.rank) for one in Issue.objects.all()] == [("Ours", Priority.P1)]
    stage.world.now += timedelta(minutes=5)
    stage.github.change(1, title="Ours, renamed")
    assert later(stage, seconds=1) == 1
    assert Issue.objects.get().title == "Ours, renamed"


def test_a_look_that_finds_nothing_new_costs_nothing(stage):
    stage.make()
    stage.take_delivered()
    settled(stage)
    later(stage, minutes=2)
    before = stage.github.not_modified
    for _ in range(5):
        later(stage, minutes=2)
    assert stage.github.not_modified == before + 5


def test_many_changes_are_read_page_by_page(stage):
    stage.github.page = 2
    settled(stage)
    for place in range(7):
        stage.world.now += timedelta(seconds=1)
        stage.github.make(f"Fault {place}")
    later(stage, minutes=2)
    assert Issue.objects.count() == 7


@pytest.mark.parametrize(
    ("reply", "wait_s", "said"),
    [
        (Reply(503, b""), 60, "GitHub answered 503"),
        (Reply(403, b"{}", (("Retry-After", "300"),)), 300, "GitHub says: secondary rate limit"),
        (Reply(429, b"{}"), 60, "GitHub says: rate limit"),
        (json_reply(403, {"message": "You have exceeded a secondary rate limit"}), 60, "GitHub says: rate limit"),
        (json_reply(401, {"message": "Bad credentials"}), 60, "GitHub says 401: it does not know our token"),
        (Reply(200, b"<html>"), 60, "not as GitHub does"),
    ],
)
def test_a_no_is_shown_and_waited_out(stage, reply, wait_s, said):
    settled(stage)
    stage.github.play(reply)
    later(stage, minutes=2)
    feed = Feed.objects.get()
    assert said in feed.failing_why
    assert feed.failing_since == stage.world.now
    assert feed.next_at == stage.world.now + timedelta(seconds=wait_s)
    assert later(stage, seconds=wait_s - 5) == 0
    later(stage, seconds=10)
    assert Feed.objects.get().failing_why == ""


def test_the_hourly_limit_is_waited_out_to_the_second(stage):
    settled(stage)
    stage.world.now += timedelta(minutes=2)
    reset = stage.world.now + timedelta(minutes=20)
    headers = (("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", str(int(reset.timestamp()))))
    stage.github.play(Reply(403, b"{}", headers))
    stage.ask()
    assert Feed.objects.get().next_at == reset


def test_each_failure_waits_longer_up_to_half_an_hour(stage):
    settled(stage)
    waits = []
    for _ in range(7):
        stage.github.fail(502)
        stage.world.now = Feed.objects.get().next_at
        stage.ask()
        waits.append(int((Feed.objects.get().next_at - stage.world.now).total_seconds() / 60))
    assert waits == [1, 2, 4, 8, 16, 30, 30]


def test_a_revoked_token_loses_nothing_and_doubles_nothing(stage):
    issue = stage.make()
    stage.take_delivered()
    stage.github.token = "ghp_another"
    stage.world.now += timedelta(minutes=1)
    by = as_actor(stage.trio.ana)
    working.set_priority(issue.pk, Priority.P1, by=by, person=stage.trio.ana, now=stage.world.now, why="rare")
    stage.world.tick()
    issue.mirror.refresh_from_db()
    assert issue.mirror.out_since == stage.world.now
    assert issue.mirror.out_why.startswith("GitHub says 401")
    for _ in range(3):
        stage.world.go(minutes=11)
    stage.github.token = "ghp_local"
    for _ in range(2):
        stage.world.go(minutes=11)
    issue.mirror.refresh_from_db()
    assert issue.mirror.is_in_sync
    assert stage.there().labels == ["bug", "data-infra", "P1"]
    assert len(stage.take_delivered()) == 1
    told = stage.verbs(issue)
    assert told.count("issue.out_of_step") == 1


def test_a_deleted_issue_is_noticed_when_we_write_to_it(stage):
    issue = stage.make()
    stage.take_delivered()
    stage.there().is_deleted = True
    stage.world.now += timedelta(minutes=1)
    working.close(issue.pk, reason="mended", by=as_actor(stage.trio.ana), now=stage.world.now)
    stage.world.tick()
    issue.mirror.refresh_from_db()
    assert issue.mirror.gone_at is not None
    stage.world.go(minutes=30)
    assert stage.take_delivered() == []


def test_issues_from_before_the_tracker_are_made_there_once_it_is_set_up(stage, settings):
    settings.HAUSMEISTER_TRACKERS = ()
    issue = stage.make()
    assert issue.known_mirror is None
    settings.HAUSMEISTER_TRACKERS = ("github",)
    assert mirroring.resend(stage.world.now) == 1
    assert mirroring.resend(stage.world.now) == 0
    stage.world.tick()
    assert len(stage.take_delivered()) == 1


def test_a_link_to_another_host_does_not_get_our_token(stage):
    settled(stage)
    body = json_reply(
        200, [], ("Link", f'<http://evil.example/repos/{stage.github.repository}/issues?page=2>; rel="next"')
    )
    stage.github.play(body)
    later(stage, minutes=2)
    assert Feed.objects.get().failing_why == ""
    assert all("authorization" in one.headers for one in stage.github.seen)


def test_two_tales_of_the_same_second_are_settled_by_asking(stage):
    issue = stage.make()
    stage.take_delivered()
    settled(stage)
    stage.world.now += timedelta(minutes=2)
    stage.github.change(1, title="First")
    first = stage.github.event(1, "edited")
    stage.github.change(1, title="Second")
    second = stage.github.event(1, "edited")
    stage.hook(second)
    stage.hook(first)
    issue.refresh_from_db()
    assert issue.title == "Second"
    stage.ask()
    issue.refresh_from_db()
    assert issue.title == "Second"


def test_a_note_may_be_a_comment_there_once_and_does_not_come_back(stage):
    issue = stage.make()
    stage.take_delivered()
    by = as_actor(stage.trio.ana)
    stage.github.reset(takes=True)
    working.note(issue.pk, text="Seen on s1.", by=by, now=stage.world.now, there_too=True)
    stage.world.go(minutes=1)
    (comment,) = stage.there().comments
    assert comment.startswith("Seen on s1.\n\n_Ana, in Hausmeister_")
    event = stage.github.event(1, "created", by="hausmeister-bot", comment={"body": comment})
    assert stage.hook(event, kind="issue_comment").json() == {"result": "ignored"}
    assert stage.verbs(issue).count("issue.noted") == 1
    stage.take_delivered()


def test_a_comment_is_kept_until_the_token_is_good_again(stage):
    issue = stage.make()
    stage.take_delivered()
    stage.github.token = "ghp_another"
    working.note(issue.pk, text="x", by=as_actor(stage.trio.ana), now=stage.world.now, there_too=True)
    stage.world.go(minutes=15)
    stage.github.token = "ghp_local"
    stage.world.go(minutes=15)
    assert len(stage.there().comments) == 1
    stage.take_delivered()


def test_what_was_changed_while_the_tracker_was_not_set_up_goes_there_later(stage, settings):
    issue = stage.make()
    stage.take_delivered()
    sender = stage.world.engine._dispatcher._senders.pop("github")
    stage.world.now += timedelta(minutes=1)
    by = as_actor(stage.trio.ana)
    working.set_priority(issue.pk, Priority.P1, by=by, person=stage.trio.ana, now=stage.world.now, why="rare")
    stage.world.go(minutes=1)
    settings.HAUSMEISTER_TRACKERS = ()
    working.close(issue.pk, reason="mended", by=by, now=stage.world.now)
    stage.world.go(minutes=30)
    settings.HAUSMEISTER_TRACKERS = ("github",)
    stage.world.engine._dispatcher._senders["github"] = sender
    stage.world.go(minutes=11)
    stage.world.go(minutes=11)
    assert (stage.there().labels[-1], stage.there().state) == ("P1", "closed")
    assert len(stage.take_delivered()) == 1


def test_each_of_many_that_are_refused_has_its_turn(stage):
    ids = list(range(45))
    turns = [mirroring._in_turn(ids, now=stage.world.now + timedelta(minutes=10 * place)) for place in range(3)]
    assert {one for turn in turns for one in turn} == set(ids)
    assert mirroring._in_turn([], now=stage.world.now) == []
