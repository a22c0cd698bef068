"""A locked deal: what a verb records is seen in memory, and nothing is written before the verb has ended."""

from uuid import UUID, uuid4

import pytest

from tests.support.statements import statements
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Competitor, Opportunity, RiskReview
from workflow.operations.change.change import change
from workflow.operations.change.locked import LockedOpportunity, find_part
from workflow.rules.enums import CompetitorKind, CompetitorStanding, OpportunityState
from workflow.rules.errors import NotFoundError

LEAD = OpportunityState.LEAD
GLOBEX = {
    "kind": CompetitorKind.VENDOR,
    "name": "Globex",
    "standing": CompetitorStanding.ACTIVE,
}


@pytest.fixture
async def team() -> SalesTeam:
    """Create a sales team with one deal in each state."""
    return await new_sales_team()


async def test_recorded_columns_are_seen_after_see_changes_and_the_row_stays(team: SalesTeam) -> None:
    seen: list[tuple[object, ...]] = []

    async def verb(deal: LockedOpportunity) -> None:
        before = deal.row.name
        deal.write(name="Renamed")
        seen.append((deal.row.name == before, deal.facts.name == before, deal.row_after().name))
        deal.see_changes()
        seen.append((deal.row.name == before, deal.facts.name, deal.row_after().name))

    await change(team.ctx["owner"], team.deals[LEAD], None, verb)

    assert seen == [(True, True, "Renamed"), (True, "Renamed", "Renamed")]


async def test_a_verb_that_records_sends_no_statement(team: SalesTeam) -> None:
    sent = []

    async def verb(deal: LockedOpportunity) -> None:
        async with statements() as seen:
            deal.write(description="A description", name="Renamed")
            id = deal.insert(Competitor, **GLOBEX, created_at=deal.ctx.now)
            deal.update(Competitor, id, strengths="Price")
            deal.delete(RiskReview, opportunity_id=deal.id)
            deal.emit("competitor.added", competitorId=id)
        sent.append(len(seen))

    await change(team.ctx["owner"], team.deals[LEAD], None, verb)

    assert sent == [0]
    assert (await Opportunity.get(id=team.deals[LEAD])).name == "Renamed"


async def test_a_new_row_belongs_to_the_deal_and_its_organization(team: SalesTeam) -> None:
    ids: list[UUID] = []

    async def verb(deal: LockedOpportunity) -> None:
        ids.append(deal.insert(Competitor, **GLOBEX, created_at=deal.ctx.now))
        deal.emit("competitor.added", competitorId=ids[0])

    await change(team.ctx["owner"], team.deals[LEAD], None, verb)

    stored = await Competitor.filter(id=ids[0]).values("organization_id", "opportunity_id", *GLOBEX)
    owner = {"organization_id": team.organization.id, "opportunity_id": team.deals[LEAD]}
    assert stored == [{**owner, **GLOBEX}]


async def test_columns_that_did_not_change_are_not_written(team: SalesTeam) -> None:
    changed = []

    async def verb(deal: LockedOpportunity) -> None:
        deal.write(**{name: getattr(deal.row, name) for name in ("name", "state_since", "attributes")})
        deal.write(name_folded="x", description="New")
        changed.append(deal.changed_columns())

    await change(team.ctx["owner"], team.deals[LEAD], None, verb)

    assert changed == [{"name_folded": "x", "description": "New"}]


async def test_a_part_that_the_verb_knows_is_not_read_again(team: SalesTeam) -> None:
    stale = []

    async def verb(deal: LockedOpportunity) -> None:
        deal.insert(Competitor, **GLOBEX, created_at=deal.ctx.now)
        stale.append(set(deal.parts.stale))
        deal.set_part("competitors", ())
        stale.append(set(deal.parts.stale))

    await change(team.ctx["owner"], team.deals[LEAD], None, verb)

    assert stale == [{"competitors"}, set()]


async def test_a_discarded_change_writes_nothing(team: SalesTeam) -> None:
    before = await Opportunity.filter(id=team.deals[LEAD]).values()

    async def verb(deal: LockedOpportunity) -> str:
        deal.write(name="Renamed")
        deal.insert(Competitor, **GLOBEX, created_at=deal.ctx.now)
        deal.emit("competitor.added")
        deal.discard()
        return "done"

    assert await change(team.ctx["owner"], team.deals[LEAD], None, verb) == "done"
    assert await Opportunity.filter(id=team.deals[LEAD]).values() == before
    assert await Competitor.filter(opportunity_id=team.deals[LEAD]).count() == 0


def test_a_part_that_the_deal_does_not_have_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        find_part((), uuid4(), "Risk")
