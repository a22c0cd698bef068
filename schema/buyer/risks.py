"""The buyer's perceived risks as they are read."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import strawberry

from schema.buyer.stakeholders import Stakeholder
from schema.core.context import Info
from schema.core.inputs import or_none
from schema.core.nodes import Node, Root, backed_by, described, node_id
from schema.people.types import ActorType, Member
from workflow.queries.people.people import MemberRow
from workflow.rules.enums import MitigationKind, RiskCategory, RiskLevel, RiskStatus
from workflow.rules.opportunity import risks as rules
from workflow.rules.opportunity.parts import Actor, MitigationFacts, RiskFacts, RiskReviewFacts, StakeholderFacts


@strawberry.type(description="What is done to make a risk smaller.")
class Mitigation(Node):
    is_type_of = backed_by(MitigationFacts)
    id: strawberry.ID = node_id("Mitigation")
    kind: MitigationKind = described("How it helps.")
    action: str = described("What is to be done.")
    due: date | None = described("By when.")
    done_at: datetime | None = described("When it was done; null while it is not.")
    evidence: str | None = described("What shows that it was done.")


@strawberry.type(description="Something that the buyer fears.")
class Risk(Node):
    is_type_of = backed_by(RiskFacts)
    id: strawberry.ID = node_id("Risk")
    category: RiskCategory = described("What kind of fear.")
    statement: str = described("In the buyer's words.")
    likelihood: int = described("1 to 5.")
    impact: int = described("1 to 5.")
    status: RiskStatus = described("What became of it; SUSPECTED, CONFIRMED and MITIGATING are open.")
    review_due: date | None = described("By when it is to be looked at again.")
    mitigations: list[Mitigation] = described("What is done about it, in the order it was planned.")
    raised_at: datetime = described("When it was raised.")
    closed_at: datetime | None = described("When it was accepted or closed; null while it was not.")

    @strawberry.field(description="likelihood × impact: LOW to 4, MEDIUM 5 to 9, HIGH 10 to 14, CRITICAL from 15.")
    def level(self, root: Root) -> RiskLevel:
        return rules.risk_level(root)

    @strawberry.field(graphql_type=Stakeholder | None, description="Who of the buyer's fears it.")
    async def perceived_by(self, root: Root, info: Info) -> StakeholderFacts | None:
        people = await info.context.loaders.part("stakeholders", root.opportunity_id)
        return next((person for person in people if person.id == root.perceived_by_id), None)

    @strawberry.field(graphql_type=Member | None, description="Who of ours looks after it.")
    async def owner(self, root: Root, info: Info) -> MemberRow | None:
        return None if root.owner_id is None else await info.context.loaders.member.load(root.owner_id)


@strawberry.type(description="When, and by whom, the buyer's perceived risks were last gone through.")
class RiskReview:
    is_type_of = backed_by(RiskReviewFacts)
    at: datetime = described("When.")
    none_found: bool = described("Whether it was said that there is none.")
    note: str | None = described("In the words of who reviewed them.")

    @strawberry.field(graphql_type=ActorType, description="Who went through them.")
    def by(self, root: Root) -> Actor:
        actor: Actor = root.by
        return actor


@strawberry.type
class DealRisks:
    @strawberry.field(graphql_type=list[Risk], description="What the buyer fears, in the order it was raised.")
    async def risks(
        self, root: Root, info: Info, status: list[RiskStatus] | None = strawberry.UNSET
    ) -> Sequence[RiskFacts]:
        statuses: Any = or_none(status)
        found: Sequence[RiskFacts] = await info.context.loaders.part("risks", root.id)
        return [risk for risk in found if statuses is None or risk.status in statuses]

    @strawberry.field(description="The highest level among open risks; null where none is open.")
    def risk_level(self, root: Root) -> RiskLevel | None:
        level: RiskLevel | None = root.risk_level
        return level

    @strawberry.field(
        graphql_type=RiskReview | None,
        description="When, and by whom, the buyer's perceived risks were last reviewed; null: never.",
    )
    async def risk_review(self, root: Root, info: Info) -> RiskReviewFacts | None:
        review: RiskReviewFacts | None = await info.context.loaders.part("risk_review", root.id)
        return review
