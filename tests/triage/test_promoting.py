"""An item becomes a service issue: once, with its number in the thread; where nobody keeps issues it is not offered."""

from collections.abc import Iterator

import pytest
from django.test import Client

from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import harmless
from hausmeister.team.rules import Scope
from hausmeister.triage import operations as triage
from hausmeister.triage.operations import promoting
from hausmeister.triage.operations.acting import NotPossible
from hausmeister.triage.rules.states import State
from tests import builders
from tests.triage.talk import BACKFILL, only_item


class Kept:
    """Keeps issues in a list."""

    def __init__(self) -> None:
        self.made: list[tuple[str, Priority, str, str]] = []

    def make(self, item, wish, *, by, now):
        if wish.priority < Priority.P3 and not wish.why:
            raise NotPossible("A backlog issue needs a why.")
        self.made.append((item.title, wish.priority, wish.why, by.name))
        return 411 + len(self.made)


@pytest.fixture
def kept() -> Iterator[Kept]:
    one = Kept()
    promoting.use(one)
    yield one
    promoting.use(None)


def test_an_item_ends_with_the_number_of_its_issue_and_the_thread_is_told(day, team, talk, kept):
    talk.say(BACKFILL)
    item = triage.promote(only_item().pk, team.ana, day.now, priority=Priority.P3)
    assert (item.state, item.reason, item.issue, item.due_at) == (State.CLOSED, "it is issue 412 now", 412, None)
    assert kept.made == [(BACKFILL, Priority.P3, "", "Ana")]
    with pytest.raises(triage.ItemIsClosed):
        triage.promote(item.pk, team.bruno, day.now, priority=Priority.P3)
    with pytest.raises(NotPossible):
        triage.undo(item.pk, team.ana, day.now)
    day.go(minutes=1)
    talk.expect("Closed by Ana: it is issue 412 now.")


def test_what_the_issues_refuse_changes_nothing(day, team, talk, kept):
    talk.say(BACKFILL)
    caller = builders.caller(team.team, Scope.ALL, person=team.ana)
    refused = caller.post(f"/triage/{only_item().pk}/issue", {"priority": "P2"})
    assert (refused.status_code, refused.json()["message"]) == (409, "A backlog issue needs a why.")
    assert only_item().state == State.OPEN
    made = caller.post(f"/triage/{only_item().pk}/issue", {"priority": "P2", "why": "asked every month"})
    assert (made.json()["issue"], made.json()["priority"]) == (412, "P2")
    day.go(minutes=1)
    day.forget()


def test_the_screen_offers_it_only_where_issues_are_kept(day, team, talk, kept):
    talk.say(BACKFILL)
    path = f"/triage/{only_item().pk}"
    ana = Client()
    ana.force_login(team.ana, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "Make an issue of it" in ana.get(path).content.decode()
    promoting.use(None)
    assert "Make an issue of it" not in ana.get(path).content.decode()
    assert "Nobody keeps issues" in ana.post(f"{path}/promote", {"priority": "P3"}, follow=True).content.decode()
    promoting.use(kept)
    assert "needs a priority" in ana.post(f"{path}/promote", {}, follow=True).content.decode()
    ana.post(f"{path}/promote", {"priority": "P4"})
    assert "made issue 412 of it" in ana.get(path).content.decode()
    day.go(minutes=1)
    day.forget()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("thanks @everyone and @octo/cat", "thanks @\u200beveryone and @\u200bocto/cat"),
        ("<img src=x> <!-- hausmeister:a -->", "&lt;img src=x> &lt;!-- hausmeister:a -->"),
        ("at 5 @ noon", "at 5 @ noon"),
    ],
)
def test_what_an_outsider_said_calls_nobody_in_the_tracker_and_is_no_markup(said, shown):
    assert harmless(said) == shown
