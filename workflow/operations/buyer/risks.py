"""The risks that the buyer perceives: raised, updated, settled and reviewed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Member, Risk, RiskReview
from workflow.operations.change.change import change
from workflow.operations.change.locked import LockedOpportunity, PartRef, find_part
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
    """A risk to raise."""

    category: RiskCategory
    statement: str
    likelihood: int
    impact: int
    perceived_by_id: UUID | None = None
    owner_id: UUID | None = None
    review_due: date | None = None


class RiskChanges(TypedDict, total=False):
    """The fields of a risk that a client has set; None clears the people and the review date."""

    statement: str | None
    perceived_by_id: UUID | None
    likelihood: int | None
    impact: int | None
    confirmed_by_buyer: bool | None
    owner_id: UUID | None
    review_due: date | None


async def raise_risk(ctx: Ctx, opportunity_id: UUID, new: NewRisk) -> UUID:
    """Raise a risk, which is SUSPECTED until the buyer confirms it."""

    async def verb(deal: LockedOpportunity) -> UUID:
        fields = await _validate(deal, {name: getattr(new, name) for name in NewRisk.__dataclass_fields__})
        columns = {**fields, "category": new.category, "status": RiskStatus.SUSPECTED}
        id = deal.insert(Risk, **columns, raised_at=deal.ctx.now)
        deal.emit("risk.raised", riskId=id, changes=diff({}, columns))
        return id

    return await change(ctx, opportunity_id, None, verb)


async def update_risk(ctx: Ctx, id: UUID, changes: RiskChanges, *, expected_version: int | None) -> UUID:
    """Change the given fields. Only a manager or admin who does not work the deal may lower a severe risk."""

    async def verb(deal: LockedOpportunity) -> UUID:
        risk = find_part(deal.facts.risks, id, "Risk")
        _refuse_lowering(deal, risk, changes)
        refuse_settled(risk)
        fields = await _validate(
            deal, {name: value for name, value in changes.items() if name != "confirmed_by_buyer"}
        )
        if "confirmed_by_buyer" in changes:
            fields["status"] = _confirmation_status(risk, changes["confirmed_by_buyer"])
        before = {name: getattr(risk, name) for name in fields}
        if diff(before, fields):
            deal.update(Risk, id, **fields)
            deal.emit("risk.updated", riskId=id, changes=diff(before, fields))
        return id

    return await change(ctx, PartRef("Risk", id), expected_version, verb)


async def settle_risk(
    ctx: Ctx, id: UUID, status: RiskSettlement, *, reason: str, expected_version: int | None
) -> UUID:
    """Accept or close a risk, with a reason.

    Only a manager or admin who does not work the deal may accept a risk, or close a severe one.
    """

    async def verb(deal: LockedOpportunity) -> UUID:
        risk = find_part(deal.facts.risks, id, "Risk")
        if status is RiskSettlement.ACCEPTED:
            _require_manager(deal, "accept a risk")
        elif risk_level(risk) in SEVERE_LEVELS:
            _require_manager(deal, f"close a risk that is {risk_level(risk).lower()}")
        refuse_settled(risk)
        validator = Validator()
        reason_text = validator.text(reason, "reason", required=True, max_length=20_000)
        validator.raise_if_any()
        fields = {"status": RiskStatus(status), "closed_at": deal.ctx.now, "settle_reason": reason_text}
        deal.update(Risk, id, **fields)
        changes = diff({"status": risk.status}, {"status": fields["status"]})
        deal.emit("risk.updated", riskId=id, changes=changes, reason=reason_text)
        return id

    return await change(ctx, PartRef("Risk", id), expected_version, verb)


async def review_risks(ctx: Ctx, opportunity_id: UUID, *, none_found: bool, note: str | None) -> UUID:
    """Record a review of the risks. `none_found` (there are none) is refused while one is open."""

    async def verb(deal: LockedOpportunity) -> UUID:
        validator = Validator()
        note_text = validator.text(note, "note", max_length=20_000)
        unsettled = open_risks(deal.facts)
        if none_found and unsettled:
            statements = "; ".join(risk.statement[:80] for risk in unsettled[:3])
            message = (
                f"`noneFound` contradicts the open risks ({statements}). Leave it out, or settle them first."
            )
            validator.add("noneFound", message=message)
        validator.raise_if_any()
        columns: dict[str, Any] = {"none_found": none_found, "note": note_text, "reviewed_at": deal.ctx.now}
        deal.insert(RiskReview, **columns, **deal.ctx.actor())
        deal.emit("risk.reviewed", noneFound=none_found, note=note_text)
        return opportunity_id

    return await change(ctx, opportunity_id, None, verb)


def refuse_settled(risk: RiskFacts) -> None:
    """Refuse to change a risk that has been accepted or closed."""
    if risk.status in SETTLED_STATUSES:
        message = (
            f"This risk is {risk.status.lower()} and cannot be changed any more. "
            "If the buyer raises it again, add a new risk."
        )
        raise invalid_field("id", message=message)


def _confirmation_status(risk: RiskFacts, by_buyer: bool | None) -> RiskStatus:
    if by_buyer is None:
        message = "`confirmedByBuyer` cannot be null. Leave it out to keep it."
        raise invalid_field("confirmedByBuyer", message=message)
    if risk.status not in (RiskStatus.SUSPECTED, RiskStatus.CONFIRMED):
        message = "This risk has mitigations already, so `confirmedByBuyer` no longer applies. Leave it out."
        raise invalid_field("confirmedByBuyer", message=message)
    return RiskStatus.CONFIRMED if by_buyer else RiskStatus.SUSPECTED


def _refuse_lowering(deal: LockedOpportunity, risk: RiskFacts, changes: RiskChanges) -> None:
    before = risk_level(risk)
    after = score_level(changes.get("likelihood") or risk.likelihood, changes.get("impact") or risk.impact)
    if before in SEVERE_LEVELS and is_lower(after, before):
        _require_manager(deal, f"lower a risk that is {before.lower()}")


def _require_manager(deal: LockedOpportunity, to: str) -> None:
    """Refuse viewers other than a manager or admin who does not work the deal."""
    if not may_override(deal.ctx.viewer, Action.ACCEPT_RISK, deal.ownership):
        message = f"Only a manager of the owner's team or an admin, who does not work the deal, can {to}."
        raise PermissionDeniedError(f"{message} Ask one of them.")


async def _validate(deal: LockedOpportunity, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns for the given fields. Raise InvalidInputError with every fault."""
    validator = Validator()
    fields = {name: value for name, value in changes.items() if name != "category"}
    if "statement" in fields:
        fields["statement"] = validator.text(
            fields["statement"], "statement", required=True, max_length=2_000
        )
    for name in ("likelihood", "impact"):
        if name in fields and (fields[name] is None or not 1 <= fields[name] <= 5):
            validator.add(name, message=f"`{name}` must be a whole number from 1 (low) to 5 (high).")
    perceived_by = fields.get("perceived_by_id")
    if perceived_by is not None and perceived_by not in {person.id for person in deal.facts.stakeholders}:
        message = (
            "`perceivedById` is not a stakeholder of this opportunity. Add the person as a stakeholder first."
        )
        validator.add("perceivedById", message=message)
    owner = fields.get("owner_id")
    active_members = Member.filter(organization_id=deal.organization_id, active=True)
    if owner is not None and not await active_members.filter(id=owner).exists():
        message = "`ownerId` is not an active member of the organization. Choose an active member."
        validator.add("ownerId", message=message)
    validator.day(fields.get("review_due"), "reviewDue")
    validator.raise_if_any()
    return fields
