"""Telling those who wait: updates for our own, announcements for clients. Each place is told once, or says why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from hausmeister.base import chance, database
from hausmeister.base.untrusted import lines
from hausmeister.incidents import queries, telling
from hausmeister.incidents.models import TEXT_MOST, Incident, Telling, Timer
from hausmeister.incidents.operations import changing, opening, pulling
from hausmeister.incidents.rules.kinds import TellKind, TimerKind
from hausmeister.journal.rules import Actor
from hausmeister.outbox import chat
from hausmeister.outbox import operations as outbox
from hausmeister.team.models import Person
from hausmeister.team.operations import as_actor


class NothingToSay(Exception):
    """An update needs words."""

    def __init__(self) -> None:
        super().__init__("An update needs some words.")


class UnknownRoom(Exception):
    """A place is named that the policy does not know."""

    def __init__(self, room: str, known: Sequence[str]) -> None:
        super().__init__(f"The policy has no channel {room[:60]!r}; it has: {', '.join(known) or 'none'}.")


@dataclass(frozen=True)
class Said:
    """What is to be told: the text, the rooms, and a key that is the same when a button is pressed twice."""

    text: str
    rooms: tuple[str, ...] = ()
    key: str = ""


@database.tried_again
@transaction.atomic
def post_update(incident_id: int, said: Said, *, by: Person, now: datetime) -> Incident:
    """Tell the news: into the crash channel's thread, to each room chosen, and onto the incident itself.

    Starts the update timer anew; a room of the clients among them fulfils the first announcement too. The same
    `key` a second time changes nothing. Raises IncidentIsOver, IncidentIsClosed, NothingToSay, UnknownRoom.
    """
    incident = changing.lock_running(incident_id)
    text = lines(said.text, TEXT_MOST)
    if not text:
        raise NothingToSay
    if said.key and Telling.objects.filter(incident=incident, act_key=said.key).exists():
        return incident
    has_clients = say_everywhere(incident, Said(text, said.rooms, said.key), TellKind.UPDATE, by=as_actor(by), now=now)
    _restart(incident, now=now)
    if has_clients:
        announced(incident, by=by, now=now)
    changing.store(incident)
    changing.show_in_chat(incident, now=now)
    return incident


def _restart(incident: Incident, *, now: datetime) -> None:
    if incident.update_every_s is not None:
        every = timedelta(seconds=incident.update_every_s)
        opening.start(incident, TimerKind.UPDATE, now + every, every)


def announced(incident: Incident, *, by: Person, now: datetime) -> None:
    """Note that clients have been told: nobody is reminded of it any more."""
    Timer.objects.filter(incident=incident, kind=TimerKind.ANNOUNCE).delete()
    changing.tick_named(incident, "announce", by=by, now=now)


def say_everywhere(incident: Incident, said: Said, kind: TellKind, *, by: Actor, now: datetime) -> bool:
    """Store and send `said` for each room; return whether clients are among those told. Raises UnknownRoom."""
    known = {one.name: one for one in queries.rooms(incident)}
    for room in said.rooms:
        if room not in known:
            raise UnknownRoom(room, list(known))
    chosen = list(dict.fromkeys(said.rooms)) or [""]
    key, drafts, clients = said.key or chance.text(16), [], False
    for place, room in enumerate(chosen):
        is_client = bool(room) and known[room].is_client
        clients = clients or is_client
        dedup_key = f"incident-{incident.pk}-{kind.value}-{key[:40]}-{place}"
        Telling.objects.create(
            incident=incident, kind=_kind(kind, is_client=is_client), room=room, is_client=is_client, text=said.text,
            by_name=by.name, at=now, dedup_key=dedup_key, act_key=said.key[:40],
        )  # fmt: skip
        if room:
            where = _place(incident, room)
            words = telling.update_words(incident, said.text, by.name)
            drafts.append(chat.say(where, words, telling.about(incident, dedup_key), due_at=now))
    outbox.enqueue(drafts, now=now)
    changing.tell(incident, "incident.told", by, now, text=said.text, rooms=[one for one in chosen if one],
                  clients=clients, over=kind is TellKind.OVER)  # fmt: skip
    return clients


def _kind(kind: TellKind, *, is_client: bool) -> TellKind:
    return TellKind.ANNOUNCE if is_client and kind is TellKind.UPDATE else kind


def _place(incident: Incident, room: str) -> chat.Place:
    """Return where a message goes: in the crash channel into the thread of the incident's own message."""
    if room != incident.crash_room:
        return chat.Place(room)
    return telling.crash_thread(incident, queries.crash_message(incident))


@database.tried_again
@transaction.atomic
def tell_again(incident_id: int, *, by: Person, now: datetime) -> Incident:
    """Send once more what could not be delivered: somebody has mended the chat. What arrived is not repeated.

    Raises IncidentIsClosed.
    """
    incident = changing.lock_open(incident_id)
    changing.store(incident)
    missing = [one for one in queries.told(incident) if one.fate.state == "failed" and one.row.text]
    crash = queries.crash_channel(incident, now=now)
    changing.tell(incident, "incident.told_again", as_actor(by), now, rooms=[one.row.room for one in missing])
    if crash.room and crash.message.is_missing:
        changing.say_in_crash_channel(incident, now=now)
    elif crash.room and crash.topic.is_missing:
        changing.set_topic(incident, now=now)
    drafts = []
    for place, one in enumerate(reversed(missing)):
        key = f"incident-{incident.pk}-again-{incident.version}-{place}"
        Telling.objects.filter(pk=one.row.pk).update(dedup_key=key)
        if one.row.kind == TellKind.SQUAD:
            drafts += pulling.letter_again(incident, one.row, by=by, key=key, now=now)
        else:
            words = telling.update_words(incident, one.row.text, one.row.by_name)
            where = _place(incident, one.row.room)
            drafts.append(chat.say(where, words, telling.about(incident, key), due_at=now))
    outbox.enqueue(drafts, now=now)
    return incident
