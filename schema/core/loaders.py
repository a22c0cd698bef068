"""What one request has read: whatever many rows of a page ask for one by one is asked of the database once a table."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from schema.core.dataloader import Loader, Turn, Turns, sure
from schema.core.part_loaders import Parts
from workflow.queries import parents
from workflow.queries.events import events, webhooks
from workflow.queries.opportunity import accounts, activities, alerts, duplicates, facts, history
from workflow.queries.opportunity import rows as opportunities
from workflow.queries.opportunity.alerts import AlertRow
from workflow.queries.opportunity.duplicates import Called
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.rows import OpportunityRow, Totals
from workflow.queries.paging import Page
from workflow.queries.people import api_keys, people
from workflow.queries.people.people import OrganizationRow
from workflow.queries.process import processes
from workflow.queries.reports import rates, targets
from workflow.rules.enums import AlertStatus
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.permissions import Viewer

Row = TypeVar("Row")
Asking = Callable[[Viewer, Collection[UUID]], Awaitable[dict[UUID, Row]]]

NODES = {
    "Opportunity": "opportunity",
    "Account": "account",
    "Contact": "contact",
    "Member": "member",
    "Team": "team",
    "SalesProcess": "process",
    "Transition": "transition",
    "Activity": "activity",
    "Alert": "alert",
    "Event": "event",
    "ExchangeRate": "rate",
    "Target": "target",
    "Organization": "own_organization",
    "ApiKey": "api_key",
    "WebhookEndpoint": "webhook_endpoint",
    "WebhookDelivery": "webhook_delivery",
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
        self._viewer, self._now, self._turns = viewer, now, Turns()
        self.opportunity = self._of(Turn.DEALS, opportunities.opportunities_by_id)
        self.account = self._of(Turn.PARTS, accounts.accounts_by_id)
        self.contact = self._of(Turn.PEOPLE, accounts.contacts_by_id)
        self.member = self._of(Turn.PEOPLE, people.members_by_id)
        self.team = self._of(Turn.TEAMS, people.teams_by_id)
        self.team_members = self._of(Turn.TEAMS, people.members_of_teams)
        self.process = self._of(Turn.PROCESSES, processes.processes_by_id)
        self.transition = self._of(Turn.LISTS, history.transitions_by_id)
        self.activity = self._of(Turn.LISTS, activities.activities_by_id)
        self.alert = self._of(Turn.LISTS, alerts.alerts_by_id)
        self._alerts = Loader(self._turns, Turn.LISTS, self._ask_alerts)
        self.open_deals_called = Loader(self._turns, Turn.LISTS, self._ask_names)
        self.target = self._of(Turn.LISTS, targets.targets_by_id)
        self.rate = self._of(Turn.LISTS, rates.rates_by_id)
        self.event = self._of(Turn.LISTS, events.events_by_id)
        self.api_key = self._of(Turn.LISTS, api_keys.api_keys_by_id)
        self.webhook_endpoint = self._of(Turn.LISTS, webhooks.webhook_endpoints_by_id)
        self.webhook_delivery = self._of(Turn.LISTS, webhooks.webhook_deliveries_by_id)
        self.facts: DataLoader[UUID, OpportunityFacts | None] = DataLoader(load_fn=self._facts)
        self._totals = Loader(self._turns, Turn.DEALS, self._ask_totals)
        self.own_organization = self._of(Turn.PARTS, _organization)
        self._deals: dict[str, Loader[UUID, UUID]] = {}
        self.parts = Parts(self._turns, viewer, now, self.transition)

    async def organization(self) -> OrganizationRow:
        """The viewer's organization, read once a request however many rows of a page ask at once."""
        return await sure(self.own_organization, self._viewer.organization_id)

    async def totals(self, scope: OpportunityFilter) -> Totals:
        """Count and sum over everything that a filter lets through, read once for both."""
        return await sure(self._totals, scope)

    async def alerts_of(self, opportunity_id: UUID, statuses: frozenset[AlertStatus]) -> Sequence[AlertRow]:
        """A deal's alerts in these statuses, asked once for all deals of a page."""
        return await self._alerts.load((opportunity_id, statuses)) or ()

    def seen(self, page: Page[OpportunityRow]) -> Page[OpportunityRow]:
        """The page, its deals remembered."""
        self.opportunity.prime({row.id: row for row in page.rows})
        return page

    async def part(self, name: str, opportunity_id: UUID) -> Any:
        """What hangs on a deal under a field of its facts; an empty tuple or None where nothing does."""
        (found,) = await self.parts.of(name, [opportunity_id])
        return facts.EMPTY[name] if found is None else found

    async def row(self, kind: str, id: UUID) -> object | None:
        """The visible row of a type by its name; None for what has no rows or is not seen."""
        if kind in parents.HOOKS:
            return await self._hanging(kind, id)
        return await self._node(kind, id) if kind in NODES else None

    async def deal_of(self, kind: str, id: UUID) -> UUID | None:
        """The visible deal that a part hangs on."""
        if kind not in self._deals:

            async def ask(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, UUID]:
                return await parents.deals_of(viewer, kind, ids)

            self._deals[kind] = self._of(Turn.DEALS, ask)
        return await self._deals[kind].load(id)

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
        known = [row.account_id for row in rows if row is not None]
        own, kept, *parts = await gather(
            self.organization(), self.account.load_many(known), *(self.parts.of(name, ids) for name in facts.PARTS)
        )
        home = facts.Home(own.time_zone, own.base_currency)
        accounts = {account.id: facts.account_facts(account) for account in kept if account is not None}
        found: list[OpportunityFacts | None] = []
        for row, *mine in zip(rows, *parts, strict=True):
            account = None if row is None else accounts.get(row.account_id)
            if row is None or account is None:
                found.append(None)
                continue
            found.append(facts.assembled(row, account, home, dict(zip(facts.PARTS, mine, strict=True))))
        return found

    async def _ask_totals(self, scopes: Collection[OpportunityFilter]) -> dict[OpportunityFilter, Totals]:
        """One statement a filter."""
        return {scope: await opportunities.totals(self._viewer, scope) for scope in scopes}

    async def _ask_names(self, names: Collection[Called]) -> dict[Called, tuple[UUID, ...]]:
        """One statement for the names of a page."""
        return await duplicates.open_deals_called(self._viewer, names)

    async def _ask_alerts(
        self, wanted: Collection[tuple[UUID, frozenset[AlertStatus]]]
    ) -> dict[tuple[UUID, frozenset[AlertStatus]], Sequence[AlertRow]]:
        """One statement for each choice of statuses."""
        found: dict[tuple[UUID, frozenset[AlertStatus]], Sequence[AlertRow]] = {}
        for statuses in {statuses for _, statuses in wanted}:
            ids = [id for id, chosen in wanted if chosen == statuses]
            rows = await alerts.alerts_of(self._viewer.organization_id, ids, statuses)
            found |= {(id, statuses): rows[id] for id in ids if id in rows}
        return found

    def _of(self, turn: Turn, ask: Asking[Row]) -> Loader[UUID, Row]:
        async def asked(ids: list[UUID]) -> dict[UUID, Row]:
            return await ask(self._viewer, ids)

        return Loader(self._turns, turn, asked)


async def _organization(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, OrganizationRow]:
    """The viewer's own, the only one that is ever found."""
    return {id: await people.organization(viewer) for id in ids if id == viewer.organization_id}
