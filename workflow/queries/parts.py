"""Parts of deals, read by prepared statements: one for each table, however many deals there are."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Any, Generic, TypeVar, get_type_hints
from uuid import UUID

from cachetools import LRUCache
from tortoise.models import Model

from workflow.models.engine.database import Record, dialect, read
from workflow.queries.columns import column_names
from workflow.queries.records import converter, in_list, list_value, to_id

Part = TypeVar("Part")
PARENT = "parent_of_part"
MAX_SELECTIONS = 200
"""The selections of fields that are kept for each table."""
DEALS_READ_AS_JSON = 5
"""The most deals whose parts are read from all tables by one statement."""


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

    async def read(
        self, organization_id: UUID, ids: Collection[UUID], at: datetime | None = None
    ) -> dict[UUID, tuple[Part, ...]]:
        """Return the parts of each deal in their order. The caller has scoped the deals."""
        instant = (at,) if self.uses_instant else ()
        records = await read(self.statement, organization_id, list_value(ids), *instant)
        return self._grouped(records, self._make)

    def from_json(self, text: str | None) -> dict[UUID, tuple[Part, ...]]:
        """Return the parts of each deal from the JSON that `json_rows` selects."""
        return self._grouped(json.loads(text) if text else (), self._make_from_json)

    @cached_property
    def json_rows(self) -> str:
        """SQL for all rows of the statement as one value: JSON, null or empty if there are none."""
        if dialect() == "postgres":
            return f"(SELECT json_agg(part)::text FROM ({self.statement}) AS part)"
        items = ", ".join(f"'{name}', part.\"{name}\"" for name in self._columns)
        return f"(SELECT json_group_array(json_object({items})) FROM ({self.statement}) AS part)"

    def _grouped(
        self, records: Iterable[Record], make: Callable[[Record], Part]
    ) -> dict[UUID, tuple[Part, ...]]:
        groups: defaultdict[UUID | str, list[Part]] = defaultdict(list)
        for record in records:
            groups[record[PARENT]].append(make(record))
        return {to_id(parent): tuple(parts) for parent, parts in groups.items()}

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

    @cached_property
    def statement(self) -> str:
        """The statement that reads the parts of the deals $2 of the organization $1."""
        table = self.table._meta.db_table
        selected = ", ".join(f'{sql} AS "{name}"' for name, sql in self._columns.items())
        deal = self.deal or self._columns[PARENT]
        return (
            f'SELECT {selected} FROM "{table}" {self.join} WHERE "{table}".organization_id = $1 '
            f"AND {deal} {in_list('$2')}{self.where} ORDER BY {self.order}"
        )

    @cached_property
    def _make(self) -> Callable[[Record], Part]:
        """The function that makes a part from a record of the driver."""
        return self._maker(drivers_own=dialect() == "postgres")

    @cached_property
    def _make_from_json(self) -> Callable[[Record], Part]:
        """The function that makes a part from an object of JSON."""
        return self._maker(drivers_own=False)

    def _maker(self, *, drivers_own: bool) -> Callable[[Record], Part]:
        getters = {name: self._getter(name, drivers_own=drivers_own) for name in column_names(self.part)}
        if self.eager:
            return lambda record: self.part(**{name: get(record) for name, get in getters.items()})
        return _lazy_class(self.part, getters)

    def _getter(self, name: str, *, drivers_own: bool) -> Callable[[Record], Any]:
        """Return the function that reads a field of the part from a record."""
        if name in self.combine:
            return self.combine[name]
        annotation = get_type_hints(self.part)[name]
        convert = self.convert.get(name) or converter(annotation, drivers_own=drivers_own)
        return itemgetter(name) if convert is None else lambda record: convert(record[name])


RowsOfParts = dict[str, dict[UUID, tuple[Any, ...]]]
"""The parts of each table's name by deal; each table has its own kind of parts."""


async def read_parts(
    tables: Mapping[str, DealParts[Any]],
    organization_id: UUID,
    ids: Collection[UUID],
    at: datetime | None = None,
) -> RowsOfParts:
    """Read the parts of deals from several tables. The caller has scoped the deals.

    For a few deals one statement reads all tables, whose rows come as JSON. For many, each table has a
    statement of its own, because JSON would take longer than the statements.
    """
    if len(tables) == 1 or len(ids) > DEALS_READ_AS_JSON:
        return {name: await table.read(organization_id, ids, at) for name, table in tables.items()}
    instant = _instant_of(tables.values(), at)
    [record] = await read(f"SELECT {_select_json(tables)}", organization_id, list_value(ids), *instant)
    return {name: table.from_json(record[name]) for name, table in tables.items()}


async def read_with_parts(
    columns: str,
    source: str,
    tables: Mapping[str, DealParts[Any]],
    organization_id: UUID,
    ids: Collection[UUID],
    at: datetime,
) -> tuple[Sequence[Record], RowsOfParts]:
    """Read columns of deals from a source with its condition, and their parts like `read_parts`.

    For a few deals one statement reads everything.
    """
    if len(ids) > DEALS_READ_AS_JSON:
        records = await read(f"SELECT {columns} {source}", organization_id, list_value(ids))
        return records, await read_parts(tables, organization_id, ids, at)
    sql = f"SELECT {columns}, {_select_json(tables)} {source}"
    records = await read(sql, organization_id, list_value(ids), *_instant_of(tables.values(), at))
    if not records:
        return records, {name: {} for name in tables}
    return records, {name: table.from_json(records[0][name]) for name, table in tables.items()}


def _select_json(tables: Mapping[str, DealParts[Any]]) -> str:
    return ", ".join(f'{table.json_rows} AS "{name}"' for name, table in tables.items())


def _instant_of(tables: Iterable[DealParts[Any]], at: datetime | None) -> tuple[datetime | None, ...]:
    return (at,) if any(table.uses_instant for table in tables) else ()


def _lazy_class(part: type[Part], getters: Mapping[str, Callable[[Record], Any]]) -> Callable[[Record], Part]:
    """Return a function that makes parts which read each field from the record when it is used.

    A page shows few fields of many parts, so making whole parts would take longer than to read them.
    """
    lazy: Any = type(part.__name__, (part,), {"__slots__": ("record",), **_lazy_members(part, getters)})
    set_record = lazy.record.__set__

    def make(record: Record) -> Part:
        made: Part = object.__new__(lazy)
        set_record(made, record)
        return made

    return make


def _lazy_members(part: type[Part], getters: Mapping[str, Callable[[Record], Any]]) -> dict[str, Any]:
    """Return the members of a subclass whose instances read from a record."""

    def read_column(name: str, parts: Sequence[Any]) -> list[Any]:
        get = getters[name]
        return [get(part.record) for part in parts]

    def field_of(get: Callable[[Record], Any]) -> property:
        return property(lambda self: get(self.record))

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
