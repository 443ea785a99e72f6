"""A draft until it is published: asked with the facts of that moment, taken by an engine, taken again, thrown away."""

from datetime import date, timedelta

import pytest

from hausmeister.journal.models import Entry
from hausmeister.rota import operations as rota
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planner import files
from hausmeister.rota.planner.instance import Role, Slot
from hausmeister.rota.planning import drafts, snapshot
from hausmeister.rota.planning.drafts import DraftMoved, DraftRefused, Wanted
from hausmeister.rota.planning.rules.states import DraftState, Flavour
from hausmeister.rota.rules.slots import Post
from tests import builders
from tests.builders import CONSOLE
from tests.rota.planning.crew import FIRST, crew, ready


def ask(of, *, first_week=FIRST, weeks=4, now, **more):
    return drafts.ask(of.team, Wanted(first_week, weeks, **more), by=CONSOLE, person=of.hana, now=now)


@pytest.mark.parametrize(
    ("wanted", "field", "words"),
    [
        (Wanted(date(2026, 11, 16), 4), "first_week", "has begun; a plan begins on 30 Nov 2026"),
        (Wanted(date(2026, 11, 23), 4), "first_week", "has begun"),
        (Wanted(date(2026, 12, 8), 4), "first_week", "is no Monday"),
        (Wanted(date(2028, 1, 3), 4), "first_week", "within a year"),
        (Wanted(FIRST, 0), "weeks", "1 to 52 weeks"),
        (Wanted(FIRST, 53), "weeks", "1 to 52 weeks"),
        (Wanted(FIRST, 4, budget_s=0), "budget_s", "1 to 120 seconds"),
        (Wanted(FIRST, 4, tolerance_percent=11), "tolerance_percent", "0 to 10 %"),
        (Wanted(FIRST, 4, seed=-1), "seed", "from 0 on"),
    ],
)
def test_a_draft_that_makes_no_sense_is_refused_by_its_field(world, crew, wanted, field, words):
    with pytest.raises(DraftRefused, match=words) as refused:
        drafts.ask(crew.team, wanted, by=CONSOLE, person=None, now=world.now)
    assert refused.value.field == field
    assert not Draft.objects.exists()


def test_a_team_whose_policy_the_planner_does_not_know_is_told_so(world, crew):
    builders.policy_with(crew.team, ("strictly_more_experience = true ", "strictly_more_experience = false "))
    with pytest.raises(DraftRefused, match="this policy allows equals"):
        ask(crew, now=world.now)


def test_a_team_without_anybody_on_duty_is_told_so(world):
    empty = crew(slug="empty", plan=False)
    empty.team.memberships.update(takes_duty=False)
    with pytest.raises(DraftRefused, match="Nobody of Platform takes duties"):
        ask(empty, now=world.now)


def test_the_inputs_are_the_facts_of_that_moment_and_have_a_name(world, crew):
    rota.record_leave(crew.ada, starts_on=FIRST, ends_on=FIRST, by=CONSOLE, now=world.now)
    draft = ask(crew, now=world.now)
    found = files.instance_from(draft.inputs["instance"])
    assert found.person[crew.key(0)].away[0].bars == frozenset(Slot(0, role) for role in (Role.D, Role.BD))
    assert [found.person[crew.key(place)].experience for place in range(8)] == list(range(1, 9))
    assert found.current is not None
    assert len(found.current.assignments) == 16
    again = ask(crew, now=world.now)
    assert again.inputs_hash == draft.inputs_hash
    crew.team.memberships.filter(person=crew.ben).update(experience=1)
    draft.refresh_from_db()
    assert files.instance_from(draft.inputs["instance"]).person[crew.key(1)].experience == 2
    assert ask(crew, now=world.now).inputs_hash != draft.inputs_hash


def test_frozen_weeks_reach_into_a_plan_that_begins_next_monday(world, crew):
    assert snapshot.inputs(crew.team, first_week=date(2026, 11, 30), weeks=4, now=world.now).instance.frozen_weeks == 1
    assert snapshot.inputs(crew.team, first_week=FIRST, weeks=4, now=world.now).instance.frozen_weeks == 0


def test_tentative_weeks_may_change_at_no_price(world, crew):
    found = snapshot.inputs(crew.team, first_week=date(2027, 2, 15), weeks=3, now=world.now)
    assert found.instance.current is not None
    # 23 November and twelve more weeks are published
    assert {one.week for one in found.instance.current.assignments} == {0}


def test_an_override_counts_for_who_really_served(world, crew):
    shift = crew.team.shifts.get(week=date(2026, 11, 23), duty="weekend", post="primary")
    taken = set(crew.team.shifts.filter(week=shift.week).values_list("person_id", flat=True))
    other = next(one for one in crew.people if one.pk not in taken)
    rota.add_override(
        crew.team, post=Post.PRIMARY, person=other, starts_at=shift.starts_at, ends_at=shift.ends_at, reason="",
        by=CONSOLE, now=world.now, even_if_outranked=True,
    )  # fmt: skip
    found = snapshot.inputs(crew.team, first_week=date(2026, 11, 30), weeks=1, now=world.now).instance
    assert found.person[f"p{other.pk}"].history.w == 1
    assert found.person[f"p{shift.person_id}"].history.w == 0


def test_one_engine_at_a_time_and_another_when_the_first_died(world, crew):
    draft = ask(crew, now=world.now)
    claimed = drafts.claim(by="one", now=world.now)
    assert claimed is not None
    assert claimed.pk == draft.pk
    assert drafts.claim(by="two", now=world.now + timedelta(seconds=44)) is None
    assert drafts.beat(draft.pk, by="one", now=world.now + timedelta(seconds=30), progress={"tier": "fair"})
    assert drafts.claim(by="two", now=world.now + timedelta(seconds=50)) is None
    later = world.now + timedelta(seconds=80)
    assert drafts.claim(by="two", now=later) is not None
    assert not drafts.beat(draft.pk, by="one", now=later)
    assert not drafts.finish(draft, {"assignments": []}, by="one", now=later)
    draft.refresh_from_db()
    assert (draft.state, draft.claimed_by, draft.attempts) == (DraftState.SOLVING, "two", 2)


def test_a_draft_that_kills_every_engine_has_failed_and_says_so(world, crew):
    draft = ask(crew, now=world.now)
    for turn in range(3):
        assert drafts.claim(by=f"engine {turn}", now=world.now + turn * drafts.LEASE) is not None
    assert drafts.claim(by="engine 4", now=world.now + 3 * drafts.LEASE) is None
    draft.refresh_from_db()
    assert draft.state == DraftState.FAILED
    assert "started 3 times" in draft.problem


def test_whoever_works_on_a_discarded_draft_cannot_bring_it_back(world, crew):
    draft = ask(crew, now=world.now)
    assert drafts.claim(by="one", now=world.now) is not None
    drafts.discard(draft, by=CONSOLE, now=world.now)
    drafts.discard(draft, by=CONSOLE, now=world.now)
    assert not drafts.finish(draft, {"assignments": []}, by="one", now=world.now)
    draft.refresh_from_db()
    assert draft.state == DraftState.DISCARDED
    assert Entry.objects.filter(verb="rota.plan_discarded").count() == 1


def test_three_plans_side_by_side_have_the_same_inputs(world, crew):
    found = drafts.compare(crew.team, Wanted(FIRST, 4), by=CONSOLE, person=crew.hana, now=world.now)
    assert [one.flavour for one in found] == list(Flavour)
    assert len({(one.bundle, one.inputs_hash) for one in found}) == 1


def test_a_team_cannot_fill_the_queue(world, crew):
    for _ in range(2):
        drafts.compare(crew.team, Wanted(FIRST, 4), by=CONSOLE, person=crew.hana, now=world.now)
    with pytest.raises(DraftRefused, match="wait for the planner already"):
        ask(crew, now=world.now)


def test_a_published_plan_cannot_be_discarded(world, crew):
    draft = ready(crew, now=world.now)
    Draft.objects.filter(pk=draft.pk).update(state=DraftState.PUBLISHED, published_at=world.now)
    with pytest.raises(DraftMoved, match="is published"):
        drafts.discard(draft, by=CONSOLE, now=world.now)
