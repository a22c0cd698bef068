"""The sales process: a published version of its document."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

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


@strawberry.type(name="Criterion", description="A criterion: something to find out about each opportunity.")
class CriterionType:
    is_type_of = backed_by(document.Criterion)
    key: str = described("The key of the criterion in the process, such as `pain`.")
    kind: CriterionKind = described("The kind of criterion.")
    label: str = described("The name that people see.")
    questions: list[str] = described("The questions that a good salesperson asks to find out.")
    weight: int = described("The weight in the qualification score.")
    stale_after_days: int | None = described(
        "The days after which an assessment is stale and meets no requirement. Null: never."
    )


@strawberry.type(name="FitRule", description="A condition on the account's own data.")
class FitRuleType:
    is_type_of = backed_by(document.FitRule)
    key: str = described("The key of the rule in the process.")
    label: str = described("The name that people see.")
    attribute: str = described("The field of the account, or the key of one of its `attributes`.")
    operator: FitOperator = described("The comparison.")
    value: Json = described("The value to compare with. A list for IN.")
    strength: Strength = described("The strength. Only HARD rules decide about `fit` and `isOpportunity`.")


@strawberry.type(name="RequiredRole", description="A role that every opportunity needs.")
class RequiredRoleType:
    is_type_of = backed_by(document.RequiredRole)
    any_of: list[BuyingRole] = described("The roles that count: one of them is enough.")
    minimum: int = described("The number of people required.")


@strawberry.type(
    name="MilestoneTemplate",
    description="A milestone that every opportunity gets when it enters PROGRESSING.",
)
class MilestoneTemplateType:
    is_type_of = backed_by(document.MilestoneTemplate)
    key: str = described("The key of the milestone in the process.")
    name: str = described("The name that people see.")
    side: MilestoneSide = described("The side that must act.")
    weight: int = described("The weight in the progress.")
    due_after_days: int | None = described(
        "The days from entering PROGRESSING to the due date. Null: no due date."
    )


@strawberry.type(name="CriterionTest", description="The grade that a criterion must reach.")
class CriterionTestType:
    is_type_of = backed_by(document.CriterionTest)
    key: str = described("The key of the criterion.")
    min_grade: Grade = described("The lowest grade that meets the requirement.")


@strawberry.type(name="RoleTest", description="The people who must be known.")
class RoleTestType:
    is_type_of = backed_by(document.RoleTest)
    any_of: list[BuyingRole] = described("The roles that count: one of them is enough. Empty: any role.")
    minimum: int = described("The number of people required who have not left.")
    min_coverage: Coverage = described("The lowest coverage that counts.")


@strawberry.type(
    name="RequirementTest", description="The condition of a requirement. Exactly one field is set."
)
class RequirementTestType:
    is_type_of = backed_by(document.RequirementTest)
    criterion: CriterionTestType | None = described("A criterion has reached a grade.")
    fit: bool | None = described("True: every HARD fit rule passes for the account.")
    field: OpportunityField | None = described("This field has a value.")
    role: RoleTestType | None = described("People with these roles are known.")
    milestone: str | None = described("The milestone with this key is done or waived.")
    max_open_risk: RiskLevel | None = described("No open risk is above this level.")
    risk_reviewed: bool | None = described("True: the buyer's risks have been reviewed.")
    activity_within_days: int | None = described("There was a two-way activity within this number of days.")
    expression: str | None = described(
        "This CEL expression over `opportunity`, `account` and `today` gives true."
    )


@strawberry.type(name="GateRequirement", description="One requirement of a gate.")
class GateRequirementType:
    is_type_of = backed_by(document.GateRequirement)
    key: str = described("The key of the requirement in the process, such as `criterion.pain`.")
    label: str = described("The name that people see.")
    strength: Strength = described("The strength: who may override the requirement.")
    when: str | None = described(
        "A CEL expression. The requirement applies only to opportunities for which it gives true. Null: to "
        "all."
    )
    test: RequirementTestType = described("The condition.")


@strawberry.type(name="Gate", description="The gate of one trigger: all of its requirements are evaluated.")
class GateType:
    is_type_of = backed_by(document.Gate)
    trigger: Trigger = described("The trigger.")
    requirements: list[GateRequirementType] = described("The requirements.")


@strawberry.type(
    name="AlertRule",
    description="An alert rule. The rules with the same code form a ladder, one for each severity.",
)
class AlertRuleType:
    is_type_of = backed_by(document.AlertRule)
    code: AlertCode = described("The kind of alert.")
    severity: AlertSeverity = described("The severity of the alert.")
    states: list[OpportunityState] = described("The states in which the rule is evaluated.")
    enabled: bool = described("False if the rule is switched off.")

    @strawberry.field(
        description="The threshold, in days unless the code counts something else. Null if the code has none."
    )
    def threshold(self, root: Root) -> float | None:
        return None if root.threshold is None else float(root.threshold)


@strawberry.type(name="StateSettings", description="The settings of one state.")
class StateSettingsType:
    is_type_of = backed_by(document.StateSettings)
    state: OpportunityState = described("The state.")
    forecast_category: ForecastCategory = described("The forecast category.")
    expected_days: int | None = described("The days that an opportunity normally stays in the state.")

    @strawberry.field(description="The probability of winning, 0 to 1.")
    def probability(self, root: Root) -> float:
        return float(root.probability)


def _document_field(name: str, description: str, graphql_type: Any) -> Any:
    def read(root: Any) -> Any:
        return getattr(root.document, name)

    read.__annotations__ = {"root": Root}
    return strawberry.field(resolver=read, graphql_type=graphql_type, description=description)


@strawberry.type(
    description="A published version of a sales process. It never changes; an opportunity stays on "
    "its version until it is migrated. Every process has the criteria pain, interest "
    "and fit, and every QUALIFY gate requires them."
)
class SalesProcess(Node):
    is_type_of = backed_by(ProcessRow)
    id: strawberry.ID = node_id("SalesProcess")
    version: int = described("The version, counting up from 1 for each key.")
    published_at: datetime = described("The time when it was published.")
    published_by: ActorType = described("The member, API key or system that published it.")
    key: str = _document_field("key", "The key that all versions of the process share.", str)
    name: str = _document_field("name", "The name that people see.", str)
    criteria: list[CriterionType] = _document_field("criteria", "The criteria.", list[CriterionType])
    fit_rules: list[FitRuleType] = _document_field(
        "fit_rules", "The conditions on the account.", list[FitRuleType]
    )
    required_roles: list[RequiredRoleType] = _document_field(
        "required_roles", "The roles that every opportunity needs.", list[RequiredRoleType]
    )
    milestones: list[MilestoneTemplateType] = _document_field(
        "milestones", "The milestones that every opportunity gets.", list[MilestoneTemplateType]
    )
    gates: list[GateType] = _document_field("gates", "The gates, one for each trigger.", list[GateType])
    alert_rules: list[AlertRuleType] = _document_field("alert_rules", "The alert rules.", list[AlertRuleType])
    states: list[StateSettingsType] = _document_field(
        "states", "The settings of the states.", list[StateSettingsType]
    )

    @strawberry.field(
        description="The complete document, as `publishSalesProcess` accepts it: copy it, change it, "
        "and publish the next version."
    )
    def document(self, root: Root) -> Json:
        return Json(document.encode_process(root.document))

    @strawberry.field(description="True if new opportunities follow this key by default.")
    async def is_default(self, root: Root, info: Info) -> bool:
        key: str = root.document.key
        return (await info.context.loaders.organization()).default_process_key == key


Key = Annotated[str, strawberry.argument(description="The key of the process.")]
Version = Annotated[int | None, strawberry.argument(description="The version. Default: the newest.")]


@strawberry.type
class ProcessQuery:
    @strawberry.field(graphql_type=list[SalesProcess], description="The newest version of each process.")
    async def sales_processes(self, info: Info) -> Sequence[ProcessRow]:
        return await processes.newest_processes(info.context.viewer)

    @strawberry.field(
        graphql_type=SalesProcess | None,
        description="A version of a process. The newest if you leave out `version`; null if there is none.",
    )
    async def sales_process(
        self, info: Info, key: Key, version: Version = strawberry.UNSET
    ) -> ProcessRow | None:
        return await processes.process(info.context.viewer, key, or_none(version))
