"""The filters for accounts and contacts, as a query gets them."""

from datetime import UTC, datetime
from uuid import UUID

import strawberry

from schema.accounts.filters import AccountFilterInput, ContactFilter, parse_account_filter
from schema.core.ids import encode
from schema.core.ranges import DateTimeRange
from workflow.queries.conditions import Span
from workflow.queries.opportunity.accounts import AccountFilter

SOME = UUID("01a20f40-53a6-773d-aacd-9de01f03bea6")
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def test_without_a_filter_everything_matches() -> None:
    assert parse_account_filter(None, "Account") == AccountFilter()


def test_ids_are_those_of_the_type_that_is_listed() -> None:
    ids = [strawberry.ID("x"), encode("Account", SOME), encode("Contact", SOME)]

    assert parse_account_filter(AccountFilterInput(ids=ids), "Account").ids == (SOME,)
    assert parse_account_filter(ContactFilter(ids=[encode("Account", SOME)]), "Contact").ids == ()


def test_contacts_are_filtered_by_their_accounts() -> None:
    filter = ContactFilter(
        account_id=[encode("Account", SOME), encode("Contact", SOME)], emails=["a@example.com"]
    )

    assert parse_account_filter(filter, "Contact") == AccountFilter(
        account_id=(SOME,), emails=("a@example.com",)
    )


def test_a_range_without_an_end_is_open() -> None:
    filter = AccountFilterInput(updated_at=DateTimeRange(from_=MARCH), text="acme")

    assert parse_account_filter(filter, "Account") == AccountFilter(
        updated_at=Span(start=MARCH, end=None), text="acme"
    )
