"""What `./run` and `./test` do before there is an environment."""

import importlib.util
import sys
from pathlib import Path

import pytest

from tests.house.documents import ROOT

sys.path.insert(0, str(ROOT / "setup"))

import counterparts
import environment


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An environment elsewhere: the stamp of a made-up lock."""
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").write_text("")
    for name, value in (
        ("VENV", venv),
        ("_STAMP", venv / "stamp"),
        ("LOCK", tmp_path / "run.lock"),
        ("DEV_LOCK", tmp_path / "dev.lock"),
    ):
        monkeypatch.setattr(environment, name, value)
    environment.LOCK.write_text("django==5.2.14 --hash=sha256:aa\n")
    environment.DEV_LOCK.write_text("django==5.2.14 --hash=sha256:aa\npytest==9 --hash=sha256:bb\n")
    return venv


def stamp(lock):
    (environment.VENV / "stamp").write_text(environment._stamp(lock))


def test_a_second_start_has_nothing_to_do_and_a_changed_lock_has(place):
    assert not environment._is_stamped(environment.LOCK)
    stamp(environment.LOCK)
    assert environment._is_stamped(environment.LOCK)
    assert not environment._is_stamped(environment.DEV_LOCK)
    environment.LOCK.write_text("django==5.2.15 --hash=sha256:cc\n")
    assert not environment._is_stamped(environment.LOCK)


def test_what_test_has_installed_serves_run_as_well(place):
    stamp(environment.DEV_LOCK)
    assert environment._is_stamped(environment.LOCK)
    assert environment._is_stamped(environment.DEV_LOCK)


def test_an_environment_that_was_moved_or_lost_its_interpreter_is_made_anew(place, monkeypatch):
    stamp(environment.LOCK)
    (place / "bin" / "python").unlink()
    assert not environment._is_stamped(environment.LOCK)
    (place / "bin" / "python").write_text("")
    monkeypatch.setattr(environment, "VENV", place.parent / "elsewhere")
    assert not environment._is_stamped(environment.LOCK)


def test_without_the_venv_module_it_says_what_to_install(monkeypatch, place):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else real(name))
    monkeypatch.setattr(environment.os, "geteuid", lambda: 1000)
    with pytest.raises(environment.CannotPrepare, match=r"sudo apt-get install python3\.\d+-venv"):
        environment._make()


@pytest.mark.parametrize(
    ("line", "is_pin"),
    [
        ("django==5.2.14 \\", True),
        ("psycopg[binary]==3.3.1 \\", True),
        ("colorama==0.4.6 ; sys_platform == 'win32' \\", False),
        ("    --hash=sha256:aa", False),
        ("# a comment", False),
    ],
)
def test_only_what_this_system_needs_is_counted(line, is_pin):
    assert environment._is_wanted_pin(line) is is_pin


def test_nothing_that_is_installed_is_started_and_an_existing_policy_stays(tmp_path, monkeypatch):
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(counterparts, "_POLICY", policy)
    with counterparts._nothing_starts():
        assert policy.read_text() == "#!/bin/sh\nexit 101\n"
        assert policy.stat().st_mode & 0o111
    assert not policy.exists()
    policy.write_text("somebody else's")
    with counterparts._nothing_starts():
        assert policy.read_text() == "somebody else's"
    assert policy.read_text() == "somebody else's"


def test_the_console_command_of_the_checkout_runs_from_any_folder(tmp_path):
    command = ROOT / ".venv" / "bin" / "hausmeister"
    if not command.exists():
        # the suite runs in another environment than ./test makes
        assert Path(sys.executable).parent.parent != ROOT / ".venv"
        return
    done = environment.subprocess.run([command, "--version"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("hausmeister, version ")
