"""The milestones of a process as rows of a deal: planned on entering PROGRESSING and reset after a REOPEN."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from workflow.models import Milestone
from workflow.models.columns import new_id
from workflow.operations.change.change import LockedOpportunity
from workflow.rules.enums import MilestoneStatus
from workflow.rules.opportunity.milestones import due_date
from workflow.rules.process.document import ProcessDocument

RESET_COLUMNS: Mapping[str, Any] = {  # Any: columns of several kinds
    "status": MilestoneStatus.PLANNED,
    "waive_reason": None,
    "completed_at": None,
    "evidence": None,
    "actor_kind": None,
    "actor_name": None,
    "actor_member_id": None,
}


def milestone_rows(
    process: ProcessDocument,
    *,
    organization_id: UUID,
    opportunity_id: UUID,
    today: date,
    now: datetime,
    existing_keys: Collection[str | None] = (),
) -> list[Milestone]:
    """Build the milestones of a process for a deal, unsaved, except those whose keys the deal has already.

    They are due from `today`, the organization's calendar day, and created at `now`.
    """
    return [
        Milestone(
            id=new_id(),
            organization_id=organization_id,
            opportunity_id=opportunity_id,
            template_key=template.key,
            name=template.name,
            side=template.side,
            weight=template.weight,
            status=MilestoneStatus.PLANNED,
            due=due_date(template, today),
            position=position,
            created_at=now,
        )
        for position, template in enumerate(process.milestones, 1)
        if template.key not in existing_keys
    ]


async def plan_milestones(deal: LockedOpportunity) -> list[str]:
    """Add the milestones of the process that the deal lacks, due from today. Return their keys, sorted."""
    await deal.reload()
    rows = milestone_rows(
        deal.process,
        organization_id=deal.organization_id,
        opportunity_id=deal.id,
        today=deal.facts.today(deal.ctx.now),
        now=deal.ctx.now,
        existing_keys={milestone.key for milestone in deal.facts.milestones},
    )
    await Milestone.bulk_create(rows)
    return sorted(str(row.template_key) for row in rows)


async def reset_milestones(deal: LockedOpportunity) -> None:
    """Reset the milestones that are not done, after a REOPEN.

    Those of the process are deleted, to be planned again. Those added by hand lose their due date.
    """
    open_milestones = Milestone.filter(opportunity_id=deal.id).exclude(status=MilestoneStatus.DONE)
    await open_milestones.filter(template_key__isnull=False).delete()
    await open_milestones.filter(template_key__isnull=True).update(**RESET_COLUMNS, due=None)
