"""The planner's screens, the ledger, terms and wishes: phone first, no script needed, each with its permission."""

from datetime import date

import pytest

from hausmeister.rota import operations as rota
from hausmeister.rota.models import Shift
from hausmeister.rota.models.planning import Draft, DutyTerms, Wish
from hausmeister.rota.planning import drafts
from hausmeister.rota.planning.drafts import Wanted
from hausmeister.rota.planning.rules.states import DraftState
from hausmeister.web import plans
from tests import builders
from tests.builders import CONSOLE
from tests.rota.planning.crew import FIRST, ready
from tests.rota.planning.crew import crew as make
from tests.web.visitors import browser, queries_of


@pytest.fixture
def crew(world):
    return make()


def text_of(client, path):  # type: ignore[no-untyped-def]
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


ASK = {
    "first_week": "2026-12-07", "weeks": "4", "flavour": "fewest", "tolerance_percent": "0", "budget_s": "10",
    "seed": "1",
}  # fmt: skip


def test_a_lead_asks_for_a_plan_and_sees_that_it_waits(world, crew):
    client = browser(crew.hana)
    answer = client.post("/rota/plan?team=platform", ASK)
    draft = Draft.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/rota/plan/{draft.pk}")
    text = text_of(client, f"/rota/plan/{draft.pk}")
    assert "Waits for the planner" in text
    assert "it may think for 10 s" in text
    assert "Waits for the planner" in text_of(client, "/rota/plan") or "waits for the planner" in text_of(
        client, "/rota/plan"
    )


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("first_week", "2026-11-16", "has begun; a plan begins on 30 Nov 2026"),
        ("first_week", "2026-12-08", "is no Monday"),
        ("weeks", "53", "less than or equal to 52"),
        ("tolerance_percent", "50", "less than or equal to 10"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field_and_stays_typed(world, crew, field, value, words):
    answer = browser(crew.hana).post("/rota/plan?team=platform", {**ASK, field: value})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert value in answer.content.decode()
    assert not Draft.objects.exists()


def test_the_preview_says_what_changes_for_whom_and_why_and_publish_whom_it_tells(world, crew):
    draft = ready(crew, now=world.now)
    client = browser(crew.hana)
    text = text_of(client, f"/rota/plan/{draft.pk}")
    told = int(text.split("Publish, tells ")[1].split(" ")[0])
    assert "duties change, for " in text
    assert "What changes, week by week" in text
    assert 'aria-label="Hausmeister: between most and least lie' in text
    before = list(Shift.objects.order_by("id").values_list("person_id", flat=True))
    answer = client.post(f"/rota/plan/{draft.pk}/publish", {"version": draft.version})
    assert answer.status_code == 303
    assert f"{told} people are told." in text_of(client, answer["Location"])
    assert list(Shift.objects.order_by("id").values_list("person_id", flat=True)) != before
    world.tick()
    assert len(world.sent) == told
    world.forget()
    assert "published" in text_of(client, f"/rota/plan/{draft.pk}")


def test_two_taps_publish_once_and_the_second_is_told_so(world, crew):
    draft = ready(crew, now=world.now)
    client = browser(crew.hana)
    form = {"version": draft.version}
    assert client.post(f"/rota/plan/{draft.pk}/publish", form).status_code == 303
    again = client.post(f"/rota/plan/{draft.pk}/publish", form)
    assert again.status_code == 409
    assert "This plan is published already." in again.content.decode()
    world.tick()
    world.forget()


def test_a_stale_draft_says_what_changed_and_has_no_button(world, crew):
    draft = ready(crew, now=world.now)
    rota.record_leave(crew.dia, starts_on=date(2026, 12, 16), ends_on=date(2026, 12, 18), by=CONSOLE, now=world.now)
    client = browser(crew.hana)
    text = text_of(client, f"/rota/plan/{draft.pk}")
    assert "Dia Rao is away at other times: 16 Dec to 18 Dec." in text
    assert "Publish, tells" not in text
    answer = client.post(f"/rota/plan/{draft.pk}/publish", {"version": draft.version})
    assert answer.status_code == 409
    assert "Ask for a new plan" in answer.content.decode()


@pytest.mark.parametrize("version", ["", "x", "999", "-1", "9" * 40])
def test_a_version_that_is_none_publishes_nothing(world, crew, version):
    draft = ready(crew, now=world.now)
    assert browser(crew.hana).post(f"/rota/plan/{draft.pk}/publish", {"version": version}).status_code == 409
    draft.refresh_from_db()
    assert draft.state == DraftState.READY


def test_a_draft_is_thrown_away_and_nothing_changes(world, crew):
    draft = ready(crew, now=world.now)
    assert browser(crew.hana).post(f"/rota/plan/{draft.pk}/discard").status_code == 303
    draft.refresh_from_db()
    assert draft.state == DraftState.DISCARDED


def test_after_the_safety_net_moved_duties_the_lead_is_offered_a_replan_and_gets_three(world, crew):
    client = browser(crew.hana)
    assert "given to" not in text_of(client, "/rota/plan")
    shift = Shift.objects.filter(team=crew.team, week=FIRST, duty="weekend", post="primary").get()
    day = shift.starts_at.date()
    rota.record_leave(shift.person, starts_on=day, ends_on=day, by=CONSOLE, now=world.now)
    assert f"{shift.person.name} is away" in text_of(client, "/rota/plan")
    assert "given to somebody else at once" in text_of(client, "/rota?team=platform")
    world.now = world.now.replace(hour=3)
    answer = client.post("/rota/plan/replan?team=platform")
    assert answer.status_code == 303
    text = text_of(client, answer["Location"])
    assert [one in text for one in ("Fewest changes", "A few more changes", "Free")] == [True] * 3
    assert "given to" not in text_of(client, "/rota/plan")


def test_what_the_planner_says_that_failed_is_shown(world, crew):
    draft = drafts.ask(crew.team, Wanted(FIRST, 4), by=CONSOLE, person=crew.hana, now=world.now)
    drafts.claim(by="x", now=world.now)
    drafts.fail(draft, "The planner was killed.", by="x", now=world.now)
    text = text_of(browser(crew.hana), f"/rota/plan/{draft.pk}")
    assert "The planner was killed." in text
    assert "the planner failed" in text.lower()


def test_responders_and_leads_of_others_see_no_draft(world, crew, trio):
    draft = ready(crew, now=world.now)
    for path in (f"/rota/plan/{draft.pk}", f"/rota/plan/compare/{draft.bundle}"):
        assert browser(crew.ada).get(path).status_code == 403
        assert browser(trio.carla).get(path).status_code == 404
    for act in ("publish", "discard", "bend"):
        assert browser(crew.ada).post(f"/rota/plan/{draft.pk}/{act}").status_code == 403
        assert browser(trio.carla).post(f"/rota/plan/{draft.pk}/{act}").status_code == 404
    assert browser(trio.carla).get("/rota/plan?team=platform").status_code == 404
    draft.refresh_from_db()
    assert draft.state == DraftState.READY


def test_a_team_that_the_planner_does_not_know_is_told_instead_of_failing(world, crew):
    builders.policy_with(crew.team, ("strictly_more_experience = true ", "strictly_more_experience = false "))
    assert "this policy allows equals" in text_of(browser(crew.hana), "/rota/plan")
    assert "There is no ledger for these duties" in text_of(browser(crew.hana), "/rota/ledger")


# ---- ledger ----


def test_the_ledger_is_by_name_with_both_ledgers(world, crew):
    text = text_of(browser(crew.ada), "/rota/ledger")
    places = [text.index(f">{name}") for name in ("Ada Lund", "Ben Okoro", "Cem Aksoy", "Hana Ito")]
    assert places == sorted(places)
    assert "nobody has more experience than Hana Ito: backstop only" in text
    assert "Call-outs" in text
    assert "Public holidays" in text


def test_a_viewer_has_no_ledger(world, crew):
    viewer = builders.person("Viktor")
    rota.team_operations.join(
        crew.team,
        viewer,
        role=builders.Role.VIEWER,
        experience=1,
        joined_on=world.now.date(),
        by=CONSOLE,
        now=world.now,
    )
    assert browser(viewer).get("/rota/ledger").status_code == 403


# ---- terms and wishes ----


def test_a_lead_changes_on_what_terms_somebody_shares(world, crew):
    one = crew.membership(crew.ben)
    client = browser(crew.hana)
    form = {
        "fte_percent": "60", "off_weekdays": ["4"], "country": "de", "subdivision": "be", "knows": "storage\n\ndns",
        "learns": "network 2\nbilling build", "from_on": "", "until_on": "",
    }  # fmt: skip
    assert client.post(f"/people/{one.pk}/planning", form).status_code == 303
    stored = DutyTerms.objects.get()
    assert (stored.fte_percent, stored.off_weekdays, stored.country, stored.subdivision) == (60, [4], "DE", "BE")
    assert stored.knows == ["storage", "dns"]
    assert stored.learns == [{"area": "network", "times": 2}, {"area": "billing build", "times": 1}]
    text = text_of(client, f"/people/{one.pk}/planning")
    assert "network 2" in text
    assert "What counts is the level that a lead sets." in text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("country", "ZZ", "no country whose public holidays are known"),
        ("fte_percent", "0", "greater than or equal to 1"),
        ("learns", "dns", "cannot be a goal to learn"),
        ("until_on", "2026-01-01", "comes before the first"),
    ],
)
def test_terms_that_make_no_sense_are_said_at_their_field(world, crew, field, value, words):
    one = crew.membership(crew.ben)
    form = {"fte_percent": "60", "knows": "dns", "learns": "", "country": "", "subdivision": "", "from_on":
            "2026-02-01", "until_on": "", field: value}  # fmt: skip
    answer = browser(crew.hana).post(f"/people/{one.pk}/planning", form)
    assert answer.status_code == 422
    assert words in answer.content.decode().replace("&#x27;", "'")
    assert not DutyTerms.objects.exists()


def test_a_reason_is_seen_by_oneself_and_leads_and_by_nobody_else(world, crew):
    form = {
        "membership": crew.membership(crew.ada).pk, "must": "no", "starts_on": "2026-12-24", "ends_on": "2026-12-26",
        "reason": "my mother's birthday",
    }  # fmt: skip
    assert browser(crew.ada).post("/profile/wishes", form).status_code == 303
    escaped = "my mother&#x27;s birthday"
    assert escaped in text_of(browser(crew.ada), "/profile/wishes")
    assert escaped in text_of(browser(crew.hana), f"/people/{crew.membership(crew.ada).pk}/planning")
    for path in ("/rota", "/rota/ledger", "/people", "/rota?view=month"):
        assert "birthday" not in text_of(browser(crew.ben), path)
    assert browser(crew.ben).get(f"/people/{crew.membership(crew.ada).pk}/planning").status_code == 403
    wish = Wish.objects.get()
    assert browser(crew.ben).post(f"/profile/wishes/{wish.pk}/take-back").status_code == 404
    assert browser(crew.ada).post(f"/profile/wishes/{wish.pk}/take-back").status_code == 303
    assert Wish.objects.standing().count() == 0


def test_nobody_wishes_for_another_or_backwards(world, crew):
    other = crew.membership(crew.ben).pk
    form = {"membership": other, "must": "no", "starts_on": "2026-12-24", "ends_on": "2026-12-26", "reason": ""}
    assert browser(crew.ada).post("/profile/wishes", form).status_code == 422
    form |= {"membership": crew.membership(crew.ada).pk, "ends_on": "2026-12-20"}
    answer = browser(crew.ada).post("/profile/wishes", form)
    assert answer.status_code == 422
    assert "comes before the first" in answer.content.decode()
    assert not Wish.objects.exists()


# ---- budgets ----


def test_the_screens_stay_within_their_queries(world, crew):
    draft = ready(crew, now=world.now)
    assert len(queries_of(browser(crew.hana), f"/rota/plan/{draft.pk}")) <= 25
    assert len(queries_of(browser(crew.hana), "/rota/plan")) <= 25
    assert len(queries_of(browser(crew.hana), "/rota/ledger")) <= 25


# ---- why ----


def test_why_is_answered_for_a_draft_and_for_what_stands(world, crew):
    draft = ready(crew, now=world.now)
    client = browser(crew.hana)
    text = text_of(client, f"/rota/plan/{draft.pk}/why?week=0&role=D")
    assert "<b>Ada Lund</b>" in text
    assert "Hana Ito has the week&#x27;s backstop in the same week." in text
    standing = text_of(browser(crew.ben), "/rota/why?team=platform&week=2026-12-07&role=D")
    assert "By the simple rotation, which takes who has served least" in standing
    client.post(f"/rota/plan/{draft.pk}/publish", {"version": draft.version})
    assert "By the plan of 24 Nov 2026, inputs " in text_of(client, "/rota/why?week=2026-12-07&role=D")
    world.tick()
    world.forget()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("week=2026-11-16&role=D", "Only this week and those ahead"),
        ("week=2026-12-08&role=D", "name the week by its Monday"),
        ("week=2026-12-07&role=X", "is no duty of a week"),
        ("week=2027-06-07&role=D", "Nobody is planned for it yet"),
        ("week=2029-06-04&role=D", "So far ahead nothing is planned"),
    ],
)
def test_what_cannot_be_explained_is_said(world, crew, query, words):
    assert words in text_of(browser(crew.ben), f"/rota/why?{query}")


def test_a_load_is_explained_and_a_stranger_is_not(world, crew):
    text = text_of(browser(crew.ben), f"/rota/load?person={crew.key(0)}&kind=D")
    assert "Fair would be" in text
    assert "history included" in text
    assert browser(crew.ben).get("/rota/load?person=p0&kind=D").status_code == 404
    assert browser(crew.ben).get(f"/rota/load?person={crew.key(0)}&kind=X").status_code == 404
    assert "Only this week and those ahead" in text_of(browser(crew.ben), "/rota/why?week=x&role=D")


def test_a_comparison_counts_duties_that_nobody_has_yet_apart_from_those_that_change_hands(world, crew):
    far = date(2027, 9, 6)
    draft = ready(crew, first_week=far, now=world.now)
    column = plans.column(draft, now=world.now)
    assert (column.changes, column.people, column.fresh) == (0, 0, 16)
    near = plans.column(ready(crew, now=world.now), now=world.now)
    assert near.fresh == 0
    assert near.changes is not None
    assert near.changes > 0
