"""The file of a backup: a tar with two members, a manifest and a copy of the database, and nothing else.

It never holds the secret keys (S48, S55). Nothing is extracted by a path from the archive: members are known by
their names, read as streams, and checked against the manifest.
"""

import hashlib
import io
import json
import os
import shutil
import tarfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import msgspec

PRODUCT, FORMAT = "hausmeister", 1
_MANIFEST = "manifest.json"
_MANIFEST_MOST_BYTES = 64 * 1024
MEMBER_OF = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


class BadArchive(Exception):
    """The file is no backup that can be restored; the text says why."""


@dataclass(frozen=True)
class Manifest:
    """What the backup is: by which version, when, of which kind of database, with which migrations of each room."""

    version: str
    made_at: str
    database: str
    size_bytes: int
    sha256: str
    migrations: dict[str, str]
    product: str = PRODUCT
    format: int = FORMAT


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(target: Path, manifest: Manifest, database: Path) -> None:
    """Write the archive to `target`, mode 0600, whole or not at all. Raises FileExistsError, OSError."""
    if target.exists():
        raise FileExistsError(target)
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz") as tar:
                text = json.dumps(asdict(manifest), indent=2).encode()
                tar.addfile(_member(_MANIFEST, len(text)), io.BytesIO(text))
                with database.open("rb") as copy:
                    tar.addfile(_member(MEMBER_OF[manifest.database], manifest.size_bytes), copy)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)


def _member(name: str, size_bytes: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size_bytes, 0o600
    return member


def read(source: Path, folder: Path) -> tuple[Manifest, Path]:
    """Return the manifest, and the database's copy written into `folder`. Raises BadArchive."""
    try:
        with tarfile.open(source, mode="r:*") as tar:
            return _read(tar, folder)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise BadArchive(f"{source} cannot be read as a backup: {error}.") from error


def _read(tar: tarfile.TarFile, folder: Path) -> tuple[Manifest, Path]:
    members = {member.name: member for member in tar.getmembers()}
    if _MANIFEST not in members:
        raise BadArchive("This is no backup of Hausmeister: it has no manifest.")
    manifest = _manifest(_open(tar, members[_MANIFEST]).read(_MANIFEST_MOST_BYTES))
    wanted = {_MANIFEST, MEMBER_OF[manifest.database]}
    if set(members) != wanted:
        odd = sorted(set(members) ^ wanted)
        raise BadArchive(f"This backup does not hold exactly {' and '.join(sorted(wanted))}: {odd[0]!r}.")
    copy = folder / MEMBER_OF[manifest.database]
    with copy.open("wb") as file:
        shutil.copyfileobj(_open(tar, members[copy.name]), file, length=1024 * 1024)
    if copy.stat().st_size != manifest.size_bytes or sha256_of(copy) != manifest.sha256:
        raise BadArchive("The database in this backup is damaged: it does not fit its manifest.")
    return manifest, copy


def _open(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = tar.extractfile(member) if member.isreg() else None
    if file is None:
        raise BadArchive(f"{member.name} in this backup is no ordinary file.")
    return file


def _manifest(text: bytes) -> Manifest:
    try:
        given = json.loads(text)
        manifest = msgspec.convert(given, Manifest)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise BadArchive("The manifest of this backup cannot be read.") from error
    if (manifest.product, manifest.format) != (PRODUCT, FORMAT) or manifest.database not in MEMBER_OF:
        raise BadArchive(
            f"This backup is of {manifest.product} in format {manifest.format}; this version reads {PRODUCT} in"
            f" format {FORMAT}."
        )
    return manifest
