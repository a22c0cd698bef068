"""The random actions, run by the operations."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.operations.model_based.deal_model import MILESTONE_KEYS
from tests.operations.model_based.predictions import CRITERIA, OWNERS, ROLES, RandomAction, trigger_and_target
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

EVIDENCE = "The plant manager said on the phone that they lose two shifts a week to it."
REASON = "The board wants this one and pays for it."


@dataclass
class ActionTarget:
    """A deal before an action."""

    ctx: Ctx
    helper: Ctx
    facts: OpportunityFacts
    members: dict[str, UUID]


async def perform(target: ActionTarget, action: RandomAction, missing: frozenset[str]) -> None:
    """Run the action; `missing` has the keys that an override must name."""
    await _PERFORM[action.verb](target, action, missing)


async def _update_deal(target: ActionTarget, action: RandomAction, _: frozenset[str]) -> None:
    on = bool(action.arg % 3)
    changes: Any = {
        "value": {"value": MoneyAmount(Decimal(100), "EUR") if on else None},
        "close": {"expected_close_date": date(2099, 1, 1) if on else None},
        "step": {"next_step": NextStep("Meet the COO", date(2099, 1, 1)) if on else None},
    }[action.verb]
    await update_opportunity(target.ctx, target.facts.id, changes, expected_version=None)


async def _assess(target: ActionTarget, action: RandomAction, _: frozenset[str]) -> None:
    grade = (Grade.IDENTIFIED, Grade.VALIDATED, Grade.DISPROVED)[action.arg // 6 % 3]
    answer = NewAssessment(CRITERIA[action.arg % 6], grade, EVIDENCE)
    await assess_criteria(target.ctx, target.facts.id, [answer], pain_since=None, expected_version=None)


async def _update_buyer(target: ActionTarget, action: RandomAction, _: frozenset[str]) -> None:
    purchase_process = PurchaseProcess.TENDER if action.arg % 3 else None
    await update_buyer(
        target.ctx, target.facts.id, {"purchase_process": purchase_process}, expected_version=None
    )


async def _add_stakeholder(target: ActionTarget, action: RandomAction, _: frozenset[str]) -> None:
    contact = await create_contact(target.helper, target.facts.account.id, {"name": "Somebody"})
    await add_stakeholder(
        target.ctx, target.facts.id, NewStakeholder(contact, [BuyingRole(ROLES[action.arg % 3])])
    )


async def _mark_left(target: ActionTarget, action: RandomAction, _: frozenset[str]) -> None:
    last = target.facts.present_stakeholders()[-1]
    await update_stakeholder(target.ctx, last.id, {"left": True}, expected_version=None)


async def _raise_risk(target: ActionTarget, action: RandomAction, _: frozenset[str]) -> None:
    likelihood = 4 if action.arg % 2 else 1
    new = risks.NewRisk(RiskCategory.TIME, "It takes too long", likelihood, 3)
    await risks.raise_risk(target.ctx, target.facts.id, new)


async def _settle_risk(target: ActionTarget, action: RandomAction, _: frozenset[str]) -> None:
    last = target.facts.risks[-1].id
    await risks.settle_risk(target.ctx, last, RiskSettlement.CLOSED, reason=REASON, expected_version=None)


async def _review_risks(target: ActionTarget, action: RandomAction, _: frozenset[str]) -> None:
    await risks.review_risks(target.ctx, target.facts.id, none_found=bool(action.arg % 2), note=None)


async def _change_milestone(target: ActionTarget, action: RandomAction, _: frozenset[str]) -> None:
    id = next(step.id for step in target.facts.milestones if step.key == MILESTONE_KEYS[action.arg % 5])
    if action.verb == "done":
        await milestones.complete_milestone(target.ctx, id, evidence=EVIDENCE, expected_version=None)
    elif action.verb == "waive":
        await milestones.waive_milestone(target.ctx, id, reason=REASON, expected_version=None)
    else:
        await milestones.reopen_milestone(target.ctx, id, reason=REASON, expected_version=None)


async def _log_activity(target: ActionTarget, action: RandomAction, _: frozenset[str]) -> None:
    note = NewActivity(ActivityKind.NOTE, ActivityDirection.INTERNAL, "Thought of it")
    await log_activity(target.ctx, target.facts.id, note)


async def _assign(target: ActionTarget, action: RandomAction, _: frozenset[str]) -> None:
    owner = target.members[OWNERS[action.arg % 2]]
    [row] = await bulk.assign_opportunities(target.ctx, [bulk.BulkItem(target.facts.id)], owner)
    if row.problem is not None:
        raise row.problem


async def _delete(target: ActionTarget, action: RandomAction, _: frozenset[str]) -> None:
    await delete_opportunity(target.ctx, target.facts.id, reason=REASON, expected_version=None)


async def _transition(target: ActionTarget, action: RandomAction, missing: frozenset[str]) -> None:
    (name, to) = trigger_and_target(action)
    ctx = target.ctx
    id = target.facts.id
    override = NewOverride(tuple(sorted(missing)), REASON) if action.overrides else None
    terms = TransitionOptions(note=REASON, override=override)
    none = OpportunityChanges()
    trigger = Trigger(name)
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


_PERFORM: dict[str, Callable[[ActionTarget, RandomAction, frozenset[str]], Awaitable[None]]] = {
    "assess": _assess,
    **dict.fromkeys(("value", "close", "step"), _update_deal),
    "buyer": _update_buyer,
    "person": _add_stakeholder,
    "leave": _mark_left,
    "raise": _raise_risk,
    "settle": _settle_risk,
    "review": _review_risks,
    **dict.fromkeys(("done", "waive", "undo"), _change_milestone),
    "transition": _transition,
    "log": _log_activity,
    "assign": _assign,
    "delete": _delete,
}
