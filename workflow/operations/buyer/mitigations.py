"""What is done about a risk: planned, and done with evidence."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from workflow.models import Mitigation, Risk
from workflow.models.columns import new_id
from workflow.operations.buyer.risks import refuse_settled, risk_of
from workflow.operations.change.change import Deal, Part, change
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import changed
from workflow.operations.core.validation import Faults
from workflow.rules.enums import MitigationKind, RiskStatus
from workflow.rules.errors import NotFound, invalid
from workflow.rules.opportunity.evidence import evidence_says_nothing
from workflow.rules.opportunity.parts import RiskFacts


@dataclass(frozen=True, slots=True)
class NewMitigation:
    """What is to be done."""

    kind: MitigationKind
    action: str
    due: date | None = None


async def add_mitigation(ctx: Ctx, risk_id: UUID, given: NewMitigation) -> UUID:
    """Plan something against a risk, which is being mitigated from now on; the risk's id."""

    async def verb(deal: Deal) -> UUID:
        risk = risk_of(deal, risk_id)
        refuse_settled(risk)
        faults = Faults()
        action = faults.text(given.action, "action", required=True, most=2_000)
        faults.day(given.due, "due")
        faults.raise_if_any()
        id = new_id()
        about: dict[str, Any] = {"kind": given.kind, "action": action, "due": given.due}
        places: dict[str, Any] = {"organization_id": deal.organization_id, "risk_id": risk_id}
        await Mitigation.create(id=id, created_at=deal.ctx.now, **places, **about)
        status = await _stand(risk, RiskStatus.MITIGATING)
        deal.tell("mitigation.added", mitigationId=id, riskId=risk_id, changes=changed({}, about), **status)
        return risk_id

    return await change(ctx, Part("Risk", risk_id), None, verb)


async def complete_mitigation(ctx: Ctx, id: UUID, *, evidence: str, expected_version: int | None) -> UUID:
    """It was done, and this shows it; the risk is mitigated when all of it is done. The risk's id."""

    async def verb(deal: Deal) -> UUID:
        risk = _risk_with(deal, id)
        refuse_settled(risk)
        if any(one.id == id and one.done_at is not None for one in risk.mitigations):
            raise invalid("id", message="This mitigation is done already. Plan another one with addMitigation.")
        faults = Faults()
        shown = faults.text(evidence, "evidence", most=20_000)
        if (complaint := evidence_says_nothing(shown)) is not None:
            faults.add("evidence", message=complaint)
        faults.raise_if_any()
        await Mitigation.filter(id=id).update(done_at=deal.ctx.now, evidence=shown)
        waiting = [one for one in risk.mitigations if one.id != id and one.done_at is None]
        status = {} if waiting else await _stand(risk, RiskStatus.MITIGATED)
        deal.tell("mitigation.completed", mitigationId=id, riskId=risk.id, evidence=shown, **status)
        return risk.id

    return await change(ctx, Part("Mitigation", id), expected_version, verb)


async def _stand(risk: RiskFacts, status: RiskStatus) -> dict[str, object]:
    """Where the risk stands now; what changed, for the event."""
    if risk.status is status:
        return {}
    await Risk.filter(id=risk.id).update(status=status)
    return {"riskStatus": {"old": risk.status, "new": status}}


def _risk_with(deal: Deal, mitigation_id: UUID) -> RiskFacts:
    for risk in deal.facts.risks:
        if any(one.id == mitigation_id for one in risk.mitigations):
            return risk
    raise NotFound("Mitigation", mitigation_id)
