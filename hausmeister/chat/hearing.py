"""What is said in the rooms that a team watches goes to its triage; nothing is lost by a restart, nothing taken twice.

A *gap* is opened for every watched room before anything new is heard on a fresh line: everything after its stamp is
read again from the chat's own history. Its beginning moves in the transaction that stores what was read, so a crash
in between reads on from there; the triage counts each message once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from hausmeister.chat.models import Gap
from hausmeister.incidents import operations as incidents
from hausmeister.journal.rules import Actor
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team
from hausmeister.triage import operations as triage
from hausmeister.triage.models import Item, Said, WatchedRoom
from hausmeister.triage.rules.states import RoomState, RoomUse, bare
from hausmeister.triage.shapes import Heard, Room

# how the stamps of answers begin that were written in Hausmeister itself: no chat's history knows them
OURS = "ours:"
# so many messages share a transaction when a gap is filled
MOST_AT_ONCE = 20


@dataclass(frozen=True)
class Found:
    """A room as the chat knows it: its id, and why it cannot be read, "" when it can."""

    room_id: str
    problem: str = ""


def watchers(service: str, room_id: str) -> list[int]:
    """Return the teams that watch the room, by id."""
    rooms = WatchedRoom.objects.filter(service=service, room_id=room_id)
    return list(rooms.order_by("team_id").values_list("team_id", flat=True).distinct())


def hear(heard: Sequence[Heard], *, now: datetime) -> None:
    """Give what was said to the triage of every team that watches its room."""
    by_team: dict[int, list[Heard]] = {}
    for one in heard:
        for team_id in watchers(one.service, one.room_id):
            by_team.setdefault(team_id, []).append(one)
    for team_id, mine in by_team.items():
        triage.hear(team_id, mine, now=now)


def edited(one: Heard, *, now: datetime) -> None:
    """Say that a message reads otherwise now."""
    for team_id in watchers(one.service, one.room_id):
        triage.edited(team_id, one, now=now)


def removed(service: str, room_id: str, stamp: str, *, now: datetime) -> None:
    """Say that a message was taken back."""
    for team_id in watchers(service, room_id):
        triage.removed(team_id, service, room_id, stamp, now=now)


def signed(service: str, room_id: str, stamp: str, emoji: str, member_id: str, *, now: datetime) -> None:
    """Say that somebody put an emoji on a message."""
    for team_id in watchers(service, room_id):
        triage.signed(team_id, service, room_id, stamp, emoji, member_id, now=now)
        _into_timelines(team_id, service, room_id, stamp, emoji, now=now)


def _into_timelines(team_id: int, service: str, room_id: str, stamp: str, emoji: str, *, now: datetime) -> None:
    """Add a message that got the policy's emoji to the incidents that run (L2)."""
    said = Said.objects.filter(team_id=team_id, service=service, room_id=room_id, stamp=stamp, removed_at=None).first()
    if said is not None and said.text:
        by = Actor("chat", None, said.author_name)
        incidents.mark_in_chat(
            team_id, emoji, said.text, author=said.author_name, at=said.at, link=said.link, by=by, now=now
        )


# ---- which rooms ----


Find = Callable[[str], Found | None]
# the stamp that a message said at this moment would have at the least
Stamp = Callable[[datetime], str]


def watch(service: str, find: Find, *, stamp_of: Stamp | None, now: datetime) -> int:
    """Watch every room that a team's policy names for questions or alarms; return how many cannot be read.

    `find` asks the chat for a room by its name. A room that is watched anew is read from now on, one that can be
    read again from where it was lost; without `stamp_of` the chat itself keeps where it was read.
    """
    lost = 0
    for team in Team.objects.order_by("id"):
        policy = team_queries.policy_of(team.pk)
        uses = dict.fromkeys(filter(None, policy.question_channels), RoomUse.QUESTIONS)
        if policy.alarms_channel:
            uses[policy.alarms_channel] = RoomUse.ALARMS
        found = {name: find(name) for name in uses}
        lost += sum(one is None or bool(one.problem) for one in found.values())
        if _standing(team, service) != _wanted(uses, found):
            _watch(team, service, uses, found, now)
            if stamp_of is not None:
                open_gaps(service, stamp_of=stamp_of)
    return lost


def _standing(team: Team, service: str) -> set[tuple[str, str, str, bool]]:
    rows = WatchedRoom.objects.filter(team=team, service=service)
    return {(one.name, one.room_id, one.use, one.state == RoomState.WATCHING) for one in rows}


def _wanted(uses: dict[str, RoomUse], found: dict[str, Found | None]) -> set[tuple[str, str, str, bool]]:
    wanted = set()
    for name, use in uses.items():
        one = found[name]
        wanted.add((bare(name), one.room_id if one else "", str(use), one is not None and not one.problem))
    return wanted


@transaction.atomic
def _watch(
    team: Team, service: str, uses: dict[str, RoomUse], found: dict[str, Found | None], now: datetime
) -> None:  # fmt: skip
    rooms = [Room(name, one.room_id if (one := found[name]) else "", use) for name, use in uses.items()]
    problems = {bare(name): one.problem for name, one in found.items() if one and one.problem}
    for row in triage.watch(team, service, rooms, now=now):
        if row.service == service and row.name in problems:
            triage.lost(row, problems[row.name], now=now)


def lose(service: str, room_id: str, reason: str, *, now: datetime) -> None:
    """Say that a room cannot be read any more, whoever watches it."""
    for row in WatchedRoom.objects.filter(service=service, room_id=room_id):
        triage.lost(row, reason, now=now)


# ---- gaps ----


@transaction.atomic
def open_gaps(service: str, *, stamp_of: Stamp) -> int:
    """Open a gap for every room that is watched, from what was heard there last; return how many are open now.

    A room in which nothing was heard yet is read from when it was first watched. A gap that is open stays as it is.
    """
    rooms = WatchedRoom.objects.filter(service=service, state=RoomState.WATCHING).exclude(room_id="")
    oldest: dict[str, str] = {}
    for row in rooms.order_by(F("heard_at").asc(nulls_last=True), "id"):
        oldest.setdefault(row.room_id, row.stamp or stamp_of(row.since_at))
    Gap.objects.bulk_create(
        [Gap(service=service, room_id=room_id, after=stamp) for room_id, stamp in sorted(oldest.items())],
        ignore_conflicts=True,
    )
    return Gap.objects.filter(service=service).count()


def gaps(service: str) -> list[Gap]:
    """Return the open gaps of the chat, the oldest first."""
    return list(Gap.objects.filter(service=service).order_by("id"))


def fill(
    gap: Gap, heard: Sequence[Heard], *, now: datetime, breathe: Callable[[], object] = lambda: None
) -> None:  # fmt: skip
    """Store what was said in the gap, the oldest first, and close it.

    A few messages a transaction, each of which moves the gap's beginning: on SQLite a long one would keep alerts
    from being stored. `breathe` is called in between, for whoever waits.
    """
    in_order = sorted(heard, key=lambda one: (one.at, one.stamp))
    for start in range(0, len(in_order), MOST_AT_ONCE):
        some = in_order[start : start + MOST_AT_ONCE]
        with transaction.atomic():
            hear(some, now=now)
            Gap.objects.filter(pk=gap.pk).update(after=some[-1].stamp)
        breathe()
    Gap.objects.filter(pk=gap.pk).delete()


@dataclass(frozen=True)
class Stretch:
    """What the chat's history shows now of a room (or one thread of it), whole from after `since` up to `until`."""

    service: str
    room_id: str
    since: datetime
    until: datetime
    seen: Mapping[str, Heard]
    thread: str = ""


def compare(stretch: Stretch, *, now: datetime) -> int:
    """Bring what we hold of a stretch up to what history shows: what was edited or taken back while nobody told us.

    Returns how many messages changed. A second time changes nothing.
    """
    held = Said.objects.filter(
        service=stretch.service, room_id=stretch.room_id, thread=stretch.thread, removed_at=None,
        at__gt=stretch.since, at__lte=stretch.until,
    ).exclude(stamp__startswith=OURS)  # fmt: skip
    changed = 0
    for stamp, edited_at in held.order_by("at", "id").values_list("stamp", "edited_at").distinct():
        shown = stretch.seen.get(stamp)
        if shown is None:
            removed(stretch.service, stretch.room_id, stamp, now=now)
        elif shown.edited_at is not None and (edited_at is None or shown.edited_at > edited_at):
            edited(shown, now=now)
        else:
            continue
        changed += 1
    return changed


def threads(service: str, room_id: str) -> list[str]:
    """Return the stamps of the threads in the room in which somebody still waits: replies are read from there."""
    found = Item.objects.not_closed().filter(service=service, room_id=room_id).exclude(stamp="")
    return list(found.order_by("-id").values_list("stamp", flat=True).distinct()[:200])
