"""`./test`: the whole suite. Checks first, then the tests on both databases side by side, then what was absent."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import counterparts
import environment
from environment import ROOT, say

# the rules and operations of the rooms; under 20 s on two cores
FAST = ("base", "journal", "outbox", "team", "rota", "pager", "alerts", "engine")
TREES = ("hausmeister", "tests", "bench", "setup", "training")
_NO_TESTS = 5  # pytest's exit code when it collected none


@dataclass
class Step:
    """One command, and what to do when it fails."""

    name: str
    command: list[str]
    mend: str
    env: dict[str, str] = field(default_factory=dict)
    is_pytest: bool = False
    started_s: float = 0.0
    process: "subprocess.Popen[bytes] | None" = None
    output: Path | None = None

    def start(self, folder: Path) -> None:
        """Run it, its output into a file."""
        self.output = folder / f"{self.name.replace(' ', '-')}.log"
        self.started_s = time.monotonic()
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env={**os.environ, **self.env}, stdout=file, stderr=subprocess.STDOUT
            )

    def text(self) -> str:
        """Return what it printed so far."""
        return self.output.read_text(encoding="utf-8", errors="replace") if self.output else ""

    @property
    def found_nothing(self) -> bool:
        """Say whether pytest ended without a test to run: what was asked for is in another run."""
        return self.is_pytest and self.process is not None and self.process.returncode == _NO_TESTS

    def progress(self) -> str:
        """Return how far a run of pytest has come, in its own words."""
        found = re.findall(r"\[ *(\d+)%\]", self.text())
        return f"{self.name} {found[-1]} %" if found else f"{self.name} begins"

    def closing_line(self) -> str:
        """Return pytest's last word."""
        lines = [line for line in self.text().splitlines() if re.search(r"\d+ (passed|failed|error|skipped)", line)]
        return lines[-1].strip("= ") if lines else "no result"


def main() -> int:
    """Run what was asked for; return 0 only if everything passed."""
    given, more = _arguments()
    try:
        environment.prepare(environment.DEV_LOCK)
        if given.install:
            counterparts.install()
    except environment.CannotPrepare as error:
        sys.exit(f"test: {error}")
    missing = counterparts.absent()
    with tempfile.TemporaryDirectory(prefix="hausmeister-test-") as folder:
        failed = _run(_checks(fast=given.fast), Path(folder))
        runs = _runs(given, more, {one["name"] for one in missing})
        failed += _run(runs, Path(folder))
        if runs and all(one.found_nothing for one in runs):
            failed.append("no test fits what was asked for")
        for one in runs:
            say(f"{one.name}: {one.closing_line()}")
    failed += _tell_absent(missing, required=given.install)
    say(f"\n{len(failed)} failed: {', '.join(failed)}" if failed else "\nEverything passed.")
    return 1 if failed else 0


def _arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="./test", description="Runs the whole suite; further arguments go to pytest, such as -k backup."
    )
    parser.add_argument("--fast", action="store_true", help="format, lint and the fast half, on SQLite alone")
    parser.add_argument(
        "--install", action="store_true", help="first get the counterparts (Debian, npm); an absent one is a failure"
    )
    return parser.parse_known_args()


def _checks(*, fast: bool) -> list[Step]:
    tool = environment.tool
    settings = {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    quick = [
        Step("format", [tool("ruff"), "format", "--check", *TREES], f"Run: .venv/bin/ruff format {' '.join(TREES)}"),
        Step(
            "lint", [tool("ruff"), "check", *TREES], "Mend what ruff names; the rules and their reasons: pyproject.toml"
        ),
    ]
    if fast:
        return quick
    return [
        *quick,
        Step("types", [tool("mypy")], "Mend what mypy names."),
        Step("imports", [tool("lint-imports")], "Imports run downwards only: see docs/architecture.md"),
        Step(
            "security", [tool("bandit"), "-q", "-c", "pyproject.toml", "-r", "hausmeister"],
            "Mend it, or say why it is right beside the line: # nosec B… - reason",
        ),
        Step(
            "migrations", [tool("python"), "-m", "django", "makemigrations", "--check", "--dry-run"],
            "A model changed without its migration. Run: .venv/bin/python -m django makemigrations", env=settings,
        ),
    ]  # fmt: skip


def _runs(given: argparse.Namespace, more: Sequence[str], missing: set[str]) -> list[Step]:
    """Return the runs of pytest, on SQLite and PostgreSQL; two go side by side, one core each."""
    tool, mend = environment.tool, "Run the named test alone: ./test -k NAME, or .venv/bin/python -m pytest PATH::NAME"
    env = {"TEST_COUNTERPARTS_REQUIRED": "1"} if given.install else {}
    pytest = [tool("python"), "-m", "pytest", "--color=no", *more]
    if given.fast:
        # whoever has nothing left to do takes from the other; what only the whole suite needs is not even loaded
        sharing = ["-n", "2", "--dist", "worksteal", "-p", "no:schemathesis"]
        command = [*pytest, "-m", "not slow", *sharing, *(f"tests/{room}" for room in FAST)]
        return [Step("the fast half", command, mend, env=env, is_pytest=True)]
    if "-m" in more:
        runs = [Step("SQLite", pytest, mend, env=env, is_pytest=True)]
    else:
        # processes, browsers and kills wait for each other a lot: the longest run goes first, on a core of its own
        runs = [
            Step(name, [*pytest, "-m", mark], mend, env=env, is_pytest=True)
            for name, mark in (("SQLite, whole programs", "slow"), ("SQLite", "not slow"))
        ]
    if "postgresql" not in missing:
        env = {**env, "TEST_ONLY_WITH_DATABASE": "1"}
        command = [tool("python"), "-m", "tests.postgres", *pytest]
        runs.insert(1, Step("PostgreSQL", command, mend, env=env, is_pytest=True))
    return runs


def _run(steps: Sequence[Step], folder: Path) -> list[str]:
    """Run `steps`, two at a time; print how each went; return the names of those that failed."""
    waiting, failed = list(steps), list[str]()
    running: list[Step] = []
    told_s = time.monotonic()
    while waiting or running:
        while waiting and len(running) < 2:
            step = waiting.pop(0)
            step.start(folder)
            running.append(step)
        time.sleep(0.05)
        for step in [one for one in running if one.process is not None and one.process.poll() is not None]:
            running.remove(step)
            if not _tell(step):
                failed.append(step.name)
        if time.monotonic() - told_s > 15 and running:
            told_s = time.monotonic()
            say("  … " + ", ".join(one.progress() if one.is_pytest else one.name for one in running))
    return failed


def _tell(step: Step) -> bool:
    """Print how `step` ended; return whether it passed."""
    passed = step.process is not None and (step.process.returncode == 0 or step.found_nothing)
    say(f"{'ok    ' if passed else 'FAILED'}  {step.name}  {time.monotonic() - step.started_s:.1f} s")
    if not passed:
        text = step.text()
        # of a long run only what failed is worth reading
        begin = max(text.find("= FAILURES ="), text.find("= ERRORS ="), 0)
        say(text[begin:][-20_000:].rstrip())
        say(f"→ {step.mend}\n")
    return passed


def _tell_absent(missing: Sequence[dict[str, Any]], *, required: bool) -> list[str]:
    for one in missing:
        say(f"absent: {one['name']} ({one['what']}); get it with ./test --install, or: {one['how_to_get']}")
    return [f"absent {one['name']}" for one in missing] if required else []


if __name__ == "__main__":
    sys.exit(main())
