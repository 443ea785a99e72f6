"""Whoever gains or loses a duty without a plan is told once, with the reason, and never before a page."""

from datetime import date, timedelta

from hausmeister.outbox.models import Message
from hausmeister.rota import operations as rota
from hausmeister.rota.models import Shift
from hausmeister.team.models import Person
from tests.builders import CONSOLE
from tests.rota.planning.crew import crew as make

WEEK = date(2026, 12, 7)


def test_both_sides_of_a_duty_that_moves_get_one_letter_with_the_reason(world):
    crew = make()
    lost = Shift.objects.get(team=crew.team, week=WEEK, duty="weekend", post="primary")
    holder = Person.objects.get(pk=lost.person_id)
    day = lost.starts_at.date() + timedelta(days=1)
    moved = rota.record_leave(holder, starts_on=day, ends_on=day, by=CONSOLE, now=world.now)
    after = {shift.person_id for shift in moved}
    letters = list(Message.objects.filter(kind="mail").order_by("person_id"))
    assert {one.person_id for one in letters} == after | {holder.pk}
    assert len(letters) == len({one.person_id for one in letters})
    assert {one.lane for one in letters} == {"chat"}
    own = next(one for one in letters if one.person_id == holder.pk)
    assert f"{holder.name} is away" in own.facts["text"]
    assert "- Weekend on-call: not any more Fri 11 Dec 17:00 to Mon 14 Dec 11:00" in own.facts["text"]
    new = next(one for one in letters if one.person_id != holder.pk)
    assert "+ Weekend on-call: Fri 11 Dec 17:00 to Mon 14 Dec 11:00" in new.facts["text"]
    world.tick()
    assert len(world.sent) == len(letters)
    world.forget()


def test_days_away_without_a_duty_write_to_nobody_and_who_is_gone_gets_nothing(world):
    crew = make()
    far = date(2027, 9, 6)
    rota.record_leave(crew.eva, starts_on=far, ends_on=far, by=CONSOLE, now=world.now)
    assert not Message.objects.filter(kind="mail").exists()
    rota.deactivate(crew.ben, by=CONSOLE, now=world.now)
    assert Message.objects.filter(kind="mail").exists()
    assert not Message.objects.filter(kind="mail", person_id=crew.ben.pk).exists()
    world.tick()
    world.forget()
