"""The sales process: one published, immutable, versioned document."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import strawberry

from schema.core.context import Info
from schema.core.inputs import or_none
from schema.core.nodes import Node, Root, is_row, node_id, told
from schema.core.scalars import Json
from schema.people.types import Actor
from workflow.queries.process import processes
from workflow.queries.process.processes import ProcessRow
from workflow.rules.enums import (
    AlertCode,
    AlertSeverity,
    BuyingRole,
    Coverage,
    CriterionKind,
    FitOperator,
    ForecastCategory,
    Grade,
    MilestoneSide,
    OpportunityField,
    OpportunityState,
    RiskLevel,
    Strength,
    Trigger,
)
from workflow.rules.process import document


@strawberry.type(description="One thing to find out about a deal.")
class Criterion:
    """Asked of every deal of the process."""

    is_type_of = is_row(document.Criterion)
    key: str = told("Stable inside the process, e.g. `pain`.")
    kind: CriterionKind = told("What it asks about.")
    label: str = told("As people read it.")
    questions: list[str] = told("What a good seller asks to find out.")
    weight: int = told("How much it counts in the score.")
    stale_after_days: int | None = told("After so many days an assessment is stale and meets nothing; null: never.")


@strawberry.type(description="A condition on the account's own data.")
class FitRule:
    """Run on the account as it stands."""

    is_type_of = is_row(document.FitRule)
    key: str = told("Stable inside the process.")
    label: str = told("As people read it.")
    attribute: str = told("A field of Account or a key of its `attributes`.")
    operator: FitOperator = told("How the account's value is compared.")
    value: Json = told("What it is compared with; a list for IN.")
    strength: Strength = told("HARD rules decide `fit` and `isOpportunity`.")


@strawberry.type(description="Roles of which the process asks for somebody.")
class RequiredRole:
    """Who must be known."""

    is_type_of = is_row(document.RequiredRole)
    any_of: list[BuyingRole] = told("One of these roles.")
    minimum: int = told("So many people.")


@strawberry.type(description="A step towards the purchase that every deal is given.")
class MilestoneTemplate:
    """Laid out on entering PROGRESSING."""

    is_type_of = is_row(document.MilestoneTemplate)
    key: str = told("Stable inside the process.")
    name: str = told("As people read it.")
    side: MilestoneSide = told("Whose step it is.")
    weight: int = told("How much it counts in the progress.")
    due_after_days: int | None = told("Counted from entering PROGRESSING.")


@strawberry.type(description="The grade that a criterion must reach.")
class CriterionTest:
    """A criterion's test."""

    is_type_of = is_row(document.CriterionTest)
    key: str = told("The criterion.")
    min_grade: Grade = told("The least grade that holds.")


@strawberry.type(description="The people who must be known.")
class RoleTest:
    """A role's test."""

    is_type_of = is_row(document.RoleTest)
    any_of: list[BuyingRole] = told("One of these roles; any where empty.")
    minimum: int = told("So many people who have not left.")
    min_coverage: Coverage = told("Each spoken with so often, both ways.")


@strawberry.type(description="What a requirement looks at. Exactly one field is set.")
class RequirementTest:
    """One of nine."""

    is_type_of = is_row(document.RequirementTest)
    criterion: CriterionTest | None = told("A criterion's grade.")
    fit: bool | None = told("The hard fit rules on the account's data.")
    field: OpportunityField | None = told("A field that must have a value.")
    role: RoleTest | None = told("People who must be known.")
    milestone: str | None = told("A milestone that must be done or waived.")
    max_open_risk: RiskLevel | None = told("No open risk above this level.")
    risk_reviewed: bool | None = told("The buyer's risks have been reviewed.")
    activity_within_days: int | None = told("A two-way activity within so many days.")
    expression: str | None = told("CEL over the opportunity; must give true.")


@strawberry.type(description="One thing that must hold on an arrow.")
class GateRequirement:
    """A line of a gate."""

    is_type_of = is_row(document.GateRequirement)
    key: str = told("Stable inside the process, e.g. `criterion.pain`.")
    label: str = told("As people read it.")
    strength: Strength = told("Who may override it.")
    when: str | None = told("CEL; the requirement applies only where it is true.")
    test: RequirementTest = told("What it looks at.")


@strawberry.type(description="What must hold on an arrow; every requirement is evaluated.")
class Gate:
    """An arrow's requirements."""

    is_type_of = is_row(document.Gate)
    trigger: Trigger = told("The arrow.")
    requirements: list[GateRequirement] = told("All of them.")


@strawberry.type(description="One row for each code and severity.")
class AlertRule:
    """When to warn."""

    is_type_of = is_row(document.AlertRule)
    code: AlertCode = told("What it warns of.")
    severity: AlertSeverity = told("How urgent it is then.")
    states: list[OpportunityState] = told("In which states it runs.")
    enabled: bool = told("Whether it runs at all.")

    @strawberry.field(description="Days unless the code says otherwise; null where the code has none.")
    def threshold(self, root: strawberry.Parent[Any]) -> float | None:
        """When."""
        return None if root.threshold is None else float(root.threshold)


@strawberry.type(description="What a state means for the forecast.")
class StateSettings:
    """A state's figures."""

    is_type_of = is_row(document.StateSettings)
    state: OpportunityState = told("The state.")
    forecast_category: ForecastCategory = told("How the forecast counts a deal there.")
    expected_days: int | None = told("How long a deal should stay.")

    @strawberry.field(description="0 to 1.")
    def probability(self, root: strawberry.Parent[Any]) -> float:
        """A share."""
        return float(root.probability)


def _part(name: str, description: str, shape: Any) -> Any:
    def read(root: Any) -> Any:
        return getattr(root.document, name)

    read.__annotations__ = {"root": Root}
    return strawberry.field(resolver=read, graphql_type=shape, description=description)


@strawberry.type(
    description="A published version never changes; an opportunity stays on the version it was created with until it is migrated. "
    "Pain, interest and fit are in every process and in every QUALIFY gate: a document without them is refused."
)
class SalesProcess(Node):
    """A company's way of selling."""

    is_type_of = is_row(ProcessRow)
    id: strawberry.ID = node_id("SalesProcess")
    version: int = told("Counts up from 1 inside a key.")
    published_at: datetime = told("When it was published.")
    published_by: Actor = told("Who published it.")
    key: str = _part("key", "What its versions have in common.", str)
    name: str = _part("name", "As people read it.", str)
    criteria: list[Criterion] = _part("criteria", "What is found out.", list[Criterion])
    fit_rules: list[FitRule] = _part("fit_rules", "What the account must be.", list[FitRule])
    required_roles: list[RequiredRole] = _part("required_roles", "Who must be known.", list[RequiredRole])
    milestones: list[MilestoneTemplate] = _part("milestones", "The steps to the purchase.", list[MilestoneTemplate])
    gates: list[Gate] = _part("gates", "What must hold on each arrow.", list[Gate])
    alert_rules: list[AlertRule] = _part("alert_rules", "When to warn.", list[AlertRule])
    states: list[StateSettings] = _part("states", "What each state means for the forecast.", list[StateSettings])

    @strawberry.field(
        description="The document whole, as `publishSalesProcess` takes it: copy it, change it, publish the next version."
    )
    def document(self, root: Root) -> Json:
        """Plain data."""
        return Json(document.to_plain(root.document))

    @strawberry.field(description="Whether new opportunities follow this key.")
    async def is_default(self, root: strawberry.Parent[Any], info: Info) -> bool:
        """The organization's choice."""
        key: str = root.document.key
        return (await info.context.loaders.organization()).default_process_key == key


@strawberry.type
class ProcessQuery:
    """What is asked of processes."""

    @strawberry.field(graphql_type=list[SalesProcess], description="The newest version of each key.")
    async def sales_processes(self, info: Info) -> Sequence[ProcessRow]:
        """All of them."""
        return await processes.newest_processes(info.context.viewer)

    @strawberry.field(
        graphql_type=SalesProcess | None, description="A version of a process; the newest where `version` is left out."
    )
    async def sales_process(self, info: Info, key: str, version: int | None = strawberry.UNSET) -> ProcessRow | None:
        """One."""
        return await processes.process(info.context.viewer, key, or_none(version))
