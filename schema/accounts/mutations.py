"""Making and changing accounts and contacts."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from schema.accounts.types import Account, Contact
from schema.core import ids
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import optional, or_none, provided_fields
from schema.core.money import MoneyInput, parse_money
from schema.core.nodes import described
from schema.core.scalars import Json
from schema.results.problems import Duplicate, InvalidInput, NotFound, PermissionDenied, VersionConflict
from workflow.operations.accounts import accounts as operations
from workflow.operations.accounts import merge
from workflow.operations.accounts.accounts import AccountChanges
from workflow.queries.opportunity.accounts import AccountRow, ContactRow


@strawberry.input(description="A new account.")
class CreateAccountInput:
    name: str = described("The company's name.")
    domain: str | None = optional("Its internet domain; unique in the organization.")
    industry: str | None = optional("Its industry.")
    employee_count: int | None = optional("How many people work there, 0 or more.")
    annual_revenue: MoneyInput | None = optional("What it sells in a year.")
    country: str | None = optional("Where it is.")
    external_system: str | None = optional("The system it comes from; goes with `externalId`.")
    external_id: str | None = optional("Its id there.")
    attributes: Json | None = optional("Anything else, as an object.")


@strawberry.input(description="Changes of an account: what is left out is kept, null clears.")
class UpdateAccountInput:
    id: strawberry.ID = described("The account.")
    expected_version: int | None = optional("The version that was read; another one there is a VersionConflict.")
    name: str | None = optional("The company's name.")
    domain: str | None = optional("Its internet domain.")
    industry: str | None = optional("Its industry.")
    employee_count: int | None = optional("How many people work there, 0 or more.")
    annual_revenue: MoneyInput | None = optional("What it sells in a year.")
    country: str | None = optional("Where it is.")
    external_system: str | None = optional("The system it comes from; goes with `externalId`.")
    external_id: str | None = optional("Its id there.")
    attributes: Json | None = optional("Merged by key; a null value removes the key.")


@strawberry.input(description="A new contact.")
class CreateContactInput:
    account_id: strawberry.ID = described("The account they work at.")
    name: str = described("The person's name.")
    email: str | None = optional("Their address.")
    phone: str | None = optional("As it is dialled.")
    title: str | None = optional("Their position.")
    external_system: str | None = optional("The system they come from; goes with `externalId`.")
    external_id: str | None = optional("Their id there.")
    attributes: Json | None = optional("Anything else, as an object.")


@strawberry.input(description="Changes of a contact: what is left out is kept, null clears.")
class UpdateContactInput:
    id: strawberry.ID = described("The contact.")
    expected_version: int | None = optional("The version that was read; another one there is a VersionConflict.")
    name: str | None = optional("The person's name.")
    email: str | None = optional("Their address.")
    phone: str | None = optional("As it is dialled.")
    title: str | None = optional("Their position.")
    external_system: str | None = optional("The system they come from; goes with `externalId`.")
    external_id: str | None = optional("Their id there.")
    attributes: Json | None = optional("Merged by key; a null value removes the key.")


@strawberry.input(description="Two accounts that are one company.")
class MergeAccountsInput:
    keep_id: strawberry.ID = described("The account that stays; what it lacks it takes over.")
    merged_id: strawberry.ID = described(
        "The account that goes: its contacts, with their parts in deals, and its opportunities move."
    )
    expected_version: int | None = optional("The version of the account that stays, as it was read.")


@strawberry.type(description="The account was made or changed.")
class AccountChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Account, description="The account as stored.")
    async def account(self, info: Info) -> AccountRow:
        return await load_required(info.context.loaders.account, self.key)


@strawberry.type(description="The contact was made or changed.")
class ContactChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Contact, description="The contact as stored.")
    async def contact(self, info: Info) -> ContactRow:
        return await load_required(info.context.loaders.contact, self.key)


AccountResult = Annotated[
    AccountChanged | VersionConflict | Duplicate | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("AccountResult", description="The account, or why not."),
]
ContactResult = Annotated[
    ContactChanged | VersionConflict | Duplicate | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("ContactResult", description="The contact, or why not."),
]


@strawberry.type
class AccountMutation:
    @strawberry.mutation(
        graphql_type=AccountResult,
        description="Make an account; Duplicate on its external id or its domain, never on its name.",
    )
    async def create_account(self, info: Info, input: CreateAccountInput) -> AccountChanged:
        return AccountChanged(
            key=await operations.create_account(info.context.operation_context(), _parse_account(input))
        )

    @strawberry.mutation(graphql_type=AccountResult, description="Change the fields that are given.")
    async def update_account(self, info: Info, input: UpdateAccountInput) -> AccountChanged:
        id, version = ids.parse("Account", input.id), or_none(input.expected_version)
        return AccountChanged(
            key=await operations.update_account(
                info.context.operation_context(), id, _parse_account(input), expected_version=version
            )
        )

    @strawberry.mutation(
        graphql_type=AccountResult,
        description="Make one of two accounts: contacts and opportunities move, closed ones too, and the merged id is not found any more.",
    )
    async def merge_accounts(self, info: Info, input: MergeAccountsInput) -> AccountChanged:
        keep, merged = ids.parse("Account", input.keep_id), ids.parse("Account", input.merged_id)
        version = or_none(input.expected_version)
        return AccountChanged(
            key=await merge.merge_accounts(info.context.operation_context(), keep, merged, expected_version=version)
        )

    @strawberry.mutation(graphql_type=ContactResult, description="Make a contact at an account.")
    async def create_contact(self, info: Info, input: CreateContactInput) -> ContactChanged:
        account_id: Any = ids.parse("Account", input.account_id)
        return ContactChanged(
            key=await operations.create_contact(info.context.operation_context(), account_id, _parse_contact(input))
        )

    @strawberry.mutation(graphql_type=ContactResult, description="Change the fields that are given.")
    async def update_contact(self, info: Info, input: UpdateContactInput) -> ContactChanged:
        id, version = ids.parse("Contact", input.id), or_none(input.expected_version)
        return ContactChanged(
            key=await operations.update_contact(
                info.context.operation_context(), id, _parse_contact(input), expected_version=version
            )
        )


def _parse_account(input: CreateAccountInput | UpdateAccountInput) -> AccountChanges:
    fields: Any = provided_fields(input, "id", "expected_version")
    if "annual_revenue" in fields:
        fields["annual_revenue"] = parse_money(fields["annual_revenue"])
    changes: AccountChanges = fields
    return changes


def _parse_contact(input: CreateContactInput | UpdateContactInput) -> operations.ContactChanges:
    changes: Any = provided_fields(input, "id", "account_id", "expected_version")
    fields: operations.ContactChanges = changes
    return fields
