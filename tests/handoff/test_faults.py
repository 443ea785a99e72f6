"""What goes wrong at a change of duty: each has a named state and a clear message, and nothing is lost."""

from datetime import timedelta

import pytest

from hausmeister.base.priority import Priority
from hausmeister.handoff import queries, risks
from hausmeister.handoff.models import Handoff, HandoffItem, Watch
from hausmeister.handoff.operations import accepting, editing, moving, watching
from hausmeister.handoff.risks import Provider, Risk
from hausmeister.handoff.rules.states import HandoffState, ThingKind
from hausmeister.incidents.models import Incident, Offer
from hausmeister.incidents.operations import open_incident
from hausmeister.issues.models import Issue
from hausmeister.issues.operations import working
from hausmeister.issues.operations.working import Wish
from hausmeister.journal.models import Entry
from hausmeister.rota import operations as rota
from hausmeister.rota.models import Shift
from hausmeister.rota.rules.slots import Post
from hausmeister.team.models import Membership, Person
from hausmeister.team.operations import as_actor, members
from hausmeister.triage import operations as triage
from hausmeister.triage.models import Item
from hausmeister.triage.operations import acting as items
from hausmeister.triage.rules.states import Source
from hausmeister.triage.shapes import Taken
from tests import builders
from tests.harness import at

FRIDAY, MONDAY = at("2026-11-27 16:00"), at("2026-11-30 10:00")


@pytest.fixture
def weekend(world, trio):
    """Ana until Friday, Bruno over the weekend, Ana again; Carla behind."""
    builders.on_duty(trio.team, primary=trio.ana, backstop=trio.carla)
    Shift.objects.filter(team=trio.team, post="primary", duty="weekend").update(person=trio.bruno)
    look(world, trio, FRIDAY - timedelta(hours=2))
    return trio


def look(world, trio, moment):
    world.now = moment
    done = watching.look(trio.team.pk, now=moment)
    world.tick()
    world.forget()
    return done


def issue(world, trio, title="Commit retries", owner=None):
    wish = Wish(title, "", Priority.P3, owner=owner or trio.ana)
    made = working.open_issue(trio.team, wish, by=as_actor(trio.carla), person=trio.carla, now=world.now)
    world.tick()
    world.forget()
    return made


def test_a_clock_that_ran_ahead_and_was_set_back_hides_no_change(world, weekend):
    Watch.objects.filter(team=weekend.team).update(looked_at=FRIDAY + timedelta(days=2))
    look(world, weekend, FRIDAY - timedelta(minutes=30))
    assert Handoff.objects.standing().filter(at=FRIDAY, moved_at=None).exists()


def test_cover_in_the_middle_of_a_duty_is_a_hand_off_there_and_one_back(world, weekend):
    trio, mine = weekend, issue(world, weekend)
    begins, ends = MONDAY + timedelta(hours=24), MONDAY + timedelta(hours=30)
    look(world, trio, MONDAY + timedelta(hours=1))
    rota.add_override(
        trio.team, post=Post.PRIMARY, person=trio.bruno, starts_at=begins, ends_at=ends, reason="dentist",
        by=as_actor(trio.carla), now=world.now, even_if_outranked=True,
    )  # fmt: skip
    look(world, trio, begins - timedelta(minutes=60))
    assert Handoff.objects.get(at=begins).incoming == trio.bruno
    look(world, trio, begins)
    assert Issue.objects.get(pk=mine.pk).owner == trio.bruno
    look(world, trio, ends - timedelta(minutes=60))
    look(world, trio, ends)
    assert Issue.objects.get(pk=mine.pk).owner == trio.ana
    assert Handoff.objects.get(at=begins).state is HandoffState.OVERTAKEN


def test_a_change_of_the_rota_before_the_time_changes_the_draft_and_tells_who_is_out(world, weekend):
    trio = weekend
    issue(world, trio)
    look(world, trio, FRIDAY - timedelta(minutes=60))
    accepting.accept(Handoff.objects.get().pk, by=trio.bruno, now=world.now)
    Shift.objects.filter(team=trio.team, post="primary", duty="weekend").update(person=trio.carla)
    world.now = FRIDAY - timedelta(minutes=30)
    watching.look(trio.team.pk, now=world.now)
    handoff = Handoff.objects.get()
    assert (handoff.incoming, handoff.state) == (trio.carla, HandoffState.DRAFT)
    assert Entry.objects.filter(subject=handoff.subject, verb="handoff.changed").count() == 1
    # and a change that is gone is taken back: Ana goes on, in the same words as any kept duty
    Shift.objects.filter(team=trio.team, post="primary", duty="weekend").update(person=trio.ana)
    look(world, trio, FRIDAY - timedelta(minutes=20))
    assert Handoff.objects.get().state is HandoffState.KEPT


def test_a_cover_that_is_taken_back_takes_its_draft_back(world, weekend):
    trio = weekend
    begins = MONDAY + timedelta(hours=24)
    look(world, trio, MONDAY + timedelta(hours=1))
    made = rota.add_override(
        trio.team, post=Post.PRIMARY, person=trio.bruno, starts_at=begins, ends_at=begins + timedelta(hours=4),
        reason="", by=as_actor(trio.carla), now=world.now, even_if_outranked=True,
    )  # fmt: skip
    look(world, trio, begins - timedelta(minutes=60))
    rota.cancel_override(made, by=as_actor(trio.carla), now=world.now)
    look(world, trio, begins - timedelta(minutes=50))
    gone = Handoff.objects.get(at=begins)
    assert gone.state is HandoffState.CANCELLED
    with pytest.raises(accepting.NothingToAccept):
        accepting.accept(gone.pk, by=trio.bruno, now=world.now)
    with pytest.raises(editing.TooLateToEdit):
        editing.write_note(gone.pk, "x", seen=None, by=trio.ana, now=world.now)
    look(world, trio, begins)
    assert queries.standing_now(trio.team).at == MONDAY


def test_the_incoming_person_leaves_the_team_and_the_duty_goes_on_at_once(world, weekend):
    trio, mine = weekend, issue(world, weekend)
    look(world, trio, FRIDAY - timedelta(minutes=60))
    look(world, trio, FRIDAY)
    assert Issue.objects.get(pk=mine.pk).owner == trio.bruno
    members.part(Membership.objects.get(person=trio.bruno), by=as_actor(trio.carla), on=world.now.date(), now=world.now)
    look(world, trio, FRIDAY + timedelta(minutes=5))
    newest = queries.standing_now(trio.team)
    assert newest.outgoing == trio.bruno
    assert newest.incoming not in {None, trio.bruno}
    assert newest.is_late or newest.at == world.now
    assert Issue.objects.get(pk=mine.pk).owner == newest.incoming


def test_both_are_away_and_the_rota_has_put_somebody_there(world, weekend):
    trio, mine = weekend, issue(world, weekend)
    day = FRIDAY.date()
    for person in (trio.ana, trio.bruno):
        rota.record_leave(
            person, starts_on=day, ends_on=day + timedelta(days=4), by=as_actor(trio.carla), now=world.now
        )
    look(world, trio, FRIDAY - timedelta(minutes=60))
    look(world, trio, FRIDAY)
    handoff = Handoff.objects.filter(at=FRIDAY).first() or queries.standing_now(trio.team)
    assert handoff.incoming == trio.carla
    assert Issue.objects.get(pk=mine.pk).owner == trio.carla
    assert any(one.sort is ThingKind.LEAVE for one in queries.items_of(handoff))


def test_nobody_is_left_to_take_it_and_the_backstop_has_it_at_once(world, weekend):
    trio = weekend
    look(world, trio, FRIDAY - timedelta(minutes=60))
    Person.objects.filter(pk__in=[one.pk for one in trio.people.values()]).update(is_active=False)
    look(world, trio, FRIDAY)
    handoff = Handoff.objects.get(at=FRIDAY)
    assert handoff.incoming is None
    assert handoff.state is HandoffState.RAISED


def test_a_crash_in_the_middle_is_gone_on_from_and_one_that_fails_stops_no_other(world, weekend, monkeypatch):
    trio = weekend
    one, two = issue(world, trio, "First"), issue(world, trio, "Second")
    look(world, trio, FRIDAY - timedelta(minutes=60))
    real = working.hand_over

    def breaks(issue_id, *args, **kwargs):
        if issue_id == one.pk:
            raise RuntimeError("no such luck")
        return real(issue_id, *args, **kwargs)

    monkeypatch.setattr(moving.working, "hand_over", breaks)
    world.allow_error("handoff.not_given")
    look(world, trio, FRIDAY)
    assert Issue.objects.get(pk=two.pk).owner == trio.bruno
    failed = HandoffItem.objects.get(subject=one.subject)
    assert "no such luck" in failed.problem
    assert failed.handed_at is None
    # nothing is forgotten: it stands in the next hand-off, and moves then
    monkeypatch.undo()
    look(world, trio, MONDAY - timedelta(minutes=60))
    look(world, trio, MONDAY)
    HandoffItem.objects.filter(subject=two.subject, handoff__at=MONDAY).update(handed_at=None)
    watching.look(trio.team.pk, now=MONDAY + timedelta(seconds=30))
    assert {entry.owner for entry in Issue.objects.all()} == {trio.ana}
    assert not HandoffItem.objects.filter(handed_at=None, goes_to__isnull=False, problem="", gone_at=None).exists()


def test_two_engines_at_once_write_and_move_it_once(world, weekend):
    trio, mine = weekend, issue(world, weekend)
    for moment in (FRIDAY - timedelta(minutes=60), FRIDAY):
        Watch.objects.update(looked_at=moment - timedelta(minutes=1))
        look(world, trio, moment)
        Watch.objects.update(looked_at=moment - timedelta(minutes=1))
        look(world, trio, moment)
    assert Handoff.objects.count() == 1
    assert Entry.objects.filter(subject=mine.subject, verb="issue.handed_over").count() == 1


def test_questions_wait_over_the_weekend_and_go_to_the_next_hausmeister_on_monday(world, weekend):
    trio = weekend
    Shift.objects.filter(team=trio.team, post="primary", week=MONDAY.date(), duty="hausmeister").update(
        person=trio.carla
    )
    taken = triage.take(trio.team.pk, Taken(Source.DASHBOARD, "Lag grows"), now=world.now)
    items.claim(taken.pk, trio.ana, world.now)
    for moment in (FRIDAY - timedelta(minutes=60), FRIDAY):
        look(world, trio, moment)
    assert Item.objects.get(pk=taken.pk).holder == trio.ana
    for moment in (MONDAY - timedelta(minutes=60), MONDAY):
        look(world, trio, moment)
    assert Item.objects.get(pk=taken.pk).holder == trio.carla
    told = Entry.objects.get(subject=f"item:{taken.pk}", verb="item.handed_on")
    assert told.facts == {"to": "Carla", "was": "Ana"}


def test_the_next_one_is_asked_to_be_point_and_accepting_takes_it(world, weekend):
    trio = weekend
    incident = open_incident(trio.team, "No data", "SEV2", actor=as_actor(trio.ana), now=world.now)
    look(world, trio, FRIDAY - timedelta(minutes=60))
    look(world, trio, FRIDAY)
    assert Incident.objects.get(pk=incident.pk).point == trio.ana
    assert Offer.objects.filter(incident=incident, to=trio.bruno, post="point").exists()
    accepting.accept(Handoff.objects.get(at=FRIDAY).pk, by=trio.bruno, now=world.now)
    assert Incident.objects.get(pk=incident.pk).point == trio.bruno
    world.tick()
    world.forget()


def test_what_others_know_of_risks_stands_in_it_and_one_that_fails_is_said_to_have(world, weekend):
    trio = weekend

    def broken(_team, _now):
        raise RuntimeError("away")

    risks.use(
        Provider("the nightly run", lambda _team, _now: [Risk("r1", "95 % about 05:22", "due 05:00 UTC", "/runs/1")]),
        Provider("a far room", broken),
    )
    world.allow_error("handoff.risks_unknown")
    try:
        look(world, trio, FRIDAY - timedelta(minutes=60))
    finally:
        risks.use()
    found = [one.title for one in queries.items_of(Handoff.objects.get()) if one.sort is ThingKind.RISK]
    assert found == ["95 % about 05:22", "What a far room knows could not be read."]
