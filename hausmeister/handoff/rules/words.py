"""What a hand-off says, in plain lines: the same in letters, in chat and in the console."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hausmeister.base.priority import Priority
from hausmeister.handoff.rules.states import ThingKind

HEADINGS = {
    ThingKind.ISSUE: "Open issues",
    ThingKind.PAGE: "Pages",
    ThingKind.INCIDENT: "Incidents",
    ThingKind.QUESTION: "Questions",
    ThingKind.QUIET: "Silenced",
    ThingKind.FLAPPING: "Flapping",
    ThingKind.RISK: "Runs at risk",
    ThingKind.MONITORING: "Dashboards",
    ThingKind.LEAVE: "Away",
}
_ENDS = {ThingKind.QUESTION: "due", ThingKind.QUIET: "until"}


@dataclass(frozen=True)
class Line:
    """One thing of a hand-off, as it is said: who has it, who has it next, until when, what comes next, a note."""

    kind: ThingKind
    title: str
    detail: str = ""
    rank: int | None = None
    owner: str = ""
    goes_to: str = ""
    ends_at: datetime | None = None
    next_step: str = ""
    note: str = ""


@dataclass(frozen=True)
class Section:
    """The lines of one kind under their heading."""

    heading: str
    lines: tuple[str, ...]


def sections(lines: Sequence[Line], *, zone: ZoneInfo) -> list[Section]:
    """Return the lines under their headings, in the order of the kinds; kinds without any are left out."""
    return [
        Section(HEADINGS[kind], tuple(said(line, zone=zone) for line in lines if line.kind is kind))
        for kind in ThingKind
        if any(line.kind is kind for line in lines)
    ]


def said(line: Line, *, zone: ZoneInfo) -> str:
    """Return one thing in a line."""
    rank = f"{Priority(line.rank).label}: " if line.rank else ""
    ends = f"{_ENDS.get(line.kind, 'until')} {clock(line.ends_at, zone)}" if line.ends_at else ""
    owner = line.owner
    if line.goes_to:
        owner = f"{line.owner or 'nobody'} → {line.goes_to}"
    parts = [part for part in (line.detail, ends, owner) if part]
    about = f" ({', '.join(parts)})" if parts else ""
    step = f" Next: {line.next_step}" if line.next_step else ""
    note = f" Note: {' '.join(line.note.split())}" if line.note else ""
    return f"{rank}{line.title}{about}.{step}{note}"


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """Return day and time on the clocks of `zone`: "Fri 27 Nov 17:00"."""
    return f"{moment.astimezone(zone):%a %d %b %H:%M}"


def note_of_issue(at: datetime, outgoing: str, next_step: str, note: str, *, zone: ZoneInfo) -> str:
    """Return what an issue's own record says of the hand-off: whoever opens it starts from there."""
    who = f" by {outgoing}" if outgoing else ""
    told = [f"Handed over{who}, {clock(at, zone)}."]
    told += [f"Next step: {next_step}"] if next_step else []
    return "\n".join([*told, *([note] if note else [])])
