"""A throw-away PostgreSQL: made in under a second, on a socket of its own, gone with the test.

`python -m tests.postgres COMMAND …` runs a command with TEST_DATABASE_URL set to one.
"""

import atexit
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

HOW_TO_GET = "apt-get install postgresql-15"


def folder_of_programs() -> Path | None:
    """Return where initdb and pg_ctl are, None when PostgreSQL is not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL of our own, which can be taken away and given back."""

    url: str
    data: Path
    start: Callable[[], None]
    stop: Callable[..., None]


@contextmanager
def cluster(*, durable: bool = False, with_tables: bool = False) -> Iterator[str]:
    """Yield the URL of a fresh database; a `durable` one writes through to the disk as in production.

    One `with_tables` has ours in it, and nothing in them, copied from the first that was made: making takes seconds.
    """
    with controlled(durable=durable, data_from=_tables() if with_tables else None) as one:
        yield one.url


@cache
def _tables() -> Path:
    """Return the data folder of a stopped cluster with our tables; gone when the tests end."""
    from tests.processes import MAKE_TABLES, Deployment

    kept = Path(tempfile.mkdtemp(prefix="hm-pg-tables-"))
    atexit.register(shutil.rmtree, kept, ignore_errors=True)
    with controlled(durable=False) as one, tempfile.TemporaryDirectory() as folder:
        Deployment(Path(folder), one.url).python(MAKE_TABLES)
        one.stop(kindly=True)
        shutil.copytree(one.data, kept / "data")
    return kept / "data"


@contextmanager
def controlled(*, durable: bool = True, data_from: Path | None = None) -> Iterator[Cluster]:
    """Yield a running cluster with its switch."""
    programs = folder_of_programs()
    if programs is None:
        raise RuntimeError(f"PostgreSQL is not installed: {HOW_TO_GET}")
    folder = Path(tempfile.mkdtemp(prefix="hm-pg-"))
    as_owner = _owner(folder)
    data, socket = folder / "data", folder / "socket"

    def run(*command: object, check: bool = True) -> None:
        subprocess.run([*map(str, command)], check=check, capture_output=True, **as_owner)

    options = f"-c listen_addresses='' -k {socket} -c max_connections=60 -c shared_buffers=64MB"
    if not durable:
        options += " -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
    control = (programs / "pg_ctl", "-D", data)

    def start() -> None:
        run(*control, "-o", options, "-l", folder / "log", "-w", "start")

    def stop(*, kindly: bool = False) -> None:
        run(*control, "-m", "fast" if kindly else "immediate", "-w", "stop", check=False)

    try:
        run("mkdir", socket)
        if data_from is None:
            run(
                programs / "initdb", "-D", data, "-A", "trust", "-U", "hausmeister", "--encoding=UTF8", "--locale=C",
                "--no-sync",
            )  # fmt: skip
        else:
            _copy(data_from, data, as_owner)
        start()
        try:
            url = f"postgresql://hausmeister@/postgres?host={quote(str(socket), safe='')}"
            yield Cluster(url, data, start, stop)
        finally:
            stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(source: Path, target: Path, as_owner: Mapping[str, object]) -> None:
    """Copy a data folder; PostgreSQL wants it to be its own and nobody else's to read."""
    shutil.copytree(source, target)
    target.chmod(0o700)
    if as_owner:
        for path in (target, *target.rglob("*")):
            os.chown(path, int(str(as_owner["user"])), int(str(as_owner["group"])))


def _owner(folder: Path) -> dict[str, object]:
    """Return how to run PostgreSQL's programs: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam("postgres")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": "/"}


def main() -> int:
    with cluster() as url:
        return subprocess.run(sys.argv[1:], env={**os.environ, "TEST_DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
