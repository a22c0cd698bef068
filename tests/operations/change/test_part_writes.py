"""The rows of parts: grouped by table, and written in an order that the database accepts."""

from uuid import UUID

from tests.support.statements import statements
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Collaborator, DecisionStep, Stakeholder
from workflow.models.columns import new_id
from workflow.models.engine.database import transaction
from workflow.operations.change.part_writes import PartWrites, write_parts
from workflow.rules.enums import OpportunityState

S = OpportunityState


def step(team: SalesTeam, deal: UUID, position: int) -> dict[str, object]:
    """Return the columns of a decision step."""
    ids = {"id": new_id(), "organization_id": team.organization.id, "opportunity_id": deal}
    return {**ids, "position": position, "name": f"Step {position}", "done": False}


async def names(team: SalesTeam) -> list[str]:
    """Return the names of the decision steps."""
    steps = DecisionStep.filter(organization_id=team.organization.id).order_by("id")
    return [row["name"] for row in await steps.values("name")]


async def test_the_rows_of_several_deals_take_one_statement_for_each_table() -> None:
    team = await new_sales_team()
    await Collaborator.filter(organization_id=team.organization.id).delete()
    writes = []
    for deal in team.deals.values():
        one = PartWrites()
        one.insert(DecisionStep, step(team, deal, 0))
        one.insert(DecisionStep, step(team, deal, 1))
        keys = {"id": new_id(), "organization_id": team.organization.id, "opportunity_id": deal}
        one.insert(Collaborator, {**keys, "member_id": team.member("helper")})
        writes.append(one)

    async with statements() as seen:
        await transaction(lambda: write_parts(writes))

    assert seen.by_table() == {"decision_step": 1, "collaborator": 1}
    assert await names(team) == ["Step 0", "Step 1"] * len(team.deals)


async def test_rows_are_deleted_before_others_take_their_place() -> None:
    team = await new_sales_team()
    deal = team.deals[S.LEAD]
    helper = {"opportunity_id": deal, "member_id": team.member("helper")}
    await Collaborator.filter(opportunity_id=deal).delete()
    writes = PartWrites()
    again = PartWrites()
    for one in (writes, again):
        one.insert(Collaborator, {"id": new_id(), "organization_id": team.organization.id, **helper})
    again.delete(Collaborator, helper)

    await transaction(lambda: write_parts([writes]))
    await transaction(lambda: write_parts([again]))

    assert await Collaborator.filter(opportunity_id=deal).count() == 1


async def test_updates_of_one_row_have_the_order_in_which_they_were_added() -> None:
    team = await new_sales_team()
    deal = team.deals[S.LEAD]
    row = step(team, deal, 0)
    writes = PartWrites()
    writes.update(DecisionStep, {"id": row["id"], "name": "First"})
    writes.update(DecisionStep, {"id": row["id"], "name": "Second", "done": True})
    first = PartWrites()
    first.insert(DecisionStep, row)

    await transaction(lambda: write_parts([first]))
    await transaction(lambda: write_parts([writes]))

    assert await names(team) == ["Second"]


async def test_the_part_of_each_written_table_is_stale() -> None:
    team = await new_sales_team()
    deal = team.deals[S.LEAD]
    writes = PartWrites()

    writes.insert(DecisionStep, step(team, deal, 0))
    writes.update(Stakeholder, {"id": new_id(), "is_primary": False})
    writes.delete(Collaborator, {"opportunity_id": deal})

    assert writes.stale == {"decision_steps", "stakeholders", "collaborator_ids"}
