"""Leads with some unmet requirements of QUALIFY, and overrides of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.support.team import SalesTeam
from workflow.models import Opportunity, Override
from workflow.operations.accounts.accounts import create_contact
from workflow.operations.buyer.assessments import NewAssessment, assess_criteria
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.change.overrides import NewOverride
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import QualifyChanges, qualify
from workflow.queries.opportunity.facts import load_facts
from workflow.rules.enums import BuyingRole, Grade, OpportunityState
from workflow.rules.opportunity.facts import NextStep

PAIN = "criterion.pain"
STAKEHOLDER = "role.stakeholder"
NEXT_STEP = "field.next_step"
REASON = "x" * 20
EVIDENCE = "The plant manager said on the phone that they lose two shifts a week to it."


async def new_lead(team: SalesTeam, *, unmet: Sequence[str]) -> UUID:
    """Create a lead of the owner and the helper on which only these requirements are unmet."""
    id = await team.add_deal(OpportunityState.LEAD)
    admin = team.ctx["admin"]
    await update_opportunity(admin, id, {"collaborator_ids": [team.member("helper")]}, expected_version=None)
    await validate_criteria(
        admin, id, *(key for key in ("pain", "interest", "fit") if f"criterion.{key}" not in unmet)
    )
    for key in (STAKEHOLDER, NEXT_STEP):
        if key not in unmet:
            await meet_requirement(admin, id, key)
    return id


async def validate_criteria(ctx: Ctx, id: UUID, *criteria: str) -> None:
    """Validate criteria."""
    assessments = [NewAssessment(key, Grade.VALIDATED, EVIDENCE) for key in criteria]
    await assess_criteria(ctx, id, assessments, pain_since=None, expected_version=None)


async def meet_requirement(ctx: Ctx, id: UUID, key: str) -> None:
    """Meet a requirement."""
    if key == PAIN:
        await validate_criteria(ctx, id, "pain")
    elif key == NEXT_STEP:
        step = NextStep("Meet the COO", ctx.now.date())
        await update_opportunity(ctx, id, {"next_step": step}, expected_version=None)
    else:
        account = (await Opportunity.filter(id=id).values("account_id"))[0]["account_id"]
        contact = await create_contact(ctx, account, {"name": "Maria Plant"})
        await add_stakeholder(ctx, id, NewStakeholder(contact, [BuyingRole.PROBLEM_OWNER]))


async def qualify_with_override(ctx: Ctx, id: UUID, *keys: str, **fields: Any) -> None:
    """Qualify with an override of these requirements."""
    override = NewOverride(keys, fields.get("reason", REASON), fields.get("expires_at"))
    await qualify(ctx, id, QualifyChanges(), TransitionOptions(override=override))


async def stored_overrides(id: UUID) -> list[tuple[list[str], datetime | None]]:
    """Return the requirements of each override of the deal, and when it was settled."""
    found = (
        await Override.filter(opportunity_id=id).order_by("at").values_list("requirement_keys", "settled_at")
    )
    return [(keys, settled) for keys, settled in found]


async def open_override_keys(team: SalesTeam, id: UUID) -> list[tuple[str, ...]]:
    """Return the open overrides in the facts of the deal."""
    facts = (await load_facts(team.organization.id, [id], team.organization.ctx.now))[id]
    return [override.requirement_keys for override in facts.overrides]
