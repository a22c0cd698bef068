"""Risks put to rest: accepted or closed, for a reason, and for good."""

import pytest

from tests.support.scenarios.risks import SAID, Scene, new_scene
from tests.support.team import Crew, new_crew
from workflow.rules.enums import RiskSettlement, RiskStatus
from workflow.rules.errors import InvalidInputError

S = RiskStatus


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """One crew, for every test takes a deal of its own."""
    return await new_crew()


@pytest.fixture
async def scene(crew: Crew) -> Scene:
    """A fresh deal."""
    return await new_scene(crew)


@pytest.mark.parametrize("settlement", RiskSettlement)
@pytest.mark.parametrize("status", [S.SUSPECTED, S.CONFIRMED, S.MITIGATING, S.MITIGATED])
async def test_a_risk_is_settled_for_a_reason_that_is_told(
    scene: Scene, status: RiskStatus, settlement: RiskSettlement
) -> None:
    id = await scene.fear(3, 3, status)

    await scene.settle(id, settlement, who=scene.manager, reason=f" {SAID} ")

    risk, row = await scene.risk(id), await scene.row()
    assert (risk["status"], risk["closed_at"], risk["settle_reason"]) == (settlement, row["updated_at"], SAID)
    assert row["risk_level"] is None
    changes = {"status": {"old": status, "new": settlement}}
    assert await scene.told() == {"type": "risk.updated", "riskId": str(id), "changes": changes, "reason": SAID}


@pytest.mark.parametrize("reason", ["", " \n", "x" * 20_001])
async def test_a_risk_is_not_settled_without_a_reason(scene: Scene, reason: str) -> None:
    id = await scene.fear()
    before = await scene.all_rows()

    with pytest.raises(InvalidInputError) as refused:
        await scene.settle(id, RiskSettlement.CLOSED, reason=reason)

    assert [fault.path for fault in refused.value.fields] == [("reason",)]
    assert await scene.all_rows() == before


@pytest.mark.parametrize("status", [S.ACCEPTED, S.CLOSED])
async def test_a_settled_risk_stays_as_it_is(scene: Scene, status: RiskStatus) -> None:
    id = await scene.fear(status=status)
    before = await scene.all_rows()

    for verb in (
        scene.update(id, {"statement": "Two years"}),
        scene.update(id, {}),
        scene.plan(id),
        *(scene.settle(id, settlement, who=scene.manager) for settlement in RiskSettlement),
    ):
        with pytest.raises(
            InvalidInputError, match=f"This risk is {status} and stays so. Raise a new one with raiseRisk"
        ):
            await verb

    assert await scene.all_rows() == before
