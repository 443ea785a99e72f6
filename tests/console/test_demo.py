"""The demo: lived in, the same in shape at every hour, and quiet until somebody pages."""

import stat

import pytest

from hausmeister.console.demo import cast, loading
from hausmeister.incidents import queries as incidents
from hausmeister.incidents.models import Incident
from hausmeister.journal.models import Entry
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import State
from hausmeister.pager.models import Page, PageState
from hausmeister.rota import queries as rota
from hausmeister.rota.models import Override
from hausmeister.team.models import Installation, Leave, Membership, Person, Team
from tests import builders, harness
from tests.harness import at

AWKWARD_MOMENTS = [
    "2026-11-24 02:00",  # a night
    *(
        pytest.param(moment, marks=pytest.mark.slow)
        for moment in (
            "2026-11-24 13:30",  # in working hours
            "2026-11-27 15:58",  # two minutes before the hand-off to the weekend
            "2026-11-29 11:00",  # a Sunday
            "2026-11-30 10:03",  # three minutes after the Monday hand-off
            "2026-11-30 07:59",  # a minute before working hours begin, which soft pages wait for
            "2027-03-28 01:30",  # Berlin just skipped an hour
            "2026-10-25 00:30",  # Berlin is about to have an hour twice
            "2026-12-31 23:30",
        )
    ),
]


@pytest.fixture
def demo(db, request):
    """The demo as it is loaded at a moment, and the world going on from there."""
    with harness.world(at(request.param)) as told:
        loading.load(now=told.now)
        yield told


@pytest.mark.parametrize("demo", AWKWARD_MOMENTS, indirect=True)
def test_it_looks_lived_in_at_every_hour_and_rings_nobody_by_itself(demo):
    assert [team.slug for team in Team.objects.order_by("id")] == ["data-infra", "streaming"]
    assert Team.objects.values("zone_name").distinct().count() == 2
    states = [page.state for page in Page.objects.open()]
    assert states.count(PageState.ACKNOWLEDGED) >= 1
    assert PageState.FIRING not in states
    assert sum(state in {PageState.WAITING, PageState.SNOOZED} for state in states) >= 2
    closed = Page.objects.exclude(closed_at=None).filter(is_test=False)
    assert closed.filter(is_storm=True).exists()
    assert closed.filter(steps_done__gte=2).exists()
    verbs = set(Entry.objects.values_list("verb", flat=True))
    assert {
        "page.opened", "page.acknowledged", "page.escalated", "page.climbed", "page.noted", "page.closed",
        "message.sent", "override.added", "leave.recorded",
    } <= verbs  # fmt: skip
    assert not Entry.objects.filter(at__gt=demo.now).exists()
    assert not Message.objects.filter(state__in=[State.PENDING, State.CLAIMED]).exists()
    assert Override.objects.filter(ends_at__gt=demo.now).exists()
    assert Leave.objects.filter(ends_on__gt=demo.now.date()).exists()
    incident = Incident.objects.get()
    assert (incident.state, incident.needs_review, incident.comms is not None) == ("over", True, True)
    assert {one.fate.state for one in incidents.told(incident)} == {"sent"}
    assert any(line.kind == "page" for line in incidents.timeline(incident))
    demo.tick()
    demo.expect_none()
    # and then a page calls whoever is on duty, at once
    demo.key = loading.kept_secrets().key
    duty = rota.on_duty(Team.objects.get(slug="data-infra"), at=demo.now)
    demo.fire("Dataset billing_cycles built with 0 rows", severity="critical")
    demo.tick()
    demo.expect("email", duty.primary.person.name)
    demo.expect_none()


@pytest.mark.parametrize("demo", ["2026-11-24 13:30"], indirect=True)
def test_everybody_can_sign_in_with_the_one_password_that_lies_closed_to_others(demo):
    secrets = loading.kept_secrets()
    assert Person.objects.count() == sum(len(team.members) for team in cast.TEAMS)
    for person in Person.objects.all():
        assert person.check_password(secrets.password)
    assert stat.S_IMODE(loading.secrets_file().stat().st_mode) == 0o600
    assert Installation.objects.get().is_demo
    assert set(Membership.objects.values_list("role", flat=True)) == {"lead", "responder", "viewer"}


def test_it_is_never_mixed_with_people_who_are_there(world, run):
    builders.trio()
    assert "empty one" in run("demo", code=1).output
    assert Team.objects.count() == 1


def test_only_a_demo_is_emptied(world, run):
    builders.trio()
    assert "does not hold the demo" in run("demo", "--reset", code=1).output
    assert Team.objects.count() == 1


def test_a_load_that_breaks_leaves_nothing_behind(world, monkeypatch):
    def broken(_secrets):
        raise OSError("disk full")

    monkeypatch.setattr(loading, "keep", broken)
    with pytest.raises(OSError, match="disk full"):
        loading.load(now=world.now)
    assert loading.is_empty()
    assert not Page.objects.exists()
