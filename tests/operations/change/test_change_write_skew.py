"""A gate is never judged on stale rows: each requirement kind against the write that breaks it, both at once."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.operations.change.write_skew import Deal, Skew, trials
from tests.support.counts import count, some
from workflow.models import Milestone
from workflow.models.engine.database import dialect
from workflow.operations.accounts.accounts import create_contact, update_account
from workflow.operations.buyer.activities import NewActivity, correct_activity, log_activity
from workflow.operations.buyer.assessments import NewAssessment, assess_criteria
from workflow.operations.buyer.milestones import complete_milestone, reopen_milestone
from workflow.operations.buyer.risks import NewRisk, raise_risk, review_risks
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder, update_stakeholder
from workflow.operations.change import change
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.opportunity import transitions
from workflow.operations.opportunity.edit import update_opportunity
from workflow.rules.enums import ActivityDirection, ActivityKind, BuyingRole, Grade, RiskCategory, Trigger

TRIALS = count(500, part=50)
ROUNDS = 12
"""Rounds of 40 trials in which one anomaly must show itself where nothing is held."""
SAID = "The COO told us on the phone that the board has agreed."


async def assess(deal: Deal, grade: Grade) -> None:
    answer = [NewAssessment("budget", grade)]
    await assess_criteria(deal.ctx, deal.id, answer, pain_since=None, expected_version=None)


async def resize(deal: Deal, employees: int) -> None:
    await update_account(deal.ctx, deal.account_id, {"employee_count": employees}, expected_version=None)


async def price(deal: Deal, value: MoneyAmount | None) -> None:
    await update_opportunity(deal.ctx, deal.id, {"value": value}, expected_version=None)


async def champion(deal: Deal) -> UUID:
    contact = await create_contact(deal.ctx, deal.account_id, {"name": "Cham Pion"})
    return await add_stakeholder(deal.ctx, deal.id, NewStakeholder(contact, [BuyingRole.CHAMPION]))


async def leave(deal: Deal, person: UUID) -> None:
    await update_stakeholder(deal.ctx, person, {"left": True}, expected_version=None)


async def reach(deal: Deal) -> UUID:
    step: UUID = (await Milestone.filter(opportunity_id=deal.id, template_key="decision_made").values("id"))[0]["id"]
    return await complete_milestone(deal.ctx, step, evidence=SAID, expected_version=None)


async def unreach(deal: Deal, step: UUID) -> None:
    await reopen_milestone(deal.ctx, step, reason=SAID, expected_version=None)


async def fear(deal: Deal) -> None:
    await raise_risk(deal.ctx, deal.id, NewRisk(RiskCategory.TIME, "It takes too long", 4, 3))


async def calm(deal: Deal) -> None:
    await review_risks(deal.ctx, deal.id, none_found=True, note=None)


async def call(deal: Deal) -> UUID:
    contact = await create_contact(deal.ctx, deal.account_id, {"name": "Maria Plant"})
    spoken = NewActivity(ActivityKind.CALL, ActivityDirection.INBOUND, "They called", True, None, [contact])
    return await log_activity(deal.ctx, deal.id, spoken)


async def unsay(deal: Deal, activity: UUID) -> None:
    await correct_activity(deal.ctx, activity, {"void": True})


SKEWS: Mapping[str, Skew] = {
    "CRITERION": Skew(
        {"criterion": {"key": "budget", "minGrade": "IDENTIFIED"}},
        lambda deal: assess(deal, Grade.IDENTIFIED),
        lambda deal, _: assess(deal, Grade.DISPROVED),
    ),
    "FIT": Skew({"fit": True}, lambda deal: resize(deal, 100), lambda deal, _: resize(deal, 99)),
    "FIELD": Skew(
        {"field": "VALUE"},
        lambda deal: price(deal, MoneyAmount(Decimal(1), "EUR")),
        lambda deal, _: price(deal, None),
    ),
    "ROLE": Skew({"role": {"anyOf": ["CHAMPION"]}}, champion, leave),
    "MILESTONE": Skew({"milestone": "decision_made"}, reach, unreach, Trigger.WIN),
    "RISK": Skew({"maxOpenRisk": "MEDIUM"}, calm, lambda deal, _: fear(deal)),
    "RISK_REVIEW": Skew({"riskReviewed": True}, calm, lambda deal, _: fear(deal)),
    "ACTIVITY": Skew({"activityWithinDays": 30}, call, unsay),
    "EXPRESSION": Skew(
        {"expression": "opportunity.value > 50000"},
        lambda deal: price(deal, MoneyAmount(Decimal(50_001), "EUR")),
        lambda deal, _: price(deal, MoneyAmount(Decimal(50_000), "EUR")),
    ),
    "EXPRESSION on the account": Skew(
        {"expression": "account.employeeCount > 100"},
        lambda deal: resize(deal, 101),
        lambda deal, _: resize(deal, 100),
    ),
}


@pytest.mark.parametrize("kind", SKEWS)
async def test_an_arrow_is_never_taken_after_its_gate_was_broken(kind: str) -> None:
    tally = await trials(SKEWS[kind], TRIALS)

    assert tally.anomalies == 0
    assert tally.taken + tally.refused == TRIALS


@pytest.mark.parametrize("kind", some(SKEWS, every=6))
async def test_without_the_lock_the_same_trials_find_it_out(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unheld(*_: Any) -> None:
        """Holds nothing."""

    for module in (change, transitions):
        monkeypatch.setattr(module, "lock_row", unheld)

    found = False
    for _ in range(ROUNDS if dialect() == "postgres" else 1):
        if found := (await trials(SKEWS[kind], 40)).anomalies > 0:
            break

    assert found == (dialect() == "postgres")
