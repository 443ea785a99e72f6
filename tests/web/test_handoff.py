"""The hand-off's screens: accept, write, archive, the report; each with what goes wrong where it went wrong."""

from datetime import timedelta

import pytest

from hausmeister.base.priority import Priority
from hausmeister.handoff.models import Handoff, HandoffItem, Report
from hausmeister.handoff.operations import editing, watching
from hausmeister.issues.operations import working
from hausmeister.issues.operations.working import Wish
from hausmeister.rota.models import Shift
from hausmeister.team.operations import as_actor
from tests import builders
from tests.harness import at
from tests.web.visitors import browser, queries_of

FRIDAY = at("2026-11-27 16:00")


@pytest.fixture
def handoff(world, trio):
    """The draft of Friday: Ana to Bruno, Carla behind; one issue, a page, a question's worth of nothing."""
    builders.on_duty(trio.team, primary=trio.ana, backstop=trio.carla)
    Shift.objects.filter(team=trio.team, post="primary", duty="weekend").update(person=trio.bruno)
    world.now = FRIDAY - timedelta(hours=2)
    watching.look(trio.team.pk, now=world.now)
    for title, priority in (("Commit retries", Priority.P3), ("Riemann leaks", Priority.P3), ("Rename", Priority.P2)):
        wish = Wish(title, "", priority, owner=trio.ana, why="it comes back", bites_back=True)
        working.open_issue(trio.team, wish, by=as_actor(trio.ana), person=trio.ana, now=world.now)
    return later(world, trio, -60)


def later(world, trio, minutes):
    world.now = FRIDAY + timedelta(minutes=minutes)
    watching.look(trio.team.pk, now=world.now)
    world.tick()
    world.forget()
    return Handoff.objects.get(at=FRIDAY)


def shown(client, path, **more):
    answer = client.get(path, **more)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def said(client, path, **form):
    answer = client.post(path, form, follow=True)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_the_screen_says_from_whom_to_whom_and_offers_to_accept_only_to_who_may(world, trio, handoff):
    text = shown(browser(trio.bruno), "/handoff")
    assert "Ana → Bruno" in text
    assert "Accept: I have it" in text
    assert "draft, not accepted yet" in text
    assert "Commit retries" in text
    assert "Next step: not said" in text
    mine = shown(browser(trio.ana), "/handoff")
    assert "Accept" not in mine.partition("<main")[2].partition("Not accepted in time")[0].replace("accepted", "")
    assert "What Bruno should know" in mine
    assert "Accept in place of Bruno" in shown(browser(trio.carla), "/handoff")


def test_before_the_first_one_it_says_when_the_draft_is_written_and_writes_it_when_asked(world, trio):
    builders.on_duty(trio.team, primary=trio.ana, backstop=trio.carla)
    Shift.objects.filter(team=trio.team, post="primary", duty="weekend").update(person=trio.bruno)
    client = browser(trio.ana)
    text = shown(client, "/handoff")
    assert "There has been no hand-off yet." in text
    assert "Ana → Bruno" in text
    assert "Written, and sent to both." in said(client, "/handoff/write")
    assert Handoff.objects.get().at == FRIDAY
    # the hour before is as it always is: the draft that is there is brought up to date, and sent to nobody again
    watching.look(trio.team.pk, now=FRIDAY - timedelta(minutes=60))
    assert Handoff.objects.count() == 1
    world.tick()
    world.forget()


def test_one_by_one_and_all_at_once_and_twice_is_once(world, trio, handoff):
    client = browser(trio.bruno)
    first = HandoffItem.objects.get(title="Commit retries")
    assert "Accepted 1 thing." in said(client, f"/handoff/{handoff.pk}/accept", item=first.pk)
    for _twice in range(2):
        assert "Accepted: you have it." in said(client, f"/handoff/{handoff.pk}/accept")
    assert "a moment before you" in said(browser(trio.carla), f"/handoff/{handoff.pk}/accept")
    assert "Bruno accepted" in shown(client, "/handoff")
    assert "not there any more" in said(client, f"/handoff/{handoff.pk}/accept", item=99_999)


def test_who_has_no_part_in_it_is_told_whose_it_is(world, trio, handoff):
    text = said(browser(trio.ana), f"/handoff/{handoff.pk}/accept")
    assert "This goes to Bruno" in text


def test_notes_are_kept_and_two_who_write_at_once_lose_nothing(world, trio, handoff):
    client, row = browser(trio.ana), HandoffItem.objects.get(title="Commit retries")
    form = {"next_step": "wait for #812", "note": "the <retry> loops", "seen": "0", "asks_stays": "yes", "stays": "yes"}
    text = said(client, f"/handoff/items/{row.pk}", **form)
    assert "wait for #812" in text
    assert "the &lt;retry&gt; loops" in text
    assert "stays with Ana" in text
    assert "a moment before you" in said(browser(trio.carla), f"/handoff/items/{row.pk}", next_step="x", seen="0")
    assert "The office is closed." in said(
        client, f"/handoff/{handoff.pk}/note", text="The office is closed.", seen="0"
    )
    assert "a moment before you" in said(client, f"/handoff/{handoff.pk}/note", text="No.", seen="0")
    assert "at most" in said(client, f"/handoff/{handoff.pk}/note", text="x" * 9_000, seen="1")
    handoff.refresh_from_db()
    assert handoff.note == "The office is closed."


def test_not_accepted_in_time_stands_on_now_for_everybody_and_on_the_screen(world, trio, handoff):
    assert "hands Data Infra over to you" in shown(browser(trio.bruno), "/")
    assert "/handoff/" not in shown(browser(trio.ana), "/").partition("<main")[2]
    later(world, trio, 0)
    assert "have not accepted what is open" in shown(browser(trio.bruno), "/")
    later(world, trio, 31)
    assert "Bruno has the duty of Data Infra since" in shown(browser(trio.ana), "/")
    text = shown(browser(trio.carla), "/handoff")
    assert "not accepted, the backstop is told" in text
    assert "Accept in place of Bruno" in text
    said(browser(trio.carla), f"/handoff/{handoff.pk}/accept")
    assert "in place of Bruno" in shown(browser(trio.ana), "/handoff")
    world.tick()
    world.forget()


def test_the_archive_finds_words_in_notes_titles_and_names(world, trio, handoff):
    editing.write_note(handoff.pk, "Zookeeper again", seen=None, by=trio.ana, now=world.now)
    client = browser(trio.ana)
    for words in ("zookeeper", "commit retries", "bruno", ""):
        assert f"/handoff/{handoff.pk}" in shown(client, f"/handoff/archive?q={words}")
    assert "No hand-off has “nothing like it” in it." in shown(client, "/handoff/archive?q=nothing+like+it")
    assert "Ana → Bruno" in shown(client, f"/handoff/{handoff.pk}")


def test_the_report_is_written_on_asked_about_and_posted_once(world, trio, handoff, settings):
    client, report = browser(trio.ana), Report.objects.get()
    path = f"/handoff/report/{report.pk}"
    assert "No chat is set up" in shown(client, path)
    assert "No chat is set up" in said(client, f"{path}/post/1")
    settings.HAUSMEISTER_CHAT = "slack"
    assert "All is well." in said(client, path, text="All is well.", seen="1")
    assert "Somebody changed the report" in client.post(path, {"text": "x", "seen": "1"}).content.decode()
    assert "Post the report to #data-announcements?" in said(client, f"{path}/post/2")
    assert Report.objects.get().posted_at is None
    assert "Somebody changed the report" in said(client, f"{path}/post/1", sure="yes")
    assert "Ana posted it to #data-announcements" in said(client, f"{path}/post/2", sure="yes")
    assert "it is posted once" in said(client, f"{path}/post/2", sure="yes")
    world.tick()
    assert world.expect("chat", kind="say").parcel.facts["headline"] == "All is well."
    assert "What Data Infra did" in said(client, f"/handoff/report?team={trio.team.slug}")


def test_another_teams_hand_off_does_not_exist(world, trio, handoff):
    other = builders.trio(slug="streaming")
    client, row = browser(other.carla), HandoffItem.objects.first()
    assert client.get(f"/handoff/{handoff.pk}").status_code == 404
    assert client.post(f"/handoff/{handoff.pk}/accept").status_code == 404
    assert client.post(f"/handoff/{handoff.pk}/note", {"text": "x"}).status_code == 404
    assert client.post(f"/handoff/items/{row.pk}", {"note": "x"}).status_code == 404
    assert client.get(f"/handoff/report/{Report.objects.get().pk}").status_code == 404


def test_the_screen_takes_few_questions_to_the_database(world, trio, handoff):
    for number in range(20):
        wish = Wish(f"Issue {number}", "", Priority.P3, owner=trio.ana)
        working.open_issue(trio.team, wish, by=as_actor(trio.ana), person=trio.ana, now=world.now)
    later(world, trio, -30)
    asked = queries_of(browser(trio.bruno), "/handoff")
    assert len(asked) <= 15, "\n".join(asked)
    said(browser(trio.bruno), f"/handoff/{handoff.pk}/accept")
    later(world, trio, 10)
    asked = queries_of(browser(trio.bruno), "/handoff")
    assert len(asked) <= 15, "\n".join(asked)
