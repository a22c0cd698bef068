"""Accounts and contacts: types, lists, inputs, mutations."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from schema.accounts.filters import AccountFilterInput, ContactFilter, parse_account_filter
from schema.core import connections, ids
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import or_none
from schema.core.money import Money, money
from schema.core.nodes import Node, PageInfo, backed_by, described, node_id
from schema.core.scalars import Json
from workflow.queries.opportunity import accounts
from workflow.queries.opportunity.accounts import AccountFilter, AccountRow, ContactRow
from workflow.queries.paging import Term, Window

if TYPE_CHECKING:
    from schema.opportunity.list import OpportunityConnection, OpportunityFilterInput, OpportunityOrder
else:
    OpportunityConnection = Annotated["OpportunityConnection", strawberry.lazy("schema.opportunity.list")]
    OpportunityFilterInput = Annotated["OpportunityFilterInput", strawberry.lazy("schema.opportunity.list")]
    OpportunityOrder = Annotated["OpportunityOrder", strawberry.lazy("schema.opportunity.list")]

ORDER = (Term("name_folded"),)


@strawberry.type(description="A company that may buy.")
class Account(Node):
    is_type_of = backed_by(AccountRow)
    id: strawberry.ID = node_id("Account")
    name: str = described("The company's name; not unique.")
    domain: str | None = described("Its internet domain in lower case; unique in the organization.")
    industry: str | None = described("Its industry, in the company's own words.")
    employee_count: int | None = described("How many people work there.")
    country: str | None = described("Where it is.")
    external_system: str | None = described("The system it came from.")
    external_id: str | None = described("Its id there; with `externalSystem` unique in the organization.")
    attributes: Json = described("What this company keeps of accounts beyond the fields; fit rules can read it.")
    version: int = described("Counts its changes; give it as `expectedVersion`.")
    created_at: datetime = described("When it was made here.")
    updated_at: datetime = described("When it was last changed.")

    @strawberry.field(description="What it sells in a year.")
    def annual_revenue(self, root: strawberry.Parent[Any]) -> Money | None:
        return money(root.annual_revenue_minor, root.annual_revenue_currency)

    @strawberry.field(
        graphql_type=Annotated["ContactConnection", strawberry.lazy("schema.accounts.types")],
        description="Its people by name.",
    )
    async def contacts(
        self,
        root: strawberry.Parent[Any],
        info: Info,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> Any:
        window = connections.window(ORDER, first=first, after=after, last=last, before=before)
        return await contact_page(info, AccountFilter(account_id=(root.id,)), window)

    @strawberry.field(
        graphql_type=OpportunityConnection,
        description="Its opportunities that the viewer sees, by number unless ordered otherwise.",
    )
    async def opportunities(
        self,
        root: strawberry.Parent[Any],
        info: Info,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
        filter: OpportunityFilterInput | None = strawberry.UNSET,
        order_by: list[OpportunityOrder] | None = strawberry.UNSET,
    ) -> Any:
        from schema.opportunity.list import (  # here, for an opportunity knows its account
            account_opportunities,
            parse_opportunity_order,
        )

        order = parse_opportunity_order(or_none(order_by))
        window = connections.window(order, first=first, after=after, last=last, before=before)
        return await account_opportunities(info, root.id, or_none(filter), order, window)


@strawberry.type(description="A person at an account.")
class Contact(Node):
    is_type_of = backed_by(ContactRow)
    id: strawberry.ID = node_id("Contact")
    name: str = described("The person's name.")
    email: str | None = described("In lower case.")
    phone: str | None = described("As it is dialled.")
    title: str | None = described("Their position.")
    external_system: str | None = described("The system they came from.")
    external_id: str | None = described("Their id there; with `externalSystem` unique in the organization.")
    attributes: Json = described("What this company keeps of contacts beyond the fields.")
    version: int = described("Counts their changes; give it as `expectedVersion`.")
    created_at: datetime = described("When they were made here.")
    updated_at: datetime = described("When they were last changed.")

    @strawberry.field(graphql_type=Account, description="The company they work for.")
    async def account(self, root: strawberry.Parent[Any], info: Info) -> AccountRow:
        return await load_required(info.context.loaders.account, root.account_id)


@strawberry.type(description="An account in a list.")
class AccountEdge:
    is_type_of = backed_by(connections.Edge)
    cursor: str = described("Go on from here with `after`.")
    node: Account = described("The account.")


@strawberry.type(description="A page of accounts.")
class AccountConnection:
    is_type_of = backed_by(connections.Connection)
    edges: list[AccountEdge] = described("The rows with their cursors.")
    nodes: list[Account] = described("The rows.")
    page_info: PageInfo = described("Where the page stands.")

    @strawberry.field(description="How many match the filter, not only this page.")
    async def total_count(self, root: strawberry.Parent[Any], info: Info) -> int:
        return await accounts.count_accounts(info.context.viewer, root.scope)


@strawberry.type(description="A contact in a list.")
class ContactEdge:
    is_type_of = backed_by(connections.Edge)
    cursor: str = described("Go on from here with `after`.")
    node: Contact = described("The contact.")


@strawberry.type(description="A page of contacts.")
class ContactConnection:
    is_type_of = backed_by(connections.Connection)
    edges: list[ContactEdge] = described("The rows with their cursors.")
    nodes: list[Contact] = described("The rows.")
    page_info: PageInfo = described("Where the page stands.")

    @strawberry.field(description="How many match the filter, not only this page.")
    async def total_count(self, root: strawberry.Parent[Any], info: Info) -> int:
        return await accounts.count_contacts(info.context.viewer, root.scope)


async def contact_page(info: Info, scope: AccountFilter, window: Window) -> connections.Connection[ContactRow]:
    """A page of contacts by name."""
    page = await accounts.contacts(info.context.viewer, scope, window)
    return connections.to_connection(page, ORDER, scope)


@strawberry.type
class AccountQuery:
    @strawberry.field(graphql_type=Account | None, description="An account by id; null where there is none.")
    async def account(self, info: Info, id: strawberry.ID) -> Any:
        return await _by_id(info, "Account", id)

    @strawberry.field(graphql_type=AccountConnection, description="Accounts by name.")
    async def accounts(
        self,
        info: Info,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
        filter: AccountFilterInput | None = strawberry.UNSET,
    ) -> Any:
        scope = parse_account_filter(filter, "Account")
        window = connections.window(ORDER, first=first, after=after, last=last, before=before)
        page = await accounts.accounts(info.context.viewer, scope, window)
        return connections.to_connection(page, ORDER, scope)

    @strawberry.field(graphql_type=Contact | None, description="A contact by id; null where there is none.")
    async def contact(self, info: Info, id: strawberry.ID) -> Any:
        return await _by_id(info, "Contact", id)

    @strawberry.field(graphql_type=ContactConnection, description="Contacts by name.")
    async def contacts(
        self,
        info: Info,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
        filter: ContactFilter | None = strawberry.UNSET,
    ) -> Any:
        window = connections.window(ORDER, first=first, after=after, last=last, before=before)
        return await contact_page(info, parse_account_filter(filter, "Contact"), window)


async def _by_id(info: Info, kind: str, id: str) -> object | None:
    found = ids.decode(id)
    return await info.context.loaders.row(kind, found[1]) if found is not None and found[0] == kind else None
