"""Silences on the screens: what holds and until when, made from a page or a shard with a look at what it covers."""

import re
from datetime import timedelta

import pytest

from hausmeister.alerts.models import Silence
from hausmeister.alerts.silences import operations as silences
from hausmeister.alerts.silences.operations import Wanted, Who
from hausmeister.alerts.silences.rules import Condition, How
from hausmeister.base import clock
from hausmeister.pager.operations import acting
from hausmeister.team.models import Person
from hausmeister.team.operations import as_actor, join
from hausmeister.team.rules import Role
from tests import builders
from tests.web.visitors import browser, queries_of

FORM = {
    "field": ["title"],
    "how": ["contains"],
    "value": ["disk"],
    "reason": "resize of db-7",
    "ends_at": "2026-11-24T05:00",
}


def text(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.fixture
def made(world, trio):
    wanted = Wanted((Condition("title", How.CONTAINS, "disk"),), world.now + timedelta(hours=2), "resize of db-7")
    return silences.make(trio.team, wanted, by=Who(as_actor(trio.bruno), trio.bruno), now=world.now)


def test_made_on_the_screen_it_stands_in_the_list_with_its_end_and_on_now_and_alerts(world, trio):
    client = browser(trio.ana)
    listed = client.post("/alerts/silences/new", FORM, follow=True)
    made = Silence.objects.get()
    # five o'clock in Berlin
    assert (made.ends_at - world.now, made.made_by) == (timedelta(hours=2), trio.ana)
    assert "title contains disk until today 05:00 resize of db-7 Ana" in text(listed)
    world.fire("Disk full", severity="high")
    assert "1 alert" in text(client.get("/alerts/silences"))
    now = text(client.get("/"))
    assert "Silenced 1 , until today 05:00" in now
    assert "Nothing needs you" in now
    assert "1 silence, until today 05:00" in text(client.get("/alerts"))
    assert "silenced until today 05:00" in text(client.get("/alerts?show=quiet"))


def test_a_page_says_who_silenced_it_until_when_and_why_and_may_call_at_once(world, trio, made):
    page = world.fire("Disk full", severity="high")
    client = browser(trio.ana)
    shown = text(client.get(f"/pages/{page.pk}"))
    assert "Silenced by Bruno until today 05:00, because: resize of db-7" in shown
    assert "Opened by prometheus . Silenced by Bruno until today 05:00, because: resize of db-7." in shown
    assert "Silenced: nobody is called before." in shown
    client.post(f"/pages/{page.pk}/wake")
    world.tick()
    world.expect("email", "Ana")
    shown = text(client.get(f"/pages/{page.pk}"))
    assert "Ana ended the silence for this page: it calls now." in shown
    assert "The silence is over: calls Ana" in shown
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_from_a_page_the_form_is_filled_in_and_shows_what_it_would_cover(world, trio):
    page = world.fire("Disk full", severity="high", labels={"shard": "s0"})
    client = browser(trio.ana)
    assert f"/alerts/silences/new?page={page.pk}" in client.get(f"/pages/{page.pk}").content.decode()
    answer = client.get(f"/alerts/silences/new?page={page.pk}")
    html = answer.content.decode()
    assert all(f'value="{one}"' in html for one in ("prometheus", "Disk full", "s0"))
    assert '<option value="label:shard" selected>' in html
    assert "Of 1 alerts of the last 7 days, 1 would have been silent." in text(answer)
    assert "These are open now and go on as they are" in text(answer)
    world.tick()
    world.forget()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_p4_that_would_fit_is_counted_apart(world, trio):
    page = world.fire("Disk gone", priority="P4")
    shown = text(browser(trio.ana).get(f"/alerts/silences/new?page={page.pk}"))
    assert "Of 1 alerts of the last 7 days, 0 would have been silent. 1 more is P4 very high and would have" in shown
    world.tick()
    world.forget()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_looking_stores_nothing_and_what_was_typed_stays(world, trio):
    world.fire("Queue full", severity="info")
    client = browser(trio.ana)
    answer = client.post("/alerts/silences/new", {**FORM, "ends_at": "", "do": "preview"})
    assert answer.status_code == 200
    assert "Of 1 alerts of the last 7 days, 0 would have been silent." in text(answer)
    assert 'value="resize of db-7"' in answer.content.decode()
    assert not Silence.objects.exists()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"value": [""]}, "This silences everything"),
        ({"how": ["matches"], "value": ["(a"]}, "cannot be read"),
        ({"field": ["colour"]}, "nothing that an alert has"),
        ({"ends_at": "2026-11-24T02:00"}, "later than now"),
        ({"ends_at": "2026-12-24T02:00"}, "at most 14 days"),
        ({"ends_at": "soon"}, "Write a date and a time"),
        ({"reason": " "}, "required"),
        ({"starts_at": "2027-06-24T02:00", "ends_at": "2027-06-24T03:00"}, "90 days ahead"),
    ],
)
def test_what_is_no_silence_is_told_and_what_was_typed_stays(trio, typed, says):
    answer = browser(trio.ana).post("/alerts/silences/new", {**FORM, **typed})
    assert answer.status_code == 422
    assert says in text(answer)
    assert not Silence.objects.exists()
    if "value" not in typed:
        assert 'value="disk"' in answer.content.decode()


def test_everything_is_silenced_when_it_is_meant(trio):
    browser(trio.ana).post("/alerts/silences/new", {**FORM, "value": [""], "is_meant": "on"})
    assert Silence.objects.get().asked == ()


def test_changed_and_ended_on_the_screen_and_the_second_hand_is_told(world, trio, made):
    page = world.fire("Disk full", severity="high")
    client, address = browser(trio.ana), f"/alerts/silences/{made.pk}"
    assert 'value="2026-11-24T05:00"' in client.get(address).content.decode()
    form = {**FORM, "ends_at": "2026-11-24T06:00", "version": "1"}
    assert client.post(address, form).status_code == 303
    page.refresh_from_db()
    assert page.silenced_until - world.now == timedelta(hours=3)
    late = client.post(address, form)
    assert late.status_code == 422
    assert "Somebody changed this silence meanwhile." in text(late)
    client.post(f"{address}/end")
    world.tick()
    world.expect("email", "Ana")
    assert "This silence is over." in text(client.post(f"{address}/end", follow=True))
    assert "This silence is over." in text(client.get(address))
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_maintenance_is_planned_shown_and_called_off(world, trio):
    client = browser(trio.ana)
    client.post("/alerts/silences/new", {**FORM, "starts_at": "2026-11-24T22:00", "ends_at": "2026-11-24T23:00"})
    made = Silence.objects.get()
    assert made.kind == "maintenance"
    assert "Maintenance 22:00 – 23:00" in text(client.get("/alerts"))
    assert "No maintenance is planned." not in text(client.get("/alerts/silences"))
    client.post(f"/alerts/silences/{made.pk}/end")
    assert "No maintenance is planned." in text(client.get("/alerts/silences"))


def test_a_shard_shows_its_silences_and_begins_one(world, trio):
    client = browser(trio.ana)
    shown = client.get("/monitoring/s0")
    assert "Silences None. Silence something" in text(shown)
    link = re.search(r'href="(/alerts/silences/new[^"]*)"', shown.content.decode())
    assert link is not None
    form = client.get(link[1].replace("&amp;", "&")).content.decode()
    assert '<option value="label:shard" selected>' in form
    client.post("/alerts/silences/new", {**FORM, "field": ["label:shard"], "how": ["is"], "value": ["s0"]})
    assert "resize of db-7 , until today 05:00" in text(client.get("/monitoring/s0"))


def test_a_viewer_and_another_team_silence_nothing(world, trio, made):
    viewer = builders.person("Viktor")
    join(
        trio.team,
        viewer,
        role=Role.VIEWER,
        experience=1,
        joined_on=world.now.date(),
        by=builders.CONSOLE,
        now=clock.now(),
    )
    other = builders.trio(slug="other")
    assert browser(viewer).post("/alerts/silences/new", FORM).status_code == 403
    stranger = browser(other.ana)
    assert stranger.get(f"/alerts/silences/{made.pk}").status_code == 404
    assert stranger.post(f"/alerts/silences/{made.pk}/end").status_code == 404
    page = world.fire("Queue", severity="info")
    assert "Queue" not in text(stranger.get(f"/alerts/silences/new?page={page.pk}"))
    made.refresh_from_db()
    assert made.ended_at is None
    assert Person.objects.count() > 3


@pytest.mark.parametrize("page", ["x", "-1", "9" * 30, "0", "12\x00"])
def test_an_odd_page_in_the_address_begins_an_empty_form(trio, page):
    assert browser(trio.ana).get("/alerts/silences/new", {"page": page, "field": "x", "value": "y"}).status_code in {
        200,
        422,
    }


def test_the_list_takes_few_statements_however_many_there_are(world, trio, made):
    assert len(queries_of(browser(trio.ana), "/alerts/silences")) <= 15
