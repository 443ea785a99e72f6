"""Consistent copies of the database, out and back in, while others may be using it."""

import shutil
import sqlite3
import subprocess
from pathlib import Path
from urllib.parse import quote

from django.db import connection
from psycopg.conninfo import make_conninfo

from hausmeister.console.deployment import NotReady

# whoever holds a backup must not hold open sessions with it; the cache is of today only
_NOT_COPIED = ("django_session", "usersessions_usersession", "hausmeister_cache")


def copy_out(target: Path) -> None:
    """Write a consistent copy of the whole database to `target`. Raises NotReady."""
    if connection.vendor == "sqlite":
        _sqlite_out(target)
    else:
        _postgresql_out(target)


def copy_in(source: Path) -> None:
    """Put the copy at `source` in place of everything in the database, whole or not at all. Raises NotReady."""
    if connection.vendor == "sqlite":
        _sqlite_in(source)
    else:
        _postgresql_in(source)


def _sqlite_out(target: Path) -> None:
    live = str(connection.settings_dict["NAME"])
    source = sqlite3.connect(f"file:{quote(live)}?mode=ro", uri=True)
    copy = sqlite3.connect(target)
    try:
        source.backup(copy)
        # the copy is one file: a log beside it would be left behind
        copy.execute("PRAGMA journal_mode=DELETE")
        tables = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in tables.intersection(_NOT_COPIED):
            copy.execute(f"DELETE FROM {table}")  # noqa: S608 - a name from our own list # nosec B608
        copy.commit()
        copy.execute("VACUUM")
    except sqlite3.Error as error:
        raise NotReady(f"The copy could not be written to {target.parent}: {error}.") from error
    finally:
        copy.close()
        source.close()


def _sqlite_in(source: Path) -> None:
    live = str(connection.settings_dict["NAME"])
    connection.close()
    copy = sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True)
    target = sqlite3.connect(live)
    try:
        health = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if health != "ok":
            raise NotReady(f"The database in this backup is damaged: {health[:200]}. Nothing was changed.")
        copy.backup(target)
    except sqlite3.Error as error:
        raise NotReady(f"The database {live} could not be replaced: {error}. Nothing was changed.") from error
    finally:
        target.close()
        copy.close()


def _postgresql_out(target: Path) -> None:
    excluded = [f"--exclude-table-data={table}" for table in _NOT_COPIED]
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", *excluded, f"--file={target}")


def _postgresql_in(source: Path) -> None:
    connection.close()
    _run(
        "pg_restore", "--clean", "--if-exists", "--single-transaction", "--exit-on-error", "--no-owner",
        "--no-privileges", str(source),
    )  # fmt: skip


def _run(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on our database; the password never stands on a command line."""
    program = _program(name)
    if program is None:
        raise NotReady(
            f"{name} is not installed here; it comes with PostgreSQL's client programs"
            " (Debian: apt-get install postgresql-client)."
        )
    params = dict(connection.get_connection_params())
    password = str(params.pop("password", "") or "")
    wanted = ("dbname", "user", "host", "port", "sslmode", "sslrootcert", "connect_timeout")
    conninfo = make_conninfo(**{key: value for key, value in params.items() if key in wanted and value})
    environment = {"LC_ALL": "C", "PGOPTIONS": "-c lock_timeout=15s", **({"PGPASSWORD": password} if password else {})}
    done = subprocess.run(
        [str(program), f"--dbname={conninfo}", *arguments],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise NotReady(f"{name} failed; nothing was changed.\n{done.stderr.strip()[-1500:]}")


def _program(name: str) -> Path | None:
    """Return the newest of that name: Debian keeps one of each version, and an older one cannot read a newer server."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if versions:
        return versions[-1]
    found = shutil.which(name)
    return Path(found) if found else None
