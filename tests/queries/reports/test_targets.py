"""The targets that a viewer sees, and the one that a filter means."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Member, Target
from workflow.models.columns import new_id
from workflow.queries.conditions import Days
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.reports.targets import TargetFilter, target_of, targets, targets_by_id
from workflow.rules.enums import Visibility
from workflow.rules.permissions import Viewer

QUARTER = Days(date(2026, 4, 1), date(2026, 6, 30))
YEAR = Days(date(2026, 1, 1), date(2026, 12, 31))


async def team_of(team: SalesTeam, name: str) -> UUID:
    """The team of a member."""
    [row] = await Member.filter(id=team.member(name)).values("team_id")
    id: UUID = row["team_id"]
    return id


async def insert(team: SalesTeam, value: int, period: Days, **assignee: UUID) -> None:
    """A target of a period."""
    await Target.bulk_create(
        [
            Target(
                id=new_id(),
                organization_id=team.organization.id,
                from_day=period.start,
                to_day=period.end,
                value_minor=value,
                value_currency="EUR",
                **assignee,
            )
        ]
    )


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """Targets 1 and 5 of the organization, 2 of the owner's team, 3 of the owner, 4 of the stranger."""
    made = await new_sales_team()
    await insert(made, 1, QUARTER)
    await insert(made, 2, QUARTER, team_id=await team_of(made, "owner"))
    await insert(made, 3, QUARTER, member_id=made.member("owner"))
    await insert(made, 4, QUARTER, member_id=made.member("stranger"))
    await insert(made, 5, YEAR)
    return made


def viewer(team: SalesTeam, name: str, visibility: Visibility = Visibility.OWN) -> Viewer:
    """A member with a visibility."""
    return replace(team.ctx[name].viewer, visibility=visibility)


async def seen(viewer: Viewer, filter: TargetFilter | None = None) -> list[int]:
    """Values of the visible targets that match."""
    return sorted(row.value_minor for row in await targets(viewer, filter or TargetFilter()))


async def test_a_seller_sees_the_organizations_targets_and_their_own(team: SalesTeam) -> None:
    assert await seen(viewer(team, "owner")) == [1, 3, 5]
    assert await seen(viewer(team, "stranger")) == [1, 4, 5]
    assert await seen(viewer(team, "helper")) == [1, 5]


async def test_targets_of_a_team_and_its_members_are_visible_with_the_team(team: SalesTeam) -> None:
    assert await seen(viewer(team, "manager")) == [1, 2, 3, 5]
    assert await seen(viewer(team, "owner", Visibility.TEAM)) == [1, 2, 3, 5]
    assert await seen(viewer(team, "other manager")) == [1, 5]


async def test_admins_and_viewers_of_all_deals_see_every_target(team: SalesTeam) -> None:
    assert await seen(viewer(team, "admin")) == [1, 2, 3, 4, 5]
    assert await seen(viewer(team, "helper", Visibility.ALL)) == [1, 2, 3, 4, 5]


async def test_a_member_of_another_organization_opens_no_target_by_the_same_team(team: SalesTeam) -> None:
    other = await new_sales_team()
    await Member.filter(id=other.member("owner")).update(team_id=await team_of(team, "owner"))
    await insert(team, 6, YEAR, member_id=other.member("owner"))

    found = await seen(viewer(team, "manager"))
    await Target.filter(organization_id=team.organization.id, value_minor=6).delete()

    assert found == [1, 2, 3, 5]


async def test_targets_are_filtered_by_exact_period_member_and_team(team: SalesTeam) -> None:
    admin = viewer(team, "admin")

    assert await seen(admin, TargetFilter(period=YEAR)) == [5]
    assert await seen(admin, TargetFilter(period=Days(QUARTER.start, date(2026, 6, 29)))) == []
    owners = (team.member("owner"), team.member("stranger"))
    assert await seen(admin, TargetFilter(member_id=owners)) == [3, 4]
    assert await seen(admin, TargetFilter(team_id=(await team_of(team, "owner"),))) == [2]
    assert await seen(admin, TargetFilter(member_id=())) == []


async def test_the_target_of_a_filter_is_the_one_of_its_only_owner_or_team(team: SalesTeam) -> None:
    admin = viewer(team, "admin")
    owner = team.member("owner")
    own_team = await team_of(team, "owner")

    async def value(filter: OpportunityFilter, period: Days = QUARTER) -> int | None:
        found = await target_of(admin, filter, period)
        return None if found is None else found.value_minor

    assert await value(OpportunityFilter()) == 1
    assert await value(OpportunityFilter(), YEAR) == 5
    assert await value(OpportunityFilter(owner_id=(owner,))) == 3
    assert await value(OpportunityFilter(team_id=(own_team,))) == 2
    for filter in (
        OpportunityFilter(owner_id=(owner, team.member("stranger"))),
        OpportunityFilter(owner_id=(owner,), team_id=(own_team,)),
        OpportunityFilter(owner_id=()),
        OpportunityFilter(owner_id=(team.member("helper"),)),
    ):
        assert await value(filter) is None, filter
    assert await target_of(viewer(team, "helper"), OpportunityFilter(owner_id=(owner,)), QUARTER) is None


async def test_an_invisible_target_is_absent_by_its_id_too(team: SalesTeam) -> None:
    ids = [row.id for row in await targets(viewer(team, "admin"), TargetFilter())]

    found = await targets_by_id(viewer(team, "helper"), ids)

    assert sorted(row.value_minor for row in found.values()) == [1, 5]
