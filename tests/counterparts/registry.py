"""The programs that none of us wrote and that the tests talk to: how each is recognised, and how it is got.

`./test` reads it to install what is missing and to name at its end what was absent; the suite reads it for
`@pytest.mark.counterpart("name")`. Standard library only. `python -m tests.counterparts.registry` prints JSON.
"""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests import postgres

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Counterpart:
    """One program. `debian` is its package, `lock` what its own environment holds; neither for what npm brings."""

    name: str
    what: str
    is_here: Callable[[], bool]
    debian: str = ""
    lock: str = ""

    @property
    def how_to_get(self) -> str:
        """The command that gets it."""
        if self.lock:
            folder = f"tests/counterparts/{self.name}-venv"
            return f"python3 -m venv {folder} && {folder}/bin/pip install --require-hashes -r {self.lock}"
        return (
            f"apt-get install {self.debian}" if self.debian else "npm ci --prefix tests/counterparts --ignore-scripts"
        )


def _program(*names: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(name) for name in names)


def _npm(package: str) -> Callable[[], bool]:
    return lambda: (FOLDER / "node_modules" / package / "package.json").exists()


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
    Counterpart("emulate", "a Slack", _npm("emulate")),
    Counterpart("calcurse", "a calendar in a terminal", _program("calcurse"), debian="calcurse"),
    Counterpart("vdirsyncer", "what subscribes to calendars", _program("vdirsyncer"), debian="vdirsyncer"),
    Counterpart("khal", "a calendar beside vdirsyncer", _program("khal"), debian="khal"),
    Counterpart(
        "synapse",
        "a Matrix homeserver",
        lambda: (FOLDER / "synapse-venv" / "bin" / "synapse_homeserver").exists(),
        lock="tests/counterparts/synapse.lock",
    ),
    Counterpart("ical.js", "a calendar's reader in JavaScript", _npm("ical.js")),
)
BY_NAME = {one.name: one for one in ALL}


def absent() -> list[Counterpart]:
    """Return the counterparts that are not installed here."""
    return [one for one in ALL if not one.is_here()]


if __name__ == "__main__":
    told = [
        {"name": one.name, "what": one.what, "debian": one.debian, "lock": one.lock, "how_to_get": one.how_to_get}
        for one in absent()
    ]
    json.dump(told, sys.stdout)
