"""Rows that read the records of the database: each value is converted when it is used.

A page reads many columns and shows few, so converting all of them would take most of its time.
"""

import json
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from operator import attrgetter, itemgetter
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as FastUUID
from cachetools import LRUCache
from tortoise.models import Model

from workflow.models.engine.database import Record, dialect, read, read_prepared

Row = TypeVar("Row", bound="RecordRow")
NOTHING = type(None)
RECORD_OF = attrgetter("record")


class RecordRow:
    """A row of a table. Its annotations name the columns that are read, and the types of their values.

    A record is a row of a driver, or any mapping with the same keys. Its values may be those of SQLite, of
    PostgreSQL, or Python's own.
    """

    __slots__ = ("record",)
    columns: tuple[str, ...] = ()
    _column_readers: Mapping[str, Callable[[Sequence["RecordRow"]], list[Any]]] = {}

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.record = record

    def __init_subclass__(cls) -> None:
        names = tuple(name for name in cls.__annotations__ if name != "columns")
        cls.columns = names
        hints = get_type_hints(cls)
        for name in names:
            setattr(cls, name, property(_getter(name, hints[name])))
        cls._column_readers = {name: _column_reader(name, hints[name]) for name in names}

    @classmethod
    def some_columns(cls, names: Collection[str] | None, *always: str) -> tuple[str, ...]:
        """Return these columns in the order of the row, and those always read; all columns for None."""
        if names is None:
            return cls.columns
        return tuple(name for name in cls.columns if name in names or name in always)

    @classmethod
    def read_column(cls, name: str, rows: Sequence["RecordRow"]) -> list[Any]:
        """Return a column of several rows of this class; faster than to read it row by row."""
        return cls._column_readers[name](rows)

    def values(self) -> dict[str, Any]:  # Any: values of the columns
        """Return the values of all columns by name."""
        return {name: getattr(self, name) for name in self.columns}

    def changed(self: Row, **values: Any) -> Row:  # Any: values of the columns
        """Return the row with other values in some columns."""
        return type(self)({**self.values(), **values})

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.values() == other.values()

    def __hash__(self) -> int:
        return hash((type(self), self.record["id"]))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.values()})"


def _getter(name: str, annotation: Any) -> Callable[[RecordRow], Any]:
    """Return the function that reads a column as a value of its annotation."""
    convert = converter(annotation)
    if convert is None:
        return lambda row: row.record[name]
    kind = _kind(annotation)
    if kind not in _STORED_AS_TEXT:
        return lambda row: convert(row.record[name])
    # PostgreSQL returns these as Python's own; a call for each value would take a third of a page's time.
    return lambda row: value if type(value := row.record[name]) is not str else convert(value)


def _column_reader(name: str, annotation: Any) -> Callable[[Sequence[RecordRow]], list[Any]]:
    """Return the function that reads a column of several rows."""
    convert = converter(annotation)
    stored = itemgetter(name)
    # map() without a call of Python for each row
    if convert is None:
        return lambda rows: list(map(stored, map(RECORD_OF, rows)))
    if _kind(annotation) not in _STORED_AS_TEXT:
        return lambda rows: list(map(convert, map(stored, map(RECORD_OF, rows))))
    return lambda rows: [
        value if type(value) is not str else convert(value) for value in map(stored, map(RECORD_OF, rows))
    ]


def converter(annotation: Any) -> Callable[[Any], Any] | None:
    """Return the conversion of a stored value to a type, or None if it is stored as it is."""
    kind = _kind(annotation)
    if issubclass(kind, Enum):
        return _enum_converter(kind)
    return _CONVERTERS.get(kind)


def _kind(annotation: Any) -> Any:
    """Return the class of an annotation's values, without None and type parameters."""
    if get_origin(annotation) is UnionType:
        (annotation,) = (one for one in get_args(annotation) if one is not NOTHING)
    return get_origin(annotation) or annotation


def _enum_converter(enum: type[Enum]) -> Callable[[Any], Any]:
    members: dict[Any, Enum | None] = {None: None, **{member.value: member for member in enum}}
    return members.__getitem__


def to_id(value: UUID | str) -> UUID:
    """Return a stored id, which SQLite and JSON have as text."""
    if isinstance(value, str):
        # asyncpg's subclass of UUID reads a text in an eighth of the time of UUID itself.
        parsed: UUID = FastUUID(value)
        return parsed
    return value


def to_optional_id(value: UUID | str | None) -> UUID | None:
    """Return a stored id that may be empty."""
    return None if value is None else to_id(value)


def _instant(value: datetime | str | None) -> datetime | None:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return value


def _day(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def parse_json(value: Any) -> Any:
    """Return the content of a JSON column; one that is parsed already is returned as it is."""
    return json.loads(value) if isinstance(value, (str, bytes)) else value


def _truth(value: bool | int | None) -> bool | None:
    return None if value is None else bool(value)


_STORED_AS_TEXT = frozenset({UUID, datetime, date})
_CONVERTERS: Mapping[type, Callable[[Any], Any]] = {
    UUID: to_optional_id,
    datetime: _instant,
    date: _day,
    bool: _truth,
    dict: parse_json,
    list: parse_json,
}


async def rows_by_id(
    row: type[Row],
    table: type[Model],
    organization_id: UUID,
    ids: Collection[UUID],
    columns: Collection[str] | None = None,
) -> dict[UUID, Row]:
    """Return the rows of an organization with these ids, with some of their columns or all; one statement."""
    sql = (
        f"{select(table, row.some_columns(columns, 'id'))} WHERE organization_id = $1 AND id {in_list('$2')}"
    )
    records = await read(sql, organization_id, list_value(ids))
    return {to_id(record["id"]): row(record) for record in records}


def is_record_row(make: Any) -> bool:  # Any: a function or a class
    """Return True for a class whose instances read records as the driver returns them."""
    return isinstance(make, type) and issubclass(make, RecordRow)


def select(table: type[Model], columns: Sequence[str]) -> str:
    """Return the SELECT and FROM of a statement on one table."""
    names = ", ".join(f'"{name}"' for name in columns)
    return f'SELECT {names} FROM "{table._meta.db_table}"'


def in_list(placeholder: str) -> str:
    """Return the condition that a column is in a list, which `list_value` binds as one value."""
    if dialect() == "sqlite":
        return f"IN (SELECT value FROM json_each({placeholder}))"
    # As text: asyncpg would look at the class of each element of an array several times. In a sub-select:
    # PostgreSQL would parse the text again for each row that it compares.
    return f"= ANY((SELECT {placeholder}::text::uuid[])::uuid[])"


def list_value(ids: Collection[UUID]) -> object:
    """Return ids as the one value of `in_list`: the text of a statement does not depend on their number."""
    if dialect() == "sqlite":
        return json.dumps([str(id) for id in ids])
    return f"{{{','.join(map(str, ids))}}}"


@dataclass(frozen=True, slots=True)
class Statement:
    """A SELECT with its values, in the form of the open database."""

    text: str
    values: Sequence[Any]

    async def read(self) -> Sequence[Record]:
        """Run the statement and return its records."""
        return await read_prepared(self.text, self.values)


MAX_STATEMENTS = 2_000
"""The statements that are kept in this process; the least recently used are dropped first."""
_statements: LRUCache[Hashable, Statement] = LRUCache(MAX_STATEMENTS)


def statement(rows: Any) -> Statement:  # Any: a query of Tortoise
    """Return the statement that Tortoise builds for a query."""
    rows.sql()  # builds `query`
    return Statement(*rows.query.get_parameterized_sql())


def remember_statement(key: Hashable, build: Callable[[], Statement]) -> Statement:
    """Return the statement of a key, which must name all that it depends on; build it at the first use."""
    found = _statements.get((dialect(), key))
    if found is None:
        found = build()
        _statements[dialect(), key] = found
    return found


def converted_record(table: type[Model], columns: Sequence[str], record: Record) -> dict[str, Any]:
    """Return the values of a record of a table as Tortoise would return them."""
    known = table._meta.fields_map
    return {name: _python_value(known[name], record[name]) for name in columns}


def _python_value(column: Any, value: Any) -> Any:
    return None if value is None else column.to_python_value(value)
