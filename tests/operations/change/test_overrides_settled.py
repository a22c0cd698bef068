"""Overrides stay open until every requirement is met, and the write that meets the last one settles them."""

from datetime import timedelta

import pytest

from tests.support.organizations import NOW
from tests.support.scenarios.overrides import (
    NEXT_STEP,
    PAIN,
    STAKEHOLDER,
    meet_requirement,
    new_lead,
    open_override_keys,
    qualify_with_override,
    stored_overrides,
)
from tests.support.team import SalesTeam, event_payloads, new_sales_team, override_all
from workflow.models import Event, Override
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.triggers import progress
from workflow.rules.opportunity.facts import NextStep

HOURS = [NOW + timedelta(hours=hours) for hours in range(6)]


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """Create a sales team, which the tests of this module share."""
    return await new_sales_team()


async def test_an_override_stays_open_until_its_last_requirement_is_met(team: SalesTeam) -> None:
    id = await new_lead(team, unmet=(PAIN, STAKEHOLDER, NEXT_STEP))
    keys = [PAIN, STAKEHOLDER, NEXT_STEP]
    seen = []
    await qualify_with_override(team.at("admin", HOURS[1]), id, *keys)

    for key, time in zip((NEXT_STEP, PAIN, STAKEHOLDER), HOURS[2:], strict=False):
        await meet_requirement(team.at("owner", time), id, key)
        seen.append((await open_override_keys(team, id), await stored_overrides(id)))

    assert seen == [([tuple(keys)], [(keys, None)])] * 2 + [([], [(keys, HOURS[4])])]
    last = await Event.filter(aggregateid=id, at=HOURS[4]).order_by("pos").values("type")
    assert [event["type"] for event in last] == ["stakeholder.added", "override.settled"]


async def test_a_settled_override_is_recorded_and_stays_settled(team: SalesTeam) -> None:
    id = await new_lead(team, unmet=(NEXT_STEP,))
    await qualify_with_override(team.at("manager", HOURS[1]), id, NEXT_STEP)
    await meet_requirement(team.at("owner", HOURS[2]), id, NEXT_STEP)

    await update_opportunity(team.at("owner", HOURS[3]), id, {"next_step": None}, expected_version=None)

    made = (await Override.filter(opportunity_id=id).values("id", "transition_id"))[0]
    names = ("overrideId", "transitionId", "requirementKeys")
    assert [[event[name] for name in names] for event in await event_payloads(id, "override.settled")] == [
        [str(made["id"]), str(made["transition_id"]), [NEXT_STEP]]
    ]
    assert await stored_overrides(id) == [([NEXT_STEP], HOURS[2])]


async def test_two_overrides_of_a_deal_are_settled_separately(team: SalesTeam) -> None:
    id = await new_lead(team, unmet=(NEXT_STEP,))
    await qualify_with_override(team.at("manager", HOURS[1]), id, NEXT_STEP)
    await progress(team.at("admin", HOURS[2]), id, OpportunityChanges(), override_all())
    first, second = await stored_overrides(id)

    await meet_requirement(team.at("owner", HOURS[3]), id, NEXT_STEP)

    assert (first, len(second[0]), second[1]) == (([NEXT_STEP], None), 9, None)
    assert await stored_overrides(id) == [([NEXT_STEP], HOURS[3]), second]
    assert await open_override_keys(team, id) == [tuple(second[0])]


async def test_a_transition_settles_an_older_override_that_it_meets(team: SalesTeam) -> None:
    id = await new_lead(team, unmet=(NEXT_STEP,))
    await qualify_with_override(team.at("manager", HOURS[1]), id, NEXT_STEP)
    step = NextStep("Meet the COO", NOW.date())

    await progress(team.at("admin", HOURS[2]), id, {"next_step": step}, override_all())

    assert (await stored_overrides(id))[0] == ([NEXT_STEP], HOURS[2])
