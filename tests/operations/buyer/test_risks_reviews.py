"""Risk reviews: which are accepted, what is stored, and their effect on gates."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.counts import count
from tests.support.organizations import NOW
from tests.support.scenarios.risks import EVIDENCE, RiskScenario, new_risk_scenario
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import RiskReview
from workflow.operations.buyer.risks import NewRisk, raise_risk, review_risks
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import LossDetails, lose, reopen
from workflow.queries.opportunity.facts import load_facts
from workflow.rules.enums import (
    CLOSED_STATES,
    OPEN_RISK_STATUSES,
    LossReason,
    OpportunityState,
    RiskCategory,
    RiskStatus,
)
from workflow.rules.errors import InvalidInputError, RecordClosedError
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.risks import missing_review

AT_ONCE = count(50)


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """Create a sales team; every test uses a deal of its own."""
    return await new_sales_team()


@pytest.fixture
async def scenario(team: SalesTeam) -> RiskScenario:
    """Create a deal."""
    return await new_risk_scenario(team)


async def current_facts(scenario: RiskScenario) -> OpportunityFacts:
    """Return the facts of the deal."""
    return (await load_facts(scenario.team.organization.id, [scenario.deal], NOW))[scenario.deal]


async def test_a_review_is_stored_with_member_and_time(scenario: RiskScenario) -> None:
    before = await scenario.deal_row()

    await review_risks(scenario.seller, scenario.deal, none_found=True, note=" They fear nothing. ")

    row = await scenario.deal_row()
    review = (await current_facts(scenario)).risk_review
    assert review is not None
    assert (review.at, review.by.member_id) == (row["updated_at"], scenario.team.member("owner"))
    assert (review.none_found, review.note, row["version"]) == (
        True,
        "They fear nothing.",
        before["version"] + 1,
    )
    assert await scenario.last_event() == {
        "type": "risk.reviewed",
        "noneFound": True,
        "note": "They fear nothing.",
    }


async def test_each_review_is_stored_and_the_last_counts(scenario: RiskScenario) -> None:
    await review_risks(scenario.seller, scenario.deal, none_found=True, note="First")
    await review_risks(scenario.seller, scenario.deal, none_found=False, note=" ")

    review = (await current_facts(scenario)).risk_review
    assert review is not None
    assert (review.none_found, review.note) == (False, None)
    kept = RiskReview.filter(opportunity_id=scenario.deal).order_by("reviewed_at")
    assert await kept.values_list("none_found", "note") == [(True, "First"), (False, None)]


@pytest.mark.parametrize("status", RiskStatus)
async def test_no_risk_found_is_refused_while_a_risk_is_open(
    scenario: RiskScenario, status: RiskStatus
) -> None:
    await scenario.add_risk(status=status)
    before = await scenario.all_rows()

    if status not in OPEN_RISK_STATUSES:
        await review_risks(scenario.seller, scenario.deal, none_found=True, note=None)
        assert missing_review(await current_facts(scenario)) is None
        return
    with pytest.raises(InvalidInputError, match=r"contradicts the open risks \(A year\)") as refused:
        await review_risks(scenario.seller, scenario.deal, none_found=True, note=None)

    assert [fault.path for fault in refused.value.fields] == [("noneFound",)]
    assert await scenario.all_rows() == before
    await review_risks(scenario.seller, scenario.deal, none_found=False, note=None)
    assert missing_review(await current_facts(scenario)) is None


async def test_every_fault_of_a_review_is_reported(scenario: RiskScenario) -> None:
    await scenario.add_risk()

    with pytest.raises(InvalidInputError) as refused:
        await review_risks(scenario.seller, scenario.deal, none_found=True, note="x" * 20_001)

    assert [fault.path for fault in refused.value.fields] == [("note",), ("noneFound",)]


@pytest.mark.parametrize("back", [timedelta(0), timedelta(hours=1)])
async def test_a_risk_raised_after_a_review_invalidates_it_despite_clock_skew(
    scenario: RiskScenario, back: timedelta
) -> None:
    await review_risks(scenario.seller, scenario.deal, none_found=True, note=None)
    held = missing_review(await current_facts(scenario))
    earlier = replace(scenario.seller, now=scenario.seller.now - back)

    await raise_risk(earlier, scenario.deal, NewRisk(RiskCategory.TIME, "It takes too long", 1, 1))
    undone = missing_review(await current_facts(scenario))
    await review_risks(earlier, scenario.deal, none_found=False, note=None)

    assert held is None
    assert undone is not None
    assert undone.sentence == "A risk was raised after the last review. Review the risks again."
    assert missing_review(await current_facts(scenario)) is None


async def test_a_review_before_a_reopen_does_not_count(scenario: RiskScenario) -> None:
    await review_risks(scenario.seller, scenario.deal, none_found=True, note=None)
    await lose(scenario.seller, scenario.deal, LossDetails(LossReason.PRICE), TransitionOptions())

    await reopen(
        scenario.manager,
        scenario.deal,
        OpportunityState.LEAD,
        OpportunityChanges(),
        TransitionOptions(note=EVIDENCE),
    )

    lack = missing_review(await current_facts(scenario))
    assert lack is not None
    assert lack.sentence.startswith("The risks were last reviewed before the deal was reopened")
    await review_risks(scenario.seller, scenario.deal, none_found=True, note=None)
    assert missing_review(await current_facts(scenario)) is None


@pytest.mark.parametrize("state", sorted(CLOSED_STATES))
async def test_risks_of_a_closed_deal_cannot_be_reviewed(team: SalesTeam, state: OpportunityState) -> None:
    closed = RiskScenario(team, team.deals[state])
    before = await closed.all_rows()

    with pytest.raises(RecordClosedError):
        await review_risks(closed.seller, closed.deal, none_found=True, note=None)

    assert await closed.all_rows() == before


async def test_no_risk_found_is_never_stored_after_a_concurrent_raise(team: SalesTeam) -> None:
    for _ in range(AT_ONCE):
        scenario = await new_risk_scenario(team)
        reviewing = review_risks(scenario.seller, scenario.deal, none_found=True, note=None)

        raised, reviewed = await asyncio.gather(scenario.add_risk(), reviewing, return_exceptions=True)

        assert not isinstance(raised, BaseException)
        found = await current_facts(scenario)
        if isinstance(reviewed, InvalidInputError):
            assert found.risk_review is None
        else:
            assert reviewed == scenario.deal
            assert found.risk_review is not None
            assert found.risks[0].raised_at > found.risk_review.at
