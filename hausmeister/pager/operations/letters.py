"""Messages that call nobody: notices and findings. They never share a lane with pages."""

from collections.abc import Iterable
from datetime import datetime

from hausmeister.base import log
from hausmeister.outbox.operations import Draft
from hausmeister.rota.rules.shifts import may_be_told, morning_after
from hausmeister.team import letters
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person

_log = log.get(__name__)


def letter(
    to: Person, *, subject: str, text: str, about: str, key: str, team_id: int, due_at: datetime
) -> Draft | None:  # fmt: skip
    """Return a message to `to`: by mail, else by their own way for soft pages; None when there is no way to them.

    `about` is its name in the outbox, `key` its dedup key.
    """
    if not letters.has_mail() and letters.own_way(to) is None:
        _log.warning("letter.no_way", person=to.pk, about=about)
        return None
    return letters.letter(to, subject=subject, text=text, about=about, key=key, team_id=team_id, due_at=due_at)


def readers(people: Iterable[Person]) -> list[Person]:
    """Return who of `people` can read a letter, each once."""
    return [one for one in {person.pk: person for person in people}.values() if one.is_active]


def leads_of(team_id: int) -> list[Person]:
    """Return who settles what is wrong with a team: its leads, else the installation's admins."""
    return team_queries.leads(team_id) or team_queries.admins()


def due_at(person: Person, event_at: datetime, now: datetime) -> datetime:
    """Return when `person` may be told of what happens at `event_at`: now, or in their morning if that is before it."""
    return now if may_be_told(now, event_at, person.zone) else morning_after(now, person.zone)
