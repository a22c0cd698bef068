"""Sellers, their teams and managers are created if they are missing."""

from dataclasses import replace

import pytest

from tests.support.organizations import TestOrganization
from workflow.models import Event, Member, Team
from workflow.operations.transfer.sellers import Seller, ensure_sellers
from workflow.rules.enums import Role
from workflow.rules.errors import InvalidInputError, PermissionDeniedError

RITA = Seller("Rita Rep", "Rita@example.com", "North", "Max Manager", "max@example.com")
SAM = replace(RITA, name="Sam Seller", email="sam@example.com")


async def test_a_team_is_led_by_its_manager_who_belongs_to_it(organization: TestOrganization) -> None:
    await ensure_sellers(organization.ctx, [RITA, SAM])

    [team] = await Team.filter(organization_id=organization.id).values("id", "name", "manager_id")
    members = Member.filter(organization_id=organization.id, team_id=team["id"]).order_by("email")
    assert await members.values_list("email", "role") == [
        ("max@example.com", "MANAGER"),
        ("rita@example.com", "REP"),
        ("sam@example.com", "REP"),
    ]
    assert team["manager_id"] == (await members.first().values("id"))["id"]


async def test_existing_members_and_teams_are_not_changed(organization: TestOrganization) -> None:
    await ensure_sellers(organization.ctx, [RITA])
    before = await Event.filter(organization_id=organization.id).count()

    await ensure_sellers(organization.ctx, [replace(RITA, name="Renamed", email="RITA@example.com")])

    assert await Event.filter(organization_id=organization.id).count() == before
    assert await Member.filter(organization_id=organization.id, name="Renamed").count() == 0


async def test_an_incomplete_seller_creates_nobody(organization: TestOrganization) -> None:
    with pytest.raises(InvalidInputError):
        await ensure_sellers(organization.ctx, [RITA, replace(SAM, team="")])

    assert await Team.filter(organization_id=organization.id).count() == 0


async def test_only_admins_create_sellers(organization: TestOrganization) -> None:
    with pytest.raises(PermissionDeniedError):
        await ensure_sellers(await organization.ctx_of(Role.INTEGRATOR), [RITA])
