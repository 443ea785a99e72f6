"""Hand-offs in the figures: accepted in time, late, not at all, and what does not count."""

from datetime import timedelta

import pytest

from hausmeister.handoff.models import Handoff
from hausmeister.insights import hand_offs
from tests.harness import at

MOVED = at("2026-11-20 16:00")
HOUR = timedelta(hours=1)


@pytest.fixture
def handed(world, trio):
    """Return how to store a hand-off from Ana to Bruno that moved so many days later."""

    def store(days=0, **more):
        moved = MOVED + timedelta(days=days)
        return Handoff.objects.create(**{
            "team": trio.team, "at": moved, "outgoing": trio.ana, "incoming": trio.bruno, "title_from": "a",
            "title_to": "b", "triage_from": True, "triage_to": False, "since_at": moved - 5 * HOUR,
            "drafted_at": moved - HOUR, "looked_at": moved, "moved_at": moved, "raise_at": moved + HOUR / 2, **more,
        })  # fmt: skip

    return store


def rows(trio):
    found = hand_offs.figure(trio.team, MOVED - HOUR, MOVED + timedelta(days=6))
    return dict(found.rows) if found else None


def test_a_span_in_which_no_duty_changed_hands_has_no_figure(trio, handed):
    handed(days=30)
    assert rows(trio) is None


def test_each_hand_off_counts_once_by_what_became_of_it(trio, handed):
    handed(0, accepted_at=MOVED + HOUR / 4, accepted_by=trio.bruno)
    late = MOVED + timedelta(days=1)
    handed(1, accepted_at=late + HOUR, accepted_by=trio.carla, raised_at=late + HOUR / 2)
    handed(2, raised_at=MOVED + timedelta(days=2, hours=1), overtaken_at=MOVED + timedelta(days=4))
    handed(4)
    # drafts, cancelled ones and whoever hands over to themselves are nobody's to accept
    handed(5, moved_at=None)
    handed(5, cancelled_at=MOVED, at=MOVED + timedelta(days=5, hours=1))
    handed(5, incoming=trio.ana, at=MOVED + timedelta(days=5, hours=2))
    told = rows(trio)
    assert told is not None
    assert list(told.values()) == [1, 1, 1, 1]


def test_the_screen_shows_it_and_leads_to_the_hand_offs(trio, handed):
    from tests.web.visitors import browser

    handed(0, accepted_at=MOVED + HOUR / 4, accepted_by=trio.bruno)
    page = browser(trio.carla).get("/insights").content.decode()
    assert "accepted in time" in page
    assert 'href="/handoff/archive"' in page
