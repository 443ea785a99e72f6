"""An incident from the page that set it off to the closed review, as those who act, tell and wait live through it."""

from datetime import timedelta

import pytest

from hausmeister.incidents import queries
from hausmeister.incidents.models import Incident, Offer, Timer
from hausmeister.incidents.operations import closing, open_incident, pulling, reviewing, roles, updating
from hausmeister.incidents.operations.updating import Said
from hausmeister.incidents.rules.kinds import Post
from hausmeister.outbox import chat
from hausmeister.outbox.delivery import Refused
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting
from hausmeister.team.models import Person
from hausmeister.team.operations import as_actor

NOT_SET_UP = "The channel chat is not set up on this installation."


def opened(trio, world, level="SEV2", **more):
    return open_incident(
        trio.team, "Clients see yesterday's data", level, actor=as_actor(trio.ana), now=world.now, **more
    )


def words_of(sent):
    return chat.Words.of(sent.parcel.facts)


def the_topic(world):
    return world.expect("chat", kind="topic").parcel.facts["text"]


def paged(trio, world):
    page = world.fire("Dataset billing_cycles built with 0 rows", severity="critical")
    world.tick()
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    world.forget()
    return page


def test_from_a_page_to_the_closed_review(world, trio):
    page = paged(trio, world)
    incident = opened(trio, world, opened_from=f"page:{page.pk}")
    world.tick()

    # the crash channel hears of it, its topic is red, and the backstop is asked to tell
    first = world.expect("chat", kind="say")
    assert first.parcel.to["room"] == "#crash"
    assert words_of(first).headline == "\N{LARGE RED CIRCLE} running: SEV2 major, Clients see yesterday's data"
    assert the_topic(world) == (
        "\N{LARGE RED CIRCLE} running: SEV2 major, Clients see yesterday's data. Point Ana, comms Ana"
    )
    assert "asks you to be comms" in world.expect("email", "Bruno").parcel.facts["subject"]
    offer = Offer.objects.get()
    roles.accept(offer.pk, by=trio.bruno, now=world.now)
    world.tick()
    assert "comms Bruno" in the_topic(world)
    assert world.expect("chat", kind="revise").parcel.to["post"] == first.parcel.message_id

    # comms tells our own and the clients; the update timer starts anew, and nobody is reminded to announce
    world.go(minutes=20)
    said = Said("The nightly run wrote nothing. We restore yesterday's tables.", ("#crash", "#data-announcements"))
    updating.post_update(incident.pk, said, by=trio.bruno, now=world.now)
    world.tick()
    rooms = [world.expect("chat", kind="say").parcel.to for _ in range(2)]
    assert [one["room"] for one in rooms] == ["#crash", "#data-announcements"]
    assert rooms[0]["under"] == first.parcel.message_id
    assert said.text in words_of(world.expect("chat", kind="revise")).paragraphs
    the_topic(world)
    timer = Timer.objects.get(incident=incident)
    assert (timer.kind, timer.due_at) == ("update", world.now + timedelta(hours=1))

    # over: topic green, clients hear of it
    world.go(minutes=30)
    end = Said("It is over. The data are of today again.", ("#data-announcements",))
    closing.all_clear(incident.pk, end, by=trio.bruno, now=world.now, helped="restored from the snapshot")
    world.tick()
    assert words_of(world.expect("chat", kind="say")).headline == end.text
    assert the_topic(world).startswith("\N{LARGE GREEN CIRCLE} over since ")
    assert words_of(world.expect("chat", kind="revise")).headline.startswith("\N{LARGE GREEN CIRCLE} over: ")
    assert not Timer.objects.exists()

    # closed only with its review
    with pytest.raises(closing.ReviewIsMissing):
        closing.close(incident.pk, by=trio.ana, now=world.now)
    incident = queries.of_team(trio.team.pk).get()
    text, number = queries.review_text(incident)
    assert "told #crash, #data-announcements" in text
    assert f"acknowledged page {page.pk}" in text
    reviewing.save_review(incident.pk, text, seen=number, by=trio.ana, now=world.now)
    with pytest.raises(closing.ReviewIsMissing):
        closing.close(incident.pk, by=trio.ana, now=world.now)
    reviewing.save_review(incident.pk, text.replace("(write here)", "Written."), seen=1, by=trio.ana, now=world.now)
    closing.close(incident.pk, by=trio.ana, now=world.now)
    with pytest.raises(closing.changing.IncidentIsClosed):
        closing.close(incident.pk, by=trio.ana, now=world.now)
    with pytest.raises(closing.changing.IncidentIsClosed):
        updating.post_update(incident.pk, Said("More."), by=trio.bruno, now=world.now)


def test_a_page_opens_one_incident_however_often_somebody_presses(world, trio):
    page = paged(trio, world)
    first = opened(trio, world, opened_from=f"page:{page.pk}")
    assert opened(trio, world, opened_from=f"page:{page.pk}", level="SEV1").pk == first.pk
    assert Incident.objects.count() == 1
    world.tick()
    world.forget()


def test_without_a_chat_everything_works_and_the_incident_says_why_nobody_was_told(world, trio):
    world.channels["chat"].always = Refused(NOT_SET_UP)
    incident = opened(trio, world)
    world.tick()
    world.expect("email", "Bruno")
    crash = queries.crash_channel(incident, now=world.now)
    assert crash.problem == NOT_SET_UP
    assert "SEV2 major" in crash.message_text
    updating.post_update(incident.pk, Said("We look.", ("#data-announcements",)), by=trio.ana, now=world.now)
    world.tick()
    (told,) = [one for one in queries.told(incident) if one.row.is_client]
    assert (told.row.text, told.fate.state, told.fate.reason) == ("We look.", "failed", NOT_SET_UP)
    closing.all_clear(incident.pk, Said("Over."), by=trio.ana, now=world.now)
    world.tick()
    assert not Incident.objects.get().is_running


def test_two_incidents_share_the_crash_channel_and_the_topic_names_both(world, trio):
    one = opened(trio, world)
    other = open_incident(trio.team, "No login", "SEV1", actor=as_actor(trio.carla), now=world.now)
    world.tick()
    topic = the_topic(world)
    assert "Clients see yesterday's data" in topic
    assert "No login" in topic
    world.forget()
    closing.all_clear(one.pk, Said(""), by=trio.ana, now=world.now)
    world.tick()
    assert the_topic(world) == "\N{LARGE RED CIRCLE} running: SEV1 critical, No login. Point Carla, comms Carla"
    closing.all_clear(other.pk, Said(""), by=trio.carla, now=world.now + timedelta(minutes=1))
    world.go(minutes=2)
    assert the_topic(world).startswith("\N{LARGE GREEN CIRCLE} over since")
    world.forget()


def test_comms_is_reminded_before_an_update_is_due_point_and_backstop_after_each_once(world, trio):
    incident = opened(trio, world)
    roles.assign(incident.pk, Post.COMMS, to=trio.carla, by=trio.ana, seen=None, now=world.now)
    updating.post_update(incident.pk, Said("Told.", ("#data-announcements",)), by=trio.carla, now=world.now)
    world.tick()
    world.forget()
    world.go(minutes=49)
    world.expect_none()
    world.go(minutes=1)
    assert "in 10 min" in world.expect("email", "Carla").parcel.facts["text"]
    assert words_of(world.expect("chat", kind="say")).headline.startswith("Carla: The next update is due at 04:00")
    world.go(minutes=9, seconds=59)
    world.expect_none()
    world.go(seconds=1)
    for name in ("Ana", "Bruno"):
        assert "has not been told" in world.expect("email", name).parcel.facts["subject"]
    assert words_of(world.expect("chat", kind="say")).headline.startswith("Ana, Bruno: The update promised for 04:00")
    # nobody tells: the next interval begins with comms again
    world.go(minutes=49)
    world.expect_none()
    world.go(minutes=1)
    world.expect("email", "Carla")
    world.expect("chat", kind="say")
    updating.post_update(incident.pk, Said("Again."), by=trio.carla, now=world.now)
    world.tick()
    world.forget()
    world.go(minutes=30)


def test_clients_that_were_not_told_in_time_are_asked_about_once(world, trio):
    opened(trio, world)
    world.tick()
    world.forget()
    world.go(minutes=22, seconds=30)
    assert "Clients are to be told by" in world.expect("email", "Ana").parcel.facts["subject"]
    world.expect("chat", kind="say")
    world.go(minutes=7, seconds=30)
    for name in ("Ana", "Bruno"):
        assert "were not" in world.expect("email", name).parcel.facts["subject"]
    world.expect("chat", kind="say")
    assert list(Timer.objects.values_list("kind", flat=True)) == ["update"]


def test_once_the_chat_is_mended_what_did_not_arrive_is_sent_once_more(world, trio):
    world.channels["chat"].always = Refused("The bot was removed from the channel.")
    incident = opened(trio, world)
    updating.post_update(incident.pk, Said("We look.", ("#crash", "#data-announcements")), by=trio.ana, now=world.now)
    world.tick()
    world.forget()
    world.channels["chat"].always = None
    updating.tell_again(incident.pk, by=trio.ana, now=world.now)
    world.tick()
    crash, thread, clients = (world.expect("chat", kind="say") for _ in range(3))
    assert words_of(crash).headline.endswith("SEV2 major, Clients see yesterday's data")
    assert thread.parcel.to == {"room": "#crash", "thread": "", "under": crash.parcel.message_id}
    assert (clients.parcel.to["room"], words_of(clients).headline) == ("#data-announcements", "We look.")
    the_topic(world)
    incident.refresh_from_db()
    assert queries.crash_channel(incident, now=world.now).problem == ""
    updating.tell_again(incident.pk, by=trio.ana, now=world.now)
    world.tick()


def test_whoever_was_paged_for_an_incident_is_not_called_again_once_it_is_over(world, trio):
    incident = opened(trio, world)
    pulling.page_person(incident.pk, trio.carla, by=trio.ana, now=world.now)
    world.tick()
    world.forget()
    closing.all_clear(incident.pk, Said(""), by=trio.ana, now=world.now)
    world.tick()
    world.forget()
    world.go(hours=3)
    assert Page.objects.get().close_reason == "the incident is over"


def test_an_update_of_many_lines_begins_with_its_first_and_loses_nothing(world, trio):
    incident = opened(trio, world)
    world.tick()
    world.forget()
    long = "y" * 400
    for text in ("First line.\n\nSecond line.", long):
        updating.post_update(incident.pk, Said(text, ("#crash",)), by=trio.ana, now=world.now)
        world.tick()
    short, whole = (words_of(world.expect("chat", kind="say")) for _ in range(2))
    assert (short.headline, short.paragraphs) == ("First line.", ("Second line.",))
    assert (len(whole.headline), whole.paragraphs) == (150, (long,))
    world.forget()


def test_when_point_has_left_others_hear_that_an_update_is_late(world, trio):
    opened(trio, world)
    world.tick()
    world.forget()
    Person.objects.filter(pk=trio.ana.pk).update(is_active=False)
    # Bruno has moved up to the duty itself, and Carla stands behind him now
    world.go(minutes=50)
    assert {one.person for one in world.sent if one.channel == "email"} == {"Carla"}
    Person.objects.filter(pk=trio.carla.pk).update(is_active=False)
    world.forget()
    world.go(minutes=10)
    assert {one.person for one in world.sent if one.channel == "email"} == {"Bruno"}
    world.forget()
