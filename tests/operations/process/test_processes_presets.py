"""Each preset can be published, and a deal can pass its gates from LEAD to WON."""

import pytest

from tests.operations.process.gate_walkthrough import TRANSITIONS, GateWalkthrough, new_walkthrough
from tests.support.organizations import TestOrganization
from workflow.models import Override, Transition
from workflow.models.engine.database import transaction
from workflow.operations.process.processes import PRESETS, preset, publish
from workflow.queries.process.processes import process
from workflow.rules.enums import OpportunityState, RequirementStatus, Trigger
from workflow.rules.errors import TransitionBlockedError

S = OpportunityState


async def new_preset_walkthrough(organization: TestOrganization, name: str) -> GateWalkthrough:
    """Publish the preset and return an empty lead of it."""
    await transaction(lambda: publish(organization.ctx, preset(name)))
    return await new_walkthrough(organization, preset(name))


@pytest.mark.parametrize("name", PRESETS)
async def test_a_preset_is_published_unchanged(organization: TestOrganization, name: str) -> None:
    published = await transaction(lambda: publish(organization.ctx, preset(name)))

    row = await process(organization.ctx.viewer, name)
    assert row is not None
    assert (row.id, row.version, row.document) == (published.id, 1, preset(name))
    assert published.is_new is (name != "default")


@pytest.mark.parametrize("name", PRESETS)
async def test_a_deal_passes_every_gate_from_lead_to_won(organization: TestOrganization, name: str) -> None:
    walkthrough = await new_preset_walkthrough(organization, name)

    for trigger in TRANSITIONS:
        lacks = await walkthrough.unmet(trigger)
        with pytest.raises(TransitionBlockedError) as refusal:
            await walkthrough.transition(trigger)
        assert refusal.value.unmet == lacks
        while lacks:
            await walkthrough.meet(lacks[0])
            left = await walkthrough.unmet(trigger)
            assert {lack.key for lack in left} < {lack.key for lack in lacks}, lacks[0].key
            lacks = left
        moved = await walkthrough.transition(trigger)
        assert {verdict.status for verdict in moved.verdicts} == {RequirementStatus.MET}

    way = await Transition.filter(opportunity_id=walkthrough.deal).order_by("sequence").values("to_state")
    assert [transition["to_state"] for transition in way] == [S.QUALIFIED, S.PROGRESSING, S.WON]
    assert await Override.filter(opportunity_id=walkthrough.deal).count() == 0


@pytest.mark.parametrize("name", PRESETS)
async def test_the_milestones_of_a_preset_are_created(organization: TestOrganization, name: str) -> None:
    walkthrough = await new_preset_walkthrough(organization, name)

    for trigger in (Trigger.QUALIFY, Trigger.PROGRESS):
        while lacks := await walkthrough.unmet(trigger):
            await walkthrough.meet(lacks[0])
        await walkthrough.transition(trigger)

    assert [step.key for step in (await walkthrough.facts()).milestones] == [
        step.key for step in preset(name).milestones
    ]
