"""Reading the folders: what changed since the last time. What cannot be read keeps what was last read of it."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import DatabaseError, transaction

from hausmeister.base import chance, log
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import ENGINE, Actor, Fact
from hausmeister.runbooks.models import File, Folder, Section
from hausmeister.runbooks.rules import files
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team

_log = log.get(__name__)
MOST_FILES = 5_000


def _changed() -> dict[str, str]:
    """Return what marks a folder as changed: what a process has kept of it is old."""
    return {"mark": chance.text(16)}


class FolderUnreadable(Exception):
    """The folder cannot be read now; the text says why."""


def has_folders() -> bool:
    """Say whether a policy names a folder, or one is left that none names any more."""
    teams = list(Team.objects.values_list("id", flat=True))
    return any(policy.runbooks.folders for policy in team_queries.policies(teams).values()) or Folder.objects.exists()


def read_all(now: datetime) -> int:
    """Read every team's folders again; return how many files had changed. What fails says so in its row."""
    return sum(read_team(team, now=now) for team in Team.objects.order_by("id"))


def read_team(team: Team, *, now: datetime, by: Actor = ENGINE) -> int:
    """Read the folders that the team's policy names, and forget those that it names no more."""
    wanted = {one.path: one.web for one in team_queries.policy_of(team.pk).runbooks.folders}
    unwanted = Folder.objects.filter(team=team).exclude(path__in=wanted)
    if unwanted.exists():
        unwanted.delete()
    changed = 0
    for path, web in wanted.items():
        folder, _ = Folder.objects.get_or_create(team=team, path=path)
        if folder.web_address != web:
            Folder.objects.filter(pk=folder.pk).update(web_address=web, **_changed())
        try:
            changed += _read(folder, now=now, by=by)
        except FolderUnreadable as error:
            _say(folder, str(error))
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001 - one folder must not keep the others from being read
            _say(folder, f"It could not be read: {type(error).__name__}.")
            _log.error("runbooks.folder_broke", folder=folder.pk, error=f"{type(error).__name__}: {error}"[:300])
    return changed


def _say(folder: Folder, problem: str) -> None:
    if folder.problem != problem[:300]:
        _log.warning("runbooks.folder_unreadable", folder=folder.pk, reason=problem)
        # whoever is shown a section of it is told, so what is kept of it is old
        Folder.objects.filter(pk=folder.pk).update(problem=problem[:300], **_changed())


def _read(folder: Folder, *, now: datetime, by: Actor) -> int:
    """Read what changed in one folder. Raises FolderUnreadable."""
    root = Path(folder.path)
    known = {one.path: one for one in File.objects.filter(folder=folder)}
    try:
        found = dict(files_of(root))
    except OSError as error:
        raise FolderUnreadable(f"{folder.path} cannot be read: {error.strerror}.") from error
    if not found and known:
        # a checkout that is being made anew, or a disk that is not mounted: nobody takes all runbooks out
        raise FolderUnreadable(f"{folder.path} holds no Markdown file any more.")
    changed = sum(_read_file(folder, path, file, known.get(path)) for path, file in found.items())
    gone = [known[path].pk for path in sorted(set(known) - set(found))]
    with transaction.atomic():
        File.objects.filter(pk__in=gone).delete()
        mine = Folder.objects.filter(pk=folder.pk)
        mine.update_quietly(read_at=now)
        if gone or folder.problem:
            mine.update(problem="", **_changed())
        if changed or gone:
            facts = {"folder": folder.path, "files": len(found), "changed": changed, "removed": len(gone)}
            journal.record(Fact(now, "runbooks.read", f"runbooks:{folder.pk}", by, folder.team_id, facts))
    return changed + len(gone)


def files_of(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield the Markdown files below `root` by their path in it; nothing hidden, nothing that leads outside."""
    if not root.is_dir():
        raise FolderUnreadable(f"{root} is not there, or is no folder.")
    whole, count = root.resolve(), 0
    for file in sorted(root.rglob("*")):
        inside = file.relative_to(root)
        if file.suffix.lower() not in files.ENDINGS or any(part.startswith(".") for part in inside.parts):
            continue
        if not file.is_file() or not file.resolve().is_relative_to(whole) or len(str(inside)) > 500:
            continue
        count += 1
        if count > MOST_FILES:
            raise FolderUnreadable(f"{root} holds more than {MOST_FILES} Markdown files; name a folder below it.")
        # a name that is no UTF-8 comes with lone surrogates, which no database stores
        yield str(inside).encode("utf-8", "replace").decode(), file


def _read_file(folder: Folder, path: str, file: Path, known: File | None) -> bool:
    """Read one file when it changed; return whether it had."""
    try:
        told = file.stat()
        seen = (told.st_size, told.st_mtime_ns)
        if known is not None and not known.problem and (known.size_bytes, known.modified_ns) == seen:
            return False
        if told.st_size > files.MOST_BYTES:
            return _trouble(folder, path, known, f"It has {told.st_size} bytes; {files.MOST_BYTES} are read. Split it.")
        raw = file.read_bytes()
    except OSError as error:
        return _trouble(folder, path, known, f"It cannot be read: {error.strerror}.")
    facts = {"size_bytes": told.st_size, "modified_ns": told.st_mtime_ns, "problem": ""}
    digest = hashlib.sha256(raw).hexdigest()
    if known is not None and known.digest == digest:
        File.objects.filter(pk=known.pk).update(**facts)
        return False
    _store(folder, path, {**facts, "digest": digest}, files.read(raw))
    return True


def _trouble(folder: Folder, path: str, known: File | None, problem: str) -> bool:
    """Keep what was last read of the file, and say what is wrong with it now."""
    if known is not None and known.problem == problem:
        return False
    File.objects.update_or_create(folder=folder, path=path, defaults={"problem": problem[:300]})
    Folder.objects.filter(pk=folder.pk).update(**_changed())
    return False


@transaction.atomic
def _store(folder: Folder, path: str, facts: dict[str, object], reading: files.Reading) -> None:
    file, _ = File.objects.update_or_create(
        folder=folder, path=path, defaults={**facts, "notes": list(reading.notes)}
    )  # fmt: skip
    Section.objects.filter(file=file).delete()
    Section.objects.bulk_create(
        [
            Section(
                file=file, position=one.position, ends=one.ends, level=one.level, words=one.words, raw=one.raw,
                above=one.above, line=one.line, text=one.text, is_alert=one.is_alert,
            )
            for one in reading.sections
        ],
        batch_size=200,
    )  # fmt: skip
    Folder.objects.filter(pk=folder.pk).update(**_changed())
