"""Swaps and cover on the screens, as a browser without JavaScript sends its forms."""

from datetime import timedelta

import pytest
from django.test import Client

from hausmeister.rota.asks.rules import AskKind
from hausmeister.rota.models import Override
from hausmeister.rota.models.asks import Ask
from tests import builders
from tests.rota.asks.stage import Stage
from tests.rota.asks.stage import stage as make
from tests.rota.planning.crew import FIRST


@pytest.fixture
def stage(world) -> Stage:
    found = make(world)
    world.forget()
    return found


def browser(person) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_a_swap_from_my_duties_to_the_others_accept(world, stage):
    ada, cem = browser(stage.crew.ada), browser(stage.crew.cem)
    mine = ada.get("/rota?view=mine").content.decode()
    path = "/rota/swap?team=platform&week=2026-12-07&role=D"
    assert path.replace("&", "&amp;") in mine
    shown = ada.get(path).content.decode()
    assert "Cem Aksoy" in shown
    (key,) = [one.key for one in stage.look(AskKind.SWAP).options if one.must_agree == (stage.crew.cem.pk,)]
    answer = ada.post(path, {"ask": "yes", "keys": [key], "reason": "a concert"})
    ask = Ask.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/rota/asks/{ask.pk}")
    assert "Ada Lund would swap" in cem.get("/rota/asks").content.decode()
    assert "1 waits for your answer" in cem.get("/rota?view=mine").content.decode()
    one = cem.get(f"/rota/asks/{ask.pk}").content.decode()
    assert "a concert" in one
    assert "Accept" in one
    assert "Accept" not in ada.get(f"/rota/asks/{ask.pk}").content.decode()
    done = cem.post(f"/rota/asks/{ask.pk}/accept", {"offer": ask.offers.get().pk})
    assert done.status_code == 303
    assert stage.holder() == stage.crew.cem
    again = cem.post(f"/rota/asks/{ask.pk}/accept", {"offer": ask.offers.get().pk})
    assert again.status_code == 409
    assert "agreed already" in again.content.decode()


def test_a_part_of_a_duty_is_covered_by_whom_the_lead_agrees_for(world, stage):
    (ivo, _) = stage.hire()
    ada, hana = browser(stage.crew.ada), browser(stage.crew.hana)
    path = "/rota/cover?team=platform&week=2026-12-07&role=D"
    assert "Ivo Lang" in ada.get(path).content.decode()
    span = {"starts_at": "2026-12-09T08:00", "ends_at": "2026-12-09T12:00", "reason": ""}
    looked = ada.post(path, {**span, "ask": "no"})
    assert looked.status_code == 200
    assert not Ask.objects.exists()
    assert ada.post(path, {**span, "ask": "yes"}).status_code == 303
    ask = Ask.objects.get()
    offer = next(one for one in ask.offers.all() if one.answers.get().person == ivo)
    for_others = {"offer": offer.pk, "person": ivo.pk}
    assert browser(stage.crew.ada).post(f"/rota/asks/{ask.pk}/accept", for_others).status_code == 403
    assert hana.post(f"/rota/asks/{ask.pk}/accept", for_others).status_code == 303
    assert Override.objects.get(team=stage.team).person == ivo
    # what the others were offered waits for nobody any more
    over = ada.get(f"/rota/asks/{ask.pk}").content.decode()
    assert "no answer yet" not in over
    assert "no answer, none needed any more" in over
    assert "not taken" in over


def test_a_duty_that_cannot_be_swapped_says_why_and_leads_to_cover(world, stage):
    week = FIRST.replace(month=11, day=30)
    answer = browser(stage.holder(week)).get(f"/rota/swap?team=platform&week={week}&role=D")
    assert answer.status_code == 422
    assert "frozen" in answer.content.decode()
    assert "/rota/cover?" in answer.content.decode()


def test_a_duty_that_is_over_can_neither_be_swapped_nor_covered(world, stage):
    past = FIRST - timedelta(weeks=5)
    answer = browser(stage.crew.ada).get(f"/rota/swap?team=platform&week={past}&role=D")
    assert answer.status_code == 422
    assert "I cannot…" not in answer.content.decode()
    assert "My duties" in answer.content.decode()


def test_somebody_elses_duty_is_for_leads(world, stage):
    path = "/rota/cover?team=platform&week=2026-12-07&role=D"
    assert "not yours" in browser(stage.crew.ben).get(path).content.decode()
    assert "For Ada Lund" in browser(stage.crew.hana).get(path).content.decode()


def test_an_ask_is_seen_by_those_it_concerns_and_leads(world, stage):
    ask = stage.swap(stage.crew.ada, stage.crew.cem)
    path = f"/rota/asks/{ask.pk}"
    assert [browser(one).get(path).status_code for one in (stage.crew.ada, stage.crew.cem, stage.crew.hana)] == [
        200
    ] * 3
    assert browser(stage.crew.ben).get(path).status_code == 404
    assert browser(stage.crew.cem).post(f"{path}/withdraw").status_code == 403
    assert browser(stage.crew.ada).post(f"{path}/withdraw").status_code == 303


def test_the_week_after_ones_week_is_the_backlog_week_where_the_policy_says_so(world, stage):
    ada = browser(stage.crew.ada)
    assert "Backlog week" not in ada.get("/rota?team=platform&from=2026-12-14").content.decode()
    builders.policy_with(stage.team, ("backlog_week = false", "backlog_week = true"))
    shown = ada.get("/rota?team=platform&from=2026-12-14").content.decode()
    assert "<dt>Backlog week</dt><dd>Ada Lund</dd>" in shown
    told = builders.caller(stage.team, person=stage.crew.ada).get("/rota?from=2026-12-14T12:00:00Z").json()
    assert told["backlog"][0] == {"week": "2026-12-14", "person": stage.crew.ada.pk, "name": "Ada Lund"}
