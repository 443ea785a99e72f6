"""A P3 has an owner who works on it; when nothing happens they are asked, then the backstop (H11)."""

from datetime import timedelta

import pytest

from hausmeister.base.priority import Priority
from hausmeister.issues.models import Issue
from hausmeister.issues.operations import working
from hausmeister.issues.operations.storing import IssueRefused
from hausmeister.issues.operations.working import Wish
from hausmeister.team.operations import as_actor
from hausmeister.team.policy import reading
from tests import builders
from tests.harness import at


def make(world, trio, priority=Priority.P3, **more):
    wish = Wish("Contracts are late", "", priority, **more)
    return working.open_issue(trio.team, wish, by=as_actor(trio.ana), person=trio.ana, now=world.now)


def test_the_hausmeister_has_a_p3_that_nobody_is_named_for(world, trio):
    world.now = at("2026-11-24 10:00")
    assert make(world, trio).owner == trio.ana
    world.tick()


def test_outside_the_hausmeister_s_duty_a_p3_waits_for_them_without_an_owner(world, trio):
    world.now = at("2026-11-28 12:00")
    issue = make(world, trio)
    assert issue.owner is None
    # four hours of working time after Saturday noon
    assert issue.nag_at == at("2026-11-30 12:00")
    world.tick()


def test_the_owner_is_asked_after_four_hours_of_work_then_the_backstop_then_nobody(world, trio):
    world.now = at("2026-11-24 16:00")
    issue = make(world, trio)
    world.go_to(at("2026-11-25 10:59"))
    world.expect_none()
    world.go_to(at("2026-11-25 11:01"))
    letter = world.expect("email", "Ana", kind="mail")
    assert letter.parcel.facts["subject"] == f"Still worked on? Contracts are late (issue {issue.pk}, P3 high)"
    assert "nothing has happened for 4 h of working time" in letter.parcel.facts["text"]
    world.go_to(at("2026-11-25 15:01"))
    second = world.expect("email", "Bruno", kind="mail")
    assert "Ana was asked before you." in second.parcel.facts["text"]
    world.go_to(at("2026-11-27 15:00"))
    world.expect_none()
    assert Issue.objects.get().nags == 2


def test_a_note_is_a_sign_of_work_and_the_clock_starts_anew(world, trio):
    world.now = at("2026-11-24 09:00")
    issue = make(world, trio)
    world.go_to(at("2026-11-24 12:30"))
    working.note(issue.pk, text="Looking at the lag.", by=as_actor(trio.ana), now=world.now)
    world.go_to(at("2026-11-24 16:29"))
    world.expect_none()
    world.go_to(at("2026-11-24 16:31"))
    world.expect("email", "Ana", kind="mail")
    working.set_priority(issue.pk, Priority.P2, by=as_actor(trio.ana), person=trio.ana, now=world.now, why="can wait")
    world.go(days=5)
    world.expect_none()


def test_handing_over_needs_words_and_a_responder_and_tells_them(world, trio):
    issue = make(world, trio)
    by = as_actor(trio.ana)
    with pytest.raises(IssueRefused, match="Say what is known so far"):
        working.hand_over(issue.pk, trio.bruno, note=" \n", by=by, now=world.now)
    stranger = builders.person("Zoe")
    with pytest.raises(IssueRefused, match="no responder"):
        working.hand_over(issue.pk, stranger, note="x", by=by, now=world.now)
    working.hand_over(issue.pk, trio.bruno, note="Seen on s1 first.", by=by, now=world.now)
    world.tick()
    text = world.expect("email", "Bruno", kind="mail").parcel.facts["text"]
    assert "Seen on s1 first." in text
    assert f"/issues/{issue.pk}" in text


def test_another_idle_time_is_the_policy_s(world, trio):
    builders.policy_with(trio.team, ('p3_idle = "4h"', 'p3_idle = "30m"'))
    world.now = at("2026-11-24 09:00")
    assert make(world, trio).nag_at == world.now + timedelta(minutes=30)


def test_a_policy_from_before_issues_keeps_working(world, trio):
    text = reading.DEFAULT_FILE.read_text(encoding="utf-8")
    start = text.index("[issues]")
    kind = next(line for line in text.splitlines(keepends=True) if line.startswith('kind = "github"'))
    pairs = ((text[start : text.index("[alerts]", start)], ""), (kind, ""))
    builders.policy_with(trio.team, *pairs)
    assert make(world, trio).owner == trio.ana
