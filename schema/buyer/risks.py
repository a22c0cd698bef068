"""The buyer's perceived risks, their mitigations and reviews."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import strawberry

from schema.buyer.stakeholders import Stakeholder
from schema.core.context import Info
from schema.core.inputs import or_none
from schema.core.nodes import Node, Root, Roots, backed_by, batch, described, needs, node_id, referenced
from schema.people.types import ActorType, Member
from workflow.rules.enums import MitigationKind, RiskCategory, RiskLevel, RiskStatus
from workflow.rules.opportunity import risks as rules
from workflow.rules.opportunity.parts import (
    Actor,
    MitigationFacts,
    RiskFacts,
    RiskReviewFacts,
    StakeholderFacts,
)


@strawberry.type(description="A plan to reduce a risk.")
class Mitigation(Node):
    is_type_of = backed_by(MitigationFacts)
    id: strawberry.ID = node_id("Mitigation")
    kind: MitigationKind = described("The kind of mitigation.")
    action: str = described("The planned action.")
    due: date | None = described("The day by which it should be done.")
    done_at: datetime | None = described("The time when it was done. Null if it is not done.")
    evidence: str | None = described("The words that show that it was done.")


@strawberry.type(description="A risk that the buyer sees in the purchase.")
class Risk(Node):
    is_type_of = backed_by(RiskFacts)
    id: strawberry.ID = node_id("Risk")
    category: RiskCategory = described("The kind of risk.")
    statement: str = described("The risk in the buyer's words.")
    likelihood: int = described("The likelihood, 1 (low) to 5 (high).")
    impact: int = described("The impact, 1 (low) to 5 (high).")
    status: RiskStatus = described(
        "The state of the risk. SUSPECTED, CONFIRMED and MITIGATING risks are open."
    )
    review_due: date | None = described("The day by which it should be reviewed again.")
    mitigations: list[Mitigation] = described("The mitigations, in the order in which they were planned.")
    raised_at: datetime = described("The time when it was raised.")
    closed_at: datetime | None = described("The time when it was accepted or closed. Null before that.")

    @strawberry.field(
        description="The level, likelihood × impact: LOW up to 4, MEDIUM 5 to 9, HIGH 10 to 14, CRITICAL "
        "from 15."
    )
    def level(self, root: Root) -> RiskLevel:
        return rules.risk_level(root)

    @strawberry.field(graphql_type=Stakeholder | None, description="The stakeholder who sees the risk.")
    async def perceived_by(self, root: Root, info: Info) -> StakeholderFacts | None:
        people = await info.context.loaders.part("stakeholders", root.opportunity_id)
        return next((person for person in people if person.id == root.perceived_by_id), None)

    owner: Member | None = referenced("member", "owner_id", "The member who is responsible for it.")


@strawberry.type(description="The last review of the buyer's risks.")
class RiskReview:
    is_type_of = backed_by(RiskReviewFacts)
    at: datetime = described("The time of the review.")
    none_found: bool = described("True if the review found no risk.")
    note: str | None = described("The reviewer's note.")

    @strawberry.field(graphql_type=ActorType, description="The member or API key that reviewed the risks.")
    def by(self, root: Root) -> Actor:
        actor: Actor = root.by
        return actor


Statuses = Annotated[
    list[RiskStatus] | None, strawberry.argument(description="Only risks with one of these statuses.")
]


@batch
@needs("id")
async def deal_risks(
    roots: Roots, info: Info, status: Statuses = strawberry.UNSET
) -> list[Sequence[RiskFacts]]:
    """Return the risks of each deal."""
    statuses = or_none(status)
    return [
        [risk for risk in risks if statuses is None or risk.status in statuses]
        for risks in await info.context.loaders.part_of_each("risks", [root.id for root in roots])
    ]


@batch
@needs("id")
async def deal_risk_review(roots: Roots, info: Info) -> list[RiskReviewFacts | None]:
    """Return the last risk review of each deal; None for one without."""
    return await info.context.loaders.part_of_each("risk_review", [root.id for root in roots])
