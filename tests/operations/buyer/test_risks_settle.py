"""Risks accepted or closed: with a reason, and for good."""

import pytest

from tests.support.scenarios.risks import EVIDENCE, RiskScenario, new_risk_scenario
from tests.support.team import SalesTeam, new_sales_team
from workflow.rules.enums import RiskSettlement, RiskStatus
from workflow.rules.errors import InvalidInputError

S = RiskStatus


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """Create a sales team; every test uses a deal of its own."""
    return await new_sales_team()


@pytest.fixture
async def scenario(team: SalesTeam) -> RiskScenario:
    """Create a deal."""
    return await new_risk_scenario(team)


@pytest.mark.parametrize("settlement", RiskSettlement)
@pytest.mark.parametrize("status", [S.SUSPECTED, S.CONFIRMED, S.MITIGATING, S.MITIGATED])
async def test_settling_a_risk_records_its_reason(
    scenario: RiskScenario, status: RiskStatus, settlement: RiskSettlement
) -> None:
    id = await scenario.add_risk(3, 3, status)

    await scenario.settle_risk(id, settlement, ctx=scenario.manager, reason=f" {EVIDENCE} ")

    risk = await scenario.risk_row(id)
    row = await scenario.deal_row()
    assert (risk["status"], risk["closed_at"], risk["settle_reason"]) == (
        settlement,
        row["updated_at"],
        EVIDENCE,
    )
    assert row["risk_level"] is None
    changes = {"status": {"old": status, "new": settlement}}
    assert await scenario.last_event() == {
        "type": "risk.updated",
        "riskId": str(id),
        "changes": changes,
        "reason": EVIDENCE,
    }


@pytest.mark.parametrize("reason", ["", " \n", "x" * 20_001])
async def test_settling_a_risk_needs_a_reason(scenario: RiskScenario, reason: str) -> None:
    id = await scenario.add_risk()
    before = await scenario.all_rows()

    with pytest.raises(InvalidInputError) as refused:
        await scenario.settle_risk(id, RiskSettlement.CLOSED, reason=reason)

    assert [fault.path for fault in refused.value.fields] == [("reason",)]
    assert await scenario.all_rows() == before


@pytest.mark.parametrize("status", [S.ACCEPTED, S.CLOSED])
async def test_a_settled_risk_cannot_change(scenario: RiskScenario, status: RiskStatus) -> None:
    id = await scenario.add_risk(status=status)
    before = await scenario.all_rows()

    for verb in (
        scenario.update_risk(id, {"statement": "Two years"}),
        scenario.update_risk(id, {}),
        scenario.add_mitigation(id),
        *(scenario.settle_risk(id, settlement, ctx=scenario.manager) for settlement in RiskSettlement),
    ):
        with pytest.raises(
            InvalidInputError,
            match=f"This risk is {status.lower()} and cannot be changed any more. .* add a new risk",
        ):
            await verb

    assert await scenario.all_rows() == before
