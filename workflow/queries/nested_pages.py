"""Lists of a deal's parts: first pages of many deals, and any page of one deal."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

from tortoise.functions import Count
from tortoise.models import Model
from tortoise.queryset import QuerySet

from workflow.models.engine.database import Record, read
from workflow.queries.conditions import where
from workflow.queries.grouping import group_by_parent
from workflow.queries.paging import Page, Term, Window, complete_order, page
from workflow.queries.records import converted_record, in_list, list_value
from workflow.rules.permissions import Viewer

Row = TypeVar("Row")
PARENT_COLUMN = "opportunity_id"


@dataclass(frozen=True)
class NestedList(Generic[Row]):
    """A table of parts of deals, with the order and the columns in which it is read.

    Rows with a value in `hidden_column` are not shown.
    """

    table: type[Model]
    order: tuple[Term, ...]
    columns: Sequence[str]
    make: Callable[[Mapping[str, Any]], Row]
    hidden_column: str | None = None

    async def first_pages(
        self, organization_id: UUID, parents: Collection[UUID], size: int
    ) -> dict[UUID, Page[Row]]:
        """Read the first page of each deal; one statement. The caller has scoped the deals."""
        records = await read(self._first_pages, organization_id, list_value(parents), size + 1)
        by_parent = group_by_parent(map(self._convert, records), dict)
        return {parent: self._build_page(by_parent.get(parent, ()), size) for parent in parents}

    async def page_of(self, viewer: Viewer, parent: UUID, window: Window) -> Page[Row]:
        """Read any page of one deal; one statement."""
        return await page(
            lambda: self._visible_rows(viewer, [parent]),
            table=self.table,
            order=self.order,
            window=window,
            columns=self.columns,
            make=self.make,
        )

    async def counts(self, viewer: Viewer, parents: Collection[UUID]) -> dict[UUID, int]:
        """Count the parts of each deal; one statement."""
        rows = self._visible_rows(viewer, parents).annotate(count=Count("id")).group_by(PARENT_COLUMN)
        found = {
            record[PARENT_COLUMN]: int(record["count"])
            for record in await rows.values(PARENT_COLUMN, "count")
        }
        return {parent: found.get(parent, 0) for parent in parents}

    def _visible_rows(self, viewer: Viewer, parents: Collection[UUID]) -> QuerySet[Any]:
        rows = self.table.filter(organization_id=viewer.organization_id).filter(
            where(f"{PARENT_COLUMN}__in", list(parents))
        )
        return rows.filter(where(f"{self.hidden_column}__isnull", True)) if self.hidden_column else rows

    @cached_property
    def _columns(self) -> tuple[str, ...]:
        """The columns of the deal, of the rows and of their order."""
        terms = complete_order(self.order)
        return tuple(dict.fromkeys((PARENT_COLUMN, *self.columns, *(term.column for term in terms))))

    @cached_property
    def _first_pages(self) -> str:
        """The statement that reads the first $3 rows of the deals $2, with positions and lengths of lists."""
        name = self.table._meta.db_table
        terms = complete_order(self.order)
        order = ", ".join(f"{term.column} DESC" if term.descending else term.column for term in terms)
        not_hidden = f" AND {self.hidden_column} IS NULL" if self.hidden_column else ""
        ranked = (
            f"SELECT id AS ranked_id, "
            f"ROW_NUMBER() OVER (PARTITION BY {PARENT_COLUMN} ORDER BY {order}) AS position_in_list, "
            f'COUNT(*) OVER (PARTITION BY {PARENT_COLUMN}) AS total FROM "{name}" '
            f"WHERE organization_id = $1 AND {PARENT_COLUMN} {in_list('$2')}{not_hidden}"
        )
        selected = ", ".join(f'"{name}"."{column}"' for column in self._columns)
        return (
            f'SELECT {selected}, total FROM "{name}" JOIN ({ranked}) AS ranked ON ranked_id = "{name}"."id" '
            "WHERE position_in_list <= $3 ORDER BY position_in_list"
        )

    def _convert(self, record: Record) -> dict[str, Any]:
        return {**converted_record(self.table, self._columns, record), "total": record["total"]}

    def _build_page(self, records: Sequence[Mapping[str, Any]], size: int) -> Page[Row]:
        shown = records[:size]
        terms = complete_order(self.order)
        return Page(
            rows=tuple(self.make({name: record[name] for name in self.columns}) for record in shown),
            keys=tuple(tuple(record[term.column] for term in terms) for record in shown),
            has_next=len(records) > size,
            has_previous=False,
            total=records[0]["total"] if records else 0,
        )
