"""Cover over several duties never merges them: a property of the duties' resolver, whoever covers and for how long."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from hausmeister.rota.queries import Book, weekly_duties
from hausmeister.rota.rules.foresight import Held, Stretch, Who
from hausmeister.rota.rules.resolving import Facts, PlannedShift, Substitution
from hausmeister.rota.rules.shifts import shifts
from hausmeister.rota.rules.slots import Post, slots_between
from hausmeister.team.models import Person, Team
from hausmeister.team.policy import reading
from tests.harness import at

WEEKS = 4
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")
# the clocks of the first two zones change within these weeks
BEGINS = at("2026-10-14 00:00")
PEOPLE = {number: Person(pk=number, name=f"P{number}", email=f"p{number}@example.org") for number in range(1, 6)}

covers = st.lists(
    st.tuples(st.sampled_from(list(Post)), st.integers(1, 5), st.integers(0, 24 * 21), st.integers(1, 24 * 28)),
    max_size=3,
)  # fmt: skip


def book(zone_name, given_covers):
    """Return four weeks in which nothing changes hands but by these covers: post, person, first hour, hours."""
    team = Team(pk=7, slug="t", name="T", zone_name=zone_name)
    policy = reading.default()
    duties = weekly_duties(policy)
    ends_at = BEGINS + timedelta(weeks=WEEKS)
    planned = [
        PlannedShift(slot, post, 1 + place % 2 * 2 + (post is Post.BACKSTOP))
        for place, slot in enumerate(slots_between(duties, ZoneInfo(zone_name), BEGINS, ends_at))
        for post in Post
    ]
    over = [
        Substitution(number, post, begin, begin + timedelta(hours=hours), person)
        for number, (post, person, first, hours) in enumerate(given_covers, start=1)
        for begin in [BEGINS + timedelta(hours=first)]
    ]
    return Book(team, policy, duties, Facts(planned, over, reserves=[5, 4, 3]), PEOPLE, BEGINS, ends_at)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(ZONES), covers)
def test_each_duty_stays_one_of_its_own_whoever_covers_how_many_of_them(zone_name, given_covers):
    of = book(zone_name, given_covers)
    slots = list(slots_between(of.duties, of.team.zone, BEGINS, of.ends_at))
    told = of.timeline(BEGINS, of.ends_at)
    for slot in slots:
        inside = [one for one in told if one.starts_at < slot.ends_at and slot.starts_at < one.ends_at]
        # no stretch runs from one duty into the next, and each says which duty it is a part of
        assert all((one.duty.duty, one.duty.starts_at, one.duty.ends_at) == (slot.duty, slot.starts_at, slot.ends_at)
                   for one in inside)  # fmt: skip
        assert inside[0].starts_at == max(slot.starts_at, BEGINS)
        assert inside[-1].ends_at == min(slot.ends_at, of.ends_at)
    assert len({one.duty.starts_at for one in told}) == len(slots)
    # where no cover is, everything is as planned
    plain = book(zone_name, [])
    for one in told:
        if not any(sub.contains(one.starts_at) for sub in of.facts.substitutions):
            assert one.duty.primary == plain.at(one.starts_at).primary
            assert one.duty.backstop == plain.at(one.starts_at).backstop


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), st.sampled_from(list(Post)), st.integers(0, 24 * 10), st.integers(24 * 4, 24 * 17))
def test_who_covers_several_duties_in_one_go_has_a_shift_for_each(zone_name, post, first, hours):
    of = book(zone_name, [(post, 5, first, hours)])
    begin, end = BEGINS + timedelta(hours=first), BEGINS + timedelta(hours=first + hours)
    covered = [one for one in slots_between(of.duties, of.team.zone, BEGINS, of.ends_at)
               if one.starts_at < end and begin < one.ends_at]  # fmt: skip
    found = [one for one in shifts(map(_stretch, of.timeline(BEGINS, of.ends_at))) if one.person.person_id == 5]
    spans = [(max(one.starts_at, begin, BEGINS), min(one.ends_at, end, of.ends_at)) for one in covered]
    assert [(one.starts_at, one.ends_at) for one in found] == spans
    assert {one.post for one in found} == {post}


def _stretch(one):
    duty = one.duty
    primary, backstop = (
        Held(post, held.title, Who(held.person.pk, held.person.name), None)
        for post, held in ((Post.PRIMARY, duty.primary), (Post.BACKSTOP, duty.backstop))
    )
    return Stretch(
        7, "T", "t", duty.starts_at, duty.ends_at, one.starts_at, one.ends_at, primary=primary, backstop=backstop
    )  # fmt: skip


def test_the_four_weeks_hold_a_clock_change():
    berlin = ZoneInfo("Europe/Berlin")
    assert BEGINS.astimezone(berlin).utcoffset() != (BEGINS + timedelta(weeks=WEEKS)).astimezone(berlin).utcoffset()
    assert BEGINS.date() == date(2026, 10, 14)
