"""What a browser would never send to the screens of plans, swaps, cover, wishes, schedules and calendars.

Each is answered in words, and nothing odd that was stored breaks another screen afterwards.
"""

from datetime import timedelta
from urllib.parse import quote

import pytest

from hausmeister.rota import operations as rota
from hausmeister.rota.asks.rules import AskKind
from hausmeister.rota.planning import members
from hausmeister.rota.planning.members import WishRefused
from hausmeister.rota.planning.rules.terms import BadTerms, Terms
from hausmeister.team.operations import LeaveRefused
from tests import builders
from tests.rota.asks.stage import stage as make
from tests.rota.planning.crew import FIRST, ready
from tests.web.visitors import browser

LATER = FIRST + timedelta(weeks=2)
DATES = ["0001-01-01", "0001-01-08", "9999-12-31", "2026-02-30", "", "2200-01-06", str(FIRST), str(LATER)]
MOMENTS = ["0001-01-01T00:00", "9999-12-31T23:59", "never", "", "2026-12-08T12:00", "\x00"]
NUMBERS = ["", "-1", "0", "1", "9" * 18, "9" * 19, "9" * 30, "9" * 5000, "²", "٣", "1e3", "\x00"]
TEXTS = ["", "\x00", "x" * 10_000, "a\nb\r\nc", "<script>", "\u202e"]
ROLES = ["D", "BW", "X", "", "\x00"]
PLAN = {
    "first_week": str(FIRST + timedelta(weeks=4)), "weeks": "4", "flavour": "fewest", "tolerance_percent": "0",
    "budget_s": "30", "seed": "1",
}  # fmt: skip


def addresses(ask, draft):
    """Yield what is asked for."""
    for date in DATES:
        yield f"/rota/ledger?from={date}"
        for role in ROLES:
            for path in ("/rota/swap", "/rota/cover", "/rota/why"):
                yield f"{path}?week={date}&role={quote(role)}"
    for number in NUMBERS:
        short = quote(number[:4000])
        yield from (f"/rota/asks/{short}", f"/rota/plan/{short}", f"/leave/answers/{short}")
        yield from (f"/rota/plan/{draft}/why?role=D&week={short}", f"/rota/load?kind=D&person=p{short}")
        yield from (
            f"/rota/load?kind={short}&person=p1",
            f"/rota/plan/compare/{short or 'x'}",
            f"/rota/asks/{ask}?x={short}",
        )


def forms(ask, draft, member):
    """Yield (where, what is sent)."""
    wish = {"membership": str(member), "must": "yes", "starts_on": str(LATER), "ends_on": str(LATER), "reason": ""}
    for date in DATES:
        yield "/rota/plan", {**PLAN, "first_week": date}
        for other in DATES:
            yield "/leave", {"starts_on": date, "ends_on": other, "check": "yes"}
            yield "/profile/wishes", {**wish, "starts_on": date, "ends_on": other}
    for starts_at in MOMENTS:
        for ends_at in MOMENTS:
            yield f"/rota/cover?week={FIRST}&role=D", {"starts_at": starts_at, "ends_at": ends_at}
    for number in NUMBERS:
        for name in ("weeks", "tolerance_percent", "budget_s", "seed"):
            yield "/rota/plan", {**PLAN, name: number}
        yield f"/rota/plan/{draft}/publish", {"version": number}
        yield f"/rota/asks/{ask}/accept", {"offer": number}
        yield f"/rota/asks/{ask}/accept", {"person": number}
        yield f"/rota/asks/{ask}/decline", {"person": number}
        yield "/profile/wishes", {**wish, "membership": number}
        yield f"/people/{member}/planning", {"fte_percent": number}
    for text in TEXTS:
        yield f"/rota/swap?week={LATER}&role=D", {"ask": "yes", "keys": text, "reason": text}
        yield f"/people/{member}/planning", {
            "fte_percent": "100", "country": text, "subdivision": text, "knows": text, "learns": text,
        }  # fmt: skip
        yield "/profile/wishes", {**wish, "reason": text}
        yield f"/rota/plan/{draft}/bend", {"way": text}
        yield "/profile/calendars", {"what": text, "name": text}
        yield "/profile/calendars/leave", {"name": "x", "url": text, "words": text}
        yield "/rota/import?team=platform", {"name": text, "url": text}
        yield (
            "/rota/new-schedule?team=platform",
            {"template": "daily-support", "name": text, "slug": text, "zone": text},
        )


@pytest.mark.slow
@pytest.mark.parametrize("who", ["hana", "ada"])
def test_whatever_is_sent_is_answered_and_breaks_no_screen_afterwards(world, who):
    stage = make(world)
    crew = stage.crew
    ask, draft = stage.ask(crew.ada, AskKind.COVER).pk, ready(crew, now=world.now).pk
    client = browser(getattr(crew, who))
    for path, sent in forms(ask, draft, crew.membership(crew.ada).pk):
        answer = client.post(path, sent)
        assert answer.status_code in {200, 303, 403, 404, 409, 422, 429}, (path, sent)
    for path in addresses(ask, draft):
        assert client.get(path).status_code in {200, 403, 404, 422}, path
    for path in ("/", "/rota", "/rota?view=month", "/rota?view=mine", "/rota/ledger", "/rota/asks", "/profile"):
        assert client.get(path).status_code == 200, path
    assert rota.plan_ahead(crew.team, now=world.now + timedelta(weeks=4)) > 0, "the team's rota is planned on"
    world.forget()


@pytest.mark.parametrize(("first", "last"), [("9999-12-30", "9999-12-31"), ("0001-01-01", "0001-01-02")])
def test_days_that_no_rota_reaches_are_stored_nowhere(world, first, last):
    """One such row would break every reading of the team's rota, the engine's too."""
    crew = make(world).crew
    first, last = (FIRST.fromisoformat(one) for one in (first, last))
    mine = crew.membership(crew.ada)
    with pytest.raises(LeaveRefused, match="in no year that a rota reaches; it must be from 2000 to 2200"):
        rota.record_leave(crew.ada, starts_on=first, ends_on=last, by=builders.CONSOLE, now=world.now)
    with pytest.raises(WishRefused):
        members.add_wish(mine, must=True, starts_on=first, ends_on=last, reason="", by=builders.CONSOLE, now=world.now)
    with pytest.raises(BadTerms):
        members.change_terms(mine, Terms(until_on=last), by=builders.CONSOLE, now=world.now)
    with pytest.raises(LeaveRefused, match="comes before the first"):
        rota.record_leave(crew.ada, starts_on=LATER, ends_on=FIRST, by=builders.CONSOLE, now=world.now)
    world.forget()
