"""Backup and restore of a whole deployment, in processes of their own, on SQLite and on PostgreSQL."""

import io
import json
import sqlite3
import stat
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from tests import postgres
from tests.processes import deployment, free_port

pytestmark = pytest.mark.slow


@pytest.fixture
def demo(deployed):
    """A deployment with the demo, not running."""
    deployed.run("demo")
    return deployed


@pytest.fixture
def file(demo, tmp_path) -> Path:
    """A backup of the demo."""
    path = tmp_path / "backup.tar.gz"
    demo.run("backup", str(path))
    return path


def listed(of, *options):
    return json.loads(of.run("alert", "list", "--json", *options).stdout)


def restored_elsewhere(demo, file):
    """Restore `file` into a fresh deployment of the same kind; yield it with what was said."""
    if not demo.database_url:
        with deployment() as other:
            yield other, other.run("restore", str(file))
        return
    with postgres.cluster(durable=True, with_tables=True) as url, deployment(url) as other:
        yield other, other.run("restore", str(file))


def test_a_backup_comes_back_elsewhere_silent_until_it_is_confirmed(demo, file):
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for other, done in restored_elsewhere(demo, file):
        assert "12 people, 2 teams" in done.stdout
        assert "stay silent until" in done.stdout
        assert listed(other, "--all") == listed(demo, "--all")
        text = other.run("alert", "list").stdout
        assert "snoozed" in text
        assert "firing" not in text
        assert "pages call again" in other.run("restore", "--confirm").stdout
        assert "tables are up to date" in other.run("doctor", check=False).stdout


def test_the_keys_and_the_open_sessions_stay_at_home(demo, file, tmp_path):
    keys = (demo.data / "secret-key").read_text().split()
    password = json.loads((demo.data / "demo-secrets.json").read_text())["password"]
    with tarfile.open(file) as tar:
        contents = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}
    assert len(contents) == 2
    for secret in (*keys, password):
        assert not [name for name, content in contents.items() if secret.encode() in content]
    if "database.sqlite3" in contents:
        (tmp_path / "copy").write_bytes(contents["database.sqlite3"])
        with closing(sqlite3.connect(tmp_path / "copy")) as copy:
            assert copy.execute("SELECT count(*) FROM django_session").fetchone() == (0,)


def test_people_are_replaced_only_on_request_and_a_file_is_never_overwritten(demo, file):
    again = demo.run("backup", str(file), check=False)
    assert (again.returncode, "exists already" in again.stderr) == (1, True)
    demo.run("alert", "send", "After the backup", "--severity", "critical")
    refused = demo.run("restore", str(file), check=False)
    assert (refused.returncode, "12 people" in refused.stderr, "--replace" in refused.stderr) == (1, True, True)
    assert "After the backup" in [one["title"] for one in listed(demo)]
    assert "call as soon as the engine runs" in demo.run("restore", str(file), "--replace", "--ring").stdout
    assert "After the backup" not in [one["title"] for one in listed(demo)]


def test_a_backup_is_taken_and_no_restore_made_while_it_runs(deployed, tmp_path):
    file = tmp_path / "backup.tar.gz"
    running = deployed.start("up", "--when-empty", "demo", port=free_port())
    deployed.run("backup", str(file))
    refused = deployed.run("restore", str(file), "--replace", check=False)
    assert refused.returncode == 1
    assert "Another Hausmeister runs" in refused.stderr or "Stop every node first" in refused.stderr
    assert deployed.run("demo", "--reset", check=False).returncode == 1
    assert running.ask("GET", "/healthz")[0] == 200


@pytest.mark.parametrize("command", ["up", "web", "engine"])
def test_after_a_restore_that_was_cut_off_nothing_starts_until_it_is_run_again(demo, file, command):
    """Cut off between the copy and the holding: the restored pages would call people."""
    cut_off = "from hausmeister.pager.operations import holding\nimport os\nholding.hold = lambda **_: os._exit(9)\n"
    code = f"{cut_off}from hausmeister.console.group import commands\ncommands(['restore', {str(file)!r}, '--replace'])"
    with pytest.raises(AssertionError):
        demo.python(code)
    port = () if command == "engine" else ("--port", str(free_port()))
    refused = demo.run(command, *port, check=False)
    assert refused.returncode == 1
    assert "A restore did not come to its end" in refused.stderr
    assert "stay silent until" in demo.run("restore", str(file), "--replace").stdout
    demo.start("up", port=free_port())


def test_a_restore_that_changed_nothing_stops_no_start(demo, file, tmp_path):
    (tmp_path / "no-backup").write_bytes(b"x")
    assert demo.run("restore", str(tmp_path / "no-backup"), "--replace", check=False).returncode == 1
    demo.start("up", port=free_port())


def test_a_backup_of_another_kind_or_of_a_newer_version_changes_nothing(demo, file, tmp_path):
    with tarfile.open(file) as tar:
        contents = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}
    manifest = json.loads(contents.pop("manifest.json"))
    (copy,) = contents.values()
    other = "postgresql" if manifest["database"] == "sqlite" else "sqlite"
    name = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
    newer = {**manifest, "version": "9.0", "migrations": {**manifest["migrations"], "team": "0099_from_the_future"}}
    for changed, member, says in (
        ({**manifest, "database": other}, name[other], "the same kind"),
        (newer, name[manifest["database"]], "upgrade first"),
    ):
        odd = tmp_path / f"odd-{member}-{changed['version']}.tar.gz"
        with tarfile.open(odd, "w:gz") as tar:
            for path, content in (("manifest.json", json.dumps(changed).encode()), (member, copy)):
                entry = tarfile.TarInfo(path)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        refused = demo.run("restore", str(odd), "--replace", check=False)
        assert refused.returncode == 1
        assert says in refused.stderr
        assert "Nothing was changed" in refused.stderr
    assert len(json.loads(demo.run("people", "--json").stdout)) == 8


def test_the_demo_is_loaded_afresh(demo):
    demo.run("alert", "send", "Before the reset", "--severity", "critical")
    before = (demo.data / "demo-secrets.json").read_text()
    assert "curl" in demo.run("demo", "--reset").stdout
    assert "Before the reset" not in [one["title"] for one in listed(demo)]
    assert (demo.data / "demo-secrets.json").read_text() != before
