"""The next step: overdue when its day is over in the organization's time zone."""

from datetime import UTC, date, datetime

import pytest

from schema.core.ids import encode
from schema.opportunity.next_step import NextStepInput, parse_next_step
from tests.support.graphql import execute
from tests.support.organizations import TestOrganization, new_organization
from tests.support.rows import deal_row, row_defaults
from workflow.models import Opportunity
from workflow.rules.opportunity.facts import NextStep

QUERY = "query($id: ID!) { opportunity(id: $id) { nextStep { text dueDate agreedWithBuyer overdue } } }"
DUE = date(2026, 3, 9)


async def new_deal(organization: TestOrganization, **columns: object) -> str:
    """A deal with these columns."""
    row = deal_row(await row_defaults(organization), **columns)
    await Opportunity.bulk_create([row])
    return encode("Opportunity", row.id)


@pytest.mark.parametrize(
    ("now", "overdue"),
    [(datetime(2026, 3, 9, 10, 59, tzinfo=UTC), False), (datetime(2026, 3, 9, 11, 0, tzinfo=UTC), True)],
)
async def test_a_step_is_overdue_when_its_day_is_over_in_auckland(now: datetime, overdue: bool) -> None:
    organization = await new_organization(time_zone="Pacific/Auckland")
    id = await new_deal(organization, next_step_text="Call", next_step_due=DUE, next_step_agreed=True)

    found = (await execute(organization.ctx, QUERY, now=now, id=id))["opportunity"]["nextStep"]

    assert found == {"text": "Call", "dueDate": "2026-03-09", "agreedWithBuyer": True, "overdue": overdue}


async def test_a_step_without_a_day_is_never_overdue(organization: TestOrganization) -> None:
    id = await new_deal(organization, next_step_text="Call")

    found = (await execute(organization.ctx, QUERY, id=id))["opportunity"]["nextStep"]

    assert found == {"text": "Call", "dueDate": None, "agreedWithBuyer": False, "overdue": False}


async def test_a_deal_may_have_no_step(organization: TestOrganization) -> None:
    id = await new_deal(organization)

    assert (await execute(organization.ctx, QUERY, id=id))["opportunity"]["nextStep"] is None


def test_an_input_is_converted_and_null_stays_null() -> None:
    assert parse_next_step(NextStepInput(text="Call", due_date=DUE)) == NextStep("Call", DUE, False)
    assert parse_next_step(NextStepInput(text="Call")) == NextStep("Call", None, False)
    assert parse_next_step(None) is None
