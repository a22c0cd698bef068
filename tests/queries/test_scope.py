"""The scope: which deals a viewer sees."""

from dataclasses import replace
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.team import ROLES, SalesTeam, new_sales_team
from workflow.models import Member, Opportunity
from workflow.queries.opportunity.facts import load_deals
from workflow.queries.scope import visible
from workflow.rules.enums import OpportunityState, Visibility
from workflow.rules.permissions import Viewer

LEAD = OpportunityState.LEAD
WON = OpportunityState.WON


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """One team for every test."""
    return await new_sales_team()


async def seen(viewer: Viewer) -> set[UUID]:
    """Ids of the visible deals."""
    return {row["id"] for row in await visible(viewer).values("id")}


def limited(team: SalesTeam, name: str, visibility: Visibility) -> Viewer:
    """A member with a visibility."""
    return replace(team.ctx[name].viewer, visibility=visibility)


async def test_the_owner_a_collaborator_and_the_manager_see_a_deal_and_a_stranger_does_not(
    team: SalesTeam,
) -> None:
    lead = team.deals[LEAD]
    names = {name for name in ROLES if lead in await seen(team.ctx[name].viewer)}
    own = {name for name in ROLES if lead in await seen(limited(team, name, Visibility.OWN))}

    assert {"owner", "helper", "manager", "admin", "integrator"} <= names
    assert {"owner", "helper"} <= own
    assert not {"stranger", "other manager"} & own


async def test_a_collaborator_sees_only_the_deals_of_the_collaboration(team: SalesTeam) -> None:
    helper = await seen(limited(team, "helper", Visibility.OWN))

    assert team.deals[LEAD] in helper
    assert team.deals[WON] not in helper


async def test_a_team_is_visible_only_to_viewers_with_the_visibility_of_teams(team: SalesTeam) -> None:
    manager = limited(team, "manager", Visibility.TEAM)
    assert manager.teams

    assert team.deals[WON] in await seen(manager)
    assert await seen(replace(manager, teams=frozenset())) == set()
    assert team.deals[WON] not in await seen(limited(team, "manager", Visibility.OWN))


async def test_a_deleted_deal_is_visible_to_nobody(team: SalesTeam) -> None:
    gone = await team.add_deal(LEAD)
    assert gone in await seen(team.ctx["admin"].viewer)

    await Opportunity.filter(id=gone).update(deleted_at=NOW)

    for name in ("admin", "owner", "manager"):
        assert gone not in await seen(team.ctx[name].viewer)


async def test_a_member_of_another_organization_opens_no_deal_by_the_same_team(team: SalesTeam) -> None:
    manager = limited(team, "manager", Visibility.TEAM)
    outsider = (await new_sales_team()).member("owner")
    deal = await team.add_deal(LEAD)
    assert deal in await seen(manager)
    await Member.filter(id=outsider).update(team_id=next(iter(manager.teams)))

    await Opportunity.filter(id=deal).update(owner_id=outsider)

    assert deal not in await seen(manager)


@pytest.mark.parametrize("visibility", list(Visibility))
@pytest.mark.parametrize("name", list(ROLES))
async def test_facts_are_loaded_of_exactly_the_visible_deals(
    team: SalesTeam, name: str, visibility: Visibility
) -> None:
    viewer = limited(team, name, visibility)
    everything = {row["id"] for row in await Opportunity.all().values("id")}

    assert set(await load_deals(viewer, everything, NOW)) == await seen(viewer)
