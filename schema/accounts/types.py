"""Accounts and contacts: types, lists and queries."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from schema.accounts.filters import AccountFilterInput, ContactFilter, parse_account_filter
from schema.core import connections
from schema.core.context import Info
from schema.core.inputs import or_none
from schema.core.money import Money, money
from schema.core.node_query import Id, find_node
from schema.core.nodes import Node, Root, Roots, backed_by, batch, described, needs, node_id, referenced
from schema.core.scalars import Json
from workflow.queries.opportunity import accounts
from workflow.queries.opportunity.accounts import AccountFilter, AccountRow, ContactRow
from workflow.queries.paging import Term, Window

if TYPE_CHECKING:
    from schema.opportunity.filter import OpportunityFilterInput
    from schema.opportunity.list import OpportunityConnection, OpportunityOrder
else:
    OpportunityConnection = Annotated["OpportunityConnection", strawberry.lazy("schema.opportunity.list")]
    OpportunityFilterInput = Annotated["OpportunityFilterInput", strawberry.lazy("schema.opportunity.filter")]
    OpportunityOrder = Annotated["OpportunityOrder", strawberry.lazy("schema.opportunity.list")]

ORDER = (Term("name_folded"),)

AccountFilterArgument = Annotated[
    AccountFilterInput | None, strawberry.argument(description="Only accounts that match this filter.")
]
ContactFilterArgument = Annotated[
    ContactFilter | None, strawberry.argument(description="Only contacts that match this filter.")
]
OpportunityFilterArgument = Annotated[
    OpportunityFilterInput | None,
    strawberry.argument(description="Only opportunities that match this filter."),
]
OpportunityOrderArgument = Annotated[
    list[OpportunityOrder] | None,
    strawberry.argument(description="The sort keys, the most important first. Default: by number."),
]


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
    version: int = described(
        "The number of changes so far. Pass it as `expectedVersion` to detect concurrent edits."
    )
    created_at: datetime = described("The time when it was created here.")
    updated_at: datetime = described("The time of the last change.")

    @strawberry.field(description="The revenue of one year.")
    @needs("annual_revenue_minor", "annual_revenue_currency")
    def annual_revenue(self, root: Root) -> Money | None:
        return money(root.annual_revenue_minor, root.annual_revenue_currency)

    @strawberry.field(
        graphql_type=Annotated["ContactConnection", strawberry.lazy("schema.accounts.types")],
        description="The contacts of the account, by name.",
    )
    @batch
    @needs("id")
    async def contacts(
        roots: Roots,
        info: Info,
        first: connections.First = 20,
        after: connections.After = strawberry.UNSET,
        last: connections.Last = strawberry.UNSET,
        before: connections.Before = strawberry.UNSET,
    ) -> list[Any]:
        window = connections.window(ORDER, first=first, after=after, last=last, before=before)
        return await account_contacts(info, [root.id for root in roots], window)

    @strawberry.field(
        graphql_type=OpportunityConnection,
        description="The opportunities of the account that you can see, by number unless you pass `orderBy`.",
    )
    @batch
    @needs("id")
    async def opportunities(
        roots: Roots,
        info: Info,
        first: connections.First = 20,
        after: connections.After = strawberry.UNSET,
        last: connections.Last = strawberry.UNSET,
        before: connections.Before = strawberry.UNSET,
        filter: OpportunityFilterArgument = strawberry.UNSET,
        order_by: OpportunityOrderArgument = strawberry.UNSET,
    ) -> list[Any]:
        from schema.opportunity.list import (  # a cycle: an opportunity has an account
            account_opportunities,
            parse_opportunity_order,
        )

        order = parse_opportunity_order(or_none(order_by))
        window = connections.window(order, first=first, after=after, last=last, before=before)
        return await account_opportunities(info, [root.id for root in roots], or_none(filter), order, window)


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
    version: int = described(
        "The number of changes so far. Pass it as `expectedVersion` to detect concurrent edits."
    )
    created_at: datetime = described("The time when it was created here.")
    updated_at: datetime = described("The time of the last change.")

    account: Account = referenced("account", "account_id", "The account where the person works.")


@strawberry.type(description="A page of accounts.")
class AccountConnection(connections.Connection[Account]):
    @strawberry.field(description="The number of items that match the filter, on all pages together.")
    async def total_count(self, root: Root, info: Info) -> int:
        return await accounts.count_accounts(info.context.viewer, root.scope)


@strawberry.type(description="A page of contacts.")
class ContactConnection(connections.Connection[Contact]):
    @strawberry.field(description="The number of items that match the filter, on all pages together.")
    async def total_count(self, root: Root, info: Info) -> int:
        if root.total is not None:
            total: int = root.total
            return total
        return await accounts.count_contacts(info.context.viewer, root.scope)


async def account_contacts(
    info: Info, account_ids: Sequence[UUID], window: Window
) -> list[connections.Connection[ContactRow]]:
    """Return a page of the contacts of each account; the first pages take one statement."""
    scopes = [AccountFilter(account_id=(id,)) for id in account_ids]
    if not window.is_first:
        return [await contact_page(info, scope, window) for scope in scopes]
    pages = await accounts.contacts_of_accounts(info.context.viewer, set(account_ids), window.size)
    return [
        connections.to_connection(pages[id], ORDER, scope)
        for id, scope in zip(account_ids, scopes, strict=True)
    ]


async def contact_page(
    info: Info, scope: AccountFilter, window: Window
) -> connections.Connection[ContactRow]:
    """Return a page of contacts by name."""
    page = await accounts.contacts(info.context.viewer, scope, window)
    return connections.to_connection(page, ORDER, scope)


@strawberry.type
class AccountQuery:
    @strawberry.field(
        graphql_type=Account | None, description="The account with this id. Null if there is none."
    )
    async def account(self, info: Info, id: Id) -> Any:
        return await find_node(info, id, "Account")

    @strawberry.field(graphql_type=AccountConnection, description="The accounts, by name.")
    async def accounts(
        self,
        info: Info,
        first: connections.First = 20,
        after: connections.After = strawberry.UNSET,
        last: connections.Last = strawberry.UNSET,
        before: connections.Before = strawberry.UNSET,
        filter: AccountFilterArgument = strawberry.UNSET,
    ) -> Any:
        scope = parse_account_filter(filter, "Account")
        window = connections.window(ORDER, first=first, after=after, last=last, before=before)
        page = await accounts.accounts(info.context.viewer, scope, window)
        return connections.to_connection(page, ORDER, scope)

    @strawberry.field(
        graphql_type=Contact | None, description="The contact with this id. Null if there is none."
    )
    async def contact(self, info: Info, id: Id) -> Any:
        return await find_node(info, id, "Contact")

    @strawberry.field(graphql_type=ContactConnection, description="The contacts, by name.")
    async def contacts(
        self,
        info: Info,
        first: connections.First = 20,
        after: connections.After = strawberry.UNSET,
        last: connections.Last = strawberry.UNSET,
        before: connections.Before = strawberry.UNSET,
        filter: ContactFilterArgument = strawberry.UNSET,
    ) -> Any:
        window = connections.window(ORDER, first=first, after=after, last=last, before=before)
        return await contact_page(info, parse_account_filter(filter, "Contact"), window)
