"""Batches: whatever many rows of a page ask for one by one is asked of the database once a table."""

from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from workflow.queries import accounts, buyer, events, facts, history, opportunities, people, processes
from workflow.queries.accounts import AccountRow, ContactRow
from workflow.queries.buyer import StakeholderRow
from workflow.queries.events import EventRow
from workflow.queries.history import TransitionRow, Visit
from workflow.queries.opportunities import OpportunityRow
from workflow.queries.people import MemberRow, OrganizationRow, TeamRow
from workflow.queries.processes import ProcessRow
from workflow.rules.facts import OpportunityFacts
from workflow.rules.permissions import Viewer

Row = TypeVar("Row")
Ask = Callable[[Viewer, Collection[UUID]], Awaitable[dict[UUID, Row]]]

MOST_IDS = 10_000
"""Ids in one statement; SQLite and PostgreSQL bind about 32,000 values. A page of 100 deals may have many people."""

NODES = {
    "Opportunity": "opportunity",
    "Account": "account",
    "Contact": "contact",
    "Member": "member",
    "Team": "team",
    "SalesProcess": "process",
    "Transition": "transition",
    "Stakeholder": "stakeholder",
    "Event": "event",
}
"""The loader of each type that `node(id:)` finds; what hangs on a deal is seen where the deal is."""


class Loaders:
    """One request's loaders; an operation that wrote makes new ones, for they remember."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self.opportunity: DataLoader[UUID, OpportunityRow | None] = self._of(opportunities.opportunities_by_id)
        self.account: DataLoader[UUID, AccountRow | None] = self._of(accounts.accounts_by_id)
        self.contact: DataLoader[UUID, ContactRow | None] = self._of(accounts.contacts_by_id)
        self.member: DataLoader[UUID, MemberRow | None] = self._of(people.members_by_id)
        self.team: DataLoader[UUID, TeamRow | None] = self._of(people.teams_by_id)
        self.team_members: DataLoader[UUID, list[MemberRow] | None] = self._of(people.members_of_teams)
        self.process: DataLoader[UUID, ProcessRow | None] = self._of(processes.processes_by_id)
        self.transition: DataLoader[UUID, TransitionRow | None] = self._of(history.transitions_by_id)
        self.visits: DataLoader[UUID, list[Visit] | None] = self._of(history.visits)
        self.stakeholders: DataLoader[UUID, list[StakeholderRow] | None] = self._of(buyer.stakeholders)
        self.stakeholder: DataLoader[UUID, StakeholderRow | None] = self._of(buyer.stakeholders_by_id)
        self.collaborators: DataLoader[UUID, list[UUID] | None] = self._of(opportunities.collaborators)
        self.facts: DataLoader[UUID, OpportunityFacts | None] = self._of(_facts)
        self.event: DataLoader[UUID, EventRow | None] = self._of(events.events_by_id)
        self._organization: DataLoader[UUID, OrganizationRow | None] = self._of(_organization)

    async def organization(self) -> OrganizationRow:
        """The viewer's organization, read once a request however many rows of a page ask at once."""
        return await sure(self._organization, self._viewer.organization_id)

    async def row(self, kind: str, id: UUID) -> object | None:
        """The visible row of a type by its name; None for what has no rows or is not seen."""
        loader = getattr(self, NODES.get(kind, ""), None)
        found: object | None = await loader.load(id) if loader is not None else None
        hangs_on = getattr(found, "opportunity_id", None)
        if hangs_on is not None and await self.opportunity.load(hangs_on) is None:
            return None
        return found

    def _of(self, ask: Ask[Row]) -> DataLoader[UUID, Row | None]:
        async def load(ids: list[UUID]) -> list[Row | None]:
            found = await ask(self._viewer, ids)
            return [found.get(id) for id in ids]

        return DataLoader(load_fn=load, max_batch_size=MOST_IDS)


async def _organization(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, OrganizationRow]:
    """The viewer's own, the only one that is ever asked for."""
    return {id: await people.organization(viewer) for id in ids}


async def _facts(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, OpportunityFacts]:
    """Facts of deals that the viewer was shown; every id comes from a visible row."""
    return await facts.facts_of(viewer.organization_id, ids)


async def sure(loader: DataLoader[UUID, Row | None], id: UUID) -> Row:
    """The row that a foreign key promises."""
    row = await loader.load(id)
    if row is None:
        raise LookupError(f"A row that a foreign key names is not there: {id}.")
    return row
