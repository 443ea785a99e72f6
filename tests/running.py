"""The product as a process of its own: started, asked over HTTP, ended. For what cannot be seen from inside."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import postgres

PATIENCE_S = 40.0


@dataclass
class Answer:
    """What came back over HTTP."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def environment(data: Path, **more: str) -> dict[str, str]:
    """Return the environment of a deployment of its own: nothing of the suite's settings comes along."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "HAUSMEISTER_DATA": str(data), "PYTHONUNBUFFERED": "1", **more}


def hausmeister(
    *arguments: str, data: Path, timeout_s: float = PATIENCE_S, **env: str
) -> "subprocess.CompletedProcess[str]":
    """Run one console command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "hausmeister", *arguments],
        env=environment(data, **env), capture_output=True, text=True, timeout=timeout_s, check=False,
    )  # fmt: skip


@dataclass
class Running:
    """A running Hausmeister."""

    url: str
    data: Path
    process: "subprocess.Popen[str]"
    env: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, body: Any = None, *, key: str = "", timeout_s: float = 20.0, **headers: str
    ) -> Answer:
        """Send one request; 4xx and 5xx are answers, not errors."""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        given = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {}), **headers}
        request = urllib.request.Request(self.url + path, data=raw, method=method, headers=given)
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                return Answer(answer.status, answer.read(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read(), dict(error.headers))

    def wait_until_healthy(self) -> None:
        """Return once a whole engine tick has succeeded."""
        wait_for(lambda: self._is_healthy() or self._check_alive(), "the program to become healthy")

    def _check_alive(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"it ended with {self.process.returncode}:\n{self.log()}")
        return False

    def _is_healthy(self) -> bool:
        with contextlib.suppress(OSError):
            return self.ask("GET", "/healthz", timeout_s=2.0).status == 200
        return False

    def log(self) -> str:
        """Return what it wrote so far, standard output and log together."""
        return (self.data / "test.log").read_text(encoding="utf-8")

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """End it and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(by)
        return self.process.wait(PATIENCE_S)

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a console command on the same deployment."""
        return hausmeister(*arguments, data=self.data, **self.env)

    def key(self, scope: str = "all") -> str:
        """Return a new key for the first team."""
        made = self.command("key", "create", "--name", "test", "--scope", scope)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()


def wait_for(is_so: Any, what: str, *, patience_s: float = PATIENCE_S) -> None:
    """Return once `is_so()` is true. Fails, naming `what`, when it takes too long."""
    ends_s = time.monotonic() + patience_s
    while not is_so():
        if time.monotonic() > ends_s:
            raise AssertionError(f"waited {patience_s:.0f} s for {what}")
        time.sleep(0.05)


@contextmanager
def running(data: Path, *arguments: str, healthy: bool = True, **env: str) -> Iterator[Running]:
    """Yield a running Hausmeister with its data in `data`; it is ended afterwards, by force if need be."""
    data.mkdir(mode=0o700, exist_ok=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = {"HAUSMEISTER_BASE_URL": url, **env}
    command = [sys.executable, "-m", "hausmeister", "up", "--port", str(port), *arguments]
    with (data / "test.log").open("w") as log:
        process = subprocess.Popen(
            command, env=environment(data, **env), stdout=log, stderr=subprocess.STDOUT, text=True
        )
        one = Running(url, data, process, env)
        try:
            if healthy:
                one.wait_until_healthy()
            yield one
        finally:
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.stop()
            process.kill()
            process.wait()


@contextmanager
def database() -> Iterator[dict[str, str]]:
    """Yield the environment that names a database of its own: SQLite in the data folder, or a PostgreSQL."""
    if not os.environ.get("TEST_DATABASE_URL"):
        yield {}
        return
    # the suite's own server does not write through to the disk, and the product refuses to start on such a one
    with postgres.cluster(durable=True) as url:
        yield {"DATABASE_URL": url}
