"""Risks raised and updated: which inputs are accepted or refused, and which events are recorded."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import new_organization
from tests.support.scenarios.risks import RiskScenario, deactivated_member, new_risk_scenario
from tests.support.team import SalesTeam, new_sales_team
from workflow.operations.buyer.risks import NewRisk, RiskChanges, raise_risk, settle_risk, update_risk
from workflow.operations.buyer.stakeholders import update_stakeholder
from workflow.rules.enums import OpportunityState, RiskCategory, RiskSettlement, RiskStatus
from workflow.rules.errors import InvalidInputError, RecordClosedError, VersionConflictError

S = RiskStatus
PLAIN_RISK = NewRisk(RiskCategory.FINANCIAL, "It costs too much", 3, 3)


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """Create a sales team; every test uses a deal of its own."""
    return await new_sales_team()


@pytest.fixture
async def scenario(team: SalesTeam) -> RiskScenario:
    """Create a deal."""
    return await new_risk_scenario(team)


async def raise_plain_risk(scenario: RiskScenario, **changes: Any) -> UUID:  # Any: fields of several kinds
    """Return a valid risk with the changes of a test."""
    return await raise_risk(scenario.seller, scenario.deal, replace(PLAIN_RISK, **changes))


async def test_a_new_risk_is_suspected_and_recorded_completely(scenario: RiskScenario) -> None:
    person = await scenario.add_stakeholder()
    owner = scenario.team.member("helper")
    due = date(2026, 4, 1)
    before = await scenario.deal_row()

    id = await raise_plain_risk(
        scenario, statement="  It costs too much ", perceived_by_id=person, owner_id=owner, review_due=due
    )

    risk = await scenario.risk_row(id)
    row = await scenario.deal_row()
    assert (risk["status"], risk["statement"], risk["settle_reason"]) == (
        S.SUSPECTED,
        "It costs too much",
        None,
    )
    assert (risk["perceived_by_id"], risk["owner_id"], risk["review_due"]) == (person, owner, due)
    assert (risk["raised_at"], risk["closed_at"]) == (row["updated_at"], None)
    assert (row["version"], row["risk_level"]) == (before["version"] + 1, "MEDIUM")
    new = {"category": "FINANCIAL", "statement": "It costs too much", "likelihood": 3, "impact": 3}
    new |= {
        "perceivedById": str(person),
        "ownerId": str(owner),
        "reviewDue": "2026-04-01",
        "status": "SUSPECTED",
    }
    changes = {name: {"old": None, "new": value} for name, value in new.items()}
    assert await scenario.last_event() == {"type": "risk.raised", "riskId": str(id), "changes": changes}


@pytest.mark.parametrize("points", [1, 5])
async def test_scores_go_from_one_to_five(scenario: RiskScenario, points: int) -> None:
    id = await raise_plain_risk(scenario, likelihood=points, impact=points)

    risk = await scenario.risk_row(id)
    assert (risk["likelihood"], risk["impact"]) == (points, points)


BAD: Mapping[str, tuple[dict[str, Any], list[tuple[str, ...]]]] = {
    "scores of nothing": ({"likelihood": 0, "impact": 0}, [("likelihood",), ("impact",)]),
    "scores above five": ({"likelihood": 6, "impact": 6}, [("likelihood",), ("impact",)]),
    "no words": ({"statement": " \n"}, [("statement",)]),
    "too many words": ({"statement": "x" * 2_001}, [("statement",)]),
    "a day of long ago": ({"review_due": date(1899, 12, 31)}, [("reviewDue",)]),
    "people whom nobody knows": (
        {"perceived_by_id": uuid4(), "owner_id": uuid4()},
        [("perceivedById",), ("ownerId",)],
    ),
    "all at once": (
        {"statement": "", "likelihood": 9, "owner_id": uuid4()},
        [("statement",), ("likelihood",), ("ownerId",)],
    ),
}


@pytest.mark.parametrize("case", BAD)
async def test_every_fault_of_a_risk_is_reported_and_nothing_written(
    scenario: RiskScenario, case: str
) -> None:
    given, paths = BAD[case]
    risk = await scenario.add_risk(1, 1)
    before = await scenario.all_rows()

    with pytest.raises(InvalidInputError) as new:
        await raise_plain_risk(scenario, **given)
    with pytest.raises(InvalidInputError) as changed:
        await scenario.update_risk(risk, RiskChanges(**given))  # type: ignore[typeddict-item]  # fields of several kinds

    found = [[field.path for field in refused.value.fields] for refused in (new, changed)]
    assert found == [paths, paths]
    assert await scenario.all_rows() == before


async def test_a_statement_may_have_two_thousand_characters(scenario: RiskScenario) -> None:
    id = await raise_plain_risk(scenario, statement="x" * 2_000)

    assert len((await scenario.risk_row(id))["statement"]) == 2_000


async def test_a_risk_is_perceived_by_a_stakeholder_of_its_deal(scenario: RiskScenario) -> None:
    elsewhere = await (await new_risk_scenario(scenario.team)).add_stakeholder("Somebody Else")
    left = await scenario.add_stakeholder("Gone Already")
    await update_stakeholder(scenario.seller, left, {"left": True}, expected_version=None)

    with pytest.raises(InvalidInputError, match="Add the person as a stakeholder first") as refused:
        await raise_plain_risk(scenario, perceived_by_id=elsewhere)
    known = await raise_plain_risk(scenario, perceived_by_id=left)

    assert [field.path for field in refused.value.fields] == [("perceivedById",)]
    assert (await scenario.risk_row(known))["perceived_by_id"] == left


async def test_a_risk_owner_is_an_active_member_of_the_organization(scenario: RiskScenario) -> None:
    asleep = await deactivated_member(scenario)
    foreign = (await new_organization()).admin_id

    for owner in (asleep, foreign):
        with pytest.raises(InvalidInputError, match="an active member") as refused:
            await raise_plain_risk(scenario, owner_id=owner)
        assert [field.path for field in refused.value.fields] == [("ownerId",)]


async def test_changes_of_a_risk_are_recorded_with_old_and_new_values(scenario: RiskScenario) -> None:
    person = await scenario.add_stakeholder()
    id = await scenario.add_risk(3, 3)
    before = await scenario.deal_row()

    await scenario.update_risk(
        id, {"statement": "Two years", "likelihood": 4, "impact": 3, "perceived_by_id": person}
    )

    changes = {
        "statement": {"old": "A year", "new": "Two years"},
        "likelihood": {"old": 3, "new": 4},
        "perceivedById": {"old": None, "new": str(person)},
    }
    assert await scenario.last_event() == {"type": "risk.updated", "riskId": str(id), "changes": changes}
    row = await scenario.deal_row()
    assert (row["version"], row["risk_level"]) == (before["version"] + 1, "HIGH")


@pytest.mark.parametrize(
    "given", [{}, {"statement": " A year "}, {"likelihood": 3, "confirmed_by_buyer": False}]
)
async def test_an_unchanged_risk_writes_nothing(scenario: RiskScenario, given: RiskChanges) -> None:
    id = await scenario.add_risk(3, 3)
    before = await scenario.all_rows()

    await scenario.update_risk(id, given)

    assert await scenario.all_rows() == before


async def test_null_clears_people_and_review_date(scenario: RiskScenario) -> None:
    who = {"perceived_by_id": await scenario.add_stakeholder(), "owner_id": scenario.team.member("helper")}
    id = await raise_plain_risk(scenario, **who, review_due=date(2026, 4, 1))

    await scenario.update_risk(id, {"perceived_by_id": None, "owner_id": None, "review_due": None})

    risk = await scenario.risk_row(id)
    assert (risk["perceived_by_id"], risk["owner_id"], risk["review_due"]) == (None, None, None)


@pytest.mark.parametrize("field", ["statement", "likelihood", "impact", "confirmed_by_buyer"])
async def test_null_is_refused_for_other_fields(scenario: RiskScenario, field: str) -> None:
    id = await scenario.add_risk()
    before = await scenario.all_rows()

    with pytest.raises(InvalidInputError) as refused:
        await scenario.update_risk(id, {field: None})  # type: ignore[misc]  # each of the fields

    path = "confirmedByBuyer" if field == "confirmed_by_buyer" else field
    assert [fault.path for fault in refused.value.fields] == [(path,)]
    assert await scenario.all_rows() == before


async def test_the_buyers_confirmation_can_be_set_and_cleared(scenario: RiskScenario) -> None:
    id = await scenario.add_risk()

    found = []
    for said in (True, True, False):
        await scenario.update_risk(id, {"confirmed_by_buyer": said})
        found.append((await scenario.risk_row(id))["status"])

    assert found == [S.CONFIRMED, S.CONFIRMED, S.SUSPECTED]
    change = {"status": {"old": "CONFIRMED", "new": "SUSPECTED"}}
    assert await scenario.last_event() == {"type": "risk.updated", "riskId": str(id), "changes": change}


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize("status", [S.MITIGATING, S.MITIGATED])
async def test_a_mitigated_risk_cannot_be_confirmed(
    scenario: RiskScenario, status: RiskStatus, said: bool
) -> None:
    id = await scenario.add_risk(status=status)
    before = await scenario.all_rows()

    with pytest.raises(
        InvalidInputError, match="has mitigations already, so `confirmedByBuyer` no longer applies"
    ):
        await scenario.update_risk(id, {"confirmed_by_buyer": said, "statement": "Two years"})

    assert await scenario.all_rows() == before


async def test_the_risk_level_of_a_deal_is_that_of_its_highest_open_risk(scenario: RiskScenario) -> None:
    levels = []

    low = await scenario.add_risk(1, 4)
    critical = await scenario.add_risk(5, 3)
    levels.append((await scenario.deal_row())["risk_level"])
    await scenario.update_risk(critical, {"impact": 2}, ctx=scenario.manager)
    levels.append((await scenario.deal_row())["risk_level"])
    await scenario.complete_mitigation(await scenario.add_mitigation(critical))
    levels.append((await scenario.deal_row())["risk_level"])
    await scenario.add_mitigation(critical)
    levels.append((await scenario.deal_row())["risk_level"])
    await scenario.settle_risk(critical, RiskSettlement.ACCEPTED, ctx=scenario.manager)
    await scenario.settle_risk(low, RiskSettlement.CLOSED)
    levels.append((await scenario.deal_row())["risk_level"])

    assert levels == ["CRITICAL", "HIGH", "LOW", "HIGH", None]


async def test_updating_a_risk_checks_the_expected_version(scenario: RiskScenario) -> None:
    id = await scenario.add_risk()
    version = (await scenario.deal_row())["version"]

    for stale in (version - 1, version + 1):
        with pytest.raises(VersionConflictError):
            await update_risk(scenario.seller, id, {"impact": 1}, expected_version=stale)
        with pytest.raises(VersionConflictError):
            await settle_risk(scenario.seller, id, RiskSettlement.CLOSED, reason=" ", expected_version=stale)
    await update_risk(scenario.seller, id, {"impact": 1}, expected_version=version)

    assert (await scenario.deal_row())["version"] == version + 1


@pytest.mark.parametrize(
    "state", [OpportunityState.WON, OpportunityState.LOST, OpportunityState.DISQUALIFIED]
)
async def test_a_closed_deal_accepts_no_new_risk(team: SalesTeam, state: OpportunityState) -> None:
    closed = RiskScenario(team, team.deals[state])
    before = await closed.all_rows()

    with pytest.raises(RecordClosedError):
        await raise_plain_risk(closed, likelihood=9)

    assert await closed.all_rows() == before
