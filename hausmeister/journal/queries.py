"""Reading the journal."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from hausmeister.journal.models import Entry


def timeline(subject: str, *, most: int = 500) -> list[Entry]:
    """Return what happened to `subject`, newest first, at most `most` entries."""
    return list(Entry.objects.about(subject)[:most])


def since(entry_id: int, *, most: int = 1000) -> list[Entry]:
    """Return the entries after `entry_id`, oldest first. For the live stream."""
    return list(Entry.objects.filter(id__gt=entry_id).order_by("id")[:most])


def newest(*, most: int) -> list[Entry]:
    """Return the newest entries, newest first."""
    return list(Entry.objects.order_by("-id")[:most])


def last_id() -> int:
    """Return the id of the newest entry, 0 when there is none."""
    newest = Entry.objects.order_by("-id").values_list("id", flat=True).first()
    return newest or 0


def last_at(subject: str, verbs: Sequence[str]) -> datetime | None:
    """Return when any of `verbs` last happened to `subject`, None when none ever did."""
    newest = Entry.objects.filter(subject=subject, verb__in=verbs).order_by("-id").first()
    return newest.at if newest is not None else None


def verbs_about(subjects: Sequence[str], verb: str) -> list[Entry]:
    """Return the entries with `verb` about any of `subjects`, oldest first."""
    return list(Entry.objects.filter(subject__in=subjects, verb=verb).order_by("at", "id"))


def about_any(subjects: Sequence[str], *, verbs: Iterable[str]) -> list[Entry]:
    """Return the entries with any of `verbs` about any of `subjects`, oldest first."""
    found: list[Entry] = []
    for start in range(0, len(subjects), 500):
        found += Entry.objects.filter(subject__in=subjects[start : start + 500], verb__in=sorted(verbs))
    return sorted(found, key=lambda entry: (entry.at, entry.id))
