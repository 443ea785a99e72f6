"""A page through every channel at once, the alarms channel, and what of it all may never be written down."""

import json
from contextlib import ExitStack

import pytest
from django.conf import settings as django_settings

from hausmeister.base.far_side import FarSide, Reply
from hausmeister.base.log import mask_secrets
from hausmeister.connectors.slack.fake import shown
from hausmeister.journal.models import Entry
from hausmeister.outbox.models import Message
from hausmeister.pager import links
from hausmeister.pager.operations import acting
from hausmeister.team.models import ContactMethod
from hausmeister.team.rules import Channel
from tests import builders
from tests.harness import at
from tests.outside import MAIL_PASSWORD, MATRIX_TOKEN, OPSGENIE_KEY, ROOM, SLACK_TOKEN, TOPIC, Outside


@pytest.fixture
def outside(world, trio, settings, monkeypatch):
    with ExitStack() as stack:
        yield Outside(world, settings, monkeypatch, stack)


@pytest.fixture
def ana_by_everything(outside, trio):
    builders.ladder(trio.ana, *((0, outside.method(trio.ana, channel)) for channel in Channel))
    return trio.ana


def test_a_page_reaches_every_far_side_with_a_link_that_answers_it(world, outside, ana_by_everything):
    page = world.fire("Dataset billing_cycles built with 0 rows", severity="critical")
    world.tick()
    found = {
        "mail": outside.mail.expect("ana@example.org").text,
        "ntfy": json.dumps(outside.ntfy.take()),
        "slack": json.dumps(outside.slack.take()),
        "webhook": json.dumps(outside.hook.take()),
        "matrix": outside.matrix.take()["body"],
    }
    assert outside.opsgenie.take()["priority"] == "P1"
    for medium, text in found.items():
        assert "billing_cycles" in text, medium
        token = text.partition("/p/")[2].partition('"')[0].partition("\n")[0].partition("|")[0].partition("\r")[0]
        link = links.read(token, now=world.now)
        assert (link.page, link.person) == (page, ana_by_everything), medium


def test_l1_a_soft_page_is_posted_to_the_alarms_channel_and_edited_as_things_happen(world, outside, trio):
    world.now = at("2026-11-24 02:00")
    page = world.fire("Disk 80 %", severity="warning")
    world.tick()
    post = outside.slack.take(ROOM)
    assert "soft: waits for 09:00" in shown(post)
    acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    world.tick()
    assert "acknowledged by Ana" in shown(outside.slack.take("C0"))
    world.go(seconds=5)
    acting.close(page.pk, by=acting.team_operations.as_actor(trio.ana), person=trio.ana, reason="deleted old logs",
                 now=world.now)  # fmt: skip
    world.tick()
    assert "closed, deleted old logs" in shown(outside.slack.take("C0"))
    assert len(outside.slack.messages) == 1


def test_a_slack_in_trouble_never_delays_a_page(world, outside, trio):
    builders.ladder(trio.ana, (0, outside.method(trio.ana, Channel.SLACK)))
    world.fire("Disk 80 %", severity="warning")
    outside.slack.say_no("ratelimited", status=429, retry_after="3600")
    world.tick()
    world.fire("Dataset empty", severity="critical")
    world.tick()
    assert "Dataset empty" in shown(outside.slack.take())


def test_s8_nothing_in_an_alert_is_ever_fetched(world, outside, ana_by_everything):
    with FarSide() as trap:
        url = f"{trap.url}/canary"
        world.fire(
            f"Look at {url} and <{url}|this>", severity="critical", text=f'<img src="{url}"> ![x]({url})',
            links=[url, {"href": url, "text": "runbook"}], labels={"runbook_url": url, "image": url}, source=url,
            generatorURL=url, images=[{"src": url}],
        )  # fmt: skip
        world.post("/in/alertmanager", {
            "externalURL": url, "alerts": [{"fingerprint": "a", "status": "firing", "generatorURL": url,
                                            "labels": {"severity": "critical"}, "annotations": {"runbook_url": url}}],
        })  # fmt: skip
        world.go(seconds=30)
        assert trap.seen == []
    for far_side in (
        outside.mail, outside.ntfy, outside.slack, outside.matrix, outside.hook, outside.opsgenie,
    ):  # fmt: skip
        assert len(far_side.delivered) == 2
        far_side.delivered.clear()


# ---- what may never be written down (S52) ----


def written_down(world):
    """Return everything that people or files could get to see of this story: outbox, journal, log lines."""
    told = [f"{one.last_error} {one.provider_ref} {one.facts}" for one in Message.objects.all()]
    told += [f"{one.verb} {one.actor_name} {one.facts}" for one in Entry.objects.all()]
    told += [json.dumps(mask_secrets(None, "", dict(line)), default=str) for line in world.logs]
    return "\n".join(told)


def canaries():
    secret = ContactMethod.objects.get(channel=Channel.WEBHOOK).secret
    tokens = {SLACK_TOKEN, MATRIX_TOKEN, OPSGENIE_KEY, MAIL_PASSWORD}
    return {*tokens, TOPIC, "canary-path", secret, django_settings.SECRET_KEY, "/p/"}


def repeat_everything(outside):
    """Every far side refuses, and says all it knows while doing so."""
    for far_side in (outside.ntfy, outside.slack, outside.matrix, outside.opsgenie, outside.hook):
        for status in (500, 401):
            repeated = f"{SLACK_TOKEN} {MATRIX_TOKEN} {OPSGENIE_KEY} {TOPIC}"
            answer = json.dumps({"error": repeated, "message": OPSGENIE_KEY}).encode()
            far_side.play(Reply(status, answer))
    outside.mail.at("RCPT", f"451 4.7.1 password {MAIL_PASSWORD} of ana@example.org")
    outside.mail.at("RCPT", f"550 5.7.1 password {MAIL_PASSWORD} of ana@example.org")


def test_s52_no_secret_is_written_down_when_all_goes_well(world, outside, ana_by_everything):
    page = world.fire(severity="critical")
    world.tick()
    acting.acknowledge(page.pk, by=ana_by_everything, now=world.now)
    world.tick()
    told = written_down(world)
    assert "message.sent" in told
    assert [secret for secret in canaries() if secret in told] == []
    outside.mail.expect()
    outside.ntfy.take()
    outside.slack.take()
    outside.hook.take()
    outside.matrix.take()
    outside.opsgenie.take()
    outside.opsgenie.take("acknowledge")


def test_s52_no_secret_is_written_down_when_every_far_side_repeats_what_it_was_sent(world, outside, ana_by_everything):
    repeat_everything(outside)
    world.fire(severity="critical")
    world.go(seconds=30)
    outside.mail.expect("bruno@example.org")
    told = written_down(world)
    assert told.count("message.failed") == 6
    assert [secret for secret in canaries() if secret in told] == []
    assert "password *** of a***@example.org" in told
