"""Contender N: plain Strawberry over the Tortoise models, with prefetched relations and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry
from starlette.applications import Starlette
from strawberry.asgi import GraphQL
from tortoise import Tortoise

from bench.reads import environment
from workflow.models import Milestone, Opportunity, Stakeholder
from workflow.models.engine.database import tortoise_config

OPEN_STATES = ("LEAD", "QUALIFIED", "PROGRESSING")


@strawberry.type(name="Money")
class PlainMoney:
    """An amount of money."""

    amount: Decimal
    currency: str


@strawberry.type(name="Named")
class PlainNamed:
    """An owner, an account or a contact, of which only the name is read."""

    name: str


@strawberry.type(name="Stakeholder")
class PlainStakeholder:
    """A contact's part in a deal."""

    roles: list[str]
    contact: PlainNamed


@strawberry.type(name="Buyer")
class PlainBuyer:
    """The buyer's side of a deal."""

    stakeholders: list[PlainStakeholder]


@strawberry.type(name="Milestone")
class PlainMilestone:
    """A milestone of a deal."""

    name: str
    status: str
    due: date | None


@strawberry.type(name="Opportunity")
class PlainOpportunity:
    """A deal; its plain fields are read from its row."""

    row: strawberry.Private[Any]  # Any: Tortoise types neither its columns nor its relations
    id: strawberry.ID
    number: int
    name: str
    type: str
    source: str | None
    state: str
    state_since: datetime
    probability: float
    forecast_category: str
    expected_close_date: date | None
    push_count: int
    version: int
    created_at: datetime
    updated_at: datetime

    @strawberry.field
    def value(self) -> PlainMoney | None:
        """Return the value in its own currency."""
        if self.row.value_minor is None:
            return None
        return PlainMoney(amount=Decimal(self.row.value_minor).scaleb(-2), currency=self.row.value_currency)

    @strawberry.field
    def owner(self) -> PlainNamed:
        """Return the prefetched owner."""
        return PlainNamed(name=self.row.owner.name)

    @strawberry.field
    def account(self) -> PlainNamed:
        """Return the prefetched account."""
        return PlainNamed(name=self.row.account.name)

    @strawberry.field
    def buyer(self) -> PlainBuyer:
        """Return the prefetched stakeholders with their contacts."""
        return PlainBuyer(
            stakeholders=[
                PlainStakeholder(roles=one.roles, contact=PlainNamed(name=one.contact.name))
                for one in self.row.prefetched_stakeholders
            ]
        )

    @strawberry.field
    def milestones(self) -> list[PlainMilestone]:
        """Return the prefetched milestones."""
        return [
            PlainMilestone(name=one.name, status=one.status, due=one.due)
            for one in self.row.prefetched_milestones
        ]


@strawberry.type(name="OpportunityConnection")
class PlainConnection:
    """A page of deals."""

    nodes: list[PlainOpportunity]


@strawberry.input(name="OpportunityFilter")
class PlainFilter:
    """A filter for deals."""

    open: bool | None = None


@strawberry.input(name="OpportunityOrder")
class PlainOrder:
    """A sort key of deals."""

    field: str


@strawberry.type(name="Query")
class PlainQuery:
    """The one query of this contender."""

    @strawberry.field
    async def opportunities(
        self, first: int = 20, filter: PlainFilter | None = None, order_by: list[PlainOrder] | None = None
    ) -> PlainConnection:
        """Return a page of deals; the open ones with all that the board shows."""
        found = Opportunity.filter(organization_id=environment.organization_id(), deleted_at=None)
        keys = [key.field.lower() for key in order_by or ()]
        if filter and filter.open:
            rows: list[Any] = await (
                found.filter(state__in=OPEN_STATES)
                .order_by(*keys, "id")
                .limit(first)
                .prefetch_related("owner", "account")
            )
            await _prefetch_parts(rows)
        else:
            rows = await found.order_by(*keys, "number").limit(first)
        return PlainConnection(nodes=[_opportunity(row) for row in rows])


async def _prefetch_parts(rows: Iterable[Any]) -> None:
    """Read the stakeholders and milestones of deals in one statement for each table."""
    # The models have no reverse relations, so what `prefetch_related` does for them is written out.
    by_id = {row.id: row for row in rows}
    for row in by_id.values():
        row.prefetched_stakeholders = []
        row.prefetched_milestones = []
    of_deals = {"opportunity_id__in": list(by_id)}
    people: list[Any] = (
        await Stakeholder.filter(**of_deals).order_by("created_at", "id").prefetch_related("contact")
    )
    for person in people:
        by_id[person.opportunity_id].prefetched_stakeholders.append(person)
    milestones: list[Any] = await Milestone.filter(**of_deals).order_by("position", "id")
    for milestone in milestones:
        by_id[milestone.opportunity_id].prefetched_milestones.append(milestone)


def _opportunity(row: Any) -> PlainOpportunity:
    return PlainOpportunity(
        row=row,
        id=strawberry.ID(str(row.id)),
        number=row.number,
        name=row.name,
        type=row.type,
        source=row.source,
        state=row.state,
        state_since=row.state_since,
        probability=row.probability,
        forecast_category=row.forecast_category,
        expected_close_date=row.expected_close_date,
        push_count=row.push_count,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    """Open the database by Tortoise's own engine, without the row security of the product."""
    config = tortoise_config(environment.database_url())
    config["connections"] = {name: environment.database_url() for name in config["connections"]}
    await Tortoise.init(config=config, _enable_global_fallback=True)
    yield
    await Tortoise.close_connections()


app = Starlette(lifespan=_lifespan)
app.mount("/graphql", GraphQL[None, None](strawberry.Schema(query=PlainQuery)))
