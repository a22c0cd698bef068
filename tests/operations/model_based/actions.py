"""Moves of a random life, made by the product's own operations."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.operations.model_based.deal_model import STEPS
from tests.operations.model_based.predictions import CRITERIA, OWNERS, ROLES, Move, way
from workflow.operations.accounts.accounts import create_contact
from workflow.operations.buyer import milestones, risks
from workflow.operations.buyer.activities import NewActivity, log_activity
from workflow.operations.buyer.assessments import NewAssessment, assess_criteria
from workflow.operations.buyer.profile import update_buyer
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder, update_stakeholder
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.change.overrides import NewOverride
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.opportunity import bulk, triggers
from workflow.operations.opportunity.edit import delete_opportunity, update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import LossDetails, QualifyChanges, WinDetails
from workflow.rules.enums import (
    ActivityDirection,
    ActivityKind,
    BuyingRole,
    DisqualifyReason,
    Grade,
    LossReason,
    OpportunityState,
    PurchaseProcess,
    RiskCategory,
    RiskSettlement,
    Trigger,
    WinReason,
)
from workflow.rules.opportunity.facts import NextStep, OpportunityFacts

SAID = "The plant manager said on the phone that they lose two shifts a week to it."
WHY = "The board wants this one and pays for it."


@dataclass
class Stand:
    """The deal as it stands when a move is made."""

    ctx: Ctx
    helper: Ctx
    facts: OpportunityFacts
    members: dict[str, UUID]


async def made(stand: Stand, move: Move, missing: frozenset[str]) -> None:
    """Do it; `missing` is what an override would have to name."""
    await _MADE[move.deed](stand, move, missing)


async def _make_update(stand: Stand, move: Move, _: frozenset[str]) -> None:
    on = bool(move.arg % 3)
    changes: Any = {
        "value": {"value": MoneyAmount(Decimal(100), "EUR") if on else None},
        "close": {"expected_close_date": date(2099, 1, 1) if on else None},
        "step": {"next_step": NextStep("Meet the COO", date(2099, 1, 1)) if on else None},
    }[move.deed]
    await update_opportunity(stand.ctx, stand.facts.id, changes, expected_version=None)


async def _make_assess(stand: Stand, move: Move, _: frozenset[str]) -> None:
    grade = (Grade.IDENTIFIED, Grade.VALIDATED, Grade.DISPROVED)[move.arg // 6 % 3]
    answer = NewAssessment(CRITERIA[move.arg % 6], grade, SAID)
    await assess_criteria(stand.ctx, stand.facts.id, [answer], pain_since=None, expected_version=None)


async def _make_buyer(stand: Stand, move: Move, _: frozenset[str]) -> None:
    way = PurchaseProcess.TENDER if move.arg % 3 else None
    await update_buyer(stand.ctx, stand.facts.id, {"purchase_process": way}, expected_version=None)


async def _make_person(stand: Stand, move: Move, _: frozenset[str]) -> None:
    contact = await create_contact(stand.helper, stand.facts.account.id, {"name": "Somebody"})
    await add_stakeholder(stand.ctx, stand.facts.id, NewStakeholder(contact, [BuyingRole(ROLES[move.arg % 3])]))


async def _make_leave(stand: Stand, move: Move, _: frozenset[str]) -> None:
    last = stand.facts.present_stakeholders()[-1]
    await update_stakeholder(stand.ctx, last.id, {"left": True}, expected_version=None)


async def _make_risk(stand: Stand, move: Move, _: frozenset[str]) -> None:
    likelihood = 4 if move.arg % 2 else 1
    new = risks.NewRisk(RiskCategory.TIME, "It takes too long", likelihood, 3)
    await risks.raise_risk(stand.ctx, stand.facts.id, new)


async def _make_settle(stand: Stand, move: Move, _: frozenset[str]) -> None:
    last = stand.facts.risks[-1].id
    await risks.settle_risk(stand.ctx, last, RiskSettlement.CLOSED, reason=WHY, expected_version=None)


async def _make_review(stand: Stand, move: Move, _: frozenset[str]) -> None:
    await risks.review_risks(stand.ctx, stand.facts.id, none_found=bool(move.arg % 2), note=None)


async def _make_milestone(stand: Stand, move: Move, _: frozenset[str]) -> None:
    id = next(step.id for step in stand.facts.milestones if step.key == STEPS[move.arg % 5])
    if move.deed == "done":
        await milestones.complete_milestone(stand.ctx, id, evidence=SAID, expected_version=None)
    elif move.deed == "waive":
        await milestones.waive_milestone(stand.ctx, id, reason=WHY, expected_version=None)
    else:
        await milestones.reopen_milestone(stand.ctx, id, reason=WHY, expected_version=None)


async def _make_log(stand: Stand, move: Move, _: frozenset[str]) -> None:
    note = NewActivity(ActivityKind.NOTE, ActivityDirection.INTERNAL, "Thought of it")
    await log_activity(stand.ctx, stand.facts.id, note)


async def _make_assign(stand: Stand, move: Move, _: frozenset[str]) -> None:
    owner = stand.members[OWNERS[move.arg % 2]]
    [row] = await bulk.assign_opportunities(stand.ctx, [bulk.BulkItem(stand.facts.id)], owner)
    if row.problem is not None:
        raise row.problem


async def _make_delete(stand: Stand, move: Move, _: frozenset[str]) -> None:
    await delete_opportunity(stand.ctx, stand.facts.id, reason=WHY, expected_version=None)


async def _make_arrow(stand: Stand, move: Move, missing: frozenset[str]) -> None:
    (name, to), ctx, id = way(move), stand.ctx, stand.facts.id
    given = NewOverride(tuple(sorted(missing)), WHY) if move.passes else None
    terms, none, trigger = TransitionOptions(note=WHY, override=given), OpportunityChanges(), Trigger(name)
    verbs: dict[Trigger, Callable[[], Awaitable[object]]] = {
        Trigger.QUALIFY: lambda: triggers.qualify(ctx, id, QualifyChanges(), terms),
        Trigger.PROGRESS: lambda: triggers.progress(ctx, id, none, terms),
        Trigger.WIN: lambda: triggers.win(ctx, id, WinDetails(WinReason.SPEED), terms),
        Trigger.LOSE: lambda: triggers.lose(ctx, id, LossDetails(LossReason.PRICE), terms),
        Trigger.DISQUALIFY: lambda: triggers.disqualify(ctx, id, DisqualifyReason.NO_FIT, terms),
        Trigger.REGRESS: lambda: triggers.regress(ctx, id, terms),
        Trigger.REOPEN: lambda: triggers.reopen(ctx, id, OpportunityState(to or "LEAD"), none, terms),
    }
    await verbs[trigger]()


_MADE: dict[str, Callable[[Stand, Move, frozenset[str]], Awaitable[None]]] = {
    "assess": _make_assess,
    **dict.fromkeys(("value", "close", "step"), _make_update),
    "buyer": _make_buyer,
    "person": _make_person,
    "leave": _make_leave,
    "raise": _make_risk,
    "settle": _make_settle,
    "review": _make_review,
    **dict.fromkeys(("done", "waive", "undo"), _make_milestone),
    "arrow": _make_arrow,
    "log": _make_log,
    "assign": _make_assign,
    "delete": _make_delete,
}
