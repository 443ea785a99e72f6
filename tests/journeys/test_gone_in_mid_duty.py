"""Somebody is gone, or falls ill, in the middle of a duty: pager, Now, calendar and letters say the same at once."""

from datetime import timedelta

from icalendar import Calendar

from hausmeister.outbox.models import Message
from hausmeister.pager.operations import foreseeing
from hausmeister.rota import operations as rota
from hausmeister.rota import queries
from hausmeister.rota.calendars import serving
from hausmeister.rota.rules.calendars.subjects import FeedKind, Subject
from hausmeister.team.models import Membership
from hausmeister.team.operations import as_actor
from tests import builders
from tests.harness import at
from tests.web.visitors import browser


def letters():
    found = {}
    for one in Message.objects.filter(dedup_key__startswith="moved-").order_by("id"):
        found.setdefault(one.facts["person"], []).append(one.facts["text"])
    return found


def on_in_calendar(trio, now):
    """Return who is in the team's calendar at this moment, by the words of the events."""
    body = serving.publish(Subject(FeedKind.ROTA, trio.team.pk), now=now).body
    return sorted(
        str(one["SUMMARY"])
        for one in Calendar.from_ical(body).walk("VEVENT")
        if one["DTSTART"].dt <= now < one["DTEND"].dt
    )


def test_a_person_removed_while_on_duty_is_called_no_more_and_everything_names_the_backstop_at_once(
    world, trio, settings
):
    admin = builders.person("Gil", email="gil@example.org", is_admin=True)
    running = world.fire("Disk full", severity="critical")
    world.tick()
    world.expect("email", "Ana", "Disk full")
    assert "Ana" in " ".join(on_in_calendar(trio, world.now))
    member = Membership.objects.get(team=trio.team, person=trio.ana)

    answer = browser(admin).post(f"/people/{member.pk}/deactivate", {"sure": "yes"}, follow=True)
    assert "Ana can no longer sign in, and is not called any more." in answer.content.decode()

    # who is on call, by every way of asking
    duty = queries.on_duty(trio.team, at=world.now)
    assert (duty.primary.person, duty.backstop.person) == (trio.bruno, trio.carla)
    assert [name for name in ("Ana", "Bruno", "Carla") if name in " ".join(on_in_calendar(trio, world.now))] == [
        "Bruno", "Carla",
    ]  # fmt: skip
    (card,) = browser(trio.bruno).get("/").context["cards"]
    assert (card.duty.primary.person, card.mine) == (trio.bruno, "primary")
    # who stands in, and who stands behind them now, are told of the turn that runs; who is gone is not
    told = letters()
    assert set(told) == {"Bruno", "Carla"}
    assert "Ana is gone" in told["Bruno"][0]
    assert "+ Hausmeister: Tue 24 Nov 03:00 to Fri 27 Nov 17:00" in told["Bruno"][0]
    assert "- Backstop: not any more Tue 24 Nov 03:00 to Fri 27 Nov 17:00" in told["Bruno"][0]
    assert "+ Backstop: Tue 24 Nov 03:00 to Fri 27 Nov 17:00" in told["Carla"][0]
    # the lead finds it first on the rota
    page = browser(trio.carla).get("/rota").content.decode()
    assert "no hausmeister by plan, Bruno stands in" in page

    # the page that was open goes on to who stands in, and the next one begins with them
    world.forget()
    world.go(minutes=30)
    assert "Ana" not in {one.person for one in world.sent}
    assert "Bruno" in {one.person for one in world.sent if one.title == "Disk full"}
    running.refresh_from_db()
    world.forget()
    world.fire("Disk still full", severity="critical")
    world.tick()
    world.expect("email", "Bruno", "Disk still full")
    world.forget()
    settings.HAUSMEISTER_EMAIL = object()
    # and hears of it with everything else that is to be settled, once it is day
    foreseeing.look_ahead(trio.team.pk, now=at("2026-11-24 06:30"))
    found = Message.objects.filter(dedup_key__startswith="foresight-", facts__person="Carla")
    assert any("no hausmeister by plan, Bruno stands in" in one.facts["text"] for one in found)


def test_who_falls_ill_on_duty_hands_over_at_once_and_who_stands_in_is_told(world, trio):
    world.now = at("2026-11-24 09:00")
    today = world.now.date()
    rota.record_leave(
        trio.ana, starts_on=today, ends_on=today + timedelta(days=1), by=as_actor(trio.ana), now=world.now
    )
    duty = queries.on_duty(trio.team, at=world.now)
    assert (duty.primary.person, duty.backstop.person) == (trio.bruno, trio.carla)
    told = letters()
    assert set(told) == {"Bruno", "Carla"}
    assert "Ana is away" in told["Bruno"][0]
    assert "+ Hausmeister: Tue 24 Nov 10:00 to Thu 26 Nov 00:00" in told["Bruno"][0]
    world.tick()
    world.forget()
    world.fire("Disk full", severity="critical")
    world.tick()
    world.expect("email", "Bruno", "Disk full")
    world.forget()
    assert queries.on_duty(trio.team, at=at("2026-11-26 09:00")).primary.person == trio.ana
