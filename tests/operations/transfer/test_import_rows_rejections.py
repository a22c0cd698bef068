"""Faulty rows are rejected with a reason and do not affect the others."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.support.organizations import NOW, new_organization
from workflow.models import Account, Opportunity
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.transfer.import_rows import import_rows
from workflow.operations.transfer.row import ImportRow
from workflow.rules.enums import ImportOutcome, OpportunityState, WinReason
from workflow.rules.errors import InvalidInputError

LEAD = ImportRow(external_id="1", name="Paper", account_name="Dunder")
CREATED_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
WON = replace(LEAD, state=OpportunityState.WON, created_at=CREATED_AT, closed_on=date(2026, 2, 1))
BAD = {
    "state without closedOn": replace(LEAD, state=OpportunityState.WON),
    "closedOn without close": replace(LEAD, closed_on=NOW.date()),
    "closedOn tomorrow": replace(LEAD, state=OpportunityState.LOST, closed_on=NOW.date() + timedelta(days=1)),
    "closedOn before createdAt": replace(WON, closed_on=date(2026, 1, 4)),
    "createdAt in the future": replace(LEAD, created_at=NOW + timedelta(seconds=1)),
    "stateSince in the future": replace(LEAD, state_since=NOW + timedelta(seconds=1)),
    "stateSince before createdAt": replace(LEAD, created_at=NOW, state_since=CREATED_AT),
    "unknown owner": replace(LEAD, owner_email="nobody@example.com"),
    "no name": replace(LEAD, name=" "),
    "long name": replace(LEAD, name="x" * 256),
    "NUL in the name": replace(LEAD, name="x\x00"),
    "NUL in the attributes": replace(LEAD, attributes={"a": ["\x00"]}),
    "half a character": replace(LEAD, name="\ud800"),
    "half a character in the key": replace(LEAD, external_id="\ud800"),
    "no number": replace(LEAD, attributes={"a": float("nan")}),
    "no such currency": replace(LEAD, value=MoneyAmount(Decimal(1), "XXQ")),
    "no rate": replace(LEAD, value=MoneyAmount(Decimal(1), "USD")),
    "too exact": replace(LEAD, value=MoneyAmount(Decimal("0.001"), "EUR")),
    "reason of another state": replace(LEAD, win_reason=WinReason.SPEED),
    "year 1": replace(LEAD, created_at=datetime(1, 1, 1, tzinfo=UTC)),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
async def test_a_bad_row_is_rejected_and_the_others_are_imported(bad: ImportRow) -> None:
    organization = await new_organization()
    good = replace(LEAD, external_id="good")

    outcomes = await import_rows(
        organization.ctx, "elsewhere", [replace(bad, account_name="Never made"), good]
    )

    assert [outcome.outcome for outcome in outcomes] == [ImportOutcome.REJECTED, ImportOutcome.CREATED]
    assert isinstance(outcomes[0].problem, InvalidInputError)
    assert await Opportunity.filter(organization_id=organization.id).count() == 1
    assert await Account.filter(organization_id=organization.id, name="Never made").count() == 0


@pytest.mark.parametrize(
    "bad",
    [replace(LEAD, account_name="x" * 70_000), replace(LEAD, external_id="x" * 70_000)],
    ids=["account", "key"],
)
async def test_an_oversized_value_is_rejected_alone_without_a_lookup(bad: ImportRow) -> None:
    organization = await new_organization()

    outcomes = await import_rows(organization.ctx, "elsewhere", [bad, replace(LEAD, external_id="good")])

    assert [outcome.outcome for outcome in outcomes] == [ImportOutcome.REJECTED, ImportOutcome.CREATED]
    assert isinstance(outcomes[0].problem, InvalidInputError) and "the limit is 255" in str(
        outcomes[0].problem
    )
