"""A new opportunity from an imported row: its owner, dates and defaults."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.operations.transfer.test_import_rows import CREATED_AT, LEAD, SYSTEM, WON, import_all, opportunity
from tests.support.organizations import NOW, TestOrganization
from workflow.models import Account, Opportunity
from workflow.operations.transfer.import_rows import import_rows
from workflow.rules.enums import ImportOutcome, OpportunityState, Role

PAST = datetime(2026, 1, 10, tzinfo=UTC)


async def test_a_key_without_a_member_must_name_the_owner(organization: TestOrganization) -> None:
    ctx = await organization.ctx_of(Role.INTEGRATOR)

    rows = await import_rows(
        ctx, SYSTEM, [LEAD, replace(LEAD, external_id="3", owner_email="ADMIN@example.com")]
    )

    assert [row.outcome for row in rows] == [ImportOutcome.REJECTED, ImportOutcome.CREATED]


@pytest.mark.parametrize(
    ("dates", "created_at"),
    [
        ({}, NOW),
        ({"expected_close_date": date(2026, 2, 1)}, datetime(2026, 2, 1, tzinfo=UTC)),
        ({"expected_close_date": date(2027, 2, 1)}, NOW),
        ({"state_since": PAST, "expected_close_date": date(2026, 2, 1)}, PAST),
        ({"state_since": PAST, "created_at": CREATED_AT}, CREATED_AT),
    ],
)
async def test_a_row_without_a_creation_date_was_created_on_its_earliest_past_date(
    organization: TestOrganization, dates: dict[str, Any], created_at: datetime
) -> None:
    await import_all(organization, replace(LEAD, **dates))

    assert (await opportunity(organization)).created_at == created_at


@pytest.mark.parametrize(
    ("state_since", "entered"),
    [
        (None, datetime(2026, 2, 1, tzinfo=UTC)),
        (datetime(2026, 2, 1, 15, tzinfo=UTC), datetime(2026, 2, 1, 15, tzinfo=UTC)),
        (datetime(2026, 1, 20, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
    ],
    ids=["no stateSince", "on the day of the close", "on another day"],
)
async def test_a_closed_deal_entered_its_state_on_the_day_of_the_close(
    organization: TestOrganization, state_since: datetime | None, entered: datetime
) -> None:
    await import_all(organization, replace(WON, state_since=state_since))

    assert (await opportunity(organization, "2")).state_since == entered


async def test_a_deal_created_and_closed_on_one_day_was_not_closed_before_its_creation(
    organization: TestOrganization,
) -> None:
    afternoon = datetime(2026, 2, 1, 15, tzinfo=UTC)

    await import_all(organization, replace(WON, created_at=afternoon))

    assert (await opportunity(organization, "2")).state_since == afternoon


async def test_a_rejected_row_creates_no_account(organization: TestOrganization) -> None:
    rows = await import_all(
        organization, replace(LEAD, state=OpportunityState.LOST, account_name="Never made")
    )

    assert [row.outcome for row in rows] == [ImportOutcome.REJECTED]
    assert "needs `closedOn`" in str(rows[0].problem)
    assert await Account.filter(organization_id=organization.id).count() == 0
    assert await Opportunity.filter(organization_id=organization.id).count() == 0


async def test_the_expected_close_date_is_the_baseline_of_the_next_push(
    organization: TestOrganization,
) -> None:
    day = NOW.date() + timedelta(days=30)

    await import_all(organization, replace(LEAD, expected_close_date=day))

    made = await opportunity(organization)
    assert (made.expected_close_date, made.latest_close_date, made.push_count) == (day, day, 0)
