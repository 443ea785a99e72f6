"""Rota: who has each duty, gaps first in words, overrides, days away."""

from datetime import UTC, date, datetime

import pytest

from hausmeister.rota import queries as rota
from hausmeister.rota.models import Override, Shift
from hausmeister.team.models import ContactMethod, Leave
from tests import builders
from tests.web.visitors import browser, queries_of


def text_of(client, path: str = "/rota") -> str:  # type: ignore[no-untyped-def]
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_this_week_says_who_has_it_now_and_until_when(world, trio):
    text = text_of(browser(trio.ana))
    assert "This week, 23 Nov" in text
    assert '<b>Ana, now</b> until <time datetime="2026-11-27T16:00:00+00:00">Fri 17:00</time>' in text


def test_times_are_in_the_viewers_zone(world, trio):
    trio.ana.zone_name = "America/Sao_Paulo"
    trio.ana.save()
    text = text_of(browser(trio.ana))
    assert "Fri 13:00</time>" in text
    assert "Times in America/Sao_Paulo." in text


def test_a_gap_stands_first_and_in_words(world, trio):
    Shift.objects.filter(week=date(2026, 11, 30), duty="hausmeister", post="backstop").update(person=None)
    ContactMethod.objects.update(tested_at=world.now)
    text = text_of(browser(trio.ana))
    assert "1 thing to settle" in text
    assert "Mon 30 Nov 11:00 to Fri 4 Dec 17:00: no backstop by plan, Carla stands in." in text
    assert text.index("thing to settle") < text.index("This week")
    assert "Mend it" not in text
    assert 'href="/rota/override?team=data-infra">Mend it' in text_of(browser(trio.carla))


def test_the_picture_and_the_list_say_the_same(world, trio):
    Shift.objects.filter(week=date(2026, 11, 30), duty="hausmeister", post="primary").update(person=trio.carla)
    text = text_of(browser(trio.ana))
    assert "<title>Carla, Mon 30 Nov 11:00 to Fri 4 Dec 17:00</title>" in text
    assert "<dt>Hausmeister</dt><dd>Carla" in text


def test_a_month_is_a_table_with_every_day(world, trio):
    text = text_of(browser(trio.ana), "/rota?view=month&from=2026-12-15")
    assert text.count("<td class=") == 35
    assert "<b>December 2026</b>" in text
    assert '<span class="weekday">Tue </span>1 Dec' in text
    assert 'scope="col"' in text


@pytest.mark.parametrize(
    "query", ["view=nonsense", "from=nonsense", "from=2026-13-45", "view=month&from=9999", "from=9999-12-27"]
)
def test_an_address_that_makes_no_sense_shows_today(world, trio, query):
    assert browser(trio.ana).get(f"/rota?{query}").status_code == 200


def test_years_ahead_nobody_can_say(world, trio):
    assert "Nobody can say yet" in text_of(browser(trio.ana), "/rota?from=2031-01-06")


def test_a_lead_gives_a_day_to_somebody_else_and_takes_it_back(world, trio):
    client = browser(trio.carla)
    form = {
        "person": trio.carla.pk, "post": "primary", "starts_at": "2026-11-25T09:00", "ends_at": "2026-11-26T09:00",
        "reason": "dentist", "anyway": "yes",
    }  # fmt: skip
    answer = client.post("/rota/override?team=data-infra", form)
    assert answer.status_code == 303
    one = Override.objects.get()
    assert (one.starts_at, one.created_by) == (datetime(2026, 11, 25, 8, tzinfo=UTC), trio.carla)
    noon = datetime(2026, 11, 25, 11, tzinfo=UTC)
    assert rota.on_duty(trio.team, at=noon).primary.person == trio.carla
    assert "Wed 09:00 to Thu 09:00" in text_of(client)
    assert client.post(f"/rota/overrides/{one.pk}/cancel").status_code == 303
    assert rota.on_duty(trio.team, at=noon).primary.person == trio.ana


def test_an_override_that_bends_a_rule_says_which_and_wants_a_word(world, trio):
    form = {"person": trio.carla.pk, "post": "primary", "starts_at": "2026-11-25T09:00", "ends_at": "2026-11-26T09:00"}
    answer = browser(trio.carla).post("/rota/override?team=data-infra", form)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Bruno would back Carla" in text
    assert 'name="anyway"' in text
    assert not Override.objects.exists()


@pytest.mark.parametrize(
    ("replaced", "words"),
    [
        ({"ends_at": "2026-11-20T09:00"}, "must end after it begins"),
        ({"starts_at": "whenever"}, "Write a date and a time"),
        ({"post": "backstop", "person": "ana"}, "nobody backs themselves"),
    ],
)
def test_an_override_that_cannot_be_is_refused_and_what_was_typed_stays(world, trio, replaced, words):
    form = {
        "person": trio.carla.pk, "post": "primary", "starts_at": "2026-11-25T09:00", "ends_at": "2026-11-26T09:00",
        "reason": "kept as typed", **replaced,
    }  # fmt: skip
    if form["person"] == "ana":
        form["person"] = trio.ana.pk
    answer = browser(trio.carla).post("/rota/override?team=data-infra", form)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "kept as typed" in answer.content.decode()


def test_responders_and_leads_of_others_change_no_rota(world, trio):
    other = builders.trio(slug="other-team")
    one = Override.objects.create(
        team=trio.team, post="primary", person=trio.bruno, starts_at=world.now,
        ends_at=datetime(2026, 12, 1, tzinfo=UTC), created_at=world.now,
    )  # fmt: skip
    assert browser(trio.ana).get("/rota/override").status_code == 403
    assert browser(trio.ana).post(f"/rota/overrides/{one.pk}/cancel").status_code == 403
    assert browser(other.carla).post(f"/rota/overrides/{one.pk}/cancel").status_code == 404
    assert browser(other.carla).get("/rota/override?team=data-infra").status_code == 404
    assert browser(other.carla).get("/rota?team=data-infra").status_code == 404
    one.refresh_from_db()
    assert one.cancelled_at is None


def test_days_away_move_the_duties_they_touch(world, trio):
    answer = browser(trio.ana).post("/leave", {"starts_on": "2026-11-30", "ends_on": "2026-12-04"})
    assert answer.status_code == 303
    assert not Shift.objects.filter(person=trio.ana, week=date(2026, 11, 30), duty="hausmeister").exists()
    text = text_of(browser(trio.ana), "/rota?view=mine")
    assert "30 Nov – 4 Dec" in text
    assert "Duties" in text or "duties" in text


def test_days_away_can_be_taken_back_by_oneself_alone(world, trio):
    browser(trio.ana).post("/leave", {"starts_on": "2026-12-21", "ends_on": "2026-12-23"})
    leave = Leave.objects.get()
    assert browser(trio.carla).post(f"/leave/{leave.pk}/cancel").status_code == 404
    assert browser(trio.ana).post(f"/leave/{leave.pk}/cancel").status_code == 303
    leave.refresh_from_db()
    assert leave.cancelled_at == world.now


@pytest.mark.parametrize(
    "form", [{}, {"starts_on": "2026-12-05", "ends_on": "2026-12-04"}, {"starts_on": "x", "ends_on": "y"}]
)
def test_days_away_that_run_backwards_are_refused(world, trio, form):
    assert browser(trio.ana).post("/leave", form).status_code == 422
    assert not Leave.objects.exists()


def test_it_stays_within_fifteen_queries(world, trio):
    assert len(queries_of(browser(trio.ana), "/rota")) <= 15
    assert len(queries_of(browser(trio.ana), "/rota?view=month")) <= 15
