"""A stranger clones the repository and types one command: what they see, and that the line they copy calls somebody."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.processes import ROOT, free_port

pytestmark = pytest.mark.slow


@contextmanager
def started(data: Path, *options: str) -> Iterator[tuple["subprocess.Popen[bytes]", Path, int]]:
    """Yield `./run` on `data`, in an environment that holds nothing else, once it has said that it is ready."""
    port = free_port()
    said = data.with_suffix(".txt")
    environment = {"PATH": os.environ["PATH"], "HOME": str(data.parent)}
    with said.open("wb") as file:
        process = subprocess.Popen(
            [ROOT / "run", "--port", str(port), "--data", str(data), *options],
            env=environment, stdout=file, stderr=subprocess.STDOUT, cwd=data.parent,
        )  # fmt: skip
    try:
        wait_for(lambda: "is ready at" in said.read_text() or process.poll() is not None, "it to be ready", 180)
        assert process.poll() is None, said.read_text()
        yield process, said, port
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()


def wait_for(is_so, what, patience_s=30.0):
    ends_s = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < ends_s, f"waited {patience_s:.0f} s for {what}"
        time.sleep(0.05)


def say_line(line: str) -> int:
    """Do what the shell would do with the printed line; return the status."""
    words = shlex.split(line)
    assert words[0] == "curl"
    url = words[1]
    given = [(words[place], words[place + 1]) for place in range(2, len(words), 2)]
    headers = dict(value.split(": ", 1) for option, value in given if option == "-H")
    body = "&".join(value for option, value in given if option == "-d")
    request = urllib.request.Request(url, data=body.replace(" ", "+").encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return int(answer.status)


def test_one_command_shows_where_to_sign_in_and_one_line_calls_whoever_is_on_call(tmp_path):
    data = tmp_path / "data"
    with started(data) as (process, said, port):
        text = said.read_text()
        assert f"Hausmeister is ready at http://localhost:{port}" in text
        on_call = re.search(r"Sign in as +(\S+@example\.org)", text)[1]
        password = re.search(r"Password +(\S+)", text)[1]
        lines = [line.strip() for line in text.splitlines() if line.strip().startswith("curl ")]
        assert len(lines) == 1
        letters = data / "mail"
        assert not list(letters.glob("*-page.eml")), "something rang before anybody asked for it"
        assert say_line(lines[0]) == 201
        wait_for(lambda: list(letters.glob("*-page.eml")), "the mail")
        letter = next(letters.glob("*-page.eml")).read_text()
        assert on_call in letter
        assert "billing_cycles" in letter
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert "Traceback" not in said.read_text()

    with started(data) as (process, said, _port):
        # the second start loads nothing again, and still says what is needed
        assert "loading the demo" not in said.read_text()
        assert password in said.read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_without_the_demo_it_prints_a_link_that_sets_up_a_team(tmp_path):
    with started(tmp_path / "data", "--empty") as (_process, said, port):
        text = said.read_text()
        token = re.search(rf"http://localhost:{port}/welcome\?token=(\w+)", text)[1]
        assert len(token) == 32
        assert "curl" not in text
        assert "Password" not in text
