"""Writing and finding many rows with few statements, for the intake's hot path.

Django's `bulk_create` spends about 50 µs of Python on each row; this spends about 10. It knows nothing of
the trade: a model, its columns, the values. Defaults, validation and signals do not run; constraints do.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
import psycopg
from django.db import connection, models

Row = tuple[Any, ...]
_Convert = Callable[[Any], Any]

_PG_TYPES = {
    "BigAutoField": "bigint",
    "BigIntegerField": "bigint",
    "IntegerField": "integer",
    "PositiveIntegerField": "integer",
    "PositiveSmallIntegerField": "smallint",
    "SmallIntegerField": "smallint",
    "BooleanField": "boolean",
    "CharField": "text",
    "TextField": "text",
    "DateTimeField": "timestamptz",
    "JSONField": "jsonb",
    "UUIDField": "uuid",
    "ForeignKey": "bigint",
    "OneToOneField": "bigint",
}


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """Return `count` ids that nobody else will get, rising. Must run inside the transaction that uses them."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return sorted(row[0] for row in cursor.fetchall())
        # the writer's lock is held (BEGIN IMMEDIATE), so nobody can take ids in between
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
    first = (row[0] if row else 0) + 1
    return list(range(first, first + count))


@contextmanager
def together() -> Iterator[None]:
    """Let PostgreSQL work on each insert of the block while the next one is prepared here.

    What it refuses is raised by a later statement of the block or at its end, at the latest; nothing of the
    transaction is kept then. Not for updates: how many rows one changed is known only afterwards.
    """
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert `rows`; each holds values for `columns` (attribute names such as `page_id`), in that order.

    Raises django.db.IntegrityError as any insert does; nothing of the call is kept then.
    """
    rows = list(rows)
    if not rows:
        return
    if connection.vendor == "postgresql":
        _insert_postgresql(model, tuple(columns), rows)
    else:
        _insert_sqlite(model, tuple(columns), rows)


@lru_cache(maxsize=64)
def _sqlite_plan(model: type[models.Model], columns: tuple[str, ...]) -> tuple[str, tuple[_Convert | None, ...]]:
    fields = _fields(model, columns)
    names = ", ".join(_quoted(field) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({names}) VALUES ({marks})"  # noqa: S608 - names come from the model # nosec B608
    return statement, tuple(_SQLITE.get(field.get_internal_type()) for field in fields)


def _insert_sqlite(model: type[models.Model], columns: tuple[str, ...], rows: list[Row]) -> None:
    statement, converters = _sqlite_plan(model, columns)
    touched = [(index, convert) for index, convert in enumerate(converters) if convert]
    prepared = []
    for row in rows:
        values = list(row)
        for index, convert in touched:
            if values[index] is not None:
                values[index] = convert(values[index])
        prepared.append(values)
    with connection.cursor() as cursor:
        cursor.executemany(statement, prepared)


@lru_cache(maxsize=64)
def _postgresql_statement(model: type[models.Model], columns: tuple[str, ...]) -> str:
    fields = _fields(model, columns)
    names = ", ".join(_quoted(field) for field in fields)
    shape = ", ".join(f"{_quoted(field)} {_PG_TYPES[field.get_internal_type()]}" for field in fields)
    return (
        f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({names}) "  # noqa: S608 - names come from the model # nosec B608
        f"SELECT {names} FROM jsonb_to_recordset(%s::jsonb) AS given({shape})"
    )


def _insert_postgresql(model: type[models.Model], columns: tuple[str, ...], rows: list[Row]) -> None:
    names = [field.column for field in _fields(model, columns)]
    body = msgspec.json.encode([dict(zip(names, row, strict=True)) for row in rows]).decode()
    _execute_postgresql(_postgresql_statement(model, columns), body)


def _execute_postgresql(statement: str, body: str) -> None:
    """Run `statement` with its one parameter sent beside it: Django's cursors write it into the text of the statement,
    which PostgreSQL would then read twice and plan anew each time."""
    connection.ensure_connection()
    link = connection.connection
    link.prepare_threshold = 0
    try:
        with connection.wrap_database_errors, psycopg.Cursor(link) as cursor:
            cursor.execute(statement, [body], prepare=True)
    finally:
        link.prepare_threshold = None


def update(model: type[models.Model], *, add: Sequence[str], replace: Sequence[str], rows: Iterable[Row]) -> None:
    """Change many rows by id: raise the numbers in `add`, set the values in `replace`.

    Each row is (id, values of `add`…, values of `replace`…).
    """
    rows = list(rows)
    if not rows:
        return
    columns = ("id", *add, *replace)
    if connection.vendor == "postgresql":
        names = [field.column for field in _fields(model, columns)]
        body = msgspec.json.encode([dict(zip(names, row, strict=True)) for row in rows]).decode()
        _execute_postgresql(_postgresql_update(model, tuple(add), tuple(replace)), body)
    else:
        _update_sqlite(model, tuple(add), tuple(replace), rows)


@lru_cache(maxsize=64)
def _postgresql_update(model: type[models.Model], add: tuple[str, ...], replace: tuple[str, ...]) -> str:
    table = connection.ops.quote_name(model._meta.db_table)
    fields = _fields(model, ("id", *add, *replace))
    shape = ", ".join(f"{_quoted(field)} {_PG_TYPES[field.get_internal_type()]}" for field in fields)
    raised = [f"{_quoted(f)} = {table}.{_quoted(f)} + given.{_quoted(f)}" for f in _fields(model, add)]
    replaced = [f"{_quoted(f)} = given.{_quoted(f)}" for f in _fields(model, replace)]
    return (
        f"UPDATE {table} SET {', '.join(raised + replaced)} "  # noqa: S608 - names come from the model # nosec B608
        f"FROM jsonb_to_recordset(%s::jsonb) AS given({shape}) WHERE {table}.id = given.id"
    )


def _update_sqlite(model: type[models.Model], add: tuple[str, ...], replace: tuple[str, ...], rows: list[Row]) -> None:
    fields = _fields(model, (*add, *replace))
    raised = [f"{_quoted(field)} = {_quoted(field)} + %s" for field in fields[: len(add)]]
    replaced = [f"{_quoted(field)} = %s" for field in fields[len(add) :]]
    statement = (
        f"UPDATE {connection.ops.quote_name(model._meta.db_table)} SET {', '.join(raised + replaced)} WHERE id = %s"  # noqa: S608 - names come from the model # nosec B608
    )
    converters = [_SQLITE.get(field.get_internal_type()) for field in fields]
    prepared = [
        [*(convert(v) if convert else v for convert, v in zip(converters, row[1:], strict=True)), row[0]]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, prepared)


def ids(model: type[models.Model], *, by: Sequence[str], keys: Sequence[Row], unset: str) -> list[int]:
    """Return the ids of the rows whose two columns `by` are one of `keys`, and whose column `unset` is NULL.

    Each key is looked up for itself. Left to itself, PostgreSQL takes a table that grows for a small one, until it is
    analysed, and reads everything that begins like a key: what is open would make each new alert slower.
    """
    if not keys:
        return []
    if connection.vendor != "postgresql":
        rows = model._default_manager.filter(_any_of(by, keys), **{f"{unset}__isnull": True})
        return list(rows.values_list("id", flat=True))
    body = msgspec.json.encode([dict(zip(by, key, strict=True)) for key in keys]).decode()
    connection.ensure_connection()
    link = connection.connection
    link.prepare_threshold = 0
    try:
        with connection.wrap_database_errors, psycopg.Cursor(link) as cursor:
            cursor.execute(_postgresql_ids(model, tuple(by), unset), [body], prepare=True)
            return [row[0] for row in cursor.fetchall()]
    finally:
        link.prepare_threshold = None


def _any_of(by: Sequence[str], keys: Sequence[Row]) -> models.Q:
    """Return the condition that `by` is one of `keys`: by their first column, so that an index serves it."""
    rests: dict[Any, list[Row]] = {}
    for first, *rest in keys:
        rests.setdefault(first, []).append(tuple(rest))
    wanted = models.Q()
    for first, found in rests.items():
        wanted |= models.Q(**{by[0]: first}, **{f"{by[1]}__in": [rest[0] for rest in found]})
    return wanted


@lru_cache(maxsize=64)
def _postgresql_ids(model: type[models.Model], by: tuple[str, ...], unset: str) -> str:
    table = connection.ops.quote_name(model._meta.db_table)
    keys = _fields(model, by)
    (empty,) = _fields(model, (unset,))
    shape = ", ".join(f"{_quoted(field)} {_PG_TYPES[field.get_internal_type()]}" for field in keys)
    same = " AND ".join(f"{_quoted(field)} = asked.{_quoted(field)}" for field in keys)
    # OFFSET 0 keeps the planner from turning the look-ups into a join
    return (
        f"SELECT found.id FROM jsonb_to_recordset(%s::jsonb) AS asked({shape}) CROSS JOIN LATERAL "  # noqa: S608 - names come from the model # nosec B608
        f"(SELECT id FROM {table} WHERE {same} AND {_quoted(empty)} IS NULL OFFSET 0) AS found"
    )


def _quoted(field: "models.Field[Any, Any]") -> str:
    return connection.ops.quote_name(str(field.column))


@lru_cache(maxsize=64)
def _fields(model: type[models.Model], columns: tuple[str, ...]) -> "tuple[models.Field[Any, Any], ...]":
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    return tuple(by_name[column] for column in columns)


def _sqlite_datetime(value: datetime) -> str:
    return value.replace(tzinfo=None).isoformat(" ")


def _sqlite_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


_SQLITE: dict[str, _Convert] = {
    "DateTimeField": _sqlite_datetime,
    "JSONField": _sqlite_json,
    "UUIDField": lambda value: value.hex,
}
