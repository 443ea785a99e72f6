"""Which channels are there, as the settings have it."""

import pytest

from hausmeister import wiring
from hausmeister.base.env import BadSetting, Environment, mail_server, mailbox, somebody_else
from hausmeister.connectors.opsgenie.poll import EVERY


@pytest.fixture
def bare(settings):
    """An installation with nothing set up."""
    settings.HAUSMEISTER_EMAIL = None
    settings.HAUSMEISTER_SLACK_TOKEN = settings.HAUSMEISTER_OPSGENIE_KEY = ""
    return settings


def test_what_needs_no_set_up_is_always_there(bare):
    assert sorted(wiring.senders()) == ["email", "ntfy", "webhook"]


def test_slack_and_opsgenie_are_there_once_they_have_a_key(bare):
    bare.HAUSMEISTER_SLACK_TOKEN = "xoxb-1"
    assert "slack" in wiring.senders()
    bare.HAUSMEISTER_OPSGENIE_KEY = "key"
    assert sorted(wiring.senders()) == ["chat", "email", "ntfy", "opsgenie", "slack", "webhook"]


def test_the_chat_is_heard_only_with_a_way_in(bare):
    bare.HAUSMEISTER_SLACK_TOKEN, bare.HAUSMEISTER_CHAT = "xoxb-1", "slack"
    assert wiring.lines() == ()
    assert wiring._jobs_of_the_chat(begin=lambda work: work()) == ()
    bare.HAUSMEISTER_CHAT_HEARS, bare.HAUSMEISTER_SLACK_APP_TOKEN = True, "xapp-1"
    (line,) = wiring.lines()
    line.stop()
    jobs = [job.name for job in wiring._jobs_of_the_chat(begin=lambda work: work())]
    assert jobs == ["tell the duty", "read the chat again"]
    # where Slack calls us, no line is kept
    bare.HAUSMEISTER_SLACK_APP_TOKEN = ""
    assert wiring.lines() == ()


def test_opsgenie_is_asked_only_where_it_is_set_up(bare):
    assert [job.name for job in wiring._jobs_with_a_far_side(begin=lambda work: work())] == [
        "audit", "read calendars", "run checks", "tell of recurring questions", "tell who is on",
    ]  # fmt: skip
    bare.HAUSMEISTER_OPSGENIE_KEY = "key"
    *_, job = wiring._jobs_with_a_far_side(begin=lambda work: work())
    assert (job.name, job.every) == ("ask Opsgenie", EVERY)


@pytest.mark.parametrize(
    "sender", ["hausmeister", "", "Hausmeister <>", "a@b@c", "<@x>", "x@", "Ops <öps@example.org>"]
)
def test_a_sender_that_is_no_address_is_refused_at_start(sender):
    with pytest.raises(BadSetting, match=r"HAUSMEISTER_EMAIL_FROM is .* must look like"):
        mailbox("HAUSMEISTER_EMAIL_FROM", sender)


def test_a_proper_sender_is_kept_as_it_is():
    assert mailbox("X", "Hausmeister <pager@example.org>") == "Hausmeister <pager@example.org>"


@pytest.mark.parametrize("secret", ["short", "x" * 23, "with/slash" * 4, "with space" * 4, "ü" * 30])
def test_s48_a_short_or_strange_hook_secret_is_refused_without_repeating_it(secret):
    with pytest.raises(BadSetting, match="at least 24 characters") as refused:
        Environment({"X": secret}).secret("X", least=24)
    assert secret not in str(refused.value)


@pytest.mark.parametrize("secrets", ["short", "a" * 16 + ",short", ",".join(["a" * 16] * 3), "with space" * 4])
def test_s48_secrets_that_change_hands_are_two_at_most(secrets):
    with pytest.raises(BadSetting, match="at most 2 secrets") as refused:
        Environment({"X": secrets}).secrets("X", least=16)
    assert secrets not in str(refused.value)
    assert Environment({"X": f"{'a' * 16}, {'b' * 16}"}).secrets("X", least=16) == ("a" * 16, "b" * 16)


def test_a_hook_secret_may_be_absent_or_long_enough():
    assert Environment({}).secret("X", least=24) == ""
    assert Environment({"X": "a" * 24}).secret("X", least=24) == "a" * 24


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("smtp://mail.example.org", 25, "opportunistic"),
        ("smtp://u:p@mail.example.org", 587, "opportunistic"),
        ("smtp+starttls://u:p@mail.example.org", 587, "starttls"),
        ("smtps://u:p@mail.example.org", 465, "tls"),
        ("smtp://u:p@mail.example.org:2525", 2525, "opportunistic"),
    ],
)
def test_the_mail_servers_url_says_port_and_encryption(url, port, tls):
    server = mail_server(url)
    assert (server.host, server.port, server.tls) == ("mail.example.org", port, tls)


@pytest.mark.parametrize("url", ["https://hm.example.org", "https://HM.example.org/", "http://hm.example.org/v2"])
def test_h6_paging_through_opsgenie_never_means_paging_oneself(url):
    with pytest.raises(BadSetting, match="this installation itself"):
        somebody_else("HAUSMEISTER_OPSGENIE_URL", url, ourselves="https://hm.example.org")
    assert somebody_else("X", "https://api.opsgenie.com", ourselves=url) == "https://api.opsgenie.com"
