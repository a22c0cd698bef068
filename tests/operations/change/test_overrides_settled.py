"""Overrides are debts: owed until each requirement holds, settled by the very write that makes the last of them hold."""

from datetime import timedelta

import pytest

from tests.support.organizations import NOW
from tests.support.scenarios.overrides import PAIN, PERSON, STEP, debts, lead, met, owed, passed
from tests.support.team import Crew, forced, new_crew, told
from workflow.models import Event, Override
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.triggers import progress
from workflow.rules.opportunity.facts import NextStep

HOURS = [NOW + timedelta(hours=hours) for hours in range(6)]


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """One crew; each test makes a lead of its own."""
    return await new_crew()


async def test_a_debt_is_owed_until_the_write_that_makes_the_last_of_it_hold(crew: Crew) -> None:
    id, keys, seen = await lead(crew, unmet=(PAIN, PERSON, STEP)), [PAIN, PERSON, STEP], []
    await passed(crew.at("admin", HOURS[1]), id, *keys)

    for key, time in zip((STEP, PAIN, PERSON), HOURS[2:], strict=False):
        await met(crew.at("owner", time), id, key)
        seen.append((await owed(crew, id), await debts(id)))

    assert seen == [([tuple(keys)], [(keys, None)])] * 2 + [([], [(keys, HOURS[4])])]
    last = await Event.filter(aggregateid=id, at=HOURS[4]).order_by("pos").values("type")
    assert [event["type"] for event in last] == ["stakeholder.added", "override.settled"]


async def test_a_debt_that_was_made_good_is_told_and_stays_so(crew: Crew) -> None:
    id = await lead(crew, unmet=(STEP,))
    await passed(crew.at("manager", HOURS[1]), id, STEP)
    await met(crew.at("owner", HOURS[2]), id, STEP)

    await update_opportunity(crew.at("owner", HOURS[3]), id, {"next_step": None}, expected_version=None)

    made = (await Override.filter(opportunity_id=id).values("id", "transition_id"))[0]
    names = ("overrideId", "transitionId", "requirementKeys")
    assert [[event[name] for name in names] for event in await told(id, "override.settled")] == [
        [str(made["id"]), str(made["transition_id"]), [STEP]]
    ]
    assert await debts(id) == [([STEP], HOURS[2])]


async def test_two_debts_of_a_deal_are_made_good_apart(crew: Crew) -> None:
    id = await lead(crew, unmet=(STEP,))
    await passed(crew.at("manager", HOURS[1]), id, STEP)
    await progress(crew.at("admin", HOURS[2]), id, OpportunityChanges(), forced())
    first, second = await debts(id)

    await met(crew.at("owner", HOURS[3]), id, STEP)

    assert (first, len(second[0]), second[1]) == (([STEP], None), 9, None)
    assert await debts(id) == [([STEP], HOURS[3]), second]
    assert await owed(crew, id) == [tuple(second[0])]


async def test_an_arrow_that_meets_an_older_debt_settles_it(crew: Crew) -> None:
    id = await lead(crew, unmet=(STEP,))
    await passed(crew.at("manager", HOURS[1]), id, STEP)
    step = NextStep("Meet the COO", NOW.date())

    await progress(crew.at("admin", HOURS[2]), id, {"next_step": step}, forced())

    assert (await debts(id))[0] == ([STEP], HOURS[2])
