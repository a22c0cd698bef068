"""The sales process: one published, immutable, versioned document."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import strawberry

from schema.core.context import Info
from schema.core.inputs import or_none
from schema.core.nodes import Node, Root, backed_by, described, node_id
from schema.core.scalars import Json
from schema.people.types import ActorType
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


@strawberry.type(name="Criterion", description="One thing to find out about a deal.")
class CriterionType:
    is_type_of = backed_by(document.Criterion)
    key: str = described("Stable inside the process, e.g. `pain`.")
    kind: CriterionKind = described("What it asks about.")
    label: str = described("As people read it.")
    questions: list[str] = described("What a good seller asks to find out.")
    weight: int = described("How much it counts in the score.")
    stale_after_days: int | None = described(
        "After so many days an assessment is stale and meets nothing; null: never."
    )


@strawberry.type(name="FitRule", description="A condition on the account's own data.")
class FitRuleType:
    is_type_of = backed_by(document.FitRule)
    key: str = described("Stable inside the process.")
    label: str = described("As people read it.")
    attribute: str = described("A field of Account or a key of its `attributes`.")
    operator: FitOperator = described("How the account's value is compared.")
    value: Json = described("What it is compared with; a list for IN.")
    strength: Strength = described("HARD rules decide `fit` and `isOpportunity`.")


@strawberry.type(name="RequiredRole", description="Roles of which the process asks for somebody.")
class RequiredRoleType:
    is_type_of = backed_by(document.RequiredRole)
    any_of: list[BuyingRole] = described("One of these roles.")
    minimum: int = described("So many people.")


@strawberry.type(name="MilestoneTemplate", description="A step towards the purchase that every deal is given.")
class MilestoneTemplateType:
    is_type_of = backed_by(document.MilestoneTemplate)
    key: str = described("Stable inside the process.")
    name: str = described("As people read it.")
    side: MilestoneSide = described("Whose step it is.")
    weight: int = described("How much it counts in the progress.")
    due_after_days: int | None = described("Counted from entering PROGRESSING.")


@strawberry.type(name="CriterionTest", description="The grade that a criterion must reach.")
class CriterionTestType:
    is_type_of = backed_by(document.CriterionTest)
    key: str = described("The criterion.")
    min_grade: Grade = described("The least grade that holds.")


@strawberry.type(name="RoleTest", description="The people who must be known.")
class RoleTestType:
    is_type_of = backed_by(document.RoleTest)
    any_of: list[BuyingRole] = described("One of these roles; any where empty.")
    minimum: int = described("So many people who have not left.")
    min_coverage: Coverage = described("Each spoken with so often, both ways.")


@strawberry.type(name="RequirementTest", description="What a requirement looks at. Exactly one field is set.")
class RequirementTestType:
    is_type_of = backed_by(document.RequirementTest)
    criterion: CriterionTestType | None = described("A criterion's grade.")
    fit: bool | None = described("The hard fit rules on the account's data.")
    field: OpportunityField | None = described("A field that must have a value.")
    role: RoleTestType | None = described("People who must be known.")
    milestone: str | None = described("A milestone that must be done or waived.")
    max_open_risk: RiskLevel | None = described("No open risk above this level.")
    risk_reviewed: bool | None = described("The buyer's risks have been reviewed.")
    activity_within_days: int | None = described("A two-way activity within so many days.")
    expression: str | None = described("CEL over the opportunity; must give true.")


@strawberry.type(name="GateRequirement", description="One thing that must hold on an arrow.")
class GateRequirementType:
    is_type_of = backed_by(document.GateRequirement)
    key: str = described("Stable inside the process, e.g. `criterion.pain`.")
    label: str = described("As people read it.")
    strength: Strength = described("Who may override it.")
    when: str | None = described("CEL; the requirement applies only where it is true.")
    test: RequirementTestType = described("What it looks at.")


@strawberry.type(name="Gate", description="What must hold on an arrow; every requirement is evaluated.")
class GateType:
    is_type_of = backed_by(document.Gate)
    trigger: Trigger = described("The arrow.")
    requirements: list[GateRequirementType] = described("All of them.")


@strawberry.type(name="AlertRule", description="One row for each code and severity.")
class AlertRuleType:
    is_type_of = backed_by(document.AlertRule)
    code: AlertCode = described("What it warns of.")
    severity: AlertSeverity = described("How urgent it is then.")
    states: list[OpportunityState] = described("In which states it runs.")
    enabled: bool = described("Whether it runs at all.")

    @strawberry.field(description="Days unless the code says otherwise; null where the code has none.")
    def threshold(self, root: strawberry.Parent[Any]) -> float | None:
        return None if root.threshold is None else float(root.threshold)


@strawberry.type(name="StateSettings", description="What a state means for the forecast.")
class StateSettingsType:
    is_type_of = backed_by(document.StateSettings)
    state: OpportunityState = described("The state.")
    forecast_category: ForecastCategory = described("How the forecast counts a deal there.")
    expected_days: int | None = described("How long a deal should stay.")

    @strawberry.field(description="0 to 1.")
    def probability(self, root: strawberry.Parent[Any]) -> float:
        return float(root.probability)


def _document_field(name: str, description: str, graphql_type: Any) -> Any:
    def read(root: Any) -> Any:
        return getattr(root.document, name)

    read.__annotations__ = {"root": Root}
    return strawberry.field(resolver=read, graphql_type=graphql_type, description=description)


@strawberry.type(
    description="A published version never changes; an opportunity stays on the version it was created with until it is migrated. "
    "Pain, interest and fit are in every process and in every QUALIFY gate: a document without them is refused."
)
class SalesProcess(Node):
    is_type_of = backed_by(ProcessRow)
    id: strawberry.ID = node_id("SalesProcess")
    version: int = described("Counts up from 1 inside a key.")
    published_at: datetime = described("When it was published.")
    published_by: ActorType = described("Who published it.")
    key: str = _document_field("key", "What its versions have in common.", str)
    name: str = _document_field("name", "As people read it.", str)
    criteria: list[CriterionType] = _document_field("criteria", "What is found out.", list[CriterionType])
    fit_rules: list[FitRuleType] = _document_field("fit_rules", "What the account must be.", list[FitRuleType])
    required_roles: list[RequiredRoleType] = _document_field(
        "required_roles", "Who must be known.", list[RequiredRoleType]
    )
    milestones: list[MilestoneTemplateType] = _document_field(
        "milestones", "The steps to the purchase.", list[MilestoneTemplateType]
    )
    gates: list[GateType] = _document_field("gates", "What must hold on each arrow.", list[GateType])
    alert_rules: list[AlertRuleType] = _document_field("alert_rules", "When to warn.", list[AlertRuleType])
    states: list[StateSettingsType] = _document_field(
        "states", "What each state means for the forecast.", list[StateSettingsType]
    )

    @strawberry.field(
        description="The document whole, as `publishSalesProcess` takes it: copy it, change it, publish the next version."
    )
    def document(self, root: Root) -> Json:
        return Json(document.encode_process(root.document))

    @strawberry.field(description="Whether new opportunities follow this key.")
    async def is_default(self, root: strawberry.Parent[Any], info: Info) -> bool:
        key: str = root.document.key
        return (await info.context.loaders.organization()).default_process_key == key


@strawberry.type
class ProcessQuery:
    @strawberry.field(graphql_type=list[SalesProcess], description="The newest version of each key.")
    async def sales_processes(self, info: Info) -> Sequence[ProcessRow]:
        return await processes.newest_processes(info.context.viewer)

    @strawberry.field(
        graphql_type=SalesProcess | None, description="A version of a process; the newest where `version` is left out."
    )
    async def sales_process(self, info: Info, key: str, version: int | None = strawberry.UNSET) -> ProcessRow | None:
        return await processes.process(info.context.viewer, key, or_none(version))
