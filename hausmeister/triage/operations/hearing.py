"""Hearing: what a chat message opens or joins. Each message counts once, in whatever order it arrives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import transaction

from hausmeister.base import database, wake
from hausmeister.base.untrusted import cut, one_line
from hausmeister.journal.rules import ENGINE, Actor
from hausmeister.team.models import Person
from hausmeister.triage.models import Item, Said, WatchedRoom
from hausmeister.triage.operations import alarms, judging, opening, talking
from hausmeister.triage.operations.desk import Desk, people_in_chat
from hausmeister.triage.rules import joining
from hausmeister.triage.rules.reading import Reading, Verdict
from hausmeister.triage.rules.states import ItemKind, RoomUse, Source, State, bare
from hausmeister.triage.shapes import Heard, Taken

LONGEST_MESSAGE = 40_000
# the chat's clock and ours may differ by so much
CLOCK_SLACK = timedelta(minutes=1)


@dataclass
class _Ears:
    """What is needed to hear a batch of one chat: the desk, the rooms, and the team's people by their chat id."""

    desk: Desk
    rooms: dict[tuple[str, str], str]
    people: dict[str, dict[str, Person]] = field(default_factory=dict)
    given: Mapping[str, int] = field(default_factory=dict)

    def use_of(self, one: Heard) -> RoomUse | None:
        """Return what the message's room is for, None when it is not watched."""
        known = self.rooms.get((one.service, one.room_id))
        if known is not None:
            return RoomUse(known)
        name, policy = bare(one.room_name), self.desk.policy
        if name and name == bare(policy.alarms_channel):
            return RoomUse.ALARMS
        return RoomUse.QUESTIONS if name in {bare(room) for room in policy.question_channels} else None

    def person(self, service: str, author_id: str) -> Person | None:
        """Return who of the team writes under `author_id`."""
        if service not in self.people:
            self.people[service] = people_in_chat(self.desk.team.pk, service, given=self.given)
        return self.people[service].get(author_id)


def _ears(team_id: int, *, now: datetime, people: Mapping[str, int] | None) -> _Ears:
    rooms = WatchedRoom.objects.filter(team_id=team_id).exclude(room_id="")
    uses = {(one.service, one.room_id): one.use for one in rooms}
    return _Ears(Desk.locked(team_id, now=now), uses, given=people or {})


@database.tried_again
@transaction.atomic
def hear(
    team_id: int, heard: Sequence[Heard], *, now: datetime, people: Mapping[str, int] | None = None
) -> list[int]:  # fmt: skip
    """Store what was said in watched rooms, open and join items; return the ids of the items touched.

    A message that was heard before changes nothing. `people` names members by their chat id, where the caller knows
    them better than their contact methods. The cursor of each room moves to its newest message, in the same
    transaction, so that a message is either stored or will be read again.
    """
    ears, heard = _ears(team_id, now=now, people=people), [_not_ahead(one, now) for one in heard]
    touched = dict.fromkeys(item_id for one in heard if (item_id := _hear(ears, one)) is not None)
    _move_cursors(team_id, heard)
    if touched:
        wake.soon()
    return list(touched)


def _not_ahead(one: Heard, now: datetime) -> Heard:
    """Return the message as said by now: a server's clock that is far ahead, or lies, must not hide what is asked."""
    return replace(one, at=now) if one.at > now + CLOCK_SLACK else one


def _move_cursors(team_id: int, heard: Sequence[Heard]) -> None:
    newest: dict[tuple[str, str], Heard] = {}
    for one in heard:
        place = (one.service, one.room_id)
        if place not in newest or newest[place].at <= one.at:
            newest[place] = one
    for (service, room_id), one in newest.items():
        rooms = WatchedRoom.objects.filter(team_id=team_id, service=service, room_id=room_id)
        for row in rooms:
            # an event that comes late must not turn the cursor back
            if row.heard_at is None or row.heard_at <= one.at:
                WatchedRoom.objects.filter(pk=row.pk).update(stamp=one.stamp, heard_at=one.at)


def _hear(ears: _Ears, one: Heard) -> int | None:
    """Store one message and return the item it opened or joined."""
    use = ears.use_of(one)
    if use is None or (one.is_bot and use is not RoomUse.ALARMS):
        return None
    said = _stored(ears, one)
    if said is None:
        return None
    if said.thread:
        item = opening.of_message(said, stamp=said.thread)
        return _attached(ears, item, said) if item is not None else None
    if said.is_bot:
        return _alarm(ears, one, said)
    item = _follows(said)
    if item is not None:
        return _attached(ears, item, said)
    return _opened(ears, one, said)


def _stored(ears: _Ears, one: Heard) -> Said | None:
    """Keep the message; None when it is there already."""
    place = {"team": ears.desk.team, "service": one.service, "room_id": one.room_id, "stamp": one.stamp}
    if Said.objects.filter(**place).exists():
        return None
    return Said.objects.create(
        **place,
        thread=one.thread if one.thread != one.stamp else "",
        author_id=one.author_id,
        author_name=one_line(one.author_name, 120) or one.author_id,
        person=None if one.is_bot else ears.person(one.service, one.author_id),
        is_bot=one.is_bot,
        text=cut(one.text, LONGEST_MESSAGE),
        link=cut(one.link, 500),
        at=one.at,
        edited_at=one.edited_at,
    )


def _attached(ears: _Ears, item: Item, said: Said) -> int:
    said.item = item
    said.save(update_fields=["item"])
    talking.follow(ears.desk, item, said)
    return item.pk


def _follows(said: Said) -> Item | None:
    """Return the item of the same asker in the same room that a message without a thread belongs to."""
    latest = opening.latest_of(said)
    if latest is None:
        return None
    verdict = judging.judge(said)
    joins = joining.joins(
        is_thanks=verdict.reading is Reading.THANKS,
        is_sure_question=verdict.is_sure and verdict.reading in {Reading.QUESTION, Reading.REPORT},
        last_word_at=latest.asked_at,
        at=said.at,
    )
    return latest if joins else None


def _opened(ears: _Ears, one: Heard, said: Said) -> int | None:
    """Open an item for a message of a person, if it is one; one that may be is asked about on the screen."""
    verdict = judging.judge(said)
    if verdict.reading not in {Reading.QUESTION, Reading.REPORT}:
        return None
    is_guess = not verdict.is_sure
    if is_guess and (said.person is not None or ears.use_of(one) is RoomUse.ALARMS):
        # the team's own people talk in these rooms too, and in the alarms channel more than they ask
        return None
    return open_for(ears.desk, said, verdict, place=one.room_name).pk


def open_for(desk: Desk, said: Said, verdict: Verdict, *, place: str) -> Item:
    """Open an item for `said`, and let it have the replies that came before it."""
    item = opening.open_item(
        desk,
        Item(
            team=desk.team, source=Source.CHAT, service=said.service, room_id=said.room_id, stamp=said.stamp,
            kind=ItemKind.ISSUE if verdict.reading is Reading.REPORT else ItemKind.QUESTION,
            is_unsure=not verdict.is_sure,
            title=opening.title_of(said.text), text=cut(said.text, opening.LONGEST_TEXT), asker_id=said.author_id,
            asker_name=said.author_name, place=f"#{bare(place)}", link=said.link, opened_at=said.at, asked_at=said.at,
        ),
        by=Actor("chat", None, said.author_name),
    )  # fmt: skip
    said.item = item
    said.save(update_fields=["item"])
    early = Said.objects.filter(
        team=desk.team, service=said.service, room_id=said.room_id, thread=said.stamp, item=None
    ).order_by("at", "id")
    for reply in early:
        reply.item = item
        reply.save(update_fields=["item"])
        talking.follow(desk, item, reply)
    return item


def _alarm(ears: _Ears, one: Heard, said: Said) -> int | None:
    """Make an alert of an alarm that a rule means; join another to the open item that says the same, else open one.

    The all-clear opens nothing, and ends the alert that it names.
    """
    if joining.is_all_clear(said.text):
        alarms.clear(ears.desk, said)
        return None
    if alarms.fire(ears.desk, said, place=f"#{bare(one.room_name)}"):
        return None
    key = f"alarm:{joining.same_alarm(said.text)}"[:200]
    if key == "alarm:":
        return None
    known = Item.objects.select_for_update().filter(team=ears.desk.team, key=key, closed_at=None).first()
    if known is not None:
        said.item = known
        said.save(update_fields=["item"])
        known.times += 1
        known.version += 1
        known.save(update_fields=["times", "version"])
        ears.desk.tell(known, "item.seen_again", Actor("chat", None, said.author_name), times=known.times)
        return known.pk
    item = opening.open_item(
        ears.desk,
        Item(
            team=ears.desk.team, source=Source.ALARM, kind=ItemKind.ISSUE, service=said.service, room_id=said.room_id,
            stamp=said.stamp, title=opening.title_of(said.text), text=cut(said.text, opening.LONGEST_TEXT), key=key,
            asker_id=said.author_id, asker_name=said.author_name, place=f"#{bare(one.room_name)}", link=said.link,
            opened_at=said.at, asked_at=said.at, pointed_at=ears.desk.now,
        ),
        by=Actor("chat", None, said.author_name),
    )  # fmt: skip
    said.item = item
    said.save(update_fields=["item"])
    return item.pk


@database.tried_again
@transaction.atomic
def edited(team_id: int, heard: Heard, *, now: datetime, people: Mapping[str, int] | None = None) -> int | None:
    """Let the text of a message be what its author made of it; return the item it is, or now is, about.

    A message not heard before is heard in its new form. An edit can make a question of what was none. An older edit
    that comes after a newer one changes nothing, nor does one that is not the author's.
    """
    heard = _not_ahead(heard, now)
    ears = _ears(team_id, now=now, people=people)
    said = (
        Said.objects.select_related("item")
        .filter(team_id=team_id, service=heard.service, room_id=heard.room_id, stamp=heard.stamp)
        .first()
    )
    if said is None:
        return _hear(ears, heard)
    edited_at = heard.edited_at or now
    is_older = said.edited_at is not None and edited_at < said.edited_at
    is_of_another = not said.is_bot and heard.author_id != said.author_id
    if said.removed_at is not None or is_older or is_of_another:
        return said.item_id
    said.text, said.edited_at = cut(heard.text, LONGEST_MESSAGE), edited_at
    said.save(update_fields=["text", "edited_at"])
    if said.item is None:
        is_opener = not said.thread and not said.is_bot
        return _opened(ears, heard, said) if is_opener else None
    item = Item.objects.select_for_update().get(pk=said.item.pk)
    if item.stamp == said.stamp:
        opening.reword(ears.desk, item, said)
    return item.pk


@database.tried_again
@transaction.atomic
def removed(team_id: int, service: str, room_id: str, stamp: str, *, now: datetime) -> int | None:
    """Forget the text of a message that its author took away; return the item it belonged to.

    Its place is kept, also when it was not heard before: it must not come back by a late event.
    """
    desk = Desk.locked(team_id, now=now)
    place = {"team": desk.team, "service": service, "room_id": room_id, "stamp": stamp}
    said, is_new = Said.objects.get_or_create(
        **place, defaults={"author_id": "", "author_name": "", "at": now, "removed_at": now}
    )
    if is_new or said.removed_at is not None:
        return said.item_id
    said.text, said.removed_at = "", now
    said.save(update_fields=["text", "removed_at"])
    if said.item_id is None:
        return None
    item = Item.objects.select_for_update().get(pk=said.item_id)
    talking.unsay(desk, item, said)
    return item.pk


@database.tried_again
@transaction.atomic
def take(team_id: int, taken: Taken, *, now: datetime, by: Actor = ENGINE) -> Item:
    """Take something in that came by another way than chat: a dashboard, e-mail, the API. Returns its item.

    The same `key` a second time returns the item of the first.
    """
    desk = Desk.locked(team_id, now=now)
    key = cut(f"{taken.source.value}:{taken.key}", 200) if taken.key else ""
    known = Item.objects.filter(team_id=team_id, key=key).order_by("-id").first() if key else None
    if known is not None:
        return known
    verdict = judging.of_text(f"{taken.title}\n{taken.text}")
    kind = taken.kind or (ItemKind.ISSUE if verdict.reading is Reading.REPORT else ItemKind.QUESTION)
    item = Item(
        team=desk.team, source=taken.source, kind=kind, priority=taken.priority, title=one_line(taken.title, 200),
        text=cut(taken.text, opening.LONGEST_TEXT), asker_name=one_line(taken.asker_name, 120),
        asker_email=taken.asker_email[:254], place=one_line(taken.place, 120), link=cut(taken.link, 500), key=key,
        opened_at=now, asked_at=now, state=State.OPEN,
    )  # fmt: skip
    wake.soon()
    return opening.open_item(desk, item, by=by)
