"""`hausmeister backup` and `restore`."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hausmeister.console.deployment import (
    NotReady,
    check_durability,
    migrate,
    needs_database,
    set_up,
    unfinished_restore,
)

if TYPE_CHECKING:
    from hausmeister.console.archive import Manifest

_path = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=_path)
@needs_database
def backup(file: Path) -> None:
    """Write everything into FILE, consistent also while Hausmeister runs.

    Not in it: the secret keys (keep DATA/secret-key elsewhere, apart from the backups) and open sessions.
    """
    from django.db import connection

    from hausmeister.base import clock
    from hausmeister.console import archive, copying

    target = file.absolute()
    if target.exists():
        raise NotReady(f"{target} exists already; a backup overwrites nothing. Choose another name.")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".hausmeister-backup-") as folder:
            copy = Path(folder) / archive.MEMBER_OF[connection.vendor]
            copying.copy_out(copy)
            manifest = archive.Manifest(
                version=_version(),
                made_at=clock.now().isoformat(timespec="seconds"),
                database=connection.vendor,
                size_bytes=copy.stat().st_size,
                sha256=archive.sha256_of(copy),
                migrations=_migrations(),
            )
            archive.write(target, manifest, copy)
    except OSError as error:
        raise NotReady(f"{target} could not be written: {error.strerror or error}.") from error
    click.echo(f"{target}: {_size(target.stat().st_size)}, {connection.vendor}, made {manifest.made_at}.")


@click.command()
@click.argument("file", type=_path, required=False)
@click.option("--replace", is_flag=True, help="Also when there are people in the database: they are replaced.")
@click.option("--ring", is_flag=True, help="Let open pages call at once, as they would have.")
@click.option("--confirm", is_flag=True, help="Without FILE: this is the real one, let the silent pages call.")
def restore(file: Path | None, *, replace: bool, ring: bool, confirm: bool) -> None:
    """Put the backup FILE in place of the database; Hausmeister must not be running.

    Open pages stay silent until `restore --confirm`, seven days at most, so that a test restore calls nobody; with
    --ring they call as soon as the engine runs.
    """
    if confirm == (file is not None):
        raise click.UsageError("Give a FILE to restore, or --confirm after it was restored.")
    set_up()
    migrate()
    if file is None:
        _confirm()
        return
    from hausmeister.console.serve import only_engine

    lock = only_engine()
    check_nobody_else_runs()
    _check_nobody_is_there(replace=replace)
    manifest = _put_back(file)
    migrate()
    check_durability()
    click.echo(f"Restored {file}, made {manifest.made_at} by version {manifest.version}: {_counts()}.")
    _say_what_calls() if ring else _hold()
    unfinished_restore().unlink(missing_ok=True)
    lock.close()


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1_000_000 else f"{max(1, size_bytes // 1000)} kB"


def _version() -> str:
    from hausmeister import __version__

    return __version__


def _migrations() -> dict[str, str]:
    """Return the newest migration of each room that the tables have."""
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    return dict(sorted(MigrationRecorder(connection).applied_migrations()))


def check_nobody_else_runs() -> None:
    """Raise NotReady while an engine of another node lives (on SQLite the lock has told already)."""
    from datetime import timedelta

    from hausmeister.base import clock
    from hausmeister.pager import queries

    last = queries.last_beat()
    if last is not None and abs(clock.now() - last) < timedelta(seconds=30):
        raise NotReady("An engine ticked less than 30 seconds ago. Stop every node first; nothing was changed.")


def _check_nobody_is_there(*, replace: bool) -> None:
    from hausmeister.team.models import Person

    people = Person.objects.count()
    if people and not replace:
        raise NotReady(
            f"The database holds {people} people; restoring would replace them and everything else. If that is what"
            " you want, add --replace. Nothing was changed."
        )


def _put_back(file: Path) -> "Manifest":
    from django.conf import settings
    from django.db import connection

    from hausmeister.console import archive, copying

    with tempfile.TemporaryDirectory(dir=settings.HAUSMEISTER_DATA, prefix="restore-") as folder:
        try:
            manifest, copy = archive.read(file.absolute(), Path(folder))
        except archive.BadArchive as error:
            raise NotReady(f"{error} Nothing was changed.") from error
        if manifest.database != connection.vendor:
            raise NotReady(
                f"This backup is of {manifest.database}, and the database here is {connection.vendor}; restore it where"
                " DATABASE_URL names the same kind. Nothing was changed."
            )
        _check_known(manifest)
        # from here until its pages are held nothing may start: it would call people from a test restore
        unfinished_restore().touch(mode=0o600)
        try:
            copying.copy_in(copy)
        except NotReady:
            unfinished_restore().unlink(missing_ok=True)
            raise
    return manifest


def _check_known(manifest: "Manifest") -> None:
    """Raise NotReady when the backup was made by a version that knows more than this one."""
    from django.db.migrations.loader import MigrationLoader

    known = MigrationLoader(None).disk_migrations
    for app, name in manifest.migrations.items():
        if (app, name) not in known:
            raise NotReady(
                f"This backup was made by version {manifest.version}, which is newer than this one ({_version()});"
                " upgrade first. Nothing was changed."
            )


def _counts() -> str:
    from hausmeister.alerts.models import Alert
    from hausmeister.pager.models import Page
    from hausmeister.team.models import Person, Team

    counted = (("people", Person), ("teams", Team), ("alerts", Alert), ("pages", Page))
    return ", ".join(f"{_manager(model).count()} {name}" for name, model in counted)


def _manager(model: Any) -> Any:
    return model.objects


def _hold() -> None:
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.pager.operations import holding

    held = holding.hold(by=CONSOLE, now=clock.now())
    if not held.pages:
        click.echo("No page is open: nobody will be called.")
        return
    click.echo(f"{len(held.pages)} pages are open. They stay silent until {held.until:%a %d %b %H:%M} UTC:")
    _list(held.pages)
    click.echo("If this is no test but the real one, let them call: hausmeister restore --confirm")


def _say_what_calls() -> None:
    from hausmeister.pager.models import Page

    pages = list(Page.objects.open().order_by("id"))
    if pages:
        click.echo(f"{len(pages)} pages are open and call as soon as the engine runs:")
        _list(pages)


def _confirm() -> None:
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.pager.operations import holding

    released = holding.release(by=CONSOLE, now=clock.now())
    if not released:
        click.echo("No page is held after a restore.")
        return
    click.echo(f"{len(released)} pages call again:")
    _list(released)


def _list(pages: Any) -> None:
    for page in pages:
        click.echo(f"  {page.pk}  {page.rank.label}  {page.title}")
