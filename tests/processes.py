"""Running the real program as a process: started, asked, killed, started again."""

import atexit
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STARTS_WITHIN_S = 40.0
DATABASE = "hausmeister.sqlite3"
MAKE_TABLES = "from hausmeister.console.deployment import migrate; migrate()"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@dataclass
class Deployment:
    """A data folder, a database, and the processes that run on them."""

    data: Path
    database_url: str = ""
    more: dict[str, str] = field(default_factory=dict)
    processes: list["Process"] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every process: nothing of ours leaks in."""
        given = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.data),
            "PYTHONPATH": str(ROOT),
            "HAUSMEISTER_DATA": str(self.data),
            "HAUSMEISTER_OUTGOING_ALLOW": "127.0.0.0/8",
            "HAUSMEISTER_LOG_LEVEL": "warning",
            **self.more,
        }
        if self.database_url:
            given["DATABASE_URL"] = self.database_url
        return given

    def start(self, *arguments: str, port: int | None = None, wait: bool = True) -> "Process":
        """Start `hausmeister ARGUMENTS`; with a port, wait until it answers that it is up."""
        command = [sys.executable, "-m", "hausmeister", *arguments]
        if port is not None:
            command += ["--port", str(port)]
        path = self.data / f"log-{len(self.processes)}.txt"
        with path.open("wb") as log:
            popen = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, cwd=self.data)
        process = Process(popen, port, path)
        self.processes.append(process)
        if wait and port is not None:
            process.wait_until_up()
        return process

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a console command to its end."""
        command = [sys.executable, "-m", "hausmeister", *arguments]
        return subprocess.run(
            command, env=self.environment, check=check, capture_output=True, text=True, cwd=self.data, timeout=60
        )

    def python(self, code: str) -> str:
        """Run `code` with Django set up on this deployment's database; return what it printed."""
        prelude = "import django; django.setup()\n"
        environment = {**self.environment, "DJANGO_SETTINGS_MODULE": "hausmeister.settings"}
        done = subprocess.run(
            [sys.executable, "-c", prelude + code],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def stop(self) -> None:
        """End what still runs, kindly."""
        for process in self.processes:
            process.end()


@dataclass
class Process:
    """One process of the program."""

    popen: subprocess.Popen[bytes]
    port: int | None
    log: Path

    @property
    def is_alive(self) -> bool:
        return self.popen.poll() is None

    def wait_until_up(self) -> None:
        ends_at = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < ends_at:
            if not self.is_alive:
                raise AssertionError(f"the program ended: {self.log.read_text()[-2000:]}")
            try:
                if self.ask("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"the program is not up: {self.log.read_text()[-2000:]}")

    def ask(
        self, method: str, path: str, *, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        assert self.port is not None
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            link.request(method, path, body=body, headers=headers or {})
            answer = link.getresponse()
            return answer.status, answer.read()
        finally:
            link.close()

    def kill(self) -> None:
        """End it as a power cut would: no handler runs."""
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait(10)

    def end(self) -> None:
        """End it as an operator would."""
        if self.is_alive:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


@cache
def _tables() -> Path:
    """Return a database with the tables and nothing in them; gone when the tests end."""
    folder = tempfile.mkdtemp(prefix="hm-tables-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Deployment(Path(folder)).python(MAKE_TABLES)
    return Path(folder) / DATABASE


@contextmanager
def deployment(database_url: str = "", *, with_tables: bool = True, **more: str) -> Iterator[Deployment]:
    """Yield a fresh deployment; whatever it started is ended with it.

    On SQLite it begins `with_tables`, copied from one that a real start made: to make them takes seconds each time.
    """
    with tempfile.TemporaryDirectory(prefix="hm-run-", ignore_cleanup_errors=True) as folder:
        told = Deployment(Path(folder), database_url, more)
        if with_tables and not database_url and "DATABASE_URL" not in more:
            shutil.copy(_tables(), told.data / DATABASE)
        try:
            yield told
        finally:
            told.stop()


def post_alert(process: Process, key: str, alert: dict[str, Any]) -> int:
    """Send one alert; return the status. Raises OSError when the connection breaks before the answer."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        return process.ask("POST", "/api/v1/alerts", body=json.dumps(alert).encode(), headers=headers)[0]
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error


SEED_TRIO = """
from tests import builders
from hausmeister.team.rules import Channel
from hausmeister.team.models import ContactMethod
built = builders.trio(channel=Channel.{channel})
storm = ("storm_pages = 5", "storm_pages = {storm}")
builders.policy_with(built.team, storm, ('on duty", wait = "5m"', 'on duty", wait = "{wait}"'))
for name, method in zip(("ana", "bruno", "carla"), ContactMethod.objects.order_by("id")):
    ContactMethod.objects.filter(pk=method.pk).update(address="{address}".replace("NAME", name))
print(built.key)
"""


def seed_trio(of: Deployment, *, address: str, channel: str = "WEBHOOK", storm: int = 0, wait: str = "5m") -> str:
    """Make a team of three whose methods are `address` (NAME stands for the person); return an API key."""
    return of.python(SEED_TRIO.format(address=address, channel=channel, storm=storm, wait=wait)).splitlines()[-1]
