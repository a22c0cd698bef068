"""Milestones: added by hand, completed with evidence, updated, waived by a manager, and reopened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Milestone
from workflow.operations.buyer.milestone_plan import RESET_COLUMNS
from workflow.operations.change.change import change
from workflow.operations.change.locked import LockedOpportunity, PartRef, find_part
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
    """A milestone to add to one deal."""

    name: str
    side: MilestoneSide = MilestoneSide.BUYER
    weight: int = 1
    due: date | None = None


class MilestoneChanges(TypedDict, total=False):
    """The fields of a milestone that a client has set; None clears the due date."""

    name: str | None
    due: date | None
    weight: int | None


async def add_milestone(ctx: Ctx, opportunity_id: UUID, new: NewMilestone) -> UUID:
    """Add a milestone to a deal, after those of its process."""

    async def verb(deal: LockedOpportunity) -> UUID:
        fields = _validate({"name": new.name, "due": new.due, "weight": new.weight})
        last = (
            await Milestone.filter(opportunity_id=deal.id).order_by("-position").limit(1).values("position")
        )
        columns: dict[str, Any] = {**fields, "side": new.side, "status": MilestoneStatus.PLANNED}
        position = last[0]["position"] + 1 if last else len(deal.process.milestones) + 1
        id = deal.insert(Milestone, position=position, created_at=deal.ctx.now, **columns)
        deal.emit("milestone.added", milestoneId=id, changes=diff({}, columns))
        return id

    return await change(ctx, opportunity_id, None, verb)


async def complete_milestone(
    ctx: Ctx, id: UUID, *, evidence: str | None, expected_version: int | None
) -> UUID:
    """Complete a milestone. One on the buyer's or on both sides needs evidence."""

    async def verb(deal: LockedOpportunity) -> UUID:
        milestone = _get_open_milestone(deal, id)
        validator = Validator()
        evidence_text = validator.text(evidence, "evidence", max_length=20_000)
        problem = (
            evidence_fault(evidence_text) if milestone.side in EVIDENCED_SIDES or evidence_text else None
        )
        if problem is not None:
            validator.add("evidence", message=problem)
        validator.raise_if_any()
        columns = {"status": MilestoneStatus.DONE, "completed_at": deal.ctx.now, "evidence": evidence_text}
        _write(
            deal, milestone, "milestone.completed", {**columns, **deal.ctx.actor()}, evidence=evidence_text
        )
        return id

    return await change(ctx, PartRef("Milestone", id), expected_version, verb)


async def update_milestone(
    ctx: Ctx, id: UUID, changes: MilestoneChanges, *, expected_version: int | None
) -> UUID:
    """Change the name, the due date, or the weight of a milestone that was added by hand.

    A missed milestone that is moved to a later day is planned again.
    """

    async def verb(deal: LockedOpportunity) -> UUID:
        milestone = _get_open_milestone(deal, id)
        changed = dict(changes)
        if milestone.key is not None and changed.pop("weight", milestone.weight) != milestone.weight:
            message = "The process defines the weight of this milestone. Leave `weight` out."
            raise invalid_field("weight", message=message)
        fields = _validate(changed)
        before = {name: getattr(milestone, name) for name in fields}
        if diff(before, fields):
            due = fields.get("due", milestone.due)
            is_ahead = due is None or due >= deal.facts.today(deal.ctx.now)
            status = {"status": MilestoneStatus.PLANNED} if is_ahead else {}
            _write(deal, milestone, "milestone.updated", {**fields, **status})
        return id

    return await change(ctx, PartRef("Milestone", id), expected_version, verb)


async def waive_milestone(ctx: Ctx, id: UUID, *, reason: str, expected_version: int | None) -> UUID:
    """Waive a milestone, with a reason. Only a manager or admin who does not work the deal may do so."""

    async def verb(deal: LockedOpportunity) -> UUID:
        if not may_override(deal.ctx.viewer, Action.WAIVE, deal.ownership):
            raise PermissionDeniedError(
                "Only a manager of the owner's team or an admin, who does not work the deal, can waive a "
                "milestone. Ask one of them."
            )
        milestone = _get_open_milestone(deal, id)
        validator = Validator()
        reason_text = validator.text(reason, "reason", max_length=20_000)
        length = len(reason_text or "")
        if length < MIN_REASON_LENGTH:
            message = (
                f"The `reason` of a waiver has {length} characters; it needs at least {MIN_REASON_LENGTH}."
            )
            validator.add("reason", message=message)
        validator.raise_if_any()
        columns = {"status": MilestoneStatus.WAIVED, "waive_reason": reason_text, **deal.ctx.actor()}
        _write(deal, milestone, "milestone.waived", columns, reason=reason_text)
        return id

    return await change(ctx, PartRef("Milestone", id), expected_version, verb)


async def reopen_milestone(ctx: Ctx, id: UUID, *, reason: str, expected_version: int | None) -> UUID:
    """Reopen a milestone that is done or waived. Its due date stays."""

    async def verb(deal: LockedOpportunity) -> UUID:
        milestone = find_part(deal.facts.milestones, id, "Milestone")
        if milestone.status not in PASSED_STATUSES:
            status = milestone.status.lower()
            message = f"This milestone is {status}. Only a milestone that is done or waived can be reopened."
            raise invalid_field("id", message=message)
        validator = Validator()
        reason_text = validator.text(reason, "reason", required=True, max_length=20_000)
        validator.raise_if_any()
        before = {
            "evidence": milestone.evidence,
            "completedAt": milestone.completed_at,
            "waiveReason": milestone.waive_reason,
        }
        _write(deal, milestone, "milestone.reopened", RESET_COLUMNS, reason=reason_text, was=before)
        return id

    return await change(ctx, PartRef("Milestone", id), expected_version, verb)


def _get_open_milestone(deal: LockedOpportunity, id: UUID) -> MilestoneFacts:
    """Return a milestone of the deal. Refuse one that is done or waived."""
    milestone = find_part(deal.facts.milestones, id, "Milestone")
    if milestone.status in PASSED_STATUSES:
        message = f"This milestone is {milestone.status.lower()} already. Reopen it first."
        raise invalid_field("id", message=message)
    return milestone


def _validate(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns for the given fields. Raise InvalidInputError with every fault."""
    validator = Validator()
    fields = dict(changes)
    if "name" in fields:
        fields["name"] = validator.text(fields["name"], "name", required=True)
    if "weight" in fields and (fields["weight"] is None or not 0 <= fields["weight"] <= MAX_MANUAL_WEIGHT):
        message = f"`weight` of a milestone that is added by hand must be from 0 to {MAX_MANUAL_WEIGHT}."
        validator.add("weight", message=message)
    validator.day(fields.get("due"), "due")
    validator.raise_if_any()
    return fields


def _write(
    deal: LockedOpportunity,
    milestone: MilestoneFacts,
    event: str,
    fields: Mapping[str, Any],
    **payload: object,
) -> None:
    """Record a change of a milestone, and emit the event with the changed fields."""
    deal.update(Milestone, milestone.id, **fields)
    after = {name: fields[name] for name in ("name", "due", "weight", "status") if name in fields}
    before = {name: getattr(milestone, name) for name in after}
    deal.emit(event, milestoneId=milestone.id, key=milestone.key, changes=diff(before, after), **payload)
