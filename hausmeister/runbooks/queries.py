"""Reading runbooks: the section of an alert, all headings, and which alerts have none.

The headings of a team are kept in the process until a folder's mark changes: a look-up costs one query for the
revision, where the caller has not asked for it already, and one for the section it found.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from hausmeister.alerts import queries as alert_queries
from hausmeister.alerts.models import Alert
from hausmeister.base.markdown import Block
from hausmeister.base.untrusted import one_line
from hausmeister.pager.models import Page
from hausmeister.runbooks.models import File, Folder, Section
from hausmeister.runbooks.rules import showing
from hausmeister.runbooks.rules.matching import (
    Alerting,
    Entry,
    Found,
    Headings,
    How,
    Saying,
    normal_words,
    verbatim,
)
from hausmeister.team import queries as team_queries
from hausmeister.team import revision
from hausmeister.team.models import Team
from hausmeister.team.policy.shape import Policy

# a section on a screen, and in a message
SHOWN_MOST = 20_000
# and so many headings below it
MOST_BELOW = 200
NEVER = 2.0


@dataclass(frozen=True)
class Kept:
    """One team's headings as they were at these marks of its folders, and from where to where each reaches."""

    revision: str
    marks: tuple[tuple[int, str], ...]
    headings: Headings
    # a section's file, place, and the place of the last one below it
    reach: Mapping[int, tuple[int, int, int]]


_kept: dict[int, Kept] = {}
_lock = threading.Lock()


def folders(team_id: int) -> list[Folder]:
    """Return the folders of the team, in the order of their paths."""
    return list(Folder.objects.filter(team_id=team_id).order_by("path", "id"))


def _headings(team_id: int, mark: str = "") -> Kept:
    """Return the team's headings; `mark` is the revision, for a caller that has asked for it already."""
    mark = mark or revision.current()
    with _lock:
        kept = _kept.get(team_id)
    if kept is not None and kept.revision == mark:
        return kept
    known = folders(team_id)
    marks = tuple((one.pk, one.mark) for one in known)
    # something else has changed: what was read of these folders is still so
    made = replace(kept, revision=mark) if kept is not None and kept.marks == marks else _read_headings(mark, known)
    with _lock:
        _kept[team_id] = made
    return made


def _read_headings(mark: str, known: Sequence[Folder]) -> Kept:
    marks = tuple((one.pk, one.mark) for one in known)
    found = Section.objects.filter(file__folder__in=known, is_alert=True).order_by("file__path", "position", "id")
    rows = list(found.values_list("id", "words", "raw", "file_id", "position", "ends"))
    return Kept(mark, marks, Headings([Entry(*row[:3]) for row in rows]), {row[0]: row[3:] for row in rows})


# ---- the section of an alert ----


@dataclass(frozen=True)
class Shown:
    """A section with everything below it, ready to be shown. `is_whole` says whether `text` is all of it."""

    section: Section
    text: str
    is_whole: bool

    @property
    def blocks(self) -> list[Block]:
        """The text in blocks."""
        return showing.within(self.text, SHOWN_MOST)[0]

    @property
    def url(self) -> str:
        """Where it is shown here."""
        return f"{settings.HAUSMEISTER_BASE_URL}/runbooks/{self.section.pk}"

    @property
    def web_url(self) -> str:
        """Where people read the file, "" where that is not known."""
        folder = self.section.file.folder
        return showing.web_link(folder.web_address, self.section.file.path, self.section.words)

    @property
    def place(self) -> str:
        """The file and the headings above: where it stands."""
        return " > ".join(filter(None, (self.section.file.path, self.section.above)))

    @property
    def stale(self) -> str:
        """Why this may not be the newest, "" when it is."""
        return self.section.file.problem or self.section.file.folder.problem


@dataclass(frozen=True)
class Guidance:
    """What the runbook says to an alert: the sections, and how they were found."""

    how: How
    what: str
    likeness: float
    sections: tuple[Shown, ...]

    @property
    def first(self) -> Shown:
        """The section that is shown first."""
        return self.sections[0]


def alerting_of(alert: Alert) -> Alerting:
    """Return what of an alert a heading may stand for."""
    return _alerting(alert.title, alert.labels, alert.text)


def _alerting(title: str, labels: Mapping[str, Any], text: str = "") -> Alerting:
    name = str(labels.get("alertname") or "")
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    said = (Saying(title, "title"), Saying(name, "name"), Saying(first, "text"))
    sayings = {one.text: one for one in reversed(said) if one.text}
    places = tuple(str(value) for key, value in labels.items() if key != "alertname" and isinstance(value, str | int))
    return Alerting(tuple(reversed(list(sayings.values()))), places)


def of_page(page: Page, first: Alert | None = None, *, policy: Policy | None = None, mark: str = "") -> Guidance | None:
    """Return what the runbook says to `page`: to the first alert on it, or to its own words when it has none.

    A caller that has the team's `policy`, the revision's `mark` or the `first` alert already gives it.
    """
    policy = policy or team_queries.policy_of(page.team_id)
    if page.is_test or not policy.runbooks.folders:
        return None
    first = first or alert_queries.first_on([page]).get(page.pk)
    said = alerting_of(first) if first else _alerting(page.title, {}, page.text)
    return look_up(page.team_id, said, policy=policy, mark=mark)


def look_up(team_id: int, alert: Alerting, *, policy: Policy | None = None, mark: str = "") -> Guidance | None:
    """Return what the team's runbooks say to what `alert` says."""
    kept = _headings(team_id, mark)
    if not kept.headings.count:
        return None
    found = kept.headings.match(alert, similar_from=_similar_from(policy or team_queries.policy_of(team_id)))
    return None if found is None else _guidance(found, kept)


def _similar_from(policy: Policy) -> float:
    percent = policy.runbooks.similar_percent
    return percent / 100 if percent else NEVER


def _guidance(found: Found, kept: Kept) -> Guidance | None:
    parts = _read([kept.reach[section_id] for section_id in found.section_ids])
    by_id = {one.pk: one for one in parts}
    # the files may have been read anew since the headings were
    heads = [by_id[section_id] for section_id in found.section_ids if section_id in by_id]
    shown = tuple(_put_together(one, parts) for one in heads)
    return Guidance(found.how, found.what, found.likeness, shown) if shown else None


def _sections() -> QuerySet[Section]:
    return Section.objects.select_related("file__folder")


def _read(reaches: Sequence[tuple[int, int, int]]) -> list[Section]:
    """Return the sections from here to there, in the order of the files; one query for all."""
    wanted = Q(pk__in=[])
    for file_id, position, ends in reaches:
        wanted |= Q(file_id=file_id, position__gte=position, position__lte=min(ends, position + MOST_BELOW))
    return list(_sections().filter(wanted).order_by("file_id", "position"))


def _put_together(head: Section, parts: Sequence[Section]) -> Shown:
    below = [one for one in parts if one.file_id == head.file_id and head.position < one.position <= head.ends]
    said = [head.text.strip()]
    said += [f"{'#' * max(1, one.level - head.level)} {one.raw or one.words}\n\n{one.text.strip()}" for one in below]
    text, fits = showing.cut_text("\n\n".join(filter(None, said)), SHOWN_MOST)
    return Shown(head, text, fits and len(below) == head.ends - head.position)


# ---- reading and finding ----


def of_teams(teams: Iterable[Team]) -> QuerySet[Section]:
    """Return the headings of these teams' runbooks, in the order of the files."""
    found = _sections().filter(file__folder__team__in=list(teams), level__gt=0)
    return found.order_by("file__folder__path", "file__path", "position")


def find(teams: Iterable[Team], text: str, *, most: int = 20) -> list[Section]:
    """Return headings that hold all words of `text`, those that may be alerts first."""
    words = one_line(text, 200).split()[:10]
    if not words:
        return []
    found = of_teams(teams)
    for word in words:
        found = found.filter(words__icontains=word)
    return list(found.order_by("-is_alert", "file__path", "position")[:most])


def shown(section: Section) -> Shown:
    """Return one section with everything below it."""
    return _put_together(section, _read([(section.file_id, section.position, section.ends)]))


def repeated(team_id: int) -> list[list[Section]]:
    """Return the sections whose headings stand more than once."""
    groups = _headings(team_id).headings.repeated()
    by_id = {one.pk: one for one in _sections().filter(pk__in=[pk for ids in groups for pk in ids])}
    return [[by_id[pk] for pk in ids if pk in by_id] for ids in groups]


def files_with_notes(team_id: int) -> list[File]:
    """Return the files about which there is something to say."""
    found = File.objects.filter(folder__team_id=team_id).exclude(notes=[], problem="")
    return list(found.select_related("folder").order_by("folder__path", "path"))


# ---- what is missing ----


@dataclass
class Missing:
    """Alerts of one kind that no heading means: how often they came, and the newest of them."""

    title: str
    times: int
    first_at: datetime
    last_at: datetime
    alert_id: int
    open: int = 0
    titles: set[str] = field(default_factory=set)


def missing(team: Team, *, since: datetime, most_kinds: int = 2_000) -> list[Missing]:
    """Return the kinds of alerts since then that have no section, the commonest first.

    Alerts are of one kind when their words are, but for what changes: numbers, hosts, ids.
    """
    headings = _headings(team.pk).headings
    similar_from = _similar_from(team_queries.policy_of(team.pk))
    name = KeyTextTransform("alertname", "labels")
    rows = (
        Alert.objects.filter(team=team, first_seen_at__gte=since)
        .values("title", name=name)
        .annotate(
            times=Count("id"), first=Min("first_seen_at"), last=Max("last_seen_at"), newest=Max("id"),
            going=Count("id", filter=Q(closed_at=None)),
        )
        .order_by("-times", "-newest")[:most_kinds]
    )  # fmt: skip
    found: dict[tuple[str, ...], Missing] = {}
    for row in rows:
        labels = {"alertname": row["name"]} if row["name"] else {}
        if headings.match(_alerting(row["title"], labels), similar_from=similar_from) is not None:
            continue
        kind = normal_words(row["name"] or row["title"]) or (verbatim(row["title"]),)
        _count(found, kind, row)
    return sorted(found.values(), key=lambda one: (-one.times, -one.alert_id))


def _count(found: dict[tuple[str, ...], Missing], kind: tuple[str, ...], row: Mapping[str, Any]) -> None:
    one = found.get(kind)
    if one is None:
        one = found[kind] = Missing(row["title"], 0, row["first"], row["last"], row["newest"])
    one.times += row["times"]
    one.open += row["going"]
    one.titles.add(row["title"])
    one.first_at, one.last_at = min(one.first_at, row["first"]), max(one.last_at, row["last"])
    if row["newest"] > one.alert_id:
        one.alert_id, one.title = row["newest"], row["title"]
