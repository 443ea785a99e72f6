"""What changed, as the live stream and the pulse tell it: names and versions, never content."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hausmeister.incidents import queries as incidents
from hausmeister.journal import queries as journal
from hausmeister.journal.models import Entry
from hausmeister.pager import queries as pager
from hausmeister.team.rules import Capability
from hausmeister.web.listeners import Rights

# on PostgreSQL a smaller id may be committed after a greater one; so long back is read once more
LOOK_BACK_S = 10.0
# more than this at a time is not worth telling one by one
MOST_ENTRIES = 1000
EARLIER = timedelta(seconds=3)
LONGEST_MOMENT = 11


@dataclass(frozen=True)
class Change:
    """What is told: a line, and which team's people with which capability may hear it."""

    line: str
    team_id: int
    capability: Capability


class Watch:
    """Reads what is new in the journal, once each entry, also one that was committed late."""

    def __init__(self) -> None:
        self._start_at(journal.last_id())

    def _start_at(self, entry_id: int) -> None:
        self._upto = self._floor = entry_id
        self._seen: set[int] = set()
        self._marks: deque[tuple[float, int]] = deque()

    def changes(self, *, now_s: float) -> list[Change] | None:
        """Return what changed since the last call; None when it is so much that all should be looked at again."""
        found = journal.since(self._floor, most=MOST_ENTRIES)
        if len(found) == MOST_ENTRIES:
            self._start_at(journal.last_id())
            return None
        fresh = [entry for entry in found if entry.id not in self._seen]
        self._seen.update(entry.id for entry in fresh)
        self._upto = max([self._upto, *(entry.id for entry in fresh)])
        self._marks.append((now_s, self._upto))
        while self._marks and self._marks[0][0] < now_s - LOOK_BACK_S:
            self._floor = self._marks.popleft()[1]
        self._seen = {entry_id for entry_id in self._seen if entry_id > self._floor}
        return _told(fresh)


def moment_of(text: str) -> datetime | None:
    """Return the moment that `text` (seconds since 1970) names, a little earlier; None when it names none.

    Earlier, because an entry's time is taken before it is committed, and a screen's data are read before its time is.
    """
    if not (text.isascii() and text.isdecimal()) or len(text) > LONGEST_MOMENT:
        return None
    return datetime.fromtimestamp(int(text), UTC) - EARLIER


def lines_for(rights: Rights, found: list[Change] | None) -> list[str]:
    """Return the lines that one person may hear; None (too much) is "again": look at everything again."""
    if found is None:
        return ["again"]
    return [one.line for one in found if rights.allows(one.capability, one.team_id)]


def since(moment: datetime) -> list[Change] | None:
    """Return what changed from `moment` on; None when it is so much that all should be looked at again."""
    found = journal.newest(most=MOST_ENTRIES)
    fresh = [entry for entry in found if entry.at >= moment]
    return None if len(fresh) == MOST_ENTRIES else _told(fresh)


def _told(entries: Iterable[Entry]) -> list[Change]:
    entries = sorted(entries, key=lambda entry: entry.id)
    pages: set[int] = set()
    open_incidents: set[int] = set()
    changes: dict[str, Change] = {}
    for entry in entries:
        kind, _, number = entry.subject.partition(":")
        if kind == "page" and number.isdecimal():
            pages.add(int(number))
        elif kind == "issue" and entry.team_id is not None:
            # its version is the newest entry about it: the mirror's state is told in the journal too
            changes[entry.subject] = Change(f"issue {number} v{entry.id}", entry.team_id, Capability.SEE_ISSUES)
            line = f"issues {entry.team_id}"
            changes[line] = Change(line, entry.team_id, Capability.SEE_ISSUES)
        elif kind == "item" and entry.team_id is not None:
            line = f"triage {entry.team_id}"
            changes[line] = Change(line, entry.team_id, Capability.SEE_PAGES)
        elif kind == "handoff" and entry.team_id is not None:
            line = f"handoff {entry.team_id}"
            changes[line] = Change(line, entry.team_id, Capability.SEE_PAGES)
        elif kind == "incident" and number.isdecimal():
            open_incidents.add(int(number))
        elif entry.verb.startswith(("rota.", "shift.", "override.", "schedule.")) and entry.team_id is not None:
            line = f"rota {entry.team_id}"
            changes[line] = Change(line, entry.team_id, Capability.SEE_STATUS)
    found = [
        Change(f"page {page_id} v{version}", team_id, Capability.SEE_PAGES)
        for page_id, version, team_id in pager.versions(pages)
    ]
    for incident_id, version, team_id in incidents.versions(open_incidents):
        found.append(Change(f"incident {incident_id} v{version}", team_id, Capability.SEE_INCIDENTS))
        changes[f"incidents {team_id}"] = Change(f"incidents {team_id}", team_id, Capability.SEE_INCIDENTS)
    return [*found, *changes.values()]
