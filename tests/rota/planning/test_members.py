"""What planning knows of members: terms by leads, wishes by the person, and what both do at once."""

from datetime import date, timedelta

import pytest

from hausmeister.journal.models import Entry
from hausmeister.rota import operations as rota
from hausmeister.rota.models import Shift
from hausmeister.rota.models.planning import Wish
from hausmeister.rota.planner.instance import Role, Slot
from hausmeister.rota.planning import members, snapshot
from hausmeister.rota.planning.ledger import ledger
from hausmeister.rota.planning.members import WishRefused
from hausmeister.rota.planning.rules.terms import BadTerms, Goal, Terms
from tests.builders import CONSOLE
from tests.rota.planning.crew import FIRST


def inputs(crew, world, weeks=4):
    return snapshot.inputs(crew.team, first_week=FIRST, weeks=weeks, now=world.now).instance


def test_terms_reach_the_planner(world, crew):
    terms = Terms(60, (4,), "de", "be", ("storage",), (Goal("network", 2),))
    members.change_terms(crew.membership(crew.ada), terms, by=CONSOLE, now=world.now)
    ada = inputs(crew, world).person[crew.key(0)]
    assert (ada.fte, ada.off_weekdays, ada.country) == (60, (4,), "DE-BE")
    assert (ada.expert_in, ada.learning[0].area, ada.learning[0].need) == (frozenset({"storage"}), "network", 2)
    assert date(2026, 12, 25) in inputs(crew, world).holidays["DE-BE"]


def test_a_wrong_country_is_refused_by_its_field_and_nothing_is_stored(world, crew):
    with pytest.raises(BadTerms) as refused:
        members.change_terms(crew.membership(crew.ada), Terms(country="ZZ"), by=CONSOLE, now=world.now)
    assert refused.value.field == "country"
    with pytest.raises(BadTerms) as refused:
        members.change_terms(
            crew.membership(crew.ada), Terms(country="DE", subdivision="ZZ"), by=CONSOLE, now=world.now
        )  # fmt: skip
    assert refused.value.field == "subdivision"
    assert not Entry.objects.filter(verb="terms.changed").exists()


def test_the_last_day_known_ahead_gives_later_duties_to_others_at_once(world, crew):
    last = date(2026, 12, 20)
    moved = members.change_terms(crew.membership(crew.ben), Terms(until_on=last), by=CONSOLE, now=world.now)
    assert moved
    assert not Shift.objects.filter(team=crew.team, person=crew.ben, week__gte=date(2026, 12, 21)).exists()
    found = inputs(crew, world)
    assert found.person[crew.key(1)].employed_to == last


def test_a_must_not_bars_exactly_the_turns_it_touches_and_a_wish_none(world, crew):
    eva = crew.membership(crew.eva)
    far = date(2027, 3, 6)
    members.add_wish(eva, must=True, starts_on=far, ends_on=far, reason="wedding", by=CONSOLE, now=world.now)
    members.add_wish(eva, must=False, starts_on=FIRST, ends_on=FIRST, reason="x", by=CONSOLE, now=world.now)
    found = snapshot.inputs(crew.team, first_week=date(2027, 3, 1), weeks=1, now=world.now).instance
    assert found.person[crew.key(4)].away[0].bars == frozenset({Slot(0, Role.W), Slot(0, Role.BW)})
    assert inputs(crew, world).person[crew.key(4)].prefer_not == frozenset({Slot(0, Role.D)})


def test_the_reason_of_a_wish_is_not_in_the_journal_and_not_in_the_inputs(world, crew):
    members.add_wish(
        crew.membership(crew.eva), must=False, starts_on=FIRST, ends_on=FIRST, reason="chemotherapy", by=CONSOLE,
        now=world.now,
    )  # fmt: skip
    assert "chemotherapy" not in str([entry.facts for entry in Entry.objects.all()])
    assert "chemotherapy" not in str(snapshot.inputs(crew.team, first_week=FIRST, weeks=2, now=world.now).as_json())


def test_a_must_not_comes_too_late_for_a_published_duty(world, crew):
    shift = Shift.objects.filter(team=crew.team, week=FIRST, post="primary", duty="weekend").get()
    day = shift.starts_at.date()
    with pytest.raises(WishRefused, match="which is published"):
        members.add_wish(
            crew.membership(shift.person), must=True, starts_on=day, ends_on=day, reason="", by=CONSOLE, now=world.now
        )  # fmt: skip


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [(5, 4, "comes before"), (-9, -8, "are over"), (5, 80, "60 days at most")],
)
def test_wishes_that_make_no_sense_are_refused(world, crew, starts, ends, words):
    today = world.now.date()
    with pytest.raises(WishRefused, match=words):
        members.add_wish(
            crew.membership(crew.eva), must=False, starts_on=today + timedelta(days=starts),
            ends_on=today + timedelta(days=ends), reason="", by=CONSOLE, now=world.now,
        )  # fmt: skip


def test_a_wish_taken_back_counts_no_more(world, crew):
    wish = members.add_wish(
        crew.membership(crew.eva), must=False, starts_on=FIRST, ends_on=FIRST, reason="", by=CONSOLE, now=world.now
    )  # fmt: skip
    for _ in range(2):
        members.take_back_wish(wish, by=CONSOLE, now=world.now)
    assert inputs(crew, world).person[crew.key(4)].prefer_not == frozenset()
    assert Wish.objects.standing().count() == 0
    assert Entry.objects.filter(verb="wish.taken_back").count() == 1


def test_the_ledger_is_by_name_and_counts_what_is_planned(world, crew):
    told = ledger(crew.team, now=world.now)
    assert [one.name for one in told.accounts] == sorted(one.name for one in crew.people)
    planned = sum(one.entries["D"].planned for one in told.accounts)
    weeks = Shift.objects.filter(team=crew.team, week__gte=told.today_week, duty="hausmeister", post="primary")
    assert planned == weeks.count()
    assert told.accounts[-1].entries["D"].target is None


def test_a_leave_of_four_weeks_takes_its_weeks_out_of_the_share_and_two_weeks_do_not(world, crew):
    rota.record_leave(
        crew.ada, starts_on=FIRST, ends_on=FIRST + timedelta(days=27), by=CONSOLE, now=world.now
    )  # fmt: skip
    rota.record_leave(
        crew.ben, starts_on=FIRST, ends_on=FIRST + timedelta(days=13), by=CONSOLE, now=world.now
    )  # fmt: skip
    kinds = {key: [span.kind for span in one.away] for key, one in inputs(crew, world).person.items()}
    assert (kinds[crew.key(0)], kinds[crew.key(1)]) == (["leave"], ["holiday"])
