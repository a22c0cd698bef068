"""The filters for accounts and contacts."""

import strawberry

from schema.core import ids
from schema.core.inputs import conditions, lists_to_tuples, optional
from schema.core.ranges import DateTimeRange, to_span
from workflow.queries.opportunity.accounts import AccountFilter


@strawberry.input(
    name="AccountFilter",
    description="A filter for accounts. All fields that are given must match; a list matches if one "
    "of its values does.",
)
class AccountFilterInput:
    ids: list[strawberry.ID] | None = optional("Accounts with one of these ids.")
    external_system: str | None = optional("Accounts that come from this system.")
    external_ids: list[str] | None = optional("Accounts with one of these external ids.")
    domains: list[str] | None = optional("Accounts with one of these domains.")
    updated_at: DateTimeRange | None = optional("Accounts that were last changed in this range.")
    text: str | None = optional(
        "Accounts whose name contains each word of this text, in any order, ignoring case and accents."
    )


@strawberry.input(
    description="A filter for contacts. All fields that are given must match; a list matches if one of its "
    "values does."
)
class ContactFilter:
    ids: list[strawberry.ID] | None = optional("Contacts with one of these ids.")
    account_id: list[strawberry.ID] | None = optional("Contacts of one of these accounts.")
    external_system: str | None = optional("Contacts that come from this system.")
    external_ids: list[str] | None = optional("Contacts with one of these external ids.")
    emails: list[str] | None = optional("Contacts with one of these e-mail addresses.")
    updated_at: DateTimeRange | None = optional("Contacts that were last changed in this range.")
    text: str | None = optional(
        "Contacts whose name contains each word of this text, in any order, ignoring case and accents."
    )


def parse_account_filter(filter: AccountFilterInput | ContactFilter | None, kind: str) -> AccountFilter:
    """Convert the filter for a query."""
    fields = conditions(filter)
    if "ids" in fields:
        fields["ids"] = ids.parse_valid(kind, fields["ids"])
    if "account_id" in fields:
        fields["account_id"] = ids.parse_valid("Account", fields["account_id"])
    if "updated_at" in fields:
        fields["updated_at"] = to_span(fields["updated_at"])
    return AccountFilter(**lists_to_tuples(fields))
