"""Getting a command ready: Django, a database that answers, tables that are up to date."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from hausmeister.base import env


class NotReady(click.ClickException):
    """The deployment cannot run; the message says what is wrong and what to do."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        """Print the message on standard error, without click's own prefix."""
        click.echo(f"hausmeister: {self.message}", err=True, file=file)


def needs_database(command: Callable[..., Any]) -> Callable[..., Any]:
    """Make `command` run with Django set up and the tables there."""

    @wraps(command)
    def ready(*args: Any, **kwargs: Any) -> Any:
        set_up()
        check_tables()
        return command(*args, **kwargs)

    return ready


def set_up() -> None:
    """Set Django up; from here on every file this process makes is its owner's alone (S54).

    Raises NotReady when the data folder cannot be made, BadSetting for a setting that cannot be used.
    """
    import django
    from django.conf import settings

    os.umask(0o077)
    django.setup()
    folder = Path(settings.HAUSMEISTER_DATA)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NotReady(
            f"The data folder {folder} cannot be made ({error.strerror}); set HAUSMEISTER_DATA to one that can."
        ) from error


def unfinished_restore() -> Path:
    """Return the file that is there while a restore has begun and not come to its end."""
    from django.conf import settings

    return Path(settings.HAUSMEISTER_DATA) / "restore-unfinished"


def check_restored() -> None:
    """Raise NotReady after a restore that was cut off: its open pages are not held, and would call people."""
    if unfinished_restore().exists():
        raise NotReady(
            f"A restore did not come to its end, so nothing was started. Run it again: hausmeister restore FILE"
            f" --replace. If this is the real one and its pages may call at once, remove {unfinished_restore()}."
        )


def check_tables() -> None:
    """Raise NotReady unless the database answers and its tables fit this version."""
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise NotReady(database_down(error)) from error
    if missing:
        raise NotReady(_no_tables())


def _no_tables() -> str:
    from django.conf import settings

    database = settings.DATABASES["default"]
    told = "start `./run` or `hausmeister up` once."
    if "sqlite" not in database["ENGINE"]:
        return f"The database {database['NAME']} has no tables of this version yet; {told}"
    # most often the server runs with another data folder than this command
    return (
        f"The database {database['NAME']} has no tables of this version yet; {told} Does Hausmeister run with another"
        " data folder (`./run --data DIR`)? Then set it here as well: HAUSMEISTER_DATA=DIR."
    )


def database_down(error: Exception) -> str:
    """Return what to say when the database does not answer."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    reason = " ".join(str(error).split())[:300].rstrip("?.")
    if "sqlite" in database["ENGINE"]:
        return (
            f"The database file {database['NAME']} cannot be used: {reason}. Check that the folder exists, that"
            " you may write there and that the disk is not full."
        )
    where = f"{database['HOST'] or 'local socket'}:{database['PORT'] or 5432}/{database['NAME']}"
    return (
        f"The database at {where} does not answer: {env.without_password(reason)}. Start it, or correct"
        " DATABASE_URL; nothing was changed."
    )


def migrate() -> None:
    """Bring the tables up to date. Nodes that start together take turns. Raises NotReady."""
    from django.core.management import call_command
    from django.db import DatabaseError, connection

    try:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # one lock for the migrations of this program, held until it is given back or the session ends
                cursor.execute("SELECT pg_advisory_lock(7215)")
        try:
            call_command("migrate", verbosity=0, interactive=False)
            call_command("createcachetable", verbosity=0)
        finally:
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(7215)")
    except DatabaseError as error:
        raise NotReady(database_down(error)) from error


def collect_static() -> None:
    """Gather style sheets and scripts of this version into the data folder. Raises NotReady."""
    from django.conf import settings

    from hausmeister.web import assets

    try:
        assets.collect()
    except OSError as error:
        raise NotReady(
            f"Static files cannot be written to {settings.STATIC_ROOT}: {error.strerror}. Check that the data folder"
            " is yours and that the disk is not full."
        ) from error


def check_durability() -> None:
    """Raise NotReady unless the database keeps what it has confirmed, also through a power cut."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
            level = cursor.execute("PRAGMA synchronous").fetchone()[0]
            if (mode, level) != ("wal", 2):
                raise NotReady(
                    f"SQLite runs with journal_mode={mode} and synchronous={level}; it must be wal and 2 (FULL), or an"
                    " answered alert could be lost. Is the data folder on a network file system? Use a local disk."
                )
            return
        for name in ("synchronous_commit", "fsync"):
            cursor.execute(f"SHOW {name}")
            if cursor.fetchone()[0] == "off":
                raise NotReady(
                    f"PostgreSQL runs with {name} = off, so an answered alert could be lost. Set it to on,"
                    f" as the database's superuser: ALTER SYSTEM SET {name} = on; then SELECT pg_reload_conf();"
                )


def check_policies() -> None:
    """Raise NotReady unless the policy of every team can be read."""
    from hausmeister.team import queries
    from hausmeister.team.models import Team
    from hausmeister.team.policy.reading import BadPolicy

    try:
        queries.default_policy()
        queries.policies(list(Team.objects.values_list("id", flat=True)))
    except BadPolicy as error:
        raise NotReady(f"The policy cannot be used; nothing was started.\n{error}") from error
    except OSError as error:
        raise NotReady(f"The file of HAUSMEISTER_POLICY cannot be read: {error}.") from error
    except UnicodeDecodeError as error:
        raise NotReady(f"The file of HAUSMEISTER_POLICY is not UTF-8 text: byte {error.start} is odd.") from error
