"""The database walks an index for each order and common filter: it sorts and scans at most a page.

The statistics of an organization with many closed deals make other plans look good, too.
"""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW, new_organization
from tests.support.rows import RowDefaults, deal_row, row_defaults
from tests.support.statements import statements
from workflow.models import Member, Opportunity
from workflow.models.columns import new_id
from workflow.models.engine.database import dialect, execute, fetch, open_database
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.rows import ORDER_TERMS, opportunities
from workflow.queries.paging import Term, Window
from workflow.rules.enums import OpportunityOrderField
from workflow.rules.permissions import Viewer

DEALS = 3_000
OPEN_EVERY = 20
PAGE = 10
MOST_ROWS_REMOVED = DEALS // 10
"""Most rows that a walk may pass without showing them: few beside the deals of the organization."""
CLOSED = {
    "WON": {"closed_from": "PROGRESSING", "win_reason": "SPEED"},
    "LOST": {"closed_from": "PROGRESSING", "loss_reason": "PRICE"},
}
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgres": "EXPLAIN (ANALYZE, FORMAT JSON) "}


@pytest.fixture
async def viewer(own_database: str) -> AsyncIterator[Viewer]:
    """The admin of an organization with many closed deals, a few open ones, and two owners."""
    async with open_database(own_database, all_contexts=False):
        organization = await new_organization()
        place = await row_defaults(organization)
        other = await Member.create(
            id=new_id(), organization_id=organization.id, name="Olga", email="o@example.com", role="REP",
            visibility="ALL", active=True, created_at=NOW,
        )  # fmt: skip
        await Opportunity.bulk_create(_deals(place, [place.owner_id, other.id]), batch_size=500)
        await execute("ANALYZE")
        yield organization.ctx.viewer


def _deals(place: RowDefaults, owners: list[UUID]) -> Iterator[Opportunity]:
    """Deals in the order of their creation; the closed ones are older on the whole, as after some years."""
    for number in range(DEALS):
        is_open = number % OPEN_EVERY == 0
        state = ("LEAD", "QUALIFIED", "PROGRESSING")[number % 3] if is_open else ("WON", "LOST")[number % 2]
        at = NOW + timedelta(hours=number)
        close = {} if is_open else {"closed_on": at.date(), **CLOSED[state]}
        yield deal_row(
            place,
            owner_id=owners[number // 7 % 2],
            name=f"Deal {number * 7919 % DEALS}",
            state=state,
            probability={"LEAD": 0.1, "QUALIFIED": 0.25, "PROGRESSING": 0.5, "WON": 1.0, "LOST": 0.0}[state],
            health=number * 31 % 101 if is_open and number % 9 else None,
            base_minor=number * 7919 % DEALS if number % 9 else None,
            expected_close_date=(at + timedelta(days=400 if is_open else 0)).date(),
            created_at=at,
            updated_at=at,
            state_since=at,
            **close,
        )


FILTERS = {
    "no filter": OpportunityFilter(),
    "open": OpportunityFilter(open=True),
    "an open state": OpportunityFilter(state=("PROGRESSING",)),
    "a closed state": OpportunityFilter(state=("WON",)),
    "owner": OpportunityFilter(),
}


async def test_every_order_of_every_common_filter_is_served_by_an_index(viewer: Viewer) -> None:
    filters = {**FILTERS, "owner": OpportunityFilter(owner_id=(viewer.member_id,))}  # type: ignore[arg-type]
    wrong = {}
    for field, name, descending, backward in product(
        OpportunityOrderField, filters, (False, True), (False, True)
    ):
        term = ORDER_TERMS[field]
        order = [Term(term.column, descending, term.nullable)]
        plan = await _plan(viewer, filters[name], order, Window(PAGE, backward=backward))
        if problem := _sqlite_problem(plan) if dialect() == "sqlite" else _postgres_problem(plan):
            wrong[field.name, name, descending, backward] = problem

    assert wrong == {}


async def test_the_next_page_starts_at_the_cursor(viewer: Viewer) -> None:
    order = [Term("created_at")]
    first = await opportunities(viewer, OpportunityFilter(), order, Window(DEALS // 2))

    plan = await _plan(viewer, OpportunityFilter(), order, Window(PAGE, after=first.keys[-1]))

    assert "created_at" in json.dumps(plan)
    assert (_sqlite_problem(plan) if dialect() == "sqlite" else _postgres_problem(plan)) == ""


async def _plan(
    viewer: Viewer, filter: OpportunityFilter, order: list[Term], window: Window
) -> list[dict[str, Any]]:
    """Return the nodes of the plan of a page's statement, with the values that it was sent with."""
    async with statements() as sent:
        await opportunities(viewer, filter, order, window)
    [text] = sent.texts
    [values] = sent.values
    rows = await fetch(EXPLAIN[dialect()] + text, *values)
    return rows if dialect() == "sqlite" else list(_nodes(json.loads(rows[0]["QUERY PLAN"])[0]["Plan"]))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _sqlite_problem(plan: list[dict[str, Any]]) -> str:
    steps = " | ".join(step["detail"] for step in plan)
    return steps if "TEMP B-TREE" in steps or "SCAN" in steps or "USING INDEX" not in steps else ""


def _postgres_problem(plan: list[dict[str, Any]]) -> str:
    kinds = {node["Node Type"] for node in plan}
    removed = sum(node.get("Rows Removed by Filter", 0) for node in plan)
    # An incremental sort of rows that the index has in the order of a unique column has nothing to sort.
    allowed = {"Limit", "Incremental Sort", "Index Scan"}
    return "" if kinds <= allowed and removed <= MOST_ROWS_REMOVED else f"{sorted(kinds)}, {removed} removed"
