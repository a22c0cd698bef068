"""Keyset paging: a page starts after the values of a row, so inserted and deleted rows never shift it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from math import isfinite
from typing import Any, Generic, TypeVar
from uuid import UUID

from tortoise.expressions import Q
from tortoise.fields import Field
from tortoise.models import Model
from tortoise.queryset import QuerySet, ValuesQuery

from workflow.models.columns import UNSTORABLE
from workflow.models.engine.database import Record
from workflow.queries.conditions import where
from workflow.queries.records import (
    RecordRow,
    Statement,
    converted_record,
    is_record_row,
    remember_statement,
    statement,
    to_id,
)
from workflow.rules.errors import invalid_field

Row = TypeVar("Row")
Table = TypeVar("Table", bound=Model)


@dataclass(frozen=True, slots=True)
class Term:
    """A column of an order; nulls come last in both directions."""

    column: str
    descending: bool = False
    nullable: bool = False

    def cursor_name(self) -> str:
        """Return the name of the term in a cursor."""
        return ("-" if self.descending else "") + self.column


class Direction(Enum):
    """The direction of a term, as SQL that both databases can serve from an index.

    A plain ascending index of PostgreSQL has nulls last, and one of SQLite has them first.
    """

    ASC = "ASC"
    DESC = "DESC"
    ASC_NULLS_FIRST = "ASC NULLS FIRST"
    ASC_NULLS_LAST = "ASC NULLS LAST"
    DESC_NULLS_FIRST = "DESC NULLS FIRST"
    DESC_NULLS_LAST = "DESC NULLS LAST"


def complete_order(order: Sequence[Term]) -> tuple[Term, ...]:
    """Return an order in which no two rows are equal.

    Ids have the direction of the last term, so that one index serves both directions of a column.
    """
    return (*order, Term("id", descending=bool(order) and order[-1].descending))


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list to read: `size` rows after a cursor's values, or backward before them."""

    size: int
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None
    backward: bool = False

    @property
    def is_first(self) -> bool:
        """True for the rows at the start of the list, whatever their number."""
        return self.after is None and self.before is None and not self.backward


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows in order, each with the values of its cursor.

    `total` is the length of the list if it was read with the page.
    """

    rows: tuple[Row, ...]
    keys: Sequence[tuple[Any, ...]]
    has_next: bool
    has_previous: bool
    total: int | None = None

    def first(self, size: int) -> "Page[Row]":
        """Return the first rows of the page, as if fewer had been requested."""
        more = self.has_next or len(self.rows) > size
        return replace(self, rows=self.rows[:size], keys=self.keys[:size], has_next=more)


async def page(
    rows: Callable[[], QuerySet[Any]],
    *,
    table: type[Model],
    order: Sequence[Term],
    window: Window,
    columns: Sequence[str],
    make: Callable[[Record], Row],
    key: Hashable = None,
) -> Page[Row]:
    """Read the rows of a window; one statement. Its text is built once for each key of equal rows."""
    terms = complete_order(order)
    for values in (window.after, window.before):
        _check_cursor(table, terms, values)

    def build() -> Statement:
        return statement(_select(rows(), terms, window, columns))

    found = build() if key is None else remember_statement((table, key, terms, window), build)

    def converting(record: Record) -> Row:
        return make(converted_record(table, columns, record))

    records = await found.read()
    more = len(records) > window.size
    records = records[: window.size]
    if window.backward:
        records = records[::-1]
    return Page(
        rows=tuple(map(make if is_record_row(make) else converting, records)),
        keys=_CursorKeys(table, terms, records),
        has_next=window.before is not None if window.backward else more,
        has_previous=more if window.backward else window.after is not None,
    )


async def first_pages(
    rows: QuerySet[Any],
    *,
    table: type[Model],
    parent: str,
    parents: Collection[UUID],
    order: Sequence[Term],
    size: int,
    columns: Sequence[str],
    make: type[RecordRow],
) -> dict[UUID, Page[Any]]:
    """Read the first page of the rows of each parent, with the length of its list; one statement."""
    terms = complete_order(order)
    selected = rows.filter(**{f"{parent}__in": list(parents)}).order_by()
    inner = statement(selected.values(*dict.fromkeys((parent, *columns, *(term.column for term in terms)))))
    by = ", ".join(f'"{term.column}" {direction(term, backward=False).value}' for term in terms)
    numbered = (
        f'SELECT *, ROW_NUMBER() OVER (PARTITION BY "{parent}" ORDER BY {by}) AS position_in_list, '
        f'COUNT(*) OVER (PARTITION BY "{parent}") AS length_of_list FROM ({inner.text}) AS selected_rows'
    )
    # One row more than requested shows if the list continues.
    text = f"SELECT * FROM ({numbered}) AS numbered_rows WHERE position_in_list <= {size + 1}"
    records_of: defaultdict[UUID, list[Record]] = defaultdict(list)
    for record in await Statement(f"{text} ORDER BY position_in_list", inner.values).read():
        records_of[to_id(record[parent])].append(record)
    return {id: _first_page(table, terms, records_of[id], size, make) for id in parents}


def _first_page(
    table: type[Model], terms: Sequence[Term], records: Sequence[Record], size: int, make: type[RecordRow]
) -> Page[Any]:
    shown = records[:size]
    return Page(
        rows=tuple(map(make, shown)),
        keys=_CursorKeys(table, terms, shown),
        has_next=len(records) > size,
        has_previous=False,
        total=records[0]["length_of_list"] if records else 0,
    )


def _select(
    rows: QuerySet[Any], terms: Sequence[Term], window: Window, columns: Sequence[str]
) -> ValuesQuery[Any]:
    found = rows
    if window.after is not None:
        found = found.filter(_cursor_condition(terms, window.after, backward=False))
    if window.before is not None:
        found = found.filter(_cursor_condition(terms, window.before, backward=True))
    found = _apply_order(found, terms, backward=window.backward)
    # One row more than requested shows if the list continues.
    return found.limit(window.size + 1).values(*dict.fromkeys((*columns, *(term.column for term in terms))))


class _CursorKeys(Sequence[tuple[Any, ...]]):
    """The values of the cursor of each row, converted when they are used: most pages show none."""

    def __init__(self, table: type[Model], terms: Sequence[Term], records: Sequence[Record]) -> None:
        self._table = table
        self._terms = terms
        self._records = records

    def __len__(self) -> int:
        return len(self._records)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return _CursorKeys(self._table, self._terms, self._records[index])
        values = converted_record(self._table, [term.column for term in self._terms], self._records[index])
        return tuple(values.values())


_VALUE_CHECKS: dict[type, Callable[[Any, dict[str, Any]], bool]] = {
    int: lambda value, bounds: bounds["ge"] <= value <= bounds["le"],
    float: lambda value, _: isfinite(value),
    str: lambda value, _: not UNSTORABLE.search(value),
}
"""The checks on a cursor value beside its type, by that type."""


def _check_cursor(table: type[Model], terms: Sequence[Term], values: Sequence[Any] | None) -> None:
    """Refuse a cursor whose values cannot come from this list's columns."""
    for term, value in zip(terms, values or (), strict=values is not None):
        if not (term.nullable if value is None else _is_valid(table._meta.fields_map[term.column], value)):
            raise invalid_field(
                "after",
                message=(
                    "This cursor does not belong to this list in this order. "
                    "Use a cursor from one of the list's own pages."
                ),
            )


def _is_valid(column: Field[Any], value: Any) -> bool:
    kind = column.field_type
    # asyncpg returns ids of a subclass of UUID. Other types are exact, because True is not a number.
    matches = isinstance(value, UUID) if kind is UUID else type(value) is kind
    check = _VALUE_CHECKS.get(kind)
    return matches and (check is None or check(value, column.constraints))


def _apply_order(rows: QuerySet[Table], terms: Sequence[Term], *, backward: bool) -> QuerySet[Table]:
    ordered = rows.order_by()
    # `order_by` has no words for the place of nulls. Tortoise writes the direction as it is.
    ordered._orderings = [(term.column, direction(term, backward=backward)) for term in terms]
    return ordered


def direction(term: Term, *, backward: bool) -> Direction:
    """Return the direction of a term in a list, or in the reversed list."""
    descending = term.descending != backward
    if not term.nullable:
        return Direction.DESC if descending else Direction.ASC
    nulls = "FIRST" if backward else "LAST"
    return Direction[f"{'DESC' if descending else 'ASC'}_NULLS_{nulls}"]


def _cursor_condition(terms: Sequence[Term], values: Sequence[Any], *, backward: bool) -> Q:
    """Return the condition for rows after (or before) the row with these values in the list's order."""
    choices = []
    equal = Q()
    # An index can start at the cursor only if the first column is bounded outside the OR.
    bound = Q() if terms[0].nullable else _bound(terms[0], values[0], backward=backward)
    for term, value in zip(terms, values, strict=True):
        condition = _term_condition(term, value, backward=backward)
        if condition is not None:
            choices.append(equal & condition)
        equal = equal & (
            where(f"{term.column}__isnull", True) if value is None else where(term.column, value)
        )
    return bound & Q(*choices, join_type="OR")


def _bound(term: Term, value: Any, *, backward: bool) -> Q:
    return where(f"{term.column}__{'lte' if term.descending != backward else 'gte'}", value)


def _term_condition(term: Term, value: Any, *, backward: bool) -> Q | None:
    if value is None:
        return where(f"{term.column}__isnull", False) if backward else None
    comparison = "lt" if term.descending != backward else "gt"
    condition = where(f"{term.column}__{comparison}", value)
    if term.nullable and not backward:
        condition = condition | where(f"{term.column}__isnull", True)
    return condition
