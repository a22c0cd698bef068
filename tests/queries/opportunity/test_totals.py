"""The number and the value of the deals that match a filter, for many filters at once."""

from dataclasses import replace
from itertools import product

from tests.support.organizations import TestOrganization
from tests.support.rows import create_deals_with_people, deal_row, row_defaults
from tests.support.statements import statements
from workflow.models import Opportunity
from workflow.models.columns import new_id
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.totals import Totals, totals, totals_by_filter

ALL = OpportunityFilter()


async def insert(organization: TestOrganization, **columns: object) -> Opportunity:
    """A deal with these columns."""
    row = deal_row(await row_defaults(organization), **columns)
    await Opportunity.bulk_create([row])
    return row


async def test_the_total_value_is_unknown_if_a_value_has_no_exchange_rate(
    organization: TestOrganization,
) -> None:
    await insert(organization, value_minor=100, value_currency="EUR", base_minor=90)
    await insert(organization)
    known = await totals(organization.ctx.viewer, ALL)
    await insert(organization, value_minor=100, value_currency="EUR", base_minor=None)

    unknown = await totals(organization.ctx.viewer, ALL)

    assert (known.count, known.base_minor) == (2, 90)
    assert (unknown.count, unknown.base_minor) == (3, None)


async def test_the_total_of_no_deals_is_zero(organization: TestOrganization) -> None:
    none = await totals(organization.ctx.viewer, ALL)

    assert (none.count, none.base_minor) == (0, 0)


async def test_totals_of_many_parents_are_read_in_one_statement(organization: TestOrganization) -> None:
    families = await create_deals_with_people(organization, 5, people=0)
    for number, family in enumerate(families):
        columns = {
            "value_minor": number,
            "value_currency": "EUR",
            "base_minor": None if number == 3 else number,
        }
        await Opportunity.filter(id=family.deal.id).update(**columns)
    accounts = [*(family.account.id for family in families), new_id()]
    filters = [OpportunityFilter(account_id=(id,), open=True) for id in accounts]

    async with statements() as sent:
        found = await totals_by_filter(organization.ctx.viewer, filters)

    assert len(sent) == 1
    assert [found[filter] for filter in filters] == [
        *(Totals(1, None if number == 3 else number) for number in range(5)),
        Totals(0, 0),
    ]


async def test_filters_of_every_form_have_the_totals_that_they_have_alone(
    organization: TestOrganization,
) -> None:
    families = await create_deals_with_people(organization, 3, people=0)
    accounts = [
        None,
        (),
        *((family.account.id,) for family in families),
        tuple(f.account.id for f in families),
    ]
    owners = [None, *((family.owner.id,) for family in families[:2])]
    filters = [
        replace(ALL, account_id=account, owner_id=owner, open=is_open)
        for account, owner, is_open in product(accounts, owners, (None, True, False))
    ]

    together = await totals_by_filter(organization.ctx.viewer, filters)

    assert together == {filter: await totals(organization.ctx.viewer, filter) for filter in filters}
    assert {found.count for found in together.values()} == {0, 1, 3}
