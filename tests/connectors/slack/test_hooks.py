"""Slack calling us over HTTP: what is not signed by it, or is too old, is refused and stores nothing."""

import json
from urllib.parse import urlencode

import pytest
from django.test import Client

from hausmeister.base import clock, signing
from hausmeister.chat.models import Line
from hausmeister.connectors.slack import hooks
from hausmeister.connectors.slack.fake import shown
from hausmeister.triage.models import Item
from tests import builders
from tests.connectors.parcels import NOW, at_night
from tests.connectors.slack import workplace
from tests.connectors.slack.workplace import Place, message, payload

pytestmark = pytest.mark.django_db
OLD_SECRET = "canary-old-signing-secret-01"
SECRET = "canary-signing-secret-0123"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def night():
    with at_night():
        yield


@pytest.fixture
def place(settings, monkeypatch):
    settings.HAUSMEISTER_SLACK_SIGNING_SECRET = (SECRET, OLD_SECRET)
    with workplace.fake_slack() as slack:
        workplace.link(builders.trio())
        found = Place.of(slack)
        found.watch(clock.now())
        monkeypatch.setattr(hooks, "app_of_settings", lambda: found.app)
        yield found


def post(path, body, *, kind=JSON, secret=SECRET, at_s=None, **changed):
    raw = body if isinstance(body, bytes) else body.encode()
    stamp = str(int(NOW.timestamp()) if at_s is None else at_s)
    signature = f"v0={signing.hmac_sha256_hex(secret, f'v0:{stamp}:'.encode() + raw)}"
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature, **changed}
    return Client(headers=headers).generic("POST", path, raw, content_type=kind)


def asked():
    return json.dumps(payload(**message("How do I rerun a DAG?", ts="1795600000.000100")))


def test_an_event_that_is_signed_is_stored_and_answered_with_nothing(place):
    answer = post("/in/slack/events", asked())
    assert (answer.status_code, answer.content) == (200, b"")
    assert Item.objects.get().title == "How do I rerun a DAG?"


def test_s36_while_the_secret_is_changed_both_are_good(place):
    assert post("/in/slack/events", asked(), secret=OLD_SECRET).status_code == 200


def test_the_address_is_proved_to_slack(place):
    answer = post("/in/slack/events", json.dumps({"type": "url_verification", "challenge": "c-1"}))
    assert answer.json() == {"challenge": "c-1"}


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": "another-secret-0123456789"},
        {"at_s": int(NOW.timestamp()) - 301},
        {"at_s": int(NOW.timestamp()) + 301},
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=ü"},
        {"X-Slack-Request-Timestamp": "yesterday"},
        {"X-Slack-Request-Timestamp": "9" * 400},
    ],
)
@pytest.mark.parametrize("path", ["events", "interact", "command"])
def test_what_slack_did_not_sign_just_now_is_refused_and_stores_nothing(place, path, changed):
    answer = post(f"/in/slack/{path}", asked(), **changed)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
    assert not Item.objects.exists()
    assert not Line.objects.exists()


def test_a_command_and_a_press_over_http(place):
    answer = post("/in/slack/command", urlencode(workplace.slash("oncall")), kind=FORM)
    assert "Hausmeister of Data Infra" in shown(answer.json())
    press = workplace.pressed({"action_id": "page.acknowledge", "value": "1"})
    assert post("/in/slack/interact", urlencode({"payload": json.dumps(press)}), kind=FORM).status_code == 200


@pytest.mark.parametrize("body", ["", "[]", "{", "null", '"x"', "[" * 5000])
def test_a_body_that_is_no_object_is_refused(place, body):
    assert post("/in/slack/events", body).status_code == 400
    assert post("/in/slack/interact", urlencode({"payload": body}), kind=FORM).status_code == 400


def test_without_a_secret_the_addresses_do_not_exist(settings):
    settings.HAUSMEISTER_SLACK_SIGNING_SECRET = ()
    for path in ("events", "interact", "command"):
        assert post(f"/in/slack/{path}", asked()).status_code == 404


def test_only_posts_are_taken(place):
    assert Client().get("/in/slack/events").status_code == 405
