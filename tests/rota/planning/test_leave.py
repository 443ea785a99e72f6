"""The instant answer to "may I be away then?"."""

from datetime import date, timedelta

from hausmeister.journal.models import Entry
from hausmeister.rota.models import Shift
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planning.leave import Verdict, answers
from hausmeister.rota.planning.rules.states import Purpose
from hausmeister.team.models import Leave
from tests import builders
from tests.builders import CONSOLE
from tests.rota.planning.crew import FIRST, alternating, stand
from tests.web.visitors import browser


def ask(person, starts_on, ends_on, world):
    return answers(person, starts_on=starts_on, ends_on=ends_on, by=CONSOLE, now=world.now)


def free_days(crew, person):
    """Return two days after the frozen weeks on which the person has no duty."""
    busy = list(Shift.objects.filter(team=crew.team, person=person))
    day = FIRST
    while any(one.starts_at.date() <= day + timedelta(days=2) and one.ends_at.date() >= day for one in busy):
        day += timedelta(days=1)
    return day, day + timedelta(days=1)


def test_days_that_touch_no_duty_are_fine_at_once_and_nothing_is_stored(world, crew):
    (answer,) = ask(crew.eva, *free_days(crew, crew.eva), world)
    assert answer.verdict is Verdict.FINE
    assert not Leave.objects.exists()
    assert not Draft.objects.exists()


def test_days_that_touch_a_duty_name_who_could_take_it_with_everything_else_staying(world, crew):
    stand(crew, alternating(crew, 12))
    week = date(2026, 12, 14)
    (answer,) = ask(crew.cem, week, week + timedelta(days=1), world)
    assert answer.verdict is Verdict.CHANGES
    # Eva and Finn have no duty in these weeks, and Finn had fewer before; Ada, Ben and Dia have one too near
    assert [(cover.title, cover.week, cover.name) for cover in answer.covers] == [("Hausmeister", week, "Finn Moe")]
    assert not Leave.objects.exists()


def test_weeks_that_nobody_has_planned_are_a_question_to_the_planner(world, crew):
    far = date(2027, 4, 5)
    (answer,) = ask(crew.ada, far, far + timedelta(days=4), world)
    assert answer.verdict is Verdict.ASKED
    draft = Draft.objects.get()
    assert (draft.purpose, draft.budget_s, draft.asked_by) == (Purpose.LEAVE, 5, crew.ada)
    assert draft.first_week + timedelta(weeks=draft.weeks) > far + timedelta(days=4)


def test_a_duty_that_no_single_person_can_take_needs_a_few_changes_that_are_all_named(world, crew):
    # everybody but Ada, Ben and Hana is away in that week: nobody else could be on duty
    week = date(2026, 12, 14)
    for person in crew.people[2:7]:
        Leave.objects.create(person=person, starts_on=week, ends_on=week + timedelta(days=6), created_at=world.now)
    Shift.objects.filter(week=week, duty="hausmeister", post="primary").update(person=crew.ada)
    Shift.objects.filter(week=week, duty="weekend", post="primary").update(person=crew.ben)
    Shift.objects.filter(week=week, post="backstop").update(person=crew.hana)
    (answer,) = ask(crew.ada, week, week, world)
    assert answer.verdict is Verdict.CHANGES
    assert len(answer.covers) > 1
    assert (answer.covers[0].title, answer.covers[0].week) == ("Hausmeister", week)
    assert not Draft.objects.exists()


def test_a_duty_for_which_nobody_would_be_there_is_impossible_at_once_and_says_which(world, crew):
    stand(crew, alternating(crew, 12))
    week = date(2026, 12, 14)
    for person in crew.people[:2] + crew.people[3:]:
        Leave.objects.create(person=person, starts_on=week, ends_on=week + timedelta(days=1), created_at=world.now)
    (answer,) = ask(crew.cem, week, week + timedelta(days=1), world)
    assert answer.verdict is Verdict.IMPOSSIBLE
    assert answer.reason == "Nobody at all would be there for Hausmeister in the week of 14 Dec."
    assert not Draft.objects.exists()


def test_who_shares_no_duties_gets_no_answer_and_an_unknown_policy_is_said(world, crew):
    viewer = builders.person("Viktor")
    assert ask(viewer, FIRST, FIRST, world) == []
    builders.policy_with(crew.team, ("strictly_more_experience = true ", "strictly_more_experience = false "))
    (answer,) = ask(crew.ada, FIRST, FIRST, world)
    assert (answer.verdict, "allows equals" in answer.reason) == (Verdict.UNKNOWN, True)


def test_the_form_answers_without_storing_and_stores_without_asking(world, crew):
    client = browser(crew.eva)
    first, last = free_days(crew, crew.eva)
    form = {"starts_on": first.isoformat(), "ends_on": last.isoformat()}
    answer = client.post("/leave", {**form, "check": "yes"})
    assert answer.status_code == 200
    assert "Platform: fine" in answer.content.decode()
    assert not Leave.objects.exists()
    assert client.post("/leave", form).status_code == 303
    assert Leave.objects.count() == 1
    assert not Entry.objects.filter(verb="rota.plan_asked").exists()


def test_the_planners_answer_is_seen_by_who_asked_alone(world, crew):
    ask(crew.ada, date(2027, 4, 5), date(2027, 4, 9), world)
    draft = Draft.objects.get()
    text = browser(crew.ada).get(f"/leave/answers/{draft.pk}").content.decode()
    assert "the planner looks" in text
    assert browser(crew.ben).get(f"/leave/answers/{draft.pk}").status_code == 404
    assert browser(crew.hana).get(f"/rota/plan/{draft.pk}").status_code == 200
    assert f"/rota/plan/{draft.pk}" not in browser(crew.hana).get("/rota/plan").content.decode()
