"""What stands around the screens: capabilities, headers, errors, static files, mail, limits."""

from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import OperationalError
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from hausmeister.outbox.models import Message
from hausmeister.team.rules import Capability
from hausmeister.web import assets, limits
from hausmeister.web.screens import now as now_screen
from tests.web.visitors import browser


def routes() -> list[URLPattern]:
    def walk(found: list[URLPattern | URLResolver]) -> list[URLPattern]:
        patterns: list[URLPattern] = []
        for one in found:
            patterns += walk(one.url_patterns) if isinstance(one, URLResolver) else [one]
        return patterns

    # the API's operations say what they need in a way of their own
    found = walk(get_resolver().url_patterns)
    return [one for one in found if not isinstance(one.callback, partial) and "ninja" not in one.callback.__module__]


def test_s28_every_screen_says_which_capability_it_needs():
    found = routes()
    assert len(found) > 50
    without = [
        str(one.pattern) for one in found if not isinstance(getattr(one.callback, "capability", None), Capability)
    ]
    assert without == []


HEARTBEATS = {
    "ping", "ping_word", "opsgenie_heartbeats", "opsgenie_heartbeat", "opsgenie_heartbeat_ping",
    "opsgenie_heartbeat_enable", "opsgenie_heartbeat_disable", "opsgenie_heartbeats_too",
}  # fmt: skip
MAINTENANCES = {
    "opsgenie_maintenances", "opsgenie_maintenances_too", "opsgenie_maintenance", "opsgenie_maintenance_cancel",
    "opsgenie_maintenance_end",
}  # fmt: skip
# a token or a key in the request authorises these
SLACK = {"slack_events", "slack_interact", "slack_command"}
EXEMPT = {
    "link",
    "opsgenie_events",
    "github_events",
    "gitlab_events",
    "api_nothing",
    *HEARTBEATS,
    *MAINTENANCES,
    *SLACK,
}


def test_s21_only_what_no_cookie_authorises_is_free_of_the_token_against_forgery():
    exempt = {one.name for one in routes() if getattr(one.callback, "csrf_exempt", False)}
    assert exempt == EXEMPT


OPEN_TO_STRANGERS = {
    "account_login", "account_reset_password", "account_reset_password_done", "account_reset_password_from_key",
    "account_reset_password_from_key_done", "invitation", "link", "welcome", "worker", "offline",
    "opsgenie_events", "github_events", "gitlab_events", "api_nothing", "calendar", *HEARTBEATS, *MAINTENANCES,
    *SLACK,
}  # fmt: skip


def test_what_is_open_to_strangers_is_listed_here():
    public = {one.name for one in routes() if one.callback.capability is Capability.PUBLIC}  # type: ignore[attr-defined]
    assert public == OPEN_TO_STRANGERS


@pytest.mark.parametrize(
    "path", ["/", "/alerts", "/rota", "/people", "/profile", "/policy", "/settings/integrations", "/more"]
)
def test_a_stranger_is_sent_to_the_sign_in(world, trio, path):
    assert Client().get(path).headers["Location"].startswith("/sign-in")
    assert Client().get(path, headers={"HX-Request": "true"}).headers["HX-Redirect"].startswith("/sign-in")
    assert Client().get(path, headers={"Accept": "application/json"}).status_code == 401


def test_s50_what_breaks_shows_a_number_and_nothing_of_itself(world, trio, monkeypatch):
    def breaks(*_args, **_kwargs):  # type: ignore[no-untyped-def]
        raise OperationalError("SELECT secret FROM /srv/db: password=hunter2")

    monkeypatch.setattr(now_screen, "duty_card", breaks)
    client = browser(trio.ana)
    client.raise_request_exception = False
    answer = client.get("/")
    text = answer.content.decode()
    assert answer.status_code == 500
    assert "Something broke here, number" in text
    assert "On call for Data Infra: <b>Ana</b>" in text
    for secret in ("SELECT", "hunter2", "/srv", "Traceback", "OperationalError", "Django"):
        assert secret not in text
    assert answer.headers["Cache-Control"] == "no-store"


def test_s50_also_with_the_database_gone_there_is_a_page(rf, monkeypatch):
    from hausmeister.web.screens import errors

    def gone(*_args, **_kwargs):  # type: ignore[no-untyped-def]
        raise OperationalError("the database is gone")

    request = rf.get("/")
    request.META["HAUSMEISTER_REQUEST"] = "abcd1234"
    monkeypatch.setattr(type(request), "user", property(gone), raising=False)
    answer = errors.broken(request)
    assert answer.status_code == 500
    assert b"number abcd1234" in answer.content


def test_what_does_not_exist_is_one_sentence_and_one_button(world, trio):
    answer = browser(trio.ana).get("/nothing/here")
    assert answer.status_code == 404
    assert b"This page does not exist" in answer.content
    assert b"Number of this request" in answer.content
    assert Client().get("/nothing/here").status_code == 404


def test_a_form_from_another_site_is_not_stored_and_the_answer_says_what_to_do(world, trio):
    client = browser(trio.ana, enforce_csrf_checks=True)
    answer = client.post("/profile", {"name": "x"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert b"Go back, reload it, and try again." in answer.content
    trio.ana.refresh_from_db()
    assert trio.ana.name == "Ana"


def test_an_unknown_host_is_refused(world, trio):
    assert Client(headers={"host": "evil.example"}).get("/sign-in").status_code == 400


# ---- static files ----


def test_the_bundles_hold_every_topic_and_no_comments():
    style, script = assets.style_sheet(), assets.script()
    assert style.startswith("@layer tokens,base,components,room,print;")
    assert "/*" not in style
    assert "\n// " not in script
    folder = assets._FOLDER
    assert {one.stem for one in (folder / "css").glob("*.css")} == {*assets.STYLES, "signed"}
    assert {one.stem for one in (folder / "js").glob("*.js")} == {*assets.SCRIPTS, "worker"}


@pytest.fixture
def collected(settings, tmp_path):  # type: ignore[no-untyped-def]
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = {"staticfiles": {"BACKEND": "hausmeister.web.assets.Storage"}}
    return settings.STATIC_ROOT


def test_static_files_are_gathered_once_a_version_and_named_by_their_content(collected):
    assert assets.collect() is True
    assert assets.collect() is False
    names = {one.name for one in collected.rglob("*") if one.is_file()}
    assert any(name.startswith("house.") and name.endswith(".css.gz") for name in names)
    assert not any(name.endswith(".map") or name.startswith(("redoc", "htmx-4", "htmax")) for name in names)
    (collected / ".collected").unlink()
    assert assets.collect() is True, "a start that was cut off is done again"


# ---- mail ----


def test_what_django_mails_goes_through_the_outbox(world, trio):
    mail = EmailMultiAlternatives("Subject", "text", None, ["one@example.org"], bcc=["other@example.org"])
    mail.attach_alternative("<p>text</p>", "text/html")
    assert mail.send() == 1
    stored = list(Message.objects.filter(kind="mail").order_by("id"))
    assert [one.to["address"] for one in stored] == ["one@example.org", "other@example.org"]
    assert stored[0].facts == {"subject": "Subject", "text": "text", "html": "<p>text</p>"}
    assert {one.channel for one in stored} == {"email"}
    world.tick()
    world.forget()


# ---- limits ----


def test_so_many_a_minute_and_then_no_more_until_the_next(world):
    taken = [limits.take("door", most=3, now=world.now) for _ in range(5)]
    assert taken == [True, True, True, False, False]
    assert limits.take("other door", most=3, now=world.now)
    assert limits.take("door", most=3, now=world.now + timedelta(minutes=1))


def test_counters_are_not_pushed_out_by_a_flood():
    assert settings.CACHES["default"]["OPTIONS"]["MAX_ENTRIES"] >= 100_000
