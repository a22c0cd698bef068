"""What a deal was judged to be when it was closed stays, whatever is done, learned or outlived afterwards."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import TestOrganization
from tests.support.rules.deal_facts import default_document
from tests.support.scenarios.health import LATER, Desk, new_desk, points, ruled, stored
from tests.support.team import Crew, new_crew
from workflow.models import Opportunity
from workflow.models.engine.database import transaction
from workflow.operations.accounts.accounts import create_account, update_account
from workflow.operations.buyer.activities import correct_activity
from workflow.operations.change.overrides import NewOverride
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import LossDetails, WinDetails, disqualify, lose, reopen, win
from workflow.operations.process.processes import publish
from workflow.operations.transfer.import_rows import import_rows
from workflow.operations.transfer.row import ImportRow
from workflow.rules.enums import DisqualifyReason, LossReason, OpportunityState, WinReason
from workflow.rules.process.document import parse_process

S = OpportunityState
MUCH_LATER = LATER + timedelta(days=400)
PASSED = ("field.value", "milestone.decision_made", "milestone.terms_agreed", "risk.open")
FORCED = TransitionOptions(override=NewOverride(PASSED, "The board wants this one and pays for it."))


async def win_it(desk: Desk) -> None:
    await win(desk.crew.at("admin", LATER), desk.deal, WinDetails(WinReason.SPEED), FORCED)


async def lose_it(desk: Desk) -> None:
    await lose(desk.ctx, desk.deal, LossDetails(LossReason.PRICE), TransitionOptions())


async def disqualify_it(desk: Desk) -> None:
    await disqualify(desk.ctx, desk.deal, DisqualifyReason.STALLED, TransitionOptions())


CLOSES: list[tuple[Callable[[Desk], Awaitable[None]], OpportunityState]] = [
    (win_it, S.PROGRESSING),
    (lose_it, S.PROGRESSING),
    (lose_it, S.QUALIFIED),
    (disqualify_it, S.PROGRESSING),
    (disqualify_it, S.QUALIFIED),
    (disqualify_it, S.LEAD),
]


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """One crew; every test closes a deal of its own."""
    return await new_crew()


async def lively(crew: Crew, state: OpportunityState = S.PROGRESSING) -> Desk:
    """A deal with something in every factor."""
    desk = await new_desk(crew, state)
    await desk.person()
    await desk.late()
    await desk.fear()
    await desk.talk()
    return desk


@pytest.mark.parametrize(("close", "state"), CLOSES)
async def test_a_close_judges_the_deal_as_it_stood_before(
    crew: Crew, close: Callable[[Desk], Awaitable[None]], state: OpportunityState
) -> None:
    desk = await lively(crew, state)
    before = await ruled(crew.organization.id, desk.deal, LATER, closing=True)

    await close(desk)

    assert await stored(desk.deal) == before


async def test_nothing_that_comes_after_the_close_moves_the_judgement(crew: Crew) -> None:
    desk = await lively(crew)
    logged = await desk.talk()
    await lose_it(desk)
    at_close, later = await stored(desk.deal), replace(desk, now=MUCH_LATER)

    await correct_activity(later.ctx, logged, {"void": True})
    await later.talk()
    account = (await Opportunity.filter(id=desk.deal).values("account_id"))[0]["account_id"]
    await update_account(later.ctx, account, {"employee_count": 7}, expected_version=None)

    assert await stored(desk.deal) == at_close


async def test_a_reopened_deal_is_judged_anew(crew: Crew) -> None:
    desk = await lively(crew, S.QUALIFIED)
    await lose_it(desk)
    ctx = crew.at("admin", MUCH_LATER)

    await reopen(ctx, desk.deal, S.LEAD, {}, TransitionOptions(note="They came back."))

    found = await stored(desk.deal)
    assert found == await ruled(crew.organization.id, desk.deal, MUCH_LATER)
    assert (points(found)["state_age"], points(found)["buyer_activity"]) == (15, 0)
    await disqualify(ctx, desk.deal, DisqualifyReason.STALLED, TransitionOptions())
    assert (await stored(desk.deal))["closed_insight"] is not None


async def test_a_close_that_is_only_tried_judges_nothing(crew: Crew) -> None:
    desk = await lively(crew)
    before = await stored(desk.deal)

    await lose(desk.ctx, desk.deal, LossDetails(LossReason.PRICE), TransitionOptions(dry_run=True))

    assert await stored(desk.deal) == before


@pytest.mark.parametrize(("state", "score", "age"), [(S.WON, 45, 15), (S.LOST, 45, 15), (S.DISQUALIFIED, 10, 0)])
async def test_an_imported_close_is_judged_as_of_its_day_in_the_state_it_was_closed_from(
    crew: Crew, state: OpportunityState, score: int, age: int
) -> None:
    """Each was made on 1 February and closed on 1 March, four weeks later."""
    desk = await new_desk(crew, state)

    found = await stored(desk.deal)

    assert found == await ruled(crew.organization.id, desk.deal, MUCH_LATER, closing=True)
    assert (found["health"], points(found)["state_age"]) == (score, age)
    assert {status for _, status, _, _ in found["closed_insight"]} == {"UNKNOWN"}


async def fit(id: UUID) -> str:
    """How much was known of the fit."""
    seen = (await stored(id))["closed_insight"]
    return str(next(status for name, status, _, _ in seen if name == "FIT"))


@pytest.mark.parametrize(("employees", "status"), [(500, "PARTIAL"), (5, "UNKNOWN")])
async def test_a_close_knows_what_the_account_said_then(
    organization: TestOrganization, employees: int, status: str
) -> None:
    ctx = organization.ctx
    rule = {"key": "size", "label": "Big enough", "attribute": "employeeCount", "operator": "GT", "value": 100}
    await transaction(lambda: publish(ctx, parse_process({**default_document(), "fitRules": [rule]})))
    account = await create_account(ctx, {"name": "Grown", "employee_count": employees})
    about: dict[str, Any] = {"state": S.LOST, "closed_on": date(2026, 3, 1), "owner_email": "admin@example.com"}
    [row] = await import_rows(ctx, "crm", [ImportRow("1", "Imported", "Grown", **about)])
    lead = await create_opportunity(ctx, NewOpportunity(account, None, None), {"name": "Lead"})
    await disqualify(ctx, lead, DisqualifyReason.NO_FIT, TransitionOptions())
    assert row.opportunity_id is not None

    await update_account(ctx, account, {"employee_count": 505 - employees}, expected_version=None)

    assert [await fit(id) for id in (row.opportunity_id, lead)] == [status, status]
