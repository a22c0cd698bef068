"""Which accounts, which contacts: the conditions of their lists."""

import strawberry

from schema.core import ids
from schema.core.inputs import conditions, lists_to_tuples, optional
from schema.core.ranges import DateTimeRange, to_span
from workflow.queries.opportunity.accounts import AccountFilter


@strawberry.input(name="AccountFilter", description="Which accounts: fields are joined by AND, values of a list by OR.")
class AccountFilterInput:
    ids: list[strawberry.ID] | None = optional("These.")
    external_system: str | None = optional("From this system.")
    external_ids: list[str] | None = optional("With one of these ids there.")
    domains: list[str] | None = optional("With one of these domains.")
    updated_at: DateTimeRange | None = optional("Changed in this span.")
    text: str | None = optional("Whose name holds this; case-insensitive.")


@strawberry.input(description="Which contacts: fields are joined by AND, values of a list by OR.")
class ContactFilter:
    ids: list[strawberry.ID] | None = optional("These.")
    account_id: list[strawberry.ID] | None = optional("At one of these accounts.")
    external_system: str | None = optional("From this system.")
    external_ids: list[str] | None = optional("With one of these ids there.")
    emails: list[str] | None = optional("With one of these addresses.")
    updated_at: DateTimeRange | None = optional("Changed in this span.")
    text: str | None = optional("Whose name holds this; case-insensitive.")


def parse_account_filter(filter: AccountFilterInput | ContactFilter | None, kind: str) -> AccountFilter:
    """The filter as a query takes it."""
    fields = conditions(filter)
    if "ids" in fields:
        fields["ids"] = ids.parse_valid(kind, fields["ids"])
    if "account_id" in fields:
        fields["account_id"] = ids.parse_valid("Account", fields["account_id"])
    if "updated_at" in fields:
        fields["updated_at"] = to_span(fields["updated_at"])
    return AccountFilter(**lists_to_tuples(fields))
