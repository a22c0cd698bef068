"""The loaders of one request: every row that resolvers ask for one by one, read once for each table."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from schema.core.dataloader import BatchScheduler, Loader, LoadPhase, load_required
from schema.core.part_loaders import PartLoaders
from workflow.queries import parents
from workflow.queries.events import events, webhooks
from workflow.queries.opportunity import accounts, activities, alerts, duplicates, facts, history
from workflow.queries.opportunity import rows as opportunities
from workflow.queries.opportunity.alerts import AlertRow
from workflow.queries.opportunity.duplicates import DealName
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.opportunity.totals import Totals, totals_by_filter
from workflow.queries.paging import Page
from workflow.queries.people import api_keys, people
from workflow.queries.people.people import OrganizationRow
from workflow.queries.process import processes
from workflow.queries.reports import rates, targets
from workflow.rules.enums import AlertStatus
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.permissions import Viewer

Row = TypeVar("Row")
ScopedFetch = Callable[[Viewer, Collection[UUID]], Awaitable[dict[UUID, Row]]]

PART_FIELDS: dict[str, str] = {
    "Stakeholder": "stakeholders",
    "Competitor": "competitors",
    "Risk": "risks",
    "Mitigation": "risks",
    "Milestone": "milestones",
}
"""The types whose rows are read with their deal, and the field of its facts that holds them."""


class Loaders:
    """The loaders of one request. They store what they read, so an operation that writes needs new ones."""

    def __init__(self, viewer: Viewer, now: datetime) -> None:
        self._viewer = viewer
        self._scheduler = BatchScheduler()
        self.opportunity = self._loader(LoadPhase.DEALS, opportunities.opportunities_by_id)
        self.account = self._loader(LoadPhase.PARTS, accounts.accounts_by_id)
        self.contact = self._loader(LoadPhase.PEOPLE, accounts.contacts_by_id)
        self.member = self._loader(LoadPhase.PEOPLE, people.members_by_id)
        self.team = self._loader(LoadPhase.TEAMS, people.teams_by_id)
        self.team_members = self._loader(LoadPhase.TEAMS, people.members_of_teams)
        self.process = self._loader(LoadPhase.PROCESSES, processes.processes_by_id)
        self.transition = self._loader(LoadPhase.LISTS, history.transitions_by_id)
        self.activity = self._loader(LoadPhase.LISTS, activities.activities_by_id)
        self.alert = self._loader(LoadPhase.LISTS, alerts.alerts_by_id)
        self._alerts = Loader(self._scheduler, LoadPhase.LISTS, self._fetch_alerts)
        self.open_deals_by_name = Loader(self._scheduler, LoadPhase.LISTS, self._fetch_open_deals)
        self.target = self._loader(LoadPhase.LISTS, targets.targets_by_id)
        self.rate = self._loader(LoadPhase.LISTS, rates.rates_by_id)
        self.event = self._loader(LoadPhase.LISTS, events.events_by_id)
        self.api_key = self._loader(LoadPhase.LISTS, api_keys.api_keys_by_id)
        self.webhook_endpoint = self._loader(LoadPhase.LISTS, webhooks.webhook_endpoints_by_id)
        self.webhook_delivery = self._loader(LoadPhase.LISTS, webhooks.webhook_deliveries_by_id)
        self.facts: Loader[UUID, OpportunityFacts] = Loader(
            self._scheduler, LoadPhase.COMBINED, self._fetch_facts
        )
        self._totals = Loader(self._scheduler, LoadPhase.DEALS, self._fetch_totals)
        self.own_organization = self._loader(LoadPhase.PARTS, _fetch_organization)
        self._parent_loaders: dict[str, Loader[UUID, UUID]] = {}
        self.parts = PartLoaders(self._scheduler, viewer, now, self.transition)
        self._by_type = self._loaders_by_type()

    async def organization(self) -> OrganizationRow:
        """Return the viewer's organization."""
        return await load_required(self.own_organization, self._viewer.organization_id)

    async def totals(self, scope: OpportunityFilter) -> Totals:
        """Return the totals of the deals that match a filter; one statement for all parents of a batch."""
        return await load_required(self._totals, scope)

    async def alerts_of(self, opportunity_id: UUID, statuses: frozenset[AlertStatus]) -> Sequence[AlertRow]:
        """Return a deal's alerts in these statuses; one statement for all deals of a page."""
        return await self._alerts.load((opportunity_id, statuses)) or ()

    def remember_page(self, page: Page[OpportunityRow]) -> Page[OpportunityRow]:
        """Store the deals of a page, and return the page."""
        self.opportunity.prime({row.id: row for row in page.rows})
        return page

    async def part(self, name: str, opportunity_id: UUID) -> Any:
        """Return the part of a deal that a field of its facts holds; empty or None if there is none."""
        (found,) = await self.parts.load(name, [opportunity_id])
        return facts.EMPTY_PARTS[name] if found is None else found

    async def row(self, kind: str, id: UUID) -> object | None:
        """Return the visible row of a GraphQL type; None if there is none, or if the type has no rows."""
        if kind in parents.PART_TABLES and await self.parent_opportunity_id(kind, id) is None:
            return None
        if kind in PART_FIELDS:
            return await self._find_part(kind, id)
        loader = self._by_type.get(kind)
        return None if loader is None else await loader.load(id)

    async def parent_opportunity_id(self, kind: str, id: UUID) -> UUID | None:
        """Return the visible deal that a part belongs to."""
        if kind not in self._parent_loaders:

            async def fetch(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, UUID]:
                return await parents.parent_deals(viewer, kind, ids)

            self._parent_loaders[kind] = self._loader(LoadPhase.DEALS, fetch)
        return await self._parent_loaders[kind].load(id)

    def _loaders_by_type(self) -> dict[str, Loader[UUID, Any]]:
        return {
            "Opportunity": self.opportunity,
            "Account": self.account,
            "Contact": self.contact,
            "Member": self.member,
            "Team": self.team,
            "SalesProcess": self.process,
            "Transition": self.transition,
            "Activity": self.activity,
            "Alert": self.alert,
            "Event": self.event,
            "ExchangeRate": self.rate,
            "Target": self.target,
            "Organization": self.own_organization,
            "ApiKey": self.api_key,
            "WebhookEndpoint": self.webhook_endpoint,
            "WebhookDelivery": self.webhook_delivery,
        }

    async def _find_part(self, kind: str, id: UUID) -> object | None:
        opportunity_id = await self.parent_opportunity_id(kind, id)
        if opportunity_id is None:
            return None
        parts = await self.part(PART_FIELDS[kind], opportunity_id)
        if kind == "Mitigation":
            parts = [mitigation for risk in parts for mitigation in risk.mitigations]
        return next((part for part in parts if part.id == id), None)

    async def _fetch_facts(self, ids: list[UUID]) -> dict[UUID, OpportunityFacts]:
        """Build facts from rows that the page may have read already. The viewer must see the deals."""
        rows = [row for row in await self.opportunity.load_many(ids) if row is not None]
        organization, account_rows, *parts = await gather(
            self.organization(),
            self.account.load_many([row.account_id for row in rows]),
            *(self.parts.load(name, [row.id for row in rows]) for name in facts.PART_LOADERS),
        )
        settings = facts.OrganizationSettings(organization.time_zone, organization.base_currency)
        accounts = {
            account.id: facts.account_facts(account) for account in account_rows if account is not None
        }
        return {
            row.id: facts.build_facts(
                row,
                accounts[row.account_id],
                settings,
                dict(zip(facts.PART_LOADERS, deal_parts, strict=True)),
            )
            for row, *deal_parts in zip(rows, *parts, strict=True)
            if row.account_id in accounts
        }

    async def _fetch_totals(self, scopes: Collection[OpportunityFilter]) -> dict[OpportunityFilter, Totals]:
        return await totals_by_filter(self._viewer, scopes)

    async def _fetch_open_deals(self, names: Collection[DealName]) -> dict[DealName, tuple[UUID, ...]]:
        return await duplicates.open_deals_by_name(self._viewer, names)

    async def _fetch_alerts(
        self, keys: Collection[tuple[UUID, frozenset[AlertStatus]]]
    ) -> dict[tuple[UUID, frozenset[AlertStatus]], Sequence[AlertRow]]:
        # A page usually asks for one set of statuses, so this is one statement.
        found: dict[tuple[UUID, frozenset[AlertStatus]], Sequence[AlertRow]] = {}
        for statuses in {statuses for _, statuses in keys}:
            ids = [id for id, chosen in keys if chosen == statuses]
            rows = await alerts.alerts_by_deal(self._viewer.organization_id, ids, statuses)
            found |= {(id, statuses): rows[id] for id in ids if id in rows}
        return found

    def _loader(self, phase: LoadPhase, fetch: ScopedFetch[Row]) -> Loader[UUID, Row]:
        async def fetch_for_viewer(ids: list[UUID]) -> dict[UUID, Row]:
            return await fetch(self._viewer, ids)

        return Loader(self._scheduler, phase, fetch_for_viewer)


async def _fetch_organization(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, OrganizationRow]:
    """Return the viewer's own organization; no other is ever found."""
    return {id: await people.organization(viewer) for id in ids if id == viewer.organization_id}
