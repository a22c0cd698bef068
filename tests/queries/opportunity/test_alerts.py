"""Lists of alerts, and their filter in the database and in memory."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Alert, Member, Opportunity
from workflow.models.columns import new_id
from workflow.queries.opportunity.alerts import (
    AlertFilter,
    alerts,
    alerts_by_deal,
    alerts_by_id,
    count_alerts,
    has_alert,
    matches,
)
from workflow.queries.paging import Window
from workflow.rules.enums import AlertCode, AlertSeverity, AlertStatus, OpportunityState, Visibility
from workflow.rules.permissions import Viewer

LEAD = OpportunityState.LEAD
QUALIFIED = OpportunityState.QUALIFIED
RANKS = {"ADVICE": 1, "WARNING": 2, "CRITICAL": 3}


@pytest.fixture
async def team() -> SalesTeam:
    """A team with the alerts of `insert`."""
    made = await new_sales_team()
    await Alert.filter(organization_id=made.organization.id).delete()
    await insert(made, LEAD, "STATE_AGE", "WARNING", "OPEN", day=1)
    await insert(made, LEAD, "NO_NEXT_STEP", "CRITICAL", "SNOOZED", day=3)
    await insert(made, QUALIFIED, "STATE_AGE", "CRITICAL", "OPEN", day=2)
    await insert(made, QUALIFIED, "NO_NEXT_STEP", "CRITICAL", "RESOLVED", day=0)
    return made


async def insert(
    team: SalesTeam, deal: OpportunityState, code: str, severity: str, status: str, *, day: int
) -> None:
    """An alert that was first seen on a day."""
    await Alert.create(
        id=new_id(),
        organization_id=team.organization.id,
        opportunity_id=team.deals[deal],
        code=code,
        subject="",
        severity=severity,
        rank=RANKS[severity],
        severity_since=NOW,
        status=status,
        message=f"{deal} {code}",
        first_seen_at=NOW + timedelta(days=day),
        last_seen_at=NOW + timedelta(days=9),
    )


async def messages(team: SalesTeam, filter: AlertFilter, viewer: Viewer | None = None) -> list[str]:
    """Messages of the alerts that match, counted alike; an admin's without a viewer."""
    viewer = viewer or team.ctx["admin"].viewer
    page = await alerts(viewer, filter, (), Window(10))
    assert len(page.rows) == await count_alerts(viewer, filter)
    return [row.message for row in page.rows]


async def test_without_a_status_unresolved_alerts_are_listed_the_most_severe_and_oldest_first(
    team: SalesTeam,
) -> None:
    assert await messages(team, AlertFilter()) == [
        "QUALIFIED STATE_AGE",
        "LEAD NO_NEXT_STEP",
        "LEAD STATE_AGE",
    ]
    assert await messages(team, AlertFilter(status=(AlertStatus.RESOLVED,))) == ["QUALIFIED NO_NEXT_STEP"]
    assert await messages(team, AlertFilter(status=())) == []


async def test_the_filter_in_memory_matches_the_same_alerts_as_the_database(team: SalesTeam) -> None:
    viewer = team.ctx["admin"].viewer
    owner = team.member("owner")
    [member] = await Member.filter(id=owner).values("team_id")
    team_id: UUID = member["team_id"]
    ids = [row["id"] for row in await Alert.filter(organization_id=team.organization.id).values("id")]
    rows = (await alerts_by_id(viewer, ids)).values()
    assert len(rows) == 4
    filters = [
        AlertFilter(),
        AlertFilter(status=(AlertStatus.RESOLVED, AlertStatus.SNOOZED)),
        AlertFilter(severity=(AlertSeverity.CRITICAL,)),
        AlertFilter(code=(AlertCode.STATE_AGE,), opportunity_id=(team.deals[LEAD],)),
        AlertFilter(owner_id=(owner,)),
        AlertFilter(owner_id=(team.member("stranger"),)),
        AlertFilter(team_id=(team_id,)),
        AlertFilter(team_id=(new_id(),)),
        AlertFilter(code=()),
    ]

    for filter in filters:
        expected = sorted(row.message for row in rows if matches(filter, row, owner, team_id))
        assert sorted(await messages(team, filter)) == expected, filter


async def test_alerts_of_invisible_deals_are_not_listed(team: SalesTeam) -> None:
    owner, stranger = (
        replace(team.ctx[name].viewer, visibility=Visibility.OWN) for name in ("owner", "stranger")
    )

    assert await messages(team, AlertFilter(), stranger) == []
    assert len(await messages(team, AlertFilter(), owner)) == 3


async def test_deals_are_found_by_their_unresolved_alerts(team: SalesTeam) -> None:
    deals = Opportunity.filter(organization_id=team.organization.id)

    async def found(*conditions: list[str] | None) -> set[UUID]:
        return {row["id"] for row in await deals.filter(has_alert(*conditions)).values("id")}

    assert await found(["CRITICAL"], None) == {team.deals[LEAD], team.deals[QUALIFIED]}
    assert await found(["CRITICAL"], ["NO_NEXT_STEP"]) == {team.deals[LEAD]}
    assert await found(None, []) == set()
    assert len(await found(None, None)) == 6


async def test_alerts_by_deal_leave_out_deals_without_any(team: SalesTeam) -> None:
    ids = [team.deals[state] for state in (LEAD, QUALIFIED, OpportunityState.WON)]

    found = await alerts_by_deal(team.organization.id, ids, [AlertStatus.OPEN])

    assert {id: [row.message for row in rows] for id, rows in found.items()} == {
        team.deals[LEAD]: ["LEAD STATE_AGE"],
        team.deals[QUALIFIED]: ["QUALIFIED STATE_AGE"],
    }
