"""Raising, mitigating, settling and reviewing risks."""

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

VERSION = "The opportunity's version that was read."


@strawberry.input(description="Something that the buyer fears.")
class RaiseRiskInput:
    opportunity_id: strawberry.ID = described("The opportunity.")
    category: RiskCategory = described("What kind of fear.")
    statement: str = described("In the buyer's words.")
    perceived_by_id: strawberry.ID | None = optional("The stakeholder who fears it.")
    likelihood: int = described("1 to 5.")
    impact: int = described("1 to 5.")
    owner_id: strawberry.ID | None = optional("The member who looks after it.")
    review_due: date | None = optional("By when it is to be looked at again.")


@strawberry.input(
    description="Changes of a risk: what is left out is kept, null clears who and when. To lower one that is HIGH or CRITICAL is a manager's."
)
class UpdateRiskInput:
    id: strawberry.ID = described("The risk.")
    expected_version: int | None = optional(VERSION)
    statement: str | None = optional("In the buyer's words.")
    perceived_by_id: strawberry.ID | None = optional("The stakeholder who fears it.")
    likelihood: int | None = optional("1 to 5.")
    impact: int | None = optional("1 to 5.")
    confirmed_by_buyer: bool | None = optional("True: the buyer has said so, CONFIRMED; false: SUSPECTED.")
    owner_id: strawberry.ID | None = optional("The member who looks after it.")
    review_due: date | None = optional("By when it is to be looked at again.")


@strawberry.input(
    description="A risk is put to rest. To accept any, and to close one that is HIGH or CRITICAL, is a manager's who does not own the deal."
)
class SettleRiskInput:
    id: strawberry.ID = described("The risk.")
    expected_version: int | None = optional(VERSION)
    status: RiskSettlement = described("Lived with, or gone.")
    reason: str = described("Why; kept and told in the event.")


@strawberry.input(description="Something to be done about a risk.")
class AddMitigationInput:
    risk_id: strawberry.ID = described("The risk.")
    kind: MitigationKind = described("How it helps.")
    action: str = described("What is to be done.")
    due: date | None = optional("By when.")


@strawberry.input(description="A mitigation that was done.")
class CompleteMitigationInput:
    id: strawberry.ID = described("The mitigation.")
    expected_version: int | None = optional(VERSION)
    evidence: str = described("What shows that it was done, in words that say something.")


@strawberry.input(description="The buyer's perceived risks were gone through.")
class ReviewRisksInput:
    opportunity_id: strawberry.ID = described("The opportunity.")
    none_found: bool = strawberry.field(default=False, description="The buyer fears nothing; not while a risk is open.")
    note: str | None = optional("In your words.")


@strawberry.type(description="The risk was raised or changed.")
class RiskChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Risk, description="The risk as stored.")
    async def risk(self, info: Info) -> RiskFacts:
        risk: RiskFacts = await load_changed_part(info, "Risk", self.key)
        return risk

    @strawberry.field(graphql_type=Opportunity, description="The opportunity that it hangs on.")
    async def opportunity(self, info: Info) -> OpportunityRow:
        return await load_changed_opportunity(info, "Risk", self.key)


RiskResult = Annotated[
    RiskChanged | VersionConflict | RecordClosed | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("RiskResult", description="The risk, or why not."),
]


def _mutation(description: str, result: Any = RiskResult) -> Any:
    return strawberry.mutation(graphql_type=result, description=description)


@strawberry.type
class RiskMutation:
    @_mutation("Record something that the buyer fears.")
    async def raise_risk(self, info: Info, input: RaiseRiskInput) -> RiskChanged:
        """A fear told."""
        id, new = (
            ids.parse("Opportunity", input.opportunity_id),
            NewRisk(**_parse_ids(provided_fields(input, "opportunity_id"))),
        )
        return RiskChanged(key=await operations.raise_risk(info.context.operation_context(), id, new))

    @_mutation("Change the fields that are given.")
    async def update_risk(self, info: Info, input: UpdateRiskInput) -> RiskChanged:
        """A fear seen better."""
        id, version = ids.parse("Risk", input.id), or_none(input.expected_version)
        changes: Any = _parse_ids(provided_fields(input, "id", "expected_version"))
        key = await operations.update_risk(info.context.operation_context(), id, changes, expected_version=version)
        return RiskChanged(key=key)

    @_mutation("Accept a risk, or close it.")
    async def settle_risk(self, info: Info, input: SettleRiskInput) -> RiskChanged:
        """A fear at rest."""
        id, version = ids.parse("Risk", input.id), {"expected_version": or_none(input.expected_version)}
        key = await operations.settle_risk(
            info.context.operation_context(), id, input.status, reason=input.reason, **version
        )
        return RiskChanged(key=key)

    @_mutation("Plan something against a risk: it is MITIGATING from then on.")
    async def add_mitigation(self, info: Info, input: AddMitigationInput) -> RiskChanged:
        """A counter-measure."""
        id, new = ids.parse("Risk", input.risk_id), NewMitigation(**provided_fields(input, "risk_id"))
        return RiskChanged(key=await mitigations.add_mitigation(info.context.operation_context(), id, new))

    @_mutation("It was done, with evidence; when all of a risk's are, it is MITIGATED.")
    async def complete_mitigation(self, info: Info, input: CompleteMitigationInput) -> RiskChanged:
        """Done."""
        id, version = ids.parse("Mitigation", input.id), {"expected_version": or_none(input.expected_version)}
        key = await mitigations.complete_mitigation(
            info.context.operation_context(), id, evidence=input.evidence, **version
        )
        return RiskChanged(key=key)

    @_mutation("Say that the buyer's perceived risks were gone through.", OpportunityResult)
    async def review_risks(self, info: Info, input: ReviewRisksInput) -> OpportunityChanged:
        """A look at all fears."""
        id, note = ids.parse("Opportunity", input.opportunity_id), or_none(input.note)
        review = {"none_found": input.none_found, "note": note}
        return OpportunityChanged(key=await operations.review_risks(info.context.operation_context(), id, **review))


def _parse_ids(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with ids as records."""
    for name, kind in (("perceived_by_id", "Stakeholder"), ("owner_id", "Member")):
        if name in fields:
            fields[name] = ids.parse_optional(kind, fields[name])
    return fields
