"""Paging while rows are added and deleted: no row that stays is missed or read twice, in both directions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from schema import schema
from schema.core.context import RequestContext
from schema.core.ids import decode, encode
from tests.support.counts import FULL, count
from tests.support.organizations import NOW, TestOrganization
from tests.support.rows import NUMBERS, RowDefaults, deal_row, row_defaults
from workflow.models import Opportunity

COLUMNS = {
    "VALUE": ("base_minor", st.sampled_from([None, 0, 100])),
    "EXPECTED_CLOSE_DATE": (
        "expected_close_date",
        st.sampled_from([None, date(2026, 3, 1), date(2026, 4, 1)]),
    ),
    "CLOSED_ON": ("closed_on", st.sampled_from([None, date(2026, 2, 1)])),
    "NAME": ("name_folded", st.sampled_from(["a", "b"])),
    "PROBABILITY": ("probability", st.sampled_from([0.1, 0.3])),
    "STATE_SINCE": ("state_since", st.sampled_from([NOW, datetime(2026, 3, 2, 9, 0, 0, 1, tzinfo=UTC)])),
}
"""The order fields, their columns, and the few values that cause many ties."""
COLUMN_OF = {"NUMBER": "number", **{name: column for name, (column, _) in COLUMNS.items()}}
LEFT_OUT = [("NUMBER", "ASC")]

Order = Sequence[tuple[str, str]]
RANKS = st.integers(0, 999)
ROWS = st.fixed_dictionaries({"id": RANKS, "number": RANKS, **dict(COLUMNS.values())})
ORDERS = st.lists(
    st.tuples(st.sampled_from(sorted(COLUMN_OF)), st.sampled_from(["ASC", "DESC"])),
    max_size=2,
    unique_by=lambda term: term[0],
)


@dataclass(frozen=True)
class ListChange:
    """The changes between two pages: rows to add, and positions of rows to delete."""

    come: list[dict[str, Any]] = field(default_factory=list)
    go: list[int] = field(default_factory=list)


STEPS = st.lists(
    st.builds(ListChange, come=st.lists(ROWS, max_size=2), go=st.lists(st.integers(0, 20), max_size=2)),
    max_size=8,
)


@settings(
    max_examples=count(1000),
    derandomize=not FULL,
    phases=tuple(Phase) if FULL else (Phase.explicit, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(ROWS, max_size=9), order=ORDERS, size=st.integers(1, 4), there=STEPS, back=STEPS)
async def test_paging_during_changes_returns_every_remaining_row_once_and_in_order(
    organization: TestOrganization,
    rows: list[dict[str, Any]],
    order: Order,
    size: int,
    there: list[ListChange],
    back: list[ListChange],
) -> None:
    walk = ListWalk(organization, await row_defaults(organization), order, size)
    await walk.insert(rows)

    for backward, steps in ((False, there), (True, back)):
        staying, returned = await walk.pages(steps, backward=backward)

        assert len(returned) == len(set(returned))
        assert returned == walk.in_order(returned, backward=backward)
        assert [id for id in returned if id in staying] == walk.in_order(staying, backward=backward)


@dataclass
class ListWalk:
    """One list that is read page by page."""

    organization: TestOrganization
    place: RowDefaults
    order: Order
    size: int
    rows: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    gone: set[UUID] = field(default_factory=set)

    async def insert(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add rows, which may come before or after the existing ones in every order."""
        new = {row["id"]: row for row in map(_unique, rows)}
        await Opportunity.bulk_create([deal_row(self.place, **row) for row in new.values()])
        self.rows |= new

    async def remove(self, places: Sequence[int]) -> set[UUID]:
        """Delete the rows at these positions."""
        left = [id for id in self.rows if id not in self.gone]
        going = {left[place] for place in places if place < len(left)}
        await Opportunity.filter(id__in=going).update(deleted_at=NOW)
        self.gone |= going
        return going

    async def pages(self, steps: Sequence[ListChange], *, backward: bool) -> tuple[set[UUID], list[UUID]]:
        """Read all pages with a change after each; return the rows that stayed, and those that were read."""
        returned: list[UUID] = []
        staying = set(self.rows) - self.gone
        cursor = None
        promised = False
        for step in [*steps, *[ListChange()] * (len(self.rows) + 100)]:
            page = await self._page(cursor, backward=backward)
            ids = [_uuid(node["id"]) for node in page["nodes"]]
            assert ids or not promised
            returned += reversed(ids) if backward else ids
            if not page["pageInfo"]["hasPreviousPage" if backward else "hasNextPage"]:
                break
            assert len(ids) == self.size
            cursor = page["pageInfo"]["startCursor" if backward else "endCursor"]
            left = await self.remove(step.go)
            staying = staying - left
            promised = not left
            await self.insert(step.come)
        return staying, returned

    def in_order(self, ids: Sequence[UUID] | set[UUID], *, backward: bool) -> list[UUID]:
        """Return the rows sorted by each term, nulls last, then by id in the direction of the last term."""
        order = self.order or LEFT_OUT
        ordered = sorted(ids, reverse=order[-1][1] == "DESC")
        for name, direction in reversed(order):
            column = COLUMN_OF[name]
            known = [id for id in ordered if self.rows[id][column] is not None]
            unknown = [id for id in ordered if self.rows[id][column] is None]
            ordered = [
                *sorted(known, key=lambda id: self.rows[id][column], reverse=direction == "DESC"),
                *unknown,
            ]
        return ordered[::-1] if backward else ordered

    async def _page(self, cursor: str | None, *, backward: bool) -> dict[str, Any]:
        window = {"last": self.size, "before": cursor} if backward else {"first": self.size, "after": cursor}
        order = [{"field": name, "direction": direction} for name, direction in self.order]
        variables = {**window, "account": encode("Account", self.place.account_id), "order": order}
        context = RequestContext(viewer=self.organization.ctx.viewer, now=NOW, request_id="walk")
        answer = await schema.execute(QUERY, variable_values=variables, context_value=context)
        assert answer.errors is None, answer.errors
        assert answer.data is not None
        page: dict[str, Any] = answer.data["opportunities"]
        return page


QUERY = """query($first: Int, $after: String, $last: Int, $before: String, $account: ID!, $order:
  [OpportunityOrder!]) {
  opportunities(first: $first, after: $after, last: $last, before: $before, filter: {accountId: [$account]},
  orderBy: $order) {
    nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


def _unique(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with a unique id and number, and a state that fits its day of closing."""
    id = UUID(int=row["id"] << 112 | uuid4().int >> 16)
    closed = {} if row["closed_on"] is None else {"state": "LOST", "closed_from": "PROGRESSING"}
    return {**row, **closed, "id": id, "number": row["number"] * 1_000_000 + next(NUMBERS)}


def _uuid(id: str) -> UUID:
    named = decode(id)
    assert named is not None
    return named[1]
