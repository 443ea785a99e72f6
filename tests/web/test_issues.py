"""Issues on the screen: the board, making one, how bad it is, whose it is, and what goes wrong on the way."""

from datetime import timedelta

import pytest

from hausmeister.base.priority import Priority
from hausmeister.issues.models import Emergency, Feed, Issue, Mirror
from hausmeister.issues.operations import working
from hausmeister.issues.operations.working import Wish
from hausmeister.journal import queries as journal
from hausmeister.team.operations import as_actor
from hausmeister.team.rules import Capability
from hausmeister.web.changes import Watch
from tests import builders
from tests.web.visitors import browser, queries_of


def text_of(client, path="/issues"):
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return " ".join(answer.content.decode().split())


def make(world, trio, title="Commit service retries", priority=Priority.P2, **more):
    more.setdefault("why", "it wakes us" if priority <= Priority.P2 else "")
    wish = Wish(title=title, text=more.pop("text", ""), priority=priority, **more)
    return working.open_issue(trio.team, wish, by=as_actor(trio.ana), person=trio.ana, now=world.now)


GIVEN = {
    "title": "Commit service retries", "text": "For ever.", "priority": "P2", "why": "it wakes us", "bites_back": "yes",
    "areas": "commits, kafka", "owner": "", "key": "k1", "about": "",
}  # fmt: skip


def test_the_board_shows_every_open_issue_under_its_priority(world, trio):
    make(world, trio, "Old fault", Priority.P1)
    make(world, trio, "Contracts are late", Priority.P3, owner=trio.bruno)
    world.now += timedelta(days=11)
    make(world, trio, "Slow check", Priority.P2, bites_back=True)
    closed = make(world, trio, "Over", Priority.P2)
    working.close(closed.pk, reason="mended", by=as_actor(trio.ana), now=world.now)
    text = text_of(browser(trio.ana))
    assert text.index("Contracts are late") < text.index("Slow check") < text.index("Old fault")
    assert "Over" not in text.split("board")[1]
    assert "11 days" in text
    assert "Why: it wakes us" in text
    assert "comes back to bite" in text
    assert "Stop everything and pull other people in." in text
    assert "Over" in text_of(browser(trio.ana), "/issues?show=closed")
    assert "Contracts are late" in text_of(browser(trio.bruno), "/issues?owner=me")
    world.forget()
    world.tick()
    world.forget()


def test_an_empty_board_says_so(world, trio):
    text = text_of(browser(trio.ana))
    assert "Nothing stops everything." in text
    assert "No issue has been closed yet." in text_of(browser(trio.ana), "/issues?show=closed")


def test_making_one_with_everything(world, trio):
    client = browser(trio.ana)
    page = world.fire("Disk full")
    form = text_of(client, f"/issues/new?about=page:{page.pk}")
    assert "ask the Backstop, Bruno" in form
    assert "invalid datasets are being built" in form
    answer = client.post("/issues/new", {**GIVEN, "team": trio.team.pk, "about": f"page:{page.pk}"})
    issue = Issue.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == f"/issues/{issue.pk}"
    assert (issue.rank, issue.areas, issue.bites_back) == (Priority.P2, ["commits", "kafka"], True)
    shown = text_of(client, f"/issues/{issue.pk}")
    assert f'href="/pages/{page.pk}"' in shown
    assert "Ana</b> made it: P2 medium" in shown
    # pressing twice is one issue
    client.post("/issues/new", {**GIVEN, "team": trio.team.pk, "all_the_same": "yes"})
    assert Issue.objects.count() == 1
    world.tick()
    world.forget()


def test_what_may_be_the_same_is_shown_before_another_is_made(world, trio):
    first = make(world, trio, "The commit service retries for ever")
    client = browser(trio.ana)
    given = {**GIVEN, "team": trio.team.pk}
    answer = client.post("/issues/new", given)
    assert answer.status_code == 200
    text = " ".join(answer.content.decode().split())
    assert f'href="/issues/{first.pk}"' in text
    assert "Make it all the same" in text
    assert Issue.objects.count() == 1
    assert client.post("/issues/new", {**given, "all_the_same": "yes"}).status_code == 303
    assert Issue.objects.count() == 2
    assert "Perhaps the same" in text_of(client, "/issues/similar?title=commit+service+retrying")
    assert "Perhaps the same" not in text_of(client, "/issues/similar?title=Unrelated")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"title": " "}, "This field is required"),
        ({"title": "x" * 201}, "at most 200 characters"),
        ({"why": ""}, "say why it is worth doing"),
        ({"priority": "P5"}, "Select a valid choice"),
        ({"text": "x" * 60_001}, "at most 60000 characters"),
        ({"owner": "999999"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_stored_is_said_at_its_field_and_kept_as_typed(world, trio, changed, said):
    answer = browser(trio.ana).post("/issues/new", {**GIVEN, "team": trio.team.pk, **changed})
    assert answer.status_code == 422
    assert said in " ".join(answer.content.decode().split())
    assert Issue.objects.count() == 0


def test_the_backlog_asks_why_and_two_people_at_once_are_told(world, trio):
    issue = make(world, trio, priority=Priority.P3)
    world.forget()
    client = browser(trio.ana)
    address = f"/issues/{issue.pk}/priority"
    assert "Such as: a disk at 80 %" in text_of(client, address + "?to=P2")
    answer = client.post(address, {"to": "P2", "seen": "P3"})
    assert answer.status_code == 422
    assert client.post(address, {"to": "P2", "why": "rare", "seen": "P3"}).status_code == 303
    late = client.post(address, {"to": "P1", "why": "rare", "seen": "P3"})
    assert late.status_code == 422
    assert "Somebody set it to P2 medium a moment before you" in late.content.decode()
    issue.refresh_from_db()
    assert issue.rank is Priority.P2
    # taking it back says in the address where to
    assert client.post(address + "?to=P3", {"next": "/issues"})["Location"] == "/issues"
    issue.refresh_from_db()
    assert issue.rank is Priority.P3
    assert "it was P3 high" in text_of(client, f"/issues/{issue.pk}")


def test_taking_handing_over_noting_editing_closing_and_opening_again(world, trio):
    issue = make(world, trio, priority=Priority.P2)
    client = browser(trio.ana)
    address = f"/issues/{issue.pk}"
    client.post(f"{address}/take")
    assert client.post(f"{address}/hand-over", {"to": trio.bruno.pk, "note": " "}).status_code == 422
    client.post(f"{address}/hand-over", {"to": trio.bruno.pk, "note": "Seen on s1; look at the lag first."})
    client.post(f"{address}/note", {"text": "Lag is back."})
    version = Issue.objects.get().version
    edited = {
        "title": "Retries for ever",
        "text": "x",
        "why": "y",
        "bites_back": "no",
        "areas": "a",
        "version": version,
    }
    assert client.post(f"{address}/edit", edited).status_code == 303
    assert client.post(f"{address}/edit", {**edited, "title": "Other"}).status_code == 422
    client.post(f"{address}/close", {"reason": "mended"})
    client.post(f"{address}/close", {"reason": "again"})
    text = text_of(client, address)
    assert "Closed" in text
    assert "This issue is closed; open it again first." in text
    assert "Look at" not in text
    assert "Seen on s1; look at the lag first." in text
    client.post(f"{address}/reopen")
    issue.refresh_from_db()
    assert (issue.owner, issue.title, issue.is_open, issue.bites_back) == (trio.bruno, "Retries for ever", True, False)
    world.tick()
    assert "Lag" not in world.expect("email", "Bruno", kind="mail").parcel.facts["subject"]


def test_linking_to_a_page_by_its_number(world, trio):
    issue, page = make(world, trio), world.fire("Disk full")
    client = browser(trio.ana)
    client.post(f"/issues/{issue.pk}/link", {"page": f"#{page.pk}"})
    assert [link.subject for link in issue.links.all()] == [f"page:{page.pk}"]
    assert f'<a href="/issues/{issue.pk}">Commit service retries</a>' in text_of(client, f"/pages/{page.pk}")
    client.post(f"/issues/{issue.pk}/link", {"page": "99999999999999999999999"})
    assert "There is no such page" in text_of(client, f"/issues/{issue.pk}")
    world.tick()
    world.forget()


def test_a_p4_says_whom_it_pages_before_it_does(world, trio):
    issue = make(world, trio)
    client = browser(trio.ana)
    assert "This pages Ana now" in text_of(client, f"/issues/{issue.pk}/priority?to=P4")
    client.post(f"/issues/{issue.pk}/priority", {"to": "P4", "seen": "P2"})
    assert Emergency.objects.get().issue_id == issue.pk
    world.tick()
    world.expect("email", "Ana", kind="page")
    world.expect("email", "Bruno", "Help wanted", kind="page")
    text = text_of(browser(trio.bruno), f"/issues/{issue.pk}")
    assert "I come" in text
    assert "Asked to come" in text
    browser(trio.bruno).post(f"/issues/{issue.pk}/come")
    assert "Bruno</b> comes to help" in text_of(client, f"/issues/{issue.pk}")
    assert "Bruno</b> has come to help." in text_of(client, f"/issues/{issue.pk}")
    assert "Ana + Bruno" in text_of(client)


def test_what_stands_in_the_way_of_the_tracker_is_shown(world, trio, settings):
    settings.HAUSMEISTER_TRACKERS = ("github",)
    issue = make(world, trio)
    Mirror.objects.filter(issue=issue).update(
        out_since=world.now, out_why="GitHub says 401: it does not know our token"
    )
    Feed.objects.create(
        tracker="github",
        repository="nubank/itaipu",
        next_at=world.now,
        failing_since=world.now,
        failing_why="GitHub says: x.",
    )
    text = text_of(browser(trio.ana))
    assert "03:00</time>: GitHub says 401" in text
    assert "nubank/itaipu is not read since" in text
    assert "is%3Aopen%20is%3Aissue%20label%3A%22bug%22" in text
    assert "Not in sync since" in text_of(browser(trio.ana), f"/issues/{issue.pk}")
    world.engine._dispatcher._senders.pop("github", None)
    world.tick()


def test_another_team_s_issues_do_not_exist_for_me(world, trio):
    other = builders.trio(slug="streaming")
    issue = make(world, other)
    client = browser(trio.ana)
    assert client.get(f"/issues/{issue.pk}").status_code == 404
    assert client.post(f"/issues/{issue.pk}/take").status_code == 404
    assert "Commit service" not in text_of(client)


def test_a_board_of_two_hundred_stays_within_its_budget(world, trio):
    for place in range(50):
        for priority in (Priority.P1, Priority.P2):
            make(world, trio, f"Fault {place} of {priority.name}", priority)
    client = browser(trio.ana)
    assert len(queries_of(client, "/issues")) <= 15
    assert "The oldest 25 of 50." in text_of(client)
    assert len(client.get("/issues").content) < 320_000


def test_odd_words_are_shown_as_words(world, trio):
    odd = '<script>alert(1)</script> & {{ x }} {% now "Y" %}'
    issue = make(world, trio, odd, text=odd, areas=(odd,))
    working.note(issue.pk, text=odd, by=as_actor(trio.ana), now=world.now)
    for path in ("/issues", f"/issues/{issue.pk}", f"/issues/{issue.pk}/edit", f"/issues/{issue.pk}/priority"):
        text = text_of(browser(trio.ana), path)
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text
    assert journal.timeline(issue.subject)


def test_whoever_looks_at_an_issue_hears_of_its_changes_and_of_no_other_s(world, trio):
    watch = Watch()
    issue, other = make(world, trio), make(world, trio, "Another")
    working.note(issue.pk, text="x", by=as_actor(trio.ana), now=world.now)
    newest = journal.timeline(issue.subject)[0].pk
    told = {one.line: one for one in watch.changes(now_s=0.0) or []}
    assert f"issue {issue.pk} v{newest}" in told
    assert f"issue {other.pk} v{journal.timeline(other.subject)[0].pk}" in told
    assert told[f"issues {trio.team.pk}"].capability is Capability.SEE_ISSUES
    assert f'data-live-on="issue:{issue.pk}" data-version="{newest}"' in text_of(
        browser(trio.ana), f"/issues/{issue.pk}"
    )
