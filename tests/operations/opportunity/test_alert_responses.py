"""Alerts that somebody knows of, or puts aside: quiet until they grow worse, and by whoever may write the deal."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.scenarios.alerts import DAY, one, swept
from tests.support.team import Crew, new_crew
from workflow.models import Alert
from workflow.operations.opportunity.alert_responses import acknowledge_alerts, snooze_alerts
from workflow.rules.enums import (
    OpportunityState,
)
from workflow.rules.errors import InvalidInputError, NotFoundError, PermissionDeniedError


@pytest.fixture
async def crew() -> AsyncIterator[Crew]:
    """People around a seller's deals."""
    yield await new_crew()


@pytest.fixture
async def deal(crew: Crew) -> UUID:
    """A deal in QUALIFIED, imported a moment ago."""
    return await crew.deal(OpportunityState.QUALIFIED)


async def test_a_fall_keeps_who_knew_and_a_rise_asks_them_again(crew: Crew, deal: UUID) -> None:
    await swept(crew, NOW + 7 * DAY)
    await acknowledge_alerts(crew.at("owner", NOW + 8 * DAY), [(await one(deal))["id"]], "I call them on Friday")
    known = await one(deal)
    await swept(crew, NOW + 14 * DAY)
    risen = await one(deal)

    assert (known["status"], known["note"]) == ("ACKNOWLEDGED", "I call them on Friday")
    assert (known["acknowledged_kind"], known["acknowledged_member_id"]) == ("MEMBER", crew.member("owner"))
    assert (risen["status"], risen["acknowledged_at"], risen["note"]) == ("OPEN", None, None)


async def test_a_snooze_ends_and_the_alert_is_open_where_its_cause_stands(crew: Crew, deal: UUID) -> None:
    await swept(crew, NOW + 14 * DAY)
    until = NOW + 16 * DAY
    await snooze_alerts(crew.at("owner", NOW + 15 * DAY), [(await one(deal))["id"]], until, None)
    statuses = []
    for at in (until - timedelta(seconds=1), until):
        await swept(crew, at)
        statuses.append((await one(deal))["status"])

    assert statuses == ["SNOOZED", "OPEN"]


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=30, seconds=1), -DAY])
async def test_a_snooze_is_at_most_thirty_days_and_never_in_the_past(crew: Crew, deal: UUID, ahead: timedelta) -> None:
    await swept(crew, NOW + 7 * DAY)

    with pytest.raises(InvalidInputError, match="30 days"):
        await snooze_alerts(crew.at("owner", NOW), [(await one(deal))["id"]], NOW + ahead, None)


async def test_who_may_write_the_deal_may_answer_its_alerts_and_nobody_else(crew: Crew, deal: UUID) -> None:
    await swept(crew, NOW + 7 * DAY)
    id = (await one(deal))["id"]
    answers = {}
    for who in ("owner", "helper", "manager", "stranger", "other manager", "integrator"):
        [done] = await acknowledge_alerts(crew.at(who, NOW + 8 * DAY), [id], None)
        answers[who] = type(done.problem)
    with pytest.raises(PermissionDeniedError):
        await acknowledge_alerts(crew.at("observer", NOW + 8 * DAY), [id], None)

    fine, refused = type(None), PermissionDeniedError
    assert answers == {
        "owner": fine,
        "helper": refused,
        "manager": fine,
        "stranger": refused,
        "other manager": refused,
        "integrator": fine,
    }


async def test_what_is_over_or_unknown_is_told_and_the_rest_is_done(crew: Crew, deal: UUID) -> None:
    await swept(crew, NOW + 7 * DAY)
    id = (await one(deal))["id"]
    await Alert.filter(id=id).update(status="RESOLVED")
    other = (await one(deal, "NO_NEXT_STEP"))["id"]

    done = await acknowledge_alerts(crew.at("owner", NOW + 8 * DAY), [id, UUID(int=1), other], None)

    assert [type(one.problem) for one in done] == [InvalidInputError, NotFoundError, type(None)]
