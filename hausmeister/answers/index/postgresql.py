"""The index on PostgreSQL: a text-search vector of stems, made by us, so that no dictionary of the server has a say."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from hausmeister.answers.index import Entry


class PostgreSQL:
    """See `index.Index`. Needs no extension."""

    def add(self, entries: "Sequence[Entry]") -> None:
        """Store `entries`."""
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO answers_words (passage_id, team_id, words, names)"
                " VALUES (%s, %s, array_to_tsvector(%s::text[]), %s)",
                [
                    (one.passage_id, one.team_id, [_team(one.team_id), *dict.fromkeys(one.stems)], one.names)
                    for one in entries
                ],
            )

    def remove(self, passage_ids: Sequence[int]) -> None:
        """Forget these passages."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM answers_words WHERE passage_id = ANY(%s)", [list(passage_ids)])

    def find(self, team_id: int, weights: Mapping[str, float], *, most: int) -> list[int]:
        """Return the passages of the team that hold terms of `weights`, ordered by the weight of those they hold."""
        if not weights:
            return []
        order = " + ".join(["CASE WHEN words @@ %s::tsquery THEN %s ELSE 0 END"] * len(weights))
        wanted = " | ".join(_quoted(term) for term in weights)
        values: list[str | float] = [f"{_quoted(_team(team_id))} & ({wanted})"]
        for term, weight in weights.items():
            values += [_quoted(term), weight]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT passage_id FROM answers_words WHERE words @@ %s::tsquery"  # noqa: S608 - only marks are put in # nosec B608
                f" ORDER BY {order} DESC, length(words), passage_id DESC LIMIT %s",
                (*values, most),
            )
            return [row[0] for row in cursor.fetchall()]

    def find_named(self, team_id: int, part: str, *, most: int) -> list[int]:
        """Return passages of the team in which a name holds `part`; reads the names of all, which are short."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT passage_id FROM answers_words WHERE team_id = %s AND names LIKE %s ESCAPE '\\' LIMIT %s",
                [team_id, f"%{_literal(part)}%", most],
            )
            return [row[0] for row in cursor.fetchall()]


def _team(team_id: int) -> str:
    # a space: no stem has one
    return f"team {team_id}"


def _quoted(term: str) -> str:
    """Return the term as a lexeme of a query; quotes and backslashes inside are doubled."""
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"


def _literal(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
