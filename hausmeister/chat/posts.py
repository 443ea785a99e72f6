"""What the chat is told of the duty by itself: a post when it changes hands, and who is in which user group.

Looked at each minute; told once for each change, also when several engines look.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, InterfaceError, OperationalError, transaction

from hausmeister.base import log, signing
from hausmeister.base.words import listed
from hausmeister.chat import accounts
from hausmeister.chat.models import Told
from hausmeister.outbox import chat
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.chat import About, Place, Words
from hausmeister.outbox.operations import Draft
from hausmeister.pager.rules.words import clock_time
from hausmeister.rota import queries as rota
from hausmeister.rota.queries import DutyNow
from hausmeister.rota.queries import schedules as schedule_queries
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.policy.shape import Policy

_log = log.get(__name__)

EVERY = timedelta(minutes=1)


@dataclass
class _Group:
    """Who belongs into a user group now; `team_id` is the first team that says so."""

    team_id: int
    people: list[Person] = field(default_factory=list)


def tell_duty(service: str, now: datetime, *, has_groups: bool = True) -> int:
    """Post what changed hands, and bring the chat's user groups up to date, if it has any; return how much was told."""
    told = 0
    groups: dict[str, _Group] = {}
    for team in Team.objects.order_by("id"):
        try:
            policy, duty = team_queries.policy_of(team.pk), rota.on_duty(team, at=now)
            told += _tell_shift(team, policy, duty, now)
            for handle, calls in policy.chat_groups.items() if has_groups else ():
                groups.setdefault(handle, _Group(team.pk)).people.extend(_called(team, calls, duty, now))
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - one team that cannot be read must not silence the others
            _log.error("chat.duty_not_told", team=team.pk, error=f"{type(error).__name__}: {error}"[:500])
    return told + sum(_tell_group(service, handle, group, now) for handle, group in sorted(groups.items()))


def _tell_shift(team: Team, policy: Policy, duty: DutyNow, now: datetime) -> int:
    room = policy.shift_channel
    if not room:
        return 0
    holders = (duty.primary.person, duty.backstop.person)
    says = ":".join([duty.duty, *(str(one.pk) if one else "" for one in holders)])

    def draft(number: int) -> Draft:
        about = About(f"shift:{team.pk}", team.pk, f"shift-{team.pk}-{number}")
        return chat.say(Place(room), _shift_words(team, duty, now), about, due_at=now)

    # the first look only remembers: nothing changed hands just because the chat was set up
    return _tell(f"shift of {team.pk}", says, draft, now, is_told_at_first=False)


def _shift_words(team: Team, duty: DutyNow, now: datetime) -> Words:
    name = duty.primary.person.name if duty.primary.person else "Nobody"
    behind = duty.backstop.person.name if duty.backstop.person else "nobody"
    until = clock_time(duty.until, zone=team.zone, now=now)
    return Words(
        f"{name} is {duty.title.lower()} of {team.name} now, until {until}.",
        (f"{duty.backstop.title}: {behind}.",),
        notes=(f"Times are on the clocks of {team.zone.key}.",),
    )


def _called(team: Team, calls: Sequence[str], duty: DutyNow, now: datetime) -> list[Person]:
    """Return whom these calls mean now: "on duty", "backstop", "schedule NAME"."""
    found = [duty.primary.person] if "on duty" in calls else []
    found += [duty.backstop.person] if "backstop" in calls else []
    slugs = schedule_queries.named_in(calls)
    by_schedule = schedule_queries.called_now(team, slugs, at=now) if slugs else {}
    return [one for one in found if one] + [one for on in by_schedule.values() for one in on.people]


def _tell_group(service: str, handle: str, wanted: _Group, now: datetime) -> int:
    members = accounts.members_of(service, [one.pk for one in wanted.people])
    unknown = sorted({one.name for one in wanted.people if one.pk not in members})
    if unknown:
        _log.info("chat.not_in_group", group=handle, people=listed(unknown), reason="not linked to the chat")
    if not members:
        # a chat has no empty groups; whoever was in it stays until somebody who is linked is on
        return 0
    ids = sorted(set(members.values()))

    def draft(number: int) -> Draft:
        about = About(f"group:{handle}"[:80], wanted.team_id, f"group-{service}-{handle}-{number}"[:120])
        return chat.group(handle, ids, about, due_at=now)

    return _tell(f"{service} group {handle}"[:120], signing.sha256_hex(" ".join(ids)), draft, now)


def _tell(what: str, says: str, draft: Callable[[int], Draft], now: datetime, *, is_told_at_first: bool = True) -> int:
    """Put the message into the outbox, unless it says what was told last; return how many were put there."""
    before = Told.objects.filter(what=what).first()
    if before is not None and before.says == says:
        return 0
    try:
        with transaction.atomic():
            if before is None:
                Told.objects.create(what=what, says=says, at=now)
                number = 1
            else:
                number = before.number + 1
                mine = Told.objects.filter(pk=before.pk, number=before.number)
                if not mine.update(says=says, number=number, at=now):
                    return 0
            if before is None and not is_told_at_first:
                return 0
            outbox.enqueue([draft(number)], now=now)
    except IntegrityError:
        # another engine saw the same change
        return 0
    return 1
