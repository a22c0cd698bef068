"""Gates never see stale rows: each kind of requirement against a concurrent write that breaks it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.operations.change.write_skew import SkewDeal, WriteSkew, run_trials
from tests.support.counts import count, sample
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
from workflow.operations.opportunity.edit import update_opportunity
from workflow.rules.enums import (
    ActivityDirection,
    ActivityKind,
    BuyingRole,
    Grade,
    RequirementKind,
    RiskCategory,
    Trigger,
)

TRIALS = count(500, part=50)
ROUNDS = 12
"""The rounds of 40 trials in which at least one anomaly must occur if nothing is locked."""
EVIDENCE = "The COO told us on the phone that the board has agreed."


async def assess(deal: SkewDeal, grade: Grade) -> None:
    answer = [NewAssessment("budget", grade)]
    await assess_criteria(deal.ctx, deal.id, answer, pain_since=None, expected_version=None)


async def set_employees(deal: SkewDeal, employees: int) -> None:
    await update_account(deal.ctx, deal.account_id, {"employee_count": employees}, expected_version=None)


async def set_value(deal: SkewDeal, value: MoneyAmount | None) -> None:
    await update_opportunity(deal.ctx, deal.id, {"value": value}, expected_version=None)


async def add_champion(deal: SkewDeal) -> UUID:
    contact = await create_contact(deal.ctx, deal.account_id, {"name": "Cham Pion"})
    return await add_stakeholder(deal.ctx, deal.id, NewStakeholder(contact, [BuyingRole.CHAMPION]))


async def mark_left(deal: SkewDeal, person: UUID) -> None:
    await update_stakeholder(deal.ctx, person, {"left": True}, expected_version=None)


async def complete_step(deal: SkewDeal) -> UUID:
    step: UUID = (await Milestone.filter(opportunity_id=deal.id, template_key="decision_made").values("id"))[
        0
    ]["id"]
    return await complete_milestone(deal.ctx, step, evidence=EVIDENCE, expected_version=None)


async def reopen_step(deal: SkewDeal, step: UUID) -> None:
    await reopen_milestone(deal.ctx, step, reason=EVIDENCE, expected_version=None)


async def raise_high_risk(deal: SkewDeal) -> None:
    await raise_risk(deal.ctx, deal.id, NewRisk(RiskCategory.TIME, "It takes too long", 4, 3))


async def review(deal: SkewDeal) -> None:
    await review_risks(deal.ctx, deal.id, none_found=True, note=None)


async def log_call(deal: SkewDeal) -> UUID:
    contact = await create_contact(deal.ctx, deal.account_id, {"name": "Maria Plant"})
    spoken = NewActivity(ActivityKind.CALL, ActivityDirection.INBOUND, "They called", True, None, [contact])
    return await log_activity(deal.ctx, deal.id, spoken)


async def void_activity(deal: SkewDeal, activity: UUID) -> None:
    await correct_activity(deal.ctx, activity, {"void": True})


SKEWS: Mapping[str, WriteSkew] = {
    "CRITERION": WriteSkew(
        {"criterion": {"key": "budget", "minGrade": "IDENTIFIED"}},
        lambda deal: assess(deal, Grade.IDENTIFIED),
        lambda deal, _: assess(deal, Grade.DISPROVED),
    ),
    "FIT": WriteSkew(
        {"fit": True}, lambda deal: set_employees(deal, 100), lambda deal, _: set_employees(deal, 99)
    ),
    "FIELD": WriteSkew(
        {"field": "VALUE"},
        lambda deal: set_value(deal, MoneyAmount(Decimal(1), "EUR")),
        lambda deal, _: set_value(deal, None),
    ),
    "ROLE": WriteSkew({"role": {"anyOf": ["CHAMPION"]}}, add_champion, mark_left),
    "MILESTONE": WriteSkew({"milestone": "decision_made"}, complete_step, reopen_step, Trigger.WIN),
    "RISK": WriteSkew({"maxOpenRisk": "MEDIUM"}, review, lambda deal, _: raise_high_risk(deal)),
    "RISK_REVIEW": WriteSkew({"riskReviewed": True}, review, lambda deal, _: raise_high_risk(deal)),
    "ACTIVITY": WriteSkew({"activityWithinDays": 30}, log_call, void_activity),
    "EXPRESSION": WriteSkew(
        {"expression": "opportunity.value > 50000"},
        lambda deal: set_value(deal, MoneyAmount(Decimal(50_001), "EUR")),
        lambda deal, _: set_value(deal, MoneyAmount(Decimal(50_000), "EUR")),
    ),
    "EXPRESSION on the account": WriteSkew(
        {"expression": "account.employeeCount > 100"},
        lambda deal: set_employees(deal, 101),
        lambda deal, _: set_employees(deal, 100),
    ),
}


def test_every_kind_of_requirement_has_a_write_that_breaks_it() -> None:
    assert {kind.split()[0] for kind in SKEWS} == set(RequirementKind)


@pytest.mark.parametrize("kind", SKEWS)
async def test_no_transition_happens_after_its_gate_was_broken(kind: str) -> None:
    tally = await run_trials(SKEWS[kind], TRIALS)

    assert tally.anomalies == 0
    assert tally.transitioned + tally.refused == TRIALS


@pytest.mark.parametrize("kind", sample(SKEWS, every=6))
async def test_the_trials_detect_a_missing_lock(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unheld(*_: Any) -> None:
        """Lock nothing."""

    for lock in ("lock_deals", "lock_accounts_of"):
        monkeypatch.setattr(change, lock, unheld)

    found = False
    for _ in range(ROUNDS if dialect() == "postgres" else 1):
        if found := (await run_trials(SKEWS[kind], 40)).anomalies > 0:
            break

    assert found == (dialect() == "postgres")
