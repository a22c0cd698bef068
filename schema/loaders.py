"""Batches: whatever many rows of a page ask for one by one is asked of the database once a table."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from workflow.queries import (
    accounts,
    activities,
    events,
    facts,
    hanging,
    history,
    opportunities,
    people,
    processes,
    rates,
)
from workflow.queries.accounts import AccountRow, ContactRow
from workflow.queries.activities import ActivityRow
from workflow.queries.events import EventRow
from workflow.queries.history import TransitionRow
from workflow.queries.nested import NestedList
from workflow.queries.opportunities import OpportunityRow
from workflow.queries.paging import Page, Window
from workflow.queries.people import MemberRow, OrganizationRow, TeamRow
from workflow.queries.processes import ProcessRow
from workflow.queries.rates import RateRow
from workflow.rules.facts import OpportunityFacts
from workflow.rules.parts import OverrideFacts
from workflow.rules.permissions import Viewer

Row = TypeVar("Row")
Loader = DataLoader[UUID, Row | None]
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
    "Activity": "activity",
    "Event": "event",
    "ExchangeRate": "rate",
}
"""The loader of each type that `node(id:)` finds by itself."""
HANGING: dict[str, str] = {
    "Stakeholder": "stakeholders",
    "Competitor": "competitors",
    "Risk": "risks",
    "Mitigation": "risks",
    "Milestone": "milestones",
}
"""The types that hang on a deal, and the field of its facts that holds them."""


class Loaders:
    """One request's loaders; an operation that wrote makes new ones, for they remember."""

    def __init__(self, viewer: Viewer, now: datetime) -> None:
        self._viewer, self._now = viewer, now
        self.opportunity: Loader[OpportunityRow] = self._of(opportunities.opportunities_by_id)
        self.account: Loader[AccountRow] = self._of(accounts.accounts_by_id)
        self.contact: Loader[ContactRow] = self._of(accounts.contacts_by_id)
        self.member: Loader[MemberRow] = self._of(people.members_by_id)
        self.team: Loader[TeamRow] = self._of(people.teams_by_id)
        self.team_members: Loader[list[MemberRow]] = self._of(people.members_of_teams)
        self.process: Loader[ProcessRow] = self._of(processes.processes_by_id)
        self.transition: Loader[TransitionRow] = self._of(history.transitions_by_id)
        self.override: Loader[OverrideFacts] = self._of(history.overrides_of)
        self.activity: Loader[ActivityRow] = self._of(activities.activities_by_id)
        self.participants: Loader[tuple[ContactRow, ...]] = self._of(activities.participants)
        self.rate: Loader[RateRow] = self._of(rates.rates_by_id)
        self.event: Loader[EventRow] = self._of(events.events_by_id)
        self.parts: dict[str, Loader[Any]] = {name: self._part(ask) for name, ask in facts.PARTS.items()}
        self.facts: Loader[OpportunityFacts] = DataLoader(load_fn=self._facts, max_batch_size=MOST_IDS)
        self._deals: dict[str, Loader[UUID]] = {}
        self._pages: dict[tuple[type, int], Loader[Page[Any]]] = {}
        self._counts: dict[type, Loader[int]] = {}
        self._organization: Loader[OrganizationRow] = self._of(_organization)

    async def organization(self) -> OrganizationRow:
        """The viewer's organization, read once a request however many rows of a page ask at once."""
        return await sure(self._organization, self._viewer.organization_id)

    def seen(self, page: Page[OpportunityRow]) -> Page[OpportunityRow]:
        """The page, its deals remembered."""
        self.opportunity.prime_many({row.id: row for row in page.rows})
        return page

    async def part(self, name: str, opportunity_id: UUID) -> Any:
        """What hangs on a deal under a field of its facts; an empty tuple or None where nothing does."""
        found = await self.parts[name].load(opportunity_id)
        return facts.EMPTY[name] if found is None else found

    async def row(self, kind: str, id: UUID) -> object | None:
        """The visible row of a type by its name; None for what has no rows or is not seen."""
        if kind in hanging.HOOKS:
            return await self._hanging(kind, id)
        return await self._node(kind, id) if kind in NODES else None

    async def deal_of(self, kind: str, id: UUID) -> UUID | None:
        """The visible deal that a part hangs on."""
        if kind not in self._deals:

            async def ask(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, UUID]:
                return await hanging.deals_of(viewer, kind, ids)

            self._deals[kind] = self._of(ask)
        return await self._deals[kind].load(id)

    async def page(self, nested: NestedList[Row], opportunity_id: UUID, window: Window) -> Page[Row]:
        """A page of a list that hangs on a deal; the first pages of many deals are read at once."""
        if window.after is not None or window.backward:
            return await nested.page_of(self._viewer, opportunity_id, window)
        key = (nested.table, window.size)
        if key not in self._pages:

            async def ask(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, Page[Any]]:
                return dict(await nested.first_pages(viewer, ids, window.size))

            self._pages[key] = self._of(ask)
        return await sure(self._pages[key], opportunity_id)

    async def count(self, nested: NestedList[Any], opportunity_id: UUID) -> int:
        """How many rows of a list hang on a deal."""
        if nested.table not in self._counts:
            self._counts[nested.table] = self._of(nested.counts)
        return await sure(self._counts[nested.table], opportunity_id)

    async def _node(self, kind: str, id: UUID) -> object | None:
        found: object | None = await getattr(self, NODES[kind]).load(id)
        return found

    async def _hanging(self, kind: str, id: UUID) -> object | None:
        deal = await self.deal_of(kind, id)
        if deal is None:
            return None
        if kind in NODES:
            return await self._node(kind, id)
        parts = await self.part(HANGING[kind], deal)
        if kind == "Mitigation":
            parts = [mitigation for risk in parts for mitigation in risk.mitigations]
        return next((part for part in parts if part.id == id), None)

    async def _facts(self, ids: list[UUID]) -> list[OpportunityFacts | None]:
        """Facts out of rows, accounts and parts that the page may have read already; every deal was shown to the viewer."""
        rows = await self.opportunity.load_many(ids)
        organization = await self.organization()
        home = facts.Home(organization.time_zone, organization.base_currency)
        known = [row.account_id for row in rows if row is not None]
        accounts = dict(zip(known, await self.account.load_many(known), strict=True))
        parts = {name: await loader.load_many(ids) for name, loader in self.parts.items()}
        found: list[OpportunityFacts | None] = []
        for place, row in enumerate(rows):
            account = None if row is None else accounts[row.account_id]
            if row is None or account is None:
                found.append(None)
                continue
            mine = {name: kept[place] for name, kept in parts.items()}
            found.append(facts.assembled(row, facts.account_facts(account), home, mine))
        return found

    def _part(self, ask: facts.Ask) -> Loader[Any]:
        async def asked(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, Any]:
            return dict(await ask(viewer.organization_id, ids, self._now))

        return self._of(asked)

    def _of(self, ask: Ask[Row]) -> Loader[Row]:
        async def load(ids: list[UUID]) -> list[Row | None]:
            found = await ask(self._viewer, ids)
            return [found.get(id) for id in ids]

        return DataLoader(load_fn=load, max_batch_size=MOST_IDS)


async def _organization(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, OrganizationRow]:
    """The viewer's own, the only one that is ever asked for."""
    return {id: await people.organization(viewer) for id in ids}


async def sure(loader: DataLoader[UUID, Row | None], id: UUID) -> Row:
    """The row that a foreign key promises."""
    row = await loader.load(id)
    if row is None:
        raise LookupError(f"A row that a foreign key names is not there: {id}.")
    return row
