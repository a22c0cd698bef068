"""What is understood of the buyer: people, decisions, objectives, and whom else they look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import strawberry

from schema.buyer.competitors import Competitor
from schema.buyer.stakeholders import Stakeholder
from schema.core.nodes import Root, backed_by, described
from workflow.rules.enums import BuyingRole, PurchaseProcess
from workflow.rules.opportunity import buyer as rules
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import DecisionStepFacts, ObjectiveFacts, StakeholderFacts
from workflow.rules.process.document import ProcessDocument


@dataclass(frozen=True, slots=True)
class BuyerRoot:
    """A deal's facts and the process that says which roles are asked for."""

    facts: OpportunityFacts
    process: ProcessDocument


@strawberry.type(name="RoleCoverage", description="Roles of which the process asks for somebody, and who fills them.")
class RoleCoverageType:
    is_type_of = backed_by(rules.RoleCoverage)
    any_of: list[BuyingRole] = described("One of these roles.")
    minimum: int = described("So many people are asked for.")
    filled_by: list[Stakeholder] = described("Who holds one of them and has not left.")
    met: bool = described("Whether they are enough.")


@strawberry.type(description="A step of the buyer's way to a decision.")
class DecisionStep:
    name: str = described("What happens.")
    owner: Stakeholder | None = described("Whose step it is.")
    due: date | None = described("By when.")
    done: bool = described("Whether it has happened.")


@strawberry.type(description="What the buyer wants to reach.")
class Objective:
    is_type_of = backed_by(ObjectiveFacts)
    text: str = described("In the buyer's words.")
    metric: str | None = described("What it is measured by.")
    baseline: str | None = described("Where they stand today.")
    target: str | None = described("Where they want to be.")
    due: date | None = described("By when.")


def _facts_field(name: str, description: str, graphql_type: Any) -> Any:
    def read(root: Any) -> Any:
        return getattr(root.facts, name)

    read.__annotations__ = {"root": Root}
    return strawberry.field(resolver=read, graphql_type=graphql_type, description=description)


@strawberry.type(description="What is understood of the buyer.")
class Buyer:
    is_type_of = backed_by(BuyerRoot)
    stakeholders: list[Stakeholder] = _facts_field(
        "stakeholders", "Who takes part in the purchase, in the order they were added.", list[Stakeholder]
    )
    purchase_process: PurchaseProcess = _facts_field("purchase_process", "How the buyer decides.", PurchaseProcess)
    decision_date: date | None = _facts_field("decision_date", "The day the buyer decides.", date | None)
    compelling_event: str | None = _facts_field(
        "compelling_event", "The event that makes a date matter to them.", str | None
    )
    motivation_to_change: str | None = _facts_field(
        "motivation_to_change", "Why they want to change at all.", str | None
    )
    objectives: list[Objective] = _facts_field(
        "objectives", "What they want to reach, in their order.", list[Objective]
    )
    first_time_buyer: bool | None = _facts_field(
        "first_time_buyer", "Whether they buy such a thing for the first time; null: not known.", bool | None
    )
    prior_attempt_failed: bool | None = _facts_field(
        "prior_attempt_failed", "Whether they failed at this before; null: not known.", bool | None
    )
    prior_attempt_note: str | None = _facts_field("prior_attempt_note", "What became of that attempt.", str | None)

    competitors: list[Competitor] = _facts_field(
        "competitors", "Whom or what they compare us with, in the order they were added.", list[Competitor]
    )

    @strawberry.field(
        graphql_type=list[RoleCoverageType], description="Roles that the process asks for, and who fills them."
    )
    def coverage(self, root: Root) -> Sequence[rules.RoleCoverage]:
        return rules.role_coverage(root.process, root.facts)

    @strawberry.field(description="Required roles met, in percent of those required; 100 where none is.")
    def coverage_percent(self, root: Root) -> int:
        return rules.coverage_percent(root.process, root.facts)

    @strawberry.field(description="True with fewer than two stakeholders who have not left.")
    def single_threaded(self, root: Root) -> bool:
        return rules.is_single_threaded(root.facts)

    @strawberry.field(graphql_type=list[DecisionStep], description="The buyer's way to a decision, in its order.")
    def decision_steps(self, root: Root) -> list[Any]:
        people: dict[Any, StakeholderFacts] = {person.id: person for person in root.facts.stakeholders}
        return [_to_decision_step(step, people.get(step.owner_id)) for step in root.facts.decision_steps]


def _to_decision_step(step: DecisionStepFacts, owner: Any) -> DecisionStep:
    return DecisionStep(name=step.name, owner=owner, due=step.due, done=step.done)
