"""Mitigations: planned, completed with evidence, and the status of the risk afterwards."""

import asyncio
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from tests.support.counts import count
from tests.support.scenarios.risks import EVIDENCE, RiskScenario, new_risk_scenario
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Mitigation
from workflow.operations.buyer.mitigations import NewMitigation, add_mitigation, complete_mitigation
from workflow.rules.enums import MitigationKind, RiskSettlement, RiskStatus
from workflow.rules.errors import InvalidInputError, NotFoundError, VersionConflictError

S = RiskStatus
PILOT = MitigationKind.PILOT
AT_ONCE = count(50)


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """Create a sales team; every test uses a deal of its own."""
    return await new_sales_team()


@pytest.fixture
async def scenario(team: SalesTeam) -> RiskScenario:
    """Create a deal."""
    return await new_risk_scenario(team)


async def risk_status(scenario: RiskScenario, risk: Any) -> str:
    """Return the status of the risk."""
    return str((await scenario.risk_row(risk))["status"])


@pytest.mark.parametrize("before", [S.SUSPECTED, S.CONFIRMED, S.MITIGATED])
async def test_planning_a_mitigation_makes_the_risk_mitigating(
    scenario: RiskScenario, before: RiskStatus
) -> None:
    risk = await scenario.add_risk(5, 5, before)
    due = date(2026, 5, 1)
    version = (await scenario.deal_row())["version"]

    answer = await add_mitigation(scenario.seller, risk, NewMitigation(PILOT, " Show it in a week ", due))

    row = await scenario.deal_row()
    plan = (await Mitigation.filter(risk_id=risk, kind=PILOT).values())[0]
    assert (answer, await risk_status(scenario, risk)) == (risk, S.MITIGATING)
    assert (plan["action"], plan["due"], plan["done_at"], plan["evidence"]) == (
        "Show it in a week",
        due,
        None,
        None,
    )
    assert (row["version"], row["risk_level"]) == (version + 1, "CRITICAL")
    new = {"kind": "PILOT", "action": "Show it in a week", "due": "2026-05-01"}
    assert await scenario.last_event() == {
        "type": "mitigation.added",
        "riskId": str(risk),
        "mitigationId": str(plan["id"]),
        "changes": {name: {"old": None, "new": value} for name, value in new.items()},
        "riskStatus": {"old": before, "new": "MITIGATING"},
    }


async def test_another_planned_mitigation_keeps_the_risk_mitigating(scenario: RiskScenario) -> None:
    risk = await scenario.add_risk(status=S.MITIGATING)

    await scenario.add_mitigation(risk)

    assert await risk_status(scenario, risk) == S.MITIGATING
    assert "riskStatus" not in await scenario.last_event()


@pytest.mark.parametrize(
    ("action", "due", "paths"),
    [
        (" ", None, [("action",)]),
        ("x" * 2_001, None, [("action",)]),
        ("", date(1899, 12, 31), [("action",), ("due",)]),
    ],
)
async def test_every_fault_of_a_mitigation_is_reported(
    scenario: RiskScenario, action: str, due: date | None, paths: list[tuple[str, ...]]
) -> None:
    risk = await scenario.add_risk()
    before = await scenario.all_rows()

    with pytest.raises(InvalidInputError) as refused:
        await add_mitigation(scenario.seller, risk, NewMitigation(PILOT, action, due))

    assert [fault.path for fault in refused.value.fields] == paths
    assert await scenario.all_rows() == before


async def test_a_risk_is_mitigated_when_every_mitigation_is_done(scenario: RiskScenario) -> None:
    risk = await scenario.add_risk(4, 4)
    first = await scenario.add_mitigation(risk)
    second = await scenario.add_mitigation(risk)

    await scenario.complete_mitigation(second, evidence=f" {EVIDENCE} ")
    halfway = await risk_status(scenario, risk)
    told_halfway = await scenario.last_event()
    answer = await scenario.complete_mitigation(first)

    row = await scenario.deal_row()
    done = (await Mitigation.filter(id=first).values())[0]
    named = {"type": "mitigation.completed", "riskId": str(risk), "evidence": EVIDENCE}
    assert (halfway, told_halfway) == (S.MITIGATING, {**named, "mitigationId": str(second)})
    assert (answer, await risk_status(scenario, risk), row["risk_level"]) == (risk, S.MITIGATED, None)
    assert (done["done_at"], done["evidence"]) == (row["updated_at"], EVIDENCE)
    moved = {"riskStatus": {"old": "MITIGATING", "new": "MITIGATED"}}
    assert await scenario.last_event() == {**named, "mitigationId": str(first), **moved}


async def test_a_mitigated_risk_waits_for_a_new_mitigation_only(scenario: RiskScenario) -> None:
    risk = await scenario.add_risk(status=S.MITIGATED)
    plan = await scenario.add_mitigation(risk)

    between = await risk_status(scenario, risk)
    await scenario.complete_mitigation(plan)

    assert (between, await risk_status(scenario, risk)) == (S.MITIGATING, S.MITIGATED)


@pytest.mark.parametrize(
    "evidence", ["", "  \n ", "It is ok.", "aaaaaaaaaaaa", "2026-03-02 12:30", "not yet known", "n/a"]
)
async def test_completing_a_mitigation_needs_real_evidence(scenario: RiskScenario, evidence: str) -> None:
    plan = await scenario.add_mitigation(await scenario.add_risk())
    before = await scenario.all_rows()

    with pytest.raises(InvalidInputError, match="Write what the buyer said or did: who, when") as refused:
        await scenario.complete_mitigation(plan, evidence=evidence)

    assert [fault.path for fault in refused.value.fields] == [("evidence",)]
    assert await scenario.all_rows() == before


async def test_a_mitigation_cannot_be_completed_twice(scenario: RiskScenario) -> None:
    risk = await scenario.add_risk()
    plan = await scenario.add_mitigation(risk)
    _ = await scenario.add_mitigation(risk)
    await scenario.complete_mitigation(plan)
    before = await scenario.all_rows()

    with pytest.raises(InvalidInputError, match=r"done already\. Add another one"):
        await scenario.complete_mitigation(plan, evidence="Their COO called Initech on Tuesday.")

    assert await scenario.all_rows() == before


@pytest.mark.parametrize("settlement", RiskSettlement)
async def test_a_mitigation_of_a_settled_risk_cannot_be_completed(
    scenario: RiskScenario, settlement: RiskSettlement
) -> None:
    risk = await scenario.add_risk()
    plan = await scenario.add_mitigation(risk)
    await scenario.settle_risk(risk, settlement, ctx=scenario.manager)
    before = await scenario.all_rows()

    with pytest.raises(InvalidInputError, match=f"This risk is {settlement.lower()} and cannot be changed"):
        await scenario.complete_mitigation(plan)

    assert await scenario.all_rows() == before


async def test_an_unknown_mitigation_is_not_found(scenario: RiskScenario) -> None:
    risk = await scenario.add_risk()

    for verb in (
        scenario.complete_mitigation(uuid4()),
        scenario.complete_mitigation(risk),
        scenario.add_mitigation(uuid4()),
    ):
        with pytest.raises(NotFoundError):
            await verb


async def test_completing_a_mitigation_checks_the_expected_version(scenario: RiskScenario) -> None:
    plan = await scenario.add_mitigation(await scenario.add_risk())
    version = (await scenario.deal_row())["version"]

    with pytest.raises(VersionConflictError):
        await complete_mitigation(scenario.seller, plan, evidence="", expected_version=version - 1)
    await complete_mitigation(scenario.seller, plan, evidence=EVIDENCE, expected_version=version)

    assert (await scenario.deal_row())["version"] == version + 1


async def test_completing_the_last_two_mitigations_concurrently_mitigates_the_risk(
    scenario: RiskScenario,
) -> None:
    found = []
    for _ in range(AT_ONCE):
        risk = await scenario.add_risk()
        plans = [await scenario.add_mitigation(risk), await scenario.add_mitigation(risk)]

        await asyncio.gather(*(scenario.complete_mitigation(plan) for plan in plans))

        found.append(await risk_status(scenario, risk))

    assert found == [S.MITIGATED] * AT_ONCE
