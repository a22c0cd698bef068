"""Parts of deals: one prepared statement reads them from all tables, however many deals there are."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from operator import attrgetter, itemgetter
from typing import Any, Generic, TypeVar, get_type_hints
from uuid import UUID

import orjson
from cachetools import LRUCache
from tortoise.models import Model

from workflow.models.engine.database import Record, dialect, read
from workflow.queries.columns import column_names
from workflow.queries.records import converter, in_list, list_value, to_id

Part = TypeVar("Part")
Values = Sequence[Any]
"""The values of the columns of a part in their order, as JSON has them."""
PARENT = "parent_of_part"
MAX_SELECTIONS = 200
"""The selections of fields that are kept for each table."""
_FIRST_ROW = "ROW_NUMBER() OVER () = 1"
_VALUES_OF = attrgetter("values_of_columns")
_JSON_ROWS = {
    "postgres": "json_agg(json_build_array({items}))::text",
    "sqlite": "json_group_array(json_array({items}))",
}


@dataclass(frozen=True)
class DealParts(Generic[Part]):
    """The parts of deals in one table, and how they are made from its records.

    A field of the part is read from the column of its name, unless `sql` has an expression for it, or one for
    each dialect. `convert` makes its value from what is stored; without it, the field's annotation decides.
    `combine` makes the value from the whole record, for which `also` names more columns. Parts are grouped by
    the column `parent`; `deal` is the column with the id of the deal, if that is another. `where` is one more
    condition, and may group the rows. `uses_instant` means that the SQL contains $3, an instant. `eager`
    parts are made whole, so that they can be copied with changes. `only` names the fields that are read, if
    not all are.
    """

    part: type[Part]
    table: type[Model]
    order: str
    sql: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    convert: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    combine: Mapping[str, Callable[[Record], Any]] = field(default_factory=dict)
    also: Collection[str] = ()
    join: str = ""
    parent: str = "opportunity_id"
    deal: str = ""
    where: str = ""
    uses_instant: bool = False
    eager: bool = False
    only: frozenset[str] | None = None

    def some(self, names: frozenset[str] | None) -> "DealParts[Part]":
        """Return the same table with only these fields of its parts, or with all for None."""
        if names is None or self.eager:
            return self
        found = self._selections.get(names)
        if found is None:
            found = replace(self, only=names)
            self._selections[names] = found
        return found

    @cached_property
    def _selections(self) -> LRUCache[frozenset[str], "DealParts[Part]"]:
        """This table with some of its fields: statements are built once for each selection."""
        return LRUCache(MAX_SELECTIONS)

    async def read(self, organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, tuple[Part, ...]]:
        """Return the parts of each deal in their order. The caller has scoped the deals."""
        found: dict[UUID, tuple[Part, ...]] = (await read_parts({"parts": self}, organization_id, ids))[
            "parts"
        ]
        return found

    def from_json(self, text: str | None) -> dict[UUID, tuple[Part, ...]]:
        """Return the parts of each deal from the JSON that `json_rows` selects."""
        if text is None:
            return {}
        make = self._make
        groups: defaultdict[str, list[Part]] = defaultdict(list)
        for values in orjson.loads(text):
            # The parent is the last column.
            groups[values[-1]].append(make(values))
        return {to_id(parent): tuple(parts) for parent, parts in groups.items()}

    def json_rows(self, ids: str) -> str:
        """Return SQL for all rows as one value: JSON, null or empty if there are none.

        `ids` is the condition on the id of the deal.
        """
        found = self._json_rows.get(ids)
        if found is None:
            # Arrays, because objects would repeat the names of the columns in each row.
            items = ", ".join(f'part."{name}"' for name in self._columns)
            rows = _JSON_ROWS[dialect()].format(items=items)
            found = f"(SELECT {rows} FROM ({self._statement(ids)}) AS part)"
            self._json_rows[ids] = found
        return found

    @cached_property
    def _json_rows(self) -> dict[str, str]:
        """The SQL of `json_rows` by the condition on the id, of which there are two."""
        return {}

    @cached_property
    def _columns(self) -> Mapping[str, str]:
        """The columns of the statement, each with its SQL."""
        table = self.table._meta.db_table
        fields = [name for name in column_names(self.part) if self.only is None or name in self.only]
        combined = self.also if any(name in self.combine for name in fields) else ()
        names = [name for name in (*fields, *combined) if name not in self.combine]
        columns = {name: f'"{table}"."{name}"' for name in names}
        columns |= {
            name: sql if isinstance(sql, str) else sql[dialect()]
            for name, sql in self.sql.items()
            if name in fields
        }
        return {**columns, PARENT: f'"{table}"."{self.parent}"'}

    def _statement(self, ids: str) -> str:
        """Return the statement that reads the parts of the deals with these ids, of the organization $1."""
        table = self.table._meta.db_table
        selected = ", ".join(f'{sql} AS "{name}"' for name, sql in self._columns.items())
        deal = self.deal or self._columns[PARENT]
        return (
            f'SELECT {selected} FROM "{table}" {self.join} WHERE "{table}".organization_id = $1 '
            f"AND {deal} {ids}{self.where} ORDER BY {self.order}"
        )

    @cached_property
    def _make(self) -> Callable[[Values], Part]:
        """The function that makes a part from the values of its columns."""
        getters = {name: self._getter(name) for name in column_names(self.part)}
        if not self.eager:
            return _lazy_class(self.part, getters)
        readers = {name: getter.value for name, getter in getters.items()}
        return lambda values: self.part(**{name: read(values) for name, read in readers.items()})

    def _getter(self, name: str) -> "_Getter":
        """Return what reads a field of the part; a field that was not selected cannot be read."""
        columns = tuple(self._columns)
        combine = self.combine.get(name)
        if combine is not None:
            return _Getter(lambda values: combine(dict(zip(columns, values, strict=True))))
        if name not in columns:
            return _Getter(partial(_refuse, name))
        annotation = get_type_hints(self.part)[name]
        convert = self.convert.get(name) or converter(annotation)
        return _Getter(itemgetter(columns.index(name)), convert)


@dataclass(frozen=True, slots=True)
class _Getter:
    """Reads a field of parts from the values of their columns."""

    stored: Callable[[Values], Any]
    convert: Callable[[Any], Any] | None = None

    @property
    def value(self) -> Callable[[Values], Any]:
        """The function that reads the field of one part."""
        stored = self.stored
        convert = self.convert
        return stored if convert is None else lambda values: convert(stored(values))

    def column(self, rows: Iterable[Values]) -> list[Any]:
        """Read the field of several parts, without a call of a function of Python for each."""
        stored = map(self.stored, rows)
        return list(stored if self.convert is None else map(self.convert, stored))


def _refuse(name: str, values: Values) -> Any:
    """Raise the error of a field that was not selected."""
    raise KeyError(name)


RowsOfParts = dict[str, dict[UUID, tuple[Any, ...]]]
"""The parts of each table's name by deal; each table has its own kind of parts."""


async def read_parts(
    tables: Mapping[str, DealParts[Any]],
    organization_id: UUID,
    ids: Collection[UUID],
    at: datetime | None = None,
) -> RowsOfParts:
    """Read the parts of deals from several tables; one statement. The caller has scoped the deals."""
    sql = f"SELECT {_select_json(tables, condition_on_ids(ids))}"
    [record] = await read(sql, organization_id, value_of_ids(ids), *_instant_of(tables.values(), at))
    return {name: table.from_json(record[name]) for name, table in tables.items()}


async def read_with_parts(
    columns: str,
    source: str,
    tables: Mapping[str, DealParts[Any]],
    organization_id: UUID,
    ids: Collection[UUID],
    at: datetime,
) -> tuple[Sequence[Record], RowsOfParts]:
    """Read columns of deals from a source with its condition, and their parts; one statement."""
    items = {name: table.json_rows(condition_on_ids(ids)) for name, table in tables.items()}
    if len(ids) > 1:
        # Each row would repeat the parts of all deals.
        items = {name: f"CASE WHEN {_FIRST_ROW} THEN {sql} END" for name, sql in items.items()}
    selected = ", ".join(f'{sql} AS "{name}"' for name, sql in items.items())
    sql = f"SELECT {columns}, {_FIRST_ROW} AS has_parts, {selected} {source}"
    records = await read(sql, organization_id, value_of_ids(ids), *_instant_of(tables.values(), at))
    first = next((record for record in records if record["has_parts"]), None)
    if first is None:
        return records, {name: {} for name in tables}
    return records, {name: table.from_json(first[name]) for name, table in tables.items()}


def condition_on_ids(ids: Collection[UUID]) -> str:
    """Return the condition that a column is one of these ids, which `value_of_ids` binds as $2."""
    # PostgreSQL plans a statement with `= $2` once, but one with a list again each time.
    return "= $2" if len(ids) == 1 else in_list("$2")


def value_of_ids(ids: Collection[UUID]) -> object:
    """Return the value of `condition_on_ids`."""
    return next(iter(ids)) if len(ids) == 1 else list_value(ids)


def _select_json(tables: Mapping[str, DealParts[Any]], ids: str) -> str:
    return ", ".join(f'{table.json_rows(ids)} AS "{name}"' for name, table in tables.items())


def _instant_of(tables: Iterable[DealParts[Any]], at: datetime | None) -> tuple[datetime | None, ...]:
    return (at,) if any(table.uses_instant for table in tables) else ()


def _lazy_class(part: type[Part], getters: Mapping[str, _Getter]) -> Callable[[Values], Part]:
    """Return a function that makes parts which read each field from their values when it is used.

    A page shows few fields of many parts, so making whole parts would take longer than to read them.
    """
    lazy: Any = type(
        part.__name__, (part,), {"__slots__": ("values_of_columns",), **_lazy_members(part, getters)}
    )
    set_values = lazy.values_of_columns.__set__

    def make(values: Values) -> Part:
        made: Part = object.__new__(lazy)
        set_values(made, values)
        return made

    return make


def _lazy_members(part: type[Part], getters: Mapping[str, _Getter]) -> dict[str, Any]:
    """Return the members of a subclass whose instances read from the values of columns."""

    def read_column(name: str, parts: Sequence[Any]) -> list[Any]:
        return getters[name].column(map(_VALUES_OF, parts))

    def field_of(getter: _Getter) -> property:
        get = getter.value
        return property(lambda self: get(self.values_of_columns))

    # Only `replace` calls the class, with the values of all fields; then the copy is a plain part.
    def copy(cls: type, **values: Any) -> Any:
        return part(**values)

    def values(one: Any) -> tuple[Any, ...]:
        return tuple(getattr(one, name) for name in getters)

    def equals(self: Any, other: object) -> bool:
        return isinstance(other, part) and values(self) == values(other)

    return {
        "__new__": copy,
        "__eq__": equals,
        "__hash__": part.__hash__,
        "read_column": staticmethod(read_column),
        **{name: field_of(get) for name, get in getters.items()},
    }
