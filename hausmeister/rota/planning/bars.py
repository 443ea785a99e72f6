"""When members cannot take a duty although they are not away: before their first day, after their last, must-nots."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from hausmeister.base.wall_time import instant
from hausmeister.rota.models.planning import DutyTerms, Wish
from hausmeister.team.models import Membership
from hausmeister.team.rules import Away, away

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(9999, 1, 1, tzinfo=UTC)


def bars_of(members: Sequence[Membership]) -> dict[int, list[Away]]:
    """Return for each person of `members` the spans in which they take no duty, besides their leave."""
    found: dict[int, list[Away]] = defaultdict(list)
    by_id = {member.pk: member for member in members}
    for terms in DutyTerms.objects.filter(membership__in=list(by_id)):
        person = by_id[terms.membership_id].person
        if terms.from_on:
            found[person.pk].append(Away(_BEGINNING, instant(terms.from_on, time(0), person.zone)))
        if terms.until_on:
            ends = instant(terms.until_on + timedelta(days=1), time(0), person.zone)
            found[person.pk].append(Away(ends, _END))
    for wish in Wish.objects.standing().filter(membership__in=list(by_id), must=True):
        person = by_id[wish.membership_id].person
        found[person.pk].append(away(wish.starts_on, wish.ends_on, person.zone))
    return found
