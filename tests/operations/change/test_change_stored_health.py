"""Stored health: after every write it is what the rule says of the facts as they are now, and it is no news of its own."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from tests.support.organizations import NOW
from tests.support.scenarios.health import LATER, SAID, Desk, new_desk, points, ruled, stored
from tests.support.team import SELLER, Crew, new_crew, told
from workflow.models import Opportunity
from workflow.operations.accounts.accounts import create_account
from workflow.operations.buyer.activities import correct_activity
from workflow.operations.buyer.assessments import NewAssessment, assess_criteria
from workflow.operations.buyer.milestones import complete_milestone
from workflow.operations.buyer.mitigations import NewMitigation, add_mitigation
from workflow.operations.buyer.risks import settle_risk
from workflow.operations.buyer.stakeholders import remove_stakeholder, update_stakeholder
from workflow.operations.opportunity.bulk import BulkItem, assign_opportunities
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity, update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import QualifyChanges, qualify, regress
from workflow.operations.transfer.import_rows import import_rows
from workflow.operations.transfer.row import ImportRow
from workflow.rules.enums import (
    BuyingRole,
    Grade,
    MitigationKind,
    OpportunityState,
    RiskSettlement,
    SlipReason,
)
from workflow.rules.opportunity.facts import NextStep

S = OpportunityState


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """One crew; every deed has a deal of its own, a month in PROGRESSING."""
    return await new_crew()


async def void(desk: Desk) -> None:
    await correct_activity(desk.ctx, await desk.talk(), {"void": True})


async def one_way(desk: Desk) -> None:
    await correct_activity(desk.ctx, await desk.talk(), {"two_way": False})


async def leave(desk: Desk) -> None:
    await update_stakeholder(desk.ctx, await desk.person(), {"left": True}, expected_version=None)


async def another_role(desk: Desk) -> None:
    who = await desk.person(BuyingRole.CHAMPION)
    await update_stakeholder(desk.ctx, who, {"roles": []}, expected_version=None)


async def remove(desk: Desk) -> None:
    await remove_stakeholder(desk.ctx, await desk.person(), expected_version=None)


async def mitigate(desk: Desk) -> None:
    await add_mitigation(desk.ctx, await desk.fear(), NewMitigation(MitigationKind.PILOT, "Show it in a week"))


async def settle(desk: Desk) -> None:
    ctx = desk.crew.at("manager", LATER)
    await settle_risk(ctx, await desk.fear(), RiskSettlement.ACCEPTED, reason=SAID, expected_version=None)


async def complete(desk: Desk) -> None:
    await complete_milestone(desk.ctx, await desk.late(), evidence=SAID, expected_version=None)


async def push(desk: Desk) -> None:
    for month in (6, 7):
        given: Any = {"expected_close_date": date(2026, month, 1), "slip_reason": SlipReason.BUDGET}
        await update_opportunity(desk.ctx, desk.deal, given, expected_version=None)


async def import_anew(desk: Desk) -> None:
    about: dict[str, Any] = {"owner_email": SELLER, "state": S.PROGRESSING}
    for month in (6, 7):
        row = ImportRow(desk.key, "Deal", "Acme", expected_close_date=date(2026, month, 1), **about)
        await import_rows(desk.crew.at("admin", LATER), "crew", [row])


async def answer(desk: Desk) -> None:
    await regress(desk.ctx, desk.deal, TransitionOptions(note="It went too fast."))
    given = [NewAssessment(criterion="pain", grade=Grade.CONFIRMED, evidence=SAID)]
    await assess_criteria(desk.ctx, desk.deal, given, pain_since=None, expected_version=None)


async def step_back(desk: Desk) -> None:
    await regress(desk.ctx, desk.deal, TransitionOptions(note="It went too fast."))


async def back_and_forth(desk: Desk) -> None:
    for _ in range(2):
        await regress(desk.ctx, desk.deal, TransitionOptions(note="It went too fast."))
    given = [NewAssessment(criterion=key, grade=Grade.CONFIRMED, evidence=SAID) for key in ("pain", "interest", "fit")]
    await desk.person()
    await update_opportunity(
        desk.ctx, desk.deal, {"next_step": NextStep("Meet the COO", date(2026, 4, 1))}, expected_version=None
    )
    await qualify(desk.ctx, desk.deal, QualifyChanges(given), TransitionOptions())


async def rename(desk: Desk) -> None:
    await update_opportunity(desk.ctx, desk.deal, {"name": "Renamed"}, expected_version=None)


async def hand_over(desk: Desk) -> None:
    refs = [BulkItem(desk.deal)]
    await assign_opportunities(desk.crew.at("admin", LATER), refs, desk.crew.member("stranger"))


Deed = Callable[[Desk], Awaitable[object]]
DEEDS: dict[str, tuple[Deed, str, int]] = {
    "an activity is logged": (Desk.talk, "buyer_activity", 25),
    "an activity is voided": (void, "buyer_activity", 0),
    "an activity is told to have gone one way": (one_way, "buyer_activity", 0),
    "a stakeholder comes": (Desk.person, "people", 5),
    "a stakeholder has no role any more": (another_role, "people", 0),
    "a stakeholder leaves": (leave, "people", 0),
    "a stakeholder is removed": (remove, "people", 0),
    "a risk is raised": (Desk.fear, "risks", -10),
    "a risk is to be mitigated": (mitigate, "risks", 0),
    "a risk is accepted": (settle, "risks", 0),
    "a milestone is late": (Desk.late, "milestones", 17),
    "a milestone is done": (complete, "milestones", 20),
    "a date is pushed": (push, "close_date", 6),
    "a date is pushed by an import": (import_anew, "close_date", 6),
    "a deal regresses": (step_back, "milestones", 0),
    "a criterion is assessed": (answer, "milestones", 6),
    "a state is entered again": (back_and_forth, "milestones", 15),
    "a deal is renamed": (rename, "state_age", 15),
    "a deal is handed over": (hand_over, "state_age", 15),
}
"""What is done, the factor that it moves or leaves, and what that gives then."""


@pytest.mark.parametrize("name", DEEDS)
async def test_after_every_write_health_is_what_the_rule_says(crew: Crew, name: str) -> None:
    desk = await new_desk(crew)
    deed, key, given = DEEDS[name]

    await deed(desk)

    found = await stored(desk.deal)
    assert found == await ruled(crew.organization.id, desk.deal, LATER)
    assert points(found)[key] == given


async def test_a_new_lead_is_judged_at_birth(crew: Crew) -> None:
    ctx = crew.ctx["owner"]
    account = await create_account(ctx, {"name": "Acme"})

    id = await create_opportunity(ctx, NewOpportunity(account, None, None), {"name": "Lead"})

    found = await stored(id)
    assert found == await ruled(crew.organization.id, id, ctx.now)
    assert found["health"] == 25  # 15 for its age, 10 for its close date


@pytest.mark.parametrize(("state", "score"), [(S.LEAD, 10), (S.QUALIFIED, 10), (S.PROGRESSING, 45)])
async def test_an_imported_deal_is_judged_at_birth(crew: Crew, state: OpportunityState, score: int) -> None:
    desk = await new_desk(crew, state)

    found = await stored(desk.deal)

    assert found == await ruled(crew.organization.id, desk.deal, NOW)
    assert found["health"] == score


async def test_health_is_no_news_of_its_own(crew: Crew) -> None:
    desk = await new_desk(crew)
    before = await Opportunity.filter(id=desk.deal).values("version", "updated_at")

    await desk.talk()

    assert await Opportunity.filter(id=desk.deal).values("version", "updated_at") == before
    await push(desk)
    [*_, payload] = await told(desk.deal, "opportunity.updated")
    assert set(payload["changes"]) == {"expectedCloseDate", "pushCount"}
