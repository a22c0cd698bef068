"""Lists of a deal's parts: first pages of many deals, any page of one deal, and facts for the rules."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from tortoise.functions import Count
from tortoise.models import Model
from tortoise.queryset import QuerySet

from workflow.queries.conditions import where
from workflow.queries.grouping import group_by_parent
from workflow.queries.paging import Page, Term, Window, complete_order, page
from workflow.queries.union import Record, UnionAll, sort_records, table_columns
from workflow.rules.permissions import Viewer

Row = TypeVar("Row")
PartFacts = TypeVar("PartFacts")
PARENT_COLUMN = "opportunity_id"


@dataclass(frozen=True)
class NestedList(Generic[Row, PartFacts]):
    """A table of parts of deals, with the order and the columns in which it is read.

    `select_facts` adds the columns that the rules read to a statement; `facts_by_deal` builds facts from its
    records. Rows with a value in `hidden_column` are not shown.
    """

    table: type[Model]
    order: tuple[Term, ...]
    columns: Sequence[str]
    make: Callable[[Mapping[str, Any]], Row]
    select_facts: Callable[[UnionAll, str, datetime], None]
    facts_by_deal: Callable[[Sequence[Record]], dict[UUID, PartFacts]]
    hidden_column: str | None = None

    async def read(
        self,
        organization_id: UUID,
        facts_of: Collection[UUID],
        pages_of: Collection[UUID],
        size: int,
        now: datetime,
    ) -> tuple[dict[UUID, PartFacts], dict[UUID, Page[Row]]]:
        """Read the facts of some deals and the first page of some; one statement.

        The caller has scoped both.
        """
        union = UnionAll()
        if facts_of:
            self.select_facts(union, self._source(union, organization_id, facts_of), now)
        if pages_of:
            self._select_first_pages(union, self._source(union, organization_id, pages_of), size)
        selects = iter(await union.rows())
        facts = self.facts_by_deal(next(selects)) if facts_of else {}
        records = group_by_parent(sort_records(next(selects), "position_in_list"), dict) if pages_of else {}
        return facts, {parent: self._build_page(records.get(parent, ()), size) for parent in pages_of}

    async def facts(
        self, organization_id: UUID, ids: Collection[UUID], now: datetime
    ) -> dict[UUID, PartFacts]:
        """Read the facts of these deals; one statement."""
        return (await self.read(organization_id, ids, (), 0, now))[0]

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

    def _source(self, union: UnionAll, organization_id: UUID, parents: Collection[UUID]) -> str:
        """Return the FROM and WHERE of the shown rows of these deals."""
        not_hidden = f" AND {self.hidden_column} IS NULL" if self.hidden_column else ""
        in_deals = (
            f"organization_id = {union.bind(organization_id)} AND {PARENT_COLUMN} IN ({union.bind(*parents)})"
        )
        return f'FROM "{self.table._meta.db_table}" WHERE {in_deals}{not_hidden}'

    def _select_first_pages(self, union: UnionAll, source: str, size: int) -> None:
        """Add the first rows of each deal and one more, with their positions and the length of the list."""
        name = self.table._meta.db_table
        terms = complete_order(self.order)
        order = ", ".join(f"{term.column} DESC" if term.descending else term.column for term in terms)
        ranked = (
            f"SELECT id AS ranked_id, "
            f"ROW_NUMBER() OVER (PARTITION BY {PARENT_COLUMN} ORDER BY {order}) AS position_in_list, "
            f"COUNT(*) OVER (PARTITION BY {PARENT_COLUMN}) AS total {source}"
        )
        columns = table_columns(self.table, [PARENT_COLUMN, *self.columns, *(term.column for term in terms)])
        union.select(
            {**columns, "position_in_list": ("position_in_list", None), "total": ("total", None)},
            f'FROM "{name}" JOIN ({ranked}) AS ranked ON ranked_id = "{name}"."id" '
            f"WHERE position_in_list <= {union.bind(size + 1)}",
        )

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
