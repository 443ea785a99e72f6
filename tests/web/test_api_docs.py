"""The page of the API in a real browser, under the strict policy and with nothing from elsewhere (S24, S26)."""

import shutil
from enum import Enum
from typing import get_args

import pytest
from ninja import Schema
from playwright.sync_api import sync_playwright

from tests.processes import deployment, free_port

CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-quic",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.counterpart("chromium")
def test_the_api_explains_itself_in_a_browser_with_nothing_from_elsewhere():
    port = free_port()
    complaints, hosts = [], set()
    with deployment(HAUSMEISTER_BASE_URL=f"http://127.0.0.1:{port}") as told, sync_playwright() as play:
        told.start("up", "--when-empty", "demo", port=port)
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]) if "://" in request.url else None)
        page.goto(f"http://127.0.0.1:{port}/api/docs")
        page.get_by_text("Send an alert").click()
        page.get_by_text("2xx means stored").wait_for()
        page.get_by_text("/api/v1/pages/{page_id}/ack", exact=False).first.click()
        page.get_by_text("Hausmeister-As").first.wait_for()
        browser.close()
    assert complaints == []
    assert hosts == {f"127.0.0.1:{port}"}


def test_no_two_shapes_of_the_api_share_a_name():
    # in the description they would be one: whoever came last is what both are said to be
    shapes = [
        one for one in _subclasses(Schema) if one.__module__.startswith("hausmeister.") and one.__name__ != "Body"
    ]
    shapes += {word for one in shapes for field in one.model_fields.values() for word in _words(field.annotation)}
    names = [one.__name__ for one in shapes]
    assert {name for name in names if names.count(name) > 1} == set()


def _words(annotation):
    """Return the enumerations that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return {annotation}
    return {word for part in get_args(annotation) for word in _words(part)}


def _subclasses(of):
    return {one for child in of.__subclasses__() for one in (child, *_subclasses(child))}
