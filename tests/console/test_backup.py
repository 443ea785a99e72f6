"""Backup and restore of a whole deployment, in processes of their own, on SQLite and on PostgreSQL."""

import io
import json
import sqlite3
import stat
import tarfile

import pytest

from tests import running
from tests.running import hausmeister

pytestmark = pytest.mark.slow


@pytest.fixture
def demo(tmp_path, database):
    """A deployment with the demo, not running."""
    data = tmp_path / "data"
    done = hausmeister("demo", data=data, **database)
    assert done.returncode == 0, done.stderr
    return data


def test_a_backup_comes_back_elsewhere_silent_until_it_is_confirmed(tmp_path, database, demo):
    file = tmp_path / "backup.tar.gz"
    before = hausmeister("alert", "list", "--all", "--json", data=demo, **database).stdout
    made = hausmeister("backup", str(file), data=demo, **database)
    assert made.returncode == 0, made.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    with running.database() as elsewhere:
        other = tmp_path / "other"
        done = hausmeister("restore", str(file), data=other, **elsewhere)
        assert done.returncode == 0, done.stderr
        assert "12 people, 2 teams" in done.stdout
        assert "stay silent until" in done.stdout
        after = hausmeister("alert", "list", "--all", "--json", data=other, **elsewhere).stdout
        assert json.loads(after) == json.loads(before)
        listed = hausmeister("alert", "list", data=other, **elsewhere).stdout
        assert "snoozed" in listed
        assert "firing" not in listed
        confirmed = hausmeister("restore", "--confirm", data=other, **elsewhere)
        assert "pages call again" in confirmed.stdout
        assert hausmeister("doctor", data=other, **elsewhere).stdout.count("tables are up to date") == 1


def test_the_keys_and_the_open_sessions_stay_at_home(tmp_path, database, demo):
    file = tmp_path / "backup.tar.gz"
    hausmeister("backup", str(file), data=demo, **database)
    keys = (demo / "secret-key").read_text().split()
    password = json.loads((demo / "demo-secrets.json").read_text())["password"]
    with tarfile.open(file) as tar:
        assert len(tar.getnames()) == 2
        held = b"".join(tar.extractfile(member).read() for member in tar.getmembers())
    assert not [secret for secret in (*keys, password) if secret.encode() in held]
    if not database:
        with tarfile.open(file) as tar:
            (tmp_path / "copy").write_bytes(tar.extractfile("database.sqlite3").read())
        copy = sqlite3.connect(tmp_path / "copy")
        assert copy.execute("SELECT count(*) FROM django_session").fetchone() == (0,)
        copy.close()


def test_people_are_replaced_only_on_request_and_a_file_is_never_overwritten(tmp_path, database, demo):
    file = tmp_path / "backup.tar.gz"
    hausmeister("backup", str(file), data=demo, **database)
    again = hausmeister("backup", str(file), data=demo, **database)
    assert (again.returncode, "exists already" in again.stderr) == (1, True)
    hausmeister("alert", "send", "After the backup", "--severity", "critical", data=demo, **database)
    refused = hausmeister("restore", str(file), data=demo, **database)
    assert (refused.returncode, "12 people" in refused.stderr, "--replace" in refused.stderr) == (1, True, True)
    assert "After the backup" in hausmeister("alert", "list", data=demo, **database).stdout
    done = hausmeister("restore", str(file), "--replace", "--ring", data=demo, **database)
    assert done.returncode == 0, done.stderr
    assert "call as soon as the engine runs" in done.stdout
    assert "After the backup" not in hausmeister("alert", "list", data=demo, **database).stdout


def test_a_backup_is_taken_and_no_restore_made_while_it_runs(tmp_path, database):
    file = tmp_path / "backup.tar.gz"
    with running.running(tmp_path / "data", "--when-empty", "demo", **database) as told:
        made = told.command("backup", str(file))
        assert made.returncode == 0, made.stderr
        refused = told.command("restore", str(file), "--replace")
        assert refused.returncode == 1
        assert "Another Hausmeister runs" in refused.stderr or "Stop every node first" in refused.stderr
        assert told.command("demo", "--reset").returncode == 1
        assert told.ask("GET", "/healthz").status == 200


def test_a_backup_of_another_kind_or_of_a_newer_version_changes_nothing(tmp_path, database, demo):
    file = tmp_path / "backup.tar.gz"
    hausmeister("backup", str(file), data=demo, **database)
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
        refused = hausmeister("restore", str(odd), "--replace", data=demo, **database)
        assert refused.returncode == 1
        assert says in refused.stderr
        assert "Nothing was changed" in refused.stderr
    assert len(json.loads(hausmeister("people", "--json", data=demo, **database).stdout)) == 8


def test_the_demo_is_loaded_afresh(tmp_path, database, demo):
    hausmeister("alert", "send", "Before the reset", "--severity", "critical", data=demo, **database)
    before = (demo / "demo-secrets.json").read_text()
    done = hausmeister("demo", "--reset", data=demo, **database)
    assert done.returncode == 0, done.stderr
    assert "curl" in done.stdout
    assert "Before the reset" not in hausmeister("alert", "list", data=demo, **database).stdout
    assert (demo / "demo-secrets.json").read_text() != before
