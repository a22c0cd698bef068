"""Rows of any table, written with one prepared statement each, however many rows there are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import Any

from tortoise import fields
from tortoise.models import Model

from workflow.models.engine.database import Dialect, dialect, execute, execute_many

Row = Mapping[str, Any]
"""The columns of a row, with values of several kinds."""
Convert = Callable[[Any], Any]

MAX_VALUES = 20_000
"""The most values that one statement of PostgreSQL gets; more rows need several statements."""


async def insert_rows(
    table: type[Model], rows: Sequence[Row], computed: Mapping[str, str] | None = None
) -> None:
    """Insert rows with the same columns, in their order. `computed` has columns with an SQL expression."""
    if rows:
        columns = tuple(rows[0])
        await _write(_insert_statement(dialect(), table, columns, tuple((computed or {}).items())), rows)


async def update_rows(
    table: type[Model], rows: Sequence[Row], *, key: str = "id", condition: str = ""
) -> None:
    """Update rows, each by its own key. All of them have the key and the same other columns.

    `condition` is SQL that the rows with the key must meet as well.
    """
    if rows:
        columns = (key, *(name for name in rows[0] if name != key))
        await _write(_update_statement(dialect(), table, columns, condition, many=len(rows) > 1), rows)


async def delete_rows(table: type[Model], rows: Sequence[Row]) -> None:
    """Delete the rows of the table that are like one of these in all its columns, which are the same."""
    if rows:
        await _write(_delete_statement(dialect(), table, tuple(rows[0])), rows)


@dataclass(frozen=True, slots=True)
class RowsStatement:
    """A statement on rows; `takes_arrays` if it gets all values of a column as one array."""

    text: str
    converters: tuple[tuple[str, Convert | None], ...]
    takes_arrays: bool

    def values(self, row: Row) -> list[Any]:
        """Return the values of a row as the driver expects them, in the order of the placeholders."""
        return [
            value if (value := row[name]) is None or convert is None else convert(value)
            for name, convert in self.converters
        ]


async def _write(statement: RowsStatement, rows: Sequence[Row]) -> None:
    """Run a statement with the rows: as arrays on PostgreSQL, one after the other on SQLite."""
    if not statement.takes_arrays:
        values = [statement.values(row) for row in rows]
        if len(values) == 1:
            await execute(statement.text, *values[0])
        else:
            await execute_many(statement.text, values)
        return
    size = MAX_VALUES // len(statement.converters)
    for start in range(0, len(rows), size):
        values = [statement.values(row) for row in rows[start : start + size]]
        await execute(statement.text, *map(list, zip(*values, strict=True)))


@lru_cache(maxsize=500)
def _insert_statement(
    database: Dialect, table: type[Model], columns: tuple[str, ...], computed: tuple[tuple[str, str], ...]
) -> RowsStatement:
    names = ", ".join(f'"{name}"' for name in (*columns, *(name for name, _ in computed)))
    expressions = [expression for _, expression in computed]
    into = f'INSERT INTO "{table._meta.db_table}" ({names})'
    if database == "sqlite":
        marks = ", ".join([*(f"${place}" for place in range(1, len(columns) + 1)), *expressions])
        return RowsStatement(f"{into} VALUES ({marks})", _converters(database, table, columns), False)
    selected = ", ".join([*(f'added."{name}"' for name in columns), *expressions])
    # Ordered, because the generated position of an event has the order of the rows.
    text = f"{into} SELECT {selected} FROM {_arrays(table, columns, 'added')} ORDER BY added.place"
    return RowsStatement(text, _converters(database, table, columns), True)


@lru_cache(maxsize=2000)
def _update_statement(
    database: Dialect, table: type[Model], columns: tuple[str, ...], condition: str, *, many: bool
) -> RowsStatement:
    name = table._meta.db_table
    key, *changed = columns
    takes_arrays = many and database == "postgres"
    if takes_arrays:
        assignments = ", ".join(f'"{column}" = changed."{column}"' for column in changed)
        source = f" FROM {_arrays(table, columns, 'changed')}"
        same = f'"{name}"."{key}" = changed."{key}"'
    else:
        assignments = ", ".join(f'"{column}" = ${place}' for place, column in enumerate(changed, 2))
        source = ""
        same = f'"{key}" = $1'
    text = f'UPDATE "{name}" SET {assignments}{source} WHERE {same}{condition}'
    return RowsStatement(text, _converters(database, table, columns), takes_arrays)


@lru_cache(maxsize=100)
def _delete_statement(database: Dialect, table: type[Model], columns: tuple[str, ...]) -> RowsStatement:
    name = table._meta.db_table
    converters = _converters(database, table, columns)
    if database == "sqlite":
        conditions = " AND ".join(f'"{column}" = ${place}' for place, column in enumerate(columns, 1))
        return RowsStatement(f'DELETE FROM "{name}" WHERE {conditions}', converters, False)
    conditions = " AND ".join(f'"{name}"."{column}" = gone."{column}"' for column in columns)
    source = _arrays(table, columns, "gone")
    return RowsStatement(f'DELETE FROM "{name}" USING {source} WHERE {conditions}', converters, True)


def _arrays(table: type[Model], columns: Sequence[str], alias: str) -> str:
    """Return the rows that a statement of PostgreSQL gets as one array for each column."""
    arrays = ", ".join(
        f"${place}::{_postgres_type(table, column)}[]" for place, column in enumerate(columns, 1)
    )
    names = ", ".join(f'"{column}"' for column in columns)
    return f"unnest({arrays}) WITH ORDINALITY AS {alias} ({names}, place)"


def _postgres_type(table: type[Model], column: str) -> str:
    field = _field(table, column)
    # A cast to varchar(n) would cut off a text that is too long; the assignment to the column refuses it.
    return (
        "text" if isinstance(field, fields.CharField) else str(field.get_for_dialect("postgres", "SQL_TYPE"))
    )


def _converters(
    database: Dialect, table: type[Model], columns: Sequence[str]
) -> tuple[tuple[str, Convert | None], ...]:
    return tuple((name, _converter(database, _field(table, name))) for name in columns)


def _converter(database: Dialect, field: Any) -> Convert | None:
    """Return the conversion of a value to what the driver expects; None if the value is passed as it is."""
    if isinstance(field, fields.JSONField):
        encode: Convert = field.encoder
        return encode
    if isinstance(field, fields.CharField):
        return _text
    if isinstance(field, fields.FloatField):
        return float
    if database == "sqlite":
        return _SQLITE_CONVERTERS.get(type(field))
    return None


def _text(value: str) -> str:
    return value.value if isinstance(value, Enum) else value


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


# SQLite stores ids as text, and compares instants as text.
_SQLITE_CONVERTERS: Mapping[type, Convert] = {fields.UUIDField: str, fields.DatetimeField: _in_utc}


def _field(table: type[Model], column: str) -> Any:  # Any: a field of any kind
    """Return the field of a column; a foreign key's column is a field of its own."""
    return table._meta.fields_map[column]
