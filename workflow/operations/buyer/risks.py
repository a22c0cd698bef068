"""The buyer's perceived risks: raised, described, settled, and gone through."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Member, Risk, RiskReview
from workflow.models.columns import new_id
from workflow.operations.change.change import Deal, Part, change
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import changed
from workflow.operations.core.validation import Faults
from workflow.rules.enums import RiskCategory, RiskSettlement, RiskStatus
from workflow.rules.errors import NotFound, PermissionDenied, invalid
from workflow.rules.opportunity.parts import RiskFacts
from workflow.rules.opportunity.risks import SETTLED, SEVERE, level, level_of, lower, open_risks
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


async def raise_risk(ctx: Ctx, opportunity_id: UUID, given: NewRisk) -> UUID:
    """A new risk, suspected until the buyer confirms it."""

    async def verb(deal: Deal) -> UUID:
        fields = await _checked(deal, {name: getattr(given, name) for name in NewRisk.__dataclass_fields__})
        id = new_id()
        about = {**fields, "category": given.category, "status": RiskStatus.SUSPECTED}
        places: dict[str, Any] = {"id": id, "organization_id": deal.organization_id, "opportunity_id": deal.id}
        await Risk.create(**places, **about, raised_at=deal.ctx.now)
        deal.tell("risk.raised", riskId=id, changes=changed({}, about))
        return id

    return await change(ctx, opportunity_id, None, verb)


async def update_risk(ctx: Ctx, id: UUID, given: RiskChanges, *, expected_version: int | None) -> UUID:
    """Words, scores, who, and whether the buyer has confirmed it; to lower a high one is a manager's."""

    async def verb(deal: Deal) -> UUID:
        risk = risk_of(deal, id)
        _refuse_lowering(deal, risk, given)
        refuse_settled(risk)
        fields = await _checked(deal, {name: value for name, value in given.items() if name != "confirmed_by_buyer"})
        if "confirmed_by_buyer" in given:
            fields["status"] = _confirmed(risk, given["confirmed_by_buyer"])
        before = {name: getattr(risk, name) for name in fields}
        if changed(before, fields):
            await Risk.filter(id=id).update(**fields)
            deal.tell("risk.updated", riskId=id, changes=changed(before, fields))
        return id

    return await change(ctx, Part("Risk", id), expected_version, verb)


async def settle_risk(ctx: Ctx, id: UUID, status: RiskSettlement, *, reason: str, expected_version: int | None) -> UUID:
    """Lived with, or gone. To accept any, and to close a high one, is a manager's who does not own the deal."""

    async def verb(deal: Deal) -> UUID:
        risk = risk_of(deal, id)
        if status is RiskSettlement.ACCEPTED:
            _require_coach(deal, "accept a risk")
        elif level_of(risk) in SEVERE:
            _require_coach(deal, f"close a risk that is {level_of(risk).lower()}")
        refuse_settled(risk)
        faults = Faults()
        why = faults.text(reason, "reason", required=True, most=20_000)
        faults.raise_if_any()
        fields = {"status": RiskStatus(status), "closed_at": deal.ctx.now, "settle_reason": why}
        await Risk.filter(id=id).update(**fields)
        told = changed({"status": risk.status}, {"status": fields["status"]})
        deal.tell("risk.updated", riskId=id, changes=told, reason=why)
        return id

    return await change(ctx, Part("Risk", id), expected_version, verb)


async def review_risks(ctx: Ctx, opportunity_id: UUID, *, none_found: bool, note: str | None) -> UUID:
    """The buyer's perceived risks were gone through; that there is none is to be said, and not while one is open."""

    async def verb(deal: Deal) -> UUID:
        faults = Faults()
        said = faults.text(note, "note", most=20_000)
        still = open_risks(deal.facts)
        if none_found and still:
            named = "; ".join(risk.statement[:80] for risk in still[:3])
            message = f"`noneFound` is not so while risks are open ({named}). Leave it out, or settle them first."
            faults.add("noneFound", message=message)
        faults.raise_if_any()
        places: dict[str, Any] = {"organization_id": deal.organization_id, "opportunity_id": deal.id}
        about: dict[str, Any] = {"none_found": none_found, "note": said, "reviewed_at": deal.ctx.now}
        await RiskReview.create(id=new_id(), **places, **about, **deal.ctx.actor())
        deal.tell("risk.reviewed", noneFound=none_found, note=said)
        return opportunity_id

    return await change(ctx, opportunity_id, None, verb)


def risk_of(deal: Deal, id: UUID) -> RiskFacts:
    """The deal's risk as it stands; NotFound where it has none such."""
    found = next((risk for risk in deal.facts.risks if risk.id == id), None)
    if found is None:
        raise NotFound("Risk", id)
    return found


def refuse_settled(risk: RiskFacts) -> None:
    """InvalidInput where the risk has been accepted or closed."""
    if risk.status in SETTLED:
        message = (
            f"This risk is {risk.status} and stays so. Raise a new one with raiseRisk if the buyer fears it again."
        )
        raise invalid("id", message=message)


def _confirmed(risk: RiskFacts, by_buyer: bool | None) -> RiskStatus:
    if by_buyer is None:
        raise invalid("confirmedByBuyer", message="`confirmedByBuyer` is true or false. Leave it out to keep it.")
    if risk.status not in (RiskStatus.SUSPECTED, RiskStatus.CONFIRMED):
        message = f"This risk is {risk.status}, past being suspected or confirmed. Leave `confirmedByBuyer` out."
        raise invalid("confirmedByBuyer", message=message)
    return RiskStatus.CONFIRMED if by_buyer else RiskStatus.SUSPECTED


def _refuse_lowering(deal: Deal, risk: RiskFacts, given: RiskChanges) -> None:
    before = level_of(risk)
    after = level(given.get("likelihood") or risk.likelihood, given.get("impact") or risk.impact)
    if before in SEVERE and lower(after, before):
        _require_coach(deal, f"lower a risk that is {before.lower()}")


def _require_coach(deal: Deal, to: str) -> None:
    """A manager's or admin's word, who is a person and does not hold the deal."""
    if not may_override(deal.ctx.viewer, Action.ACCEPT_RISK, deal.holding):
        message = (
            f"To {to} needs a manager of the owner's team or an admin, who does not work the deal. Ask one of them."
        )
        raise PermissionDenied(message)


async def _checked(deal: Deal, given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that the given fields mean; every fault told."""
    faults = Faults()
    fields = {name: value for name, value in given.items() if name != "category"}
    if "statement" in fields:
        fields["statement"] = faults.text(fields["statement"], "statement", required=True, most=2_000)
    for name in ("likelihood", "impact"):
        if name in fields and (fields[name] is None or not 1 <= fields[name] <= 5):
            faults.add(name, message=f"`{name}` is a whole number from 1, low, to 5, high.")
    person, owner = fields.get("perceived_by_id"), fields.get("owner_id")
    if person is not None and person not in {one.id for one in deal.facts.stakeholders}:
        message = "`perceivedById` names a stakeholder of this opportunity. Add the person with addStakeholder first."
        faults.add("perceivedById", message=message)
    mine = Member.filter(organization_id=deal.organization_id, active=True)
    if owner is not None and not await mine.filter(id=owner).exists():
        faults.add("ownerId", message="`ownerId` names an active member of the organization.")
    faults.day(fields.get("review_due"), "reviewDue")
    faults.raise_if_any()
    return fields
