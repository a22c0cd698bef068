"""The mutations that raise, mitigate, settle and review risks."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry

from schema.buyer.risks import Risk
from schema.core import ids
from schema.core.context import Info
from schema.core.inputs import optional, or_none, provided_fields
from schema.core.nodes import described
from schema.opportunity.mutations import OpportunityChanged, OpportunityResult
from schema.opportunity.type import Opportunity
from schema.results.changed_part import load_changed_opportunity, load_changed_part
from schema.results.problems import InvalidInput, NotFound, PermissionDenied, RecordClosed, VersionConflict
from workflow.operations.buyer import mitigations
from workflow.operations.buyer import risks as operations
from workflow.operations.buyer.mitigations import NewMitigation
from workflow.operations.buyer.risks import NewRisk
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import MitigationKind, RiskCategory, RiskSettlement
from workflow.rules.opportunity.parts import RiskFacts

VERSION = (
    "The opportunity's version that you read. If it has changed since, the answer is a VersionConflict. "
    "Left out: no check."
)


@strawberry.input(description="A risk to raise.")
class RaiseRiskInput:
    opportunity_id: strawberry.ID = described("The opportunity.")
    category: RiskCategory = described("The kind of risk.")
    statement: str = described("The risk in the buyer's words.")
    perceived_by_id: strawberry.ID | None = optional("The stakeholder who sees the risk.")
    likelihood: int = described("The likelihood, 1 (low) to 5 (high).")
    impact: int = described("The impact, 1 (low) to 5 (high).")
    owner_id: strawberry.ID | None = optional("The member who is responsible for it.")
    review_due: date | None = optional("The day by which it should be reviewed again.")


@strawberry.input(
    description="Changes to a risk. Fields that you leave out stay as they are; null clears the "
    "people and the review date. Only a manager or admin who does not work on the "
    "opportunity may lower a HIGH or CRITICAL risk."
)
class UpdateRiskInput:
    id: strawberry.ID = described("The risk.")
    expected_version: int | None = optional(VERSION)
    statement: str | None = optional("The risk in the buyer's words.")
    perceived_by_id: strawberry.ID | None = optional("The stakeholder who sees the risk.")
    likelihood: int | None = optional("The likelihood, 1 (low) to 5 (high).")
    impact: int | None = optional("The impact, 1 (low) to 5 (high).")
    confirmed_by_buyer: bool | None = optional(
        "True if the buyer said so: the risk becomes CONFIRMED. False sets it back to SUSPECTED."
    )
    owner_id: strawberry.ID | None = optional("The member who is responsible for it.")
    review_due: date | None = optional("The day by which it should be reviewed again.")


@strawberry.input(description="A risk to settle.")
class SettleRiskInput:
    id: strawberry.ID = described("The risk.")
    expected_version: int | None = optional(VERSION)
    status: RiskSettlement = described("The outcome: ACCEPTED or CLOSED.")
    reason: str = described("The reason, stored in the event.")


@strawberry.input(description="A mitigation to plan.")
class AddMitigationInput:
    risk_id: strawberry.ID = described("The risk.")
    kind: MitigationKind = described("The kind of mitigation.")
    action: str = described("The planned action.")
    due: date | None = optional("The day by which it should be done.")


@strawberry.input(description="A mitigation that was done.")
class CompleteMitigationInput:
    id: strawberry.ID = described("The mitigation.")
    expected_version: int | None = optional(VERSION)
    evidence: str = described(
        'The words that show that it was done. Refused if they say nothing, such as "n/a" or "tbd".'
    )


@strawberry.input(description="A review of the buyer's risks.")
class ReviewRisksInput:
    opportunity_id: strawberry.ID = described("The opportunity.")
    none_found: bool = strawberry.field(
        default=False, description="True if the buyer sees no risk. Not allowed while a risk is open."
    )
    note: str | None = optional("Your note.")


@strawberry.type(description="The risk was raised or changed.")
class RiskChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Risk, description="The risk, read after the change.")
    async def risk(self, info: Info) -> RiskFacts:
        risk: RiskFacts = await load_changed_part(info, "Risk", self.key)
        return risk

    @strawberry.field(graphql_type=Opportunity, description="The opportunity, read after the change.")
    async def opportunity(self, info: Info) -> OpportunityRow:
        return await load_changed_opportunity(info, "Risk", self.key)


RiskResult = Annotated[
    RiskChanged | VersionConflict | RecordClosed | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("RiskResult", description="The risk, or the reason why it was not stored."),
]


def _mutation(description: str, result: Any = RiskResult) -> Any:
    return strawberry.mutation(graphql_type=result, description=description)


@strawberry.type
class RiskMutation:
    @_mutation(
        "Record a risk that the buyer sees. Refused if the opportunity is closed or if you may not write it."
    )
    async def raise_risk(self, info: Info, input: RaiseRiskInput) -> RiskChanged:
        id = ids.parse("Opportunity", input.opportunity_id)
        new = NewRisk(**_parse_ids(provided_fields(input, "opportunity_id")))
        return RiskChanged(key=await operations.raise_risk(info.context.operation_context(), id, new))

    @_mutation(
        "Change the fields that are given. Refused if the risk is settled, or if it would "
        "lower a HIGH or CRITICAL risk and you are not a manager or admin outside the deal."
    )
    async def update_risk(self, info: Info, input: UpdateRiskInput) -> RiskChanged:
        id = ids.parse("Risk", input.id)
        version = or_none(input.expected_version)
        changes: Any = _parse_ids(provided_fields(input, "id", "expected_version"))
        key = await operations.update_risk(
            info.context.operation_context(), id, changes, expected_version=version
        )
        return RiskChanged(key=key)

    @_mutation(
        "Accept a risk or close it. Only a manager or admin who does not work on the "
        "opportunity may accept a risk, or close a HIGH or CRITICAL one."
    )
    async def settle_risk(self, info: Info, input: SettleRiskInput) -> RiskChanged:
        id = ids.parse("Risk", input.id)
        version = {"expected_version": or_none(input.expected_version)}
        key = await operations.settle_risk(
            info.context.operation_context(), id, input.status, reason=input.reason, **version
        )
        return RiskChanged(key=key)

    @_mutation("Plan a mitigation: the risk becomes MITIGATING. Refused if the risk is settled.")
    async def add_mitigation(self, info: Info, input: AddMitigationInput) -> RiskChanged:
        id = ids.parse("Risk", input.risk_id)
        new = NewMitigation(**provided_fields(input, "risk_id"))
        return RiskChanged(key=await mitigations.add_mitigation(info.context.operation_context(), id, new))

    @_mutation(
        "Record that a mitigation was done. When all mitigations of a risk are done, it "
        "becomes MITIGATED. Refused without evidence."
    )
    async def complete_mitigation(self, info: Info, input: CompleteMitigationInput) -> RiskChanged:
        id = ids.parse("Mitigation", input.id)
        version = {"expected_version": or_none(input.expected_version)}
        key = await mitigations.complete_mitigation(
            info.context.operation_context(), id, evidence=input.evidence, **version
        )
        return RiskChanged(key=key)

    @_mutation(
        "Record that you reviewed the buyer's risks. Refused with `noneFound` while a risk is open.",
        OpportunityResult,
    )
    async def review_risks(self, info: Info, input: ReviewRisksInput) -> OpportunityChanged:
        id = ids.parse("Opportunity", input.opportunity_id)
        note = or_none(input.note)
        review = {"none_found": input.none_found, "note": note}
        return OpportunityChanged(
            key=await operations.review_risks(info.context.operation_context(), id, **review)
        )


def _parse_ids(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with UUIDs instead of ids."""
    for name, kind in (("perceived_by_id", "Stakeholder"), ("owner_id", "Member")):
        if name in fields:
            fields[name] = ids.parse_optional(kind, fields[name])
    return fields
