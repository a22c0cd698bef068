"""Keyset paging: a page starts after the values of a row, so inserted and deleted rows never shift it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, Generic, TypeVar
from uuid import UUID

from tortoise.expressions import Case, Q, When
from tortoise.fields import Field
from tortoise.models import Model
from tortoise.queryset import QuerySet

from workflow.models.columns import UNSTORABLE
from workflow.queries.conditions import where
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


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list to read: `size` rows after a cursor's values, or backward before them."""

    size: int
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows in order, each with the values of its cursor.

    `total` is the length of the list if it was read with the page.
    """

    rows: tuple[Row, ...]
    keys: tuple[tuple[Any, ...], ...]
    has_next: bool
    has_previous: bool
    total: int | None = None

    def first(self, size: int) -> "Page[Row]":
        """Return the first rows of the page, as if fewer had been requested."""
        more = self.has_next or len(self.rows) > size
        return replace(self, rows=self.rows[:size], keys=self.keys[:size], has_next=more)


async def page(
    rows: QuerySet[Table],
    *,
    order: Sequence[Term],
    window: Window,
    columns: Sequence[str],
    make: Callable[[Mapping[str, Any]], Row],
) -> Page[Row]:
    """Read the rows of a window; one statement."""
    terms = (*order, Term("id"))
    for values in (window.after, window.before):
        _check_cursor(rows.model, terms, values)
    found = rows
    if window.after is not None:
        found = found.filter(_cursor_condition(terms, window.after, backward=False))
    if window.before is not None:
        found = found.filter(_cursor_condition(terms, window.before, backward=True))
    found = _apply_order(found, terms, backward=window.backward)
    # One row more than requested shows if the list continues.
    records = await found.limit(window.size + 1).values(
        *dict.fromkeys((*columns, *(term.column for term in terms)))
    )
    more = len(records) > window.size
    records = records[: window.size]
    if window.backward:
        records.reverse()
    return Page(
        rows=tuple(make({name: record[name] for name in columns}) for record in records),
        keys=tuple(tuple(record[term.column] for term in terms) for record in records),
        has_next=window.before is not None if window.backward else more,
        has_previous=more if window.backward else window.after is not None,
    )


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
    names: list[str] = []
    for term in terms:
        if term.nullable:
            flag = f"{term.column}_is_null"
            empty = When(where(f"{term.column}__isnull", True), then="1")
            rows = rows.annotate(**{flag: Case(empty, default="0")})
            names.append(f"-{flag}" if backward else flag)
        names.append(term.column if term.descending == backward else f"-{term.column}")
    return rows.order_by(*names)


def _cursor_condition(terms: Sequence[Term], values: Sequence[Any], *, backward: bool) -> Q:
    """Return the condition for rows after (or before) the row with these values in the list's order."""
    choices = []
    equal = Q()
    for term, value in zip(terms, values, strict=True):
        condition = _term_condition(term, value, backward=backward)
        if condition is not None:
            choices.append(equal & condition)
        equal = equal & (
            where(f"{term.column}__isnull", True) if value is None else where(term.column, value)
        )
    return Q(*choices, join_type="OR")


def _term_condition(term: Term, value: Any, *, backward: bool) -> Q | None:
    if value is None:
        return where(f"{term.column}__isnull", False) if backward else None
    comparison = "lt" if term.descending != backward else "gt"
    condition = where(f"{term.column}__{comparison}", value)
    if term.nullable and not backward:
        condition = condition | where(f"{term.column}__isnull", True)
    return condition
