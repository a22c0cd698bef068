"""Lists of opportunities: order, pages and totals."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

import strawberry
from graphql import GraphQLError

from schema.core import connections
from schema.core.context import Info
from schema.core.inputs import bad_input, or_none
from schema.core.money import Money, money
from schema.core.node_query import Id, find_node
from schema.core.nodes import Root, described, needs
from schema.opportunity.filter import (
    OpportunityFilterArgument,
    OpportunityFilterInput,
    parse_opportunity_filter,
)
from schema.opportunity.type import Opportunity
from workflow.queries.opportunity import rows
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.rows import ORDER_TERMS, OpportunityRow
from workflow.queries.paging import Term, Window
from workflow.rules.enums import (
    OpportunityOrderField,
    OrderDirection,
)


@strawberry.input(description="One sort key of a list of opportunities.")
class OpportunityOrder:
    field: OpportunityOrderField = described("The field to sort by.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Ascending or descending."
    )


OpportunityOrderArgument = Annotated[
    list[OpportunityOrder] | None,
    strawberry.argument(description="The sort keys, the most important first. Default: by number."),
]


@strawberry.type(description="A page of opportunities.")
class OpportunityConnection(connections.Connection[Opportunity]):
    @strawberry.field(
        description="The number of items that match the filter, on all pages together. It is exact and "
        "counted for each answer, which takes long if many opportunities match. Ask only if you show it."
    )
    @needs()
    async def total_count(self, root: Root, info: Info) -> int:
        return (await info.context.loaders.totals(root.scope)).count

    @strawberry.field(
        description="The sum of `baseValue` over all opportunities that match the filter, on all pages "
        "together, exact and computed like `totalCount`. Null, with an error, if a currency has no exchange "
        "rate."
    )
    @needs()
    async def total_value(self, root: Root, info: Info) -> Money | None:
        found = await info.context.loaders.totals(root.scope)
        if found.base_minor is None:
            message = "`totalValue` is not known: the currency of an opportunity has no exchange rate."
            raise GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})
        return money(found.base_minor, (await info.context.loaders.organization()).base_currency)


def parse_opportunity_order(order: list[OpportunityOrder] | None) -> tuple[Term, ...]:
    """Convert the order for a query; by number if none is given."""
    found = [_parse_term(part) for part in order or []]
    if len({term.column for term in found}) != len(found):
        raise bad_input("`orderBy` names a field twice. Name each field once.")
    return tuple(found) or (Term("number"),)


def _parse_term(part: OpportunityOrder) -> Term:
    term = ORDER_TERMS[part.field]
    return Term(term.column, descending=part.direction is OrderDirection.DESC, nullable=term.nullable)


async def account_opportunities(
    info: Info,
    account_ids: Sequence[UUID],
    filter: OpportunityFilterInput | None,
    order: Sequence[Term],
    window: Window,
) -> list[connections.Connection[OpportunityRow]]:
    """Return a page of the opportunities of each account; the first pages take one statement."""
    scope = await parse_opportunity_filter(info, filter)
    scopes = [_within_account(scope, id) for id in account_ids]
    if len(scopes) == 1 or not window.is_first:
        return [await _page(info, own, order, window) for own in scopes]
    loaders = info.context.loaders
    columns = loaders.columns_of(OpportunityRow)
    pages = await rows.opportunities_of_accounts(
        info.context.viewer, set(account_ids), scope, order, window.size, columns
    )
    return [
        connections.to_connection(loaders.remember_page(pages[id]), order, own)
        for id, own in zip(account_ids, scopes, strict=True)
    ]


def _within_account(scope: OpportunityFilter, account_id: UUID) -> OpportunityFilter:
    includes_account = scope.account_id is None or account_id in scope.account_id
    return replace(scope, account_id=(account_id,) if includes_account else ())


async def _page(
    info: Info, scope: OpportunityFilter, order: Sequence[Term], window: Window
) -> connections.Connection[OpportunityRow]:
    columns = info.context.loaders.columns_of(OpportunityRow)
    page = await rows.opportunities(info.context.viewer, scope, order, window, columns)
    return connections.to_connection(info.context.loaders.remember_page(page), order, scope)


@strawberry.type
class OpportunityQuery:
    @strawberry.field(
        graphql_type=Opportunity | None,
        description="The opportunity with this id. Null if there is none that you can see.",
    )
    async def opportunity(self, info: Info, id: Id) -> Any:
        return await find_node(info, id, "Opportunity")

    @strawberry.field(
        graphql_type=OpportunityConnection,
        description="The opportunities that you can see, by number unless you pass `orderBy`.",
    )
    @needs()
    async def opportunities(
        self,
        info: Info,
        first: connections.First = strawberry.UNSET,
        after: connections.After = strawberry.UNSET,
        last: connections.Last = strawberry.UNSET,
        before: connections.Before = strawberry.UNSET,
        filter: OpportunityFilterArgument = strawberry.UNSET,
        order_by: OpportunityOrderArgument = strawberry.UNSET,
    ) -> Any:
        order = parse_opportunity_order(or_none(order_by))
        scope = await parse_opportunity_filter(info, or_none(filter))
        window = connections.window(order, first=first, after=after, last=last, before=before)
        return await _page(info, scope, order, window)
