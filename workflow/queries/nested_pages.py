"""Lists that hang on deals: the first page of many deals at once and what the rules read of the list, and any page of one."""

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
from workflow.queries.paging import Page, Term, Window, page
from workflow.queries.union import Record, UnionAll, sort_records, table_columns
from workflow.rules.permissions import Viewer

Row = TypeVar("Row")
PartFacts = TypeVar("PartFacts")
PARENT_COLUMN = "opportunity_id"


@dataclass(frozen=True)
class NestedList(Generic[Row, PartFacts]):
    """A table that hangs on deals, in an order, with its columns as rows; `hidden` is a column that is empty in what is shown.

    `digest` adds to a statement what the rules read of the list, up to now, and `digested` makes it of the records.
    """

    table: type[Model]
    order: tuple[Term, ...]
    columns: Sequence[str]
    make: Callable[[Mapping[str, Any]], Row]
    select_facts: Callable[[UnionAll, str, datetime], None]
    facts_by_deal: Callable[[Sequence[Record]], dict[UUID, PartFacts]]
    hidden_column: str | None = None

    async def read(
        self, organization_id: UUID, facts_of: Collection[UUID], pages_of: Collection[UUID], size: int, now: datetime
    ) -> tuple[dict[UUID, PartFacts], dict[UUID, Page[Row]]]:
        """What the rules read of some deals, and the first page of some; one statement. The caller has scoped both."""
        union = UnionAll()
        if facts_of:
            self.select_facts(union, self._source(union, organization_id, facts_of), now)
        if pages_of:
            self._select_first_pages(union, self._source(union, organization_id, pages_of), size)
        found = iter(await union.rows())
        facts = self.facts_by_deal(next(found)) if facts_of else {}
        first = group_by_parent(sort_records(next(found), "place"), dict) if pages_of else {}
        return facts, {parent: self._build_page(first.get(parent, ()), size) for parent in pages_of}

    async def facts(self, organization_id: UUID, ids: Collection[UUID], now: datetime) -> dict[UUID, PartFacts]:
        """What the rules read of the lists of these deals; one statement."""
        return (await self.read(organization_id, ids, (), 0, now))[0]

    async def page_of(self, viewer: Viewer, parent: UUID, window: Window) -> Page[Row]:
        """Any page of one deal; one statement."""
        rows = self._visible_rows(viewer, [parent])
        return await page(rows, order=self.order, window=window, columns=self.columns, make=self.make)

    async def counts(self, viewer: Viewer, parents: Collection[UUID]) -> dict[UUID, int]:
        """How many each deal has; one statement."""
        rows = self._visible_rows(viewer, parents).annotate(count=Count("id")).group_by(PARENT_COLUMN)
        found = {record[PARENT_COLUMN]: int(record["count"]) for record in await rows.values(PARENT_COLUMN, "count")}
        return {parent: found.get(parent, 0) for parent in parents}

    def _visible_rows(self, viewer: Viewer, parents: Collection[UUID]) -> QuerySet[Any]:
        rows = self.table.filter(organization_id=viewer.organization_id).filter(
            where(f"{PARENT_COLUMN}__in", list(parents))
        )
        return rows.filter(where(f"{self.hidden_column}__isnull", True)) if self.hidden_column else rows

    def _source(self, union: UnionAll, organization_id: UUID, parents: Collection[UUID]) -> str:
        """FROM the rows that are shown of these deals."""
        not_hidden = f" AND {self.hidden_column} IS NULL" if self.hidden_column else ""
        of_deals = f"organization_id = {union.bind(organization_id)} AND {PARENT_COLUMN} IN ({union.bind(*parents)})"
        return f'FROM "{self.table._meta.db_table}" WHERE {of_deals}{not_hidden}'

    def _select_first_pages(self, union: UnionAll, source: str, size: int) -> None:
        """The first rows of each deal and one more, each with its place and how many there are."""
        name, terms = self.table._meta.db_table, (*self.order, Term("id"))
        order = ", ".join(f"{term.column} DESC" if term.descending else term.column for term in terms)
        ranked = (
            f"SELECT id AS placed_id, ROW_NUMBER() OVER (PARTITION BY {PARENT_COLUMN} ORDER BY {order}) AS place, "
            f"COUNT(*) OVER (PARTITION BY {PARENT_COLUMN}) AS total {source}"
        )
        columns = table_columns(self.table, [PARENT_COLUMN, *self.columns, *(term.column for term in terms)])
        union.select(
            {**columns, "place": ("place", None), "total": ("total", None)},
            f'FROM "{name}" JOIN ({ranked}) AS placed ON placed_id = "{name}"."id" WHERE place <= {union.bind(size + 1)}',
        )

    def _build_page(self, records: Sequence[Mapping[str, Any]], size: int) -> Page[Row]:
        shown, terms = records[:size], (*self.order, Term("id"))
        return Page(
            rows=tuple(self.make({name: record[name] for name in self.columns}) for record in shown),
            keys=tuple(tuple(record[term.column] for term in terms) for record in shown),
            has_next=len(records) > size,
            has_previous=False,
            total=records[0]["total"] if records else 0,
        )
