"""A calendar by its secret address: what it answers to whom, how often, and when it dies (S14, S15, S52)."""

from datetime import timedelta

import pytest
from django.test import Client

from hausmeister.base import log
from hausmeister.journal.models import Entry
from hausmeister.rota import operations as rota
from hausmeister.rota.calendars import feeds
from hausmeister.rota.calendars.models import CalendarFeed, PublishedCalendar
from hausmeister.rota.rules.calendars.subjects import FeedKind
from hausmeister.team.models import Person
from tests import builders
from tests.web.visitors import browser


def feed(world, person, kind=FeedKind.PERSON, **more):
    return feeds.make_feed(person, kind=kind, name="phone", by=builders.CONSOLE, now=world.now, **more)


def path(made):
    return made.url.removeprefix("http://testserver")


def get(made, **headers):
    return Client(headers=headers).get(path(made))


def test_it_is_a_calendar_that_may_be_kept_but_must_be_asked_for_again(world, trio):
    answer = get(feed(world, trio.ana))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex"
    assert not answer.cookies
    text = answer.content.decode()
    assert "X-WR-CALNAME:On duty: Ana\r\n" in text
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in text
    assert "X-PUBLISHED-TTL:PT1H\r\n" in text
    assert "as of Tue 24 Nov 2026 03:00 (Europe/Berlin)" in text.replace("\r\n ", "")


def test_who_has_it_already_is_told_so_until_something_changes(world, trio):
    made = feed(world, trio.ana)
    first = get(made)
    for headers in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
        again = get(made, **headers)
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
    world.now += timedelta(seconds=1)
    trio.team.shifts.filter(post="primary").update(person=trio.carla)
    for headers in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
        assert get(made, **headers).status_code == 200


def test_head_has_the_headers_and_no_body_and_nothing_else_is_allowed(world, trio):
    made = feed(world, trio.ana)
    whole, head = get(made), Client().head(path(made))
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", whole["ETag"])
    assert Client().post(path(made)).status_code == 405


def test_the_address_has_160_bits_and_is_kept_only_as_a_hash_s14(world, trio):
    made = feed(world, trio.ana)
    token = path(made).removeprefix("/calendar/").removesuffix(".ics")
    assert len(token) == 32
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyz234567")
    stored = CalendarFeed.objects.values().get()
    assert token not in str(stored)
    assert stored["last_four"] == token[-4:]
    assert token not in str(list(Entry.objects.values()))


def test_wrong_revoked_unused_and_lost_addresses_are_all_the_same_404_s14(world, trio):
    answers = [Client().get("/calendar/" + "a" * 32 + ".ics"), Client().get("/calendar/x.ics")]
    revoked, expired, kept = (feed(world, trio.ana) for _ in range(3))
    feeds.revoke_feed(revoked.feed, by=builders.CONSOLE, now=world.now)
    answers.append(get(revoked))
    assert get(kept).status_code == 200
    world.now += timedelta(days=399)
    assert get(kept).status_code == 200
    world.now += timedelta(days=2)
    answers.append(get(expired))
    assert get(kept).status_code == 200
    Person.objects.filter(pk=trio.ana.pk).update(is_active=False)
    answers.append(get(kept))
    assert {(one.status_code, one.content, one["Content-Type"]) for one in answers} == {
        (404, b"There is no calendar at this address.\n", "text/plain; charset=utf-8")
    }
    assert all("ETag" not in one for one in answers)


@pytest.mark.parametrize("kind", [FeedKind.ROTA, FeedKind.PERSON])
def test_it_dies_when_the_person_leaves_and_stays_dead_when_they_come_back_s14(world, trio, kind):
    mine = feed(world, trio.bruno, kind, team=trio.team)
    others = feed(world, trio.ana, FeedKind.ROTA, team=trio.team)
    rota.part(trio.bruno.memberships.get(), by=builders.CONSOLE, now=world.now)
    assert get(mine).status_code == 404
    trio.bruno.memberships.update(left_on=None)
    assert get(mine).status_code == 404
    assert get(others).status_code == 200


def test_a_deactivated_person_s_feeds_are_ended_in_the_same_breath_s20(world, trio):
    made = feed(world, trio.bruno)
    rota.deactivate(trio.bruno, by=builders.CONSOLE, now=world.now)
    assert CalendarFeed.objects.get().revoked_at == world.now
    assert Entry.objects.filter(verb="feeds.ended").count() == 1
    assert get(made).status_code == 404


def test_what_nobody_reads_any_more_is_not_kept(world, trio):
    one, other = (feed(world, person, FeedKind.ROTA, team=trio.team) for person in (trio.ana, trio.bruno))
    assert get(one).content == get(other).content
    feeds.revoke_feed(one.feed, by=builders.CONSOLE, now=world.now)
    assert PublishedCalendar.objects.count() == 1
    rota.deactivate(trio.bruno, by=builders.CONSOLE, now=world.now)
    assert not PublishedCalendar.objects.exists()


def test_sixty_times_an_hour_and_no_oftener_s14(world, trio):
    made, other = feed(world, trio.ana), feed(world, trio.ana)
    assert [get(made).status_code for _ in range(60)] == [200] * 60
    world.now += timedelta(minutes=10)
    refused = get(made)
    assert refused.status_code == 429
    assert refused["Retry-After"] == "3001"
    assert get(other).status_code == 200
    world.now += timedelta(seconds=3001)
    assert get(made).status_code == 200


def test_the_address_is_in_no_log_line_s52(world, trio):
    made = feed(world, trio.ana)
    token = path(made).removeprefix("/calendar/").removesuffix(".ics")
    assert token not in log.mask(f"GET {path(made)} HTTP/1.1")
    assert token not in log.mask(made.url)


# ---- the screen ----


def test_a_feed_is_made_shown_once_listed_and_revoked_alone(world, trio):
    client = browser(trio.ana)
    made = client.post("/profile/calendars", {"what": f"duty {trio.team.pk} weekend", "name": "my phone"})
    assert made.status_code == 200
    one = CalendarFeed.objects.get()
    text = made.content.decode()
    url = text.split('id="feed-url">')[1].split("<")[0]
    assert Client().get(url.removeprefix("http://testserver")).status_code == 200
    listed = client.get("/profile/calendars").content.decode()
    assert url not in listed
    assert f"…{one.last_four}" in listed
    assert "Weekend on-call of Data Infra" in listed
    assert (
        "my phone" in client.get("/profile").content.decode()
        or "1 calendar address" in client.get("/profile").content.decode()
    )
    assert browser(trio.bruno).post(f"/profile/calendars/{one.pk}/revoke").status_code == 404
    assert client.post(f"/profile/calendars/{one.pk}/revoke").status_code == 303
    assert Client().get(url.removeprefix("http://testserver")).status_code == 404


def test_making_one_wants_the_password_again_after_a_while_s22(world, trio):
    answer = browser(trio.ana, fresh=False).post("/profile/calendars", {"what": "person", "name": "x"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/confirm")
    assert not CalendarFeed.objects.exists()


def test_another_team_s_rota_is_no_choice(world, trio):
    other = builders.trio(slug="streaming")
    answer = browser(trio.ana).post("/profile/calendars", {"what": f"rota {other.team.pk}", "name": "x"})
    assert answer.status_code == 422
    with pytest.raises(feeds.FeedRefused, match="may not see Streaming"):
        feed(world, trio.ana, FeedKind.ROTA, team=other.team)


@pytest.mark.parametrize(
    ("kind", "what", "words"),
    [
        (FeedKind.DUTY, "nights", "has no duty 'nights'; it has backstop, hausmeister, weekend"),
        (FeedKind.DUTY, "", "has no duty"),
    ],
)
def test_a_duty_that_is_not_there_has_no_feed(world, trio, kind, what, words):
    with pytest.raises(feeds.FeedRefused, match=words):
        feed(world, trio.ana, kind, team=trio.team, what=what)


def test_thirty_feeds_are_enough_for_anybody(world, trio):
    for _ in range(30):
        feed(world, trio.ana)
    with pytest.raises(feeds.FeedRefused, match="revoke one"):
        feed(world, trio.ana)
