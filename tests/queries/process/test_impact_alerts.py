"""The deals that each alert rule would flag: closed ones as of their close, and open ones now."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.scenarios.alerts import DAY, log_call
from tests.support.team import SalesTeam, new_sales_team, override_all
from workflow.operations.buyer.activities import NewActivity, log_activity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import LossDetails, WinDetails, lose, win
from workflow.operations.process.processes import preset
from workflow.queries.process.impact import AlertImpact, alert_impact
from workflow.rules.enums import (
    ActivityDirection,
    ActivityKind,
    AlertCode,
    AlertSeverity,
    LossReason,
    OpportunityState,
    Visibility,
    WinReason,
)

QUALIFIED = OpportunityState.QUALIFIED
PROGRESSING = OpportunityState.PROGRESSING
SILENCE = AlertCode.NO_BUYER_ACTIVITY
STAGNATION = AlertCode.STAGNATION


@pytest.fixture
async def team() -> SalesTeam:
    """A team with one imported deal in every state."""
    return await new_sales_team()


async def impact_by_rule(
    team: SalesTeam, now: datetime
) -> dict[tuple[AlertCode, AlertSeverity], AlertImpact]:
    """Return the impact of the default process by rule."""
    found = await alert_impact(team.at("admin", now).viewer, preset("default"), now)
    return {(one.code, one.severity): one for one in found}


async def lose_deal(team: SalesTeam, on: datetime) -> UUID:
    """A deal that was lost."""
    deal = await team.add_deal(QUALIFIED)
    await lose(team.at("owner", on), deal, LossDetails(LossReason.UNRESPONSIVE), TransitionOptions())
    return deal


async def test_silence_is_evaluated_as_of_the_close(team: SalesTeam) -> None:
    """Lost after 20 days without contact, won a day after a call, and open without contact for 8 days.

    Later calls change nothing.
    """
    before = await impact_by_rule(team, NOW)
    silent = await lose_deal(team, NOW + 20 * DAY)
    won = await team.add_deal(PROGRESSING)
    await log_call(team, won, NOW + 19 * DAY)
    await win(team.at("admin", NOW + 20 * DAY), won, WinDetails(WinReason.SPEED), override_all())
    await log_call(team, silent, NOW + 21 * DAY)
    for deal in (team.deals[QUALIFIED], team.deals[PROGRESSING]):
        await log_call(team, deal, NOW + 22 * DAY)

    found = await impact_by_rule(team, NOW + 30 * DAY)

    rungs = (SILENCE, AlertSeverity.WARNING), (SILENCE, AlertSeverity.CRITICAL)
    assert [_counts(found[rung]) for rung in rungs] == [(2, 0, 1), (0, 0, 1)]
    assert [_counts(before[rung]) for rung in rungs] == [(0, 0, 0), (0, 0, 0)]
    assert {(one.won_total, one.lost_total) for one in found.values()} == {(2, 2)}


async def test_stagnation_counts_activities_before_the_close_only(team: SalesTeam) -> None:
    """Four mails in the 40 days before the close count; three after the close of another deal do not."""
    for before, after in ((4, 0), (3, 3)):
        deal = await team.add_deal(PROGRESSING)
        for number in range(before):
            await _mail(team, deal, NOW + (30 + number) * DAY)
        await lose(team.at("owner", NOW + 40 * DAY), deal, LossDetails(LossReason.PRICE), TransitionOptions())
        for number in range(after):
            await _mail(team, deal, NOW + (41 + number) * DAY)

    early = await impact_by_rule(team, NOW + 45 * DAY)
    late = await impact_by_rule(team, NOW + 400 * DAY)

    for found in (early, late):
        assert _counts(found[STAGNATION, AlertSeverity.WARNING])[1:] == (0, 1)
        assert _counts(found[STAGNATION, AlertSeverity.CRITICAL])[1:] == (0, 0)


async def test_alert_impact_counts_only_visible_deals(team: SalesTeam) -> None:
    await lose_deal(team, NOW + 20 * DAY)
    stranger = team.at("stranger", NOW + 30 * DAY).viewer

    found = await alert_impact(
        replace(stranger, visibility=Visibility.OWN), preset("default"), NOW + 30 * DAY
    )

    assert {(one.open_flagged, one.won_total, one.lost_total) for one in found} == {(0, 0, 0)}


async def _mail(team: SalesTeam, deal: UUID, at: datetime) -> None:
    said = NewActivity(ActivityKind.EMAIL, ActivityDirection.OUTBOUND, "Wrote")
    await log_activity(team.at("owner", at + timedelta(hours=1)), deal, said)


def _counts(one: AlertImpact) -> tuple[int, int, int]:
    return one.open_flagged, one.won_flagged, one.lost_flagged
