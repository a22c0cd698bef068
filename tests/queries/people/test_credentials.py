"""From an API key or a member to a viewer."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.organizations import NOW, TestOrganization
from tests.support.statements import statements
from tests.support.team import new_sales_team
from workflow.models import ApiKey, Member, Team
from workflow.models.columns import new_id
from workflow.queries.people.credentials import (
    authenticate_api_key,
    valid_viewers,
    viewer_for_member,
    with_subteams,
)
from workflow.rules.enums import Role

SECOND = timedelta(seconds=1)


def test_subteams_are_found_at_every_depth_and_a_circle_of_teams_ends() -> None:
    root, child, grandchild, other = (new_id() for _ in range(4))
    tree: list[dict[str, UUID | None]] = [
        {"id": root, "parent_id": grandchild},
        {"id": child, "parent_id": root},
        {"id": grandchild, "parent_id": child},
        {"id": other, "parent_id": None},
    ]

    assert with_subteams([child], tree) == {root, child, grandchild}
    assert with_subteams([other], tree) == {other}
    assert with_subteams([], tree) == frozenset()


async def test_a_viewer_has_the_teams_it_belongs_to_or_manages_and_all_below_them() -> None:
    team = await new_sales_team()
    [manager] = await Team.filter(manager_id=team.member("manager")).values("id", "organization_id")
    child = new_id()
    grandchild = new_id()
    for id, parent in ((child, manager["id"]), (grandchild, child)):
        await Team.create(
            id=id, organization_id=manager["organization_id"], name=str(id), parent_id=parent, created_at=NOW
        )
    await Team.filter(id=manager["id"]).update(parent_id=grandchild)

    async with statements() as sent:
        viewer = await viewer_for_member(team.organization.id, team.member("manager"))

    assert len(sent) == 1
    assert viewer is not None
    assert viewer.teams == {manager["id"], child, grandchild}
    stranger = await viewer_for_member(team.organization.id, team.member("stranger"))
    assert stranger is not None and stranger.teams == frozenset()


async def test_a_key_is_refused_from_the_instant_it_expires(organization: TestOrganization) -> None:
    key = await organization.key(Role.OBSERVER)
    await ApiKey.filter(public_id=key.split("_")[1]).update(expires_at=NOW + SECOND)

    assert await authenticate_api_key(key, NOW) is not None
    assert await authenticate_api_key(key, NOW + SECOND) is None


@pytest.mark.parametrize(
    "change", ["", "_", "pur", "pur_", "pur__", "x{key}", "{key}x", "{upper}", "pur_" + "a" * 33 + "_b"]
)
async def test_a_text_that_is_not_exactly_a_key_has_no_viewer(
    organization: TestOrganization, change: str
) -> None:
    key = organization.api_key

    assert await authenticate_api_key(key, NOW) is not None
    assert await authenticate_api_key(change.format(key=key, upper=key.upper()), NOW) is None


async def test_a_revoked_key_and_a_key_of_an_inactive_member_have_no_viewer(
    organization: TestOrganization,
) -> None:
    revoked = await organization.key(Role.REP, "ann@example.com")
    inactive = await organization.key(Role.REP, "bob@example.com")
    await ApiKey.filter(public_id=revoked.split("_")[1]).update(revoked_at=NOW)
    await Member.filter(organization_id=organization.id, email="bob@example.com").update(active=False)

    assert await authenticate_api_key(revoked, NOW) is None
    assert await authenticate_api_key(inactive, NOW) is None


async def test_a_member_of_another_organization_or_inactive_has_no_viewer(
    organization: TestOrganization,
) -> None:
    member = organization.admin_id
    assert await viewer_for_member(organization.id, member) is not None
    assert await viewer_for_member(new_id(), member) is None

    await Member.filter(id=member).update(active=False)

    assert await viewer_for_member(organization.id, member) is None


async def test_viewers_are_valid_while_their_key_and_their_member_are(organization: TestOrganization) -> None:
    admin = organization.ctx.viewer
    signed_in = await viewer_for_member(organization.id, organization.admin_id)
    service = (await organization.ctx_of(Role.INTEGRATOR)).viewer
    expiring = (await organization.ctx_of(Role.REP, "ann@example.com")).viewer
    assert signed_in is not None and expiring.key is not None and service.key is not None
    viewers = {admin, signed_in, service, expiring}
    await ApiKey.filter(id=expiring.key.id).update(expires_at=NOW + SECOND)

    async with statements() as sent:
        assert await valid_viewers(viewers, NOW) == viewers

    assert len(sent) == 2
    assert await valid_viewers(viewers, NOW + SECOND) == viewers - {expiring}
    await Member.filter(id=organization.admin_id).update(active=False)
    assert await valid_viewers(viewers, NOW) == {service, expiring}
    await ApiKey.filter(id=service.key.id).update(revoked_at=NOW)
    assert await valid_viewers(viewers, NOW) == {expiring}
    assert await valid_viewers([], NOW) == set()
    assert await valid_viewers([replace(signed_in, member_id=new_id())], NOW) == set()
