"""The loaders of one request: every row that resolvers ask for one by one, read once for each table."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import Any, Generic, TypeVar
from uuid import UUID

from schema.core.dataloader import Loader, LoadPhase, load_all_required, load_required
from schema.core.part_loaders import PartLoaders
from schema.execution.columns import Columns
from schema.execution.driver import Driver
from workflow.queries import parents
from workflow.queries.events import events, webhooks
from workflow.queries.opportunity import accounts, activities, alerts, duplicates, facts, history
from workflow.queries.opportunity import rows as opportunities
from workflow.queries.opportunity.accounts import AccountRow, ContactRow
from workflow.queries.opportunity.alerts import AlertRow
from workflow.queries.opportunity.duplicates import DealName
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.opportunity.totals import Totals, totals_by_filter
from workflow.queries.paging import Page
from workflow.queries.people import api_keys, people
from workflow.queries.people.people import MemberRow, OrganizationRow
from workflow.queries.process import processes
from workflow.queries.reports import rates, targets
from workflow.rules.enums import AlertStatus
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.permissions import Viewer
from workflow.rules.process.document import ProcessDocument

Row = TypeVar("Row")
SelectiveFetch = Callable[[Viewer, Collection[UUID], Collection[str] | None], Awaitable[dict[UUID, Row]]]
ScopedFetch = Callable[[Viewer, Collection[UUID]], Awaitable[dict[UUID, Row]]]

PART_FIELDS: dict[str, str] = {
    "Stakeholder": "stakeholders",
    "Competitor": "competitors",
    "Risk": "risks",
    "Mitigation": "risks",
    "Milestone": "milestones",
}
"""The types whose rows are read with their deal, and the field of its facts that holds them."""


LOADER_OF_TYPE: dict[str, str] = {
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
"""The loader of each GraphQL type whose objects are rows of a table."""


class _ById(Generic[Row]):
    """Declares a loader of rows by their ids; it is made at its first use in a request."""

    def __init__(self, phase: LoadPhase, fetch: ScopedFetch[Row]) -> None:
        self._phase = phase
        self._fetch = fetch

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, loaders: "Loaders", owner: type) -> Loader[UUID, Row]:
        loader = Loader(loaders.driver, self._phase, partial(self._fetch_rows, loaders))
        vars(loaders)[self._name] = loader
        return loader

    async def _fetch_rows(self, loaders: "Loaders", ids: Collection[UUID]) -> dict[UUID, Row]:
        return await self._fetch(loaders.viewer, ids)


class _Selected(_ById[Row]):
    """Declares a loader of rows by their ids, of which only the selected columns are read."""

    def __init__(self, phase: LoadPhase, fetch: SelectiveFetch[Row], row: type[Row]) -> None:
        self._phase = phase
        self._fetch_selected = fetch
        self._row = row

    async def _fetch_rows(self, loaders: "Loaders", ids: Collection[UUID]) -> dict[UUID, Row]:
        return await self._fetch_selected(loaders.viewer, ids, loaders.columns_of(self._row))


class _Opportunities(_ById[OpportunityRow]):
    """Declares the loader of opportunities. Those that the operation has written are not read again."""

    async def _fetch_rows(self, loaders: "Loaders", ids: Collection[UUID]) -> dict[UUID, OpportunityRow]:
        written = {id: loaders.written_rows[id] for id in ids if id in loaders.written_rows}
        others = [id for id in ids if id not in written]
        return {**written, **(await self._fetch(loaders.viewer, others) if others else {})}


class Loaders:
    """The loaders of one request. They store what they read, so an operation that writes needs new ones."""

    opportunity = _Opportunities(LoadPhase.DEALS, opportunities.opportunities_by_id)
    account = _Selected(LoadPhase.PARTS, accounts.accounts_by_id, AccountRow)
    contact = _Selected(LoadPhase.PEOPLE, accounts.contacts_by_id, ContactRow)
    member = _Selected(LoadPhase.PEOPLE, people.members_by_id, MemberRow)
    team = _ById(LoadPhase.TEAMS, people.teams_by_id)
    team_members = _ById(LoadPhase.TEAMS, people.members_of_teams)
    process = _ById(LoadPhase.PROCESSES, processes.processes_by_id)
    transition = _ById(LoadPhase.LISTS, history.transitions_by_id)
    activity = _ById(LoadPhase.LISTS, activities.activities_by_id)
    alert = _ById(LoadPhase.LISTS, alerts.alerts_by_id)
    target = _ById(LoadPhase.LISTS, targets.targets_by_id)
    rate = _ById(LoadPhase.LISTS, rates.rates_by_id)
    event = _ById(LoadPhase.LISTS, events.events_by_id)
    api_key = _ById(LoadPhase.LISTS, api_keys.api_keys_by_id)
    webhook_endpoint = _ById(LoadPhase.LISTS, webhooks.webhook_endpoints_by_id)
    webhook_delivery = _ById(LoadPhase.LISTS, webhooks.webhook_deliveries_by_id)
    own_organization = _ById(LoadPhase.PARTS, people.own_organization)

    def __init__(self, viewer: Viewer, now: datetime, driver: Driver) -> None:
        self.viewer = viewer
        self.driver = driver
        self.columns: Columns | None = None
        self.written_rows: dict[UUID, OpportunityRow] = {}
        self._now = now
        self._parent_loaders: dict[str, Loader[UUID, UUID]] = {}

    def close(self) -> None:
        """Drop all rows at once: loaders refer to each other, and would wait for the collector of garbage."""
        if "parts" in vars(self):
            self.parts.close()
        vars(self).clear()

    def columns_of(self, row: type) -> frozenset[str] | None:
        """Return the columns that the response needs of a class of rows; None if it may need all."""
        return None if self.columns is None else self.columns.get(row, frozenset())

    @cached_property
    def parts(self) -> PartLoaders:
        """The loaders of the parts of deals."""
        return PartLoaders(self.driver, self.viewer, self._now, self.transition, lambda: self.columns)

    @cached_property
    def open_deals_by_name(self) -> Loader[DealName, tuple[UUID, ...]]:
        """The loader of open deals by account and name."""
        return Loader(self.driver, LoadPhase.LISTS, partial(duplicates.open_deals_by_name, self.viewer))

    @cached_property
    def facts(self) -> Loader[UUID, OpportunityFacts]:
        """The loader of the facts of deals."""
        return Loader(self.driver, LoadPhase.FACTS, self._fetch_facts)

    @cached_property
    def _documents(self) -> Loader[UUID, ProcessDocument]:
        fetch = partial(processes.documents_by_id, self.viewer.organization_id)
        return Loader(self.driver, LoadPhase.PROCESSES, fetch)

    @cached_property
    def _alerts(self) -> Loader[tuple[UUID, frozenset[AlertStatus]], Sequence[AlertRow]]:
        return Loader(self.driver, LoadPhase.LISTS, self._fetch_alerts)

    @cached_property
    def _totals(self) -> Loader[OpportunityFilter, Totals]:
        return Loader(self.driver, LoadPhase.DEALS, self._fetch_totals)

    async def organization(self) -> OrganizationRow:
        """Return the viewer's organization."""
        return await load_required(self.own_organization, self.viewer.organization_id)

    async def totals(self, scope: OpportunityFilter) -> Totals:
        """Return the totals of the deals that match a filter; one statement for all parents of a batch."""
        return await load_required(self._totals, scope)

    async def alerts_of(
        self, opportunity_ids: Sequence[UUID], statuses: frozenset[AlertStatus]
    ) -> list[Sequence[AlertRow]]:
        """Return the alerts of each deal in these statuses; one statement for all deals of a page."""
        found = await self._alerts.load_many([(id, statuses) for id in opportunity_ids])
        return [alerts_of_deal or () for alerts_of_deal in found]

    def remember_page(self, page: Page[OpportunityRow]) -> Page[OpportunityRow]:
        """Store the deals of a page, and return the page."""
        # The loader has rows with all columns.
        if self.columns is None:
            self.opportunity.prime({row.id: row for row in page.rows})
        return page

    async def part(self, name: str, opportunity_id: UUID) -> Any:
        """Return the part of a deal that a field of its facts holds; empty or None if there is none."""
        (found,) = await self.parts.load(name, [opportunity_id])
        return facts.EMPTY_PARTS[name] if found is None else found

    async def part_of_each(self, name: str, opportunity_ids: Sequence[UUID]) -> list[Any]:
        """Return the part of each deal like `part`, in the order of the deals."""
        empty = facts.EMPTY_PARTS[name]
        return [empty if part is None else part for part in await self.parts.load(name, opportunity_ids)]

    async def facts_and_process(
        self, rows: Sequence[OpportunityRow]
    ) -> list[tuple[OpportunityFacts, ProcessDocument]]:
        """Return the facts of each deal, and the document of the process that it follows."""
        if not rows:
            return []
        deal_facts = await load_all_required(self.facts, [row.id for row in rows])
        documents = await load_all_required(self._documents, [row.process_id for row in rows])
        return list(zip(deal_facts, documents, strict=True))

    async def row(self, kind: str, id: UUID) -> object | None:
        """Return the visible row of a GraphQL type; None if there is none, or if the type has no rows."""
        if kind in parents.PART_TABLES and await self.parent_opportunity_id(kind, id) is None:
            return None
        if kind in PART_FIELDS:
            return await self._find_part(kind, id)
        name = LOADER_OF_TYPE.get(kind)
        return None if name is None else await getattr(self, name).load(id)

    async def parent_opportunity_id(self, kind: str, id: UUID) -> UUID | None:
        """Return the visible deal that a part belongs to."""
        if kind not in self._parent_loaders:
            fetch = partial(parents.parent_deals, self.viewer, kind)
            self._parent_loaders[kind] = Loader(self.driver, LoadPhase.DEALS, fetch)
        return await self._parent_loaders[kind].load(id)

    async def _find_part(self, kind: str, id: UUID) -> object | None:
        opportunity_id = await self.parent_opportunity_id(kind, id)
        if opportunity_id is None:
            return None
        parts = await self.part(PART_FIELDS[kind], opportunity_id)
        if kind == "Mitigation":
            parts = [mitigation for risk in parts for mitigation in risk.mitigations]
        return next((part for part in parts if part.id == id), None)

    async def _fetch_facts(self, ids: list[UUID]) -> dict[UUID, OpportunityFacts]:
        """Load the facts of the visible deals among these, and store the parts, which other fields show."""
        found = {id: deal.facts for id, deal in (await facts.load_deals(self.viewer, ids, self._now)).items()}
        self.parts.store(found)
        return found

    async def _fetch_totals(self, scopes: Collection[OpportunityFilter]) -> dict[OpportunityFilter, Totals]:
        return await totals_by_filter(self.viewer, scopes)

    async def _fetch_alerts(
        self, keys: Collection[tuple[UUID, frozenset[AlertStatus]]]
    ) -> dict[tuple[UUID, frozenset[AlertStatus]], Sequence[AlertRow]]:
        # A page usually asks for one set of statuses, so this is one statement.
        found: dict[tuple[UUID, frozenset[AlertStatus]], Sequence[AlertRow]] = {}
        for statuses in {statuses for _, statuses in keys}:
            ids = [id for id, chosen in keys if chosen == statuses]
            rows = await alerts.alerts_by_deal(self.viewer.organization_id, ids, statuses)
            found |= {(id, statuses): rows[id] for id in ids if id in rows}
        return found
