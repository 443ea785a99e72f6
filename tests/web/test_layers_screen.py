"""The layers of a schedule on screens: what a rotation would bring is shown before it is stored."""

from datetime import datetime

import pytest

from hausmeister.journal.models import Entry
from hausmeister.rota.models import Layer, Participant, Schedule
from hausmeister.rota.queries import schedules as queries
from tests import builders
from tests.rota.test_schedule_api import SUPPORT
from tests.web.visitors import browser, queries_of

NEW = "/rota/schedules/nights/layer?team=data-infra"


@pytest.fixture
def schedule(trio):
    lead = builders.caller(trio.team, person=trio.carla)
    assert lead.post("/schedules", SUPPORT).status_code == 201
    return Schedule.objects.get()


def form_of(trio, **changed):
    return {
        "name": "Lunch", "unit": "daily", "length": "1", "hand_off": "12:00", "weekday": "0", "month_day": "1",
        "starts_at": "2026-11-23T12:00", "ends_at": "", "only": "12:00-13:00", "turn_1": str(trio.bruno.pk),
        "turn_2": "nobody", **changed,
    }  # fmt: skip


def counts():
    return Layer.objects.count(), Participant.objects.count(), Entry.objects.count()


def text_of(answer):
    return " ".join(answer.content.decode().split())


def test_a_preview_shows_the_next_weeks_and_stores_nothing(world, trio, schedule):
    before = counts()
    answer = browser(trio.carla).post(NEW, form_of(trio, do="preview"))
    assert answer.status_code == 200
    text = text_of(answer)
    assert "The next four weeks, as they would be" in text
    assert "Bruno, Wed 12:00 to Wed 13:00: Lunch: by turn" in text
    assert 'value="store"' in text
    assert counts() == before
    assert "Lunch" not in browser(trio.carla).get("/rota/schedules/nights").content.decode()


def test_a_rotation_is_stored_on_top_and_the_schedule_shows_it(world, trio, schedule):
    client = browser(trio.carla)
    answer = client.post(NEW, form_of(trio, do="store"))
    assert (answer.status_code, answer["Location"]) == (303, "/rota/schedules/nights?team=data-infra")
    text = text_of(client.get("/rota/schedules/nights"))
    assert "Bruno, nobody take turns daily, hand-off 12:00; only 12:00–13:00" in text
    assert text.index("<dt>Lunch</dt>") < text.index("<dt>Nights</dt>")
    noon = datetime.fromisoformat("2026-11-25T12:30+01:00")
    assert [one.name for one in queries.schedule_on_call(schedule, at=noon).people] == ["Bruno"]


def test_the_form_holds_a_layer_as_it_stands_and_stored_untouched_nothing_moves(world, trio, schedule):
    client = browser(trio.carla)
    layer = Layer.objects.get(name="Nights")
    address = f"{NEW}&layer={layer.pk}"
    form = client.get(address).context["form"]
    filled = {
        name: value for name in form.fields
        if (value := form[name].value()) not in (None, "")
    }  # fmt: skip
    filled["hand_off"] = "12:00"
    assert filled["only"] == "22:00-06:00"
    span = {"starts_at": world.now, "ends_at": datetime.fromisoformat("2026-12-20T00:00+01:00")}
    before = [(one.starts_at, one.names) for one in queries.schedule_timeline(schedule, **span).final]
    assert client.post(address, {**filled, "do": "store"}).status_code == 303
    after = [(one.starts_at, one.names) for one in queries.schedule_timeline(schedule, **span).final]
    assert after == before
    layer.refresh_from_db()
    assert layer.until_at == world.now


def test_a_layer_is_ended_and_its_past_stays(world, trio, schedule):
    layer = Layer.objects.get(name="Nights")
    client = browser(trio.carla)
    address = f"/rota/schedules/nights/layers/{layer.pk}/end?team=data-infra"
    assert client.get(address).status_code == 405
    assert client.post(address).status_code == 303
    assert "<dt>Nights</dt>" not in client.get("/rota/schedules/nights").content.decode()
    assert Layer.objects.get(pk=layer.pk).until_at == world.now
    assert client.post(address).status_code == 404


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"turn_1": "", "turn_2": ""}, "has no participants"),
        ({"turn_1": "999999"}, "Select a valid choice"),
        ({"turn_1": "team:999999"}, "Select a valid choice"),
        ({"length": "0"}, "greater than or equal to 1"),
        ({"only": "whenever"}, "is no restriction"),
        ({"only": "mon 25:00-26:00"}, "is no time of day"),
        ({"starts_at": "1600-01-01T00:00"}, "is a year that no schedule knows"),
        ({"ends_at": "2026-11-22T12:00"}, "it must end later"),
        ({"hand_off": "late"}, "Enter a valid time"),
        ({"name": ""}, "This field is required"),
        ({"unit": "yearly"}, "Select a valid choice"),
    ],
)
@pytest.mark.parametrize("do", ["preview", "store"])
def test_a_rotation_that_cannot_be_says_why_and_what_was_typed_stays(world, trio, schedule, change, says, do):
    before = counts()
    answer = browser(trio.carla).post(NEW, form_of(trio, do=do, month_day="17", **change))
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert 'value="17"' in answer.content.decode()
    assert counts() == before


def test_hours_that_would_fill_the_preview_are_refused_in_words_or_shown(world, trio, schedule):
    answer = browser(trio.carla).post(NEW, form_of(trio, do="preview", unit="hourly", only=""))
    assert answer.status_code == 200
    assert "stretches in words" in answer.content.decode()


def test_a_layer_that_somebody_ended_meanwhile_is_not_changed(world, trio, schedule):
    layer = Layer.objects.get(name="Nights")
    client = browser(trio.carla)
    Layer.objects.filter(pk=layer.pk).update(until_at=world.now)
    assert client.get(f"{NEW}&layer={layer.pk}").status_code == 404
    assert client.post(f"{NEW}&layer={layer.pk}", form_of(trio, do="store")).status_code == 404


@pytest.mark.parametrize("number", ["x", "0", "99999999999999999999999"])
def test_a_number_that_is_no_layer_is_none(world, trio, schedule, number):
    assert browser(trio.carla).get(f"{NEW}&layer={number}").status_code in {200, 404}


def test_responders_change_no_layer(world, trio, schedule):
    client = browser(trio.ana)
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, form_of(trio, do="store")).status_code == 403
    assert "Add a rotation" not in client.get("/rota/schedules/nights").content.decode()
    assert Layer.objects.count() == 2


def test_a_schedule_that_lost_its_zone_says_so(world, trio, schedule):
    Schedule.objects.update(zone_name="Europe/Atlantis")
    answer = browser(trio.carla).get(NEW)
    assert answer.status_code == 422
    assert "Europe/Atlantis" in answer.content.decode()


def test_the_form_and_the_preview_stay_within_their_queries(world, trio, schedule):
    assert len(queries_of(browser(trio.carla), NEW)) <= 15
