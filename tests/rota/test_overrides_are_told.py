"""An override tells whoever gains or loses something by it, in one letter each: nobody's duty moves in silence."""

from datetime import datetime

from hausmeister.outbox.models import Message
from hausmeister.rota import operations as rota
from hausmeister.rota.operations import schedule_overrides
from hausmeister.rota.rules.layers import Change, Kind
from hausmeister.rota.rules.slots import Post
from hausmeister.team.operations import as_actor
from hausmeister.team.rules import Channel
from tests import builders


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


def letters() -> dict[str, list[str]]:
    """Return whom the letters that wait are to, and their lines."""
    found: dict[str, list[str]] = {}
    for one in Message.objects.filter(dedup_key__startswith="moved-").order_by("id"):
        text = one.facts["text"]
        assert one.lane == "chat"
        found.setdefault(one.facts["person"], []).extend(line for line in text.splitlines() if line[:2] in {"+ ", "- "})
    return found


def override(trio, person, starts_at, ends_at, *, by=builders.CONSOLE, now):  # type: ignore[no-untyped-def]
    return rota.add_override(
        trio.team, post=Post.PRIMARY, person=person, starts_at=at(starts_at), ends_at=at(ends_at),
        reason="a wedding", by=by, now=now, even_if_outranked=True,
    )  # fmt: skip


def test_who_takes_it_and_who_had_it_are_told_with_author_and_reason_and_nobody_else(world, trio):
    override(trio, trio.carla, "2026-12-01 08:00", "2026-12-02 08:00", now=world.now)
    assert letters() == {
        "Ana": ["- Hausmeister: not any more Tue 1 Dec 09:00 to Wed 2 Dec 09:00"],
        "Carla": ["+ Hausmeister: Tue 1 Dec 09:00 to Wed 2 Dec 09:00"],
    }
    assert "the console changed who is on duty (a wedding)" in Message.objects.latest("id").facts["text"]


def test_over_two_duties_there_is_a_line_for_each_and_who_does_it_themselves_gets_no_letter(world, trio):
    override(trio, trio.carla, "2026-12-04 10:00", "2026-12-05 10:00", by=as_actor(trio.carla), now=world.now)
    assert letters() == {
        "Ana": [
            "- Hausmeister: not any more Fri 4 Dec 11:00 to Fri 4 Dec 17:00",
            "- Weekend on-call: not any more Fri 4 Dec 17:00 to Sat 5 Dec 11:00",
        ]
    }


def test_an_override_that_ends_early_is_told_for_the_rest_of_it_and_a_second_end_for_nothing(world, trio):
    made = override(trio, trio.carla, "2026-12-01 08:00", "2026-12-02 08:00", now=world.now)
    Message.objects.all().delete()
    world.now = at("2026-12-01 20:00")
    for _ in range(2):
        rota.cancel_override(made, by=builders.CONSOLE, now=world.now)
    assert letters() == {
        "Ana": ["+ Hausmeister: Tue 1 Dec 21:00 to Wed 2 Dec 09:00"],
        "Carla": ["- Hausmeister: not any more Tue 1 Dec 21:00 to Wed 2 Dec 09:00"],
    }


def test_an_override_for_who_has_the_duty_anyway_tells_nobody(world, trio):
    override(trio, trio.ana, "2026-12-01 08:00", "2026-12-02 08:00", now=world.now)
    assert letters() == {}


def test_one_for_all_schedules_is_one_letter_each_however_many_duties_it_reaches(world, trio):
    change = Change(0, Kind.REPLACE, at("2026-12-03 08:00"), at("2026-12-08 08:00"), trio.carla.pk, trio.ana.pk)
    made = schedule_overrides.add_schedule_override(
        trio.team, None, change, by=builders.CONSOLE, now=world.now, even_if_outranked=True
    )
    assert Message.objects.filter(dedup_key__startswith="moved-").count() == 2
    assert [len(lines) for lines in letters().values()] == [3, 3]
    Message.objects.all().delete()
    schedule_overrides.cancel_schedule_override(made, by=builders.CONSOLE, now=world.now)
    assert letters()["Carla"] == [
        "- Hausmeister: not any more Thu 3 Dec 09:00 to Fri 4 Dec 17:00",
        "- Weekend on-call: not any more Fri 4 Dec 17:00 to Mon 7 Dec 11:00",
        "- Hausmeister: not any more Mon 7 Dec 11:00 to Tue 8 Dec 09:00",
    ]


def test_without_a_mail_server_the_letter_comes_by_the_phone_and_does_not_ring(world, trio):
    builders.method(trio.carla, Channel.NTFY, "https://ntfy.example.org/carla")
    override(trio, trio.carla, "2026-12-01 08:00", "2026-12-02 08:00", now=world.now)
    world.tick()
    # Ana has nothing but e-mail: her letter waits where mails do that cannot leave
    assert world.expect("email", "Ana").parcel.kind == "mail"
    sent = world.expect("ntfy", "Carla")
    assert sent.parcel.kind == "notice"
    assert "+ Hausmeister: Tue 1 Dec 09:00" in sent.parcel.facts["text"]


def test_with_one_the_letter_is_a_mail_whatever_the_phone(world, trio, settings):
    settings.HAUSMEISTER_EMAIL = object()
    builders.method(trio.carla, Channel.NTFY, "https://ntfy.example.org/carla")
    override(trio, trio.carla, "2026-12-01 08:00", "2026-12-02 08:00", now=world.now)
    assert {one.channel for one in Message.objects.filter(dedup_key__startswith="moved-")} == {"email"}
