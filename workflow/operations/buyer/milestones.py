"""Milestones: added by hand, done with evidence, moved, waived by a manager, reopened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Milestone
from workflow.models.columns import new_id
from workflow.operations.buyer.milestone_plan import UNDONE
from workflow.operations.change.change import Deal, Part, change
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import changed
from workflow.operations.core.validation import Faults
from workflow.rules.enums import MilestoneSide, MilestoneStatus
from workflow.rules.errors import NotFound, PermissionDenied, invalid
from workflow.rules.opportunity.evidence import evidence_says_nothing
from workflow.rules.opportunity.milestones import EVIDENCED_SIDES, PASSED
from workflow.rules.opportunity.parts import MilestoneFacts
from workflow.rules.permissions import Action, may_override

HEAVIEST_BY_HAND = 20
SHORTEST_REASON = 20


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


async def add_milestone(ctx: Ctx, opportunity_id: UUID, given: NewMilestone) -> UUID:
    """A step of this deal's own, after those of its process."""

    async def verb(deal: Deal) -> UUID:
        fields = _checked({"name": given.name, "due": given.due, "weight": given.weight})
        last = await Milestone.filter(opportunity_id=deal.id).order_by("-position").limit(1).values("position")
        id = new_id()
        about: dict[str, Any] = {**fields, "side": given.side, "status": MilestoneStatus.PLANNED}
        places: dict[str, Any] = {"organization_id": deal.organization_id, "opportunity_id": deal.id}
        position = last[0]["position"] + 1 if last else len(deal.process.milestones) + 1
        await Milestone.create(id=id, position=position, created_at=deal.ctx.now, **places, **about)
        deal.tell("milestone.added", milestoneId=id, changes=changed({}, about))
        return id

    return await change(ctx, opportunity_id, None, verb)


async def complete_milestone(ctx: Ctx, id: UUID, *, evidence: str | None, expected_version: int | None) -> UUID:
    """The step is done; what the buyer did shows it, where it is the buyer's."""

    async def verb(deal: Deal) -> UUID:
        step = _waiting(deal, id)
        faults = Faults()
        shown = faults.text(evidence, "evidence", most=20_000)
        complaint = evidence_says_nothing(shown) if step.side in EVIDENCED_SIDES or shown else None
        if complaint is not None:
            faults.add("evidence", message=complaint)
        faults.raise_if_any()
        done = {"status": MilestoneStatus.DONE, "completed_at": deal.ctx.now, "evidence": shown}
        await _write(deal, step, "milestone.completed", {**done, **deal.ctx.actor()}, evidence=shown)
        return id

    return await change(ctx, Part("Milestone", id), expected_version, verb)


async def update_milestone(ctx: Ctx, id: UUID, given: MilestoneChanges, *, expected_version: int | None) -> UUID:
    """Its name and its day, and the weight of one that was added by hand; a missed one with time ahead is planned again."""

    async def verb(deal: Deal) -> UUID:
        step, wanted = _waiting(deal, id), dict(given)
        if step.key is not None and wanted.pop("weight", step.weight) != step.weight:
            message = "The weight of a process's own milestone is the process's. Leave `weight` out."
            raise invalid("weight", message=message)
        fields = _checked(wanted)
        before = {name: getattr(step, name) for name in fields}
        if changed(before, fields):
            due = fields.get("due", step.due)
            ahead = due is None or due >= deal.facts.today(deal.ctx.now)
            again = {"status": MilestoneStatus.PLANNED} if ahead else {}
            await _write(deal, step, "milestone.updated", {**fields, **again})
        return id

    return await change(ctx, Part("Milestone", id), expected_version, verb)


async def waive_milestone(ctx: Ctx, id: UUID, *, reason: str, expected_version: int | None) -> UUID:
    """A manager's word, who does not hold the deal, that it goes without this step."""

    async def verb(deal: Deal) -> UUID:
        if not may_override(deal.ctx.viewer, Action.WAIVE, deal.holding):
            who = "a manager of the owner's team or an admin, who does not work the deal"
            raise PermissionDenied(f"To waive a milestone needs {who}. Ask one of them.")
        step = _waiting(deal, id)
        faults = Faults()
        why = faults.text(reason, "reason", most=20_000)
        if len(why or "") < SHORTEST_REASON:
            message = f"A waiver needs a `reason` of at least {SHORTEST_REASON} characters; it is kept."
            faults.add("reason", message=message)
        faults.raise_if_any()
        waived = {"status": MilestoneStatus.WAIVED, "waive_reason": why, **deal.ctx.actor()}
        await _write(deal, step, "milestone.waived", waived, reason=why)
        return id

    return await change(ctx, Part("Milestone", id), expected_version, verb)


async def reopen_milestone(ctx: Ctx, id: UUID, *, reason: str, expected_version: int | None) -> UUID:
    """It was not done after all, or is not to be gone without; its day stays."""

    async def verb(deal: Deal) -> UUID:
        step = _milestone(deal, id)
        if step.status not in PASSED:
            raise invalid("id", message=f"This milestone is {step.status}: it is open already.")
        faults = Faults()
        why = faults.text(reason, "reason", required=True, most=20_000)
        faults.raise_if_any()
        was = {"evidence": step.evidence, "completedAt": step.completed_at, "waiveReason": step.waive_reason}
        await _write(deal, step, "milestone.reopened", UNDONE, reason=why, was=was)
        return id

    return await change(ctx, Part("Milestone", id), expected_version, verb)


def _milestone(deal: Deal, id: UUID) -> MilestoneFacts:
    found = next((step for step in deal.facts.milestones if step.id == id), None)
    if found is None:
        raise NotFound("Milestone", id)
    return found


def _waiting(deal: Deal, id: UUID) -> MilestoneFacts:
    """The milestone, where it is neither done nor waived."""
    step = _milestone(deal, id)
    if step.status in PASSED:
        message = f"This milestone is {step.status} already. Reopen it first with reopenMilestone."
        raise invalid("id", message=message)
    return step


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that the given fields mean; every fault told."""
    faults, fields = Faults(), dict(given)
    if "name" in fields:
        fields["name"] = faults.text(fields["name"], "name", required=True)
    if "weight" in fields and (fields["weight"] is None or not 0 <= fields["weight"] <= HEAVIEST_BY_HAND):
        message = f"`weight` of a milestone that is added by hand goes from 0 to {HEAVIEST_BY_HAND}."
        faults.add("weight", message=message)
    faults.day(fields.get("due"), "due")
    faults.raise_if_any()
    return fields


async def _write(deal: Deal, step: MilestoneFacts, event: str, fields: Mapping[str, Any], **told: object) -> None:
    """Write the step, and tell what of it clients know has changed."""
    await Milestone.filter(id=step.id).update(**fields)
    known = {name: fields[name] for name in ("name", "due", "weight", "status") if name in fields}
    before = {name: getattr(step, name) for name in known}
    deal.tell(event, milestoneId=step.id, key=step.key, changes=changed(before, known), **told)
