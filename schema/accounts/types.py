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
    name: str = described("The name of the company. Not unique.")
    domain: str | None = described("The internet domain in lower case, unique in the organization.")
    industry: str | None = described("The industry.")
    employee_count: int | None = described("The number of employees.")
    country: str | None = described("The country.")
    external_system: str | None = described("The system that it was imported from.")
    external_id: str | None = described("Its id in `externalSystem`.")
    attributes: Json = described("Your own custom fields. Fit rules can read them.")
    version: int = described("The number of changes so far. Pass it as `expectedVersion` to detect concurrent edits.")
    created_at: datetime = described("The time when it was created here.")
    updated_at: datetime = described("The time of the last change.")

    @strawberry.field(description="The revenue of one year.")
    def annual_revenue(self, root: strawberry.Parent[Any]) -> Money | None:
        return money(root.annual_revenue_minor, root.annual_revenue_currency)

    @strawberry.field(
        graphql_type=Annotated["ContactConnection", strawberry.lazy("schema.accounts.types")],
        description="The contacts of the account, by name.",
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
        description="The opportunities of the account that you can see, by number unless you pass `orderBy`.",
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


@strawberry.type(description="A person who works at an account.")
class Contact(Node):
    is_type_of = backed_by(ContactRow)
    id: strawberry.ID = node_id("Contact")
    name: str = described("The person's name.")
    email: str | None = described("The e-mail address in lower case.")
    phone: str | None = described("The phone number.")
    title: str | None = described("The job title.")
    external_system: str | None = described("The system that it was imported from.")
    external_id: str | None = described("Its id in `externalSystem`.")
    attributes: Json = described("Your own custom fields.")
    version: int = described("The number of changes so far. Pass it as `expectedVersion` to detect concurrent edits.")
    created_at: datetime = described("The time when it was created here.")
    updated_at: datetime = described("The time of the last change.")

    @strawberry.field(graphql_type=Account, description="The account where the person works.")
    async def account(self, root: strawberry.Parent[Any], info: Info) -> AccountRow:
        return await load_required(info.context.loaders.account, root.account_id)


@strawberry.type(description="An account and its cursor.")
class AccountEdge:
    is_type_of = backed_by(connections.Edge)
    cursor: str = described(
        "The position of this item. Pass it as `after` to continue after it, or as `before` to go back."
    )
    node: Account = described("The account.")


@strawberry.type(description="A page of accounts.")
class AccountConnection:
    is_type_of = backed_by(connections.Connection)
    edges: list[AccountEdge] = described("The items of the page, each with its cursor.")
    nodes: list[Account] = described("The items of the page, without their cursors.")
    page_info: PageInfo = described("The position of the page in the list.")

    @strawberry.field(description="The number of items that match the filter, on all pages together.")
    async def total_count(self, root: strawberry.Parent[Any], info: Info) -> int:
        return await accounts.count_accounts(info.context.viewer, root.scope)


@strawberry.type(description="A contact and its cursor.")
class ContactEdge:
    is_type_of = backed_by(connections.Edge)
    cursor: str = described(
        "The position of this item. Pass it as `after` to continue after it, or as `before` to go back."
    )
    node: Contact = described("The contact.")


@strawberry.type(description="A page of contacts.")
class ContactConnection:
    is_type_of = backed_by(connections.Connection)
    edges: list[ContactEdge] = described("The items of the page, each with its cursor.")
    nodes: list[Contact] = described("The items of the page, without their cursors.")
    page_info: PageInfo = described("The position of the page in the list.")

    @strawberry.field(description="The number of items that match the filter, on all pages together.")
    async def total_count(self, root: strawberry.Parent[Any], info: Info) -> int:
        return await accounts.count_contacts(info.context.viewer, root.scope)


async def contact_page(info: Info, scope: AccountFilter, window: Window) -> connections.Connection[ContactRow]:
    """A page of contacts by name."""
    page = await accounts.contacts(info.context.viewer, scope, window)
    return connections.to_connection(page, ORDER, scope)


@strawberry.type
class AccountQuery:
    @strawberry.field(graphql_type=Account | None, description="The account with this id. Null if there is none.")
    async def account(self, info: Info, id: strawberry.ID) -> Any:
        return await _by_id(info, "Account", id)

    @strawberry.field(graphql_type=AccountConnection, description="The accounts, by name.")
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

    @strawberry.field(graphql_type=Contact | None, description="The contact with this id. Null if there is none.")
    async def contact(self, info: Info, id: strawberry.ID) -> Any:
        return await _by_id(info, "Contact", id)

    @strawberry.field(graphql_type=ContactConnection, description="The contacts, by name.")
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
