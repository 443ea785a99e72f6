"""Adding to the journal, always inside the transaction of the change that is told."""

from collections.abc import Sequence
from typing import Any

from hausmeister.base import bulk
from hausmeister.journal.models import Entry
from hausmeister.journal.rules import Fact

_COLUMNS = ("at", "team_id", "subject", "verb", "actor_kind", "actor_id", "actor_name", "facts")


def _row(fact: Fact) -> tuple[Any, ...]:
    actor = fact.actor
    return (
        fact.at,
        fact.team_id,
        fact.subject,
        fact.verb,
        actor.kind,
        actor.id,
        actor.name[:200],
        fact.facts,
    )


def record(*facts: Fact) -> None:
    """Store `facts`, in their order."""
    record_many(facts)


def record_many(facts: Sequence[Fact]) -> None:
    """Store `facts`, in their order, in one statement."""
    bulk.insert(Entry, _COLUMNS, [_row(fact) for fact in facts])
