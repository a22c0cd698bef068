"""Activities as the rules read them: counts, conversations and participants."""

from datetime import timedelta

import pytest

from tests.support.organizations import NOW, TestOrganization
from tests.support.scenarios.activities import LATER, ActivityScenario, new_activity_scenario
from tests.support.statements import statements
from workflow.models import Activity
from workflow.queries.opportunity.activities import activity_facts_at, participants
from workflow.queries.opportunity.facts import load_facts
from workflow.rules.enums import ActivityDirection

HOUR = timedelta(hours=1)


@pytest.fixture
async def scenario(organization: TestOrganization) -> ActivityScenario:
    """A lead with two stakeholders."""
    return await new_activity_scenario(organization)


async def test_only_two_way_activities_are_conversations_and_each_contact_has_its_own_count(
    organization: TestOrganization, scenario: ActivityScenario
) -> None:
    await scenario.log_two_way_call(scenario.grace, scenario.kim, at=NOW)
    await scenario.log_two_way_call(scenario.grace, at=NOW + HOUR)
    await scenario.log_call(at=NOW + 2 * HOUR)

    async with statements() as sent:
        facts = (await load_facts(organization.id, [scenario.deal], LATER))[scenario.deal].activity

    assert len(sent) == 1
    assert (facts.last_two_way_at, facts.recent_count) == (NOW + HOUR, 3)
    by_contact = {one.contact_id: (one.count, one.last_at) for one in facts.conversations}
    assert by_contact == {scenario.grace: (2, NOW + HOUR), scenario.kim: (1, NOW)}


async def test_internal_activities_are_not_recent_and_voided_ones_never_happened(
    organization: TestOrganization, scenario: ActivityScenario
) -> None:
    await scenario.log_call(direction=ActivityDirection.INTERNAL)
    voided = await scenario.log_two_way_call()
    await Activity.filter(id=voided).update(voided_at=LATER)

    facts = (await load_facts(organization.id, [scenario.deal], LATER))[scenario.deal].activity

    assert (facts.last_two_way_at, facts.recent_count, facts.conversations) == (None, 0, ())


async def test_counts_as_of_an_instant_leave_out_what_came_later(
    organization: TestOrganization, scenario: ActivityScenario
) -> None:
    await scenario.log_two_way_call(at=NOW)
    await scenario.log_two_way_call(at=NOW + 2 * HOUR)

    before = (await activity_facts_at(organization.id, {scenario.deal: NOW + HOUR}))[scenario.deal]
    after = (await activity_facts_at(organization.id, {scenario.deal: LATER}))[scenario.deal]

    assert (before.last_two_way_at, before.recent_count) == (NOW, 1)
    assert (after.last_two_way_at, after.recent_count) == (NOW + 2 * HOUR, 2)


async def test_participants_are_returned_in_the_order_they_were_given(
    organization: TestOrganization, scenario: ActivityScenario
) -> None:
    call = await scenario.log_two_way_call(scenario.kim, scenario.grace)

    async with statements() as sent:
        found = await participants(organization.id, [call])

    assert len(sent) == 1
    assert found == {call: (scenario.kim, scenario.grace)}
