"""What the program stands on: settings, data folder, database, clock."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from hausmeister.base import clock
from hausmeister.console.deployment import (
    NotReady,
    check_durability,
    check_policies,
    check_tables,
)
from hausmeister.console.doctor.findings import Finding, note, well, wrong
from hausmeister.journal.models import Entry

GIB = 1024**3
LEAST_FREE_BYTES = 200 * 1024**2
WORRYING_FREE_BYTES = GIB
CLOCK_MAY_DIFFER = timedelta(seconds=2)
CLOCK_MAY_LAG = timedelta(minutes=1)


def deployment() -> Iterator[Finding]:
    """Look at the address under which people and messages find this installation."""
    url = settings.HAUSMEISTER_BASE_URL
    is_local = "localhost" in settings.ALLOWED_HOSTS
    if is_local:
        yield note(
            "settings",
            f"the address is {url}: links in messages work on this machine only",
            "Set HAUSMEISTER_BASE_URL to the address that phones reach.",
        )
    elif not settings.IS_HTTPS:
        yield note("settings", f"the address {url} is not https", "Put a proxy with TLS in front (docs/operations.md).")
    else:
        yield well("settings", f"people reach it at {url}")


def data_folder() -> Iterator[Finding]:
    """Look whether the data folder can be written, is closed to others, and has room."""
    folder = Path(settings.HAUSMEISTER_DATA)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as error:
        yield wrong("data folder", f"{folder} cannot be written: {error.strerror}", "Mend it, or set HAUSMEISTER_DATA.")
        return
    mode = folder.stat().st_mode & 0o777
    if mode & 0o077:
        yield wrong("data folder", f"{folder} is open to others (mode {mode:o})", f"chmod 700 {folder}")
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        yield wrong("data folder", f"only {free // 1024**2} MiB are free on its disk", "Make room before it is full.")
    elif free < WORRYING_FREE_BYTES:
        yield note("data folder", f"{free // 1024**2} MiB are free on its disk", "Make room soon.")
    else:
        yield well("data folder", f"{folder} can be written; {free // GIB} GiB are free")


def database() -> Iterator[Finding]:
    """Look whether the database answers, keeps what it confirms, and has this version's tables."""
    try:
        check_tables()
        check_durability()
    except NotReady as error:
        yield wrong("database", error.message)
        return
    kind = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    yield well("database", f"{kind} answers, writes through to the disk, and its tables are up to date")


def policy() -> Iterator[Finding]:
    """Look whether every policy in force can be read."""
    try:
        check_policies()
    except NotReady as error:
        yield wrong("policy", error.message, "Apply one that can be used: hausmeister policy apply FILE")
        return
    yield well("policy", "every policy in force can be used")


def time() -> Iterator[Finding]:
    """Compare this machine's clock with the database's, and with what was written before."""
    now, theirs = clock.now(), database_now()
    if theirs is not None and abs(theirs - now) > CLOCK_MAY_DIFFER:
        yield wrong(
            "clock",
            f"this machine and the database differ by {abs(theirs - now).total_seconds():.0f} s",
            "Let both take the time from the network (chrony, systemd-timesyncd).",
        )
        return
    newest = Entry.objects.order_by("-id").values_list("at", flat=True).first()
    if newest is not None and newest - now > CLOCK_MAY_LAG:
        yield wrong(
            "clock",
            f"the journal's newest entry lies {(newest - now).total_seconds() / 60:.0f} min in the future:"
            " the clock was put back",
            "Until then steps come late. Let the clock follow the network.",
        )
        return
    yield well("clock", f"it is {now:%Y-%m-%d %H:%M:%S} UTC, and nothing contradicts that")


def database_now() -> datetime | None:
    """Return what the database's clock shows, None for SQLite, which has this machine's."""
    if connection.vendor == "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        shown: datetime = cursor.fetchone()[0]
        return shown
