"""What is done about a risk: planned, done with evidence, and what becomes of the risk."""

import asyncio
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from tests.support.counts import count
from tests.support.scenarios.risks import SAID, Scene, new_scene
from tests.support.team import Crew, new_crew
from workflow.models import Mitigation
from workflow.operations.buyer.mitigations import NewMitigation, add_mitigation, complete_mitigation
from workflow.rules.enums import MitigationKind, RiskSettlement, RiskStatus
from workflow.rules.errors import InvalidInputError, NotFoundError, VersionConflictError

S = RiskStatus
PILOT = MitigationKind.PILOT
AT_ONCE = count(50)


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """One crew, for every test takes a deal of its own."""
    return await new_crew()


@pytest.fixture
async def scene(crew: Crew) -> Scene:
    """A fresh deal."""
    return await new_scene(crew)


async def status(scene: Scene, risk: Any) -> str:
    """What became of the risk."""
    return str((await scene.risk(risk))["status"])


@pytest.mark.parametrize("before", [S.SUSPECTED, S.CONFIRMED, S.MITIGATED])
async def test_a_risk_is_being_mitigated_from_when_something_is_planned(scene: Scene, before: RiskStatus) -> None:
    risk, due = await scene.fear(5, 5, before), date(2026, 5, 1)
    version = (await scene.row())["version"]

    answer = await add_mitigation(scene.seller, risk, NewMitigation(PILOT, " Show it in a week ", due))

    row = await scene.row()
    plan = (await Mitigation.filter(risk_id=risk, kind=PILOT).values())[0]
    assert (answer, await status(scene, risk)) == (risk, S.MITIGATING)
    assert (plan["action"], plan["due"], plan["done_at"], plan["evidence"]) == ("Show it in a week", due, None, None)
    assert (row["version"], row["risk_level"]) == (version + 1, "CRITICAL")
    new = {"kind": "PILOT", "action": "Show it in a week", "due": "2026-05-01"}
    assert await scene.told() == {
        "type": "mitigation.added",
        "riskId": str(risk),
        "mitigationId": str(plan["id"]),
        "changes": {name: {"old": None, "new": value} for name, value in new.items()},
        "riskStatus": {"old": before, "new": "MITIGATING"},
    }


async def test_one_plan_more_leaves_a_risk_being_mitigated(scene: Scene) -> None:
    risk = await scene.fear(status=S.MITIGATING)

    await scene.plan(risk)

    assert await status(scene, risk) == S.MITIGATING
    assert "riskStatus" not in await scene.told()


@pytest.mark.parametrize(
    ("action", "due", "paths"),
    [
        (" ", None, [("action",)]),
        ("x" * 2_001, None, [("action",)]),
        ("", date(1899, 12, 31), [("action",), ("due",)]),
    ],
)
async def test_every_fault_of_a_plan_is_told(
    scene: Scene, action: str, due: date | None, paths: list[tuple[str, ...]]
) -> None:
    risk = await scene.fear()
    before = await scene.all_rows()

    with pytest.raises(InvalidInputError) as refused:
        await add_mitigation(scene.seller, risk, NewMitigation(PILOT, action, due))

    assert [fault.path for fault in refused.value.fields] == paths
    assert await scene.all_rows() == before


async def test_a_risk_is_mitigated_when_all_that_was_planned_is_done(scene: Scene) -> None:
    risk = await scene.fear(4, 4)
    first, second = await scene.plan(risk), await scene.plan(risk)

    await scene.complete(second, evidence=f" {SAID} ")
    halfway, told_halfway = await status(scene, risk), await scene.told()
    answer = await scene.complete(first)

    row, done = await scene.row(), (await Mitigation.filter(id=first).values())[0]
    named = {"type": "mitigation.completed", "riskId": str(risk), "evidence": SAID}
    assert (halfway, told_halfway) == (S.MITIGATING, {**named, "mitigationId": str(second)})
    assert (answer, await status(scene, risk), row["risk_level"]) == (risk, S.MITIGATED, None)
    assert (done["done_at"], done["evidence"]) == (row["updated_at"], SAID)
    moved = {"riskStatus": {"old": "MITIGATING", "new": "MITIGATED"}}
    assert await scene.told() == {**named, "mitigationId": str(first), **moved}


async def test_a_risk_that_is_mitigated_again_waits_for_the_new_plan_alone(scene: Scene) -> None:
    risk = await scene.fear(status=S.MITIGATED)
    plan = await scene.plan(risk)

    between = await status(scene, risk)
    await scene.complete(plan)

    assert (between, await status(scene, risk)) == (S.MITIGATING, S.MITIGATED)


@pytest.mark.parametrize(
    "evidence", ["", "  \n ", "It is ok.", "aaaaaaaaaaaa", "2026-03-02 12:30", "not yet known", "n/a"]
)
async def test_what_says_nothing_does_not_show_that_it_was_done(scene: Scene, evidence: str) -> None:
    plan = await scene.plan(await scene.fear())
    before = await scene.all_rows()

    with pytest.raises(InvalidInputError, match="Tell what the buyer said or did, and where") as refused:
        await scene.complete(plan, evidence=evidence)

    assert [fault.path for fault in refused.value.fields] == [("evidence",)]
    assert await scene.all_rows() == before


async def test_what_is_done_is_not_done_twice(scene: Scene) -> None:
    risk = await scene.fear()
    plan, _ = await scene.plan(risk), await scene.plan(risk)
    await scene.complete(plan)
    before = await scene.all_rows()

    with pytest.raises(InvalidInputError, match=r"done already\. Plan another one with addMitigation"):
        await scene.complete(plan, evidence="Their COO called Initech on Tuesday.")

    assert await scene.all_rows() == before


@pytest.mark.parametrize("settlement", RiskSettlement)
async def test_what_was_planned_against_a_settled_risk_is_not_completed(
    scene: Scene, settlement: RiskSettlement
) -> None:
    risk = await scene.fear()
    plan = await scene.plan(risk)
    await scene.settle(risk, settlement, who=scene.manager)
    before = await scene.all_rows()

    with pytest.raises(InvalidInputError, match=f"This risk is {settlement} and stays so"):
        await scene.complete(plan)

    assert await scene.all_rows() == before


async def test_what_nobody_planned_is_not_found(scene: Scene) -> None:
    risk = await scene.fear()

    for verb in (scene.complete(uuid4()), scene.complete(risk), scene.plan(uuid4())):
        with pytest.raises(NotFoundError):
            await verb


async def test_a_plan_is_completed_by_who_read_the_deal_as_it_is(scene: Scene) -> None:
    plan, version = await scene.plan(await scene.fear()), (await scene.row())["version"]

    with pytest.raises(VersionConflictError):
        await complete_mitigation(scene.seller, plan, evidence="", expected_version=version - 1)
    await complete_mitigation(scene.seller, plan, evidence=SAID, expected_version=version)

    assert (await scene.row())["version"] == version + 1


async def test_the_last_two_plans_done_at_once_leave_the_risk_mitigated(scene: Scene) -> None:
    found = []
    for _ in range(AT_ONCE):
        risk = await scene.fear()
        plans = [await scene.plan(risk), await scene.plan(risk)]

        await asyncio.gather(*(scene.complete(plan) for plan in plans))

        found.append(await status(scene, risk))

    assert found == [S.MITIGATED] * AT_ONCE
