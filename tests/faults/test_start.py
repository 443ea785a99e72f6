"""A deployment that cannot start says what is wrong and what to do, in one message, and changes nothing."""

import os
import socket
import subprocess

import pytest

from hausmeister.team.policy import reading
from tests import postgres
from tests.processes import ROOT, deployment, free_port

pytestmark = pytest.mark.slow


@pytest.fixture
def told():
    with deployment(with_tables=False) as one:
        yield one


def refuse(told, *command, code=1, **settings):
    """Run a command that must not succeed; return what it says, which must be words and no trace."""
    told.more.update(settings)
    done = told.run(*command, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("hausmeister: ")
    return done.stderr


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("HAUSMEISTER_BASE_URL", "hausmeister.example.org", "must begin with http:// or https://"),
        ("HAUSMEISTER_BASE_URL", "https://", "name a host"),
        ("HAUSMEISTER_BASE_URL", "http://x:99999", "http:// or https://"),
        ("HAUSMEISTER_BASE_URL", "https://example.org/hausmeister", "scheme and host alone"),
        ("HAUSMEISTER_BASE_URL", "https://ana:geheim@example.org", "scheme and host alone"),
        ("HAUSMEISTER_BASE_URL", "https://example.org?x", "scheme and host alone"),
        ("HAUSMEISTER_LOG_LEVEL", "loud", "one of debug, info, warning, error"),
        ("HAUSMEISTER_EMAIL_URL", "mail.example.org", "smtp://user:password@host:port"),
        ("HAUSMEISTER_EMAIL_URL", "smtp://user:geheim@host:x", "its port must be a number"),
        ("HAUSMEISTER_EMAIL_FROM", "nobody", "Hausmeister <pager@example.org>"),
        ("HAUSMEISTER_NTFY_URL", "ftp://ntfy", "must begin with http:// or https://"),
        ("HAUSMEISTER_OUTGOING_ALLOW", "10.0.0.0/99", "networks such as 10.0.0.0/8"),
        ("HAUSMEISTER_OUTGOING_PORTS", "http", "port numbers separated by commas"),
        ("HAUSMEISTER_OUTGOING_PORTS", "70000", "port numbers separated by commas"),
        ("HAUSMEISTER_TRUSTED_PROXIES", "proxy.local", "networks such as 10.0.0.0/8"),
        ("HAUSMEISTER_SECRET_KEYS", "short", "less than 50 characters"),
        ("DATABASE_URL", "mysql://db/x", "sqlite:// or postgresql://"),
        ("DATABASE_URL", "postgresql://u:geheim@db/", "must end with the database's name"),
        ("DATABASE_URL", "postgresql://u:geheim@db:x/name", "its port must be a number"),
        ("DATABASE_URL", "sqlite://", "must name a file"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_what_may_stand_there(told, name, value, says):
    text = refuse(told, "oncall", code=2, **{name: value})
    assert name in text
    assert says in text
    assert "geheim" not in text


def test_a_data_folder_that_cannot_be_made_names_it_and_the_setting(told):
    """Below a file no folder can be made, by root either."""
    (told.data / "file").write_text("")
    text = refuse(told, "up", code=2, HAUSMEISTER_DATA=str(told.data / "file" / "below"))
    assert "The data folder" in text
    assert "set HAUSMEISTER_DATA" in text
    told.more["HAUSMEISTER_SECRET_KEYS"] = "k" * 60
    assert "cannot be made" in refuse(told, "up")


def test_a_file_where_the_data_folder_should_be_is_said(told):
    file = told.data / "file"
    file.write_text("")
    text = refuse(told, "up", code=2, HAUSMEISTER_DATA=str(file))
    assert f"The data folder {file} cannot be written (it is a file)" in text
    assert "set HAUSMEISTER_DATA" in text


@pytest.mark.parametrize("command", ["up", "engine"])
def test_a_data_folder_that_takes_no_lock_is_said(told, command):
    """A folder stands where the lock should: root, too, cannot write it, as nobody can on a disk mounted read-only."""
    told.run("demo")
    (told.data / "engine.lock").unlink(missing_ok=True)
    (told.data / "engine.lock").mkdir()
    text = refuse(told, command, *(("--port", str(free_port())) if command == "up" else ()))
    assert "engine.lock cannot be written" in text
    assert "set HAUSMEISTER_DATA" in text


@pytest.mark.parametrize("content", [b"\xff" * 64, b"", b"k" * 49])
def test_a_secret_key_file_that_holds_no_key_is_said(told, content):
    key = told.data / "secret-key"
    key.write_bytes(content)
    key.chmod(0o600)
    assert "must hold keys of at least 50 characters" in refuse(told, "oncall", code=2)


def test_a_secret_key_that_others_can_read_is_refused_with_the_cure(told):
    told.run("demo")
    key = told.data / "secret-key"
    key.chmod(0o644)
    assert f"chmod 600 {key}" in refuse(told, "oncall", code=2)
    key.chmod(0o600)
    key.write_text("short\n")
    assert "at least 50 characters" in refuse(told, "oncall", code=2)


def test_a_policy_file_that_is_wrong_stops_the_start_and_names_line_and_key(told, tmp_path):
    file = tmp_path / "team.toml"
    file.write_text(reading.DEFAULT_FILE.read_text().replace("storm_pages = 5", "storm_pages = true"))
    text = refuse(told, "up", HAUSMEISTER_POLICY=str(file))
    assert "nothing was started" in text
    assert "team.toml, line " in text
    assert "pager.storm_pages is " in text


@pytest.mark.parametrize(("content", "says"), [(None, "cannot be read"), (b"\xff\xfe\x00", "not UTF-8")])
def test_a_policy_file_that_cannot_be_read_is_said_as_such(told, tmp_path, content, says):
    file = tmp_path / "team.toml"
    if content is not None:
        file.write_bytes(content)
    text = refuse(told, "up", HAUSMEISTER_POLICY=str(file))
    assert "HAUSMEISTER_POLICY" in text
    assert says in text


def test_a_port_that_is_taken_is_said_before_anything_is_touched(told):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        text = refuse(told, "up", "--port", str(port))
    assert f"Port {port} is taken by another program" in text
    assert f"--port {port + 1}" in text
    assert not (told.data / "hausmeister.sqlite3").exists()


def test_an_address_that_is_not_this_machine_s_is_said(told):
    assert "Cannot listen on 192.0.2.1" in refuse(told, "up", "--host", "192.0.2.1")


def test_a_second_one_on_the_same_data_folder_is_refused(told):
    told.start("up", "--when-empty", "demo", port=free_port())
    text = refuse(told, "up", "--port", str(free_port()))
    assert "Another Hausmeister runs on this data folder" in text
    assert "PostgreSQL (DATABASE_URL)" in text


def test_a_command_before_the_first_start_says_what_to_start(told):
    assert "`hausmeister up` once" in refuse(told, "oncall")


@pytest.mark.parametrize("command", ["up", "oncall", "engine"])
def test_a_database_that_is_not_there_is_named_without_its_password(told, command):
    port = free_port()
    text = refuse(told, command, DATABASE_URL=f"postgresql://hm:geheim@127.0.0.1:{port}/hm")
    assert f"The database at 127.0.0.1:{port}/hm does not answer" in text
    assert "Start it, or correct DATABASE_URL; nothing was changed" in text
    assert "geheim" not in text


@pytest.mark.parametrize("what", ["folder", "rubbish", "nowhere"])
def test_a_database_file_that_cannot_be_used_is_named_with_what_to_check(told, what):
    path = told.data / "odd" / "db.sqlite3"
    if what != "nowhere":
        path.parent.mkdir()
    if what == "folder":
        path.mkdir()
    elif what == "rubbish":
        path.write_bytes(b"this is no database" * 100)
    text = refuse(told, "up", DATABASE_URL=f"sqlite:///{path}")
    assert f"The database file {path} cannot be used" in text
    assert "the disk is not full" in text


@pytest.mark.counterpart("postgresql")
def test_a_database_that_may_lose_what_it_confirmed_is_refused():
    with postgres.cluster(durable=False) as url, deployment(url) as told:
        text = refuse(told, "up")
    assert "an answered alert could be lost" in text
    assert "Set it to on" in text


# ---- ./run itself ----


def run(*arguments, **more):
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")} | more
    return subprocess.run(
        [ROOT / "run", *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_run_says_what_python_it_needs_when_there_is_none(tmp_path):
    for name in ("dirname", "sh"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    done = run(PATH=str(tmp_path))
    assert done.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr


def test_run_explains_itself():
    done = run("--help")
    assert done.returncode == 0
    for option in ("--port", "--data", "--host", "--empty", "--prepare"):
        assert option in done.stdout
