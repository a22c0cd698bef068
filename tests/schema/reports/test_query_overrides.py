"""The override report over HTTP: by process and member, in a period, with a filter and by visibility."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.organizations import NOW
from tests.support.serving import Server
from tests.support.team import SalesTeam, new_sales_team, override_all
from workflow.models import Member
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import (
    LossDetails,
    QualifyChanges,
    WinDetails,
    lose,
    progress,
    qualify,
    win,
)
from workflow.rules.enums import LossReason, OpportunityState, Role, Visibility, WinReason

OVERRIDES = """query($period: Period, $by: OverrideGrouping!, $filter: OpportunityFilter) {
  reports { overrides(period: $period, groupBy: $by, filter: $filter) { winRateOfOthers
    rows { key label overrides owed opportunities won lost stillOpen winRate member { name } }
    total { key overrides owed opportunities won lost winRate } } } }"""


@pytest.fixture
async def team() -> SalesTeam:
    """A sales team with three deals that had an override: one won, one lost, one still qualified."""
    team = await new_sales_team()
    admin = team.ctx["admin"]
    lead, qualified, progressing = [
        team.deals[state]
        for state in OpportunityState
        if state in (OpportunityState.LEAD, OpportunityState.QUALIFIED, OpportunityState.PROGRESSING)
    ]
    await qualify(admin, lead, QualifyChanges(), override_all())
    await progress(admin, qualified, {}, override_all())
    await lose(admin, qualified, LossDetails(LossReason.PRICE), TransitionOptions())
    await win(
        replace(admin, now=NOW + timedelta(days=1)), progressing, WinDetails(WinReason.SPEED), override_all()
    )
    return team


async def override_report(server: Server, key: str, by: str = "PROCESS", **more: Any) -> dict[str, Any]:
    """Return the report."""
    body = await server.ask(key, OVERRIDES, by=by, **more)
    report: dict[str, Any] = body["data"]["reports"]["overrides"]
    return report


async def test_overrides_are_counted_by_process_with_the_win_rate_of_the_deals(
    server: Server, team: SalesTeam
) -> None:
    report = await override_report(server, team.organization.api_key)

    [row] = report["rows"]
    assert (row["key"], row["label"], row["member"]) == ("default", "Pain, interest, fit", None)
    assert (row["overrides"], row["opportunities"], row["won"], row["lost"], row["stillOpen"]) == (
        3,
        3,
        1,
        1,
        1,
    )
    assert row["winRate"] == report["total"]["winRate"] == 0.5
    assert report["winRateOfOthers"] == 0.5


async def test_overrides_are_counted_by_member(server: Server, team: SalesTeam) -> None:
    report = await override_report(server, team.organization.api_key, "MEMBER")

    [row] = report["rows"]
    [admin] = await Member.filter(id=team.member("admin")).values("name")
    assert (row["member"], row["label"]) == ({"name": admin["name"]}, admin["name"])
    assert row["key"] != str(team.member("admin"))


async def test_a_period_counts_its_own_overrides(server: Server, team: SalesTeam) -> None:
    day = {"from": "2026-03-03", "to": "2026-03-03"}

    report = await override_report(server, team.organization.api_key, period=day)

    assert (report["total"]["overrides"], report["total"]["won"]) == (1, 1)


async def test_a_filter_counts_matching_deals_only(server: Server, team: SalesTeam) -> None:
    report = await override_report(server, team.organization.api_key, filter={"state": ["LOST"]})

    assert (report["total"]["overrides"], report["winRateOfOthers"]) == (1, 0.0)


async def test_hidden_deals_are_not_counted(server: Server, team: SalesTeam) -> None:
    key = await team.organization.key(Role.REP, "own@example.com")
    await Member.filter(organization_id=team.organization.id, email="own@example.com").update(
        visibility=Visibility.OWN
    )

    report = await override_report(server, key)

    assert (report["rows"], report["total"]["overrides"], report["winRateOfOthers"]) == ([], 0, None)


@pytest.mark.parametrize(("first", "last"), [("0001-01-01", "9999-12-31"), ("1900-01-01", "9000-01-01")])
async def test_extreme_dates_are_accepted(server: Server, team: SalesTeam, first: str, last: str) -> None:
    report = await override_report(server, team.organization.api_key, period={"from": first, "to": last})

    assert report["total"]["overrides"] == 3


async def test_a_period_that_ends_before_it_starts_is_refused(server: Server, team: SalesTeam) -> None:
    backwards = {"from": "2026-03-03", "to": "2026-03-02"}

    body = await server.ask(team.organization.api_key, OVERRIDES, by="PROCESS", period=backwards)

    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
