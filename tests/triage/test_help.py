"""Escalation help: noticed from the record, suggested once, and nobody is ever called by it."""

from datetime import timedelta

from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from hausmeister.pager.operations import acting
from hausmeister.triage import operations as triage
from hausmeister.triage.models import Hint
from hausmeister.triage.operations import helping
from hausmeister.triage.rules import help as rules
from hausmeister.triage.rules.help import Held, Limits, Reason
from hausmeister.triage.rules.states import ItemKind
from tests import builders
from tests.harness import at

NINE = at("2026-11-24 09:00")
LIMITS = Limits(timedelta(hours=1), 3, 2)


def held(number: int = 1, *, person: int = 1, minutes: int = 0, progress: int = 0, **more: object) -> Held:
    since = NINE + timedelta(minutes=minutes)
    return Held(f"page:{number}", "Disk full", person, since, since + timedelta(minutes=progress), **more)


def found(*things: Held, minutes: int) -> list[tuple[str, Reason]]:
    due = rules.due(things, LIMITS, now=NINE + timedelta(minutes=minutes))
    return [(one.held.subject, one.reason) for one in due]


def test_an_hour_counts_from_the_last_progress():
    assert found(held(), minutes=59) == []
    assert found(held(), minutes=60) == [("page:1", Reason.NO_PROGRESS)]
    assert found(held(progress=30), minutes=89) == []
    assert found(held(progress=30), minutes=90) == [("page:1", Reason.NO_PROGRESS)]
    assert found(held(has_help=True), minutes=600) == []


def test_several_at_once_is_said_of_the_oldest_and_counts_each_person_alone():
    mine = [held(number, minutes=10 - number) for number in (1, 2, 3)]
    assert found(*mine, held(4, person=2), minutes=11) == [("page:3", Reason.SEVERAL)]
    assert found(*mine[:2], held(4, person=2), minutes=11) == []


def test_what_two_gave_back_is_nobody_s_to_start_alone():
    assert found(held(given_back=1), minutes=1) == []
    assert found(held(given_back=2), minutes=1) == [("page:1", Reason.GIVEN_BACK)]


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 300), st.integers(0, 3), st.booleans()), max_size=12))
def test_nothing_is_suggested_for_what_has_help_and_nothing_twice(things):
    many = [
        held(number, person=person, minutes=minutes, given_back=back, has_help=helped)
        for number, (person, minutes, back, helped) in enumerate(things)
    ]
    due = rules.due(many, LIMITS, now=NINE + timedelta(hours=4))
    keys = [(one.held.subject, one.held.person_id, one.reason) for one in due]
    assert len(keys) == len(set(keys))
    assert not any(one.held.has_help for one in due)
    off = rules.due(many, Limits(timedelta(days=9), 0, 0), now=NINE + timedelta(hours=4))
    assert off == []


def test_an_hour_without_a_note_suggests_the_backstop_by_mail_and_pages_nobody(day, team):
    day.key = team.key
    builders.policy_with(team.team, ('ack_timeout = "1h" ', 'ack_timeout = "8h" '))
    page = day.fire("Disk full", severity="critical")
    day.tick()
    day.expect("email", "Ana", "Disk full")
    acting.acknowledge(page.pk, by=team.ana, now=day.now)
    day.go(minutes=30)
    acting.note(page.pk, by=team.ana, text="I look at the mounts", now=day.now)
    day.go(minutes=59)
    day.expect_none()
    day.go(minutes=1)
    day.go(seconds=1)
    letter = day.expect("email", "Ana", "1 h without progress: Disk full")
    assert "Bruno is behind you. Nobody is called unless you escalate it." in letter.parcel.facts["text"]
    day.go(hours=3)
    day.expect_none()

    ana = Client()
    ana.force_login(team.ana, backend="allauth.account.auth_backends.AuthenticationBackend")
    for path in ("/", f"/pages/{page.pk}"):
        shown = ana.get(path).content.decode()
        assert "1 h without progress: Disk full" in shown
        assert f'action="/pages/{page.pk}/escalate"' in shown
    assert helping.standing(team.bruno) == []
    acting.escalate(page.pk, by=team.ana, now=day.now, via="web")
    day.go(minutes=2)
    day.expect("email", "Bruno", "Disk full")
    assert helping.standing(team.ana) == []
    assert "without progress" not in ana.get("/").content.decode()
    day.forget()


def test_taking_it_again_is_no_progress_and_the_line_comes_back_without_a_second_message(day, team):
    day.key = team.key
    page = day.fire("Disk full", severity="critical")
    acting.acknowledge(page.pk, by=team.ana, now=day.now)
    day.forget()
    day.go(minutes=62)
    day.forget()
    acting.acknowledge(page.pk, by=team.ana, now=day.now)
    day.go(minutes=1)
    day.go(seconds=1)
    day.expect("email", "Ana", "without progress: Disk full")
    assert len(helping.standing(team.ana)) == 1
    acting.unacknowledge(page.pk, by=team.ana, now=day.now)
    helping.suggest(day.now)
    assert helping.standing(team.ana) == []
    day.go(seconds=1)
    day.forget()


def test_three_problems_at_once_suggest_help_in_chat_and_at_night_nobody_reads_of_an_item(day, team, talk):
    for number, words in enumerate(("contracts is empty", "commit service is down", "ledger is late")):
        talk.say(f"The {words} since this morning, it fails", by=f"Client{number}")
    for item in _items():
        triage.reclassify(item.pk, team.ana, day.now, kind=ItemKind.ISSUE)
        triage.claim(item.pk, team.ana, day.now)
    day.go(minutes=2)
    for _ in range(3):
        talk.expect("Ana has taken this.")
    letter = day.expect("email", "Ana", "You hold 3 at once")
    assert "Bruno is behind you" in letter.parcel.facts["text"]
    day.expect_none()
    for item in _items()[:1]:
        triage.answered(item.pk, team.ana, day.now)
    day.go(minutes=1)
    assert not Hint.objects.filter(over_at=None).exists()
    day.forget()


def _items():
    from hausmeister.triage.models import Item

    return list(Item.objects.order_by("id"))
