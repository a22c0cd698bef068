"""Risks raised and described: what is taken, what is refused, and what is told."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import new_organization
from tests.support.scenarios.risks import Scene, new_scene, sleeper
from tests.support.team import Crew, new_crew
from workflow.operations.buyer.risks import NewRisk, RiskChanges, raise_risk, settle_risk, update_risk
from workflow.operations.buyer.stakeholders import update_stakeholder
from workflow.rules.enums import OpportunityState, RiskCategory, RiskSettlement, RiskStatus
from workflow.rules.errors import InvalidInputError, RecordClosedError, VersionConflictError

S = RiskStatus
PLAIN = NewRisk(RiskCategory.FINANCIAL, "It costs too much", 3, 3)


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """One crew, for every test takes a deal of its own."""
    return await new_crew()


@pytest.fixture
async def scene(crew: Crew) -> Scene:
    """A fresh deal."""
    return await new_scene(crew)


async def raised(scene: Scene, **changes: Any) -> UUID:  # Any: fields of several kinds
    """A plain risk with the changes that a test is about."""
    return await raise_risk(scene.seller, scene.deal, replace(PLAIN, **changes))


async def test_a_new_risk_is_suspected_and_told_whole(scene: Scene) -> None:
    person, owner, due = await scene.buyer(), scene.crew.member("helper"), date(2026, 4, 1)
    before = await scene.row()

    id = await raised(scene, statement="  It costs too much ", perceived_by_id=person, owner_id=owner, review_due=due)

    risk, row = await scene.risk(id), await scene.row()
    assert (risk["status"], risk["statement"], risk["settle_reason"]) == (S.SUSPECTED, "It costs too much", None)
    assert (risk["perceived_by_id"], risk["owner_id"], risk["review_due"]) == (person, owner, due)
    assert (risk["raised_at"], risk["closed_at"]) == (row["updated_at"], None)
    assert (row["version"], row["risk_level"]) == (before["version"] + 1, "MEDIUM")
    new = {"category": "FINANCIAL", "statement": "It costs too much", "likelihood": 3, "impact": 3}
    new |= {"perceivedById": str(person), "ownerId": str(owner), "reviewDue": "2026-04-01", "status": "SUSPECTED"}
    changes = {name: {"old": None, "new": value} for name, value in new.items()}
    assert await scene.told() == {"type": "risk.raised", "riskId": str(id), "changes": changes}


@pytest.mark.parametrize("points", [1, 5])
async def test_scores_go_from_one_to_five(scene: Scene, points: int) -> None:
    id = await raised(scene, likelihood=points, impact=points)

    risk = await scene.risk(id)
    assert (risk["likelihood"], risk["impact"]) == (points, points)


BAD: Mapping[str, tuple[dict[str, Any], list[tuple[str, ...]]]] = {
    "scores of nothing": ({"likelihood": 0, "impact": 0}, [("likelihood",), ("impact",)]),
    "scores above five": ({"likelihood": 6, "impact": 6}, [("likelihood",), ("impact",)]),
    "no words": ({"statement": " \n"}, [("statement",)]),
    "too many words": ({"statement": "x" * 2_001}, [("statement",)]),
    "a day of long ago": ({"review_due": date(1899, 12, 31)}, [("reviewDue",)]),
    "people whom nobody knows": ({"perceived_by_id": uuid4(), "owner_id": uuid4()}, [("perceivedById",), ("ownerId",)]),
    "all at once": (
        {"statement": "", "likelihood": 9, "owner_id": uuid4()},
        [("statement",), ("likelihood",), ("ownerId",)],
    ),
}


@pytest.mark.parametrize("case", BAD)
async def test_every_fault_of_a_risk_is_told_and_nothing_is_written(scene: Scene, case: str) -> None:
    given, paths = BAD[case]
    risk = await scene.fear(1, 1)
    before = await scene.all_rows()

    with pytest.raises(InvalidInputError) as new:
        await raised(scene, **given)
    with pytest.raises(InvalidInputError) as changed:
        await scene.update(risk, RiskChanges(**given))  # type: ignore[typeddict-item]  # fields of several kinds

    found = [[field.path for field in refused.value.fields] for refused in (new, changed)]
    assert found == [paths, paths]
    assert await scene.all_rows() == before


async def test_a_statement_has_room_for_two_thousand_characters(scene: Scene) -> None:
    id = await raised(scene, statement="x" * 2_000)

    assert len((await scene.risk(id))["statement"]) == 2_000


async def test_only_a_stakeholder_of_the_deal_perceives_its_risks(scene: Scene) -> None:
    elsewhere = await (await new_scene(scene.crew)).buyer("Somebody Else")
    left = await scene.buyer("Gone Already")
    await update_stakeholder(scene.seller, left, {"left": True}, expected_version=None)

    with pytest.raises(InvalidInputError, match="Add the person with addStakeholder first") as refused:
        await raised(scene, perceived_by_id=elsewhere)
    known = await raised(scene, perceived_by_id=left)

    assert [field.path for field in refused.value.fields] == [("perceivedById",)]
    assert (await scene.risk(known))["perceived_by_id"] == left


async def test_only_an_active_member_of_the_organization_looks_after_a_risk(scene: Scene) -> None:
    asleep, foreign = await sleeper(scene), (await new_organization()).admin_id

    for owner in (asleep, foreign):
        with pytest.raises(InvalidInputError, match="an active member") as refused:
            await raised(scene, owner_id=owner)
        assert [field.path for field in refused.value.fields] == [("ownerId",)]


async def test_what_changes_of_a_risk_is_told_old_and_new(scene: Scene) -> None:
    person, id = await scene.buyer(), await scene.fear(3, 3)
    before = await scene.row()

    await scene.update(id, {"statement": "Two years", "likelihood": 4, "impact": 3, "perceived_by_id": person})

    changes = {
        "statement": {"old": "A year", "new": "Two years"},
        "likelihood": {"old": 3, "new": 4},
        "perceivedById": {"old": None, "new": str(person)},
    }
    assert await scene.told() == {"type": "risk.updated", "riskId": str(id), "changes": changes}
    row = await scene.row()
    assert (row["version"], row["risk_level"]) == (before["version"] + 1, "HIGH")


@pytest.mark.parametrize("given", [{}, {"statement": " A year "}, {"likelihood": 3, "confirmed_by_buyer": False}])
async def test_what_changes_nothing_writes_nothing(scene: Scene, given: RiskChanges) -> None:
    id = await scene.fear(3, 3)
    before = await scene.all_rows()

    await scene.update(id, given)

    assert await scene.all_rows() == before


async def test_null_clears_who_and_when(scene: Scene) -> None:
    who = {"perceived_by_id": await scene.buyer(), "owner_id": scene.crew.member("helper")}
    id = await raised(scene, **who, review_due=date(2026, 4, 1))

    await scene.update(id, {"perceived_by_id": None, "owner_id": None, "review_due": None})

    risk = await scene.risk(id)
    assert (risk["perceived_by_id"], risk["owner_id"], risk["review_due"]) == (None, None, None)


@pytest.mark.parametrize("field", ["statement", "likelihood", "impact", "confirmed_by_buyer"])
async def test_null_clears_nothing_else(scene: Scene, field: str) -> None:
    id = await scene.fear()
    before = await scene.all_rows()

    with pytest.raises(InvalidInputError) as refused:
        await scene.update(id, {field: None})  # type: ignore[misc]  # each of the fields

    path = "confirmedByBuyer" if field == "confirmed_by_buyer" else field
    assert [fault.path for fault in refused.value.fields] == [(path,)]
    assert await scene.all_rows() == before


async def test_the_buyer_confirms_a_risk_and_takes_it_back(scene: Scene) -> None:
    id = await scene.fear()

    found = []
    for said in (True, True, False):
        await scene.update(id, {"confirmed_by_buyer": said})
        found.append((await scene.risk(id))["status"])

    assert found == [S.CONFIRMED, S.CONFIRMED, S.SUSPECTED]
    told = {"status": {"old": "CONFIRMED", "new": "SUSPECTED"}}
    assert await scene.told() == {"type": "risk.updated", "riskId": str(id), "changes": told}


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize("status", [S.MITIGATING, S.MITIGATED])
async def test_what_is_mitigated_is_past_being_confirmed(scene: Scene, status: RiskStatus, said: bool) -> None:
    id = await scene.fear(status=status)
    before = await scene.all_rows()

    with pytest.raises(InvalidInputError, match=f"This risk is {status}, past being suspected or confirmed"):
        await scene.update(id, {"confirmed_by_buyer": said, "statement": "Two years"})

    assert await scene.all_rows() == before


async def test_the_deal_is_as_risky_as_its_highest_open_risk(scene: Scene) -> None:
    levels = []

    low, critical = await scene.fear(1, 4), await scene.fear(5, 3)
    levels.append((await scene.row())["risk_level"])
    await scene.update(critical, {"impact": 2}, who=scene.manager)
    levels.append((await scene.row())["risk_level"])
    await scene.complete(await scene.plan(critical))
    levels.append((await scene.row())["risk_level"])
    await scene.plan(critical)
    levels.append((await scene.row())["risk_level"])
    await scene.settle(critical, RiskSettlement.ACCEPTED, who=scene.manager)
    await scene.settle(low, RiskSettlement.CLOSED)
    levels.append((await scene.row())["risk_level"])

    assert levels == ["CRITICAL", "HIGH", "LOW", "HIGH", None]


async def test_a_risk_is_written_by_who_read_the_deal_as_it_is(scene: Scene) -> None:
    id, version = await scene.fear(), (await scene.row())["version"]

    for stale in (version - 1, version + 1):
        with pytest.raises(VersionConflictError):
            await update_risk(scene.seller, id, {"impact": 1}, expected_version=stale)
        with pytest.raises(VersionConflictError):
            await settle_risk(scene.seller, id, RiskSettlement.CLOSED, reason=" ", expected_version=stale)
    await update_risk(scene.seller, id, {"impact": 1}, expected_version=version)

    assert (await scene.row())["version"] == version + 1


@pytest.mark.parametrize("state", [OpportunityState.WON, OpportunityState.LOST, OpportunityState.DISQUALIFIED])
async def test_a_closed_deal_takes_no_new_risk(crew: Crew, state: OpportunityState) -> None:
    closed = Scene(crew, crew.deals[state])
    before = await closed.all_rows()

    with pytest.raises(RecordClosedError):
        await raised(closed, likelihood=9)

    assert await closed.all_rows() == before
