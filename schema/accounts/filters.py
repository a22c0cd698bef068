"""Which accounts, which contacts: the conditions of their lists."""

import strawberry

from schema.core import ids
from schema.core.inputs import conditions, maybe, tuples
from schema.core.ranges import DateTimeRange, span
from workflow.queries.opportunity.accounts import AccountFilter as Wanted


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
