"""Lists of a deal's parts, by the list of activities: first pages, any page and counts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.organizations import NOW, TestOrganization
from tests.support.rows import deal_row, row_defaults
from tests.support.statements import statements
from workflow.models import Activity, Opportunity
from workflow.models.columns import new_id
from workflow.queries.opportunity.activities import ACTIVITIES
from workflow.queries.paging import Window


@pytest.fixture
async def deals(organization: TestOrganization) -> list[Opportunity]:
    """Three deals with 0, 2 and 5 activities, of which the last one of each deal is voided."""
    defaults = await row_defaults(organization)
    made = [deal_row(defaults, name=str(number)) for number in range(3)]
    await Opportunity.bulk_create(made)
    common = {"organization_id": organization.id, "kind": "CALL", "direction": "OUTBOUND", "two_way": True}
    actor = {"actor_kind": "SYSTEM", "actor_name": "Test", "created_at": NOW}
    await Activity.bulk_create(
        Activity(
            id=new_id(),
            opportunity_id=deal.id,
            at=NOW + timedelta(minutes=minute),
            summary=f"{minute}",
            voided_at=NOW if minute == count - 1 else None,
            **common,
            **actor,
        )
        for deal, count in zip(made, (0, 2, 5), strict=True)
        for minute in range(count)
    )
    return made


async def test_first_pages_have_the_newest_rows_and_the_length_of_the_list_by_one_statement(
    organization: TestOrganization, deals: list[Opportunity]
) -> None:
    ids = [deal.id for deal in deals]

    async with statements() as sent:
        pages = await ACTIVITIES.first_pages(organization.id, ids, 2)

    assert len(sent) == 1
    summaries = [[row.summary for row in pages[id].rows] for id in ids]
    assert summaries == [[], ["0"], ["3", "2"]]
    assert [(pages[id].total, pages[id].has_next) for id in ids] == [(0, False), (1, False), (4, True)]


async def test_a_first_page_is_the_page_of_one_deal_and_its_cursor_continues_there(
    organization: TestOrganization, deals: list[Opportunity]
) -> None:
    viewer = organization.ctx.viewer
    longest = deals[2].id
    pages = await ACTIVITIES.first_pages(organization.id, [longest], 3)
    first = pages[longest]

    assert replace(first, total=None) == await ACTIVITIES.page_of(viewer, longest, Window(3))
    following = await ACTIVITIES.page_of(viewer, longest, Window(3, after=first.keys[-1]))
    assert [row.summary for row in following.rows] == ["0"]


async def test_hidden_rows_are_not_counted(organization: TestOrganization, deals: list[Opportunity]) -> None:
    ids = [deal.id for deal in deals]

    counts = await ACTIVITIES.counts(organization.ctx.viewer, ids)

    assert counts == dict(zip(ids, (0, 1, 4), strict=True))


async def test_the_list_of_another_organization_is_empty(
    organization: TestOrganization, deals: list[Opportunity]
) -> None:
    stranger = replace(organization.ctx.viewer, organization_id=new_id())

    assert (await ACTIVITIES.first_pages(stranger.organization_id, [deals[2].id], 9))[deals[2].id].rows == ()
    assert (await ACTIVITIES.page_of(stranger, deals[2].id, Window(9))).rows == ()
    assert await ACTIVITIES.counts(stranger, [deals[2].id]) == {deals[2].id: 0}
