"""Live updates: names and versions of what one may see, nothing else, and a server that can stop."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hausmeister.journal import operations as journal
from hausmeister.journal.models import Entry
from hausmeister.journal.rules import CONSOLE, Fact
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting
from hausmeister.team.operations import members
from hausmeister.team.rules import Capability, Role
from hausmeister.web import changes, events, listeners
from hausmeister.web.changes import Change, Watch
from hausmeister.web.events import Live
from tests import builders
from tests.web.visitors import browser


def lines(found: list[Change] | None) -> list[str]:
    assert found is not None
    return [change.line for change in found]


# ---- what is new in the journal ----


def test_a_change_of_a_page_is_told_once_with_its_version(world, trio):
    watch = Watch()
    page = world.fire()
    assert lines(watch.changes(now_s=0.0)) == [f"page {page.pk} v1"]
    assert watch.changes(now_s=1.0) == []
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    assert lines(watch.changes(now_s=2.0)) == [f"page {page.pk} v2"]
    world.tick()
    world.forget()


def test_what_was_before_is_not_told(world, trio):
    world.fire()
    assert Watch().changes(now_s=0.0) == []
    world.tick()
    world.forget()


def test_many_entries_about_one_page_are_one_line(world, trio):
    page = world.fire()
    watch = Watch()
    for number in range(5):
        acting.note(page.pk, by=trio.ana, text=str(number), now=world.now)
    assert lines(watch.changes(now_s=0.0)) == [f"page {page.pk} v6"]
    world.tick()
    world.forget()


def test_more_than_can_be_told_one_by_one_is_told_as_look_again(world, trio, monkeypatch):
    monkeypatch.setattr(changes, "MOST_ENTRIES", 4)
    page, watch = world.fire(), Watch()
    for number in range(6):
        acting.note(page.pk, by=trio.ana, text=str(number), now=world.now)
    assert watch.changes(now_s=0.0) is None
    acting.note(page.pk, by=trio.ana, text="and one more", now=world.now)
    assert lines(watch.changes(now_s=0.1)) == [f"page {page.pk} v8"]
    assert browser(trio.ana).get("/pulse?since=0").json()["changes"] == ["again"]
    world.tick()
    world.forget()


def test_a_screen_learns_what_happened_before_its_stream_began(world, trio):
    before = int(world.now.timestamp())
    page = world.fire()
    client = browser(trio.ana)
    assert client.get(f"/pulse?since={before}").json()["changes"][0] == f"page {page.pk} v1"
    assert client.get(f"/pulse?since={before + 60}").json()["changes"] == []
    outsider = builders.trio(slug="streaming").carla
    assert not any("page" in line for line in browser(outsider).get(f"/pulse?since={before}").json()["changes"])
    for nonsense in ("", "x", "-1", "9" * 40):
        assert "changes" not in client.get(f"/pulse?since={nonsense}").json()
    world.tick()
    world.forget()


def entry(entry_id: int, page: Page) -> Entry:
    """Store an entry under a number of our choosing, as if its transaction had ended just now."""
    one = Entry(id=entry_id, at=page.opened_at, subject=page.subject, verb="page.noted", actor_kind="x", actor_name="x")
    one.save(force_insert=True)
    return one


def test_an_entry_that_was_committed_late_is_still_told(world, trio):
    """On PostgreSQL a smaller number can become visible after a greater one."""
    page, other = world.fire("one"), world.fire("two")
    watch = Watch()
    newest = Entry.objects.order_by("-id").values_list("id", flat=True)[0]
    entry(newest + 100, page)
    assert lines(watch.changes(now_s=0.0)) == [f"page {page.pk} v1"]
    entry(newest + 50, other)
    assert lines(watch.changes(now_s=5.0)) == [f"page {other.pk} v1"]
    assert watch.changes(now_s=6.0) == []
    world.tick()
    world.forget()


def test_what_lies_long_back_is_read_no_more(world, trio):
    page = world.fire()
    watch = Watch()
    acting.note(page.pk, by=trio.ana, text="x", now=world.now)
    watch.changes(now_s=0.0)
    watch.changes(now_s=changes.LOOK_BACK_S + 1)
    assert watch._floor == watch._upto
    assert watch._seen == set()
    world.tick()
    world.forget()


def test_a_change_of_the_rota_is_told_to_whoever_may_see_the_status(world, trio):
    watch = Watch()
    journal.record(Fact(world.now, "override.added", "team:1", CONSOLE, trio.team.pk, {}))
    assert watch.changes(now_s=0.0) == [Change(f"rota {trio.team.pk}", trio.team.pk, Capability.SEE_STATUS)]


def test_what_is_nobodys_business_is_not_told(world, trio):
    watch = Watch()
    journal.record(Fact(world.now, "method.added", f"person:{trio.ana.pk}", CONSOLE, None, {}))
    assert watch.changes(now_s=0.0) == []


# ---- who may hear what ----


def test_rights_are_those_of_this_moment(world, trio):
    imani = builders.person("Imani")
    builders.team.join(
        trio.team, imani, role=Role.VIEWER, experience=1, joined_on=world.now.date(), by=builders.CONSOLE, now=world.now
    )
    other = builders.trio(slug="other-team")
    rights = listeners.rights_of([trio.ana.pk, imani.pk, other.ana.pk])
    assert rights[trio.ana.pk].allows(Capability.SEE_PAGES, trio.team.pk)
    assert not rights[imani.pk].allows(Capability.SEE_PAGES, trio.team.pk)
    assert rights[imani.pk].allows(Capability.SEE_STATUS, trio.team.pk)
    assert not rights[other.ana.pk].allows(Capability.SEE_STATUS, trio.team.pk)
    members.deactivate(trio.ana, by=builders.CONSOLE, now=world.now)
    assert trio.ana.pk not in listeners.rights_of([trio.ana.pk])


def cookie(client: Client) -> str:
    return f"session={client.cookies['session'].value}"


def test_only_a_session_that_lives_is_a_listener(world, trio):
    client = browser(trio.ana)
    text = cookie(client)
    found = listeners.of_cookies(text, now=world.now)
    assert found is not None
    assert found.person_id == trio.ana.pk
    assert listeners.still_valid([found], now=world.now) == {found}
    assert listeners.of_cookies("", now=world.now) is None
    assert listeners.of_cookies("session=nonsense", now=world.now) is None
    assert listeners.of_cookies(text, now=world.now + timedelta(days=31)) is None
    client.post("/sign-out")
    assert listeners.of_cookies(text, now=world.now) is None
    assert listeners.still_valid([found], now=world.now) == set()


def test_a_session_from_before_a_new_password_is_no_listener(world, trio):
    text = cookie(browser(trio.ana))
    trio.ana.set_password("another long password")
    trio.ana.save()
    assert listeners.of_cookies(text, now=world.now) is None


# ---- the stream ----


class Browser:
    """The far end of a stream."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        await self.sent.put(message)

    async def next(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.sent.get(), 10)

    async def line(self) -> str:
        return (await self.next())["body"].decode()


@asynccontextmanager
async def listening(live: Live, listener: listeners.Listener):  # type: ignore[no-untyped-def]
    far = Browser()
    stream = events.Stream(listener)
    task = asyncio.create_task(live._stream(stream, None, far.receive, far.send))
    assert (await far.next())["status"] == 200
    assert "event: hello" in await far.line()
    try:
        yield far, stream, task
    finally:
        far.gone.set()
        await asyncio.wait_for(task, 10)


@pytest.fixture
def quiet(monkeypatch):  # type: ignore[no-untyped-def]
    """A poller that finds nothing of itself: the test hands lines to the streams."""

    async def nothing(_self: Live, ready: asyncio.Event) -> None:
        ready.set()

    monkeypatch.setattr(Live, "_feed", nothing)


def test_what_changed_before_the_stream_began_comes_first(quiet, monkeypatch):
    asked = []

    def told(moment: Any, person_id: int) -> list[str]:
        asked.append((moment.isoformat(), person_id))
        return ["page 7 v3"]

    monkeypatch.setattr(events, "_lines_since", told)

    async def story() -> None:
        far, stream = Browser(), events.Stream(listeners.Listener("s", 1))
        moment = changes.moment_of(events._since({"query_string": b"since=1700000003"}))
        task = asyncio.create_task(Live()._stream(stream, moment, far.receive, far.send))
        assert (await far.next())["status"] == 200
        assert "event: hello" in await far.line()
        assert await far.line() == "data: page 7 v3\n\n"
        far.gone.set()
        await asyncio.wait_for(task, 10)

    asyncio.run(story())
    assert asked == [("2023-11-14T22:13:20+00:00", 1)]


def test_a_line_reaches_the_browser(quiet):
    async def story() -> None:
        live = Live()
        async with listening(live, listeners.Listener("s", 1)) as (far, stream, _task):
            stream.put("page 4821 v7")
            assert await far.line() == "data: page 4821 v7\n\n"

    asyncio.run(story())


def test_a_browser_that_goes_is_forgotten(quiet):
    async def story() -> None:
        live = Live()
        async with listening(live, listeners.Listener("s", 1)) as (far, _stream, task):
            far.gone.set()
            await asyncio.wait_for(task, 10)
            assert live._streams == set()

    asyncio.run(story())


def test_a_server_that_stops_waits_for_no_stream(quiet):
    async def story() -> None:
        live = Live()
        async with listening(live, listeners.Listener("s", 1)) as (_far, _stream, task):
            live.stop()
            await asyncio.wait_for(task, 1)

    asyncio.run(story())


def test_a_browser_too_slow_is_told_to_look_again(quiet):
    async def story() -> None:
        stream = events.Stream(listeners.Listener("s", 1))
        for number in range(events.MOST_WAITING + 1):
            stream.put(f"page {number} v1")
        assert stream.queue.get_nowait() == "again"
        assert stream.queue.empty()

    asyncio.run(story())


@pytest.mark.django_db(transaction=True)
def test_a_stranger_gets_204_so_that_browsers_stop_asking(transactional_db):
    async def story() -> dict[str, Any]:
        far = Browser()
        await Live().serve({"type": "http", "headers": []}, far.receive, far.send)
        return await far.next()

    assert asyncio.run(story())["status"] == 204


def test_a_change_of_a_schedule_is_told_as_one_of_the_rota(world, trio):
    watch = Watch()
    caller = builders.caller(trio.team, person=trio.carla)
    assert caller.post("/schedules", {"slug": "support", "name": "Support"}).status_code == 201
    assert watch.changes(now_s=0.0) == [Change(f"rota {trio.team.pk}", trio.team.pk, Capability.SEE_STATUS)]
