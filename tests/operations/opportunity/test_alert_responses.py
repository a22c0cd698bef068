"""Acknowledging and snoozing alerts: who may, and when they reopen."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.scenarios.alerts import DAY, only_alert, run_sweep
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Alert
from workflow.operations.opportunity.alert_responses import acknowledge_alerts, snooze_alerts
from workflow.rules.enums import (
    OpportunityState,
)
from workflow.rules.errors import InvalidInputError, NotFoundError, PermissionDeniedError


@pytest.fixture
async def team() -> AsyncIterator[SalesTeam]:
    """A sales team."""
    yield await new_sales_team()


@pytest.fixture
async def deal(team: SalesTeam) -> UUID:
    """A deal in QUALIFIED, just imported."""
    return await team.add_deal(OpportunityState.QUALIFIED)


async def test_a_lower_severity_keeps_the_acknowledgement_and_a_higher_one_reopens(
    team: SalesTeam, deal: UUID
) -> None:
    await run_sweep(team, NOW + 7 * DAY)
    await acknowledge_alerts(
        team.at("owner", NOW + 8 * DAY), [(await only_alert(deal))["id"]], "I call them on Friday"
    )
    known = await only_alert(deal)
    await run_sweep(team, NOW + 14 * DAY)
    risen = await only_alert(deal)

    assert (known["status"], known["note"]) == ("ACKNOWLEDGED", "I call them on Friday")
    assert (known["acknowledged_kind"], known["acknowledged_member_id"]) == ("MEMBER", team.member("owner"))
    assert (risen["status"], risen["acknowledged_at"], risen["note"]) == ("OPEN", None, None)


async def test_an_alert_reopens_after_its_snooze_if_its_cause_remains(team: SalesTeam, deal: UUID) -> None:
    await run_sweep(team, NOW + 14 * DAY)
    until = NOW + 16 * DAY
    await snooze_alerts(team.at("owner", NOW + 15 * DAY), [(await only_alert(deal))["id"]], until, None)
    statuses = []
    for at in (until - timedelta(seconds=1), until):
        await run_sweep(team, at)
        statuses.append((await only_alert(deal))["status"])

    assert statuses == ["SNOOZED", "OPEN"]


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=30, seconds=1), -DAY])
async def test_a_snooze_is_at_most_thirty_days_and_never_in_the_past(
    team: SalesTeam, deal: UUID, ahead: timedelta
) -> None:
    await run_sweep(team, NOW + 7 * DAY)

    with pytest.raises(InvalidInputError, match="30 days"):
        await snooze_alerts(team.at("owner", NOW), [(await only_alert(deal))["id"]], NOW + ahead, None)


async def test_only_those_who_may_write_the_deal_may_answer_its_alerts(team: SalesTeam, deal: UUID) -> None:
    await run_sweep(team, NOW + 7 * DAY)
    id = (await only_alert(deal))["id"]
    answers = {}
    for who in ("owner", "helper", "manager", "stranger", "other manager", "integrator"):
        [done] = await acknowledge_alerts(team.at(who, NOW + 8 * DAY), [id], None)
        answers[who] = type(done.problem)
    with pytest.raises(PermissionDeniedError):
        await acknowledge_alerts(team.at("observer", NOW + 8 * DAY), [id], None)

    fine = type(None)
    refused = PermissionDeniedError
    assert answers == {
        "owner": fine,
        "helper": refused,
        "manager": fine,
        "stranger": refused,
        "other manager": refused,
        "integrator": fine,
    }


async def test_resolved_and_unknown_alerts_are_refused_and_the_others_answered(
    team: SalesTeam, deal: UUID
) -> None:
    await run_sweep(team, NOW + 7 * DAY)
    id = (await only_alert(deal))["id"]
    await Alert.filter(id=id).update(status="RESOLVED")
    other = (await only_alert(deal, "NO_NEXT_STEP"))["id"]

    done = await acknowledge_alerts(team.at("owner", NOW + 8 * DAY), [id, UUID(int=1), other], None)

    assert [type(one.problem) for one in done] == [InvalidInputError, NotFoundError, type(None)]
