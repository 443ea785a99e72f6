"""Writing down what helps against a failure of the log book."""

from datetime import datetime

from django.db import transaction

from hausmeister.base import database
from hausmeister.base.untrusted import one_line
from hausmeister.incidents.models import Remedy
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Fact
from hausmeister.team.models import Person, Team
from hausmeister.team.operations import as_actor


class NoRemedy(Exception):
    """A failure and what helps against it are both needed."""

    def __init__(self) -> None:
        super().__init__("Say what helps.")


@database.tried_again
@transaction.atomic
def write_down(team: Team, failure: str, text: str, *, by: Person, now: datetime) -> Remedy:
    """Keep `text` as what helps against `failure` (a key of the log book); the newest counts. Raises NoRemedy."""
    key, words = one_line(failure, 300), one_line(text, 500)
    if not key or not words:
        raise NoRemedy
    made = Remedy.objects.create(team=team, failure=key, text=words, at=now, by_name=by.name)
    facts = {"failure": key, "text": words}
    journal.record(Fact(now, "logbook.remedy", f"team:{team.pk}", as_actor(by), team.pk, facts))
    return made
