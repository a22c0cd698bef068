"""Going through the risks: what may be said, what is kept of it, and what the gates make of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.counts import count
from tests.support.organizations import NOW
from tests.support.scenarios.risks import SAID, Scene, new_scene
from tests.support.team import Crew, new_crew
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
async def crew() -> Crew:
    """One crew, for every test takes a deal of its own."""
    return await new_crew()


@pytest.fixture
async def scene(crew: Crew) -> Scene:
    """A fresh deal."""
    return await new_scene(crew)


async def facts(scene: Scene) -> OpportunityFacts:
    """The deal as the gates see it."""
    return (await load_facts(scene.crew.organization.id, [scene.deal], NOW))[scene.deal]


async def test_a_review_is_kept_with_who_and_when(scene: Scene) -> None:
    before = await scene.row()

    await review_risks(scene.seller, scene.deal, none_found=True, note=" They fear nothing. ")

    row, review = await scene.row(), (await facts(scene)).risk_review
    assert review is not None
    assert (review.at, review.by.member_id) == (row["updated_at"], scene.crew.member("owner"))
    assert (review.none_found, review.note, row["version"]) == (True, "They fear nothing.", before["version"] + 1)
    assert await scene.told() == {"type": "risk.reviewed", "noneFound": True, "note": "They fear nothing."}


async def test_each_review_is_kept_and_the_last_counts(scene: Scene) -> None:
    await review_risks(scene.seller, scene.deal, none_found=True, note="First")
    await review_risks(scene.seller, scene.deal, none_found=False, note=" ")

    review = (await facts(scene)).risk_review
    assert review is not None
    assert (review.none_found, review.note) == (False, None)
    kept = RiskReview.filter(opportunity_id=scene.deal).order_by("reviewed_at")
    assert await kept.values_list("none_found", "note") == [(True, "First"), (False, None)]


@pytest.mark.parametrize("status", RiskStatus)
async def test_that_there_is_no_risk_is_not_said_while_one_is_open(scene: Scene, status: RiskStatus) -> None:
    await scene.fear(status=status)
    before = await scene.all_rows()

    if status not in OPEN_RISK_STATUSES:
        await review_risks(scene.seller, scene.deal, none_found=True, note=None)
        assert missing_review(await facts(scene)) is None
        return
    with pytest.raises(InvalidInputError, match=r"not so while risks are open \(A year\)") as refused:
        await review_risks(scene.seller, scene.deal, none_found=True, note=None)

    assert [fault.path for fault in refused.value.fields] == [("noneFound",)]
    assert await scene.all_rows() == before
    await review_risks(scene.seller, scene.deal, none_found=False, note=None)
    assert missing_review(await facts(scene)) is None


async def test_every_fault_of_a_review_is_told(scene: Scene) -> None:
    await scene.fear()

    with pytest.raises(InvalidInputError) as refused:
        await review_risks(scene.seller, scene.deal, none_found=True, note="x" * 20_001)

    assert [fault.path for fault in refused.value.fields] == [("note",), ("noneFound",)]


@pytest.mark.parametrize("back", [timedelta(0), timedelta(hours=1)])
async def test_a_risk_raised_after_a_review_undoes_it_whatever_the_clock_says(scene: Scene, back: timedelta) -> None:
    await review_risks(scene.seller, scene.deal, none_found=True, note=None)
    held = missing_review(await facts(scene))
    earlier = replace(scene.seller, now=scene.seller.now - back)

    await raise_risk(earlier, scene.deal, NewRisk(RiskCategory.TIME, "It takes too long", 1, 1))
    undone = missing_review(await facts(scene))
    await review_risks(earlier, scene.deal, none_found=False, note=None)

    assert held is None
    assert undone is not None
    assert undone.sentence == "A risk was raised after the last review; go through them again."
    assert missing_review(await facts(scene)) is None


async def test_a_review_before_a_reopening_counts_no_more(scene: Scene) -> None:
    await review_risks(scene.seller, scene.deal, none_found=True, note=None)
    await lose(scene.seller, scene.deal, LossDetails(LossReason.PRICE), TransitionOptions())

    await reopen(scene.manager, scene.deal, OpportunityState.LEAD, OpportunityChanges(), TransitionOptions(note=SAID))

    lack = missing_review(await facts(scene))
    assert lack is not None
    assert lack.sentence.startswith("The risks were last reviewed before the opportunity was reopened")
    await review_risks(scene.seller, scene.deal, none_found=True, note=None)
    assert missing_review(await facts(scene)) is None


@pytest.mark.parametrize("state", sorted(CLOSED_STATES))
async def test_a_closed_deal_is_not_reviewed(crew: Crew, state: OpportunityState) -> None:
    closed = Scene(crew, crew.deals[state])
    before = await closed.all_rows()

    with pytest.raises(RecordClosedError):
        await review_risks(closed.seller, closed.deal, none_found=True, note=None)

    assert await closed.all_rows() == before


async def test_none_is_never_found_after_one_was_raised(crew: Crew) -> None:
    for _ in range(AT_ONCE):
        scene = await new_scene(crew)
        reviewing = review_risks(scene.seller, scene.deal, none_found=True, note=None)

        raised, reviewed = await asyncio.gather(scene.fear(), reviewing, return_exceptions=True)

        assert not isinstance(raised, BaseException)
        found = await facts(scene)
        if isinstance(reviewed, InvalidInputError):
            assert found.risk_review is None
        else:
            assert reviewed == scene.deal
            assert found.risk_review is not None
            assert found.risks[0].raised_at > found.risk_review.at
