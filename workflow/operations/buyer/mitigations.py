"""Mitigations of a risk: planned, and completed with evidence."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from workflow.models import Mitigation, Risk
from workflow.operations.buyer.risks import refuse_settled
from workflow.operations.change.change import change
from workflow.operations.change.locked import LockedOpportunity, PartRef, find_part
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.validation import Validator
from workflow.rules.enums import MitigationKind, RiskStatus
from workflow.rules.errors import NotFoundError, invalid_field
from workflow.rules.opportunity.evidence import evidence_fault
from workflow.rules.opportunity.parts import RiskFacts


@dataclass(frozen=True, slots=True)
class NewMitigation:
    """A mitigation to plan."""

    kind: MitigationKind
    action: str
    due: date | None = None


async def add_mitigation(ctx: Ctx, risk_id: UUID, new: NewMitigation) -> UUID:
    """Plan a mitigation, which sets the risk to MITIGATING. Return the risk's id."""

    async def verb(deal: LockedOpportunity) -> UUID:
        risk = find_part(deal.facts.risks, risk_id, "Risk")
        refuse_settled(risk)
        validator = Validator()
        action = validator.text(new.action, "action", required=True, max_length=2_000)
        validator.day(new.due, "due")
        validator.raise_if_any()
        columns: dict[str, Any] = {"kind": new.kind, "action": action, "due": new.due}
        id = deal.insert(Mitigation, risk_id=risk_id, created_at=deal.ctx.now, **columns)
        status = _set_risk_status(deal, risk, RiskStatus.MITIGATING)
        deal.emit("mitigation.added", mitigationId=id, riskId=risk_id, changes=diff({}, columns), **status)
        return risk_id

    return await change(ctx, PartRef("Risk", risk_id), None, verb)


async def complete_mitigation(ctx: Ctx, id: UUID, *, evidence: str, expected_version: int | None) -> UUID:
    """Complete a mitigation, with evidence. The last one sets the risk to MITIGATED. Return the risk's id."""

    async def verb(deal: LockedOpportunity) -> UUID:
        risk = _risk_of_mitigation(deal, id)
        refuse_settled(risk)
        if any(one.id == id and one.done_at is not None for one in risk.mitigations):
            raise invalid_field("id", message="This mitigation is done already. Add another one.")
        validator = Validator()
        evidence_text = validator.text(evidence, "evidence", max_length=20_000)
        if (problem := evidence_fault(evidence_text)) is not None:
            validator.add("evidence", message=problem)
        validator.raise_if_any()
        deal.update(Mitigation, id, done_at=deal.ctx.now, evidence=evidence_text)
        open_mitigations = [one for one in risk.mitigations if one.id != id and one.done_at is None]
        status = {} if open_mitigations else _set_risk_status(deal, risk, RiskStatus.MITIGATED)
        deal.emit("mitigation.completed", mitigationId=id, riskId=risk.id, evidence=evidence_text, **status)
        return risk.id

    return await change(ctx, PartRef("Mitigation", id), expected_version, verb)


def _set_risk_status(deal: LockedOpportunity, risk: RiskFacts, status: RiskStatus) -> dict[str, object]:
    """Set the status of a risk. Return the change for the event, which is empty if nothing changed."""
    if risk.status is status:
        return {}
    deal.update(Risk, risk.id, status=status)
    return {"riskStatus": {"old": risk.status, "new": status}}


def _risk_of_mitigation(deal: LockedOpportunity, mitigation_id: UUID) -> RiskFacts:
    for risk in deal.facts.risks:
        if any(one.id == mitigation_id for one in risk.mitigations):
            return risk
    raise NotFoundError("Mitigation", mitigation_id)
