"""Accounts and contacts: types, lists, inputs, mutations."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from schema import connections, ids
from schema.batches import sure
from schema.context import Info
from schema.given import conditions, maybe, or_none, tuples
from schema.money import Money, money
from schema.nodes import Node, PageInfo, is_row, node_id, told
from schema.ranges import DateTimeRange, span
from schema.scalars import Json
from workflow.queries import accounts
from workflow.queries.accounts import AccountFilter as Wanted
from workflow.queries.accounts import AccountRow, ContactRow
from workflow.queries.paging import Term

if TYPE_CHECKING:
    from schema.opportunity_list import OpportunityConnection, OpportunityFilter, OpportunityOrder
else:
    OpportunityConnection = Annotated["OpportunityConnection", strawberry.lazy("schema.opportunity_list")]
    OpportunityFilter = Annotated["OpportunityFilter", strawberry.lazy("schema.opportunity_list")]
    OpportunityOrder = Annotated["OpportunityOrder", strawberry.lazy("schema.opportunity_list")]

ORDER = (Term("name_folded"),)


@strawberry.type(description="A company that may buy.")
class Account(Node):
    """The buyer's company."""

    is_type_of = is_row(AccountRow)
    id: strawberry.ID = node_id("Account")
    name: str = told("The company's name; not unique.")
    domain: str | None = told("Its internet domain in lower case; unique in the organization.")
    industry: str | None = told("Its industry, in the company's own words.")
    employee_count: int | None = told("How many people work there.")
    country: str | None = told("Where it is.")
    external_system: str | None = told("The system it came from.")
    external_id: str | None = told("Its id there; with `externalSystem` unique in the organization.")
    attributes: Json = told("What this company keeps of accounts beyond the fields; fit rules can read it.")
    version: int = told("Counts its changes; give it as `expectedVersion`.")
    created_at: datetime = told("When it was made here.")
    updated_at: datetime = told("When it was last changed.")

    @strawberry.field(description="What it sells in a year.")
    def annual_revenue(self, root: strawberry.Parent[Any]) -> Money | None:
        """Its size."""
        return money(root.annual_revenue_minor, root.annual_revenue_currency)

    @strawberry.field(
        graphql_type=Annotated["ContactConnection", strawberry.lazy("schema.accounts")],
        description="Its people by name.",
    )
    async def contacts(
        self, root: strawberry.Parent[Any], info: Info, first: int | None = 20, after: str | None = strawberry.UNSET
    ) -> Any:
        """Its people."""
        return await contact_page(info, Wanted(account_id=(root.id,)), first, after)

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
        filter: OpportunityFilter | None = strawberry.UNSET,
        order_by: list[OpportunityOrder] | None = strawberry.UNSET,
    ) -> Any:
        """What we sell it."""
        from schema.opportunity_list import opportunities_of  # here, for an opportunity knows its account

        asked = {"filter": or_none(filter), "order_by": or_none(order_by)}
        return await opportunities_of(info, root.id, first=first, after=or_none(after), **asked)


@strawberry.type(description="A person at an account.")
class Contact(Node):
    """Somebody at the buyer's."""

    is_type_of = is_row(ContactRow)
    id: strawberry.ID = node_id("Contact")
    name: str = told("The person's name.")
    email: str | None = told("In lower case.")
    phone: str | None = told("As it is dialled.")
    title: str | None = told("Their position.")
    external_system: str | None = told("The system they came from.")
    external_id: str | None = told("Their id there; with `externalSystem` unique in the organization.")
    attributes: Json = told("What this company keeps of contacts beyond the fields.")
    version: int = told("Counts their changes; give it as `expectedVersion`.")
    created_at: datetime = told("When they were made here.")
    updated_at: datetime = told("When they were last changed.")

    @strawberry.field(graphql_type=Account, description="The company they work for.")
    async def account(self, root: strawberry.Parent[Any], info: Info) -> AccountRow:
        """Their company."""
        return await sure(info.context.loaders.account, root.account_id)


@strawberry.type(description="An account in a list.")
class AccountEdge:
    """One row."""

    is_type_of = is_row(connections.Edge)
    cursor: str = told("Go on from here with `after`.")
    node: Account = told("The account.")


@strawberry.type(description="A page of accounts.")
class AccountConnection:
    """By name."""

    is_type_of = is_row(connections.Connection)
    edges: list[AccountEdge] = told("The rows with their cursors.")
    nodes: list[Account] = told("The rows.")
    page_info: PageInfo = told("Where the page stands.")

    @strawberry.field(description="How many match the filter, not only this page.")
    async def total_count(self, root: strawberry.Parent[Any], info: Info) -> int:
        """All of them."""
        return await accounts.count_accounts(info.context.viewer, root.scope)


@strawberry.type(description="A contact in a list.")
class ContactEdge:
    """One row."""

    is_type_of = is_row(connections.Edge)
    cursor: str = told("Go on from here with `after`.")
    node: Contact = told("The contact.")


@strawberry.type(description="A page of contacts.")
class ContactConnection:
    """By name."""

    is_type_of = is_row(connections.Connection)
    edges: list[ContactEdge] = told("The rows with their cursors.")
    nodes: list[Contact] = told("The rows.")
    page_info: PageInfo = told("Where the page stands.")

    @strawberry.field(description="How many match the filter, not only this page.")
    async def total_count(self, root: strawberry.Parent[Any], info: Info) -> int:
        """All of them."""
        return await accounts.count_contacts(info.context.viewer, root.scope)


@strawberry.input(description="Which accounts: fields are joined by AND, values of a list by OR.")
class AccountFilter:
    """Conditions."""

    ids: list[strawberry.ID] | None = maybe("These.")
    external_system: str | None = maybe("From this system.")
    external_ids: list[str] | None = maybe("With one of these ids there.")
    domains: list[str] | None = maybe("With one of these domains.")
    updated_at: DateTimeRange | None = maybe("Changed in this span.")
    text: str | None = maybe("Whose name holds this; case-insensitive.")


@strawberry.input(description="Which contacts: fields are joined by AND, values of a list by OR.")
class ContactFilter:
    """Conditions."""

    ids: list[strawberry.ID] | None = maybe("These.")
    account_id: list[strawberry.ID] | None = maybe("At one of these accounts.")
    external_system: str | None = maybe("From this system.")
    external_ids: list[str] | None = maybe("With one of these ids there.")
    emails: list[str] | None = maybe("With one of these addresses.")
    updated_at: DateTimeRange | None = maybe("Changed in this span.")
    text: str | None = maybe("Whose name holds this; case-insensitive.")


def wanted(filter: AccountFilter | ContactFilter | None, kind: str) -> Wanted:
    """The filter as a query takes it."""
    fields = conditions(filter)
    if "ids" in fields:
        fields["ids"] = ids.known_of(kind, fields["ids"])
    if "account_id" in fields:
        fields["account_id"] = ids.known_of("Account", fields["account_id"])
    if "updated_at" in fields:
        fields["updated_at"] = span(fields["updated_at"])
    return Wanted(**tuples(fields))


async def contact_page(
    info: Info, scope: Wanted, first: int | None, after: str | None
) -> connections.Connection[ContactRow]:
    """A page of contacts by name."""
    page = await accounts.contacts(info.context.viewer, scope, connections.window(ORDER, first=first, after=after))
    return connections.connection(page, ORDER, scope)


@strawberry.type
class AccountQuery:
    """What is asked of accounts and contacts."""

    @strawberry.field(graphql_type=Account | None, description="An account by id; null where there is none.")
    async def account(self, info: Info, id: strawberry.ID) -> Any:
        """One."""
        return await _by_id(info, "Account", id)

    @strawberry.field(graphql_type=AccountConnection, description="Accounts by name.")
    async def accounts(
        self,
        info: Info,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
        filter: AccountFilter | None = strawberry.UNSET,
    ) -> Any:
        """Many."""
        scope = wanted(filter, "Account")
        page = await accounts.accounts(info.context.viewer, scope, connections.window(ORDER, first=first, after=after))
        return connections.connection(page, ORDER, scope)

    @strawberry.field(graphql_type=Contact | None, description="A contact by id; null where there is none.")
    async def contact(self, info: Info, id: strawberry.ID) -> Any:
        """One."""
        return await _by_id(info, "Contact", id)

    @strawberry.field(graphql_type=ContactConnection, description="Contacts by name.")
    async def contacts(
        self,
        info: Info,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
        filter: ContactFilter | None = strawberry.UNSET,
    ) -> Any:
        """Many."""
        return await contact_page(info, wanted(filter, "Contact"), first, after)


async def _by_id(info: Info, kind: str, id: str) -> object | None:
    found = ids.decode(id)
    return await info.context.loaders.row(kind, found[1]) if found is not None and found[0] == kind else None
