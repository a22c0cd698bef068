"""Lists that hang on deals: the first page of many deals at once, any page of one, and how many there are of each."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from tortoise.expressions import RawSQL
from tortoise.functions import Count
from tortoise.models import Model
from tortoise.queryset import QuerySet

from workflow.queries.grouping import grouped
from workflow.queries.paging import Page, Term, Window, page, where
from workflow.rules.permissions import Viewer

Row = TypeVar("Row")
PARENT = "opportunity_id"


@dataclass(frozen=True)
class NestedList(Generic[Row]):
    """A table that hangs on deals, in an order, with its columns as rows; `hidden` is a column that is empty in what is shown."""

    table: type[Model]
    order: tuple[Term, ...]
    columns: Sequence[str]
    make: Callable[[Mapping[str, Any]], Row]
    hidden: str | None = None

    async def first_pages(self, viewer: Viewer, parents: Collection[UUID], size: int) -> dict[UUID, Page[Row]]:
        """The first page of each deal; one statement."""
        terms = (*self.order, Term("id"))
        kept = RawSQL(self._first_ids(parents, size + 1))
        names = list(dict.fromkeys((PARENT, *self.columns, *(term.column for term in terms))))
        found = self._shown(viewer, parents).annotate(kept=kept).filter(where("kept", 1))
        ordered = found.order_by(*(f"-{term.column}" if term.descending else term.column for term in terms))
        records = grouped(await ordered.values(*names), dict)
        return {parent: self._page(records.get(parent, ()), terms, size) for parent in parents}

    async def page_of(self, viewer: Viewer, parent: UUID, window: Window) -> Page[Row]:
        """Any page of one deal; one statement."""
        rows = self._shown(viewer, [parent])
        return await page(rows, order=self.order, window=window, columns=self.columns, make=self.make)

    async def counts(self, viewer: Viewer, parents: Collection[UUID]) -> dict[UUID, int]:
        """How many each deal has; one statement."""
        rows = self._shown(viewer, parents).annotate(count=Count("id")).group_by(PARENT)
        found = {record[PARENT]: int(record["count"]) for record in await rows.values(PARENT, "count")}
        return {parent: found.get(parent, 0) for parent in parents}

    def _shown(self, viewer: Viewer, parents: Collection[UUID]) -> QuerySet[Any]:
        rows = self.table.filter(organization_id=viewer.organization_id).filter(where(f"{PARENT}__in", list(parents)))
        return rows.filter(where(f"{self.hidden}__isnull", True)) if self.hidden else rows

    def _first_ids(self, parents: Collection[UUID], size: int) -> str:
        """Whether a row is among the first of its deal; ids stand in the text as what they are, 36 signs that we made."""
        name, ids = self.table._meta.db_table, ", ".join(f"'{UUID(str(parent))}'" for parent in parents)
        order = ", ".join(f"{term.column} DESC" if term.descending else term.column for term in self.order)
        shown = f" AND {self.hidden} IS NULL" if self.hidden else ""
        placed = (
            f"SELECT id, ROW_NUMBER() OVER (PARTITION BY {PARENT} ORDER BY {order}, id) AS place "
            f'FROM "{name}" WHERE {PARENT} IN ({ids}){shown}'
        )
        return (
            f'CASE WHEN "{name}"."id" IN (SELECT id FROM ({placed}) AS placed WHERE place <= {size}) THEN 1 ELSE 0 END'
        )

    def _page(self, records: Sequence[Mapping[str, Any]], terms: Sequence[Term], size: int) -> Page[Row]:
        shown = records[:size]
        return Page(
            rows=tuple(self.make({name: record[name] for name in self.columns}) for record in shown),
            keys=tuple(tuple(record[term.column] for term in terms) for record in shown),
            has_next=len(records) > size,
            has_previous=False,
        )
