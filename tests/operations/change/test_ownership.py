"""Owners and collaborators of deals."""

from dataclasses import replace

import pytest

from tests.support.organizations import new_organization
from tests.support.team import SalesTeam, event_payloads, new_sales_team
from workflow.models import Collaborator, Member
from workflow.models.columns import new_id
from workflow.operations.change.change import change
from workflow.operations.change.locked import LockedOpportunity
from workflow.operations.change.ownership import (
    authorize_owner,
    change_owner,
    require_active_members,
    resolve_owner,
    set_collaborators,
)
from workflow.rules.enums import OpportunityState
from workflow.rules.errors import InvalidInputError, NotFoundError, PermissionDeniedError, Refusal

LEAD = OpportunityState.LEAD


@pytest.fixture
async def team() -> SalesTeam:
    """Create a sales team with one deal in each state."""
    return await new_sales_team()


async def test_a_new_deal_belongs_to_the_member_who_creates_it(team: SalesTeam) -> None:
    assert await resolve_owner(team.ctx["owner"], None) == team.member("owner")


async def test_a_key_without_a_member_must_choose_the_owner(team: SalesTeam) -> None:
    with pytest.raises(InvalidInputError, match="does not belong to a member"):
        await resolve_owner(team.ctx["integrator"], None)

    assert await resolve_owner(team.ctx["integrator"], team.member("owner")) == team.member("owner")


@pytest.mark.parametrize(
    ("viewer", "owner", "is_allowed"),
    [
        ("owner", "owner", True),
        ("owner", "helper", False),
        ("manager", "owner", True),
        ("other manager", "owner", False),
        ("manager", "stranger", False),
        ("admin", "stranger", True),
    ],
)
async def test_a_deal_is_assigned_to_oneself_or_within_ones_team(
    team: SalesTeam, viewer: str, owner: str, is_allowed: bool
) -> None:
    attempt = authorize_owner(team.ctx[viewer], team.member(owner))

    if is_allowed:
        assert await attempt == team.member(owner)
    else:
        with pytest.raises(PermissionDeniedError, match="You cannot assign this opportunity to that member"):
            await attempt


async def test_a_member_of_another_organization_cannot_own_a_deal(team: SalesTeam) -> None:
    other = await new_organization()

    for id in (other.admin_id, new_id()):
        with pytest.raises(NotFoundError):
            await authorize_owner(team.ctx["admin"], id)


async def test_inactive_members_neither_own_nor_collaborate(team: SalesTeam) -> None:
    helper = team.member("helper")
    await Member.filter(id=helper).update(active=False)

    for attempt in (
        authorize_owner(team.ctx["admin"], helper),
        require_active_members(team.ctx["admin"], [team.member("owner"), helper]),
    ):
        with pytest.raises(InvalidInputError, match="active member"):
            await attempt


async def collaborators(team: SalesTeam) -> set[object]:
    """Return the collaborators of the lead."""
    return set(await Collaborator.filter(opportunity_id=team.deals[LEAD]).values_list("member_id", flat=True))


async def test_collaborators_are_replaced_and_the_change_is_returned(team: SalesTeam) -> None:
    stranger = team.member("stranger")
    changes = []

    async def verb(deal: LockedOpportunity) -> None:
        changes.append(await set_collaborators(deal, [stranger, stranger]))
        deal.emit("opportunity.updated", **changes[0])

    await change(team.ctx["owner"], team.deals[LEAD], None, verb)

    assert changes == [{"collaboratorIds": {"added": [stranger], "removed": [team.member("helper")]}}]
    assert await collaborators(team) == {stranger}


async def test_the_same_collaborators_are_not_a_change(team: SalesTeam) -> None:
    helper = team.member("helper")
    await Member.filter(id=helper).update(active=False)
    changes = []

    async def verb(deal: LockedOpportunity) -> None:
        changes.append(await set_collaborators(deal, [helper]))

    await change(team.ctx["owner"], team.deals[LEAD], None, verb)

    assert changes == [{}]


async def test_a_collaborator_who_becomes_the_owner_is_not_a_collaborator_any_more(team: SalesTeam) -> None:
    helper = team.member("helper")

    async def verb(deal: LockedOpportunity) -> None:
        deal.emit("opportunity.updated", **change_owner(deal, helper))

    await change(team.ctx["admin"], team.deals[LEAD], None, verb)

    assert await collaborators(team) == set()
    payload = (await event_payloads(team.deals[LEAD], "opportunity.updated"))[-1]
    assert payload["collaboratorIds"] == {"added": [], "removed": [str(helper)]}
    assert payload["changes"]["ownerId"] == {"old": str(team.member("owner")), "new": str(helper)}


async def test_a_refused_collaborator_changes_nothing(team: SalesTeam) -> None:
    before = await collaborators(team)

    async def verb(deal: LockedOpportunity) -> None:
        await set_collaborators(deal, [new_id()])

    with pytest.raises(Refusal):
        await change(replace(team.ctx["owner"]), team.deals[LEAD], None, verb)

    assert await collaborators(team) == before
