"""Chromium, and the product in a process of its own, telling the story of `story.py`."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.screens.story import PASSWORD

HOW_TO_GET = "apt-get install chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-quic",
]  # fmt: skip
OUT = Path(__file__).parent / "out"


@dataclass
class Product:
    """The running product: where it is, and what the story left in it."""

    base: str
    told: dict[str, Any]
    process: "subprocess.Popen[str]"

    def fire(self, title: str, **fields: Any) -> int:
        """Send an alert, as a monitoring system would; return its page."""
        body = json.dumps({"title": title, "key": title, **fields}).encode()
        headers = {"Authorization": f"Bearer {self.told['key']}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.base}/api/v1/alerts", data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(json.load(answer)["page"])

    def resolve(self, title: str) -> None:
        """Say that it is over."""
        with contextlib.suppress(KeyError, TypeError):
            self.fire(title, action="resolve")


def _free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def _database() -> Iterator[dict[str, str]]:
    """Yield the environment of a database of our own, beside the suite's where that is PostgreSQL."""
    url = os.environ.get("TEST_DATABASE_URL", "")
    if not url:
        yield {}
        return
    name = f"screens_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as link:
        link.execute(f"CREATE DATABASE {name}")
    before, _, query = url.partition("?")
    try:
        yield {"DATABASE_URL": f"{before.rpartition('/')[0]}/{name}?{query}"}
    finally:
        with psycopg.connect(url, autocommit=True) as link:
            link.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="package")
def product() -> Iterator[Product]:
    data = Path(tempfile.mkdtemp(prefix="hausmeister-screens-"))
    port = _free_port()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    log = data / "log"
    with (
        _database() as database,
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "tests.screens.serve", str(port)],
            env={**kept, **database, "HAUSMEISTER_DATA": str(data)},
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, f"the product did not start: {log.read_text()[-2000:]}"
            base = f"http://127.0.0.1:{port}"
            _wait_until_it_answers(base)
            yield Product(base, json.loads(line), process)
            _end(process)
        finally:
            process.kill()
    told = log.read_text()
    shutil.rmtree(data, ignore_errors=True)
    assert '"level": "error"' not in told, told[-3000:]


def _end(process: "subprocess.Popen[str]") -> None:
    """End the product as systemd would, while browsers listen: it does not wait for them."""
    process.terminate()
    process.wait(15)


def _wait_until_it_answers(base: str) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{base}/sign-in", timeout=5)
            return
        time.sleep(0.05)
    raise AssertionError("the product does not answer")


# ends with this folder: while it runs, no other test of this thread could start an event loop
@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path is not None, f"Chromium is not installed: {HOW_TO_GET}"
    browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    yield browser
    browser.close()


# what the browser itself reports when the policy blocks something
WATCH = """
window.blocked = [], window.broken = [];
window.addEventListener('error', (event) => window.broken.push(event.message));
window.addEventListener('unhandledrejection', (event) => window.broken.push(String(event.reason)));
document.addEventListener('securitypolicyviolation', (event) => window.blocked.push(
  event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile + ':' + event.lineNumber));
"""


@dataclass
class Visitors:
    """Signed-in browsers, one session a person for the whole run."""

    chromium: Browser
    product: Product
    sessions: dict[str, Any] = field(default_factory=dict)
    open: list[BrowserContext] = field(default_factory=list)
    tabs: dict[tuple[str, int], Page] = field(default_factory=dict)

    def context(self, name: str, *, width: int = 1280, theme: str = "light", **options: Any) -> BrowserContext:
        """Return a new context, in which `name` is signed in; "" for a stranger."""
        is_phone = width < 900
        made = self.chromium.new_context(
            viewport={"width": width, "height": 844 if is_phone else 800},
            color_scheme=theme,  # type: ignore[arg-type]
            has_touch=is_phone,
            is_mobile=is_phone,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="Europe/Berlin",
            storage_state=self._session(name) if name else None,
            **options,
        )
        made.add_init_script(WATCH)
        made.set_default_timeout(10_000)
        self.open.append(made)
        return made

    def page(self, name: str, path: str = "", **options: Any) -> Page:
        """Return a tab of `name`, at `path`."""
        page = self.context(name, **options).new_page()
        if path:
            page.goto(self.product.base + path)
        return page

    def tab(self, name: str, width: int) -> Page:
        """Return the tab of `name` at that width, kept until somebody else's is asked for."""
        if (name, width) not in self.tabs:
            for other in [key for key in self.tabs if key[0] != name]:
                self.tabs.pop(other).context.close()
            self.tabs[name, width] = self.context(name, width=width).new_page()
        return self.tabs[name, width]

    def _session(self, name: str) -> Any:
        if name not in self.sessions:
            context = self.chromium.new_context()
            page = context.new_page()
            page.goto(f"{self.product.base}/sign-in")
            page.fill("[name=login]", f"{name}@example.org")
            page.fill("[name=password]", PASSWORD)
            page.click("main button")
            page.wait_for_url(f"{self.product.base}/")
            self.sessions[name] = context.storage_state()
            context.close()
        return self.sessions[name]


@pytest.fixture(scope="package")
def kept(chromium: Browser, product: Product) -> Visitors:
    """Visitors whose tabs stay open; the last of them listen while the product ends, and it must not wait for them."""
    return Visitors(chromium, product)


@pytest.fixture
def visitors(kept: Visitors) -> Iterator[Visitors]:
    """Visitors whose tabs close with the test."""
    made = Visitors(kept.chromium, kept.product, kept.sessions)
    yield made
    for context in made.open:
        context.close()
