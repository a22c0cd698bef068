"""All rows of one kind in batches and in a stable order, for exports."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from workflow.models import Event, Transition
from workflow.queries.events import events
from workflow.queries.events.events import EventFilter, EventRow
from workflow.queries.opportunity import accounts, history
from workflow.queries.opportunity import rows as opportunities
from workflow.queries.opportunity.accounts import AccountFilter, AccountRow, ContactRow
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.history import TransitionRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.paging import Page, Term, Window
from workflow.queries.people import people
from workflow.queries.people.people import MemberRow
from workflow.queries.scope import visible
from workflow.queries.transfer.opportunity_documents import opportunity_documents
from workflow.rules.permissions import Viewer
from workflow.rules.transfer.opportunity_document import OpportunityDocument

Row = TypeVar("Row")

BATCH_SIZE = 500


async def all_opportunities(
    viewer: Viewer,
) -> AsyncIterator[list[tuple[OpportunityRow, AccountRow, MemberRow]]]:
    """Yield every visible deal with its account and owner, ordered by number.

    Three statements for each batch.
    """
    order = [Term("number")]

    async def fetch_page(window: Window) -> Page[OpportunityRow]:
        return await opportunities.opportunities(viewer, OpportunityFilter(), order, window)

    async for rows in _pages(fetch_page):
        account_by_id = await accounts.accounts_by_id(viewer, {row.account_id for row in rows})
        owner_by_id = await people.members_by_id(viewer, {row.owner_id for row in rows})
        yield [(row, account_by_id[row.account_id], owner_by_id[row.owner_id]) for row in rows]


async def all_opportunity_documents(
    viewer: Viewer,
) -> AsyncIterator[list[tuple[OpportunityRow, AccountRow, MemberRow, OpportunityDocument]]]:
    """Yield the same with the document of each deal; one more statement for each table of parts."""
    async for rows in all_opportunities(viewer):
        documents = await opportunity_documents(viewer, [deal for deal, _, _ in rows])
        yield [(deal, account, owner, documents[deal.id]) for deal, account, owner in rows]


async def all_accounts(viewer: Viewer) -> AsyncIterator[list[AccountRow]]:
    """Yield every account, ordered by name; one statement for each batch."""

    async def fetch_page(window: Window) -> Page[AccountRow]:
        return await accounts.accounts(viewer, AccountFilter(), window)

    async for rows in _pages(fetch_page):
        yield rows


async def all_contacts(viewer: Viewer) -> AsyncIterator[list[tuple[ContactRow, AccountRow]]]:
    """Yield every contact with its account, ordered by name; two statements for each batch."""

    async def fetch_page(window: Window) -> Page[ContactRow]:
        return await accounts.contacts(viewer, AccountFilter(), window)

    async for rows in _pages(fetch_page):
        account_by_id = await accounts.accounts_by_id(viewer, {row.account_id for row in rows})
        yield [(row, account_by_id[row.account_id]) for row in rows]


async def all_transitions(viewer: Viewer) -> AsyncIterator[list[tuple[TransitionRow, int]]]:
    """Yield every transition of the visible deals with the deal's number, oldest first.

    Two statements for each batch.
    """

    async def fetch_page(window: Window) -> Page[TransitionRow]:
        return await history.transitions(viewer, window)

    async for rows in _pages(fetch_page):
        ids = {row.opportunity_id for row in rows}
        numbers: dict[UUID, int] = dict(
            await visible(viewer).filter(id__in=list(ids)).values_list("id", "number")
        )
        yield [(row, numbers[row.opportunity_id]) for row in rows]


async def all_events(viewer: Viewer) -> AsyncIterator[list[EventRow]]:
    """Yield every visible event in feed order; one statement for each batch."""
    after: tuple[int, ...] | None = None
    while True:
        rows, more = await events.events(viewer, EventFilter(), Window(BATCH_SIZE, after=after))
        if rows:
            yield rows
            after = tuple(rows[-1].position)
        if not more:
            return


ROW_COUNTS: dict[str, Callable[[Viewer], Awaitable[int]]] = {
    "opportunities": lambda viewer: visible(viewer).count(),
    "history": lambda viewer: _transitions(viewer).count(),
    "events": lambda viewer: Event.filter(organization_id=viewer.organization_id).count(),
    "accounts": lambda viewer: accounts.count_accounts(viewer, AccountFilter()),
    "contacts": lambda viewer: accounts.count_contacts(viewer, AccountFilter()),
}
"""Counts the rows of each kind."""


def _transitions(viewer: Viewer) -> QuerySet[Transition]:
    deals = visible(viewer).values("id")
    return Transition.filter(organization_id=viewer.organization_id, opportunity_id__in=Subquery(deals))


async def _pages(fetch_page: Callable[[Window], Awaitable[Page[Row]]]) -> AsyncIterator[list[Row]]:
    """Yield the rows of all pages."""
    after: tuple[object, ...] | None = None
    while True:
        page = await fetch_page(Window(BATCH_SIZE, after=after))
        if page.rows:
            yield list(page.rows)
            after = page.keys[-1]
        if not page.has_next:
            return
