"""Leave and schedules from calendars: taken whole or not at all, followed as they change, told in words."""

from datetime import date, time, timedelta

import pytest
from icalendar import Calendar

from hausmeister.base import guard
from hausmeister.base.outgoing import Answer
from hausmeister.journal.models import Entry
from hausmeister.rota import operations as rota
from hausmeister.rota import queries as rota_queries
from hausmeister.rota.calendars import feeds, fetching, imports, into_schedules, queries, serving
from hausmeister.rota.calendars.models import CalendarImport, ImportedDuty
from hausmeister.rota.models import PlanEntry, Schedule
from hausmeister.rota.operations import policy, schedules
from hausmeister.rota.queries import schedules as schedule_queries
from hausmeister.rota.rules.calendars.importing import BadCalendar, ImportKind
from hausmeister.rota.rules.calendars.subjects import FeedKind
from hausmeister.rota.rules.definitions import Content, LayerDraft, ScheduleDraft, check_slug
from hausmeister.rota.rules.restrictions import Window
from hausmeister.team.models import Leave, Membership
from hausmeister.team.policy import reading
from hausmeister.team.rules import Role
from tests import builders
from tests.harness import at
from tests.rota.calendars import files

# each file is read by a process of its own: not part of the fast half
pytestmark = pytest.mark.slow

URL = "https://calendar.example.org/secret-4711/ana.ics"


class Server:
    """Somebody else's calendar server, as the one door shows it."""

    def __init__(self):
        self.body, self.status, self.headers, self.error, self.is_whole = files.calendar(), 200, {}, None, True
        self.asked = []

    def holds(self, *events):
        self.body = files.calendar(*events)

    def get(self, url, headers):
        self.asked.append((url, headers))
        if self.error:
            raise self.error
        if self.headers.get("etag") and headers.get("If-None-Match") == self.headers["etag"]:
            return Answer(304, self.headers, b"")
        return Answer(self.status, self.headers, self.body, self.is_whole)


@pytest.fixture
def server():
    return Server()


def leave_of(world, person, *, words=()):
    return imports.add_import(
        ImportKind.LEAVE, person=person, name="mine", url=URL, words=list(words), by=builders.CONSOLE, now=world.now
    )


def look(world, one, server):
    one.refresh_from_db()
    fetching.look(one, now=world.now, get=server.get)
    one.refresh_from_db()
    return one


def leaves(person):
    found = Leave.objects.filter(person=person, cancelled_at=None).order_by("starts_on", "id")
    return [(one.starts_on.isoformat(), one.ends_on.isoformat()) for one in found]


def test_leave_comes_changes_and_goes_with_the_calendar_and_duties_move(world, trio, server):
    one = leave_of(world, trio.ana)
    server.holds(files.days("1", "20261130", "20261205"), files.days("2", "20261221", "20261224"))
    look(world, one, server)
    assert leaves(trio.ana) == [("2026-11-30", "2026-12-04"), ("2026-12-21", "2026-12-23")]
    assert not trio.ana.shifts.filter(week=date(2026, 11, 30), duty="hausmeister").exists()
    assert one.problem == ""
    assert one.found["ahead"] == 2
    server.holds(files.days("1", "20261130", "20261203"))
    look(world, one, server)
    assert leaves(trio.ana) == [("2026-11-30", "2026-12-02")]
    assert Leave.objects.filter(person=trio.ana).count() == 3
    taken = [entry.facts for entry in Entry.objects.filter(verb="calendar.taken").order_by("id")]
    assert [(facts["recorded"], facts["withdrawn"]) for facts in taken] == [(2, 0), (1, 2)]


def test_leave_entered_by_hand_is_never_touched(world, trio, server):
    rota.record_leave(
        trio.ana, starts_on=date(2026, 12, 7), ends_on=date(2026, 12, 11), by=builders.CONSOLE, now=world.now
    )
    one = leave_of(world, trio.ana)
    server.holds(files.days("1", "20261207", "20261212"), files.days("2", "20270104", "20270109"))
    look(world, one, server)
    server.holds(files.days("2", "20270104", "20270109"))
    look(world, one, server)
    assert leaves(trio.ana) == [("2026-12-07", "2026-12-11"), ("2027-01-04", "2027-01-08")]


def test_what_somebody_took_back_by_hand_stays_taken_back_until_its_event_changes(world, trio, server):
    one = leave_of(world, trio.ana)
    server.holds(files.days("1", "20261207", "20261212"))
    look(world, one, server)
    rota.cancel_leave(Leave.objects.get(), by=builders.CONSOLE, now=world.now)
    server.holds(files.days("1", "20261207", "20261212", "Vacation!"))
    look(world, one, server)
    assert leaves(trio.ana) == []
    server.holds(files.days("1", "20261208", "20261212"))
    look(world, one, server)
    assert leaves(trio.ana) == [("2026-12-08", "2026-12-11")]


def test_leave_that_is_over_stays_whatever_the_calendar_says_then(world, trio, server):
    one = leave_of(world, trio.ana)
    server.holds(files.days("1", "20261123", "20261126"), files.days("2", "20261221", "20261224"))
    look(world, one, server)
    world.now += timedelta(days=7)
    server.holds(files.days("2", "20261221", "20261224"))
    look(world, one, server)
    assert leaves(trio.ana) == [("2026-11-23", "2026-11-25"), ("2026-12-21", "2026-12-23")]


def test_only_events_with_the_words_count_and_a_short_one_is_no_day_away(world, trio, server):
    one = leave_of(world, trio.ana, words=["vacation", "out of office"])
    server.holds(
        files.days("1", "20261207", "20261208", "VACATION in the hills"),
        files.days("2", "20261209", "20261210", "Release"),
        files.event("UID:3", "DTSTART:20261214T080000Z", "DTEND:20261214T160000Z", "SUMMARY:Out of Office"),
        files.event("UID:4", "DTSTART:20261215T080000Z", "DTEND:20261215T090000Z", "SUMMARY:Out of office: dentist"),
        # over midnight: four hours of the one day, two of the other
        files.event("UID:5", "DTSTART:20261216T190000Z", "DTEND:20261217T010000Z", "SUMMARY:vacation begins"),
        files.days("6", "20261201", "20281201", "vacation for ever"),
    )
    look(world, one, server)
    assert leaves(trio.ana) == [
        ("2026-12-07", "2026-12-07"),
        ("2026-12-14", "2026-12-14"),
        ("2026-12-16", "2026-12-16"),
    ]
    assert one.found["left_out"] == {
        "without one of the words": 1, "shorter than four hours": 1, "longer than a year": 1,
    }  # fmt: skip


def test_days_are_those_of_the_person_s_own_clock(world, trio, server):
    trio.ana.zone_name = "Pacific/Auckland"
    trio.ana.save()
    server.holds(files.event("UID:1", "DTSTART:20261206T120000Z", "DTEND:20261206T200000Z", "SUMMARY:x"))
    look(world, leave_of(world, trio.ana), server)
    assert leaves(trio.ana) == [("2026-12-07", "2026-12-07")]


@pytest.mark.parametrize(
    "name", ["garbage", "a sign-in page", "half a file", "no beginning", "an unknown zone", "each second"]
)
def test_a_bad_file_changes_nothing_and_says_why_on_the_import_and_once_in_the_journal(world, trio, server, name):
    one = leave_of(world, trio.ana)
    server.holds(files.days("1", "20261207", "20261212"))
    look(world, one, server)
    server.body = files.BAD[name][0]
    for _ in range(2):
        look(world, one, server)
    assert files.BAD[name][1] in one.problem
    assert leaves(trio.ana) == [("2026-12-07", "2026-12-11")]
    (entry,) = Entry.objects.filter(verb="calendar.refused")
    assert entry.facts["reason"] == one.problem
    # and when it is good again, it is taken again
    server.holds(files.days("1", "20261207", "20261212"))
    look(world, one, server)
    assert one.problem == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": 302}, "points to another address (302)"),
        ({"status": 403}, "wants a sign-in (403)"),
        ({"status": 404}, "no calendar at this address any more (404)"),
        ({"status": 500}, "answered 500"),
        ({"is_whole": False}, "breaks off"),
        ({"is_whole": False, "body": b"x" * (2 * 1024 * 1024)}, "larger than 2 MiB"),
        ({"error": guard.NoAnswer("its name is not known")}, "gave no answer: its name is not known."),
        ({"error": guard.Forbidden("This address is not allowed: it must begin with https://.")}, "is not allowed"),
    ],
)
def test_a_server_that_gives_nothing_is_told_in_words_and_the_address_is_not(world, trio, server, change, words):
    one = leave_of(world, trio.ana)
    server.holds(files.days("1", "20261207", "20261212"))
    look(world, one, server)
    vars(server).update(change)
    look(world, one, server)
    assert words in one.problem
    assert leaves(trio.ana) == [("2026-12-07", "2026-12-11")]
    assert "secret-4711" not in str(list(Entry.objects.values())) + one.problem


def test_a_calendar_that_is_suddenly_empty_waits_for_somebody_s_word(world, trio, server):
    one = leave_of(world, trio.ana)
    server.holds(files.days("1", "20261207", "20261212"))
    look(world, one, server)
    server.holds()
    look(world, one, server)
    assert one.awaits_word
    assert one.problem == "The calendar is empty now; before, 1 leave came from it. They stay."
    assert leaves(trio.ana) == [("2026-12-07", "2026-12-11")]
    imports.ask_again(one, by=builders.CONSOLE, now=world.now, may_be_empty=True)
    look(world, one, server)
    assert leaves(trio.ana) == []
    assert (one.problem, one.awaits_word, one.may_be_empty) == ("", False, False)


def test_an_empty_calendar_that_never_held_anything_is_fine(world, trio, server):
    one = look(world, leave_of(world, trio.ana), server)
    assert (one.problem, one.found["ahead"]) == ("", 0)


def test_what_has_not_changed_is_not_read_again_before_the_next_day(world, trio, server, monkeypatch):
    one = leave_of(world, trio.ana)
    server.headers = {"etag": '"v1"'}
    server.holds(files.days("1", "20261207", "20261212"))
    look(world, one, server)
    monkeypatch.setattr(fetching.reader, "read", lambda *_args, **_more: pytest.fail("it was read again"))
    world.now += timedelta(minutes=30)
    look(world, one, server)
    assert server.asked[-1][1] == {"If-None-Match": '"v1"'}
    assert one.looked_at == world.now
    # another version with the same content, from a server that has no ETag
    server.headers = {}
    look(world, one, server)
    monkeypatch.undo()
    world.now += timedelta(days=1)
    look(world, one, server)
    assert server.asked[-1][1] == {}
    assert one.taken_at == world.now


def test_the_engine_looks_at_each_calendar_in_its_time_and_a_bad_one_stops_no_other(world, trio, server):
    mine, others = leave_of(world, trio.ana), leave_of(world, trio.bruno)

    def get(url, headers):
        if len(server.asked) == 0:
            server.asked.append(url)
            raise RuntimeError("a fault of ours")
        return server.get(url, headers)

    world.allow_error("calendar.look_failed")
    server.holds(files.days("1", "20261207", "20261212"))
    round_ = fetching.Round(begin=lambda work: work(), get=get)
    assert round_.run(world.now) == 1
    assert (leaves(trio.ana), leaves(trio.bruno)) == ([], [("2026-12-07", "2026-12-11")])
    assert round_.run(world.now) == 0
    world.now += timedelta(minutes=30)
    assert round_.run(world.now) == 1
    assert leaves(trio.ana) == [("2026-12-07", "2026-12-11")]
    assert {mine.pk, others.pk} == set(CalendarImport.objects.values_list("pk", flat=True))


def test_nobody_s_calendar_is_looked_at_once_they_are_gone(world, trio, server):
    leave_of(world, trio.bruno)
    rota.deactivate(trio.bruno, by=builders.CONSOLE, now=world.now)
    assert fetching.Round(begin=lambda work: work(), get=server.get).run(world.now) == 0


def test_removing_an_import_leaves_the_leave(world, trio, server):
    one = leave_of(world, trio.ana)
    server.holds(files.days("1", "20261207", "20261212"))
    look(world, one, server)
    imports.remove_import(one, by=builders.CONSOLE, now=world.now)
    assert leaves(trio.ana) == [("2026-12-07", "2026-12-11")]
    # a look that was under way then changes nothing
    fetching.look(one, now=world.now, get=server.get)
    assert not CalendarImport.objects.exists()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("webcal://127.0.0.1/a.ics", "https://127.0.0.1/a.ics"), (" https://127.0.0.1/a.ics ", "https://127.0.0.1/a.ics")],
)
def test_an_address_is_kept_as_it_is_dialled(typed, kept):
    assert imports.fitting_address(typed) == kept


@pytest.mark.parametrize(
    "typed", ["https://10.0.0.1/a.ics", "https://[::ffff:10.0.0.1]/", "http://192.0.2.7/", "https://a@127.0.0.1/", "x"]
)
def test_an_address_that_leads_inwards_is_refused_when_it_is_typed_s44(typed):
    with pytest.raises(imports.ImportRefused, match="not allowed"):
        imports.fitting_address(typed)


def test_eleven_calendars_are_too_many(world, trio):
    for _ in range(10):
        leave_of(world, trio.ana)
    with pytest.raises(imports.ImportRefused, match="remove one first"):
        leave_of(world, trio.ana)


# ---- schedules ----


def schedule_of(world, trio, *, url=URL):
    return imports.add_import(
        ImportKind.SCHEDULE, team=trio.team, name="old rota", url=url, by=builders.CONSOLE, now=world.now
    )


def test_a_schedule_becomes_turns_with_the_people_it_names_and_changes_no_duty(world, trio, server):
    before = rota_queries.on_duty(trio.team, at=world.now + timedelta(days=14))
    one = schedule_of(world, trio)
    server.body = files.schedule()
    look(world, one, server)
    turns = queries.imported_duties(one, starts_at=world.now, ends_at=world.now + timedelta(days=60))
    assert [(turn.title, turn.person) for turn in turns] == [
        ("On call", trio.ana), ("On call: Bruno - Data Infra", trio.bruno), ("On call: Zoe", None),
    ]  # fmt: skip
    assert one.found == {"events": 3, "turns": 3, "unmatched": 1}
    assert [turn.title for turn in queries.unmatched(one, now=world.now)] == ["On call: Zoe"]
    assert rota_queries.on_duty(trio.team, at=world.now + timedelta(days=14)) == before


def test_a_schedule_follows_its_calendar_and_a_bad_one_leaves_it(world, trio, server):
    one = schedule_of(world, trio)
    server.body = files.schedule()
    look(world, one, server)
    server.body = files.schedule().replace(b"SUMMARY:On call: Zoe", b"SUMMARY:On call: Carla")
    look(world, one, server)
    assert one.found["unmatched"] == 0
    assert ImportedDuty.objects.get(title="On call: Carla").person == trio.carla
    server.body = b"<html>"
    look(world, one, server)
    assert "web page" in one.problem
    assert ImportedDuty.objects.count() == 3
    server.holds()
    look(world, one, server)
    assert "empty now; before, 3 turns" in one.problem
    assert ImportedDuty.objects.count() == 3


def test_a_file_is_taken_at_once_or_not_at_all(world, trio):
    one = schedule_of(world, trio, url="")
    with pytest.raises(BadCalendar):
        fetching.take_body(one, files.schedule()[:200], now=world.now)
    assert not ImportedDuty.objects.exists()
    fetching.take_body(one, files.schedule(), now=world.now)
    assert ImportedDuty.objects.count() == 3
    assert not CalendarImport.objects.due(world.now + timedelta(days=9)).exists()


# ---- as a schedule of the team ----


def names_on(schedule, moment):
    return [one.name for one in schedule_queries.schedule_on_call(schedule, at=at(moment)).people]


def test_the_first_good_reading_makes_a_schedule_and_each_change_rewrites_it(world, trio, server):
    one = schedule_of(world, trio)
    server.body = b"<html>"
    look(world, one, server)
    assert not Schedule.objects.exists()
    server.body = files.schedule()
    look(world, one, server)
    made = one.schedule
    assert (made.slug, made.name, made.zone_name, made.team) == ("old-rota", "old rota", "Europe/Berlin", trio.team)
    assert [names_on(made, day) for day in ("2026-12-08 12:00", "2026-12-12 12:00", "2026-12-15 12:00")] == [
        ["Ana"], ["Bruno"], [],
    ]  # fmt: skip
    server.body = files.schedule().replace(b"SUMMARY:On call: Zoe", b"SUMMARY:On call: Carla")
    look(world, one, server)
    assert names_on(made, "2026-12-15 12:00") == ["Carla"]
    server.body = files.schedule()[:300]
    look(world, one, server)
    assert names_on(made, "2026-12-15 12:00") == ["Carla"]
    assert Schedule.objects.count() == 1


def test_a_reading_that_finds_nothing_new_writes_nothing(world, trio, server):
    one = schedule_of(world, trio)
    server.body = files.schedule()
    look(world, one, server)
    before = list(PlanEntry.objects.order_by("id").values_list("id", flat=True))
    world.go(days=1)
    look(world, one, server)
    assert list(PlanEntry.objects.order_by("id").values_list("id", flat=True)) == before


def test_turns_that_are_no_longer_looked_at_stay(world, trio, server):
    one = schedule_of(world, trio)
    server.body = files.schedule()
    look(world, one, server)
    world.go(days=120)
    server.body = files.calendar(
        files.event("UID:9", "DTSTART:20270401T100000Z", "DTEND:20270402T100000Z", "SUMMARY:Carla")
    )
    look(world, one, server)
    assert names_on(one.schedule, "2026-12-08 12:00") == ["Ana"]
    assert names_on(one.schedule, "2027-04-01 12:00") == ["Carla"]


def test_somebody_who_only_looks_on_is_a_hole_with_the_reason(world, trio, server):
    Membership.objects.filter(team=trio.team, person=trio.bruno).update(role=Role.VIEWER.value, takes_duty=False)
    one = schedule_of(world, trio)
    server.body = files.schedule()
    look(world, one, server)
    assert names_on(one.schedule, "2026-12-12 12:00") == []
    assert "only looks on" in queries.unmatched(one, now=world.now)[0].problem


def test_the_schedule_stays_when_the_calendar_is_read_no_more(world, trio, server):
    one = schedule_of(world, trio)
    server.body = files.schedule()
    look(world, one, server)
    imports.remove_import(one, by=builders.CONSOLE, now=world.now)
    assert names_on(Schedule.objects.get(), "2026-12-08 12:00") == ["Ana"]
    assert Entry.objects.get(verb="calendar.removed").facts["stays"] == "old-rota"


def test_a_schedule_removed_by_hand_is_made_anew_by_the_next_reading_and_a_taken_name_is_avoided(world, trio, server):
    one = schedule_of(world, trio)
    server.body = files.schedule()
    look(world, one, server)
    schedules.remove_schedule(one.schedule, by=builders.CONSOLE, now=world.now)
    draft = ScheduleDraft("old-rota", "by hand", "UTC")
    schedules.create_schedules(trio.team, [draft], by=builders.CONSOLE, now=world.now)
    look(world, one, server)
    assert one.schedule is None
    world.go(days=1)
    # whoever had turns by it is told that they are gone
    for name in ("Ana", "Bruno"):
        world.expect("email", name, "Your duties in Data Infra changed")
    look(world, one, server)
    assert one.schedule.slug == "old-rota-2"
    assert names_on(one.schedule, "2026-12-08 12:00") == ["Ana"]


def test_a_restriction_put_on_the_layer_by_hand_stays(world, trio, server):
    one = schedule_of(world, trio)
    server.body = files.schedule()
    look(world, one, server)
    world.go(hours=1)
    draft = LayerDraft("By day", Content.ENTRIES, windows=(Window(time(9), time(17)),))
    schedules.change_layer(one.layer, draft, by=builders.CONSOLE, now=world.now)
    world.go(days=1)
    look(world, one, server)
    assert Schedule.objects.count() == 1
    assert names_on(one.schedule, "2026-12-08 12:00") == ["Ana"]
    assert names_on(one.schedule, "2026-12-08 22:00") == []
    world.forget()


def test_a_layer_taken_out_by_hand_comes_back_into_its_schedule(world, trio, server):
    one = schedule_of(world, trio)
    server.body = files.schedule()
    look(world, one, server)
    world.go(days=1)
    schedules.remove_layer(one.layer, by=builders.CONSOLE, now=world.now)
    look(world, one, server)
    assert Schedule.objects.count() == 1
    assert names_on(one.schedule, "2026-12-08 12:00") == ["Ana"]


@pytest.mark.parametrize(
    ("name", "taken", "slug"),
    [
        ("Nächte & Tage", set(), "nachte-tage"),
        ("夜", set(), "imported"),
        ("a__b", set(), "a-b"),
        ("x" * 100, {"x" * 60}, "x" * 58 + "-2"),
    ],
)
def test_a_short_name_fits_an_address_and_is_free(name, taken, slug):
    assert into_schedules.free_slug(name, taken) == slug
    check_slug(slug)


def test_another_program_s_rota_is_called_by_the_ladder_and_shown_in_a_calendar(world, trio):
    one = schedule_of(world, trio, url="")
    body = files.calendar(
        files.event("UID:1", "DTSTART:20261123T000000Z", "DTEND:20261127T000000Z", "SUMMARY:On call: Carla")
    )
    fetching.take_body(one, body, now=world.now)
    text = reading.DEFAULT_FILE.read_text(encoding="utf-8")
    step = '{ call = "on duty", wait = "5m" }'
    assert step in text
    text = text.replace(step, '{ call = "schedule old-rota", wait = "5m" }')
    policy.apply_policy(trio.team, text=text, file="p", by=builders.CONSOLE, now=world.now)
    world.fire("Disk full", severity="critical")
    world.tick()
    assert world.expect("email", "Carla", "Disk full").parcel.facts["role"] == "old rota"
    made = Schedule.objects.get()
    feed = feeds.make_feed(
        trio.ana, kind=FeedKind.SCHEDULE, team=trio.team, what="old-rota", name="x", by=builders.CONSOLE, now=world.now
    )
    written = serving.fetch(feed.url.rsplit("/", 1)[1].removesuffix(".ics"), now=world.now).body
    (event,) = Calendar.from_ical(written).walk("VEVENT")
    assert event["SUMMARY"] == "old rota: Carla"
    assert names_on(made, "2026-11-26 23:59") == ["Carla"]
