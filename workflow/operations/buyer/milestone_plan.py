"""Milestones as they are laid out: on entering PROGRESSING, and anew after a REOPEN."""

from collections.abc import Mapping
from typing import Any

from workflow.models import Milestone
from workflow.models.columns import new_id
from workflow.operations.change.change import Deal
from workflow.rules.enums import MilestoneStatus
from workflow.rules.opportunity.milestones import due_on, to_lay_out

UNDONE: Mapping[str, Any] = {  # Any: columns of several kinds
    "status": MilestoneStatus.PLANNED,
    "waive_reason": None,
    "completed_at": None,
    "evidence": None,
    "actor_kind": None,
    "actor_name": None,
    "actor_member_id": None,
}


async def lay_out(deal: Deal) -> None:
    """Give the deal the milestones of its process that it does not have yet, due from today."""
    await deal.look_again()
    today = deal.facts.today(deal.ctx.now)
    places = {template.key: place for place, template in enumerate(deal.process.milestones, 1)}
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
                due=due_on(template, today),
                position=places[template.key],
                created_at=deal.ctx.now,
            )
            for template in to_lay_out(deal.process, deal.facts)
        ]
    )


async def start_anew(deal: Deal) -> None:
    """After a REOPEN what is not done is not begun: the process's steps go until they are laid out again, others wait undated."""
    waiting = Milestone.filter(opportunity_id=deal.id).exclude(status=MilestoneStatus.DONE)
    await waiting.filter(template_key__isnull=False).delete()
    await waiting.filter(template_key__isnull=True).update(**UNDONE, due=None)
