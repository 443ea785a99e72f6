"""What a draft bends: gaps, rules of a week, absences imagined otherwise; and who is asked to move their days."""

from datetime import date, timedelta

import pytest

from hausmeister.outbox.models import Message
from hausmeister.rota import operations as rota
from hausmeister.rota.models.planning import Wish
from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.instance import Role, Rule, Slot, Waiver
from hausmeister.rota.planning import drafts, members, publishing, replanning, snapshot
from hausmeister.rota.planning.drafts import DraftRefused, Wanted
from hausmeister.rota.planning.publishing import DraftIsStale
from hausmeister.rota.planning.rules.states import DraftState
from hausmeister.team.models import Leave
from tests.builders import CONSOLE
from tests.rota.planning.crew import FIRST, alternating, ready
from tests.web.visitors import browser


def inputs(crew, world, *bends):
    return snapshot.inputs(crew.team, first_week=FIRST, weeks=4, now=world.now, bends=bends).instance


def impossible(crew, world, *ways):
    draft = drafts.ask(crew.team, Wanted(FIRST, 4), by=CONSOLE, person=crew.hana, now=world.now)
    drafts.claim(by="x", now=world.now)
    result = {"conflict": ["Cem is away."], "ways_out": list(ways)}
    drafts.give_up(draft, result, "No plan exists.", by="x", now=world.now)
    draft.refresh_from_db()
    return draft


def away(crew, world, person, day=date(2026, 12, 15)):
    rota.record_leave(person, starts_on=day, ends_on=day + timedelta(days=1), by=CONSOLE, now=world.now)
    return Leave.objects.get(person=person)


def test_a_gap_a_waiver_and_an_absence_reach_the_planner(world, crew):
    leave = away(crew, world, crew.cem)
    assert inputs(crew, world).spacing.min_gap == 2
    assert inputs(crew, world, {"kind": "gap", "min_gap": 1}).spacing.min_gap == 1
    waived = inputs(crew, world, {"kind": "waive", "rule": "R5", "week": 2, "person": None})
    assert waived.waivers == frozenset({Waiver(Rule.R5, 2)})
    assert inputs(crew, world).person[crew.key(2)].away
    assert not inputs(crew, world, {"kind": "absence", "leave": leave.pk}).person[crew.key(2)].away
    more = {"kind": "leave", "person": crew.eva.pk, "from": "2026-12-08", "to": "2026-12-08"}
    assert inputs(crew, world, more).person[crew.key(4)].away[0].bars == frozenset({Slot(0, Role.D), Slot(0, Role.BD)})


def test_a_way_out_asks_again_and_asks_whoever_must_move_their_days(world, crew):
    leave = away(crew, world, crew.cem)
    way = {"id": "move", "words": "Cem moves", "bends": [{"kind": "absence", "leave": leave.pk, "name": "Cem Aksoy"}]}
    draft = impossible(crew, world, way)
    client = browser(crew.hana)
    text = client.get(f"/rota/plan/{draft.pk}").content.decode()
    assert "Cem is away." in text
    assert "Cem moves" in text
    answer = client.post(f"/rota/plan/{draft.pk}/bend", {"way": "move"})
    made = crew.team.drafts.latest("id")
    assert answer["Location"] == f"/rota/plan/{made.pk}"
    assert made.bends == way["bends"]
    assert "As if Cem Aksoy moved days away that are entered." in client.get(f"/rota/plan/{made.pk}").content.decode()
    (letter,) = Message.objects.filter(subject=f"draft:{made.pk}")
    assert (letter.person_id, letter.lane) == (crew.cem.pk, "chat")
    assert "15 Dec 2026 to 16 Dec 2026" in letter.facts["text"]
    assert "Nothing is changed unless you change it" in letter.facts["text"]
    assert Leave.objects.get(pk=leave.pk).cancelled_at is None
    world.tick()
    world.expect("email", "Cem", kind="mail")


def test_what_was_imagined_must_have_become_true_before_it_is_published(world, crew):
    leave = away(crew, world, crew.cem)
    draft = ready(crew, now=world.now)
    drafts.discard(draft, by=CONSOLE, now=world.now)
    bends = ({"kind": "absence", "leave": leave.pk, "name": "Cem Aksoy"},)
    asked = drafts.ask(crew.team, Wanted(FIRST, 4, bends=bends), by=CONSOLE, person=crew.hana, now=world.now)
    drafts.claim(by="x", now=world.now)
    drafts.finish(asked, draft.result, by="x", now=world.now)
    asked.refresh_from_db()
    assert check(inputs(crew, world, *bends), alternating(crew, 4)) == []
    with pytest.raises(DraftIsStale, match="Cem Aksoy is away at other times"):
        publishing.publish(asked, version=asked.version, by=CONSOLE, person=None, now=world.now)
    rota.cancel_leave(leave, by=CONSOLE, now=world.now)
    publishing.publish(asked, version=asked.version, by=CONSOLE, person=None, now=world.now)
    asked.refresh_from_db()
    assert asked.state == DraftState.PUBLISHED
    world.tick()
    world.forget()


def test_a_must_not_may_be_asked_about_too(world, crew):
    far = date(2027, 3, 6)
    members.add_wish(
        crew.membership(crew.eva), must=True, starts_on=far, ends_on=far, reason="private", by=CONSOLE, now=world.now
    )
    wish = Wish.objects.get()
    way = {"id": "w", "words": "Eva could", "bends": [{"kind": "absence", "wish": wish.pk, "name": "Eva Berg"}]}
    made = replanning.take_way_out(
        impossible(crew, world, way), "w", by=CONSOLE, person=crew.hana, now=world.now
    )  # fmt: skip
    (letter,) = Message.objects.filter(subject=f"draft:{made.pk}")
    assert "private" not in str(letter.facts)
    assert letter.person_id == crew.eva.pk
    world.tick()
    world.forget()


def test_a_way_out_that_is_none_is_refused(world, crew):
    draft = impossible(crew, world)
    with pytest.raises(DraftRefused, match="not one of this plan's"):
        replanning.take_way_out(draft, "gap", by=CONSOLE, person=crew.hana, now=world.now)
    assert browser(crew.hana).post(f"/rota/plan/{draft.pk}/bend", {"way": "gap"}).status_code == 303
    assert crew.team.drafts.count() == 1
