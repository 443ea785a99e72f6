"""Getting the programs that the tests talk to: Debian's by apt, the others by npm. The table is the suite's own.

Nothing that is installed is started, and nothing that runs is stopped.
"""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import environment
from environment import ROOT, CannotPrepare, say

_POLICY = Path("/usr/sbin/policy-rc.d")


def absent() -> list[dict[str, Any]]:
    """Return what tests/counterparts/registry.py finds missing here."""
    done = subprocess.run(
        [environment.python(), "-m", "tests.counterparts.registry"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def install() -> None:
    """Install what is missing. Raises CannotPrepare with the command that failed."""
    missing = absent()
    packages = sorted({one["debian"] for one in missing if one["debian"]})
    if packages:
        _install_debian(packages)
    for one in missing:
        if one["pip"]:
            _install_apart(one["name"])
    if any(not one["debian"] and not one["pip"] for one in missing):
        say("Installing the counterparts that come with npm …")
        _run([environment.tool("npm"), "ci", "--prefix", "tests/counterparts", "--ignore-scripts", "--no-audit"])


def _install_apart(name: str) -> None:
    """Install what tests/counterparts/NAME.txt pins into an environment of its own."""
    asked = ROOT / "tests" / "counterparts" / f"{name}.txt"
    folder = ROOT / "tests" / "counterparts" / "environments" / name
    say(f"Installing {name} …")
    _run([environment.python(), "-m", "venv", "--clear", str(folder)])
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(asked)]
    _run(pip)
    shutil.copyfile(asked, folder / "installed.txt")


def _install_debian(packages: list[str]) -> None:
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if shutil.which("apt-get") is None:
        raise CannotPrepare(f"This is no Debian; get these yourself: {', '.join(packages)}")
    if os.geteuid() != 0:
        raise CannotPrepare(f"Installing needs root. Run: sudo {' '.join(command)}")
    say(f"Installing {', '.join(packages)} …")
    with _nothing_starts():
        _run(["apt-get", "update", "-qq"])
        _run(command)


@contextlib.contextmanager
def _nothing_starts() -> Iterator[None]:
    """Keep Debian from starting the daemons of what is installed; a policy that is there already stays as it is."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)


def _run(command: list[str]) -> None:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotPrepare(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-2000:]}")
