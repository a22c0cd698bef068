"""Milestones as they are laid out: on entering PROGRESSING, and anew after a REOPEN."""

from collections.abc import Mapping
from typing import Any

from workflow.models import Milestone
from workflow.models.columns import new_id
from workflow.operations.change.change import LockedOpportunity
from workflow.rules.enums import MilestoneStatus
from workflow.rules.opportunity.milestones import due_date, missing_templates

RESET_COLUMNS: Mapping[str, Any] = {  # Any: columns of several kinds
    "status": MilestoneStatus.PLANNED,
    "waive_reason": None,
    "completed_at": None,
    "evidence": None,
    "actor_kind": None,
    "actor_name": None,
    "actor_member_id": None,
}


async def plan_milestones(deal: LockedOpportunity) -> None:
    """Give the deal the milestones of its process that it does not have yet, due from today."""
    await deal.reload()
    today = deal.facts.today(deal.ctx.now)
    positions = {template.key: position for position, template in enumerate(deal.process.milestones, 1)}
    await Milestone.bulk_create(
        [
            Milestone(
                id=new_id(),
                organization_id=deal.organization_id,
                opportunity_id=deal.id,
                template_key=template.key,
                name=template.name,
                side=template.side,
                weight=template.weight,
                status=MilestoneStatus.PLANNED,
                due=due_date(template, today),
                position=positions[template.key],
                created_at=deal.ctx.now,
            )
            for template in missing_templates(deal.process, deal.facts)
        ]
    )


async def reset_milestones(deal: LockedOpportunity) -> None:
    """After a REOPEN what is not done is not begun: the process's steps go until they are laid out again, others wait undated."""
    open_milestones = Milestone.filter(opportunity_id=deal.id).exclude(status=MilestoneStatus.DONE)
    await open_milestones.filter(template_key__isnull=False).delete()
    await open_milestones.filter(template_key__isnull=True).update(**RESET_COLUMNS, due=None)
