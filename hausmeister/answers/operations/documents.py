"""Documents: a folder of Markdown becomes cards, and is read again when something in it changed."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from hausmeister.answers.models import Card, Document, Passage, Shelf, Source
from hausmeister.answers.operations import shelving
from hausmeister.answers.operations.shelving import Put
from hausmeister.answers.rules.documents import Section, sections
from hausmeister.base import log
from hausmeister.base.untrusted import one_line, storable
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import ENGINE, Actor, Fact
from hausmeister.team.models import Team

_log = log.get(__name__)
ENDINGS = (".md", ".markdown")
MOST_FILES, MOST_BYTES = 20_000, 2_000_000


class SourceRefused(Exception):
    """The folder cannot be a source, or cannot be read; the text says why."""


@dataclass(frozen=True)
class Imported:
    """What a reading changed."""

    files: int
    changed: int
    removed: int
    cards: int


@transaction.atomic
def add_source(team: Team, *, name: str, folder: str, by: Actor, now: datetime, web_address: str = "") -> Source:
    """Store a folder as a source of documents; `import_docs` reads it. Raises SourceRefused."""
    name, path = one_line(name, 100), Path(folder)
    if not name:
        raise SourceRefused("The source has no name.")
    if not path.is_absolute() or not path.is_dir():
        raise SourceRefused(f"{folder} is no folder here; it must be an absolute path to one that the server can read.")
    if web_address and not web_address.startswith(("http://", "https://")):
        raise SourceRefused(f"The address is {web_address[:80]!r}; it must begin with http:// or https://.")
    if Source.objects.filter(team=team, name=name).exists():
        raise SourceRefused(f"There is a source {name} already; choose another name, or remove it first.")
    source = Source.objects.create(
        team=team, name=name, folder=str(path.resolve()), web_address=web_address[:500], created_at=now
    )
    journal.record(Fact(now, "source.added", f"source:{source.pk}", by, team.pk, {"name": name}))
    return source


@transaction.atomic
def remove_source(source: Source, *, by: Actor, now: datetime) -> None:
    """Remove a source with its documents and their cards."""
    shelf = shelving.lock(source.team)
    shelving.take(shelf, list(Passage.objects.filter(card__document__source=source)))
    journal.record(Fact(now, "source.removed", f"source:{source.pk}", by, source.team_id, {"name": source.name}))
    source.delete()


def read_sources(now: datetime) -> int:
    """Read every source again; return how many files had changed. One that fails says so in its row."""
    return sum(_read_again(source, now) for source in Source.objects.select_related("team").order_by("id"))


def _read_again(source: Source, now: datetime) -> int:
    try:
        done = import_docs(source, now)
    except SourceRefused as error:
        if source.problem != str(error)[:300]:
            _log.warning("source.unreadable", source=source.pk, reason=str(error))
            Source.objects.filter(pk=source.pk).update(problem=str(error)[:300])
        return 0
    return done.changed + done.removed


def import_docs(source: Source, now: datetime, *, by: Actor = ENGINE) -> Imported:
    """Read what changed in the source's folder: new and changed sections become cards, those that went go.

    A section keeps its card, and so its askings, while the headings above it stay. Files are told apart by size and
    time, then by content. Each file is a transaction of its own. Raises SourceRefused when the folder is not there.
    """
    folder = Path(source.folder)
    if not folder.is_dir():
        raise SourceRefused(f"{folder} is not there or cannot be read.")
    known = {one.path: one for one in Document.objects.filter(source=source)}
    found = dict(_files(folder))
    changed = sum(_read_file(source, path, file, known.get(path), now) for path, file in found.items())
    gone = [known[path] for path in sorted(set(known) - set(found))]
    for document in gone:
        _forget(source, document)
    Source.objects.filter(pk=source.pk).update(read_at=now, problem="")
    cards = Card.objects.filter(document__source=source).count()
    if changed or gone:
        facts = {"files": len(found), "changed": changed, "removed": len(gone), "cards": cards}
        journal.record(Fact(now, "source.read", f"source:{source.pk}", by, source.team_id, facts))
    return Imported(len(found), changed, len(gone), cards)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the Markdown files below `folder`, by their path in it; nothing hidden, nothing that leads outside."""
    count = 0
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder)
        if file.suffix.lower() not in ENDINGS or any(part.startswith(".") for part in inside.parts):
            continue
        if not file.is_file() or not file.resolve().is_relative_to(folder) or len(str(inside)) > 500:
            continue
        count += 1
        if count > MOST_FILES:
            raise SourceRefused(f"{folder} holds more than {MOST_FILES} Markdown files; choose a folder below it.")
        yield str(inside), file


def _read_file(source: Source, path: str, file: Path, known: Document | None, now: datetime) -> bool:
    """Read one file when it changed; return whether it had."""
    try:
        told = file.stat()
        if known is not None and (known.size_bytes, known.modified_ns) == (told.st_size, told.st_mtime_ns):
            return False
        if told.st_size > MOST_BYTES:
            raise SourceRefused(f"{path} has {told.st_size} bytes; a document may have {MOST_BYTES}.")
        raw = file.read_bytes()
    except OSError as error:
        raise SourceRefused(f"{path} cannot be read: {error.strerror}.") from error
    digest = hashlib.sha256(raw).hexdigest()
    if known is not None and known.digest == digest:
        Document.objects.filter(pk=known.pk).update(size_bytes=told.st_size, modified_ns=told.st_mtime_ns)
        return False
    text = storable(raw.decode("utf-8", errors="replace").removeprefix("\ufeff"))
    facts = {"digest": digest, "size_bytes": told.st_size, "modified_ns": told.st_mtime_ns}
    _store(source, path, facts, sections(text, name=file.stem.replace("-", " ").replace("_", " ")), now)
    return True


@transaction.atomic
def _store(source: Source, path: str, facts: dict[str, object], wanted: list[Section], now: datetime) -> None:
    shelf = shelving.lock(source.team)
    document, _ = Document.objects.update_or_create(source=source, path=path, defaults=facts)
    known = {one.place: one for one in Card.objects.filter(document=document)}
    _drop(shelf, [card for place, card in known.items() if place not in {one.place for one in wanted}])
    puts: list[Put] = []
    for section in wanted:
        puts += _section(shelf, document, section, known.get(section.place), source, now)
    shelving.put(shelf, puts)


def _section(
    shelf: Shelf, document: Document, section: Section, card: Card | None, source: Source, now: datetime
) -> list[Put]:
    """Store a section's card and return what it is to be found by; nothing when it is as it was."""
    link = _link(source, document.path, section)
    if card is not None and (card.title, card.text) == (section.title, section.text):
        return []
    if card is None:
        card = Card.objects.create(
            team_id=shelf.team_id, kind="section", title=section.title, text=section.text, link=link,
            document=document, place=section.place, created_at=now, changed_at=now,
        )  # fmt: skip
    else:
        shelving.take(shelf, list(Passage.objects.filter(card=card, asking=None)))
        Card.objects.filter(pk=card.pk).update(title=section.title, text=section.text, link=link, changed_at=now)
    return [Put(card, "title", section.title), Put(card, "body", section.text)]


def _link(source: Source, path: str, section: Section) -> str:
    if not source.web_address:
        return ""
    return f"{source.web_address.rstrip('/')}/{path}" + (f"#{section.anchor}" if section.anchor else "")


def _drop(shelf: Shelf, cards: list[Card]) -> None:
    if not cards:
        return
    shelving.take(shelf, list(Passage.objects.filter(card__in=cards)))
    Card.objects.filter(pk__in=[one.pk for one in cards]).delete()


@transaction.atomic
def _forget(source: Source, document: Document) -> None:
    shelf = shelving.lock(source.team)
    _drop(shelf, list(Card.objects.filter(document=document)))
    document.delete()
