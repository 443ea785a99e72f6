"""Whatever is overridden and whoever is away: a feed says what the resolver says, in every zone, over both changes."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from hausmeister.rota import queries
from hausmeister.rota.calendars import serving, sheets
from hausmeister.rota.models import Override
from hausmeister.rota.rules.calendars.stretches import Event, Held, follow, joined
from hausmeister.rota.rules.calendars.subjects import FeedKind, Subject, window
from hausmeister.team.models import Leave
from tests import builders
from tests.harness import at

AUTUMN, SPRING = at("2026-10-12 00:00"), at("2027-03-22 00:00")

minutes = st.integers(0, 21 * 24 * 60)
spans = st.tuples(st.sampled_from([AUTUMN, SPRING]), minutes, st.integers(1, 5 * 24 * 60))
overrides = st.lists(st.tuples(spans, st.sampled_from(["primary", "backstop"]), st.integers(0, 2)), max_size=5)
leaves = st.lists(
    st.tuples(st.sampled_from([AUTUMN, SPRING]), st.integers(0, 20), st.integers(0, 6), st.integers(0, 2)), max_size=3
)


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
@given(
    cut=overrides,
    away=leaves,
    asked=st.lists(st.tuples(st.sampled_from([AUTUMN, SPRING]), minutes), min_size=8, max_size=8),
)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_events_of_a_feed_are_the_resolver_s_stretches(db, request, zone, cut, away, asked):
    from django.db import transaction

    from tests.harness import world as begin

    with transaction.atomic(), begin(at("2026-10-05 12:00")) as world:
        built = builders.trio(zone=zone)
        people = list(built.people.values())
        Override.objects.bulk_create(
            Override(
                team=built.team, post=post, person=people[who], starts_at=base + timedelta(minutes=first),
                ends_at=base + timedelta(minutes=first + length), created_at=world.now,
            )
            for (base, first, length), post, who in cut
        )  # fmt: skip
        Leave.objects.bulk_create(
            Leave(
                person=people[who], starts_on=(base + timedelta(days=day)).date(),
                ends_on=(base + timedelta(days=day + length)).date(), created_at=world.now,
            )
            for base, day, length, who in away
        )  # fmt: skip
        _compare(built, world, asked)
        transaction.set_rollback(True)


def _compare(built, world, asked):
    body = serving.publish(Subject(FeedKind.ROTA, built.team.pk), now=world.now).body
    events = Calendar.from_ical(body).walk("VEVENT")
    assert len({str(one["UID"]) for one in events}) == len(events)
    by_post = {
        post: [one for one in sheets.held(built.team, window(world.now.date())) if one.post == post]
        for post in ("primary", "backstop")
    }
    for held in by_post.values():
        # without a hole, without an overlap, and no two that could have been one
        assert all(one.ends_at == other.starts_at for one, other in itertools.pairwise(held))
        assert not any(other.continues(one) for one, other in itertools.pairwise(held))
    read = {(one.start.astimezone(UTC), one.end.astimezone(UTC), str(one["SUMMARY"]).split(" (")[0]) for one in events}
    assert read == {
        (o.starts_at, o.ends_at, f"{o.title}: {o.name or 'nobody'}") for held in by_post.values() for o in held
    }
    for base, offset in asked:
        moment = base + timedelta(minutes=offset)
        duty = queries.on_duty(built.team, at=moment)
        for post, holder in (("primary", duty.primary), ("backstop", duty.backstop)):
            (one,) = (part for part in by_post[post] if part.starts_at <= moment < part.ends_at)
            assert one.person_id == (holder.person.pk if holder.person else None)
    for person in built.people.values():
        mine = Calendar.from_ical(serving.publish(Subject(FeedKind.PERSON, person_id=person.pk), now=world.now).body)
        spans = {(one.start.astimezone(UTC), one.end.astimezone(UTC)) for one in mine.walk("VEVENT")}
        assert spans == {
            (o.starts_at, o.ends_at) for held in by_post.values() for o in held if o.person_id == person.pk
        }


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def part(first_s, last_s, who, *, post="primary", turn="a", beside=()):
    return Held(
        NOON + timedelta(seconds=first_s),
        NOON + timedelta(seconds=last_s),
        turn,
        NOON,
        post,
        "Duty",
        who,
        str(who),
        beside,
    )


def test_the_other_post_changing_cuts_nothing_and_both_names_are_told():
    (one,) = joined([part(0, 60, 1, beside=("B: x",)), part(60, 90, 1, beside=("B: y",))])
    assert (one.starts_at, one.ends_at, one.beside) == (NOON, NOON + timedelta(seconds=90), ("B: x", "B: y"))


def test_the_next_turn_is_another_event_even_with_the_same_person():
    assert len(joined([part(0, 60, 1), part(60, 90, 1, turn="b")])) == 2


def test_a_part_of_less_than_a_second_is_no_event():
    assert [one.person_id for one in joined([part(0, 60.2, 1), part(60.2, 60.7, 2), part(60.7, 90, 1)])] == [1, 1]


def event(uid, summary="x"):
    return Event(uid, summary, "", NOON, NOON + timedelta(hours=1), "UTC")


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=3, unique_by=lambda e: e[0]),
        max_size=12,
    )
)
def test_a_sequence_number_never_goes_back_and_rises_exactly_when_what_is_told_changes(history):
    states, last = {}, {}
    for tick, told in enumerate(history):
        now = NOON + timedelta(minutes=tick)
        states = follow([event(uid, summary) for uid, summary in told], states, now=now)
        for uid, summary in told:
            before = last.get(uid)
            if before is None:
                assert states[uid].sequence == 0
            else:
                said, number, was_there = before
                assert states[uid].sequence == number + (said != summary or not was_there)
            last[uid] = (summary, states[uid].sequence, True)
        for uid in last.keys() - {uid for uid, _ in told}:
            last[uid] = (*last[uid][:2], False)


def test_what_is_long_over_is_forgotten():
    states = follow([event("a")], {}, now=NOON)
    assert "a" in follow([], states, now=NOON + timedelta(days=100))
    assert "a" not in follow([], states, now=NOON + timedelta(days=121))


@pytest.mark.parametrize("today", [date(2026, 11, 23), date(2026, 11, 29), date(2027, 1, 1)])
def test_a_window_holds_ninety_days_back_and_twenty_six_weeks_ahead_and_stands_for_a_week(today):
    found = window(today)
    assert (today - found.first).days >= 90
    assert (found.until - today).days >= 26 * 7
    assert found.first.weekday() == found.until.weekday() == 0
