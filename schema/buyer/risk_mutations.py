"""Raising, mitigating, settling and reviewing risks."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry

from schema.buyer.risks import Risk
from schema.core import ids
from schema.core.context import Info
from schema.core.inputs import given, maybe, or_none
from schema.core.nodes import told
from schema.opportunity.mutations import OpportunityChanged, OpportunityResult
from schema.opportunity.type import Opportunity
from schema.results.changed_part import deal_of, part_of
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
    """A fear."""

    opportunity_id: strawberry.ID = told("The opportunity.")
    category: RiskCategory = told("What kind of fear.")
    statement: str = told("In the buyer's words.")
    perceived_by_id: strawberry.ID | None = maybe("The stakeholder who fears it.")
    likelihood: int = told("1 to 5.")
    impact: int = told("1 to 5.")
    owner_id: strawberry.ID | None = maybe("The member who looks after it.")
    review_due: date | None = maybe("By when it is to be looked at again.")


@strawberry.input(
    description="Changes of a risk: what is left out is kept, null clears who and when. To lower one that is HIGH or CRITICAL is a manager's."
)
class UpdateRiskInput:
    """What changes."""

    id: strawberry.ID = told("The risk.")
    expected_version: int | None = maybe(VERSION)
    statement: str | None = maybe("In the buyer's words.")
    perceived_by_id: strawberry.ID | None = maybe("The stakeholder who fears it.")
    likelihood: int | None = maybe("1 to 5.")
    impact: int | None = maybe("1 to 5.")
    confirmed_by_buyer: bool | None = maybe("True: the buyer has said so, CONFIRMED; false: SUSPECTED.")
    owner_id: strawberry.ID | None = maybe("The member who looks after it.")
    review_due: date | None = maybe("By when it is to be looked at again.")


@strawberry.input(
    description="A risk is put to rest. To accept any, and to close one that is HIGH or CRITICAL, is a manager's who does not own the deal."
)
class SettleRiskInput:
    """Lived with, or gone."""

    id: strawberry.ID = told("The risk.")
    expected_version: int | None = maybe(VERSION)
    status: RiskSettlement = told("Lived with, or gone.")
    reason: str = told("Why; kept and told in the event.")


@strawberry.input(description="Something to be done about a risk.")
class AddMitigationInput:
    """A counter-measure."""

    risk_id: strawberry.ID = told("The risk.")
    kind: MitigationKind = told("How it helps.")
    action: str = told("What is to be done.")
    due: date | None = maybe("By when.")


@strawberry.input(description="A mitigation that was done.")
class CompleteMitigationInput:
    """Done, and what shows it."""

    id: strawberry.ID = told("The mitigation.")
    expected_version: int | None = maybe(VERSION)
    evidence: str = told("What shows that it was done, in words that say something.")


@strawberry.input(description="The buyer's perceived risks were gone through.")
class ReviewRisksInput:
    """A look at all fears."""

    opportunity_id: strawberry.ID = told("The opportunity.")
    none_found: bool = strawberry.field(default=False, description="The buyer fears nothing; not while a risk is open.")
    note: str | None = maybe("In your words.")


@strawberry.type(description="The risk was raised or changed.")
class RiskChanged:
    """Done."""

    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Risk, description="The risk as stored.")
    async def risk(self, info: Info) -> RiskFacts:
        """Read after the write."""
        risk: RiskFacts = await part_of(info, "Risk", self.key)
        return risk

    @strawberry.field(graphql_type=Opportunity, description="The opportunity that it hangs on.")
    async def opportunity(self, info: Info) -> OpportunityRow:
        """Read after the write."""
        return await deal_of(info, "Risk", self.key)


RiskResult = Annotated[
    RiskChanged | VersionConflict | RecordClosed | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("RiskResult", description="The risk, or why not."),
]


def _writes(description: str, answers: Any = RiskResult) -> Any:
    return strawberry.mutation(graphql_type=answers, description=description)


@strawberry.type
class RiskMutation:
    """What is done with the buyer's fears."""

    @_writes("Record something that the buyer fears.")
    async def raise_risk(self, info: Info, input: RaiseRiskInput) -> RiskChanged:
        """A fear told."""
        id, new = ids.of("Opportunity", input.opportunity_id), NewRisk(**_placed(given(input, "opportunity_id")))
        return RiskChanged(key=await operations.raise_risk(info.context.acting(), id, new))

    @_writes("Change the fields that are given.")
    async def update_risk(self, info: Info, input: UpdateRiskInput) -> RiskChanged:
        """A fear seen better."""
        id, version = ids.of("Risk", input.id), or_none(input.expected_version)
        changes: Any = _placed(given(input, "id", "expected_version"))
        key = await operations.update_risk(info.context.acting(), id, changes, expected_version=version)
        return RiskChanged(key=key)

    @_writes("Accept a risk, or close it.")
    async def settle_risk(self, info: Info, input: SettleRiskInput) -> RiskChanged:
        """A fear at rest."""
        id, terms = ids.of("Risk", input.id), {"expected_version": or_none(input.expected_version)}
        key = await operations.settle_risk(info.context.acting(), id, input.status, reason=input.reason, **terms)
        return RiskChanged(key=key)

    @_writes("Plan something against a risk: it is MITIGATING from then on.")
    async def add_mitigation(self, info: Info, input: AddMitigationInput) -> RiskChanged:
        """A counter-measure."""
        id, new = ids.of("Risk", input.risk_id), NewMitigation(**given(input, "risk_id"))
        return RiskChanged(key=await mitigations.add_mitigation(info.context.acting(), id, new))

    @_writes("It was done, with evidence; when all of a risk's are, it is MITIGATED.")
    async def complete_mitigation(self, info: Info, input: CompleteMitigationInput) -> RiskChanged:
        """Done."""
        id, terms = ids.of("Mitigation", input.id), {"expected_version": or_none(input.expected_version)}
        key = await mitigations.complete_mitigation(info.context.acting(), id, evidence=input.evidence, **terms)
        return RiskChanged(key=key)

    @_writes("Say that the buyer's perceived risks were gone through.", OpportunityResult)
    async def review_risks(self, info: Info, input: ReviewRisksInput) -> OpportunityChanged:
        """A look at all fears."""
        id, note = ids.of("Opportunity", input.opportunity_id), or_none(input.note)
        terms = {"none_found": input.none_found, "note": note}
        return OpportunityChanged(key=await operations.review_risks(info.context.acting(), id, **terms))


def _placed(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with ids as records."""
    for name, kind in (("perceived_by_id", "Stakeholder"), ("owner_id", "Member")):
        if name in fields:
            fields[name] = ids.maybe_of(kind, fields[name])
    return fields
