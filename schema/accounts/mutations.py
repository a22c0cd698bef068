"""The mutations that create, change and merge accounts, and those of contacts."""

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
    name: str = described("The name of the company.")
    domain: str | None = optional("The internet domain, unique in the organization.")
    industry: str | None = optional("The industry.")
    employee_count: int | None = optional("The number of employees, 0 or more.")
    annual_revenue: MoneyInput | None = optional("The revenue of one year.")
    country: str | None = optional("The country.")
    external_system: str | None = optional(
        "The system that the record comes from, such as `hubspot`. Required together with `externalId`."
    )
    external_id: str | None = optional(
        "Its id in `externalSystem`. Unique in the organization, together with the system."
    )
    attributes: Json | None = optional("Your own custom fields, as an object.")


@strawberry.input(
    description="Changes to an account. Fields that you leave out stay as they are; null clears a field."
)
class UpdateAccountInput:
    id: strawberry.ID = described("The account.")
    expected_version: int | None = optional(
        "The version that you read. If the record has changed since, the answer is a "
        "VersionConflict. Left out: no check."
    )
    name: str | None = optional("The name of the company.")
    domain: str | None = optional("The internet domain, unique in the organization.")
    industry: str | None = optional("The industry.")
    employee_count: int | None = optional("The number of employees, 0 or more.")
    annual_revenue: MoneyInput | None = optional("The revenue of one year.")
    country: str | None = optional("The country.")
    external_system: str | None = optional(
        "The system that the record comes from, such as `hubspot`. Required together with `externalId`."
    )
    external_id: str | None = optional(
        "Its id in `externalSystem`. Unique in the organization, together with the system."
    )
    attributes: Json | None = optional(
        "Custom fields to merge, by key. A null value removes the key; keys that you leave out stay."
    )


@strawberry.input(description="A new contact.")
class CreateContactInput:
    account_id: strawberry.ID = described("The account where the person works.")
    name: str = described("The person's name.")
    email: str | None = optional("The e-mail address.")
    phone: str | None = optional("The phone number.")
    title: str | None = optional("The job title.")
    external_system: str | None = optional(
        "The system that the record comes from, such as `hubspot`. Required together with `externalId`."
    )
    external_id: str | None = optional(
        "The contact's id in `externalSystem`. Unique in the organization, together with the system."
    )
    attributes: Json | None = optional("Your own custom fields, as an object.")


@strawberry.input(
    description="Changes to a contact. Fields that you leave out stay as they are; null clears a field."
)
class UpdateContactInput:
    id: strawberry.ID = described("The contact.")
    expected_version: int | None = optional(
        "The version that you read. If the record has changed since, the answer is a "
        "VersionConflict. Left out: no check."
    )
    name: str | None = optional("The person's name.")
    email: str | None = optional("The e-mail address.")
    phone: str | None = optional("The phone number.")
    title: str | None = optional("The job title.")
    external_system: str | None = optional(
        "The system that the record comes from, such as `hubspot`. Required together with `externalId`."
    )
    external_id: str | None = optional(
        "The contact's id in `externalSystem`. Unique in the organization, together with the system."
    )
    attributes: Json | None = optional(
        "Custom fields to merge, by key. A null value removes the key; keys that you leave out stay."
    )


@strawberry.input(description="Two accounts that are the same company.")
class MergeAccountsInput:
    keep_id: strawberry.ID = described("The account that stays. Empty fields are filled from the other one.")
    merged_id: strawberry.ID = described(
        "The account that is deleted. Its contacts and opportunities move to the other one."
    )
    expected_version: int | None = optional(
        "The version of the account that stays, as you read it. If it has changed since, "
        "the answer is a VersionConflict."
    )


@strawberry.type(description="The account was created or changed.")
class AccountChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Account, description="The account, read after the change.")
    async def account(self, info: Info) -> AccountRow:
        return await load_required(info.context.loaders.account, self.key)


@strawberry.type(description="The contact was created or changed.")
class ContactChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Contact, description="The contact, read after the change.")
    async def contact(self, info: Info) -> ContactRow:
        return await load_required(info.context.loaders.contact, self.key)


AccountResult = Annotated[
    AccountChanged | VersionConflict | Duplicate | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("AccountResult", description="The account, or the reason why it was not stored."),
]
ContactResult = Annotated[
    ContactChanged | VersionConflict | Duplicate | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("ContactResult", description="The contact, or the reason why it was not stored."),
]


@strawberry.type
class AccountMutation:
    @strawberry.mutation(
        graphql_type=AccountResult,
        description="Create an account. Refused if its external id or its domain is taken; two accounts "
        "may have the same name.",
    )
    async def create_account(self, info: Info, input: CreateAccountInput) -> AccountChanged:
        return AccountChanged(
            key=await operations.create_account(info.context.operation_context(), _parse_account(input))
        )

    @strawberry.mutation(
        graphql_type=AccountResult,
        description="Change the fields that are given. Refused if the external id or the domain is taken.",
    )
    async def update_account(self, info: Info, input: UpdateAccountInput) -> AccountChanged:
        id = ids.parse("Account", input.id)
        version = or_none(input.expected_version)
        return AccountChanged(
            key=await operations.update_account(
                info.context.operation_context(), id, _parse_account(input), expected_version=version
            )
        )

    @strawberry.mutation(
        graphql_type=AccountResult,
        description="Merge two accounts that are the same company: contacts and opportunities move, "
        "closed ones too, and the merged account is deleted. Refused if both ids are the "
        "same.",
    )
    async def merge_accounts(self, info: Info, input: MergeAccountsInput) -> AccountChanged:
        keep = ids.parse("Account", input.keep_id)
        merged = ids.parse("Account", input.merged_id)
        version = or_none(input.expected_version)
        return AccountChanged(
            key=await merge.merge_accounts(
                info.context.operation_context(), keep, merged, expected_version=version
            )
        )

    @strawberry.mutation(
        graphql_type=ContactResult,
        description="Create a contact at an account. Refused if its external id is taken.",
    )
    async def create_contact(self, info: Info, input: CreateContactInput) -> ContactChanged:
        account_id: Any = ids.parse("Account", input.account_id)
        return ContactChanged(
            key=await operations.create_contact(
                info.context.operation_context(), account_id, _parse_contact(input)
            )
        )

    @strawberry.mutation(
        graphql_type=ContactResult,
        description="Change the fields that are given. Refused if the external id is taken.",
    )
    async def update_contact(self, info: Info, input: UpdateContactInput) -> ContactChanged:
        id = ids.parse("Contact", input.id)
        version = or_none(input.expected_version)
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
