"""The second ledger: how often pages called somebody, and how often at night on their own clock."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time

from hausmeister.pager.models import Summons
from hausmeister.team.models import Person

NIGHT_BEGINS, NIGHT_ENDS = time(22), time(7)


@dataclass(frozen=True)
class CallOuts:
    """How many pages called a person, and how many of them did so at night, from 22:00 to 07:00 where they live."""

    all: int = 0
    at_night: int = 0


def call_outs(people: Iterable[Person], *, team_id: int, since: datetime, until: datetime) -> dict[int, CallOuts]:
    """Return the call-outs of each of `people` by pages of the team in the span; test pages do not count."""
    zones = {person.pk: person.zone for person in people}
    everything: Counter[int] = Counter()
    nights: Counter[int] = Counter()
    # who took a page unasked was not called out
    called = Summons.objects.exclude(role="took it").filter(
        person_id__in=list(zones), page__team_id=team_id, page__is_test=False, since_at__gte=since, since_at__lt=until
    )
    for person_id, since_at in called.values_list("person_id", "since_at"):
        clock = since_at.astimezone(zones[person_id]).time()
        everything[person_id] += 1
        nights[person_id] += clock >= NIGHT_BEGINS or clock < NIGHT_ENDS
    return {person_id: CallOuts(everything[person_id], nights[person_id]) for person_id in zones}
