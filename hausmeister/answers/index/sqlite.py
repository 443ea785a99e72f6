"""The index on SQLite: one FTS5 table of stems, one of trigrams for names."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from hausmeister.answers.index import Entry

_ONCE = 500


class SQLite:
    """See `index.Index`."""

    def add(self, entries: "Sequence[Entry]") -> None:
        """Store `entries`."""
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO answers_words (rowid, team, stems) VALUES (%s, %s, %s)",
                [(one.passage_id, _team(one.team_id), " ".join(one.stems)) for one in entries],
            )
            named = [(one.passage_id, one.names) for one in entries if one.names]
            if named:
                cursor.executemany("INSERT INTO answers_names (rowid, names) VALUES (%s, %s)", named)

    def remove(self, passage_ids: Sequence[int]) -> None:
        """Forget these passages."""
        rows = [(one,) for one in passage_ids]
        with connection.cursor() as cursor:
            cursor.executemany("DELETE FROM answers_words WHERE rowid = %s", rows)
            cursor.executemany("DELETE FROM answers_names WHERE rowid = %s", rows)

    def find(self, team_id: int, weights: Mapping[str, float], *, most: int) -> list[int]:
        """Return the passages of the team that hold terms of `weights`; FTS5's own BM25 orders them."""
        if not weights:
            return []
        wanted = " OR ".join(f"stems : {_quoted(term)}" for term in weights)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rowid FROM answers_words WHERE answers_words MATCH %s ORDER BY rank LIMIT %s",
                [f"team : {_team(team_id)} AND ({wanted})", most],
            )
            return [row[0] for row in cursor.fetchall()]

    def find_named(self, team_id: int, part: str, *, most: int) -> list[int]:
        """Return passages of the team in which a name holds `part`."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT answers_names.rowid FROM answers_names JOIN answers_passage ON answers_passage.id ="
                " answers_names.rowid WHERE answers_names MATCH %s AND answers_passage.team_id = %s LIMIT %s",
                [_quoted(part), team_id, most],
            )
            return [row[0] for row in cursor.fetchall()]


def _team(team_id: int) -> str:
    return f"team{team_id}"


def _quoted(term: str) -> str:
    """Return the term as a phrase of FTS5; a quote inside is doubled."""
    return '"' + term.replace('"', '""') + '"'
