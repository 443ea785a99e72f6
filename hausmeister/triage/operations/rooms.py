"""Which rooms are watched, how far each was read, and which cannot be read any more."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from hausmeister.base.untrusted import one_line
from hausmeister.team.models import Team
from hausmeister.triage.models import WatchedRoom
from hausmeister.triage.rules.states import RoomState, bare
from hausmeister.triage.shapes import Room


def watching(team_id: int | None = None) -> list[WatchedRoom]:
    """Return every watched room, of one team or of all, by name; those that cannot be read among them."""
    rooms = WatchedRoom.objects.select_related("team").order_by("team_id", "service", "name")
    return list(rooms if team_id is None else rooms.filter(team_id=team_id))


@transaction.atomic
def watch(team: Team, service: str, rooms: Sequence[Room], *, now: datetime) -> list[WatchedRoom]:
    """Watch exactly `rooms` of the chat for the team; what was read so far is kept. A room without id is unknown."""
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    mine = {one.name: one for one in WatchedRoom.objects.filter(team=team, service=service)}
    wanted = {bare(one.name): one for one in rooms}
    WatchedRoom.objects.filter(pk__in=[one.pk for name, one in mine.items() if name not in wanted]).delete()
    for name, one in wanted.items():
        row = mine.get(name)
        if row is None:
            row = WatchedRoom(team=team, service=service, name=name, since_at=now, state="", use=one.use)
        state = RoomState.WATCHING if one.room_id else RoomState.UNKNOWN
        problem = "" if one.room_id else f"There is no room #{name} that the bot can see."
        if (row.room_id, row.use, row.state, row.problem) != (one.room_id, one.use, state, problem):
            if row.room_id not in ("", one.room_id):
                # another room under the same name: it was not read yet
                row.stamp, row.heard_at = "", None
            row.since_at = now if row.state != state else row.since_at
            row.room_id, row.use, row.state, row.problem = one.room_id, one.use, state, problem
            row.save()
    return watching(team.pk)


def cursor(team_id: int, service: str, room_id: str) -> str:
    """Return the stamp of the newest message heard in the room, "" before the first."""
    found = WatchedRoom.objects.filter(team_id=team_id, service=service, room_id=room_id)
    return found.values_list("stamp", flat=True).first() or ""


def lost(room: WatchedRoom, reason: str, *, now: datetime) -> None:
    """Say that the room cannot be read any more, and why; `watch` finds it again."""
    WatchedRoom.objects.filter(pk=room.pk).exclude(state=RoomState.REMOVED).update(
        state=RoomState.REMOVED, problem=one_line(reason, 300), since_at=now
    )
