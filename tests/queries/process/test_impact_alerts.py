"""What each alert rule would have told of deals that have ended, by what was known at their close, and of the open ones today."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.scenarios.alerts import DAY, talk
from tests.support.team import Crew, forced, new_crew
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

QUALIFIED, PROGRESSING = OpportunityState.QUALIFIED, OpportunityState.PROGRESSING
QUIET, BUSY = AlertCode.NO_BUYER_ACTIVITY, AlertCode.STAGNATION


@pytest.fixture
async def crew() -> Crew:
    """People, and one imported deal of every state."""
    return await new_crew()


async def judged(crew: Crew, now: datetime) -> dict[tuple[AlertCode, AlertSeverity], AlertImpact]:
    """What the default process would have told, by rule."""
    found = await alert_impact(crew.at("admin", now).viewer, preset("default"), now)
    return {(one.code, one.severity): one for one in found}


async def lost(crew: Crew, on: datetime) -> UUID:
    """A deal that was lost."""
    deal = await crew.deal(QUALIFIED)
    await lose(crew.at("owner", on), deal, LossDetails(LossReason.UNRESPONSIVE), TransitionOptions())
    return deal


async def test_silence_is_judged_by_what_was_known_at_the_close(crew: Crew) -> None:
    """Lost after 20 days of silence; won a day after a talk; an open one is silent for 8 days. What was said later changes nothing."""
    before = await judged(crew, NOW)
    silent = await lost(crew, NOW + 20 * DAY)
    won = await crew.deal(PROGRESSING)
    await talk(crew, won, NOW + 19 * DAY)
    await win(crew.at("admin", NOW + 20 * DAY), won, WinDetails(WinReason.SPEED), forced())
    await talk(crew, silent, NOW + 21 * DAY)
    for deal in (crew.deals[QUALIFIED], crew.deals[PROGRESSING]):
        await talk(crew, deal, NOW + 22 * DAY)

    found = await judged(crew, NOW + 30 * DAY)

    rungs = (QUIET, AlertSeverity.WARNING), (QUIET, AlertSeverity.CRITICAL)
    assert [_counts(found[rung]) for rung in rungs] == [(2, 0, 1), (0, 0, 1)]
    assert [_counts(before[rung]) for rung in rungs] == [(0, 0, 0), (0, 0, 0)]
    assert {(one.won_total, one.lost_total) for one in found.values()} == {(2, 2)}


async def test_work_without_progress_is_counted_in_the_days_before_the_close(crew: Crew) -> None:
    """Four mails before the close, 40 days in; three more after it would be too many on another, which had three."""
    for before, after in ((4, 0), (3, 3)):
        deal = await crew.deal(PROGRESSING)
        for number in range(before):
            await _mail(crew, deal, NOW + (30 + number) * DAY)
        await lose(crew.at("owner", NOW + 40 * DAY), deal, LossDetails(LossReason.PRICE), TransitionOptions())
        for number in range(after):
            await _mail(crew, deal, NOW + (41 + number) * DAY)

    early, late = await judged(crew, NOW + 45 * DAY), await judged(crew, NOW + 400 * DAY)

    for found in (early, late):
        assert _counts(found[BUSY, AlertSeverity.WARNING])[1:] == (0, 1)
        assert _counts(found[BUSY, AlertSeverity.CRITICAL])[1:] == (0, 0)


async def test_whoever_may_not_see_a_deal_is_told_of_the_others_alone(crew: Crew) -> None:
    await lost(crew, NOW + 20 * DAY)
    stranger = crew.at("stranger", NOW + 30 * DAY).viewer

    found = await alert_impact(replace(stranger, visibility=Visibility.OWN), preset("default"), NOW + 30 * DAY)

    assert {(one.open_flagged, one.won_total, one.lost_total) for one in found} == {(0, 0, 0)}


async def _mail(crew: Crew, deal: UUID, at: datetime) -> None:
    said = NewActivity(ActivityKind.EMAIL, ActivityDirection.OUTBOUND, "Wrote")
    await log_activity(crew.at("owner", at + timedelta(hours=1)), deal, said)


def _counts(one: AlertImpact) -> tuple[int, int, int]:
    return one.open_flagged, one.won_flagged, one.lost_flagged
