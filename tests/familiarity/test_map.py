"""The map of a team: recorded with the work itself, once, and placed anew when the policy names other areas."""

from datetime import timedelta

import pytest

from hausmeister.engine import past
from hausmeister.familiarity import operations, queries
from hausmeister.familiarity.models import Touch
from hausmeister.familiarity.operations import Work
from hausmeister.familiarity.rules import Kind
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting
from hausmeister.team.operations import as_actor
from tests import builders
from tests.web.visitors import browser, queries_of

NOW = builders.moment("2026-03-03 12:00")


def worked(trio, person, subject, clue, *, kind=Kind.PAGE, at=NOW):
    operations.record(trio.team.pk, [Work(kind, subject, (person.pk,), (clue,), at)])


def steps(trio, area, *, now=NOW):
    found = queries.map_of(trio.team, now=now)
    return {one.person.name: int(found.area(area).of(one.person_id).step) for one in found.members}


def test_the_same_work_twice_makes_nobody_know_more(trio):
    for _time in range(7):
        worked(trio, trio.ana, "page:1", "kafka lag")
    assert steps(trio, "ingestion") == {"Ana": 1, "Bruno": 0, "Carla": 0}


def test_who_closes_pages_of_an_area_comes_to_know_it_and_forgets_again(trio):
    for number in range(6):
        worked(trio, trio.ana, f"page:{number}", "kafka lag")
    assert steps(trio, "ingestion")["Ana"] == 3
    assert steps(trio, "ingestion", now=NOW + timedelta(days=250))["Ana"] == 2
    assert steps(trio, "ingestion", now=NOW + timedelta(days=3000))["Ana"] == 1


def test_a_renamed_area_keeps_what_was_done_in_it(trio):
    worked(trio, trio.ana, "page:1", "kafka lag")
    builders.policy_with(trio.team, ("ingestion = [", "streams = ["))
    assert operations.place(NOW) == 1
    assert operations.place(NOW) == 0
    assert steps(trio, "streams")["Ana"] == 1


def test_what_fits_no_area_is_listed_for_a_lead(trio):
    worked(trio, trio.ana, "page:1", "the frobnicator stutters")
    assert [one.clues for one in queries.unplaced(trio.team)] == ["the frobnicator stutters"]


def close(world, person):
    page = Page.objects.get(closed_at=None, is_test=False)
    acting.close(page.pk, by=as_actor(person), person=person, reason="mended", now=world.now)
    return page


def test_closing_a_page_teaches_its_area_and_an_escalation_makes_a_pair(world, trio):
    world.fire("Kafka consumer is stuck", severity="critical")
    world.tick()
    page = Page.objects.get(closed_at=None, is_test=False)
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    acting.escalate(page.pk, by=trio.ana, now=world.now)
    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)
    world.tick()
    world.forget()
    close(world, trio.bruno)
    touches = sorted((one.person.name, one.kind, one.area) for one in Touch.objects.all())
    assert touches == [
        ("Ana", "pair", "ingestion"), ("Bruno", "page", "ingestion"), ("Bruno", "pair", "ingestion"),
    ]  # fmt: skip


def test_looking_into_the_past_twice_finds_the_same(world, trio):
    world.fire("Kafka consumer is stuck", severity="critical")
    world.tick()
    world.forget()
    close(world, trio.ana)
    Touch.objects.all().delete()
    assert past.backfill(trio.team) == 1
    past.backfill(trio.team)
    assert Touch.objects.get().person == trio.ana


def test_the_map_asks_the_same_few_questions_for_a_large_team(world, trio, django_assert_max_num_queries):
    for number in range(40):
        worked(trio, trio.bruno, f"page:{number}", "kafka lag", at=world.now)
    with django_assert_max_num_queries(3):
        queries.map_of(trio.team, now=world.now)


@pytest.mark.parametrize("by", ["", "person"])
def test_the_screen_names_thin_areas_first_and_people_by_name(world, trio, by):
    for number in range(6):
        worked(trio, trio.bruno, f"page:{number}", "kafka lag", at=world.now)
    answer = browser(trio.ana).get(f"/familiarity?by={by}")
    text = " ".join(answer.content.decode().split())
    assert "only Bruno knows it" in text
    assert text.index("only Bruno knows it") < text.index("Order")
    assert "You have never handled ingestion; Bruno has, and backs you" in text


def test_the_screen_stays_within_its_budget(world, trio):
    worked(trio, trio.bruno, "page:1", "kafka lag", at=world.now)
    assert len(queries_of(browser(trio.ana), "/familiarity")) <= 15


def test_now_fetches_what_could_be_learned_apart_from_what_needs_somebody(world, trio):
    for number in range(6):
        worked(trio, trio.bruno, f"page:{number}", "kafka lag", at=world.now)
    ana = browser(trio.ana)
    assert 'hx-get="/familiarity/next"' in ana.get("/").content.decode()
    assert "You have never handled ingestion; Bruno has" in ana.get("/familiarity/next").content.decode()
    assert browser(trio.bruno).get("/familiarity/next").content == b""
