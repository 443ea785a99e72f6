"""Telling people that a duty of theirs changed hands without a plan: because somebody cannot take it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from hausmeister.base import chance
from hausmeister.outbox.operations import Draft
from hausmeister.outbox.rules import Lane
from hausmeister.rota.models import Shift
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team
from hausmeister.team.rules import Channel


@dataclass(frozen=True)
class Moved:
    """A shift that changed hands: from whom to whom, None for nobody."""

    shift: Shift
    before: int | None
    after: int | None


def letters(team: Team, moved: Sequence[Moved], *, reason: str, now: datetime) -> list[Draft]:
    """Return one letter for each active person who gained or lost a duty, in the lane that delays no page."""
    ids = {person for one in moved if one.before != one.after for person in (one.before, one.after) if person}
    policy = team_queries.policy_of(team.pk)
    people = sorted(team_queries.people_by_id(ids).values(), key=lambda person: person.pk)
    found = []
    for person in people:
        lines = [
            _line(one.shift, policy.duty_title(one.shift.duty, one.shift.post), person.zone, gained=gained)
            for one in moved
            for gained in (True, False)
            if one.before != one.after and person.pk == (one.after if gained else one.before)
        ]
        if person.is_active:
            found.append(_letter(team, person, lines, reason=reason, now=now))
    return found


def _line(shift: Shift, title: str, zone: ZoneInfo, *, gained: bool) -> str:
    first, last = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    span = f"{first:%a} {first.day} {first:%b %H:%M} to {last:%a} {last.day} {last:%b %H:%M}"
    return f"+ {title}: {span}" if gained else f"- {title}: not any more {span}"


def _letter(team: Team, person: Person, lines: Sequence[str], *, reason: str, now: datetime) -> Draft:
    facts = {
        "name": person.first_name, "team": team.name, "reason": reason, "zone": person.zone_name,
        "lines": "\n".join(lines), "link": f"{settings.HAUSMEISTER_BASE_URL}/rota?view=mine&team={team.slug}",
    }  # fmt: skip
    text = _(
        "Hello %(name)s,\n\n%(reason)s, so duties of %(team)s changed hands at once. For you (times in %(zone)s):\n\n"
        "%(lines)s\n\nAll your duties: %(link)s"
    )
    return Draft(
        channel=Channel.EMAIL.value,
        kind="mail",
        subject=f"team:{team.pk}",
        dedup_key=f"moved-{team.pk}-{person.pk}-{chance.text(16)}",
        to={"channel": Channel.EMAIL.value, "address": person.email},
        facts={"subject": _("Your duties in %(team)s changed") % facts, "text": text % facts, "person": person.name},
        due_at=now,
        lane=Lane.CHAT,
        team_id=team.pk,
        person_id=person.pk,
    )
