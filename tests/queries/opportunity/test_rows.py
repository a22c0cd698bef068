"""Opportunities as rows: pages and reads by id."""

from datetime import timedelta

import pytest

from tests.support.organizations import NOW, TestOrganization
from tests.support.rows import deal_row, row_defaults
from workflow.models import Opportunity
from workflow.models.columns import new_id
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.rows import ORDER_TERMS, opportunities, opportunities_by_id
from workflow.queries.opportunity.totals import totals
from workflow.queries.paging import Window
from workflow.rules.enums import OpportunityOrderField, OpportunityState, WinReason

ALL = OpportunityFilter()


async def insert(organization: TestOrganization, **columns: object) -> Opportunity:
    """A deal with these columns."""
    row = deal_row(await row_defaults(organization), **columns)
    await Opportunity.bulk_create([row])
    return row


async def test_deleted_and_foreign_deals_are_absent(organization: TestOrganization) -> None:
    deal = await insert(organization)
    gone = await insert(organization, deleted_at=NOW)

    found = await opportunities_by_id(organization.ctx.viewer, [deal.id, gone.id, new_id()])

    assert set(found) == {deal.id}
    assert (await totals(organization.ctx.viewer, ALL)).count == 1


async def test_enum_names_are_read_as_enums_and_empty_ones_stay_empty(organization: TestOrganization) -> None:
    deal = await insert(
        organization, state="WON", win_reason="SPEED", closed_on=NOW.date(), closed_from="PROGRESSING"
    )

    row = (await opportunities_by_id(organization.ctx.viewer, [deal.id]))[deal.id]

    assert (row.state, row.win_reason, row.loss_reason) == (OpportunityState.WON, WinReason.SPEED, None)
    assert isinstance(row.state, OpportunityState) and isinstance(row.win_reason, WinReason)


async def test_every_order_has_a_page_and_the_default_order_is_by_number(
    organization: TestOrganization,
) -> None:
    for number in (3, 1, 2):
        await insert(organization, number=number, created_at=NOW + timedelta(days=number))
    viewer = organization.ctx.viewer

    assert [row.number for row in (await opportunities(viewer, ALL, [], Window(9))).rows] == [1, 2, 3]
    for field in OpportunityOrderField:
        page = await opportunities(viewer, ALL, [ORDER_TERMS[field]], Window(2))
        assert (len(page.rows), page.has_next) == (2, True), field


@pytest.mark.parametrize("field", [OpportunityOrderField.VALUE, OpportunityOrderField.HEALTH])
async def test_deals_without_a_value_come_last(
    organization: TestOrganization, field: OpportunityOrderField
) -> None:
    await insert(organization, name="empty")
    await insert(organization, name="filled", base_minor=1, health=1)

    page = await opportunities(organization.ctx.viewer, ALL, [ORDER_TERMS[field]], Window(9))

    assert [row.name for row in page.rows] == ["filled", "empty"]
