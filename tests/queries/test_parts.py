"""Parts of deals: each table is read by one statement, and a part is made when its fields are used."""

from dataclasses import fields, replace
from uuid import UUID

from tests.schema.core.complete_deals import create_complete_deals
from tests.support.organizations import TestOrganization
from workflow.models import Opportunity
from workflow.queries.opportunity.buyer import STAKEHOLDERS
from workflow.queries.opportunity.milestones import MILESTONES
from workflow.queries.opportunity.risks import RISKS
from workflow.rules.enums import BuyingRole, MilestoneStatus, RelationKind
from workflow.rules.opportunity.parts import MilestoneFacts, RelationFacts, RiskFacts, StakeholderFacts


async def deal_ids(organization: TestOrganization) -> list[UUID]:
    """Return the ids of the organization's deals."""
    return [deal.id for deal in await Opportunity.filter(organization_id=organization.id).order_by("number")]


async def test_parts_have_the_values_of_their_rows(organization: TestOrganization) -> None:
    await create_complete_deals(organization, 2)
    ids = await deal_ids(organization)

    people = await STAKEHOLDERS.read(organization.id, ids)
    milestones = await MILESTONES.read(organization.id, ids)

    assert people.keys() == milestones.keys() == set(ids)
    first, second = people[ids[0]]
    assert isinstance(first, StakeholderFacts)
    assert (first.contact_name, first.roles, first.left) == ("Maria Plant", (BuyingRole.CHAMPION,), False)
    assert first.relations == (RelationFacts(RelationKind.REPORTS_TO, second.id),)
    assert second.relations == ()
    done = [one for one in milestones[ids[0]] if one.status is MilestoneStatus.DONE]
    assert [one.key for one in done] == ["decision_made"]
    assert done[0].actor is not None


async def test_a_part_can_be_copied_with_changes(organization: TestOrganization) -> None:
    await create_complete_deals(organization, 1)
    ids = await deal_ids(organization)
    part = (await MILESTONES.read(organization.id, ids))[ids[0]][0]

    changed = replace(part, name="Another name")

    assert type(changed) is MilestoneFacts
    assert changed.name == "Another name"
    same = {one.name for one in fields(MilestoneFacts)} - {"name"}
    assert all(getattr(changed, name) == getattr(part, name) for name in same)


async def test_parts_that_are_changed_at_once_are_made_whole(organization: TestOrganization) -> None:
    await create_complete_deals(organization, 1)
    ids = await deal_ids(organization)

    [risks] = (await RISKS.read(organization.id, ids)).values()

    assert [type(risk) for risk in risks] == [RiskFacts]


async def test_the_parts_of_another_organization_are_not_read(organization: TestOrganization) -> None:
    await create_complete_deals(organization, 1)
    ids = await deal_ids(organization)

    assert await STAKEHOLDERS.read(ids[0], ids) == {}
