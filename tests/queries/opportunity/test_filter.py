"""The filter of opportunities."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW, TestOrganization
from tests.support.rows import create_deals_with_people, deal_row, row_defaults
from workflow.models import Competitor, Objective, Opportunity
from workflow.models.columns import new_id
from workflow.queries.opportunity.filter import OpportunityFilter, filter_condition
from workflow.queries.opportunity.rows import matching
from workflow.rules.enums import OpportunityField


@pytest.fixture
async def ids(organization: TestOrganization) -> Mapping[str, UUID]:
    """A lead without a source, a lead from the web, and a won deal from the web."""
    defaults = await row_defaults(organization)
    rows = {
        "plain": deal_row(defaults, name="Plain"),
        "web": deal_row(
            defaults,
            name="Web",
            source="web",
            value_minor=500,
            value_currency="EUR",
            expected_close_date=NOW.date(),
        ),
        "won": deal_row(
            defaults,
            name="Won",
            source="web",
            state="WON",
            closed_on=NOW.date(),
            closed_from="PROGRESSING",
            value_minor=0,
            value_currency="EUR",
            description="",
        ),
    }
    await Opportunity.bulk_create(rows.values())
    return {name: row.id for name, row in rows.items()}


async def found(organization: TestOrganization, filter: OpportunityFilter) -> set[str]:
    """Names of the deals that match."""
    return {row["name"] for row in await matching(organization.ctx.viewer, filter).values("name")}


async def test_fields_are_joined_by_and_and_an_empty_list_matches_nothing(
    organization: TestOrganization, ids: Mapping[str, UUID]
) -> None:
    assert await found(organization, OpportunityFilter()) == {"Plain", "Web", "Won"}
    assert await found(organization, OpportunityFilter(source=("web",), state=("LEAD", "QUALIFIED"))) == {
        "Web"
    }
    assert await found(organization, OpportunityFilter(ids=())) == set()
    assert await found(organization, OpportunityFilter(any_of=())) == set()
    assert await found(organization, OpportunityFilter(open=False)) == {"Won"}


async def test_a_negated_filter_matches_exactly_the_other_deals_with_empty_columns_too(
    organization: TestOrganization, ids: Mapping[str, UUID]
) -> None:
    web = OpportunityFilter(source=("web",))

    assert await found(organization, OpportunityFilter(negated=web)) == {"Plain"}
    assert await found(organization, OpportunityFilter(negated=OpportunityFilter(negated=web))) == {
        "Web",
        "Won",
    }


async def test_alternatives_are_joined_by_or_and_then_with_the_other_fields(
    organization: TestOrganization, ids: Mapping[str, UUID]
) -> None:
    either = (OpportunityFilter(ids=(ids["plain"],)), OpportunityFilter(state=("WON",)))

    assert await found(organization, OpportunityFilter(any_of=either)) == {"Plain", "Won"}
    assert await found(organization, OpportunityFilter(any_of=either, source=("web",))) == {"Won"}


async def test_missing_fields_are_empty_or_zero(
    organization: TestOrganization, ids: Mapping[str, UUID]
) -> None:
    field = OpportunityField
    own: dict[str, Any] = {"id": new_id(), "organization_id": organization.id, "opportunity_id": ids["web"]}
    await Competitor.create(kind="VENDOR", name="Rival", standing="ACTIVE", created_at=NOW, **own)
    await Objective.create(position=1, text="Fewer errors", **own)

    for missing in (field.VALUE, field.EXPECTED_CLOSE_DATE, field.COMPETITORS, field.OBJECTIVES):
        assert await found(organization, OpportunityFilter(missing=(missing,))) == {"Plain", "Won"}, missing
    for missing in (field.NEXT_STEP, field.DESCRIPTION, field.PURCHASE_PROCESS, field.DECISION_DATE):
        assert len(await found(organization, OpportunityFilter(missing=(missing,)))) == 3, missing
    assert await found(organization, OpportunityFilter(missing=())) == set()


async def test_a_text_is_searched_in_names_of_deals_accounts_and_stakeholders_and_as_a_number(
    organization: TestOrganization, ids: Mapping[str, UUID]
) -> None:
    [first, _] = await create_deals_with_people(organization, 2, people=1)
    number = (await Opportunity.get(id=ids["won"]).values("number"))["number"]

    assert await found(organization, OpportunityFilter(text="wEB")) == {"Web"}
    assert await found(organization, OpportunityFilter(text="account 0.0")) == {first.deal.name}
    assert await found(organization, OpportunityFilter(text="person 0.0")) == {first.deal.name}
    assert "Won" in await found(organization, OpportunityFilter(text=str(number)))
    assert await found(organization, OpportunityFilter(text="9" * 30)) == set()


async def test_a_negated_filter_stays_within_the_organization(
    organization: TestOrganization, ids: Mapping[str, UUID]
) -> None:
    condition = filter_condition(
        organization.ctx.viewer, OpportunityFilter(negated=OpportunityFilter(state=("WON",)))
    )
    rows = Opportunity.filter(condition, organization_id=organization.id)

    assert {row["name"] for row in await rows.values("name")} == {"Plain", "Web"}
