"""The buyer of an opportunity: the people, the decision process and the objectives."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import strawberry

from schema.buyer.competitors import Competitor
from schema.buyer.stakeholders import Stakeholder
from schema.core.context import Info
from schema.core.dataloader import load_all_required
from schema.core.nodes import Root, Roots, backed_by, batch, batch_field, described, needs
from schema.execution.columns import Columns
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import BuyingRole, PurchaseProcess
from workflow.rules.opportunity import buyer as rules
from workflow.rules.opportunity.parts import DecisionStepFacts, ObjectiveFacts, StakeholderFacts
from workflow.rules.process.document import ProcessDocument

ROLES: Columns = {StakeholderFacts: frozenset({"roles", "left"})}
"""The columns of stakeholders from which the coverage of roles follows."""


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


def _part(name: str, description: str) -> Any:
    """Declare a field with a part of each deal, read for all deals of a page at once."""

    async def read_part(roots: Any, info: Any) -> Any:
        return await info.context.loaders.part_of_each(name, [root.id for root in roots])

    return batch_field(needs("id")(read_part), description)


@strawberry.type(
    description="The buyer of an opportunity: the people, the decision process and the objectives."
)
class Buyer:
    is_type_of = backed_by(OpportunityRow)
    stakeholders: list[Stakeholder] = _part(
        "stakeholders", "The people who take part in the purchase, in the order in which they were added."
    )
    purchase_process: PurchaseProcess = described("The way the buyer decides.")
    decision_date: date | None = described("The day on which the buyer decides.")
    compelling_event: str | None = described("The event that makes the date matter to the buyer.")
    motivation_to_change: str | None = described("The reason why the buyer wants to change at all.")
    objectives: list[Objective] = _part("objectives", "The results that the buyer wants, in order.")
    first_time_buyer: bool | None = described(
        "True if the buyer has never bought anything like it. Null if not known."
    )
    prior_attempt_failed: bool | None = described(
        "True if the buyer tried this before and failed. Null if not known."
    )
    prior_attempt_note: str | None = described("The story of that attempt.")

    competitors: list[Competitor] = _part(
        "competitors", "The competitors, in the order in which they were added."
    )

    @strawberry.field(
        graphql_type=list[RoleCoverageType],
        description="The required roles of the process, and who holds them.",
    )
    @batch
    @needs("id", "process_id", others=ROLES)
    async def coverage(roots: Roots, info: Info) -> list[Sequence[rules.RoleCoverage]]:
        return [rules.role_coverage(*one) for one in await _processes_and_people(info, roots)]

    @strawberry.field(
        graphql_type=int,
        description="The required roles that are covered, in percent. 100 if the process requires none.",
    )
    @batch
    @needs("id", "process_id", others=ROLES)
    async def coverage_percent(roots: Roots, info: Info) -> list[int]:
        return [rules.coverage_percent(*one) for one in await _processes_and_people(info, roots)]

    @strawberry.field(graphql_type=bool, description="True if fewer than two stakeholders have not left.")
    @batch
    @needs("id", others=ROLES)
    async def single_threaded(roots: Roots, info: Info) -> list[bool]:
        return [rules.is_single_threaded(rules.People(people)) for people in await _people(info, roots)]

    @strawberry.field(
        graphql_type=list[DecisionStep], description="The steps of the buyer's decision process, in order."
    )
    @batch
    @needs("id", others={StakeholderFacts: frozenset({"id"})})
    async def decision_steps(roots: Roots, info: Info) -> list[list[Any]]:
        steps = await info.context.loaders.part_of_each("decision_steps", [root.id for root in roots])
        people = [{one.id: one for one in stakeholders} for stakeholders in await _people(info, roots)]
        return [
            [_to_decision_step(step, by_id.get(step.owner_id)) for step in steps_of_deal]
            for steps_of_deal, by_id in zip(steps, people, strict=True)
        ]


@needs()
def deal_buyer(root: Root) -> OpportunityRow:
    """Return the buyer of a deal, whose columns are those of the deal."""
    row: OpportunityRow = root
    return row


async def _people(info: Info, rows: Sequence[OpportunityRow]) -> list[Sequence[StakeholderFacts]]:
    return await info.context.loaders.part_of_each("stakeholders", [row.id for row in rows])


async def _processes_and_people(
    info: Info, rows: Sequence[OpportunityRow]
) -> list[tuple[ProcessDocument, rules.People]]:
    processes = await load_all_required(info.context.loaders.process, [row.process_id for row in rows])
    people = await _people(info, rows)
    return [
        (process.document, rules.People(stakeholders))
        for process, stakeholders in zip(processes, people, strict=True)
    ]


def _to_decision_step(step: DecisionStepFacts, owner: Any) -> DecisionStep:
    return DecisionStep(name=step.name, owner=owner, due=step.due, done=step.done)
