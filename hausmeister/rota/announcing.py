"""Telling other programs and rooms of the chat who is on, whenever that changes: the full list each time.

Looked at each minute; told once for each change, also when several engines look. The first look tells who is on now,
so that whoever listens begins with the truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F

from hausmeister.base import chance, guard, log, signing
from hausmeister.base.untrusted import one_line
from hausmeister.base.words import listed
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.outbox import chat
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.chat import About, Place, Words
from hausmeister.outbox.operations import Draft
from hausmeister.outbox.rules import Lane
from hausmeister.rota import queries
from hausmeister.rota.models import Schedule
from hausmeister.rota.models.notices import OnCallNotice
from hausmeister.rota.queries import schedules as schedule_queries
from hausmeister.rota.rules.foresight import clock_time
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Channel

_log = log.get(__name__)

EVERY = timedelta(minutes=1)
MOST_NOTICES = 20
KIND = "oncall"


class NoticeRefused(Exception):
    """The notice cannot be stored; the text says why."""


@transaction.atomic
def add_notice(
    team: Team, schedule: Schedule | None, address: str, *, by: Actor, now: datetime
) -> OnCallNotice:  # fmt: skip
    """Tell `address`, a URL or "#room", of each change of who is on; its secret is in the notice. Raises NoticeRefused.

    Without a schedule it is about the team's duty.
    """
    team = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    address = one_line(address, most=501).strip()
    _check(address)
    standing = OnCallNotice.objects.standing().filter(team=team)
    if standing.filter(schedule=schedule, address=address).exists():
        raise NoticeRefused("This address is told of it already.")
    if standing.count() >= MOST_NOTICES:
        raise NoticeRefused(f"{team.name} has {MOST_NOTICES} such notices already; end some first.")
    secret = "" if address.startswith("#") else chance.text(40)
    notice = OnCallNotice.objects.create(
        team=team, schedule=schedule, address=address, secret=secret, created_at=now
    )  # fmt: skip
    journal.record(Fact(now, "notice.added", f"team:{team.pk}", by, team.pk, _facts(notice)))
    return notice


def _check(address: str) -> None:
    if address.startswith("#"):
        if not settings.HAUSMEISTER_CHAT:
            raise NoticeRefused("There is no chat; set one up, or give the address of a webhook.")
        if not 2 <= len(address) <= 80 or " " in address:
            raise NoticeRefused(f"The room is {address[:80]!r}; write its name with a #, such as #support.")
        return
    if len(address) > 500:
        raise NoticeRefused("The address is longer than 500 characters.")
    try:
        guard.judge_typed(address)
    except guard.OutgoingFailed as error:
        raise NoticeRefused(str(error)) from error


def _facts(notice: OnCallNotice) -> dict[str, Any]:
    # the address of a webhook may hold a token
    to = notice.address if notice.is_room else "a webhook"
    return {"notice": notice.pk, "to": to, "schedule": notice.schedule.slug if notice.schedule else ""}


@transaction.atomic
def end_notice(notice: OnCallNotice, *, by: Actor, now: datetime) -> None:
    """Tell this address no more, not even what waits to be sent; a second time changes nothing."""
    if OnCallNotice.objects.filter(pk=notice.pk, ended_at=None).update(ended_at=now):
        outbox.cancel([_subject(notice)], now=now)
        journal.record(Fact(now, "notice.ended", f"team:{notice.team_id}", by, notice.team_id, _facts(notice)))


def _subject(notice: OnCallNotice) -> str:
    return f"notice:{notice.pk}"


def secret_of(notice_id: int) -> str:
    """Return what signs messages of this notice, "" when it is gone."""
    return OnCallNotice.objects.standing().filter(pk=notice_id).values_list("secret", flat=True).first() or ""


@dataclass(frozen=True)
class _On:
    """Who is on, of what, and until when it surely stays so; `behind` are the backstop of a duty."""

    title: str
    people: Sequence[Person]
    behind: Sequence[Person]
    starts_at: datetime
    until: datetime
    why: str

    @property
    def mark(self) -> str:
        """What changes with who is on, and with nothing else."""
        told = [self.title, *(str(one.pk) for one in self.people), "/", *(str(one.pk) for one in self.behind)]
        return signing.sha256_hex(" ".join(told))[:64]


def tell_changes(now: datetime) -> int:
    """Tell every standing notice of which others are on than it was told last; return how many."""
    told = 0
    for notice in OnCallNotice.objects.standing().select_related("team", "schedule__team"):
        try:
            told += _tell(notice, _on(notice, now), now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - a schedule that cannot be read must not silence the others
            _log.error("notice.not_told", notice=notice.pk, error=f"{type(error).__name__}: {error}"[:500])
    return told


def _on(notice: OnCallNotice, now: datetime) -> _On:
    if notice.schedule is not None:
        on = schedule_queries.schedule_on_call(notice.schedule, at=now)
        return _On(on.schedule, on.people, (), on.starts_at, on.ends_at, on.why)
    duty = queries.on_duty(notice.team, at=now)
    people = [duty.primary.person] if duty.primary.person else []
    behind = [duty.backstop.person] if duty.backstop.person else []
    return _On(duty.title, people, behind, now, duty.until, duty.primary.why)


@transaction.atomic
def _tell(notice: OnCallNotice, on: _On, now: datetime) -> int:
    if notice.says == on.mark:
        return 0
    mine = OnCallNotice.objects.standing().filter(pk=notice.pk, number=notice.number)
    if not mine.update(says=on.mark, number=F("number") + 1, told_at=now):
        # another engine told the same change, or it was ended meanwhile
        return 0
    outbox.enqueue([_draft(notice, on, notice.number + 1, now)], now=now)
    return 1


def _draft(notice: OnCallNotice, on: _On, number: int, now: datetime) -> Draft:
    until = clock_time(on.until, notice.team.zone)
    names = listed([one.name for one in on.people]) or "nobody"
    summary = f"{on.title} of {notice.team.name}: {names}, until {until}."
    key = f"oncall-{notice.pk}-{number}"
    if notice.is_room:
        behind = (f"Behind: {listed([one.name for one in on.behind])}.",) if on.behind else ()
        words = Words(summary, behind, notes=(f"Times are on the clocks of {notice.team.zone.key}.",))
        return chat.say(Place(notice.address), words, About(_subject(notice), notice.team_id, key), due_at=now)
    facts = {
        "summary": summary, "title": on.title, "team": notice.team.slug,
        "schedule": notice.schedule.slug if notice.schedule else "", "people": _people(on.people),
        "backstop": _people(on.behind), "at": now.isoformat(), "until": on.until.isoformat(), "why": on.why,
    }  # fmt: skip
    return Draft(
        channel=Channel.WEBHOOK.value, kind=KIND, subject=_subject(notice), dedup_key=key,
        to={"address": notice.address, "notice": notice.pk}, facts=facts, due_at=now, lane=Lane.CHAT,
        team_id=notice.team_id,
    )  # fmt: skip


def _people(people: Sequence[Person]) -> list[dict[str, str]]:
    return [{"name": one.name, "email": one.email} for one in people]
