"""The facts of deals: those of one deal, of few and of many are the same, and take few statements."""

from dataclasses import replace
from uuid import uuid4

from tests.schema.core.complete_deals import create_complete_deals
from tests.support.organizations import NOW, TestOrganization, new_organization
from tests.support.rows import create_deals_with_people
from tests.support.statements import statements
from tests.support.team import new_sales_team
from workflow.models import Competitor, Opportunity, Risk
from workflow.queries.opportunity.alerts import UNRESOLVED_ALERTS
from workflow.queries.opportunity.facts import (
    PART_SOURCES,
    load_deals,
    load_facts,
    load_parts,
    reload_parts,
    with_row,
)
from workflow.queries.opportunity.rows import opportunities_by_id
from workflow.rules.enums import OpportunityState, Visibility
from workflow.rules.opportunity.parts import MilestoneFacts


async def test_facts_of_many_deals_are_those_of_each_deal(organization: TestOrganization) -> None:
    await create_complete_deals(organization, 2)
    ids = [deal.id for deal in await Opportunity.filter(organization_id=organization.id)]

    one_by_one = {
        id: facts for one in ids for id, facts in (await load_facts(organization.id, [one], NOW)).items()
    }
    together = await load_facts(organization.id, ids, NOW)

    assert one_by_one.keys() == set(ids)
    assert one_by_one == together
    [facts, _] = together.values()
    assert facts.stakeholders
    assert facts.milestones
    assert facts.overrides
    assert facts.risks[0].mitigations
    assert facts.assessments
    assert facts.collaborator_ids


async def test_the_facts_of_any_number_of_deals_take_one_statement(organization: TestOrganization) -> None:
    await create_deals_with_people(organization, 200, people=1)
    ids = [deal.id for deal in await Opportunity.filter(organization_id=organization.id)]

    for number in (1, 2, 200):
        async with statements() as seen:
            found = await load_facts(organization.id, ids[:number], NOW)

        assert (len(found), len(seen)) == (number, 1)
        assert {len(one.stakeholders) for one in found.values()} == {1}


async def test_the_parts_of_a_deal_take_one_statement(organization: TestOrganization) -> None:
    await create_complete_deals(organization, 1)
    [deal] = await Opportunity.filter(organization_id=organization.id)

    async with statements() as seen:
        found = await load_parts(organization.id, [deal.id], PART_SOURCES, NOW)

    assert len(seen) == 1
    assert found.keys() == PART_SOURCES.keys()


async def test_some_fields_of_a_part_are_read_without_the_others(organization: TestOrganization) -> None:
    await create_complete_deals(organization, 1)
    [deal] = await Opportunity.filter(organization_id=organization.id)
    wanted: dict[type, frozenset[str]] = {MilestoneFacts: frozenset({"name"})}

    async with statements() as seen:
        found = await load_parts(organization.id, [deal.id], ["milestones"], NOW, wanted)

    assert all(milestone.name for milestone in found["milestones"][deal.id])
    assert "evidence" not in seen.texts[0]


async def test_a_deal_of_another_organization_has_no_facts(organization: TestOrganization) -> None:
    await create_complete_deals(organization, 1)
    [deal] = await Opportunity.filter(organization_id=organization.id)

    assert (await load_parts(uuid4(), [deal.id], ["stakeholders"], NOW))["stakeholders"] == {}


async def test_a_deal_with_all_that_a_change_needs_takes_one_statement(
    organization: TestOrganization,
) -> None:
    await create_complete_deals(organization, 1)
    [deal] = await Opportunity.filter(organization_id=organization.id)

    async with statements() as seen:
        loaded = await load_deals(organization.ctx.viewer, [deal.id], NOW, {"alerts": UNRESOLVED_ALERTS})

    assert len(seen) == 1
    assert loaded[deal.id].facts == (await load_facts(organization.id, [deal.id], NOW))[deal.id]
    assert loaded[deal.id].row == (await opportunities_by_id(organization.ctx.viewer, [deal.id]))[deal.id]
    assert loaded[deal.id].facts.activity.conversations
    assert loaded[deal.id].facts.transitions


async def test_only_visible_deals_are_loaded() -> None:
    team = await new_sales_team()
    await Opportunity.filter(id=team.deals[OpportunityState.LOST]).update(deleted_at=NOW)
    ids = list(team.deals.values())
    for ctx in (*team.ctx.values(), (await new_organization()).ctx):
        for visibility in Visibility:
            viewer = replace(ctx.viewer, visibility=visibility)
            rows = await opportunities_by_id(viewer, ids)

            loaded = await load_deals(viewer, ids, NOW)

            assert loaded.keys() == rows.keys()
            assert {id: deal.row for id, deal in loaded.items()} == rows


async def test_parts_that_are_read_again_are_current_and_the_others_stay(
    organization: TestOrganization,
) -> None:
    await create_complete_deals(organization, 2)
    ids = [deal.id for deal in await Opportunity.filter(organization_id=organization.id)]
    before = await load_facts(organization.id, ids, NOW)
    await Risk.filter(opportunity_id=ids[0]).update(statement="Changed")
    await Competitor.filter(opportunity_id__in=ids).delete()

    async with statements() as seen:
        after = await reload_parts(before, ["risks", "activity"], NOW)

    assert len(seen) == 1
    assert [risk.statement for risk in after[ids[0]].risks] == ["Changed"]
    assert after[ids[0]] == replace(before[ids[0]], risks=after[ids[0]].risks)
    assert after[ids[1]] == before[ids[1]]
    assert (await reload_parts(before, ["competitors"], NOW))[ids[1]].competitors == ()
    assert await reload_parts(before, [], NOW) == before


async def test_facts_with_another_row_are_those_of_the_row(organization: TestOrganization) -> None:
    await create_complete_deals(organization, 1)
    [deal] = await Opportunity.filter(organization_id=organization.id)
    loaded = (await load_deals(organization.ctx.viewer, [deal.id], NOW))[deal.id]
    columns = {"name": "Renamed", "probability": 0.35, "next_step_text": "Call", "next_step_due": NOW.date()}
    await Opportunity.filter(id=deal.id).update(**columns)

    facts = with_row(loaded.facts, loaded.row.changed(**columns))

    assert facts == (await load_facts(organization.id, [deal.id], NOW))[deal.id]
