"""Who is told of each change of who is on: `oncallnotify` and `webhookoncall` of section H, and around them."""

import ipaddress
from datetime import date, time, timedelta

import pytest

from hausmeister.base import clock
from hausmeister.base.guard import Guard
from hausmeister.base.outgoing import Client
from hausmeister.connectors.webhook.fake import FakeReceiver
from hausmeister.connectors.webhook.sender import WebhookSender
from hausmeister.journal.models import Entry
from hausmeister.outbox.delivery import Parcel, Refused
from hausmeister.outbox.models import Message
from hausmeister.rota import announcing
from hausmeister.rota import operations as rota
from hausmeister.rota.announcing import NoticeRefused
from hausmeister.rota.models.notices import OnCallNotice
from hausmeister.rota.operations import schedule_overrides
from hausmeister.rota.operations import schedules as operations
from hausmeister.rota.rules.definitions import Content, LayerDraft, ScheduleDraft
from hausmeister.rota.rules.layers import Change, Kind
from hausmeister.rota.rules.rotations import Unit, Who
from hausmeister.rota.rules.slots import Post
from hausmeister.rota.rules.wall import WallMoment
from hausmeister.team.rules import Scope
from tests import builders

HOUR = timedelta(hours=1)
HOOK = "https://93.184.215.14/hook"


@pytest.fixture
def support(world, trio, settings):
    """Ana is on by the schedule from Tuesday 09:00 in Berlin, Bruno from Wednesday."""
    settings.HAUSMEISTER_CHAT = "slack"
    layer = LayerDraft(
        "Days", Content.ROTATION, starts=WallMoment(date(2026, 11, 23), time(9)), unit=Unit.DAILY, hand_off=time(9),
        participants=(Who(trio.ana.pk), Who(trio.bruno.pk)),
    )  # fmt: skip
    draft = ScheduleDraft("support", "Support", "Europe/Berlin", "", (layer,), beside_duties=True)
    (made,) = operations.create_schedules(trio.team, [draft], by=builders.CONSOLE, now=world.now)
    return made


def add(world, trio, schedule, address):
    return announcing.add_notice(trio.team, schedule, address, by=builders.CONSOLE, now=world.now)


def told(channel):
    return list(Message.objects.filter(channel=channel, dedup_key__startswith="oncall-").order_by("id"))


def look(world, hours=0.0):
    return announcing.tell_changes(world.now + hours * HOUR)


def test_oncallnotify_both_rooms_are_told_the_full_list_when_a_second_person_comes_on(world, trio, support):
    for room in ("#support", "#leads"):
        add(world, trio, support, room)
    assert look(world) == 2
    assert look(world, 1) == 0
    soon = world.now + 2 * HOUR
    added = Change(0, Kind.ADD, soon, soon + HOUR, trio.carla.pk)
    schedule_overrides.add_schedule_override(trio.team, support, added, by=builders.CONSOLE, now=world.now)
    assert [look(world, hours) for hours in (1.9, 2, 2.5, 3)] == [0, 2, 0, 2]
    posts = [(one.to["room"], one.facts["headline"].partition(", until")[0]) for one in told("chat")]
    alone, both = "Support of Data Infra: Ana", "Support of Data Infra: Ana and Carla"
    expected = [(room, says) for says in (alone, both, alone) for room in ("#support", "#leads")]
    assert [(room, says.replace("Bruno", "Ana")) for room, says in posts] == expected


def test_ncdedup_one_room_may_hear_of_two_schedules_and_both_post_but_of_none_twice(world, trio, support):
    layer = LayerDraft("Dates", Content.ENTRIES)
    second = ScheduleDraft("second", "Second", "Europe/Berlin", "", (layer,))
    (other,) = operations.create_schedules(trio.team, [second], by=builders.CONSOLE, now=world.now)
    for schedule in (support, other):
        add(world, trio, schedule, "#support")
        with pytest.raises(NoticeRefused, match="told of it already"):
            add(world, trio, schedule, " #support ")
    assert look(world) == 2
    assert [one.facts["headline"].split(" of ")[0] for one in told("chat")] == ["Support", "Second"]


def parcel(message):
    return Parcel(
        message.pk, message.kind, message.to, message.facts, message.dedup_key, is_possible_duplicate=False, attempt=1
    )


def test_webhookoncall_a_signed_post_says_who_is_on_by_which_schedule(world, trio, support):
    notice = add(world, trio, support, HOOK)
    look(world)
    (message,) = told("webhook")
    assert (message.lane, message.team_id) == ("chat", trio.team.pk)
    assert notice.secret not in str(message.to) + str(message.facts)
    with FakeReceiver(secret=notice.secret, now_s=lambda: clock.now().timestamp()) as receiver:
        loopback = (ipaddress.ip_network("127.0.0.0/8"),)
        sender = WebhookSender(Client(guard=Guard(allow=loopback, more_ports=(receiver.port,))))
        message.to["address"] = f"{receiver.url}/hook"
        sender.send(parcel(message))
        sent = receiver.take("oncall")
        assert sent["oncall"]["schedule"] == "support"
        assert sent["oncall"]["team"] == trio.team.slug
        (person,) = sent["oncall"]["people"]
        assert person == {"name": "Bruno", "email": trio.bruno.email} or person["name"] == "Ana"
        assert sent["oncall"]["until"] > sent["oncall"]["at"]
        assert sent["summary"].startswith("Support of Data Infra: ")
        announcing.end_notice(notice, by=builders.CONSOLE, now=world.now)
        with pytest.raises(Refused, match="webhook is gone"):
            sender.send(parcel(message))


def test_the_teams_duty_is_told_with_the_backstop_when_an_override_begins_and_ends(world, trio, support):
    add(world, trio, None, HOOK)
    builders.on_duty(trio.team, primary=trio.ana, backstop=trio.bruno)
    rota.add_override(
        trio.team, post=Post.BACKSTOP, person=trio.carla, starts_at=world.now + HOUR, ends_at=world.now + 2 * HOUR,
        reason="", by=builders.CONSOLE, now=world.now, tells=False,
    )  # fmt: skip
    assert [look(world, hours) for hours in (0, 0.5, 1, 2, 3)] == [1, 0, 1, 1, 0]
    behind = [one.facts["backstop"][0]["name"] for one in told("webhook")]
    assert behind == ["Bruno", "Carla", "Bruno"]
    assert {one.facts["people"][0]["name"] for one in told("webhook")} == {"Ana"}


def test_of_two_engines_that_see_the_same_change_one_tells_it(world, trio, support, monkeypatch):
    add(world, trio, support, "#support")
    real = announcing._on

    def looked_at_by_two(notice, now):
        monkeypatch.setattr(announcing, "_on", real)
        assert announcing.tell_changes(now) == 1
        return real(notice, now)

    monkeypatch.setattr(announcing, "_on", looked_at_by_two)
    assert look(world) == 0
    assert len(told("chat")) == 1


def test_a_schedule_that_cannot_be_read_silences_no_other(world, trio, support):
    add(world, trio, support, "#support")
    add(world, trio, None, "#duty")
    support.zone_name = "Mars/Olympus"
    support.save()
    assert look(world) == 1
    world.allow_error("notice.not_told")
    assert [one.to["room"] for one in told("chat")] == ["#duty"]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("https://10.1.2.3/x", "not allowed"), ("ftp://example.org", "not"), ("#", "write its name"),
        ("#two words", "write its name"), ("nonsense", "not"), ("https://e.org/" + "x" * 500, "longer than 500"),
    ],
)  # fmt: skip
def test_an_address_that_makes_no_sense_or_leads_inside_is_refused_in_words(world, trio, support, address, says):
    with pytest.raises(NoticeRefused, match=says):
        add(world, trio, support, address)
    assert not OnCallNotice.objects.exists()


def test_without_a_chat_there_are_no_rooms_to_tell(world, trio, support, settings):
    settings.HAUSMEISTER_CHAT = ""
    with pytest.raises(NoticeRefused, match="There is no chat"):
        add(world, trio, support, "#support")


def test_it_is_added_listed_and_ended_over_the_api_and_its_address_and_secret_are_told_once(world, trio, support):
    lead = builders.caller(trio.team, Scope.READ, Scope.MANAGE, person=trio.carla)
    made = lead.post("/oncall-notices", {"address": HOOK, "schedule": "support"})
    assert made.status_code == 201
    assert len(made.json()["secret"]) == 40
    (listed,) = lead.get("/oncall-notices").json()
    assert listed == {"notice": made.json()["notice"], "schedule": "support", "address": "https://93.184.215.14",
                      "told_at": None}  # fmt: skip
    again = lead.post("/oncall-notices", {"address": HOOK, "schedule": "support"})
    assert (again.status_code, again.json()["code"]) == (422, "notice_refused")
    assert lead.post("/oncall-notices", {"address": HOOK, "schedule": "nowhere"}).status_code == 404
    look(world)
    assert lead.ask("DELETE", f"/oncall-notices/{listed['notice']}").status_code == 204
    assert lead.ask("DELETE", f"/oncall-notices/{listed['notice']}").status_code == 404
    assert [one.state for one in told("webhook")] == ["cancelled"]
    assert look(world, 24) == 0
    kept = str(list(Entry.objects.filter(verb__startswith="notice.").values_list("facts", flat=True)))
    assert "hook'" not in kept.replace("a webhook'", "")
    assert made.json()["secret"] not in kept
