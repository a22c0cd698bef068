"""Lists that hang on deals: the first page of many deals at once and what the rules read of the list, and any page of one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from tortoise.functions import Count
from tortoise.models import Model
from tortoise.queryset import QuerySet

from workflow.queries.grouping import grouped
from workflow.queries.paging import Page, Term, Window, page, where
from workflow.queries.union import Record, Together, ordered, plain
from workflow.rules.permissions import Viewer

Row = TypeVar("Row")
Digest = TypeVar("Digest")
PARENT = "opportunity_id"


@dataclass(frozen=True)
class NestedList(Generic[Row, Digest]):
    """A table that hangs on deals, in an order, with its columns as rows; `hidden` is a column that is empty in what is shown.

    `digest` adds to a statement what the rules read of the list, up to now, and `digested` makes it of the records.
    """

    table: type[Model]
    order: tuple[Term, ...]
    columns: Sequence[str]
    make: Callable[[Mapping[str, Any]], Row]
    digest: Callable[[Together, str, datetime], None]
    digested: Callable[[Sequence[Record]], dict[UUID, Digest]]
    hidden: str | None = None

    async def read(
        self, organization_id: UUID, digests: Collection[UUID], pages: Collection[UUID], size: int, now: datetime
    ) -> tuple[dict[UUID, Digest], dict[UUID, Page[Row]]]:
        """What the rules read of some deals, and the first page of some; one statement. The caller has scoped both."""
        asked = Together()
        if digests:
            self.digest(asked, self._of(asked, organization_id, digests), now)
        if pages:
            self._first(asked, self._of(asked, organization_id, pages), size)
        found = iter(await asked.rows())
        kept = self.digested(next(found)) if digests else {}
        first = grouped(ordered(next(found), "place"), dict) if pages else {}
        return kept, {parent: self._page(first.get(parent, ()), size) for parent in pages}

    async def digests(self, organization_id: UUID, ids: Collection[UUID], now: datetime) -> dict[UUID, Digest]:
        """What the rules read of the lists of these deals; one statement."""
        return (await self.read(organization_id, ids, (), 0, now))[0]

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

    def _of(self, asked: Together, organization_id: UUID, parents: Collection[UUID]) -> str:
        """FROM the rows that are shown of these deals."""
        shown = f" AND {self.hidden} IS NULL" if self.hidden else ""
        mine = f"organization_id = {asked.bind(organization_id)} AND {PARENT} IN ({asked.bind(*parents)})"
        return f'FROM "{self.table._meta.db_table}" WHERE {mine}{shown}'

    def _first(self, asked: Together, shown: str, size: int) -> None:
        """The first rows of each deal and one more, each with its place and how many there are."""
        name, terms = self.table._meta.db_table, (*self.order, Term("id"))
        order = ", ".join(f"{term.column} DESC" if term.descending else term.column for term in terms)
        placed = (
            f"SELECT id AS placed_id, ROW_NUMBER() OVER (PARTITION BY {PARENT} ORDER BY {order}) AS place, "
            f"COUNT(*) OVER (PARTITION BY {PARENT}) AS total {shown}"
        )
        columns = plain(self.table, [PARENT, *self.columns, *(term.column for term in terms)])
        asked.select(
            {**columns, "place": ("place", None), "total": ("total", None)},
            f'FROM "{name}" JOIN ({placed}) AS placed ON placed_id = "{name}"."id" WHERE place <= {asked.bind(size + 1)}',
        )

    def _page(self, records: Sequence[Mapping[str, Any]], size: int) -> Page[Row]:
        shown, terms = records[:size], (*self.order, Term("id"))
        return Page(
            rows=tuple(self.make({name: record[name] for name in self.columns}) for record in shown),
            keys=tuple(tuple(record[term.column] for term in terms) for record in shown),
            has_next=len(records) > size,
            has_previous=False,
            total=records[0]["total"] if records else 0,
        )
