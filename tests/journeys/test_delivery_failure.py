"""X5, X6: what happens when a provider fails, through the real senders and real far sides.

For a while: tried again with growing pauses, then the person's next method at once. For good: the next method at
once, and when none is left the next step at once. The timeline names the cause each time.
"""

from contextlib import ExitStack
from datetime import timedelta

import pytest

from hausmeister.base.far_side import Reply
from hausmeister.connectors.smtp import fake as smtp
from hausmeister.journal import queries as journal
from hausmeister.outbox.models import Message
from hausmeister.outbox.rules import State
from hausmeister.team.rules import Channel
from tests import builders
from tests.outside import Outside

TRIES = 4


@pytest.fixture
def outside(world, trio, settings, monkeypatch):
    with ExitStack() as stack:
        yield Outside(world, settings, monkeypatch, stack)


def reasons(page, verb):
    """Return (channel, reason) of the timeline's entries with `verb`, oldest first."""
    entries = journal.verbs_about([page.subject], verb)
    return [(entry.facts["channel"], entry.facts.get("reason", "")) for entry in entries]


def times(work, count=TRIES):
    for _ in range(count):
        work()


TROUBLE = {
    "ntfy answers 503": (Channel.NTFY, lambda o: o.ntfy.fail(503), "The ntfy server answered 503"),
    "ntfy hangs": (Channel.NTFY, lambda o: o.ntfy.hang(), "The ntfy server: it did not answer within 0.25 s"),
    "ntfy resets": (
        Channel.NTFY,
        lambda o: o.ntfy.reset(),
        "The ntfy server: the connection broke before an answer came",
    ),
    "ntfy answers 200 with an error": (
        Channel.NTFY,
        lambda o: o.ntfy.error_body(),
        "The ntfy server answered 200, but not as ntfy does",
    ),
    "Slack answers 502": (Channel.SLACK, lambda o: o.slack.fail(502), "Slack answered 502"),
    "Slack hangs": (Channel.SLACK, lambda o: o.slack.hang(), "Slack: it did not answer within 0.25 s"),
    "Slack resets": (Channel.SLACK, lambda o: o.slack.reset(), "Slack: the connection broke before an answer came"),
    "Slack answers 200 with an error": (
        Channel.SLACK,
        lambda o: o.slack.say_no("internal_error"),
        "Slack answered internal_error",
    ),
    "Opsgenie answers 500": (Channel.OPSGENIE, lambda o: o.opsgenie.fail(500), "Opsgenie answered 500"),
    "Opsgenie hangs": (Channel.OPSGENIE, lambda o: o.opsgenie.hang(), "Opsgenie: it did not answer within 0.25 s"),
    "Opsgenie resets": (
        Channel.OPSGENIE,
        lambda o: o.opsgenie.reset(),
        "Opsgenie: the connection broke before an answer came",
    ),
    "Opsgenie answers 200 with an error": (
        Channel.OPSGENIE,
        lambda o: o.opsgenie.error_body(),
        "Opsgenie answered 200, but not as Opsgenie does",
    ),
    "the webhook answers 500": (Channel.WEBHOOK, lambda o: o.hook.fail(500), "The webhook's server answered 500"),
    "the webhook hangs": (
        Channel.WEBHOOK,
        lambda o: o.hook.hang(),
        "The webhook's server: it did not answer within 0.25 s",
    ),
    "the webhook resets": (
        Channel.WEBHOOK,
        lambda o: o.hook.reset(),
        "The webhook's server: the connection broke before an answer came",
    ),
}


# real far sides that hang take real time
@pytest.mark.slow
@pytest.mark.parametrize("name", TROUBLE)
def test_x5_a_provider_in_trouble_is_tried_again_and_then_the_next_method_is_used_at_once(world, outside, trio, name):
    channel, trouble, cause = TROUBLE[name]
    builders.ladder(trio.ana, (0, outside.method(trio.ana, channel)), (4, outside.method(trio.ana, Channel.EMAIL)))
    if "hangs" in name:
        outside.be_impatient()
    times(lambda: trouble(outside))
    started = world.now
    page = world.fire(severity="critical")
    world.go(seconds=80)
    letter = outside.mail.expect("ana@example.org")
    (message,) = Message.objects.filter(channel=channel, kind="page")
    assert (message.state, message.attempts) == (State.FAILED, TRIES)
    assert reasons(page, "message.retry") == [(channel, cause)] * (TRIES - 1)
    assert reasons(page, "message.failed") == [(channel, cause)]
    # 5, 15 and 30 s with up to a fifth on top, instead of the four minutes of the ladder
    mail = Message.objects.get(channel="email", person_id=trio.ana.pk)
    assert timedelta(seconds=50) <= mail.finished_at - started <= timedelta(seconds=60)
    (rang,) = journal.verbs_about([page.subject], "page.rang")
    assert rang.facts["because"] == "the method before failed"
    # the mail is another message: it is no duplicate of what the provider may have delivered
    assert "This may have reached you before" not in letter.text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "play", "cause"),
    [
        ("RCPT", "451 4.3.0 try later", "The mail server answered 451 4.3.0 try later"),
        ("greeting", smtp.HANG, "The mail server did not answer within 0.25 s."),
        ("end of data", smtp.CUT, "The mail server broke off the conversation."),
    ],
)
def test_x5_a_mail_server_in_trouble_is_tried_again_and_then_the_next_method_is_used(
    world, outside, trio, step, play, cause
):
    builders.ladder(trio.ana, (0, outside.method(trio.ana, Channel.EMAIL)), (4, outside.method(trio.ana, Channel.NTFY)))
    if play is smtp.HANG:
        outside.be_impatient()
    times(lambda: outside.mail.at(step, play))
    page = world.fire(severity="critical")
    world.go(seconds=80)
    outside.ntfy.take("canary-topic")
    assert reasons(page, "message.retry") == [("email", cause)] * (TRIES - 1)
    assert reasons(page, "message.failed") == [("email", cause)]


def test_x5_after_an_unknown_outcome_the_next_try_is_marked_as_a_possible_duplicate(world, outside, trio):
    builders.ladder(trio.ana, (0, outside.method(trio.ana, Channel.NTFY)))
    outside.ntfy.reset(takes=True)
    page = world.fire(severity="critical")
    world.go(seconds=30)
    assert "This may have reached you before" not in outside.ntfy.take()["message"]
    assert "This may have reached you before" in outside.ntfy.take()["message"]
    (sent,) = journal.verbs_about([page.subject], "message.sent")
    assert sent.facts["maybe_twice"] is True


def test_x5_a_short_trouble_is_over_with_the_next_try(world, outside, trio):
    builders.ladder(
        trio.ana, (0, outside.method(trio.ana, Channel.SLACK)), (4, outside.method(trio.ana, Channel.EMAIL))
    )
    outside.slack.say_no("ratelimited", status=429, retry_after="20")
    page = world.fire(severity="critical")
    world.go(seconds=19)
    assert outside.slack.delivered == []
    world.go(seconds=10)
    outside.slack.take(text="Disk full")
    assert reasons(page, "message.retry") == [("slack", "Slack answered 429")]
    assert reasons(page, "message.sent") == [("slack", "")]


def test_x5_a_provider_that_asks_for_more_than_a_minute_is_not_waited_for(world, outside, trio):
    builders.ladder(
        trio.ana, (0, outside.method(trio.ana, Channel.SLACK)), (4, outside.method(trio.ana, Channel.EMAIL))
    )
    outside.slack.say_no("ratelimited", status=429, retry_after="3600")
    page = world.fire(severity="critical")
    world.tick()
    outside.mail.expect("ana@example.org")
    assert reasons(page, "message.failed") == [("slack", "Slack answered 429")]


NOES = {
    "ntfy": (Channel.NTFY, lambda o: o.ntfy.refuse(403), "The ntfy server answered 403"),
    "a redirect": (
        Channel.WEBHOOK,
        lambda o: o.hook.play(Reply(302, b"", (("Location", "http://127.0.0.1:1/"),))),
        "The webhook's server answered 302, a redirect; store the address it leads to.",
    ),
    "the webhook": (Channel.WEBHOOK, lambda o: o.hook.refuse(410), "The webhook's server answered 410"),
    "Slack": (
        Channel.SLACK,
        lambda o: o.slack.say_no("account_inactive"),
        "Slack answered account_inactive: set HAUSMEISTER_SLACK_TOKEN to a valid bot token.",
    ),
    "Opsgenie": (Channel.OPSGENIE, lambda o: o.opsgenie.refuse(422), "Opsgenie answered 422"),
    "the mail server": (
        Channel.EMAIL,
        lambda o: o.mail.at("RCPT", "550 5.1.1 unknown"),
        "The mail server answered 550 5.1.1 unknown",
    ),
}


@pytest.mark.parametrize("name", NOES)
def test_x6_a_refusal_uses_the_next_method_at_once(world, outside, trio, name):
    channel, refuse, cause = NOES[name]
    other = Channel.NTFY if channel is not Channel.NTFY else Channel.EMAIL
    builders.ladder(trio.ana, (0, outside.method(trio.ana, channel)), (4, outside.method(trio.ana, other)))
    refuse(outside)
    page = world.fire(severity="critical")
    world.tick()
    if other is Channel.NTFY:
        outside.ntfy.take()
    else:
        outside.mail.expect("ana@example.org")
    assert reasons(page, "message.retry") == []
    assert reasons(page, "message.failed") == [(channel, cause)]


def test_x6_when_every_method_fails_for_good_the_next_step_is_taken_at_once(world, outside, trio):
    builders.ladder(
        trio.ana, *((minutes, outside.method(trio.ana, channel)) for minutes, (channel, _, _) in enumerate(
            (NOES["ntfy"], NOES["the webhook"], NOES["Slack"], NOES["Opsgenie"], NOES["the mail server"])
        ))
    )  # fmt: skip
    for name in ("ntfy", "the webhook", "Slack", "Opsgenie", "the mail server"):
        NOES[name][1](outside)
    started = world.now
    page = world.fire(severity="critical")
    world.tick()
    outside.mail.expect("bruno@example.org")
    page.refresh_from_db()
    assert world.now == started
    assert page.steps_done == 2
    assert [channel for channel, _ in reasons(page, "message.failed")] == [
        "ntfy", "webhook", "slack", "opsgenie", "email",
    ]  # fmt: skip


def test_x6_when_everybody_is_out_of_reach_the_ladder_is_used_up_and_told_and_goes_on(world, outside, trio):
    times(lambda: outside.mail.at("RCPT", "550 5.1.1 unknown"), 7)
    page = world.fire(severity="critical")
    world.tick()
    page.refresh_from_db()
    assert page.steps_done == 3
    assert {one.facts["person"] for one in journal.verbs_about([page.subject], "message.failed")} == {
        "Ana",
        "Bruno",
        "Carla",
    }
    assert page.next_step_at <= world.now + timedelta(minutes=1)
    world.go(minutes=1)
    page.refresh_from_db()
    assert page.exhausted_at is not None
    # the mail server is well again: somebody is reached without anybody's doing
    world.go(minutes=1)
    outside.mail.expect("carla@example.org")
    outside.mail.expect("ana@example.org")
