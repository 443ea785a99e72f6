"""Rota: who has each duty, gaps first in words, overrides, days away."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from hausmeister.rota import queries as rota
from hausmeister.rota.models import Override, Shift
from hausmeister.rota.rules.slots import Post
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
    assert 'data-slot>Ana</a>, now</b> until <time datetime="2026-11-27T16:00:00+00:00">Fri 17:00</time>' in text


def test_times_are_in_the_viewers_zone(world, trio):
    trio.ana.zone_name = "America/Sao_Paulo"
    trio.ana.save()
    text = text_of(browser(trio.ana))
    assert "Fri 13:00</time>" in text
    assert "Times in America/Sao_Paulo" in text


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
    assert '<dt>Hausmeister</dt><dd><a href="#turn-primary-202611301000" data-slot>Carla' in text


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


def test_an_override_made_while_the_form_was_open_is_told_and_saving_again_is_meant(world, trio):
    carla, ana = browser(trio.carla), {"person": trio.ana.pk, "post": "primary", "anyway": "yes"}
    form = {**ana, "starts_at": "2026-12-08T09:00", "ends_at": "2026-12-09T09:00"}
    drawn = _seen(carla.get("/rota/override?team=data-infra"))
    builders.rota.add_override(
        trio.team, post=Post.PRIMARY, person=trio.carla, starts_at=datetime(2026, 12, 8, 12, tzinfo=UTC),
        ends_at=datetime(2026, 12, 8, 14, tzinfo=UTC), reason="", by=builders.CONSOLE, now=world.now,
        even_if_outranked=True,
    )  # fmt: skip
    refused = carla.post("/rota/override?team=data-infra", {**form, "seen": drawn})
    assert refused.status_code == 422
    assert "Carla was given this post meanwhile, from Tue 08 Dec 13:00" in refused.content.decode()
    assert Override.objects.count() == 1
    again = carla.post("/rota/override?team=data-infra", {**form, "seen": _seen(refused)})
    assert again.status_code == 303
    assert Override.objects.count() == 2


def _seen(answer):
    found = re.search(r'name="seen" value="(\d+)"', answer.content.decode())
    assert found is not None
    return found[1]


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


def test_a_duty_of_mine_says_which_part_of_it_somebody_else_has(world, trio):
    shift = Shift.objects.filter(person=trio.ana, starts_at__gt=world.now, post=Post.PRIMARY).order_by("starts_at")[0]
    assert "has it instead" not in text_of(browser(trio.ana), "/rota?view=mine")
    Override.objects.create(
        team=shift.team, post=Post.PRIMARY, person=trio.carla, starts_at=shift.starts_at,
        ends_at=shift.starts_at + timedelta(days=1), created_at=world.now,
    )  # fmt: skip
    text = text_of(browser(trio.ana), "/rota?view=mine")
    assert text.count("has it instead") == 1
    assert f"<b>{trio.carla.name}</b> has it instead" in text
    until = f"{shift.starts_at + timedelta(days=1):%Y-%m-%dT%H:%M}"
    assert until in text.split("has it instead")[1][:300]


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


# ---- in any zone, only mine, a quarter, how firm it is ----


def test_any_zone_can_be_asked_for_and_the_address_keeps_it(world, trio):
    text = text_of(browser(trio.ana), "/rota?zone=Asia/Tokyo")
    assert "Times in Asia/Tokyo" in text
    assert "Times in Europe/Berlin" not in text
    assert 'until <time datetime="2026-11-27T16:00:00+00:00">Sat 01:00</time>' in text
    assert 'href="/rota?zone=Asia%2FTokyo&amp;view=month"' in text
    assert 'href="/rota?zone=Asia%2FTokyo&amp;from=2026-12-21"' in text


def test_the_days_of_a_month_are_those_of_the_zone_that_was_asked_for(world, trio):
    Shift.objects.filter(week=date(2026, 11, 30), duty="weekend", post="primary").update(person=trio.carla)
    text = text_of(browser(trio.ana), "/rota?view=month&zone=Pacific/Auckland&from=2026-12-01")
    # the hand-off of Friday 17:00 in Berlin is Saturday 05:00 there
    saturday = text[text.index("Sat </span>5 Dec") : text.index("Sun </span>6 Dec")]
    assert '05:00 <a href="#turn-primary-202612041600"' in saturday


@pytest.mark.parametrize("zone", ["Nowhere", "../../etc/passwd", "x" * 5_000, "Europe/", "%00", "<b>"])
def test_a_zone_that_is_none_is_named_and_ones_own_holds(world, trio, zone):
    text = text_of(browser(trio.ana), f"/rota?zone={zone}")
    assert "There is no time zone" in text
    assert "Times in Europe/Berlin" in text
    assert "<b>”" not in text


def test_only_mine_leaves_the_others_out(world, trio):
    client = browser(trio.ana)
    everybody, mine = text_of(client), text_of(client, "/rota?who=mine")
    assert 'aria-label="Bruno, ' in everybody
    assert 'aria-label="Ana, ' in mine
    assert 'aria-label="Bruno, ' not in mine
    for view in ("month", "quarter"):
        assert "data-slot>Bruno" not in text_of(client, f"/rota?view={view}&who=mine")


def test_nothing_of_mine_says_so_and_leads_back(world, trio):
    other = builders.trio(slug="other-team")
    Shift.objects.filter(team=other.team, person=other.ana).update(person=other.bruno)
    text = text_of(browser(other.ana), "/rota?who=mine&from=2026-11-23")
    assert "None of these weeks is yours." in text
    assert "Show everybody&#x27;s" in text or "Show everybody" in text


def test_a_quarter_is_a_table_of_its_weeks(world, trio):
    text = text_of(browser(trio.ana), "/rota?view=quarter&from=2026-12-15")
    assert "<b>1 Oct – 31 Dec</b>" in text
    assert '<th scope="row">30 Nov ' in text
    assert 'data-label="Backstop"' in text
    assert 'href="/rota?view=quarter&amp;from=2027-01-01"' in text
    # before the first plan nobody was on call
    assert '<th scope="row">5 Oct' not in text


def test_the_longest_quarter_ends_with_its_last_week(world, trio):
    text = text_of(browser(trio.ana), "/rota?view=quarter&from=2027-01-01")
    assert "28 Dec" in text
    assert '<th scope="row">29 Mar 2027' in text


@pytest.mark.parametrize("view", ["weeks", "month", "quarter", "mine"])
def test_every_view_says_how_firm_a_week_is(world, trio, view):
    text = text_of(browser(trio.ana), f"/rota?view={view}")
    assert '<span class="firm frozen">frozen</span>' in text
    if view != "mine":
        assert '<span class="firm tentative">tentative</span>' in text_of(
            browser(trio.ana), f"/rota?view={view}&from=2027-03-15"
        )


# ---- the details of a turn ----


def details_of(text: str, key: str) -> str:
    return text[text.index(f'id="{key}"') :].split("</section>", maxsplit=1)[0]


def test_a_turn_tells_who_until_when_why_and_who_stands_behind(world, trio):
    text = details_of(text_of(browser(trio.ana)), "turn-primary-202611301000")
    assert 'Ana <span class="lead">Hausmeister</span>' in text
    assert "Mon 30 Nov 11:00 to Fri 4 Dec 17:00" in text
    assert "<dt>Backstop</dt><dd>Bruno</dd>" in text
    assert 'href="/rota/why?team=data-infra&amp;week=2026-11-30&amp;role=D"' in text


def test_a_turn_that_was_changed_tells_by_whom_and_instead_of_whom(world, trio):
    Override.objects.create(
        team=trio.team, post="primary", person=trio.carla, starts_at=datetime(2026, 12, 1, 8, tzinfo=UTC),
        ends_at=datetime(2026, 12, 2, 8, tzinfo=UTC), reason="<dentist>", created_by=trio.bruno, created_at=world.now,
    )  # fmt: skip
    text = text_of(browser(trio.ana))
    changed = details_of(text, "turn-primary-202612010800")
    assert "Override by Bruno" in changed
    assert "&lt;dentist&gt;" in changed
    assert "instead of Ana" in changed
    # what is left of the planned turn goes on around it
    assert "Mon 30 Nov 11:00 to Tue 1 Dec 09:00" in details_of(text, "turn-primary-202611301000")
    assert "Wed 2 Dec 09:00 to Fri 4 Dec 17:00" in details_of(text, "turn-primary-202612020800")


def test_a_turn_at_the_edge_tells_its_true_beginning(world, trio):
    text = text_of(browser(trio.ana), "/rota?from=2026-12-07")
    assert "Fri 4 Dec 17:00 to Mon 7 Dec 11:00" in text


def test_every_link_to_a_turn_finds_its_details(world, trio):
    for view in ("weeks", "month", "quarter"):
        text = text_of(browser(trio.carla), f"/rota?view={view}")
        links = set(re.findall(r'href="#(turn-[^"]+)"', text))
        assert links
        assert links <= set(re.findall(r'id="(turn-[^"]+)" popover', text))


def test_only_who_may_change_the_rota_is_offered_to(world, trio):
    assert "/rota/override" not in text_of(browser(trio.ana))
    assert "data-drag" not in text_of(browser(trio.ana))
    lead = text_of(browser(trio.carla))
    assert "Give it to somebody else" in details_of(lead, "turn-primary-202611301000")
    assert "data-drag" in lead


def test_the_form_for_an_override_is_filled_with_what_the_address_names(world, trio):
    query = f"person={trio.ana.pk}&post=backstop&from=2026-12-07T10:00:00%2B00:00&until=2026-12-08T10:00:00%2B00:00"
    text = text_of(browser(trio.carla), f"/rota/override?team=data-infra&{query}")
    assert f'<option value="{trio.ana.pk}" selected>' in text
    assert 'value="2026-12-07T11:00"' in text
    assert 'value="2026-12-08T11:00"' in text
    assert not Override.objects.exists()


@pytest.mark.parametrize(
    "query", ["person=x", "person=99999999999999999999", "post=x", "from=x&until=0001-01-01T00:00"]
)
def test_what_makes_no_sense_in_that_address_is_left_out(world, trio, query):
    assert browser(trio.carla).get(f"/rota/override?team=data-infra&{query}").status_code == 200


def test_every_view_stays_within_fifteen_queries(world, trio):
    for query in ("view=quarter", "view=month&who=mine", "zone=Asia/Tokyo", "view=mine"):
        assert len(queries_of(browser(trio.carla), f"/rota?{query}")) <= 15, query
