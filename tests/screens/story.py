"""The week that the screens are photographed in: two teams, on a Wednesday evening with something on fire.

Everything is done by the product's own operations and engine, minute by minute, so that plans, timelines and
deliveries are what they would be.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from hausmeister.alerts import operations as alert_operations
from hausmeister.alerts.silences import operations as silences
from hausmeister.alerts.silences.rules import Condition, How
from hausmeister.base.priority import Priority
from hausmeister.handoff.models import Handoff, HandoffItem
from hausmeister.handoff.operations import accepting, editing, reporting
from hausmeister.incidents.operations import add_from_chat, closing, levels, open_incident, reviewing, roles, updating
from hausmeister.incidents.operations.updating import Said
from hausmeister.incidents.rules.kinds import Post as IncidentPost
from hausmeister.issues.models import Issue, Mirror
from hausmeister.issues.operations import working as issues
from hausmeister.journal.rules import CONSOLE
from hausmeister.outbox.delivery import Refused, TryLater
from hausmeister.pager import links
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting, testing
from hausmeister.rota import operations as rota
from hausmeister.rota.asks import asking
from hausmeister.rota.asks.rules import AskKind
from hausmeister.rota.calendars import feeds, imports
from hausmeister.rota.calendars.imports import Seen
from hausmeister.rota.models import Shift
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.operations import schedule_overrides, schedules
from hausmeister.rota.planning import drafts, members
from hausmeister.rota.planning.drafts import Wanted
from hausmeister.rota.planning.leave import answers
from hausmeister.rota.planning.rules.terms import Goal, Terms
from hausmeister.rota.rules.calendars.importing import ImportKind, Occurrence, Reading
from hausmeister.rota.rules.calendars.subjects import FeedKind
from hausmeister.rota.rules.definitions import Content, LayerDraft
from hausmeister.rota.rules.layers import Change, Kind
from hausmeister.rota.rules.restrictions import Window
from hausmeister.rota.rules.rotations import NOBODY, Unit, Who
from hausmeister.rota.rules.slots import Post
from hausmeister.rota.rules.templates import TEMPLATES
from hausmeister.rota.rules.wall import WallMoment
from hausmeister.team import operations as team
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Source, Team
from hausmeister.team.rules import Channel, ListName, Role, Scope
from tests.harness import World
from tests.screens import inbox, nights

PASSWORD = "a long enough password"
BEGINS = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
# Wednesday 25 November, 19:12 in Berlin
TONIGHT = datetime(2026, 11, 25, 18, 12, 0, tzinfo=UTC)

PEOPLE = (
    ("Ada Okafor", 3, Role.RESPONDER),
    ("Bo Lindqvist", 2, Role.RESPONDER),
    ("Chidi Eze", 1, Role.RESPONDER),
    ("Dunya Sel", 2, Role.RESPONDER),
    ("Eero Mäki", 5, Role.RESPONDER),
    ("Mirela Sand", 6, Role.LEAD),
)


@dataclass
class Story:
    """What a test needs to know of it."""

    key: str
    burning: int
    acked: int
    soft: int
    other_team: int
    links: dict[str, str]
    plan: int
    working: int
    impossible: int
    bundle: str
    question: int
    ada_member: int
    ada_key: str
    ask: int
    turn: str
    issue: int
    urgent: int
    item: int
    seen: int
    answered: int
    recurring: int
    incident: int
    past_incident: int
    handoff: int
    past_handoff: int
    report: int
    silence: int
    silenced: int


def tell() -> Story:
    """Fill an empty database."""
    from hausmeister.base import clock

    world = World(BEGINS)
    with clock.run_by(lambda: world.now):
        return _tell(world)


def _tell(world: World) -> Story:
    infra = team.make_team(slug="data-infra", name="Data Infra", zone_name="Europe/Berlin", by=CONSOLE, now=world.now)
    people = {name: _person(infra, name, seasoned, role, world) for name, seasoned, role in PEOPLE}
    ada, bo, mirela = people["Ada Okafor"], people["Bo Lindqvist"], people["Mirela Sand"]
    chidi, eero = people["Chidi Eze"], people["Eero Mäki"]
    imani = _account("Imani Diaz", world)
    team.join(infra, imani, role=Role.VIEWER, experience=1, joined_on=date(2026, 3, 2), by=CONSOLE, now=world.now)
    admin = _account("Gil Ferrari", world, is_admin=True)
    team.mark_demo(now=world.now)
    access = _second_team(world, mirela, admin)
    _rota(infra, access, people, world)

    key = team.make_key(
        team=infra, name="airflow", source_name="Airflow", scopes=[Scope.ALERTS_WRITE], by=CONSOLE, now=world.now
    ).text
    team.make_key(
        team=infra,
        name="alertmanager s1",
        source_name="Alertmanager",
        scopes=[Scope.ALERTS_WRITE],
        by=CONSOLE,
        now=world.now,
    )
    world.key = key
    # tests fire more in a minute than a source may before its pages become one
    text = team_queries.default_policy_text()[0].replace("storm_pages = 5 ", "storm_pages = 500 ")
    team.apply_policy(infra, text=text, file="story", by=CONSOLE, now=world.now)

    _history(world, ada, bo, infra)
    world.go_to(TONIGHT - timedelta(hours=8))
    testing.send_test_page(ada, team=infra, by=team.as_actor(ada), now=world.now)
    test_page = Page.objects.get(is_test=True, closed_at=None)
    acting.acknowledge(test_page.pk, by=ada, now=world.now + timedelta(seconds=20), method=ada.methods.first())
    world.go(minutes=20)

    soft = world.fire(
        "Disk 80 % on db-7", severity="warning", labels={"host": "db-7", "shard": "s0", "mount": "/var/lib"}
    )
    acting.acknowledge(soft.pk, by=ada, now=world.now + timedelta(minutes=3))
    alert_operations.close_page(
        soft.pk, by=team.as_actor(ada), person=ada, reason="resized", now=world.now + timedelta(minutes=30)
    )
    world.go_to(TONIGHT - timedelta(hours=3))
    came = inbox.tell(infra, people, world)
    hushed = _silences(infra, ada, bo, world)
    world.go_to(TONIGHT - timedelta(minutes=24))
    acked = world.fire(
        "Contracts are committed late on prod-s0",
        key="contracts/s0",
        severity="error",
        source="prod-s0",
        labels={"shard": "s0", "service": "commit"},
    )
    world.go(minutes=3)
    acting.acknowledge(acked.pk, by=ada, now=world.now, via="e-mail")
    acting.note(
        acked.pk, by=ada, text="93 % at 18:45. The retry queue is draining, should be level by 20:00.", now=world.now
    )
    world.go(minutes=1)
    waiting = world.fire(
        "Schema check takes twice as long as last month", severity="warning", source="prod-s2", labels={"shard": "s2"}
    )
    world.go_to(TONIGHT - timedelta(minutes=4, seconds=2))
    world.channels["ntfy"].fail(TryLater("ntfy did not answer: connection timed out", maybe_delivered=True))
    burning = world.fire(
        "Dataset billing_cycles built with 0 rows",
        key="dataset/billing_cycles",
        severity="critical",
        source="prod-s1",
        text="Yesterday it had 48,112,904. Publishing goes on until somebody stops it.",
        labels={"dag": "nightly_itaipu", "task": "build_billing_cycles", "shard": "s1", "try_number": "3"},
        links=[{"href": "https://airflow.example.org/dags/nightly_itaipu", "text": "The run in Airflow"}],
        rows={"today": 0, "yesterday": 48112904},
    )
    for _ in range(2):
        world.go(seconds=40)
        world.fire("Dataset billing_cycles built with 0 rows", key="dataset/billing_cycles", severity="critical")
    told = _incidents(infra, access, people, world)
    world.go_to(TONIGHT)
    team.apply_policy(infra, text=nights.policy_with_runs(text), file="story", by=CONSOLE, now=world.now)
    nights.tell(infra, world.now)
    world.forget()
    other = _fire_for(access, world)
    rota.record_leave(
        chidi, starts_on=date(2026, 12, 7), ends_on=date(2026, 12, 11), by=team.as_actor(chidi), now=world.now
    )
    rota.add_override(
        infra,
        post=Post.PRIMARY,
        person=eero,
        starts_at=datetime(2026, 12, 2, 8, 0, tzinfo=UTC),
        ends_at=datetime(2026, 12, 3, 8, 0, tzinfo=UTC),
        reason="Bo is at the dentist",
        by=team.as_actor(mirela),
        now=world.now,
        created_by=mirela,
        even_if_outranked=True,
    )
    _calendars(infra, ada, mirela, world)
    given = {name: _link(person, burning, world) for name, person in (("ada", ada), ("bo", bo))}
    asked = _asks(infra, ada, world)
    made = {"issue": _issues(infra, people, world), "urgent": _urgent(world)}
    more = {**asked, **made, **came, **told, **hushed, **_handoff(infra, people, world), **_plans(infra, people, world)}
    return Story(key, burning.pk, acked.pk, waiting.pk, other, given, **more)


def _issues(infra: Team, people: dict[str, Person], world: World) -> int:
    """Fill the board; return a P3 that was handed over and that GitHub does not have yet."""
    ada, bo = people["Ada Okafor"], people["Bo Lindqvist"]
    by = team.as_actor(ada)
    known = (
        (
            "Backfill a day in three commands, not thirty",
            Priority.P2,
            11,
            "Every second hausmeister does it by hand.",
            True,
        ),
        ("The slow check takes twice as long as last month", Priority.P2, 21, "The morning look waits for it.", None),
        ("Rename the serving cluster's alarms", Priority.P1, 62, "New people read them wrong.", False),
        ("Riemann leaks memory on s1", Priority.P3, 5, "", None),
    )
    for title, rank, days, why, bites in known:
        wish = issues.Wish(title, "", rank, ("riemann",), why=why, bites_back=bites, owner=bo if rank > 2 else None)
        made = issues.open_issue(infra, wish, by=by, person=ada, now=world.now - timedelta(days=days))
        Issue.objects.filter(pk=made.pk).update(nag_at=None)
    text = "Since the deploy of **412** each commit is tried again.\n\n- s0: 40 a minute\n- s1: 12 a minute"
    wish = issues.Wish("Commit service retries for ever", text, Priority.P3, ("commits", "kafka"), subjects=("page:2",))
    made = issues.open_issue(infra, wish, by=by, person=ada, now=world.now - timedelta(days=2))
    issues.hand_over(made.pk, bo, note="Seen on s1 first; look at the lag.", by=by, now=world.now - timedelta(hours=20))
    Mirror.objects.create(
        issue=made, tracker="github", repository="nubank/itaipu", number=812, marker="x" * 24, made_at=world.now,
        url="https://github.com/nubank/itaipu/issues/812", out_since=world.now - timedelta(minutes=70),
        out_why="GitHub says 401: it does not know our token (revoked or expired).",
    )  # fmt: skip
    Issue.objects.filter(pk=made.pk).update(nag_at=None, nags=1)
    closed = issues.open_issue(infra, issues.Wish("Over", "", Priority.P2, why="x"), by=by, person=ada, now=world.now)
    issues.close(closed.pk, reason="mended", by=by, now=world.now)
    world.go(seconds=5)
    world.forget()
    return made.pk


def _silences(infra: Team, ada: Person, bo: Person, world: World) -> dict[str, int]:
    """Silence db-9 while it is resized, with an alert under it, plan tonight's maintenance, and end an old one."""
    resize = silences.Wanted(
        (
            Condition("label:host", How.IS, "db-9"),
            Condition("title", How.MATCHES, "(disk|replica) .* on db-\\d+"),
        ),
        datetime(2026, 11, 28, 8, 0, tzinfo=UTC),
        "the disk of db-9 is resized, says the vendor by Saturday morning",
    )
    by = silences.Who(team.as_actor(bo), bo)
    made = silences.make(infra, resize, by=by, now=world.now)
    page = world.fire("Replica lag on db-9", severity="error", source="prod-s2", labels={"shard": "s2", "host": "db-9"})
    night = silences.Wanted(
        (Condition("source", How.IS, "Airflow"), Condition("label:shard", How.IS, "s0")),
        datetime(2026, 11, 25, 22, 0, tzinfo=UTC),
        "upgrade of Airflow",
        datetime(2026, 11, 25, 21, 0, tzinfo=UTC),
        covers_p4=True,
    )
    silences.make(infra, night, by=silences.Who(team.as_actor(ada), ada), now=world.now)
    over = silences.Wanted((Condition("area", How.IS, "Kafka"),), world.now + timedelta(hours=1), "rebalance")
    silences.end(silences.make(infra, over, by=by, now=world.now).pk, by=by, now=world.now)
    return {"silence": made.pk, "silenced": page.pk}


def _handoff(infra: Team, people: dict[str, Person], world: World) -> dict[str, int]:
    """Have Friday's draft written early, with what Ada says; before it, Monday's that nobody accepted in time."""
    ada, bo, mirela = people["Ada Okafor"], people["Bo Lindqvist"], people["Mirela Sand"]
    monday = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    past = Handoff.objects.create(
        team=infra, at=monday, outgoing=bo, incoming=ada, backstop=mirela, title_from="Weekend on-call",
        title_to="Hausmeister", triage_from=False, triage_to=True, since_at=monday - timedelta(hours=66),
        drafted_at=monday - timedelta(hours=1), looked_at=monday, moved_at=monday,
        raise_at=monday + timedelta(minutes=30), raised_at=monday + timedelta(minutes=30),
    )  # fmt: skip
    quiet = world.fire("Disk 81 % on db-9", severity="warning", source="prod-s2", labels={"shard": "s2"})
    acting.snooze(quiet.pk, by=ada, until=world.now + timedelta(days=2, hours=14), now=world.now)
    made = editing.write_now(infra, by=ada, now=world.now)
    editing.write_note(
        made.pk, "The door code is with Mirela.\nDeploy 412 can be undone by 411.",
        seen=None, by=ada, now=world.now,
    )  # fmt: skip
    steps = {
        "Commit service": "wait for #812, then take the batch size back to 200",
        "Riemann": "restart s1 if over 6 GB",
    }
    for item in HandoffItem.objects.filter(handoff=made, kind="issue"):
        said = next((step for start, step in steps.items() if item.title.startswith(start)), "")
        note = "Chidi has seen it before." if said.startswith("restart") else ""
        editing.edit_item(item.pk, note=note, next_step=said, seen=None, by=ada, now=world.now)
    first = HandoffItem.objects.filter(handoff=made, gone_at=None).order_by("place")[:1]
    accepting.accept(made.pk, by=bo, now=world.now, item_ids=[one.pk for one in first])
    report = reporting.draft(infra, ends_at=world.now, now=world.now)
    world.go(seconds=5)
    world.forget()
    return {"handoff": made.pk, "past_handoff": past.pk, "report": report.pk}


def _urgent(world: World) -> int:
    """Return a P4 of a third team, for which one person was asked and another one is."""
    ingest = team.make_team(slug="ingest", name="Ingest", zone_name="Europe/Berlin", by=CONSOLE, now=world.now)
    names = (("Noor Haddad", 1), ("Omar Reyes", 2), ("Pia Lund", 3))
    noor, *_others = [_person(ingest, name, seasoned, Role.RESPONDER, world) for name, seasoned in names]
    rota.plan_ahead(ingest, now=world.now)
    wish = issues.Wish("Dataset billing_cycles built with 0 rows on s1", "0 rows, yesterday 48 M.", Priority.P4)
    made = issues.open_issue(ingest, wish, by=team.as_actor(noor), person=noor, now=world.now)
    world.go(seconds=20)
    world.forget()
    return made.pk


def _incidents(infra: Team, access: Team, people: dict[str, Person], world: World) -> dict[str, Any]:
    """Tell of one that runs in the second team, and of one of the first team that is over and waits for its review."""
    hana, ivo = Person.objects.get(name="Hana Costa"), Person.objects.get(name="Ivo Reis")
    mirela, ada, bo = people["Mirela Sand"], people["Ada Okafor"], people["Bo Lindqvist"]
    runs, now = TONIGHT - timedelta(minutes=42), world.now
    running = open_incident(access, "Clients see yesterday's data", "SEV2", actor=team.as_actor(hana), now=runs)
    roles.assign(running.pk, IncidentPost.COMMS, to=ivo, by=ivo, seen=None, now=runs + timedelta(minutes=3))
    first = Said("The tables of today are not there yet; we restore yesterday's. More by 19:40.",
                 ("#crash", "#data-announcements"))  # fmt: skip
    updating.post_update(running.pk, first, by=ivo, now=runs + timedelta(minutes=12))
    add_from_chat(
        running, "The writer of s1 stopped at 18:21, the disk was full.", author="Imani Diaz",
        at=runs + timedelta(minutes=14), link="https://chat.example.org/archives/C1/p1", by=team.as_actor(hana),
        now=runs + timedelta(minutes=15),
    )  # fmt: skip
    levels.tick(running.pk, running.steps.order_by("place")[0].pk, done=True, by=hana, now=runs + timedelta(minutes=4))
    reviewing.add_follow_up(running.pk, "Alarm before the disk is full", owner=ivo, by=hana, now=now)
    roles.offer(running.pk, IncidentPost.POINT, to=mirela, by=hana, now=now)

    began = world.now - timedelta(days=9)
    past = open_incident(infra, "Contracts came six hours late", "SEV1", actor=team.as_actor(ada), now=began)
    said = Said("Contracts are late today. We work on it.", ("#crash", "#data-announcements"))
    updating.post_update(past.pk, said, by=bo, now=began + timedelta(minutes=8))
    closing.all_clear(past.pk, Said("All contracts are there.", ("#crash",)), by=ada, now=began + timedelta(hours=3),
                      helped="restarted the commit service with half its batch size")  # fmt: skip
    world.channels["chat"].fail(Refused("The bot was removed from #crash."))
    world.tick()
    return {"incident": running.pk, "past_incident": past.pk}


def _asks(infra: Team, ada: Person, world: World) -> dict[str, Any]:
    """Have Ada ask for cover of one of her coming duties, and leave her another to look at."""
    own = Shift.objects.filter(team=infra, person=ada, post=Post.PRIMARY, week__gte=date(2026, 12, 14)).order_by("week")
    first, second = list(own[:2])
    roles = {"hausmeister": "D", "weekend": "W"}
    wanted = asking.Wanted(AskKind.COVER, first.week, roles[first.duty], reason="My sister marries.")
    by = team.as_actor(ada)
    ask = asking.ask(infra, wanted, asker=ada, keys=(), by=by, person=ada, now=world.now)
    world.go(seconds=30)
    world.forget()
    return {"ask": ask.pk, "turn": f"week={second.week}&role={roles[second.duty]}"}


def _plans(infra: Team, people: dict[str, Person], world: World) -> dict[str, Any]:
    """Ask for three plans, of which one is ready and one waits; for one that is impossible; and for days away."""
    mirela, ada = people["Mirela Sand"], people["Ada Okafor"]
    terms = Terms(80, (4,), "DE", "BE", ("kafka",), (Goal("billing build"),))
    membership = infra.memberships.select_related("person", "team").get(person=ada)
    members.change_terms(membership, terms, by=CONSOLE, now=world.now)
    members.add_wish(
        membership, must=False, starts_on=date(2026, 12, 24), ends_on=date(2026, 12, 27), reason="family",
        by=team.as_actor(ada), now=world.now,
    )  # fmt: skip
    first = date(2026, 12, 14)
    by = team.as_actor(mirela)
    three = drafts.compare(infra, Wanted(first, 13, budget_s=30), by=by, person=mirela, now=world.now)
    claimed = drafts.claim(by="story", now=world.now)
    tiers = [
        {"name": "changes", "value": 31, "bound": 31, "proven": True},
        {"name": "fair", "value": 1934, "bound": 1934, "proven": True},
        {"name": "comfort", "value": 870, "bound": 120, "proven": False},
    ]
    drafts.finish(claimed, {"assignments": _shared_out(people, 13), "tiers": tiers}, by="story", now=world.now)
    lost = drafts.ask(infra, Wanted(first, 4), by=by, person=mirela, now=world.now)
    Draft.objects.filter(pk__in=[one.pk for one in three]).exclude(pk=claimed.pk).update(asked_at=world.now)
    for _ in three:
        claimed_next = drafts.claim(by="story", now=world.now)
        if claimed_next.pk == lost.pk:
            break
    ways = [
        {"id": "gap", "words": "One free week less between duties", "bends": [{"kind": "gap", "min_gap": 1}],
         "is_cheapest": True},
        {"id": "r5", "words": "An equal may stand behind in the week of 21 Dec",
         "bends": [{"kind": "waive", "rule": "R5", "week": 1}]},
    ]  # fmt: skip
    facts = ["Chidi Eze is away from 21 to 27 Dec.", "Two duties of one person lie at least 2 weeks apart."]
    drafts.give_up(
        claimed_next, {"conflict": facts, "ways_out": ways}, "In the week of 21 Dec nobody can take the weekend.",
        by="story", now=world.now,
    )  # fmt: skip
    far = date(2027, 4, 5)
    (answer,) = answers(ada, starts_on=far, ends_on=far, by=team.as_actor(ada), now=world.now)
    return {
        "plan": claimed.pk, "working": three[1].pk, "impossible": lost.pk, "bundle": three[0].bundle,
        "question": answer.draft.pk if answer.draft else 0, "ada_member": membership.pk, "ada_key": f"p{ada.pk}",
    }  # fmt: skip


def _shared_out(people: dict[str, Person], weeks: int) -> list[dict[str, Any]]:
    pairs = (("Chidi Eze", "Bo Lindqvist"), ("Dunya Sel", "Ada Okafor"))
    rows = []
    for week in range(weeks):
        for role, name in zip(("D", "W", "BD", "BW"), (*pairs[week % 2], "Mirela Sand", "Eero Mäki"), strict=True):
            rows.append({"week": week, "role": role, "person": f"p{people[name].pk}"})
    return rows


def _account(name: str, world: World, *, is_admin: bool = False) -> Person:
    return team.make_person(
        email=f"{name.split(maxsplit=1)[0].lower()}@example.org",
        name=name,
        zone_name="Europe/Berlin",
        by=CONSOLE,
        now=world.now,
        password=PASSWORD,
        is_admin=is_admin,
    )


def _person(of: Team, name: str, seasoned: int, role: Role, world: World) -> Person:
    person = _account(name, world)
    team.join(of, person, role=role, experience=seasoned, joined_on=date(2026, 1, 5), by=CONSOLE, now=world.now)
    mail = team.add_method(
        person, channel=Channel.EMAIL, address=person.email, by=CONSOLE, now=world.now, verified=name != "Dunya Sel"
    )
    if name == "Dunya Sel":
        return person
    phone = team.add_method(
        person,
        channel=Channel.NTFY,
        address=f"https://ntfy.example.org/{person.email.partition('@')[0]}-4f81c2",
        by=CONSOLE,
        now=world.now,
        verified=True,
    )
    team.set_ladder(
        person, ListName.IMPORTANT, [(0, phone.pk), (0, mail.pk), (120, phone.pk)], by=CONSOLE, now=world.now
    )
    team.set_ladder(person, ListName.DEFAULT, [(0, mail.pk)], by=CONSOLE, now=world.now)
    return person


def _second_team(world: World, mirela: Person, admin: Person) -> Team:
    access = team.make_team(
        slug="data-access", name="Data Access", zone_name="Europe/Lisbon", by=CONSOLE, now=world.now
    )
    for name, seasoned in (("Hana Costa", 2), ("Ivo Reis", 1)):
        _person(access, name, seasoned, Role.RESPONDER, world)
    team.join(
        access,
        mirela,
        role=Role.LEAD,
        experience=5,
        joined_on=date(2026, 2, 2),
        by=CONSOLE,
        now=world.now,
        takes_duty=False,
    )
    return access


def _rota(infra: Team, access: Team, people: dict[str, Person], world: World) -> None:
    for one in (infra, access):
        rota.plan_ahead(one, now=world.now)
    this_week = Shift.objects.filter(team=infra, week=date(2026, 11, 23))
    this_week.filter(duty="hausmeister", post="primary").update(person=people["Ada Okafor"])
    this_week.filter(duty="weekend", post="primary").update(person=people["Bo Lindqvist"])
    this_week.filter(post="backstop").update(person=people["Mirela Sand"])
    Shift.objects.filter(team=infra, week=date(2026, 11, 16)).update(person=people["Eero Mäki"])
    Shift.objects.filter(team=infra, week=date(2026, 11, 16), post="primary").update(person=people["Bo Lindqvist"])
    _schedules(infra, people, world)


def _schedules(infra: Team, people: dict[str, Person], world: World) -> None:
    """Our week, and support by turns with a layer for the nights and two overrides."""
    made_by = {"begins_on": date(2026, 11, 16), "by": CONSOLE, "now": world.now}
    schedules.create_from_template(infra, TEMPLATES["our-week"], **made_by)
    bo, chidi, dunya, eero = (people[name] for name in ("Bo Lindqvist", "Chidi Eze", "Dunya Sel", "Eero Mäki"))
    (support,) = schedules.create_from_template(
        infra, TEMPLATES["daily-support"], people=[chidi, dunya, bo], slug="support", name="Client support", **made_by
    )
    nights = LayerDraft(
        "Nights", Content.ROTATION, starts=WallMoment(date(2026, 11, 16), time(9)), unit=Unit.DAILY, length=2,
        windows=(Window(time(22), time(6)),), participants=(Who(eero.pk), NOBODY),
    )  # fmt: skip
    schedules.add_layer(support, nights, by=CONSOLE, now=world.now)
    for kind, person, other, day in ((Kind.REPLACE, bo, dunya, 27), (Kind.ADD, eero, None, 30)):
        starts_at = datetime(2026, 11, day, 8, tzinfo=UTC)
        change = Change(0, kind, starts_at, starts_at + timedelta(hours=9), person.pk, other.pk if other else None)
        schedule_overrides.add_schedule_override(
            infra, support, change, by=CONSOLE, now=world.now, reason="dentist" if other else ""
        )


def _history(world: World, ada: Person, bo: Person, infra: Team) -> None:
    """Three pages of last week and the weekend, so that there is something to look back on."""
    for hours, title, key, by, reason in (
        (9, "Riemann index stopped on prod-s0", "riemann/s0", bo, "restarted the index"),
        (
            30,
            "Dataset billing_cycles built with 0 rows",
            "dataset/billing_cycles",
            bo,
            "upstream was late, ran it again",
        ),
        (62, "Kafka lag over 1 M on prod-s2", "kafka/s2", bo, "over, says the source"),
    ):
        world.go_to(BEGINS + timedelta(hours=hours))
        page = world.fire(title, key=key, severity="critical", source=title.rsplit(" ", 1)[-1])
        world.go(minutes=2)
        acting.acknowledge(page.pk, by=by, now=world.now, via="ntfy")
        world.go(minutes=18)
        alert_operations.close_page(page.pk, by=team.as_actor(by), person=by, reason=reason, now=world.now)


def _fire_for(access: Team, world: World) -> int:
    key = team.make_key(
        team=access, name="grafana", source_name="Grafana", scopes=[Scope.ALERTS_WRITE], by=CONSOLE, now=world.now
    ).text
    page = world.fire("Login errors over 2 % on the portal", severity="error")
    answer = world.post(
        "/api/v1/alerts", {"title": "Portal answers slowly", "key": "portal", "severity": "error"}, key=key
    )
    alert_operations.close_page(page.pk, by=CONSOLE, person=None, reason="wrong team", now=world.now)
    world.tick()
    world.forget()
    return int(answer.json["page"])


def _calendars(infra: Team, ada: Person, mirela: Person, world: World) -> None:
    """A feed on a phone, leave from a calendar that has just broken, and a schedule with somebody unknown in it."""
    feeds.make_feed(ada, kind=FeedKind.PERSON, name="my phone", by=team.as_actor(ada), now=world.now)
    leave = imports.add_import(
        ImportKind.LEAVE, person=ada, name="my leave", url="https://127.0.0.1/ada.ics", words=["vacation"],
        by=team.as_actor(ada), now=world.now + timedelta(days=400),
    )  # fmt: skip
    imports.take(leave, Reading((), 0), seen=Seen(), now=world.now)
    imports.refuse(
        leave, "The calendar's server wants a sign-in (403); use the calendar's secret address.", now=world.now
    )
    schedule = imports.add_import(
        ImportKind.SCHEDULE, team=infra, name="the old rota", by=team.as_actor(mirela), now=world.now
    )
    turns = [
        Occurrence(
            name,
            f"On call: {name}",
            starts_at=TONIGHT + timedelta(days=7 * place),
            ends_at=TONIGHT + timedelta(days=7 * place + 4),
        )
        for place, name in enumerate(("Ada Okafor", "Somebody Else"), 1)
    ]
    imports.take(schedule, Reading(tuple(turns), len(turns)), seen=Seen(), now=world.now)


def _link(person: Person, page: Page, world: World) -> str:
    """Return the path of the link with which `person` answers `page`."""
    method = person.methods.filter(channel=Channel.EMAIL).get()
    return urlsplit(links.make(page_id=page.pk, person_id=person.pk, method_id=method.pk, now=world.now)).path


def source(name: str) -> Source:
    return Source.objects.get(name=name)
