"""The milestones of a process as rows of a deal: planned on entering PROGRESSING and reset after a REOPEN."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from workflow.models import Milestone
from workflow.models.columns import new_id
from workflow.operations.change.locked import LockedOpportunity
from workflow.rules.enums import MilestoneStatus
from workflow.rules.opportunity.milestones import due_date
from workflow.rules.opportunity.parts import MilestoneFacts
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
) -> list[Milestone]:
    """Build the milestones of a process for a deal, unsaved.

    They are due from `today`, the organization's calendar day, and created at `now`.
    """
    ids: dict[str, Any] = {"organization_id": organization_id, "opportunity_id": opportunity_id}
    return [
        Milestone(id=new_id(), **ids, **columns)
        for columns in milestone_columns(process, today=today, now=now)
    ]


def milestone_columns(
    process: ProcessDocument, *, today: date, now: datetime
) -> list[dict[str, Any]]:  # Any: columns of several kinds
    """Return the columns of the milestones of a process, without their ids."""
    return [
        {
            "template_key": template.key,
            "name": template.name,
            "side": template.side,
            "weight": template.weight,
            "status": MilestoneStatus.PLANNED,
            "due": due_date(template, today),
            "position": position,
            "created_at": now,
        }
        for position, template in enumerate(process.milestones, 1)
    ]


def plan_milestones(deal: LockedOpportunity) -> list[str]:
    """Add the milestones of the process that the deal lacks, due from today. Return their keys, sorted."""
    existing_keys = {milestone.key for milestone in deal.facts.milestones}
    today = deal.facts.today(deal.ctx.now)
    planned = milestone_columns(deal.process, today=today, now=deal.ctx.now)
    added = [columns for columns in planned if columns["template_key"] not in existing_keys]
    for columns in added:
        deal.insert(Milestone, **columns)
    return sorted(columns["template_key"] for columns in added)


def remove_milestones(deal: LockedOpportunity, milestones: Collection[MilestoneFacts]) -> None:
    """Delete milestones of a deal."""
    removed = {milestone.id for milestone in milestones}
    for id in removed:
        deal.delete(Milestone, id=id)
    remaining = tuple(one for one in deal.facts.milestones if one.id not in removed)
    deal.facts = replace(deal.facts, milestones=remaining)


def reset_milestones(deal: LockedOpportunity) -> None:
    """Reset the milestones that are not done, after a REOPEN.

    Those of the process are deleted, to be planned again. Those added by hand lose their due date.
    """
    open_milestones = [one for one in deal.facts.milestones if one.status is not MilestoneStatus.DONE]
    remove_milestones(deal, [milestone for milestone in open_milestones if milestone.key is not None])
    for milestone in open_milestones:
        if milestone.key is None:
            deal.update(Milestone, milestone.id, **RESET_COLUMNS, due=None)
