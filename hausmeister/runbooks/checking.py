"""A look at a folder before it is put into the policy: its headings, what is wrong, which open alerts it would help."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hausmeister.alerts.models import Alert
from hausmeister.runbooks import operations, queries
from hausmeister.runbooks.rules import files
from hausmeister.runbooks.rules.matching import Entry, Found, Headings
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team


@dataclass(frozen=True)
class HeadingSeen:
    """A heading that alerts may match, with where it stands."""

    file: str
    line: int
    level: int
    words: str


@dataclass(frozen=True)
class AlertSeen:
    """An open alert, and what the folder would say to it."""

    alert: Alert
    found: Found | None
    headings: tuple[HeadingSeen, ...]


@dataclass(frozen=True)
class Checked:
    """What is in a folder. `notes` are about files, as (file, sentence)."""

    files: int
    headings: tuple[HeadingSeen, ...]
    repeated: tuple[tuple[HeadingSeen, ...], ...]
    notes: tuple[tuple[str, str], ...]
    alerts: tuple[AlertSeen, ...]

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to be mended."""
        return not self.repeated and not self.notes


def check(folder: Path, team: Team | None) -> Checked:
    """Read `folder` as the engine would, and store nothing. Raises FolderUnreadable."""
    notes: list[tuple[str, str]] = []
    seen: list[HeadingSeen] = []
    entries: list[Entry] = []
    count = 0
    for path, file in operations.files_of(folder):
        count += 1
        for one in _sections(path, file, notes):
            entries.append(Entry(len(seen), one.words, one.raw))
            seen.append(HeadingSeen(path, one.line, one.level, one.words))
    if not count:
        notes.append((str(folder), "It holds no Markdown file."))
    headings = Headings(entries)
    repeated = tuple(tuple(seen[place] for place in places) for places in headings.repeated())
    alerts = tuple(_alerts(team, headings, seen)) if team else ()
    return Checked(count, tuple(seen), repeated, tuple(notes), alerts)


def _sections(path: str, file: Path, notes: list[tuple[str, str]]) -> list[files.SectionDraft]:
    try:
        size = file.stat().st_size
        raw = file.read_bytes() if size <= files.MOST_BYTES else b""
    except OSError as error:
        notes.append((path, f"It cannot be read: {error.strerror}."))
        return []
    if size > files.MOST_BYTES:
        notes.append((path, f"It has {size} bytes; {files.MOST_BYTES} are read. Split it."))
        return []
    reading = files.read(raw)
    notes += [(path, note) for note in reading.notes]
    return [one for one in reading.sections if one.is_alert]


def _alerts(team: Team, headings: Headings, seen: list[HeadingSeen]) -> Iterator[AlertSeen]:
    percent = team_queries.policy_of(team.pk).runbooks.similar_percent
    for alert in Alert.objects.open().filter(team=team).order_by("-priority", "id")[:500]:
        found = headings.match(queries.alerting_of(alert), similar_from=percent / 100 if percent else queries.NEVER)
        yield AlertSeen(alert, found, tuple(seen[place] for place in found.section_ids) if found else ())
