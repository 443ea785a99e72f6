"""What passages are found by: one interface, FTS5 on SQLite and text search on PostgreSQL; kept in step by operations.

Both answer with numbers of passages that hold some of the terms, the most telling first. Judging them is not theirs:
`rules/lexical.py` does it, alike on both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db import connection

from hausmeister.answers.index.postgresql import PostgreSQL
from hausmeister.answers.index.sqlite import SQLite


@dataclass(frozen=True)
class Entry:
    """One passage as the index holds it."""

    passage_id: int
    team_id: int
    stems: Sequence[str]
    # those of the stems that name things of the machine, a space between each two
    names: str


class Index(Protocol):
    """The index of one kind of database."""

    def add(self, entries: Sequence[Entry]) -> None:
        """Store `entries`; inside the transaction that stores their passages."""

    def remove(self, passage_ids: Sequence[int]) -> None:
        """Forget these passages; inside the transaction that removes them."""

    def find(self, team_id: int, weights: Mapping[str, float], *, most: int) -> list[int]:
        """Return the passages of the team that hold terms of `weights`, those that hold the weightiest first."""

    def find_named(self, team_id: int, part: str, *, most: int) -> list[int]:
        """Return passages of the team in which a name holds `part`, which is three letters or longer."""


def index() -> Index:
    """Return the index of the database in use."""
    return PostgreSQL() if connection.vendor == "postgresql" else SQLite()
