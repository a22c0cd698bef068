"""Milestones: added by hand, done with evidence, moved, waived by a manager, reopened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Milestone
from workflow.models.columns import new_id
from workflow.operations.buyer.milestone_plan import RESET_COLUMNS
from workflow.operations.change.change import LockedOpportunity, PartRef, change, find_part
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.validation import Validator
from workflow.rules.enums import MilestoneSide, MilestoneStatus
from workflow.rules.errors import PermissionDeniedError, invalid_field
from workflow.rules.opportunity.evidence import evidence_fault
from workflow.rules.opportunity.milestones import EVIDENCED_SIDES, PASSED_STATUSES
from workflow.rules.opportunity.parts import MilestoneFacts
from workflow.rules.permissions import Action, may_override

MAX_MANUAL_WEIGHT = 20
MIN_REASON_LENGTH = 20


@dataclass(frozen=True, slots=True)
class NewMilestone:
    """A step of this one deal's."""

    name: str
    side: MilestoneSide = MilestoneSide.BUYER
    weight: int = 1
    due: date | None = None


class MilestoneChanges(TypedDict, total=False):
    """Fields of a milestone that a client gave; None clears the day."""

    name: str | None
    due: date | None
    weight: int | None


async def add_milestone(ctx: Ctx, opportunity_id: UUID, new: NewMilestone) -> UUID:
    """A step of this deal's own, after those of its process."""

    async def verb(deal: LockedOpportunity) -> UUID:
        fields = _validate({"name": new.name, "due": new.due, "weight": new.weight})
        last = await Milestone.filter(opportunity_id=deal.id).order_by("-position").limit(1).values("position")
        id = new_id()
        columns: dict[str, Any] = {**fields, "side": new.side, "status": MilestoneStatus.PLANNED}
        parent_ids: dict[str, Any] = {"organization_id": deal.organization_id, "opportunity_id": deal.id}
        position = last[0]["position"] + 1 if last else len(deal.process.milestones) + 1
        await Milestone.create(id=id, position=position, created_at=deal.ctx.now, **parent_ids, **columns)
        deal.emit("milestone.added", milestoneId=id, changes=diff({}, columns))
        return id

    return await change(ctx, opportunity_id, None, verb)


async def complete_milestone(ctx: Ctx, id: UUID, *, evidence: str | None, expected_version: int | None) -> UUID:
    """The step is done; what the buyer did shows it, where it is the buyer's."""

    async def verb(deal: LockedOpportunity) -> UUID:
        milestone = _get_open_milestone(deal, id)
        validator = Validator()
        evidence_text = validator.text(evidence, "evidence", max_length=20_000)
        problem = evidence_fault(evidence_text) if milestone.side in EVIDENCED_SIDES or evidence_text else None
        if problem is not None:
            validator.add("evidence", message=problem)
        validator.raise_if_any()
        columns = {"status": MilestoneStatus.DONE, "completed_at": deal.ctx.now, "evidence": evidence_text}
        await _write(deal, milestone, "milestone.completed", {**columns, **deal.ctx.actor()}, evidence=evidence_text)
        return id

    return await change(ctx, PartRef("Milestone", id), expected_version, verb)


async def update_milestone(ctx: Ctx, id: UUID, changes: MilestoneChanges, *, expected_version: int | None) -> UUID:
    """Its name and its day, and the weight of one that was added by hand; a missed one with time ahead is planned again."""

    async def verb(deal: LockedOpportunity) -> UUID:
        milestone, wanted = _get_open_milestone(deal, id), dict(changes)
        if milestone.key is not None and wanted.pop("weight", milestone.weight) != milestone.weight:
            message = "The weight of a process's own milestone is the process's. Leave `weight` out."
            raise invalid_field("weight", message=message)
        fields = _validate(wanted)
        before = {name: getattr(milestone, name) for name in fields}
        if diff(before, fields):
            due = fields.get("due", milestone.due)
            ahead = due is None or due >= deal.facts.today(deal.ctx.now)
            status = {"status": MilestoneStatus.PLANNED} if ahead else {}
            await _write(deal, milestone, "milestone.updated", {**fields, **status})
        return id

    return await change(ctx, PartRef("Milestone", id), expected_version, verb)


async def waive_milestone(ctx: Ctx, id: UUID, *, reason: str, expected_version: int | None) -> UUID:
    """A manager's word, who does not hold the deal, that it goes without this step."""

    async def verb(deal: LockedOpportunity) -> UUID:
        if not may_override(deal.ctx.viewer, Action.WAIVE, deal.ownership):
            who = "a manager of the owner's team or an admin, who does not work the deal"
            raise PermissionDeniedError(f"To waive a milestone needs {who}. Ask one of them.")
        milestone = _get_open_milestone(deal, id)
        validator = Validator()
        why = validator.text(reason, "reason", max_length=20_000)
        if len(why or "") < MIN_REASON_LENGTH:
            message = f"A waiver needs a `reason` of at least {MIN_REASON_LENGTH} characters; it is kept."
            validator.add("reason", message=message)
        validator.raise_if_any()
        columns = {"status": MilestoneStatus.WAIVED, "waive_reason": why, **deal.ctx.actor()}
        await _write(deal, milestone, "milestone.waived", columns, reason=why)
        return id

    return await change(ctx, PartRef("Milestone", id), expected_version, verb)


async def reopen_milestone(ctx: Ctx, id: UUID, *, reason: str, expected_version: int | None) -> UUID:
    """It was not done after all, or is not to be gone without; its day stays."""

    async def verb(deal: LockedOpportunity) -> UUID:
        milestone = find_part(deal.facts.milestones, id, "Milestone")
        if milestone.status not in PASSED_STATUSES:
            raise invalid_field("id", message=f"This milestone is {milestone.status}: it is open already.")
        validator = Validator()
        why = validator.text(reason, "reason", required=True, max_length=20_000)
        validator.raise_if_any()
        before = {
            "evidence": milestone.evidence,
            "completedAt": milestone.completed_at,
            "waiveReason": milestone.waive_reason,
        }
        await _write(deal, milestone, "milestone.reopened", RESET_COLUMNS, reason=why, was=before)
        return id

    return await change(ctx, PartRef("Milestone", id), expected_version, verb)


def _get_open_milestone(deal: LockedOpportunity, id: UUID) -> MilestoneFacts:
    """The milestone, where it is neither done nor waived."""
    milestone = find_part(deal.facts.milestones, id, "Milestone")
    if milestone.status in PASSED_STATUSES:
        message = f"This milestone is {milestone.status} already. Reopen it first with reopenMilestone."
        raise invalid_field("id", message=message)
    return milestone


def _validate(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that the given fields mean; every fault told."""
    validator, fields = Validator(), dict(changes)
    if "name" in fields:
        fields["name"] = validator.text(fields["name"], "name", required=True)
    if "weight" in fields and (fields["weight"] is None or not 0 <= fields["weight"] <= MAX_MANUAL_WEIGHT):
        message = f"`weight` of a milestone that is added by hand goes from 0 to {MAX_MANUAL_WEIGHT}."
        validator.add("weight", message=message)
    validator.day(fields.get("due"), "due")
    validator.raise_if_any()
    return fields


async def _write(
    deal: LockedOpportunity, milestone: MilestoneFacts, event: str, fields: Mapping[str, Any], **payload: object
) -> None:
    """Write the step, and tell what of it clients know has changed."""
    await Milestone.filter(id=milestone.id).update(**fields)
    known = {name: fields[name] for name in ("name", "due", "weight", "status") if name in fields}
    before = {name: getattr(milestone, name) for name in known}
    deal.emit(event, milestoneId=milestone.id, key=milestone.key, changes=diff(before, known), **payload)
