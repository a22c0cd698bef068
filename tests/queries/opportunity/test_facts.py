"""The facts of deals: those of few deals and of many are the same, though they are read in different ways."""

from uuid import uuid4

import pytest

from tests.schema.core.complete_deals import create_complete_deals
from tests.support.organizations import NOW, TestOrganization
from tests.support.statements import statements
from workflow.models import Opportunity
from workflow.queries import parts
from workflow.queries.opportunity.facts import PART_SOURCES, load_facts, load_parts
from workflow.rules.opportunity.parts import MilestoneFacts


async def test_facts_read_as_json_are_those_read_table_by_table(
    organization: TestOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    await create_complete_deals(organization, 2)
    ids = [deal.id for deal in await Opportunity.filter(organization_id=organization.id)]

    as_json = await load_facts(organization.id, ids, NOW)
    monkeypatch.setattr(parts, "DEALS_READ_AS_JSON", 0)
    by_table = await load_facts(organization.id, ids, NOW)

    assert as_json.keys() == by_table.keys() == set(ids)
    assert as_json == by_table
    [facts, _] = as_json.values()
    assert facts.stakeholders
    assert facts.milestones
    assert facts.overrides
    assert facts.risks[0].mitigations
    assert facts.assessments
    assert facts.collaborator_ids


async def test_the_parts_of_a_deal_take_one_statement(organization: TestOrganization) -> None:
    await create_complete_deals(organization, 1)
    [deal] = await Opportunity.filter(organization_id=organization.id)

    async with statements() as seen:
        found = await load_parts(organization.id, [deal.id], PART_SOURCES)

    assert len(seen) == 1
    assert found.keys() == PART_SOURCES.keys()


async def test_some_fields_of_a_part_are_read_without_the_others(organization: TestOrganization) -> None:
    await create_complete_deals(organization, 1)
    [deal] = await Opportunity.filter(organization_id=organization.id)
    wanted: dict[type, frozenset[str]] = {MilestoneFacts: frozenset({"name"})}

    async with statements() as seen:
        found = await load_parts(organization.id, [deal.id], ["milestones"], wanted)

    assert all(milestone.name for milestone in found["milestones"][deal.id])
    assert "evidence" not in seen.texts[0]


async def test_a_deal_of_another_organization_has_no_facts(organization: TestOrganization) -> None:
    await create_complete_deals(organization, 1)
    [deal] = await Opportunity.filter(organization_id=organization.id)

    assert (await load_parts(uuid4(), [deal.id], ["stakeholders"]))["stakeholders"] == {}
