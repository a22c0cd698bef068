"""The buyer's perceived risks: raised, described, settled, and gone through."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Member, Risk, RiskReview
from workflow.models.columns import new_id
from workflow.operations.change.change import LockedOpportunity, PartRef, change, find_part
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.validation import Validator
from workflow.rules.enums import RiskCategory, RiskSettlement, RiskStatus
from workflow.rules.errors import PermissionDeniedError, invalid_field
from workflow.rules.opportunity.parts import RiskFacts
from workflow.rules.opportunity.risks import (
    SETTLED_STATUSES,
    SEVERE_LEVELS,
    is_lower,
    open_risks,
    risk_level,
    score_level,
)
from workflow.rules.permissions import Action, may_override


@dataclass(frozen=True, slots=True)
class NewRisk:
    """Something that the buyer fears."""

    category: RiskCategory
    statement: str
    likelihood: int
    impact: int
    perceived_by_id: UUID | None = None
    owner_id: UUID | None = None
    review_due: date | None = None


class RiskChanges(TypedDict, total=False):
    """Fields of a risk that a client gave; None clears who and when."""

    statement: str | None
    perceived_by_id: UUID | None
    likelihood: int | None
    impact: int | None
    confirmed_by_buyer: bool | None
    owner_id: UUID | None
    review_due: date | None


async def raise_risk(ctx: Ctx, opportunity_id: UUID, new: NewRisk) -> UUID:
    """A new risk, suspected until the buyer confirms it."""

    async def verb(deal: LockedOpportunity) -> UUID:
        fields = await _validate(deal, {name: getattr(new, name) for name in NewRisk.__dataclass_fields__})
        id = new_id()
        columns = {**fields, "category": new.category, "status": RiskStatus.SUSPECTED}
        parent_ids: dict[str, Any] = {"id": id, "organization_id": deal.organization_id, "opportunity_id": deal.id}
        await Risk.create(**parent_ids, **columns, raised_at=deal.ctx.now)
        deal.emit("risk.raised", riskId=id, changes=diff({}, columns))
        return id

    return await change(ctx, opportunity_id, None, verb)


async def update_risk(ctx: Ctx, id: UUID, changes: RiskChanges, *, expected_version: int | None) -> UUID:
    """Words, scores, who, and whether the buyer has confirmed it; to lower a high one is a manager's."""

    async def verb(deal: LockedOpportunity) -> UUID:
        risk = find_part(deal.facts.risks, id, "Risk")
        _refuse_lowering(deal, risk, changes)
        refuse_settled(risk)
        fields = await _validate(deal, {name: value for name, value in changes.items() if name != "confirmed_by_buyer"})
        if "confirmed_by_buyer" in changes:
            fields["status"] = _confirmation_status(risk, changes["confirmed_by_buyer"])
        before = {name: getattr(risk, name) for name in fields}
        if diff(before, fields):
            await Risk.filter(id=id).update(**fields)
            deal.emit("risk.updated", riskId=id, changes=diff(before, fields))
        return id

    return await change(ctx, PartRef("Risk", id), expected_version, verb)


async def settle_risk(ctx: Ctx, id: UUID, status: RiskSettlement, *, reason: str, expected_version: int | None) -> UUID:
    """Lived with, or gone. To accept any, and to close a high one, is a manager's who does not own the deal."""

    async def verb(deal: LockedOpportunity) -> UUID:
        risk = find_part(deal.facts.risks, id, "Risk")
        if status is RiskSettlement.ACCEPTED:
            _require_manager(deal, "accept a risk")
        elif risk_level(risk) in SEVERE_LEVELS:
            _require_manager(deal, f"close a risk that is {risk_level(risk).lower()}")
        refuse_settled(risk)
        validator = Validator()
        why = validator.text(reason, "reason", required=True, max_length=20_000)
        validator.raise_if_any()
        fields = {"status": RiskStatus(status), "closed_at": deal.ctx.now, "settle_reason": why}
        await Risk.filter(id=id).update(**fields)
        changes = diff({"status": risk.status}, {"status": fields["status"]})
        deal.emit("risk.updated", riskId=id, changes=changes, reason=why)
        return id

    return await change(ctx, PartRef("Risk", id), expected_version, verb)


async def review_risks(ctx: Ctx, opportunity_id: UUID, *, none_found: bool, note: str | None) -> UUID:
    """The buyer's perceived risks were gone through; that there is none is to be said, and not while one is open."""

    async def verb(deal: LockedOpportunity) -> UUID:
        validator = Validator()
        note_text = validator.text(note, "note", max_length=20_000)
        unsettled = open_risks(deal.facts)
        if none_found and unsettled:
            statements = "; ".join(risk.statement[:80] for risk in unsettled[:3])
            message = f"`noneFound` is not so while risks are open ({statements}). Leave it out, or settle them first."
            validator.add("noneFound", message=message)
        validator.raise_if_any()
        parent_ids: dict[str, Any] = {"organization_id": deal.organization_id, "opportunity_id": deal.id}
        columns: dict[str, Any] = {"none_found": none_found, "note": note_text, "reviewed_at": deal.ctx.now}
        await RiskReview.create(id=new_id(), **parent_ids, **columns, **deal.ctx.actor())
        deal.emit("risk.reviewed", noneFound=none_found, note=note_text)
        return opportunity_id

    return await change(ctx, opportunity_id, None, verb)


def refuse_settled(risk: RiskFacts) -> None:
    """InvalidInput where the risk has been accepted or closed."""
    if risk.status in SETTLED_STATUSES:
        message = (
            f"This risk is {risk.status} and stays so. Raise a new one with raiseRisk if the buyer fears it again."
        )
        raise invalid_field("id", message=message)


def _confirmation_status(risk: RiskFacts, by_buyer: bool | None) -> RiskStatus:
    if by_buyer is None:
        raise invalid_field("confirmedByBuyer", message="`confirmedByBuyer` is true or false. Leave it out to keep it.")
    if risk.status not in (RiskStatus.SUSPECTED, RiskStatus.CONFIRMED):
        message = f"This risk is {risk.status}, past being suspected or confirmed. Leave `confirmedByBuyer` out."
        raise invalid_field("confirmedByBuyer", message=message)
    return RiskStatus.CONFIRMED if by_buyer else RiskStatus.SUSPECTED


def _refuse_lowering(deal: LockedOpportunity, risk: RiskFacts, changes: RiskChanges) -> None:
    before = risk_level(risk)
    after = score_level(changes.get("likelihood") or risk.likelihood, changes.get("impact") or risk.impact)
    if before in SEVERE_LEVELS and is_lower(after, before):
        _require_manager(deal, f"lower a risk that is {before.lower()}")


def _require_manager(deal: LockedOpportunity, to: str) -> None:
    """A manager's or admin's word, who is a person and does not hold the deal."""
    if not may_override(deal.ctx.viewer, Action.ACCEPT_RISK, deal.ownership):
        message = (
            f"To {to} needs a manager of the owner's team or an admin, who does not work the deal. Ask one of them."
        )
        raise PermissionDeniedError(message)


async def _validate(deal: LockedOpportunity, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that the given fields mean; every fault told."""
    validator = Validator()
    fields = {name: value for name, value in changes.items() if name != "category"}
    if "statement" in fields:
        fields["statement"] = validator.text(fields["statement"], "statement", required=True, max_length=2_000)
    for name in ("likelihood", "impact"):
        if name in fields and (fields[name] is None or not 1 <= fields[name] <= 5):
            validator.add(name, message=f"`{name}` is a whole number from 1, low, to 5, high.")
    perceived_by, owner = fields.get("perceived_by_id"), fields.get("owner_id")
    if perceived_by is not None and perceived_by not in {one.id for one in deal.facts.stakeholders}:
        message = "`perceivedById` names a stakeholder of this opportunity. Add the person with addStakeholder first."
        validator.add("perceivedById", message=message)
    active_members = Member.filter(organization_id=deal.organization_id, active=True)
    if owner is not None and not await active_members.filter(id=owner).exists():
        validator.add("ownerId", message="`ownerId` names an active member of the organization.")
    validator.day(fields.get("review_due"), "reviewDue")
    validator.raise_if_any()
    return fields
