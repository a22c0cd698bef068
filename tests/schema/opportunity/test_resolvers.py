"""The fields of an opportunity that depend on the forecast and on the viewer."""

import pytest

from schema.core.ids import encode
from tests.support.graphql import execute
from tests.support.organizations import TestOrganization
from tests.support.rows import deal_row, row_defaults
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Opportunity
from workflow.rules.enums import OpportunityState

WEIGHTED = "query($id: ID!) { opportunity(id: $id) { weightedValue { amount } } }"
VIEWER = "query($id: ID!) { opportunity(id: $id) { viewerCanUpdate viewerCanAssign viewerCanDelete } }"
EVERYTHING = (True, True, True)
NOTHING = (False, False, False)


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """A sales team; these tests only read."""
    return await new_sales_team()


@pytest.mark.parametrize(
    ("category", "proposed", "weighted"),
    [("PIPELINE", False, "250.00"), ("OMITTED", False, "0.00"), ("PIPELINE", True, "0.00")],
)
async def test_a_deal_that_the_forecast_omits_weighs_nothing(
    organization: TestOrganization, category: str, proposed: bool, weighted: str
) -> None:
    row = deal_row(
        await row_defaults(organization),
        base_minor=100_000,
        probability=0.25,
        forecast_category=category,
        disqualify_proposed=proposed,
    )
    await Opportunity.bulk_create([row])

    found = await execute(organization.ctx, WEIGHTED, id=encode("Opportunity", row.id))

    assert found["opportunity"]["weightedValue"] == {"amount": weighted}


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("owner", (True, False, False)),
        ("helper", (True, False, False)),
        ("manager", (True, True, False)),
        ("other manager", NOTHING),
        ("admin", EVERYTHING),
        ("integrator", (True, True, False)),
        ("observer", NOTHING),
    ],
)
async def test_the_viewer_sees_what_they_may_do(
    team: SalesTeam, name: str, allowed: tuple[bool, bool, bool]
) -> None:
    id = encode("Opportunity", team.deals[OpportunityState.LEAD])

    found = (await execute(team.ctx[name], VIEWER, id=id))["opportunity"]

    assert tuple(found.values()) == allowed


async def test_a_closed_deal_can_only_be_deleted(team: SalesTeam) -> None:
    id = encode("Opportunity", team.deals[OpportunityState.WON])

    found = (await execute(team.ctx["admin"], VIEWER, id=id))["opportunity"]

    assert tuple(found.values()) == (False, False, True)
