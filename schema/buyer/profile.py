"""The buyer of an opportunity: the people, the decision process and the objectives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import strawberry

from schema.buyer.competitors import Competitor
from schema.buyer.stakeholders import Stakeholder
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.nodes import Root, backed_by, described
from workflow.rules.enums import BuyingRole, PurchaseProcess
from workflow.rules.opportunity import buyer as rules
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import DecisionStepFacts, ObjectiveFacts, StakeholderFacts
from workflow.rules.process.document import ProcessDocument


@dataclass(frozen=True, slots=True)
class BuyerRoot:
    """A deal's facts and its process, which sets the required roles."""

    facts: OpportunityFacts
    process: ProcessDocument


@strawberry.type(name="RoleCoverage", description="The coverage of one required role: who holds it.")
class RoleCoverageType:
    is_type_of = backed_by(rules.RoleCoverage)
    any_of: list[BuyingRole] = described("The roles that count: one of them is enough.")
    minimum: int = described("The number of people required.")
    filled_by: list[Stakeholder] = described("The stakeholders who hold one of the roles and have not left.")
    met: bool = described("True if there are enough people.")


@strawberry.type(description="One step of the buyer's decision process.")
class DecisionStep:
    name: str = described("The step, such as an approval.")
    owner: Stakeholder | None = described("The stakeholder who takes the step. Null if not known.")
    due: date | None = described("The day by which it should be done.")
    done: bool = described("True if it is done.")


@strawberry.type(description="A result that the buyer wants.")
class Objective:
    is_type_of = backed_by(ObjectiveFacts)
    text: str = described("The objective in the buyer's words.")
    metric: str | None = described("The measure of success.")
    baseline: str | None = described("The value of the measure today.")
    target: str | None = described("The value of the measure that the buyer wants.")
    due: date | None = described("The day by which the buyer wants it.")


def _facts_field(name: str, description: str, graphql_type: Any) -> Any:
    def read(root: Any) -> Any:
        return getattr(root.facts, name)

    read.__annotations__ = {"root": Root}
    return strawberry.field(resolver=read, graphql_type=graphql_type, description=description)


@strawberry.type(
    description="The buyer of an opportunity: the people, the decision process and the objectives."
)
class Buyer:
    is_type_of = backed_by(BuyerRoot)
    stakeholders: list[Stakeholder] = _facts_field(
        "stakeholders",
        "The people who take part in the purchase, in the order in which they were added.",
        list[Stakeholder],
    )
    purchase_process: PurchaseProcess = _facts_field(
        "purchase_process", "The way the buyer decides.", PurchaseProcess
    )
    decision_date: date | None = _facts_field(
        "decision_date", "The day on which the buyer decides.", date | None
    )
    compelling_event: str | None = _facts_field(
        "compelling_event", "The event that makes the date matter to the buyer.", str | None
    )
    motivation_to_change: str | None = _facts_field(
        "motivation_to_change", "The reason why the buyer wants to change at all.", str | None
    )
    objectives: list[Objective] = _facts_field(
        "objectives", "The results that the buyer wants, in order.", list[Objective]
    )
    first_time_buyer: bool | None = _facts_field(
        "first_time_buyer",
        "True if the buyer has never bought anything like it. Null if not known.",
        bool | None,
    )
    prior_attempt_failed: bool | None = _facts_field(
        "prior_attempt_failed",
        "True if the buyer tried this before and failed. Null if not known.",
        bool | None,
    )
    prior_attempt_note: str | None = _facts_field(
        "prior_attempt_note", "The story of that attempt.", str | None
    )

    competitors: list[Competitor] = _facts_field(
        "competitors", "The competitors, in the order in which they were added.", list[Competitor]
    )

    @strawberry.field(
        graphql_type=list[RoleCoverageType],
        description="The required roles of the process, and who holds them.",
    )
    def coverage(self, root: Root) -> Sequence[rules.RoleCoverage]:
        return rules.role_coverage(root.process, root.facts)

    @strawberry.field(
        description="The required roles that are covered, in percent. 100 if the process requires none."
    )
    def coverage_percent(self, root: Root) -> int:
        return rules.coverage_percent(root.process, root.facts)

    @strawberry.field(description="True if fewer than two stakeholders have not left.")
    def single_threaded(self, root: Root) -> bool:
        return rules.is_single_threaded(root.facts)

    @strawberry.field(
        graphql_type=list[DecisionStep], description="The steps of the buyer's decision process, in order."
    )
    def decision_steps(self, root: Root) -> list[Any]:
        people: dict[Any, StakeholderFacts] = {person.id: person for person in root.facts.stakeholders}
        return [_to_decision_step(step, people.get(step.owner_id)) for step in root.facts.decision_steps]


async def deal_buyer(root: Root, info: Info) -> BuyerRoot:
    """Return the buyer of a deal."""
    return BuyerRoot(
        facts=await load_required(info.context.loaders.facts, root.id),
        process=(await load_required(info.context.loaders.process, root.process_id)).document,
    )


def _to_decision_step(step: DecisionStepFacts, owner: Any) -> DecisionStep:
    return DecisionStep(name=step.name, owner=owner, due=step.due, done=step.done)
