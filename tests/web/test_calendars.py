"""Leave and schedules from calendars, on the screens."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from hausmeister.rota.calendars import imports
from hausmeister.rota.calendars.models import CalendarImport, ImportedDuty
from hausmeister.rota.rules.calendars.importing import ImportKind
from tests import builders
from tests.rota.calendars import files
from tests.web.visitors import browser

FORM = {"name": "my leave", "url": "webcal://127.0.0.1/secret/ana.ics", "words": "vacation, leave"}


def text_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_an_address_is_kept_and_never_shown_again(world, trio):
    client = browser(trio.ana)
    assert client.post("/profile/calendars/leave", FORM).status_code == 303
    one = CalendarImport.objects.get()
    assert (one.person, one.url, one.words) == (trio.ana, "https://127.0.0.1/secret/ana.ics", ["vacation", "leave"])
    text = text_of(client, "/profile/calendars")
    assert "It has not been read yet." in text
    assert "Only with one of: vacation, leave." in text
    assert "secret" not in text.replace("secret address", "").replace("secret iCal", "").replace("A secret", "")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://192.168.0.1/a.ics", "does not lead to a public server"),
        ("x", "must begin with https://"),
        ("", "required"),
    ],
)
def test_an_address_that_may_not_be_dialled_is_refused_and_what_was_typed_stays(world, trio, url, words):
    answer = browser(trio.ana).post("/profile/calendars/leave", {**FORM, "url": url})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert 'value="vacation, leave"' in answer.content.decode()
    assert not CalendarImport.objects.exists()


def test_what_went_wrong_stands_on_the_profile_with_what_still_holds(world, trio):
    one = imports.add_import(
        ImportKind.LEAVE,
        person=trio.ana,
        name="mine",
        url="https://127.0.0.1/a.ics",
        by=builders.CONSOLE,
        now=world.now,
    )
    imports.refuse(one, "The calendar is empty now.", now=world.now, awaits_word=True)
    client = browser(trio.ana)
    assert "<b>The calendar is empty now.</b>" in text_of(client, "/profile")
    text = text_of(client, "/profile/calendars")
    assert f'action="/profile/calendars/leave/{one.pk}/empty"' in text
    client.post(f"/profile/calendars/leave/{one.pk}/empty")
    one.refresh_from_db()
    assert one.may_be_empty
    assert client.post(f"/profile/calendars/leave/{one.pk}/explode").status_code == 404
    assert browser(trio.bruno).post(f"/profile/calendars/leave/{one.pk}/remove").status_code == 404
    assert client.post(f"/profile/calendars/leave/{one.pk}/remove").status_code == 303
    assert not CalendarImport.objects.exists()


def upload(body):
    return SimpleUploadedFile("rota.ics", body, content_type="text/calendar")


def test_a_lead_imports_a_schedule_from_a_file_and_sees_whom_it_does_not_know(world, trio):
    client = browser(trio.carla)
    path = "/rota/import?team=data-infra"
    assert client.post(path, {"name": "old rota", "file": upload(files.schedule())}).status_code == 303
    text = text_of(client, path)
    assert "3 turns." in text
    assert "<b>On call: Zoe</b>" in text
    assert "It names no member of the team" in text
    assert ImportedDuty.objects.filter(person=trio.ana).count() == 1
    assert '<a href="/rota/schedules/old-rota?team=data-infra">old rota</a>' in text
    one = CalendarImport.objects.get()
    client.post(f"/rota/import/{one.pk}/remove")
    assert "The schedule old rota stays as it is" in text_of(client, path)
    assert "Ana" in text_of(client, "/rota/schedules/old-rota?team=data-infra&from=2026-12-07")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"file": upload(b"<html>")}, "a web page, not a calendar"),
        ({"file": upload(b"x" * 2_100_000)}, "larger than 2 MiB"),
        ({"url": "https://10.0.0.1/x.ics"}, "public server"),
        ({}, "either an address or a file"),
    ],
)
def test_a_schedule_that_cannot_be_taken_leaves_nothing(world, trio, form, words):
    answer = browser(trio.carla).post("/rota/import?team=data-infra", {"name": "old rota", **form})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not CalendarImport.objects.exists()


def test_the_rota_leads_to_both(world, trio):
    text = text_of(browser(trio.carla), "/rota")
    assert f'href="/profile/calendars?what=rota+{trio.team.pk}"' in text
    assert 'href="/rota/import?team=data-infra"' in text
    assert "/rota/import" not in text_of(browser(trio.ana), "/rota")
    chosen = text_of(browser(trio.carla), f"/profile/calendars?what=rota+{trio.team.pk}")
    assert f'<option value="rota {trio.team.pk}" selected>' in chosen


def test_the_screen_of_a_schedule_leads_to_its_calendar_feed(world, trio):
    lead = browser(trio.carla)
    lead.post("/rota/import?team=data-infra", {"name": "old rota", "file": upload(files.schedule())})
    client = browser(trio.ana)
    what = f"schedule {trio.team.pk} old-rota"
    assert f"/profile/calendars?what={what.replace(' ', '+')}" in text_of(client, "/rota/schedules/old-rota")
    assert f'<option value="{what}" selected>old rota of Data Infra</option>' in text_of(
        client, f"/profile/calendars?what={what.replace(' ', '+')}"
    )
    made = client.post("/profile/calendars", {"what": what, "name": "phone"}).content.decode()
    address = re.search(r"http://testserver(/calendar/\w+\.ics)", made)[1]
    assert b"old rota: Ana" in client.get(address).content
    assert "old rota of Data Infra" in text_of(client, "/profile/calendars")
