"""Publishing: verified, written once, told once, refused when the facts are not what they were."""

from datetime import date, timedelta

import pytest

from hausmeister.journal.models import Entry
from hausmeister.outbox.delivery import TryLater
from hausmeister.outbox.models import Message
from hausmeister.pager.operations import noticing
from hausmeister.rota import operations as rota
from hausmeister.rota.models import Shift
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planner.instance import Plan, Role, Slot
from hausmeister.rota.planning import members, publishing
from hausmeister.rota.planning.drafts import DraftMoved
from hausmeister.rota.planning.publishing import DraftIsStale, PublishRefused
from hausmeister.rota.planning.rules.states import DraftState
from hausmeister.rota.planning.rules.terms import Terms
from hausmeister.team.policy import reading
from tests import builders
from tests.builders import CONSOLE
from tests.harness import at
from tests.rota.planning.crew import FIRST, alternating, ready


def publish(draft, *, world, version=None):
    return publishing.publish(
        draft, version=version or draft.version, by=CONSOLE, person=draft.asked_by, now=world.now
    )  # fmt: skip


def standing(crew, weeks=4):
    rows = Shift.objects.filter(team=crew.team, week__gte=FIRST, week__lt=FIRST + timedelta(weeks=weeks))
    return sorted(rows.values_list("week", "duty", "post", "person_id"))


def told_of(draft):
    return list(Message.objects.filter(subject=f"draft:{draft.pk}").order_by("person_id"))


def test_nothing_is_written_before_publish_and_all_of_it_by_publish(world, crew):
    before = standing(crew)
    draft = ready(crew, now=world.now)
    found = publishing.preview(draft, now=world.now)
    assert found.changes
    assert standing(crew) == before
    done = publish(draft, world=world)
    assert len(done.changes) == len(found.changes)
    who = {(week, duty, post): person for week, duty, post, person in standing(crew)}
    assert who[FIRST, "hausmeister", "primary"] == crew.ada.pk
    assert who[FIRST + timedelta(weeks=1), "weekend", "primary"] == crew.dia.pk
    assert {who[FIRST, duty, "backstop"] for duty in ("hausmeister", "weekend")} == {crew.hana.pk, crew.gil.pk}
    draft.refresh_from_db()
    assert (draft.state, draft.published_at) == (DraftState.PUBLISHED, world.now)
    assert Entry.objects.filter(verb="rota.published").count() == 1
    assert Entry.objects.filter(verb="shift.planned").count() == len(found.changes)
    assert publishing.preview(draft, now=world.now).changes == ()


def test_everybody_whose_duty_changed_gets_one_letter_in_the_lane_that_delays_no_page(world, crew):
    draft = ready(crew, now=world.now)
    done = publish(draft, world=world)
    letters = told_of(draft)
    assert [one.person_id for one in letters] == sorted(person.pk for person in done.told)
    assert {one.lane for one in letters} == {"chat"}
    assert len({one.dedup_key for one in letters}) == len(letters)
    world.tick()
    for person in done.told:
        world.expect("email", person.first_name, kind="mail")
    world.expect_none()


def test_who_is_told_by_a_plan_published_the_day_before_is_not_told_once_more_that_the_duty_begins(
    world, crew, settings
):
    settings.HAUSMEISTER_EMAIL = object()
    frozen = next(line for line in reading.DEFAULT_FILE.read_text().splitlines() if line.startswith("frozen_weeks"))
    builders.policy_with(crew.team, (frozen, "frozen_weeks = 0"))
    # Sunday noon: the notice of Monday 11:00 was due an hour ago
    world.now = at("2026-12-06 11:00")
    draft = ready(crew, now=world.now)
    publish(draft, world=world)
    assert crew.ada.pk in [one.person_id for one in told_of(draft)]
    world.now += timedelta(minutes=1)
    noticing.tell_of_shifts(crew.team.pk, now=world.now)
    noticed = Message.objects.filter(dedup_key__startswith="shift-", person_id=crew.ada.pk)
    assert not noticed.exists()
    Message.objects.filter(subject=f"draft:{draft.pk}").delete()
    noticing.tell_of_shifts(crew.team.pk, now=world.now)
    assert noticed.exists(), "without the letter the notice comes"


def test_a_letter_says_what_when_and_why_on_the_readers_own_clock(world, crew):
    crew.dia.zone_name = "America/Sao_Paulo"
    crew.dia.save()
    plan = alternating(crew, 4)
    draft = ready(crew, now=world.now, plan=plan)
    publish(draft, world=world)
    letter = next(one for one in told_of(draft) if one.person_id == crew.dia.pk)
    text = letter.facts["text"]
    assert "times in America/Sao_Paulo" in text
    assert "Weekend on-call: Fri 18 Dec 13:00 to Mon 21 Dec 07:00" in text
    assert "/rota?view=mine&team=platform" in text
    world.tick()
    world.forget()


def test_mail_that_fails_undoes_nothing(world, crew):
    world.channels["email"].always = TryLater("the mail server is down")
    draft = ready(crew, now=world.now)
    publish(draft, world=world)
    after = standing(crew)
    world.tick()
    assert standing(crew) == after
    draft.refresh_from_db()
    assert draft.state == DraftState.PUBLISHED
    world.expect_none()


def test_a_second_publish_is_refused_and_tells_nobody_again(world, crew):
    draft = ready(crew, now=world.now)
    publish(draft, world=world)
    count = len(told_of(draft))
    with pytest.raises(DraftMoved, match="published already"):
        publish(draft, world=world)
    assert len(told_of(draft)) == count
    world.tick()
    world.forget()


def test_a_form_drawn_before_the_draft_changed_publishes_nothing(world, crew):
    draft = ready(crew, now=world.now)
    with pytest.raises(DraftMoved, match="changed meanwhile"):
        publish(draft, world=world, version=draft.version - 1)


def test_leave_entered_meanwhile_makes_the_draft_stale_and_names_it(world, crew):
    draft = ready(crew, now=world.now)
    rota.record_leave(
        crew.dia, starts_on=date(2026, 12, 16), ends_on=date(2026, 12, 18), by=CONSOLE, now=world.now
    )  # fmt: skip
    before = standing(crew)
    with pytest.raises(DraftIsStale) as refused:
        publish(draft, world=world)
    assert "Dia Rao is away at other times: 16 Dec to 18 Dec." in refused.value.changed
    assert standing(crew) == before
    assert told_of(draft) == []


def test_a_person_who_left_meanwhile_makes_the_draft_stale(world, crew):
    draft = ready(crew, now=world.now)
    rota.part(crew.membership(crew.ada), by=CONSOLE, now=world.now)
    with pytest.raises(DraftIsStale, match="Ada Lund no longer takes duties here"):
        publish(draft, world=world)


def test_experience_share_and_wishes_that_changed_make_it_stale_too(world, crew):
    draft = ready(crew, now=world.now)
    members.change_terms(crew.membership(crew.ben), Terms(fte_percent=60), by=CONSOLE, now=world.now)
    crew.team.memberships.filter(person=crew.cem).update(experience=9)
    members.add_wish(
        crew.membership(crew.eva), must=False, starts_on=FIRST, ends_on=FIRST, reason="", by=CONSOLE, now=world.now
    )  # fmt: skip
    with pytest.raises(DraftIsStale) as refused:
        publish(draft, world=world)
    assert refused.value.changed == (
        "The share of Ben Okoro changed.", "The experience of Cem Aksoy changed.", "The wishes of Eva Berg changed.",
    )  # fmt: skip


def test_a_week_that_began_meanwhile_is_not_planned_any_more(world, crew):
    draft = ready(crew, now=world.now)
    world.now += timedelta(days=14)
    with pytest.raises(PublishRefused, match="The week of 07 Dec has begun"):
        publish(draft, world=world)


def test_the_checker_has_the_last_word(world, crew):
    plan = alternating(crew, 4).with_holder(Slot(1, Role.D), crew.key(0))
    draft = ready(crew, now=world.now, plan=plan)
    with pytest.raises(PublishRefused, match="breaks a rule: Ada Lund has a primary duty in the week of 14 Dec"):
        publish(draft, world=world)


def test_a_plan_with_a_hole_is_never_published(world, crew):
    whole = alternating(crew, 4)
    draft = ready(crew, now=world.now, plan=Plan(whole.assignments[:-1]))
    with pytest.raises(PublishRefused, match="needs exactly one person"):
        publish(draft, world=world)


def test_weeks_that_nobody_had_yet_are_written_whole(world, crew):
    first = date(2027, 2, 15)
    before = Shift.objects.filter(team=crew.team, week=first - timedelta(weeks=1), post="primary")
    before.filter(duty="hausmeister").update(person=crew.eva)
    before.filter(duty="weekend").update(person=crew.finn)
    draft = ready(crew, first_week=first, weeks=4, now=world.now)
    done = publish(draft, world=world)
    rows = Shift.objects.filter(team=crew.team, week__gte=first)
    assert rows.count() == 16
    assert all(row.starts_at < row.ends_at for row in rows)
    assert {one.cause for one in done.changes if one.before is None} == {"newly planned"}
    tentative = [one for one in told_of(draft) if ", tentative" in one.facts["text"]]
    assert tentative
    world.tick()
    world.forget()


def test_the_other_plans_of_the_comparison_end_with_the_one_that_is_published(world, crew):
    draft = ready(crew, now=world.now)
    other = Draft.objects.get(pk=draft.pk)
    other.pk, other.flavour = None, "free"
    other.save()
    publish(draft, world=world)
    other.refresh_from_db()
    assert other.state == DraftState.DISCARDED
    world.tick()
    world.forget()


def test_nobody_who_is_gone_is_written_to(world, crew):
    leaver = Shift.objects.filter(team=crew.team, week=FIRST, duty="weekend", post="primary").get()
    draft = ready(crew, now=world.now)
    leaver.person.is_active = False
    assert publishing.what_changed(draft, publishing.preview(draft, now=world.now).inputs) == []
    type(leaver.person).objects.filter(pk=leaver.person_id).update(is_active=False)
    with pytest.raises(DraftIsStale):
        publish(draft, world=world)
