"""Section A of the pager scenarios: the main job, in its plainest forms.

Left out, because we do not have it yet: phone numbers in seven countries and a spoken empty summary (SMS and
voice come with their connector). A step with several users is "leads" or "everybody" here.
"""

from datetime import timedelta

from hausmeister.pager.models import Page, PageState
from hausmeister.pager.operations import acting
from hausmeister.team.rules import Channel, ListName, Role
from tests import builders
from tests.harness import at


def test_an_alert_mails_the_person_on_duty_then_the_backstop_then_the_last_resort(world, trio):
    page = world.fire("Dataset billing_cycles built with 0 rows", severity="critical")
    world.go(minutes=1)
    assert world.expect("email", "Ana", "billing_cycles").at == at("2026-11-24 02:00")
    world.expect_none()

    world.go(minutes=4)
    assert world.expect("email", "Bruno").at == at("2026-11-24 02:05")
    world.go(minutes=10)
    assert world.expect("email", "Carla").at == at("2026-11-24 02:15")
    world.expect_none()

    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)
    world.go(minutes=30)
    world.expect_none()
    page.refresh_from_db()
    assert page.state is PageState.ACKNOWLEDGED


def test_every_method_at_zero_minutes_gets_exactly_one_message(world, trio):
    """A/simplenotification."""
    phone = builders.method(trio.ana, Channel.NTFY, "https://ntfy.example.org/ana")
    chat = builders.method(trio.ana, Channel.SLACK, "U0ANA")
    mail = trio.ana.methods.get(channel=Channel.EMAIL)
    builders.ladder(trio.ana, (0, phone), (0, chat), (0, mail))
    page = world.fire()
    world.go(minutes=4)
    for channel in ("ntfy", "slack", "email"):
        world.expect(channel, "Ana")
    world.expect_none()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_step_that_means_several_people_calls_each_of_them(world, trio):
    """A/multiuser."""
    builders.policy_with(trio.team, ('{ call = "on duty", wait = "5m" }', '{ call = "everybody", wait = "5m" }'))
    page = world.fire()
    world.tick()
    for name in ("Ana", "Bruno", "Carla"):
        world.expect("email", name)
    acting.acknowledge(page.pk, by=trio.carla, now=world.now)


def test_a_mail_carries_what_is_wrong_and_what_happens_next(world, trio):
    """A/emailnotification, A/webhook: the content that every connector words for its medium."""
    page = world.fire("Contracts late on s1", text="93 % at 04:40", severity="critical", source="airflow")
    world.tick()
    facts = world.expect("email", "Ana").parcel.facts
    assert facts["title"] == "Contracts late on s1"
    assert facts["text"] == "93 % at 04:40"
    assert (facts["priority"], facts["hard"], facts["source"]) == (4, True, "prometheus, airflow")
    assert (facts["then_who"], facts["then_at"]) == ("Bruno (backstop)", "2026-11-24T02:05:00+00:00")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_an_alert_without_text_still_calls(world, trio):
    """A/twiliovoiceemptymessage, in writing."""
    page = world.fire("?", text="")
    world.tick()
    world.expect("email", "Ana", "?")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_eight_alerts_twenty_minutes_apart_call_eight_times(world, trio):
    """A/manyalerts: no limit starves the later ones."""
    for number in range(8):
        page = world.fire(f"Alert {number}")
        world.tick()
        world.expect("email", "Ana", f"Alert {number}")
        acting.acknowledge(page.pk, by=trio.ana, now=world.now)
        world.post("/api/v1/alerts", {"title": f"Alert {number}", "key": f"Alert {number}", "action": "resolve"})
        world.go(minutes=20)
    assert Page.objects.open().count() == 0


def test_one_alert_of_another_source_goes_out_before_the_queue_of_a_busy_one(world, trio):
    """A/prioritization: 300 alerts are flowing; the neighbour's is the next message, not the 301st."""
    builders.policy_with(trio.team, ("storm_pages = 5", "storm_pages = 0"))
    for number in range(300):
        world.fire(f"Noise {number}", severity="critical")
    world.key = builders.new_key(trio.team, source="airflow")
    world.fire("The one that matters", severity="error")
    world.tick()
    order = [one.title for one in world.sent]
    assert order.index("The one that matters") <= 1, order[:5]
    assert len(order) == 301
    world.forget()
    for page in Page.objects.open():
        acting.acknowledge(page.pk, by=trio.ana, now=world.now)


# ---- hard and soft (L1) ----


def test_a_soft_alert_at_night_rings_nobody_until_the_working_day(world, trio):
    page = world.fire("Disk at 80 % on db-7", severity="warning")
    assert page.state is PageState.WAITING
    world.go_to(at("2026-11-24 07:59"))  # 08:59 in Berlin
    world.expect_none()
    world.go(minutes=1)
    assert world.expect("email", "Ana").at == at("2026-11-24 08:00")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_soft_alert_at_the_weekend_waits_for_the_hausmeister_not_for_office_hours_alone(world, trio):
    """The weekend on-call does pager duty only (H3): Monday 09:00 is still theirs, Monday 11:00 is not."""
    world.go_to(at("2026-11-28 12:00"))
    page = world.fire("Disk at 80 % on db-7", severity="info")
    assert page.next_step_at == at("2026-11-30 10:00")
    world.go_to(at("2026-11-30 09:59"))
    world.expect_none()
    world.go(minutes=2)
    world.expect("email", "Ana")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_soft_page_climbs_in_working_time_only(world, trio):
    world.go_to(at("2026-11-24 16:00"))  # 17:00 in Berlin, an hour before the end
    page = world.fire("Disk at 80 %", severity="warning")
    world.go_to(at("2026-11-25 07:30"))
    world.expect("email", "Ana")
    world.expect_none()
    world.go_to(at("2026-11-25 09:01"))
    assert world.expect("email", "Bruno").at == at("2026-11-25 09:00"), "an hour on Tuesday and one on Wednesday"
    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)


def test_a_soft_page_uses_the_default_list_and_a_hard_one_the_important_list(world, trio):
    phone = builders.method(trio.ana, Channel.NTFY, "https://ntfy.example.org/ana")
    mail = trio.ana.methods.get(channel=Channel.EMAIL)
    builders.ladder(trio.ana, (0, phone))
    builders.ladder(trio.ana, (0, mail), name=ListName.DEFAULT)
    world.go_to(at("2026-11-24 09:00"))
    soft, hard = world.fire("soft", severity="warning"), world.fire("hard", severity="critical")
    world.tick()
    world.expect("email", "Ana", "soft")
    world.expect("ntfy", "Ana", "hard")
    world.expect_none()
    for page in (soft, hard):
        acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_soft_alert_that_turns_hard_rings_at_once(world, trio):
    page = world.fire("Disk", severity="warning")
    world.go(minutes=10)
    world.expect_none()
    world.fire("Disk", severity="critical")
    world.tick()
    world.expect("email", "Ana", "Disk")
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)


def test_a_soft_alert_is_posted_to_the_alarms_channel_at_once_and_the_post_follows_its_state(world, trio, settings):
    settings.HAUSMEISTER_CHAT = "slack"
    page = world.fire("Disk at 80 %", severity="warning")
    world.tick()
    post = world.expect("slack", title="Disk at 80 %", kind="post")
    assert post.parcel.to == {"room": "#squad-di-alarms"}
    assert post.parcel.facts["waits_until"] == "2026-11-24T08:00:00+00:00"
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    world.tick()
    update = world.expect("slack", kind="update")
    assert (update.parcel.facts["state"], update.parcel.facts["acked_by"]) == ("acknowledged", "Ana")


# ---- two teams, other zones ----


def test_two_teams_on_one_installation_never_call_each_others_people(world, trio):
    other = builders.trio(slug="serving", zone="America/Sao_Paulo")
    mine = world.fire("Ours")
    world.key = other.key
    theirs = world.fire("Theirs")
    world.tick()
    assert world.expect("email", "Ana", "Ours").parcel.to["address"] == "ana@example.org"
    assert world.expect("email", "Ana", "Theirs").parcel.to["address"] == "ana.serving@example.org"
    acting.acknowledge(mine.pk, by=trio.ana, now=world.now)
    acting.acknowledge(theirs.pk, by=other.ana, now=world.now)


def test_the_person_on_duty_is_whoever_is_on_duty_when_the_step_is_taken(world, trio):
    """A page opened a minute before the hand-off climbs to the next week's backstop."""
    next_week = [builders.person(name) for name in ("Dora", "Emil")]
    for one, experience in zip(next_week, (1, 2), strict=True):
        builders.method(one)
        builders.team.join(
            trio.team, one, role=Role.RESPONDER, experience=experience, joined_on=world.now.date(),
            by=builders.CONSOLE, now=world.now,
        )  # fmt: skip
    weekend = trio.team.shifts.filter(duty="weekend", week="2026-11-23")
    weekend.filter(post="primary").update(person=next_week[0])
    weekend.filter(post="backstop").update(person=next_week[1])
    world.go_to(at("2026-11-27 15:59"))
    page = world.fire("Late on Friday")
    world.go(minutes=7)
    world.expect("email", "Ana")
    assert world.expect("email", "Emil").at == at("2026-11-27 16:04"), "17:04 in Berlin: the weekend has begun"
    world.expect_none()
    acting.acknowledge(page.pk, by=next_week[1], now=world.now)


def test_an_override_moves_the_call_to_the_one_who_does_the_favour(world, trio):
    from hausmeister.rota import operations as rota
    from hausmeister.rota.rules.slots import Post

    dora = builders.person("Dora")
    builders.method(dora)
    builders.team.join(
        trio.team,
        dora,
        role=Role.RESPONDER,
        experience=1,
        joined_on=world.now.date(),
        by=builders.CONSOLE,
        now=world.now,
    )
    rota.add_override(
        trio.team, post=Post.PRIMARY, person=dora, starts_at=world.now, ends_at=world.now + timedelta(hours=8),
        reason="a favour", by=builders.CONSOLE, now=world.now,
    )  # fmt: skip
    page = world.fire()
    world.tick()
    world.expect("email", "Dora", kind="page")
    for name in ("Ana", "Dora"):
        # that the duty changed hands
        world.expect("email", name, kind="mail")
    acting.acknowledge(page.pk, by=dora, now=world.now)
